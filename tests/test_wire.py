from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import dblquad, quad

from tlsbook import relaxation, specific_heat, ultrasound
from tlsbook.distributions import tunnelling_logarithm
from tlsbook.validation import ConvergenceError, ParameterError
from tlsbook.wire import SWAVE_BOUND, MetalWire, resonant_both_poles

WIRE = MetalWire.from_material("gold", 3e-9, 20e-3, 0.03)


def brute_both_poles(chi, omega, theta):
    """Both Lorentzians by direct double quadrature; p = 1 - q^2 removes the edge."""

    def pole(x, p, sign):
        width = chi * x * p / np.tanh(x / theta)
        return chi * x * p / (4 * (x + sign * omega) ** 2 + width**2)

    def integrand(q, x):
        return 2 * (pole(x, 1 - q * q, -1) - pole(x, 1 - q * q, 1))

    edges = [0, min(omega, 1), 1] if omega < 1 else [0, 1]
    parts = pairwise(edges)
    return sum(dblquad(integrand, a, b, 0, 1, epsrel=1e-8)[0] for a, b in parts)


@pytest.mark.parametrize(
    "point", [(0.5, 0.3, 0.4), (0.9, 2.0, 1.0), (0.3, 0.1, 3.0), (1.0, 0.7, 0.05)]
)
def test_both_poles_by_brute_force(point):
    assert resonant_both_poles(*point) == pytest.approx(brute_both_poles(*point))


@pytest.mark.parametrize("chi", [0.01, 0.25, 1.0])
def test_cold_limit_is_closed(chi):
    # theta << omega << 1: the width follows the splitting, residues give 2 pi/(4 + k^2)
    closed = quad(lambda q: 4 * np.pi / (4 + (chi * (1 - q * q)) ** 2), 0, 1)[0]
    value = resonant_both_poles(chi, 1e-5, 1e-8)
    assert value == pytest.approx(closed, rel=1e-5)


def test_slow_sound_has_no_logarithm():
    omega = np.array([1e-5, 1e-4, 1e-3])
    # The band ends at 1: corrections of order chi theta, whatever omega.
    both = resonant_both_poles(0.1, omega, 1e-2)
    np.testing.assert_allclose(both, np.pi * np.tanh(omega / 1e-2), rtol=5e-3)
    one = ultrasound.resonant(0.1, omega, 1e-2)
    # What goes is the leading logarithm (chi/3) ln(1/(chi theta)), terms chi beside it.
    np.testing.assert_allclose(one - both, 0.1 / 3 * np.log(1e3), rtol=0.2)


def test_hot_and_fast_limits():
    chi, omega, theta = 0.5, 0.4, 4e3
    mean = omega + (1 - omega**2) / 2 * np.log((1 + omega) / (1 - omega))
    value = resonant_both_poles(chi, omega, theta)
    assert value == pytest.approx(mean / (chi * theta**2), rel=2e-3)
    fast = resonant_both_poles(0.03, 300.0, 0.1)
    assert fast == pytest.approx(4 * 0.03 / (9 * 300**3), rel=1e-4)


@settings(deadline=None, max_examples=20)
@given(chi=st.floats(1e-3, 1), omega=st.floats(1e-2, 1e2), theta=st.floats(1e-2, 1e2))
def test_second_pole_only_takes_away(chi, omega, theta):
    both = resonant_both_poles(chi, omega, theta)
    assert 0 < both < ultrasound.resonant(chi, omega, theta)


def test_lost_digits_raise():
    with pytest.raises(ConvergenceError, match="cancel"):
        resonant_both_poles(0.03, 1e-7, 1.0)
    assert resonant_both_poles(0.03, 1e-7, 1.0, atol=1e-6) > 0


def test_bound_of_one_partial_wave_from_its_scattering_matrix():
    coupling = np.linspace(0, 3, 3001)  # K = coupling sigma_x flips the defect
    flipped = 2 * coupling / (1 + coupling**2)  # modulus of S between its states
    assert SWAVE_BOUND == pytest.approx(np.max(flipped**2) / 4)


def test_density_follows_from_one_number():
    for name, power in (("chi", -1), ("electron_density", 2 / 3)):
        doubled = WIRE.assuming(**{name: 2 * getattr(WIRE, name)})
        ratio = doubled.tls_density / WIRE.tls_density
        # n_T = k_F^2/(4 pi chi v_F tau_in) grows like k_F only.
        expected = 2 ** (power / 2) if power > 0 else 2**power
        assert ratio == pytest.approx(expected)


def test_glass_plateau_and_resonance():
    # Known results of the tunnelling model with C = P gamma^2/(rho v^2): pi C/2 for
    # relaxation at T << E*, and pi C tanh(hf/2kT) for the resonance.
    strength = WIRE.tunnelling_strength
    slow = WIRE.internal_friction(1e-3, 10.0)
    assert slow.relaxation == pytest.approx(np.pi / 2 * strength, rel=1e-3)
    cold = WIRE.assuming(chi=1e-4)
    expected = np.pi * np.tanh(constants.h * 1e8 / (2 * constants.k * 5e-3))
    value = cold.internal_friction(5e-3, 1e8).resonant / cold.tunnelling_strength
    assert value == pytest.approx(expected, rel=1e-3)


