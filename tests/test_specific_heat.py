"""Specific heat of two-level systems and electrons: tlsbook.specific_heat."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit

from tlsbook.dephasing import concentration_ratio
from tlsbook.distributions import StandardTunnellingModel, tunnelling_logarithm
from tlsbook.specific_heat import (
    FreeElectronMetal,
    electron_heat,
    fit_heat,
    heat_after,
    one_tls_heat,
    ratio_to_electrons,
    scaling_function,
    shortest_relaxation_time,
    tls_heat,
    waiting_logarithm,
)
from tlsbook.validation import ConvergenceError, ParameterError


@pytest.mark.parametrize("x", [1e-8, 1e-3, 0.5, 0.9999, 1.0001, 3.0, 25.0, 700.0])
def test_scaling_function_against_mpmath_quadrature(x):
    with mpmath.workdps(30):
        points = mpmath.linspace(0, min(x / 2, 60), 9)
        exact = 2 * mpmath.quad(lambda u: u**2 * mpmath.sech(u) ** 2, points)
    assert scaling_function(x) == pytest.approx(float(exact), rel=2e-12)


def test_scaling_function_limits_and_shape():
    small = np.array([1e-8, 1e-6, 1e-4])
    np.testing.assert_allclose(scaling_function(small), small**3 / 12, rtol=1e-8)
    assert scaling_function(1e4) == pytest.approx(np.pi**2 / 6, rel=1e-15)
    assert scaling_function(0.0) == 0
    grid = scaling_function(np.geomspace(1e-8, 30, 400).reshape(20, 20))
    assert grid.shape == (20, 20)
    assert np.all(np.diff(grid.ravel()) > 0)


def test_entropy_of_two_levels_is_ln_two():
    entropy = quad(lambda v: one_tls_heat(1.0, np.exp(v)), -7, 12, limit=200)[0]
    assert entropy == pytest.approx(np.log(2), rel=1e-9)


def test_entropy_of_the_flat_distribution_is_ln_two():
    # sum rule for the scaling function: all TLS together reach n_T ln 2
    below = quad(lambda t: tls_heat(t, 1.0, 1.0, 1.0) / t, 1e-6, 1, limit=200)[0]
    above = quad(lambda t: tls_heat(t, 1.0, 1.0, 1.0) / t, 1, 1e5, limit=400)[0]
    assert below + above == pytest.approx(np.log(2), rel=1e-5)


def test_specific_heat_as_a_sum_over_single_systems():
    # second route: random TLS drawn from the joint density, their heats added up; only
    # those that relax in time count
    rng = np.random.default_rng(8)
    t, constant, time = 0.4, 0.2, 3e3
    model = StandardTunnellingModel(1.0, 1.0, p_min=1e-6)
    energy, p = model.sample(rng, 400_000)
    heat = one_tls_heat(energy, t)
    follows = p > shortest_relaxation_time(energy, t, constant) / time
    route = model.total_density() * np.mean(heat * follows)
    assert heat_after(time, t, 1.0, 1.0, constant) == pytest.approx(route, rel=6e-3)
    everyone = tls_heat(t, 1.0, 1.0, tunnelling_logarithm(1e-6))
    route = model.total_density() * np.mean(heat)
    assert everyone == pytest.approx(route, rel=6e-3)


@given(
    x=st.floats(1e-6, 50),
    scale=st.floats(1e-3, 1e3),
    n_tls=st.floats(1e-3, 1e3),
)
@settings(deadline=None, max_examples=40)
def test_heat_depends_on_the_ratio_of_cut_off_and_temperature_only(x, scale, n_tls):
    # k_B = 1: a common factor in all energies changes no heat
    base = tls_heat(1.0, 1.0, x, 1.0)
    assert tls_heat(scale, n_tls, x * scale, 1.0) == pytest.approx(
        n_tls * base, rel=1e-6, abs=0
    )
    # a TLS holds at most 0.44 k_B
    assert 0 < base < 0.44


def test_time_dependent_heat_matches_the_textbook_logarithm():
    # Black and Halperin; Phillips: C = (pi^2/12) P k^2 T ln(4 t/tau_min). The energy
    # dependence of tau_min only adds a number to the logarithm: the slope is exact.
    t = np.array([1e8, 1e12])
    heat = heat_after(t, 1e-2, 1.0, 1.0, 0.03)
    slope = (heat[1] - heat[0]) / np.log(1e4)
    assert slope == pytest.approx(np.pi**2 / 12 * 1e-2, rel=1e-6)
    # with a fixed tau_min the same formula follows from tls_heat
    fixed = tls_heat(1e-2, 1.0, 1.0, tunnelling_logarithm(1e-9))
    assert fixed == pytest.approx(np.pi**2 / 12 * 1e-2 * np.log(4e9), rel=1e-8)


def test_time_dependent_heat_lies_between_fixed_cut_offs():
    temperature, chi, time = 0.5, 0.1, 1e6
    tau = shortest_relaxation_time(np.array([1e-6, 1.0]), temperature, chi)
    low, high = sorted(
        tls_heat(temperature, 1.0, 1.0, tunnelling_logarithm(tau / time))
    )
    assert low < heat_after(time, temperature, 1.0, 1.0, chi) < high


def fermi_gas_energy(temperature):
    """Energy per electron of an ideal Fermi gas, eps_F = 1, number fixed exactly."""

    def moment(mu, power):
        width = 45 * temperature
        bulk = (mu - width) ** (power + 1) / (power + 1)
        edge = quad(
            lambda e: e**power * expit((mu - e) / temperature),
            mu - width,
            mu + width,
            epsabs=0,
            epsrel=1e-13,
            limit=200,
            points=[mu],
        )[0]
        return 1.5 * (bulk + edge)

    mu = brentq(lambda m: moment(m, 0.5) - 1, 0.9, 1.1, xtol=1e-15)
    return moment(mu, 1.5)


def test_electron_heat_against_the_ideal_fermi_gas():
    t, step = 4e-3, 1e-3
    route = (fermi_gas_energy(t + step) - fermi_gas_energy(t - step)) / (2 * step)
    assert electron_heat(t, 1.0, 1.0) == pytest.approx(route, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "density", "energy", "velocity", "gamma"),
    [
        # Kittel, Introduction to Solid State Physics, tables 1 and 2 of chapter 6
        ("Cu", 8.45e28, 7.00, 1.57e6, 0.505e-3),
        ("Ag", 5.85e28, 5.48, 1.39e6, 0.645e-3),
        ("Au", 5.90e28, 5.51, 1.39e6, 0.642e-3),
    ],
)
def test_free_electron_values_of_textbook_metals(
    name, density, energy, velocity, gamma
):
    metal = FreeElectronMetal(density)
    assert metal.fermi_energy == pytest.approx(energy, rel=6e-3), name
    assert metal.v_fermi == pytest.approx(velocity, rel=1e-2)
    per_mole = metal.sommerfeld * constants.N_A / density
    assert per_mole == pytest.approx(gamma, rel=1.2e-2)
    again = FreeElectronMetal.from_fermi_energy(metal.fermi_energy)
    assert again.density == pytest.approx(density, rel=1e-12)


def test_gold_of_the_table():
    assert FreeElectronMetal.of("gold").fermi_energy == pytest.approx(5.53, rel=2e-3)
    with pytest.raises(ParameterError):
        FreeElectronMetal.of("no such metal")


def test_ratio_is_the_quotient_of_both_heats():
    t, cut_off, tau, chi, eps, followers = 0.07, 0.2, 11.0, 0.3, 500.0, 9.0
    n_tls = concentration_ratio(tau, eps, chi)
    quotient = tls_heat(t, n_tls, cut_off, followers) / electron_heat(t, 1.0, eps)
    assert ratio_to_electrons(t, cut_off, tau, chi, followers) == pytest.approx(
        quotient
    )
    cold = ratio_to_electrons(1e-4, cut_off, tau, chi, (30 + np.log(4)) / 2)
    leading = np.pi / 16 * (30 + np.log(4)) / (chi * cut_off * tau)
    assert cold == pytest.approx(leading, rel=1e-12)


def test_relaxation_time_limits_and_logarithm():
    assert shortest_relaxation_time(2.0, 1e-3, 0.1) == pytest.approx(5.0)
    assert shortest_relaxation_time(1e-4, 3.0, 0.1) == pytest.approx(1 / 0.6, rel=1e-6)
    assert waiting_logarithm(np.e**20 * 3, 3.0) == pytest.approx(20)


def test_fit_recovers_what_was_put_in():
    rng = np.random.default_rng(3)
    t = np.geomspace(1e-3, 1, 40)
    truth = (2.0, 60.0, 0.02)
    heat = t * (truth[0] + truth[1] * scaling_function(truth[2] / t))
    heat = heat * (1 + 0.02 * rng.standard_normal(t.size))
    fit = fit_heat(t, heat, 0.02, (1.0, 100.0, 0.05))
    found = np.array([fit.slope, fit.tls_slope, fit.cut_off])
    pull = np.log(found / truth) / fit.relative_errors
    assert np.all(np.abs(pull) < 4)
    assert max(fit.relative_errors) < 0.03


@pytest.mark.parametrize(
    "call",
    [
        lambda: scaling_function(-1.0),
        lambda: scaling_function(np.nan),
        lambda: tls_heat(0.0, 1.0, 1.0, 1.0),
        lambda: electron_heat(1.0, 1.0, 0.0),
        lambda: waiting_logarithm(1.0, 2.0),
        lambda: FreeElectronMetal(-1.0),
        lambda: heat_after(1.0, 1.0, 1.0, -1.0, 0.1),
        lambda: ratio_to_electrons(1.0, 1.0, 0.0, 1.0, 1.0),
        lambda: fit_heat([1.0, 2.0], [1.0, 2.0], 0.1, (1, 1, 1)),
        lambda: one_tls_heat(-1.0, 1.0),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ParameterError):
        call()


def test_data_that_fix_nothing_raise_or_show_it():
    t = np.geomspace(1.0, 2.0, 6)
    with pytest.raises(ConvergenceError):
        fit_heat(t, t, 0.02, (1.0, 1e-14, 1e-6))
