"""Dephasing by collisions with two-level systems: tlsbook.dephasing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad

from tlsbook.dephasing import (
    MeasuredDephasing,
    coherence,
    concentration_ratio,
    dephasing_to_inelastic,
    inelastic_rate,
    inelastic_to_dephasing,
    lost_phase,
    ratio_in_limits,
    simulate_coherence,
    small_transfer_constant,
)
from tlsbook.validation import ParameterError

TRANSFERS = ["flat", "fixed"]


def mean_cosine(s, transfer):
    """Average of cos(e s) by quadrature over the distribution of e (cut-off 1)."""
    if transfer == "fixed":
        return np.cos(s)
    return quad(lambda e: np.cos(e * s), 0, 1)[0]


def test_concentration_agrees_with_the_rate_for_free_electrons():
    # Gold in SI: k_F and v_F enter (4) but neither enters (5).
    density = 5.90e28
    k_fermi = (3 * np.pi**2 * density) ** (1 / 3)
    v_fermi = constants.hbar * k_fermi / constants.m_e
    energy = (constants.hbar * k_fermi) ** 2 / (2 * constants.m_e)
    n_tls = 1e-7 * density
    tau_in = 1 / inelastic_rate(n_tls, k_fermi, v_fermi, 0.03)
    ratio = concentration_ratio(tau_in, energy / constants.hbar, 0.03)
    assert ratio == pytest.approx(1e-7, rel=1e-12)


@pytest.mark.parametrize("transfer", TRANSFERS)
@pytest.mark.parametrize("y", [0.3, 0.999, 1.001, 2.5, 8.0])
def test_lost_phase_against_quadrature(y, transfer):
    route = quad(lambda s: 1 - mean_cosine(s, transfer), 0, y, epsabs=1e-12)[0]
    assert lost_phase(y, transfer) == pytest.approx(route, rel=1e-9)


@pytest.mark.parametrize(("transfer", "number"), [("flat", 18), ("fixed", 6)])
def test_lost_phase_limits(transfer, number):
    small = np.array([1e-90, 1e-8, 1e-3])
    np.testing.assert_allclose(
        lost_phase(small, transfer), small**3 / number, rtol=1e-6
    )
    assert lost_phase(1e9, transfer) == pytest.approx(1e9, rel=1e-8)
    assert lost_phase(0.0, transfer) == 0


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_monte_carlo_reproduces_the_closed_form(transfer):
    rng = np.random.default_rng(20010228)
    for cut_off in (0.3, 2.0, 20.0):
        t = np.array([0.5, 1.0, 2.0]) * inelastic_to_dephasing(1.0, cut_off, transfer)
        mean, error = simulate_coherence(rng, t, 1.0, cut_off, transfer=transfer)
        exact = coherence(t, 1.0, cut_off, transfer)
        assert np.all(np.abs(mean - exact) < 4.5 * error)
        # the test has power: a factor of two in the rate lies far outside the errors
        assert np.all((np.abs(mean - exact**2) > 10 * error)[:2])


def test_time_reversed_paths_have_the_same_average():
    # relative phase e (t - 2 t_k) instead of e (t - t_k)
    y = 3.7
    route = quad(lambda s: 1 - np.sinc((y - 2 * s) / np.pi), 0, y)[0]
    assert lost_phase(y) == pytest.approx(route, rel=1e-10)


@given(
    exponent=st.floats(-12, 12),
    cut_off=st.floats(1e-3, 1e3),
    transfer=st.sampled_from(TRANSFERS),
)
@settings(deadline=None, max_examples=60)
def test_round_trip_and_bounds(exponent, cut_off, transfer):
    tau_in = 10.0**exponent
    tau_phi = inelastic_to_dephasing(tau_in, cut_off, transfer)
    # Si(y) > 0, while sin(y) may be as low as -1: one transfer can shorten tau_phi
    shorter = 0 if transfer == "flat" else 1 / cut_off
    assert tau_phi > (tau_in - shorter) * (1 - 1e-9)
    back = dephasing_to_inelastic(tau_phi, cut_off, transfer)
    assert back == pytest.approx(tau_in, rel=1e-9)
    assert coherence(tau_phi, tau_in, cut_off, transfer) == pytest.approx(
        np.exp(-1), rel=1e-8
    )


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_both_limits_of_the_ratio(transfer):
    x = np.array([1e-9, 1e-7, 1e7, 1e9])
    exact = x / inelastic_to_dephasing(x, 1.0, transfer)
    large, small = ratio_in_limits(x)
    np.testing.assert_allclose(
        exact[:2], small_transfer_constant(transfer) * small[:2], rtol=1e-4
    )
    np.testing.assert_allclose(exact[2:], large[2:], rtol=1e-6)


def test_constants_of_the_small_energy_limit():
    assert small_transfer_constant("flat") == pytest.approx(18 ** (-1 / 3))
    assert small_transfer_constant("fixed") == pytest.approx(6 ** (-1 / 3))


def test_dephasing_time_is_vectorised_and_monotone():
    cut_off = np.geomspace(1e-4, 1e4, 200).reshape(20, 10)
    tau_phi = inelastic_to_dephasing(1.0, cut_off)
    assert tau_phi.shape == (20, 10)
    assert np.all(np.diff(tau_phi.ravel()) < 0)


def test_measured_dephasing_in_si():
    case = MeasuredDephasing(3e-9, 20e-3, 5.0, 3e28, 1.0)
    # hbar/k_B = 7.638 ps K; hbar/1 eV = 0.6582 fs
    assert case.rate_temperature == pytest.approx(7.6382e-12 / 3e-9, rel=1e-4)
    assert case.angular_cut_off == pytest.approx(20e-3 / 7.6382e-12, rel=1e-4)
    assert case.phase_per_dephasing_time == pytest.approx(7.8553, rel=1e-4)
    by_hand = 3 * np.pi / 8 * 0.65821e-15 / (5 * 3e-9)
    assert case.tls_per_electron(tau_in=3e-9) == pytest.approx(by_hand, rel=1e-4)
    assert case.tau_in() < case.tau_phi
    assert case.density_of_states() == pytest.approx(
        case.tls_per_electron() * 3e28 / 20e-3
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: lost_phase(-1.0),
        lambda: lost_phase(1.0, "thermal"),
        lambda: coherence(1.0, 0.0, 1.0),
        lambda: dephasing_to_inelastic(np.nan, 1.0),
        lambda: inelastic_to_dephasing(1.0, -2.0),
        lambda: inelastic_to_dephasing(1.0, 1.0, "thermal"),
        lambda: concentration_ratio(1.0, 1.0, 0.0),
        lambda: inelastic_rate(-1.0, 1.0, 1.0, 1.0),
        lambda: simulate_coherence(1, 1.0, 1.0, 1.0),
        lambda: simulate_coherence(np.random.default_rng(0), 1.0, 1.0, 1.0, 1),
        lambda: MeasuredDephasing(3e-9, 0.0, 5.0, 3e28, 1.0),
        lambda: ratio_in_limits(0.0),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ParameterError):
        call()