def test_relaxation_by_summing_single_systems():
    # Power of one TLS (SI energies and rates) averaged over (2) by Gauss quadrature.
    temperature, frequency, strain = 12e-3, 2e8, 1e-9
    omega = 2 * np.pi * frequency
    x, w = np.polynomial.legendre.leggauss(40)
    splitting = 0.5 * WIRE.cut_off * (1 + x)[:, None]
    u, step = 6 * (1 + x), 6 * w  # p = 1/cosh(u)^2 makes the density (2) flat
    p = 1 / np.cosh(u) ** 2
    amplitude = WIRE.deformation * constants.e * strain
    power = relaxation.relaxation_power(
        omega,
        constants.k * splitting,
        constants.k * temperature,
        2 * amplitude * np.tanh(u),
        WIRE.population_rate(temperature, splitting, p),
    )
    mean = np.sum(0.5 * w[:, None] * step * power) * WIRE.tls_density
    energy = WIRE.mass_density * (WIRE.sound_velocity * strain) ** 2 / 2
    friction = WIRE.internal_friction(temperature, frequency).relaxation
    assert mean / (omega * energy) == pytest.approx(friction, rel=1e-5)


def test_hot_friction_counts_the_systems():
    # T >> E*, slow sound: 1/Q = (pi/4) n_T gamma^2/(rho v^2 k T), E* drops out
    gamma = WIRE.deformation * constants.e
    stiffness = WIRE.mass_density * WIRE.sound_velocity**2
    expected = np.pi / 4 * WIRE.tls_density * gamma**2 / (stiffness * constants.k)
    value = WIRE.internal_friction(1.0, 1e3).total
    assert value == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("temperature", [5e-3, 20e-3, 100e-3])
def test_heat_ratio_between_bounds(temperature):
    # The slowest p that follows depends on the splitting: bounds from both ends of E.
    time = 100.0
    rates = WIRE.population_rate(temperature, np.array([1e-9, WIRE.cut_off]))
    followers = tunnelling_logarithm(1 / (rates * time))
    low, high = specific_heat.ratio_to_electrons(
        temperature,
        WIRE.cut_off,
        WIRE.dephasing.tau_in() * constants.k / constants.hbar,
        WIRE.chi,
        followers,
    )
    assert low < WIRE.heat_ratio(temperature, time) < high


def test_heat_crossover():
    wires = WIRE.assuming(
        cut_off=np.array([3e-3, 20e-3]), chi=np.array([[0.01], [0.2]])
    )
    for ratio in (1.0, 0.1):
        root = wires.heat_crossover(100.0, ratio)
        assert root.shape == (2, 2)
        np.testing.assert_allclose(wires.heat_ratio(root, 100.0), ratio, rtol=1e-6)
    assert WIRE.heat_crossover(100.0) < WIRE.heat_crossover(100.0, 0.1)
    with pytest.raises(ParameterError, match="E\\*/10"):
        WIRE.heat_crossover(100.0, 1e4)


def test_electron_friction_is_the_long_wave_limit():
    length = 30e-9

    def pippard(ql):
        bracket = ql**2 * np.arctan(ql) / (3 * (ql - np.arctan(ql))) - 1
        metal = WIRE.electrons
        rate = metal.v_fermi / length
        omega = ql / length * WIRE.sound_velocity
        mass = WIRE.electron_density * constants.m_e
        return mass * rate * bracket / (WIRE.mass_density * omega)

    frequency = 0.05 / length * WIRE.sound_velocity / (2 * np.pi)
    value = WIRE.electron_friction(frequency, length)
    assert value == pytest.approx(pippard(0.05), rel=2e-3)
    with pytest.raises(ParameterError, match="q l"):
        WIRE.electron_friction(1e10, 1e-6)


@pytest.mark.parametrize(
    "change",
    [{"tau_phi": 0}, {"chi": 1.0}, {"cut_off": np.nan}, {"deformation": -1.0}],
)
def test_refuses_bad_wires(change):
    with pytest.raises(ParameterError, match=next(iter(change))):
        WIRE.assuming(**change)


def test_refuses_bad_arguments():
    with pytest.raises(ParameterError, match="mode"):
        MetalWire.from_material("gold", 3e-9, 0.02, 0.03, mode="shear")
    with pytest.raises(ParameterError, match="temperature"):
        WIRE.internal_friction(0.0, 1e6)
    with pytest.raises(ParameterError, match="frequency"):
        WIRE.internal_friction(0.1, -1e6)
    with pytest.raises(ParameterError, match="atol"):
        resonant_both_poles(0.03, 1.0, 1.0, atol=-1.0)
