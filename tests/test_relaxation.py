"""Debye relaxation absorption and electron-induced rates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad

from tlsbook import relaxation as rx
from tlsbook.occupation import fermi
from tlsbook.validation import ParameterError

energies = st.floats(0.01, 20)
fractions = st.floats(0.01, 1)


def test_debye_lag_peaks_at_the_rate():
    frequency = np.geomspace(1e-3, 1e3, 601)
    lag = rx.debye_lag(frequency, 2.0)
    assert frequency[lag.argmax()] == pytest.approx(2.0, rel=0.03)
    assert rx.debye_lag(2.0, 2.0) == 0.5
    assert rx.debye_lag(1.0, 0.0) == 0.0
    assert rx.debye_lag(1e300, 1e-300) == 0.0


def test_debye_area_is_the_static_response():
    # Kramers-Kronig: integral of lag over ln(frequency) is pi/2 for any rate.
    area, _ = quad(lambda s: rx.debye_lag(np.exp(s), 3.0), -40, 40)
    assert area == pytest.approx(np.pi / 2, rel=1e-8)


@settings(deadline=None, max_examples=20)
@given(energies, energies)
def test_lag_is_the_imaginary_part(frequency, rate):
    response = rx.debye_response(frequency, rate)
    assert response.imag == pytest.approx(rx.debye_lag(frequency, rate))
    assert response.real + 1j * response.imag == pytest.approx(response)
    # The response solves dx/dt = -g (x - exp(-i w t)).
    assert -1j * frequency * response == pytest.approx(-rate * (response - 1))


def test_power_from_the_lag_in_time():
    # Solve the population equation with Fourier-free bookkeeping: direct integration.
    w, energy, t, d, g = 0.3, 1.0, 0.7, 1e-3, 0.2
    slope = 1 / (2 * t * np.cosh(energy / (2 * t)) ** 2)

    def deviation(time):  # solution of du/dt = -g u + slope*d*w*sin(w t), periodic
        return (
            slope
            * d
            * w
            * (g * np.sin(w * time) - w * np.cos(w * time))
            / (g**2 + w**2)
        )

    def power(time):
        return -w * d * np.sin(w * time) * deviation(time) / 2

    work, _ = quad(power, 0, 2 * np.pi / w)
    expected = -work * w / (2 * np.pi)
    assert rx.relaxation_power(w, energy, t, d, g) == pytest.approx(expected, rel=1e-9)


def test_power_scales_with_the_square_of_the_modulation():
    one = rx.relaxation_power(0.3, 1.0, 0.7, 1e-3, 0.2)
    assert rx.relaxation_power(0.3, 1.0, 0.7, 2e-3, 0.2) == pytest.approx(4 * one)
    assert rx.relaxation_power(0.3, 1e4, 0.7, 1e-3, 0.2) == 0.0


@pytest.mark.parametrize("splitting", [-30.0, -2.0, -1e-3, 0.0, 1e-3, 0.5, 2.0, 30.0])
def test_pair_energy_by_quadrature(splitting):
    t = 0.8

    def pairs(x):
        return fermi(x, t) * fermi(-x - splitting, t)

    value, _ = quad(pairs, -60, 60, points=[0, -splitting], epsabs=0, limit=200)
    assert rx.pair_energy(splitting, t) == pytest.approx(value, rel=1e-8)


def test_pair_energy_extremes():
    with np.errstate(all="raise", under="ignore"):
        assert rx.pair_energy(1e6, 1e-3) == pytest.approx(1e6)
        assert rx.pair_energy(1e-14, 1.0) == pytest.approx(1.0)
    assert rx.pair_energy(-1e6, 1e-3) == 0.0


@settings(deadline=None, max_examples=25)
@given(energies, energies, fractions, fractions)
def test_detailed_balance_and_sum(energy, temperature, chi, p):
    constant = rx.electron_rate_constant(chi, p)
    down = rx.down_rate(energy, temperature, constant)
    up = rx.up_rate(energy, temperature, constant)
    boltzmann = np.exp(-energy / temperature)
    assert up == pytest.approx(down * boltzmann, rel=1e-9)
    both = constant * energy / np.tanh(energy / (2 * temperature))
    assert rx.population_rate(energy, temperature, constant) == pytest.approx(both)
    # One emission a down-jump at T = 0.
    assert down - up == pytest.approx(constant * energy, rel=1e-9)


@pytest.mark.parametrize(("energy", "t"), [(3e-3, 2e-3), (5e-4, 2e-3), (1e-2, 1e-3)])
def test_rate_from_the_sum_over_states(energy, t):
    chi, p = 0.3, 0.7
    counted = rx.down_rate_from_states(energy, t, chi, p)
    expected = rx.down_rate(energy, t, rx.electron_rate_constant(chi, p))
    # Leading corrections: (T/E_F)^2 and the smearing, both below 1e-4.
    assert counted == pytest.approx(expected, rel=1e-4)


def test_sum_over_states_does_not_depend_on_the_fermi_level():
    low = rx.down_rate_from_states(3e-3, 2e-3, 0.3, 0.7, fermi_level=1.0)
    high = rx.down_rate_from_states(3e-3, 2e-3, 0.3, 0.7, fermi_level=9.0)
    assert low == pytest.approx(high, rel=1e-4)


def test_anisotropy_of_the_potential_drops_out():
    # Cross section and rate contain the same average of |V(k, k')|^2 over directions.
    def square(u, v):
        return (1 + 0.8 * u) ** 2 * (1 - 0.5 * v) ** 2 + 0.3 * u * v

    mean, _ = dblquad(square, -1, 1, -1, 1)
    mean /= 4
    nu, v_fermi, k_fermi = 1 / (2 * np.pi**2), 1.0, 1.0  # per spin, m = k_F = 1
    sigma = 2 * np.pi * nu * mean / v_fermi
    rate = 2 * 2 * np.pi * nu**2 * mean  # spins 2, at T = 0 per splitting
    chi_p = sigma * k_fermi**2 / (4 * np.pi)
    assert rate == pytest.approx(4 * chi_p / np.pi)


def test_linewidth_is_half_the_population_rate():
    energy, t, chi, p = 0.4, 0.3, 0.2, 0.6
    constant = rx.electron_rate_constant(chi, p)
    both = rx.down_rate(energy, t, constant) + rx.up_rate(energy, t, constant)
    assert rx.linewidth(energy, t, chi, p) == pytest.approx(both / 2)
    printed = chi * p * energy / (2 * np.tanh(energy / (2 * t)))
    assert rx.linewidth_printed(energy, t, chi, p) == pytest.approx(printed)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dephasing_is_rotation_invariant_for_small_splitting(p):
    # For E << T electrons are white noise along one axis n: they relax the polarisation
    # across n at one rate and leave that along n alone. Averaged over the precession,
    # 1/T1 = rate n_x^2 and 1/T2 = rate (1 - n_x^2/2), n_x^2 = p.
    t, chi, energy = 1.0, 0.2, 1e-6
    rate = 2 * rx.electron_rate_constant(chi, 1.0) * t
    rate_1 = rx.population_rate(energy, t, rx.electron_rate_constant(chi, p))
    rate_2 = rx.linewidth(energy, t, chi, p) + rx.pure_dephasing_rate(t, chi, p)
    assert rate_1 == pytest.approx(rate * p, rel=1e-9, abs=1e-15)
    assert rate_2 == pytest.approx(rate * (1 - p / 2))


def test_shapes_broadcast():
    chi = np.array([0.1, 0.2])[:, None]
    energy = np.linspace(0.1, 1, 5)
    assert rx.linewidth(energy, 0.3, chi, 0.5).shape == (2, 5)
    power = rx.relaxation_power(
        0.1, energy, 0.3, 1e-3, rx.linewidth(energy, 0.3, chi, 1)
    )
    assert power.shape == (2, 5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: rx.debye_lag(0.0, 1.0),
        lambda: rx.debye_lag(1.0, -1.0),
        lambda: rx.debye_response(1.0, 0.0),
        lambda: rx.relaxation_power(1.0, 1.0, 0.0, 1.0, 1.0),
        lambda: rx.relaxation_power(1.0, 1.0, 1.0, -1.0, 1.0),
        lambda: rx.relaxation_power(1.0, np.nan, 1.0, 1.0, 1.0),
        lambda: rx.pair_energy(1.0, -1.0),
        lambda: rx.pair_energy(np.inf, 1.0),
        lambda: rx.electron_rate_constant(1.5, 0.5),
        lambda: rx.electron_rate_constant(0.5, 1.5),
        lambda: rx.down_rate(-1.0, 1.0, 0.1),
        lambda: rx.up_rate(1.0, 1.0, -0.1),
        lambda: rx.pure_dephasing_rate(1.0, 0.5, -0.1),
        lambda: rx.down_rate_from_states(1.0, 0.1, 0.5, 0.5),
    ],
)
def test_bad_input(call):
    with pytest.raises(ParameterError):
        call()
