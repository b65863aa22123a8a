"""Derivative of T_c by the density, against sums, differences and dense matrices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbook import matsubara_gap, tls_pairing
from tlsbook import tc_sensitivity as ts
from tlsbook.splitting_distribution import (
    Glass,
    Lorentzian,
    Mixture,
    ModifiedWipfNeumaier,
    SingleSplitting,
)
from tlsbook.validation import ConvergenceError, ParameterError

GLASS = Glass(3.0)


def slope_one_sided(function, step):
    """Derivative at 0 from three values at 0, step, 2 step; error ~ step^2."""
    zero, one, two = (function(k * step) for k in range(3))
    return (4 * one - two - 3 * zero) / (2 * step)


def log_tc(distribution, alpha):
    return np.log(matsubara_gap.critical_temperature(distribution, alpha, rtol=1e-9))


@pytest.mark.parametrize(
    ("distribution", "alpha"),
    [(Lorentzian(1.0, 0.1), 0.5), (ModifiedWipfNeumaier(0.1, 0.1, 0.01), 3.0)],
    ids=["Lorentzian", "modified"],
)
def test_mean_is_the_derivative_by_the_strength(distribution, alpha):
    found = ts.sensitivity(distribution, alpha)
    h = 2e-3
    by_difference = (
        log_tc(distribution, alpha + h) - log_tc(distribution, alpha - h)
    ) / (2 * h)
    assert found.mean == pytest.approx(by_difference, rel=3e-6)
    assert found.mean == pytest.approx(distribution.average(_within(found)), rel=2e-3)


def _within(found):
    """The derivative, its hard limit above the range."""

    def value(E):
        inside = np.minimum(E, found.largest)
        outside = np.maximum(E, found.largest)
        return np.where(E < found.largest, found(inside), found.hard_limit(outside))

    return value


@pytest.mark.parametrize("splitting", [0.3, 12.0])
def test_swap_is_a_change_of_the_density(splitting):
    """A share of the glass replaced by TLS with one splitting, same strength."""
    alpha = 1.0
    found = ts.sensitivity(GLASS, alpha)
    other = SingleSplitting(splitting)

    def mixed(share):
        return log_tc(Mixture((GLASS, other), (1 - share, share)), alpha)

    by_difference = slope_one_sided(mixed, 3e-3)
    assert found.swap(splitting) == pytest.approx(by_difference, rel=2e-4)


def test_without_tls_it_is_the_closed_first_order():
    found = ts.sensitivity(GLASS, 0.0)
    E = np.geomspace(1e-2, 90, 25)
    assert found(E) == pytest.approx(tls_pairing.first_order_enhancement(E), rel=1e-8)
    assert found.feedback == 1.0
    assert found.transition == pytest.approx(1.0, abs=1e-7)


def dense_excess(distribution, alpha, T, size):
    """He (48)-(51) linearised as printed: both signs, bare cut-off, m = 0 left in."""
    n = np.arange(-size, size)
    eps = (2 * n + 1) * np.pi * T
    kernel = distribution.matsubara_kernel(abs(eps[:, None] - eps[None, :]), T)
    sigma = np.pi * T * alpha * kernel @ np.sign(eps)
    # Beyond the matrix the signs cancel but for a strip as wide as the frequency.
    for k, frequency in enumerate(eps):
        strip = np.arange(size, size + abs(n[k] + 0.5) + 0.5)
        far = (2 * strip + 1) * np.pi * T
        missing = distribution.matsubara_kernel(far - abs(frequency), T).sum()
        missing -= distribution.matsubara_kernel(far + abs(frequency), T).sum()
        sigma[k] += np.pi * T * alpha * np.sign(frequency) * missing
    tilde = abs(eps + sigma)
    matrix = np.eye(2 * size) - np.pi * T * alpha * kernel / tilde[None, :]
    gap = np.linalg.solve(matrix, np.ones(2 * size))
    return np.pi * T * (gap / tilde - 1 / abs(eps)).sum() - np.log(T)


def test_against_dense_matrices_of_the_printed_equations():
    """Derivative by alpha from the implicit function, all by finite differences."""
    alpha, size = 1.0, 150
    d = SingleSplitting(2.0)
    found = ts.sensitivity(d, alpha)
    T, h = found.transition, 1e-4
    values = []
    for N in (size, 2 * size):
        by_alpha = [dense_excess(d, alpha + s * h, T, N) for s in (-1, 1)]
        by_log_t = [dense_excess(d, alpha, T * np.exp(s * h), N) for s in (-1, 1)]
        values.append(-np.diff(by_alpha)[0] / np.diff(by_log_t)[0])
    assert found.mean == pytest.approx(2 * values[1] - values[0], rel=2e-3)
    assert found.mean == pytest.approx(values[1], rel=2e-2)


def test_weights_against_their_sums():
    rng = np.random.default_rng(3)
    u = 0.1 * rng.normal(size=40)
    y = 1 / (np.arange(400_000) + 0.5)
    y[:40] += u
    found = ts._weights(u, 90)
    for m in (1, 2, 17, 39, 40, 41, 79, 80, 90):
        brute = (y[:m] * y[:m][::-1]).sum() + 2 * (y[:-m] * y[m:]).sum()
        brute -= 2 * (y[m:] ** 2).sum()
        assert found[m - 1] == pytest.approx(brute, abs=3e-5)


def test_weights_are_squares():
    """q_m = sum (y_n + y_{m-1-n})^2/2 - sum (y_n - y_{n+m})^2."""
    y = 1 / (np.arange(200_000) + 0.5)
    y[:10] *= np.linspace(2.0, 1.0, 10)
    found = ts._weights((y - 1 / (np.arange(y.size) + 0.5))[:10], 30)
    for m in (1, 5, 30):
        plus = ((y[:m] + y[:m][::-1]) ** 2).sum() / 2
        minus = ((y[:-m] - y[m:]) ** 2).sum()
        assert found[m - 1] == pytest.approx(plus - minus, abs=3e-5)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.floats(0.05, 40.0), st.floats(0.0, 20.0))
def test_in_equilibrium_every_splitting_raises_tc(splitting, alpha):
    found = ts.sensitivity(SingleSplitting(splitting), alpha, rtol=1e-4)
    assert (found.weights > 0).all()
    assert found.feedback >= 1
    m = found.weights.size
    assert found.weights[-1] == pytest.approx(
        4 / m * (np.log(m) + found.logarithm), rel=1e-4
    )


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=30), st.integers(1, 40))
def test_weights_of_a_decreasing_sequence_are_positive(steps, m):
    """q_m >= sum_{n<m} y_n y_{m-1-n} for every positive decreasing y."""
    n = np.arange(len(steps))
    base = 1 / (n + 0.5)
    y = base + np.cumsum(np.asarray(steps)[::-1])[::-1]  # still decreasing
    bound = np.concatenate([y, 1 / (np.arange(n.size, n.size + m) + 0.5)])[:m]
    assert ts._weights(y - base, m)[-1] >= bound @ bound[::-1] * (1 - 1e-12)


def test_the_solution_decreases():
    ratio = matsubara_gap._linear_ratio(GLASS, 2.0, 1.3, 2048)
    assert (np.diff(ratio[:1024]) < 0).all()


def test_limits():
    found = ts.sensitivity(GLASS, 1.0, largest=400.0)
    small, large = np.array([1e-3, 1e-2]), np.array([200.0, 400.0])
    assert found(small) == pytest.approx(found.soft_limit(small), rel=1e-4)
    error = found(large) / found.hard_limit(large) - 1
    assert abs(error).max() < 3e-4
    assert abs(error[1]) < 0.4 * abs(error[0])


def test_best_and_crossings():
    found = ts.sensitivity(GLASS, 1.0, largest=1000.0)
    best, height = found.best()
    low, high = found.crossings()
    assert low < best < high
    assert found(np.array([low, high])) == pytest.approx(found.mean, rel=1e-8)
    assert found.swap(np.array([0.9 * low, 1.1 * low])).prod() < 0
    assert height >= found(np.geomspace(0.1, 900, 60)).max()
    single = ts.sensitivity(SingleSplitting(2.0), 1.0)
    assert single.crossings()[0] == pytest.approx(2.0, rel=1e-8)


def test_more_frequencies_change_less_than_the_stated_error():
    coarse = ts.sensitivity(GLASS, 1.0, rtol=1e-3)
    fine = ts.sensitivity(GLASS, 1.0, rtol=1e-8, largest=300.0)
    assert coarse.error < 1e-3
    assert coarse(5.0) == pytest.approx(fine(5.0), rel=1e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ts.sensitivity(GLASS, -1.0), "alpha"),
        (lambda: ts.sensitivity(GLASS, 1.0, largest=0.0), "largest"),
        (lambda: ts.sensitivity(GLASS, 1.0, rtol=1e-12), "rtol"),
        (lambda: ts.sensitivity(GLASS, 1.0)(1e6), "reach"),
        (lambda: ts.sensitivity(GLASS, 1.0)(-1.0), "splitting"),
        (lambda: ts.sensitivity(SingleSplitting(9.796), 0.001).soft_limit(-1), "split"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ParameterError, match=words):
        call()


def test_too_much_is_refused():
    with pytest.raises(ConvergenceError, match="largest"):
        ts.sensitivity(GLASS, 1.0, largest=1e6)
