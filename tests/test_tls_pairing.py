"""Transition temperature of pairing by TLS alone, against routes that share no code."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbook import tls_pairing as tp
from tlsbook.validation import ConvergenceError, ParameterError


def thermal(omega, temperature, splitting=1.0):
    population = np.tanh(splitting / (2 * temperature))
    return population * 2 * splitting / (omega**2 + splitting**2)


def ground(omega, temperature, splitting=1.0):
    return 2 * splitting / (omega**2 + splitting**2)


def rate_at(ratio, kernel=thermal, **options):
    T = 1 / ratio
    return tp.critical_rate(lambda w: kernel(w, T), T, 1.0, **options)


def full_matrix(ratio, rate, frequencies):
    """He (70) as printed: both signs, zero Bose frequency included, dense."""
    T = 1 / ratio
    n = np.arange(-frequencies, frequencies)
    eps = (2 * n + 1) * np.pi * T
    shape = thermal(eps[:, None] - eps[None, :], T)
    # Frequencies beyond the matrix cancel in i Sigma: pair each with its mirror.
    sigma = np.array([sigma_of(k, T, rate) for k in n])
    return rate / 2 * T * shape / abs(eps + sigma)[None, :]


def sigma_of(n, T, rate):
    """He (66), the sum that is left after terms of opposite sign cancelled."""
    reach = np.arange(-n, n + 1) if n >= 0 else np.arange(n + 1, -n)
    total = thermal(2 * np.pi * T * reach, T).sum()
    return np.sign(n + 0.5) * rate / 2 * T * total


@pytest.mark.parametrize("ratio", [0.5, 3.0, 8.0, 40.0])
def test_the_printed_matrix_has_eigenvalue_one(ratio):
    found = rate_at(ratio)
    half = 300
    K = full_matrix(ratio, found.rate, half)
    values, vectors = np.linalg.eig(K)
    top = np.argmax(values.real)
    assert values[top].real == pytest.approx(1, abs=2e-6)
    T = 1 / ratio
    n = np.arange(half)
    eps = (2 * n + 1) * np.pi * T
    tilde = eps + np.array([sigma_of(k, T, found.rate) for k in n])
    gap = vectors[half:, top].real * eps / tilde
    assert found.gap[:30] == pytest.approx(gap[:30] / gap[0], rel=1e-4)


def test_strong_coupling_is_that_of_allen_and_dynes():
    found = rate_at(1e-3, ground, rtol=1e-9)
    lam = found.rate / np.pi  # E = 1
    assert 1e3 / np.sqrt(lam) == pytest.approx(tp.STRONG_COUPLING, rel=1e-5)


def test_weak_coupling_factor_is_exp_minus_three_halves():
    """T_c exp(1/lambda)/1.134 E tends to exp(-3/2), linearly in lambda."""
    lam, factor = [], []
    for ratio in (1e2, 1e3, 1e4):
        found = rate_at(ratio)
        lam.append(found.rate / np.pi)
        factor.append(np.exp(1 / lam[-1]) / ratio / tp.WEAK_COUPLING)
    limit = np.polyval(np.polyfit(lam, factor, 2), 0.0)
    assert limit == pytest.approx(np.exp(-1.5), rel=2e-3)


def test_small_splittings():
    T = tp.critical_temperature(lambda w, t: thermal(w, t, 1e-5), 1.0, 1e-5)
    assert T == pytest.approx(tp.small_splitting_temperature(1e-5, 1.0), rel=3e-3)


@pytest.mark.parametrize("ratio", [0.7, 7.65, 90.0])
def test_more_frequencies_change_no_more_than_the_stated_error(ratio):
    coarse, fine = rate_at(ratio, rtol=1e-4), rate_at(ratio, rtol=1e-10)
    assert coarse.rate == pytest.approx(fine.rate, rel=coarse.error + 1e-12)
    assert coarse.error < 1e-4
    assert fine.error < 1e-10


def test_critical_temperature_inverts_critical_rate():
    for ratio in (2.0, 8.0, 30.0):
        wanted = rate_at(ratio, rtol=1e-9).rate
        T = tp.critical_temperature(thermal, wanted, 1.0)
        assert T == pytest.approx(1 / ratio, rel=2e-6)


def test_elastic_scattering_changes_nothing():
    """The zero Bose frequency drops out, whatever its strength."""

    def with_elastic(w):
        return thermal(w, 0.2) + 7.0 * (w == 0)

    plain = tp.critical_rate(lambda w: thermal(w, 0.2), 0.2, 1.0)
    assert tp.critical_rate(with_elastic, 0.2, 1.0).rate == plain.rate


def test_units_drop_out():
    one = tp.critical_temperature(thermal, 3.0, 1.0)
    other = tp.critical_temperature(lambda w, t: thermal(w, t, 5.0), 15.0, 5.0)
    assert other == pytest.approx(5 * one, rel=1e-6)


def test_repulsion_against_a_dense_matrix():
    ratio, mu, cut = 8.0, 0.12, 6.0
    found = rate_at(ratio, repulsion=mu, cut_off=cut)
    K = full_matrix(ratio, found.rate, 300)
    T = 1 / ratio
    n = np.arange(-300, 300)
    eps = (2 * n + 1) * np.pi * T
    tilde = abs(eps + np.array([sigma_of(k, T, found.rate) for k in n]))
    inside = abs(eps) < cut
    K -= mu * np.pi * T * np.outer(inside, inside) / tilde[None, :]
    assert np.max(np.linalg.eigvals(K).real) == pytest.approx(1, abs=2e-6)


def test_repulsion_lowers_the_temperature():
    temperatures = [
        tp.critical_temperature(thermal, 3.0, 1.0, repulsion=mu, cut_off=5.0)
        for mu in (0.0, 0.1, 0.2)
    ]
    assert temperatures[0] > temperatures[1] > temperatures[2]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.floats(0.05, 50.0), st.floats(1.05, 4.0))
def test_a_stronger_kernel_needs_a_smaller_rate(ratio, factor):
    T = 1 / ratio
    one = tp.critical_rate(lambda w: thermal(w, T), T, 1.0)
    other = tp.critical_rate(lambda w: factor * thermal(w, T), T, 1.0)
    assert other.rate * factor == pytest.approx(one.rate, rel=1e-9)


def test_weak_coupling_curve_solves_its_equation():
    for ratio in (1.5, 3.3, 50.0):
        E, T = tp.weak_coupling_temperature(ratio)
        right = tp.WEAK_COUPLING * E * np.exp(-np.pi * E / np.tanh(E / (2 * T)))
        assert T == pytest.approx(right, rel=1e-12)
        assert E / T == pytest.approx(ratio, rel=1e-12)


@pytest.mark.parametrize("ratio", [0.1, 2.0, 9.0])
def test_first_order_against_the_double_sum(ratio):
    T, size = 1.0, 1500
    a = 2 * np.arange(-size, size) + 1.0
    difference = (np.pi * T * (a[:, None] - a[None, :])) ** 2
    boson = 2 * ratio / (ratio**2 + difference)
    product = a[:, None] * a[None, :]
    terms = 1 / abs(product) - np.sign(product) / a[:, None] ** 2
    brute = np.tanh(ratio / 2) * (boson * terms).sum() * T
    assert tp.first_order_enhancement(ratio) == pytest.approx(brute, rel=1e-7)


def test_every_splitting_raises_the_transition_temperature():
    weights = tp.enhancement_weight(np.arange(1, 5000))
    assert (weights > 0).all()
    assert (np.diff(weights) < 0).all()
    assert (tp.first_order_enhancement(np.geomspace(1e-3, 200, 50)) > 0).all()


def test_first_order_at_small_splittings_is_quadratic():
    small = tp.first_order_enhancement(np.array([1e-3, 2e-3]))
    assert small[1] / small[0] == pytest.approx(4, rel=1e-4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rate_at(3.0, rtol=2.0), "rtol"),
        (lambda: tp.critical_rate(lambda w: -1 / (1 + w), 0.1, 1.0), "positive"),
        (lambda: tp.critical_rate(lambda w: w * np.nan, 0.1, 1.0), "finite"),
        (lambda: tp.critical_rate(lambda w: w, -0.1, 1.0), "temperature"),
        (lambda: rate_at(3.0, repulsion=0.1), "cut_off"),
        (lambda: rate_at(3.0, repulsion=-0.1), "repulsion"),
        (lambda: tp.critical_temperature(thermal, -1.0, 1.0), "rate"),
        (lambda: tp.weak_coupling_temperature(0.5), "ratio"),
        (lambda: tp.first_order_enhancement(1e5), "terms"),
        (lambda: tp.first_order_enhancement(-1.0), "ratio"),
        (lambda: tp.enhancement_weight(0), "index"),
        (lambda: tp.small_splitting_temperature(1.0, 0.0), "rate"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ParameterError, match=words):
        call()


def test_what_cannot_be_found_raises():
    with pytest.raises(ConvergenceError, match="no transition above"):
        tp.critical_temperature(
            thermal, 0.5, 1.0, repulsion=0.5, cut_off=5.0, lowest=1e-2
        )
