"""Sums of many telegraph fluctuators: law, spectra, memory, against other routes."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm

from tlsbook import telegraph_ensemble
from tlsbook.telegraph import Fluctuator
from tlsbook.telegraph_ensemble import (
    BlockSpectrum,
    FluctuatorEnsemble,
    welch_blocks,
)
from tlsbook.validation import ParameterError


def stepped(rng, up, down, steps, step):
    """Every fluctuator in every step, by the exact transition matrix."""
    moves = np.array(
        [
            expm(np.array([[-u, d], [u, -d]]) * step)
            for u, d in zip(up, down, strict=True)
        ]
    )
    state = rng.random(up.size) < up / (up + down)
    record = [state]
    for _ in range(steps - 1):
        state = rng.random(up.size) < moves[np.arange(up.size), 1, state.astype(int)]
        record.append(state)
    return np.array(record).T


@pytest.mark.parametrize("chunk", [2**19, 256])
def test_law_of_four_samples_is_that_of_the_markov_chain(chunk, monkeypatch):
    monkeypatch.setattr(telegraph_ensemble, "_CHUNK", chunk)
    size, step = 40_000, 0.7
    rates = np.full(size, 0.4), np.full(size, 1.3)
    bits = 2.0 ** np.arange(4)
    rng = np.random.default_rng(11)
    # One output per group of 100 would not show the words: weights of one only.
    ensemble = FluctuatorEnsemble(rates[0][:400], rates[1][:400])
    words = np.concatenate(
        [
            bits @ ensemble.simulate(rng, 4, step, np.eye(400)).values.T
            for _ in range(100)
        ]
    )
    other = bits @ stepped(rng, *rates, 4, step).T
    ours, theirs = (np.bincount(w.astype(int), minlength=16) for w in (words, other))
    assert np.all(np.abs(ours - theirs) < 4 * np.sqrt(ours + theirs + 1))
    # The law itself: stationary start, then three exact moves.
    move = expm(np.array([[-0.4, 1.3], [0.4, -1.3]]) * step)
    start = np.array([1.3, 0.4]) / 1.7
    exact = np.array(
        [
            start[w & 1]
            * np.prod([move[w >> (i + 1) & 1, w >> i & 1] for i in range(3)])
            for w in range(16)
        ]
    )
    assert np.all(np.abs(ours - size * exact) < 4.5 * np.sqrt(size * exact))


def test_number_of_flips():
    rng = np.random.default_rng(2)
    rates = 10 ** rng.uniform(-6, -2, 2000)
    ensemble = FluctuatorEnsemble.symmetric(rates)
    record = ensemble.simulate(rng, 100_001)
    expected = 1e5 * rates.sum()
    assert ensemble.flip_rate.sum() * 1e5 == pytest.approx(expected)
    assert abs(record.flips - expected) < 4 * np.sqrt(expected)
    assert record.values.shape == record.times.shape == (100_001,)
    assert np.all(record.values == np.rint(record.values))
    assert 0 <= record.values.min() <= record.values.max() <= 2000


def test_outputs_of_one_run_share_the_fluctuators():
    rates = np.geomspace(0.01, 10, 50)
    ensemble = FluctuatorEnsemble(rates, 2 * rates)
    weights = np.random.default_rng(4).normal(size=(50, 3))
    alone = [
        ensemble.simulate(np.random.default_rng(9), 300, 0.5, w).values
        for w in weights.T
    ]
    together = ensemble.simulate(np.random.default_rng(9), 300, 0.5, weights).values
    assert together == pytest.approx(np.array(alone), abs=1e-12)
    difference = weights[:, 0] - weights[:, 1]
    one = ensemble.simulate(np.random.default_rng(9), 300, 0.5, difference).values
    assert one == pytest.approx(together[0] - together[1], abs=1e-12)
    assert ensemble.mean(weights) == pytest.approx(weights.sum(axis=0) / 3)


def test_start_is_kept_by_frozen_fluctuators():
    ensemble = FluctuatorEnsemble.symmetric(np.full(3, 1e-12))
    start = np.array([True, False, True])
    record = ensemble.simulate(
        np.random.default_rng(0), 50, 1.0, [1.0, 10.0, 100.0], start=start
    )
    assert record.flips == 0
    assert np.all(record.values == 101.0)


def test_relaxation_from_a_start():
    ensemble = FluctuatorEnsemble(np.full(20_000, 0.2), np.full(20_000, 0.6))
    record = ensemble.simulate(
        np.random.default_rng(7), 40, 0.1, start=np.ones(20_000, bool)
    )
    expected = 20_000 * (0.25 + 0.75 * np.exp(-0.8 * record.times))
    assert np.all(np.abs(record.values - expected) < 5 * np.sqrt(20_000 / 4))
    assert record.values[0] == 20_000


def test_thermal_agrees_with_one_fluctuator():
    ensemble = FluctuatorEnsemble.thermal([0.5, 1.0], 0.7, [0.1, 2.0])
    one = Fluctuator.thermal(1.0, 0.7, 2.0, high=1.0, low=0.0)
    assert ensemble.rate_up[1] == pytest.approx(one.rate_up)
    f = np.array([0.0, 0.1, 3.0])
    weights = np.array([0.0, 1.0])
    assert ensemble.spectrum(f, weights) == pytest.approx(
        2 * one.spectrum(2 * np.pi * f)
    )
    assert ensemble.correlation(f, weights) == pytest.approx(one.correlation(f))


def test_sum_rules_of_both_spectra():
    ensemble = FluctuatorEnsemble([0.3, 2.0], [0.5, 1.0])
    weights = np.array([1.5, -0.4])
    variance = ensemble.correlation(0.0, weights)
    assert variance == pytest.approx(weights**2 @ ensemble.variance)
    whole = quad(lambda f: ensemble.spectrum(f, weights), 0, np.inf)[0]
    step = 0.8
    folded = quad(lambda f: ensemble.sampled_spectrum(f, step, weights), 0, 0.5 / step)[
        0
    ]
    assert [whole, folded] == pytest.approx([variance, variance], rel=1e-7)


def test_sampling_folds_the_spectrum():
    ensemble = FluctuatorEnsemble([0.3], [0.5])
    step, f = 0.8, np.array([0.01, 0.2, 0.6])
    shifts = np.arange(-40_000, 40_001)[:, None] / step
    folded = ensemble.spectrum(np.abs(f + shifts)).sum(axis=0)
    assert ensemble.sampled_spectrum(f, step) == pytest.approx(folded, rel=1e-5)
    assert ensemble.sampled_spectrum(1e-3, 1e-3) == pytest.approx(
        ensemble.spectrum(1e-3), rel=1e-5
    )


@pytest.mark.parametrize("segment", [64, 65])
def test_expected_welch_against_the_window_integral(segment):
    """The mean periodogram is the spectrum smeared by the window, alias included."""
    ensemble, step = FluctuatorEnsemble([0.03, 0.4], [0.05, 0.3]), 1.0
    f, found = ensemble.expected_welch(step, segment)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(segment) / segment)
    fine = (np.arange(20_000) + 0.5) / 20_000 - 0.5
    spectrum = ensemble.sampled_spectrum(np.abs(fine), step) / 2
    for i in (0, 1, 5, len(f) - 1):
        phases = np.exp(-2j * np.pi * np.outer(f[i] - fine, np.arange(segment)))
        smeared = np.mean(np.abs(phases @ window) ** 2 * spectrum) / sum(window**2)
        once = i == 0 or (segment % 2 == 0 and i == len(f) - 1)
        assert found[i] == pytest.approx(smeared * (1 if once else 2), rel=1e-6)


def test_welch_of_a_record_agrees_with_the_closed_form():
    rng = np.random.default_rng(21)
    rates = 10 ** rng.uniform(-5, -1, 3000)
    ensemble = FluctuatorEnsemble(rates, 0.5 * rates)
    weights = rng.normal(size=3000)
    record = ensemble.simulate(rng, 2**18, 1.0, weights)
    mean = ensemble.mean(weights)
    edges = np.geomspace(2e-3, 0.5, 16)
    found = welch_blocks(record.values, 1.0, 2**12, mean=mean, blocks=32).bands(edges)
    f, exact = ensemble.expected_welch(1.0, 2**12, weights)
    exact = BlockSpectrum(f, exact[None]).bands(edges).mean
    pulls = (found.mean - exact) / found.error
    assert np.max(np.abs(pulls)) < 4
    assert 0.4 < np.mean(pulls**2) < 2.2
    # Far from the ends window and sampling change little.
    middle = exact[:4] / ensemble.spectrum(found.frequency[:4], weights)
    assert middle == pytest.approx(np.ones(4), rel=0.05)


def test_log_uniform_rates_give_the_inverse_law():
    rates = np.geomspace(1e-9, 1e3, 4000)
    f = np.geomspace(1e-4, 1e-2, 5)
    spectrum = FluctuatorEnsemble.symmetric(rates).spectrum(f)
    # K/4 variance over ln(1e12): S(f) f = K/(4 L).
    assert spectrum * f == pytest.approx(np.full(5, 1000 / np.log(1e12)), rel=2e-3)


def test_errors_name_what_is_wrong():
    good = FluctuatorEnsemble.symmetric([1.0, 2.0])
    rng = np.random.default_rng(1)
    for call, words in (
        (lambda: FluctuatorEnsemble([1.0, 0.0], [1.0, 1.0]), "rate_up"),
        (lambda: FluctuatorEnsemble([1.0], [1.0, 1.0]), "one length"),
        (lambda: FluctuatorEnsemble([[1.0]], [[1.0]]), "one axis"),
        (lambda: good.simulate(rng, 1), "steps"),
        (lambda: good.simulate(rng, 10.0), "steps"),
        (lambda: good.simulate(rng, 10, -1.0), "step"),
        (lambda: good.simulate(rng, 10, 1.0, [1.0]), "weights"),
        (lambda: good.simulate(rng, 10, 1.0, [1.0, np.nan]), "weights"),
        (lambda: good.simulate(rng, 10, start=[0, 1]), "start"),
        (lambda: good.spectrum(-1.0), "frequency"),
        (lambda: good.expected_welch(1.0, 4), "segment"),
        (lambda: welch_blocks(np.ones(100), 1.0, 64, blocks=2), "segment"),
        (lambda: welch_blocks(np.ones(64), 1.0, 64, blocks=1).error, "error"),
        (
            lambda: welch_blocks(np.ones(64), 1.0, 64, blocks=1).bands([5.0, 6.0]),
            "edges",
        ),
    ):
        with pytest.raises(ParameterError, match=words):
            call()


def test_flip_times_are_those_of_the_record():
    ensemble = FluctuatorEnsemble(np.array([0.3, 0.01]), np.array([0.1, 0.02]))
    record = ensemble.simulate(np.random.default_rng(5), 300, 1.0, np.eye(2))
    who, when, up, start = ensemble.flip_times(np.random.default_rng(5), 299.0)
    times = np.arange(300.0)
    state = np.repeat(start[:, None].astype(float), 300, axis=1)
    for one, moment, high in zip(who, when, up, strict=True):
        state[one] += (2 * high - 1) * (times >= moment)
    np.testing.assert_array_equal(state, record.values)
    still = FluctuatorEnsemble(1e-9, 1e-9).flip_times(np.random.default_rng(1), 1.0)
    assert [part.size for part in still] == [0, 0, 0, 1]
    with pytest.raises(ParameterError, match="duration must be positive"):
        ensemble.flip_times(np.random.default_rng(5), 0.0)


def test_constants_in_a_covariance_stay_at_the_lowest_frequencies():
    lags = np.exp(-np.arange(64) / 5.0)
    f, plain = telegraph_ensemble.welch_of_correlation(lags, 0.5)
    _, lifted = telegraph_ensemble.welch_of_correlation(lags + 3.0, 0.5)
    np.testing.assert_allclose(lifted[2:], plain[2:], rtol=1e-9)
    assert lifted[0] > 10 * plain[0]
    assert f[-1] == 1.0
    with pytest.raises(ParameterError, match="number of lags must be a whole number"):
        telegraph_ensemble.welch_of_correlation(np.ones(4), 1.0)
