"""Order parameter and T_c against dense sums, known limits and another module."""

import numpy as np
import pytest

from tlsbook import matsubara_gap as mg
from tlsbook import tls_pairing
from tlsbook.splitting_distribution import (
    Glass,
    Lorentzian,
    ModifiedWipfNeumaier,
    SingleSplitting,
)
from tlsbook.validation import ConvergenceError, ParameterError

GLASS = Glass(3.0)
THREE = [GLASS, Lorentzian(1.0, 0.1), ModifiedWipfNeumaier(0.1, 0.1, 0.01)]


def dense(distribution, alpha, T, size, steps=400):
    """He (48), (50), (51) as printed: all signs, plain iteration, bare cut-off."""
    n = np.arange(-size, size)
    eps = (2 * n + 1) * np.pi * T
    E, weight = distribution.nodes
    D = np.zeros((2 * size, 2 * size))
    difference = (eps[:, None] - eps[None, :]) ** 2
    for e, w in zip(E, weight, strict=True):
        D += w * np.tanh(e / (2 * T)) * 2 * e / (difference + e**2)
    z_energy, z_gap, gap = np.ones(2 * size), np.ones(2 * size), 1.7
    for _ in range(steps):
        root = np.sqrt((eps * z_energy) ** 2 + (gap * z_gap) ** 2)
        z_gap, z_energy = (
            1 + alpha * np.pi * T * D @ (z_gap / root),
            1 + alpha * np.pi * T * (D @ (eps * z_energy / root)) / eps,
        )
        root = np.sqrt((eps * z_energy) ** 2 + (gap * z_gap) ** 2)
        total = (np.pi * T * (z_gap / root - 1 / abs(eps))).sum() - np.log(T)
        gap *= np.exp(0.5 * np.clip(total, -1, 1))
    return gap, z_energy[size:], z_gap[size:]


def test_weak_coupling_superconductor():
    """alpha = 0: Delta(0) = pi exp(-gamma) and the law near T_c."""
    low = mg.order_parameter(GLASS, 0.0, 0.05)
    assert low.gap == pytest.approx(np.pi * np.exp(-np.euler_gamma), rel=1e-6)
    near = mg.order_parameter(GLASS, 0.0, 0.999)
    slope = 8 * np.pi**2 / (7 * 1.2020569031595942)
    assert near.gap**2 == pytest.approx(slope * 0.001, rel=2e-3)
    assert mg.critical_temperature(GLASS, 0.0) == pytest.approx(1.0, rel=1e-6)


def test_against_the_dense_sum_of_the_printed_equations():
    """The dense sum has a bare cut-off, error ~ 1/N: extrapolated from two sizes."""
    d, alpha, T = SingleSplitting(2.0), 1.0, 0.6
    small, z_energy, z_gap = dense(d, alpha, T, 200)
    large, *_ = dense(d, alpha, T, 400)
    extrapolated = 2 * large - small
    found = mg.order_parameter(d, alpha, T)
    assert found.gap == pytest.approx(extrapolated, rel=2e-5)
    ours_energy, ours_gap = found.renormalisation()
    assert ours_energy[:5] == pytest.approx(z_energy[:5], rel=2e-3)
    assert ours_gap[:5] == pytest.approx(z_gap[:5], rel=2e-3)


@pytest.mark.parametrize("distribution", THREE, ids=lambda d: type(d).__name__)
def test_gap_closes_at_the_linearised_transition(distribution):
    """Delta^2 falls linearly to zero at the T_c of the other equation."""
    Tc = mg.critical_temperature(distribution, 1.0)
    T = Tc * np.array([0.998, 0.999])
    square = [mg.order_parameter(distribution, 1.0, t).gap ** 2 for t in T]
    zero = T[1] + square[1] * (T[1] - T[0]) / (square[0] - square[1])
    assert zero == pytest.approx(Tc, rel=2e-5)


@pytest.mark.parametrize("splitting", [0.5, 2.0, 10.0])
def test_first_order_is_the_closed_form(splitting):
    alpha = 1e-3
    Tc = mg.critical_temperature(SingleSplitting(splitting), alpha, rtol=1e-9)
    slope = np.log(Tc) / alpha
    assert slope == pytest.approx(
        tls_pairing.first_order_enhancement(splitting), rel=2e-3
    )


@pytest.mark.parametrize("alpha", [5.0, 20.0])
def test_both_attractions_together_beat_each(alpha):
    E = 20.0
    alone = tls_pairing.critical_temperature(
        SingleSplitting(E).matsubara_kernel, 2 * np.pi * alpha, E
    )
    assert mg.critical_temperature(SingleSplitting(E), alpha) > max(1.0, alone)


def test_more_frequencies_change_less_than_the_stated_error():
    found = mg.order_parameter(GLASS, 1.0, 0.1, rtol=1e-5)
    fine = mg.order_parameter(GLASS, 1.0, 0.1, size=4 * len(found.frequencies))
    assert fine.gap == pytest.approx(found.gap, rel=1e-5)
    assert 0 < found.error < 1e-5


@pytest.mark.parametrize(("alpha", "T"), [(1.0, 0.02), (5.0, 0.05), (5.0, 1.5)])
def test_corners_of_the_range(alpha, T):
    found = mg.order_parameter(GLASS, alpha, T, rtol=1e-5)
    assert found.error < 1e-5
    assert found.steps <= 40


def test_few_steps_close_to_the_transition():
    Tc = mg.critical_temperature(GLASS, 1.0)
    assert mg.order_parameter(GLASS, 1.0, 0.99 * Tc).steps <= 40
    assert mg.order_parameter(GLASS, 1.0, 0.999 * Tc).gap > 0


def test_renormalisation_far_above_everything_is_one_plus_a_bit():
    found = mg.order_parameter(GLASS, 1.0, 0.2)
    z_energy, z_gap = found.renormalisation()
    assert z_energy[0] > 1.5
    assert z_gap[0] > 1.5
    assert abs(z_energy[-1] - 1) < 0.05
    assert abs(z_gap[-1] - 1) < 0.05


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mg.order_parameter(GLASS, -1.0, 0.1), "alpha"),
        (lambda: mg.order_parameter(GLASS, 1.0, 0.0), "temperature"),
        (lambda: mg.order_parameter(GLASS, 1.0, 1.2), "below the transition"),
        (lambda: mg.order_parameter(GLASS, 1.0, np.nan), "temperature"),
        (lambda: mg.order_parameter(GLASS, 1.0, 0.1, rtol=1.0), "rtol"),
        (lambda: mg.critical_temperature(GLASS, np.inf), "alpha"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ParameterError, match=words):
        call()


def test_iteration_that_cannot_converge_says_so():
    from tlsbook import fixed_point

    with pytest.raises(ConvergenceError, match="no convergence"):
        fixed_point.iterate(
            lambda x: x + 1, np.zeros(2), np.ones(2), tolerance=1e-9, most=5
        )
    with pytest.raises(ConvergenceError, match="diverged"):
        fixed_point.iterate(
            lambda x: x * np.nan, np.ones(2), np.ones(2), tolerance=1e-9
        )


def test_fixed_point_of_a_slow_contraction():
    from tlsbook import fixed_point

    matrix = np.diag([0.999, 0.5, -0.9])
    x, steps = fixed_point.iterate(
        lambda x: matrix @ x + 1, np.zeros(3), np.ones(3), tolerance=1e-12
    )
    assert x == pytest.approx(1 / (1 - np.diag(matrix)), rel=1e-8)
    assert steps < 12
