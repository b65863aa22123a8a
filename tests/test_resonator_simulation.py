"""The simulated resonator against brute force, closed forms and its own parameters."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest

from tlsbook import resonator_simulation
from tlsbook import spectral_diffusion as sd
from tlsbook.drift_noise import DIPOLE_ANGLES, remembered_share, response_overlap
from tlsbook.resonator import spin_response
from tlsbook.resonator_simulation import DrawnHost, FluctuatingHost, bulk_linewidth
from tlsbook.tunnelling_models import GeneralisedTunnellingModel, power_law_logarithm
from tlsbook.validation import ParameterError

MODEL = GeneralisedTunnellingModel(1e-4, 0.3, 100.0, 1e-7)


def a_host(tls=200, **changes):
    values = {
        "model": MODEL,
        "interaction": 10.0,
        "frequency": 0.3,
        "temperature": 0.025,
        "linewidth": 1.5e-4,
        "slowest": 1e-3,
        "fastest": 0.1,
        "volume": 1.0,
    }
    one = FluctuatingHost(**(values | changes))
    return replace(one, volume=tls / one.expected_tls)


@pytest.mark.parametrize("chunk", [2_000_000, 150])
def test_sum_over_events_is_the_sum_at_every_sample(chunk, monkeypatch):
    monkeypatch.setattr(resonator_simulation, "_CHUNK", chunk)
    drawn = a_host(60, abundance=3.0, field=2.0).draw(np.random.default_rng(1))
    steps, step = 400, 2.5
    record = drawn.simulate(np.random.default_rng(2), steps, step)
    rng = np.random.default_rng(2)  # the same flips again
    times = step * np.arange(steps)
    state = np.zeros((drawn.fluctuators, steps))
    flips = 0
    groups = list(drawn._groups(times[-1]))
    assert (len(groups) > 3) == (chunk == 150)
    for part in groups:
        ensemble = drawn.fluctuator_ensemble(part)
        who, when, up, start = ensemble.flip_times(rng, times[-1])
        state[part] = start[:, None]
        for one, moment, high in zip(who, when, up, strict=True):
            state[part.start + one] += (2 * high - 1) * (times >= moment)
        flips += who.size
    assert record.flips == flips > 600
    assert set(np.unique(state)) == {0.0, 1.0}
    upper = 1 / (1 + np.exp(drawn.ratio))
    level = np.repeat(drawn.detuning[:, None], steps, axis=1)
    for k, owner in enumerate(drawn.owner):
        level[owner] += 2 * drawn.half_jump[k] * (state[k] - upper[k])
    shift = -drawn.weight[:, None] * level / (level**2 + drawn.width[:, None] ** 2)
    total = shift.sum(axis=0)
    scale = np.abs(total).max()
    np.testing.assert_allclose(record.values, total, rtol=0, atol=1e-10 * scale)


def test_one_level_and_one_fluctuator():
    drawn = DrawnHost(*np.array([[0.3], [2.0], [0.5]]), np.array([0]), *np.ones((3, 1)))
    record = drawn.simulate(np.random.default_rng(4), 50_000, 0.5)
    upper = 1 / (1 + np.e)
    low, high = 0.3 - 2 * upper, 0.3 + 2 * (1 - upper)
    two = np.unique(np.round(record.values, 9))
    expected = sorted(-2 * x / (x**2 + 0.25) for x in (low, high))
    np.testing.assert_allclose(two, expected, atol=1e-8)
    share = np.mean(np.isclose(record.values, -2 * high / (high**2 + 0.25)))
    assert share == pytest.approx(upper, abs=0.02)
    assert record.times[-1] == 24_999.5
    assert (record.tls, record.fluctuators) == (1, 1)


def test_levels_without_fluctuators_stay():
    drawn = DrawnHost(np.ones(3), np.ones(3), np.ones(3), *np.zeros((4, 0), dtype=int))
    record = drawn.simulate(np.random.default_rng(0), 5)
    np.testing.assert_allclose(record.values, -1.5)
    assert record.flips == 0


def test_drawn_host_has_the_exact_correlation():
    """States at two times drawn for every fluctuator, sum of squares over TLS."""
    rng = np.random.default_rng(8)
    one = a_host(150_000, abundance=0.5, field=1.0, window=12.0, reach=30.0)
    drawn = one.draw(rng)
    upper = 1 / (1 + np.exp(drawn.ratio))
    first = rng.random(upper.size) < upper
    for time in (5.0, 100.0):
        kept = rng.random(upper.size) < np.exp(-drawn.rate * time)
        second = np.where(kept, first, rng.random(upper.size) < upper)
        shifts = []
        for state in (first, second):
            drift = 2 * drawn.half_jump * (state - upper)
            level = drawn.detuning + np.bincount(drawn.owner, drift, drawn.tls)
            shifts.append(drawn.response(level, np.arange(drawn.tls)))
        squares = (shifts[1] - shifts[0]) ** 2 / 2
        error = np.sqrt(np.sum(squares**2))
        exact = one.correlation(0.0) - one.correlation(time)
        assert error < 0.12 * exact
        assert squares.sum() == pytest.approx(exact, abs=3 * error + 0.04 * exact)


def test_numbers_and_distributions_of_a_draw():
    rng = np.random.default_rng(9)
    one = a_host(20_000)
    drawn = one.draw(rng)
    assert drawn.tls == pytest.approx(20_000, abs=600)
    assert np.abs(drawn.detuning).max() <= one.half_window
    # Half of the (1 + mu)-th power of the energy below its middle.
    energy = (drawn.detuning + one.frequency) ** 1.3
    ends = (one.frequency + np.array([-1, 1]) * one.half_window) ** 1.3
    assert kstest((energy - ends[0]) / (ends[1] - ends[0]), "uniform").pvalue > 1e-3
    p = resonator_simulation._draw_fractions(rng, 20_000, 0.3)
    assert p.size == 20_000
    whole = power_law_logarithm(0.2, 0.3)
    assert kstest(power_law_logarithm(p, 0.3) / whole, "uniform").pvalue > 1e-3
    share = np.log(drawn.rate / one.slowest) / one.logarithm
    assert kstest(share, "uniform").pvalue > 1e-3
    assert kstest((drawn.ratio / 8) ** 1.3, "uniform").pvalue > 1e-3
    # Strong fluctuators: each with the chance cosh^-2, anywhere in space.
    thermal = np.cosh(drawn.ratio / 2) ** -2.0
    strong = np.abs(drawn.half_jump) > one.linewidth
    near = np.abs(drawn.detuning) < 3 * one.linewidth
    count = np.sum(thermal[strong & near[drawn.owner]]) / near.sum()
    assert count == pytest.approx(one.strong_fluctuators, rel=0.1)


def test_drift_width_is_that_of_the_environment_module():
    one = a_host()
    environment = sd.ThermalEnvironment(MODEL, 10.0, 1.0)

    def weighted(weight):
        def integrand(energy):
            # Slow neighbours: twice the density of the rates times the rate.
            rate = 1e-6 * environment.fastest_rate(energy, 0.025)
            slow = environment.rate_density(energy, rate, 0.025) * rate
            return slow * weight(energy / 0.025)

        levels = quad(integrand, 1e-3, 0.8, limit=200)[0]
        return 4 * np.pi / 3 * 20 * DIPOLE_ANGLES * levels

    low = 0.01  # the integral starts at 1 mK
    drift = weighted(sd.static_weight) * one.logarithm
    assert one.drift_width == pytest.approx(drift, rel=2 * low)
    width = weighted(sd.long_time_weight) * 7.0
    assert bulk_linewidth(MODEL, 10.0, 0.025, 7.0) == pytest.approx(width, rel=2 * low)
    flat = replace(MODEL, exponent=0.0)
    assert bulk_linewidth(flat, 10.0, 0.025, 7.0) == pytest.approx(
        bulk_linewidth(replace(MODEL, exponent=1e-6), 10.0, 0.025, 7.0), rel=1e-4
    )


def test_width_and_shift_are_those_of_the_driven_spin():
    drawn = a_host(30, field=3.0).draw(np.random.default_rng(6))
    gamma_1, gamma_2 = 1e-6, 1.5e-4
    cosine = np.sqrt((drawn.width / gamma_2) ** 2 - 1) / 3
    assert np.all(cosine <= 1 + 1e-12)
    for i in range(drawn.tls):
        rabi = 2 * np.sqrt(gamma_1 * gamma_2) * 3 * cosine[i]
        for level in (-2e-4, 1e-3):
            spin = spin_response(rabi, -level, gamma_1, gamma_2).real / (rabi / 2)
            expected = drawn.weight[i] * spin
            assert drawn.response(level, i) == pytest.approx(expected, rel=1e-9)


def test_source_against_exact_in_the_dilute_limit():
    one = a_host(abundance=1e-4)
    start, end = one.correlation(np.array([0.0, 1e9]))
    source = one.source_level() * one.logarithm
    assert (start - end) / source == pytest.approx(np.pi, rel=1e-3)
    driven = replace(one, field=1e3, frequency=30.0)
    start, end = driven.correlation(np.array([0.0, 1e9]), nodes=64)
    source = driven.source_level() * one.logarithm
    # One factor 1/W more, and the mean of cos^2 instead of cos^4.
    assert (start - end) / source * 1e3 == pytest.approx(np.pi * 5 / 3, rel=0.01)


def test_correlation_by_direct_average():
    one = a_host(abundance=0.7, field=5.0)
    kept = remembered_share(40.0, one.slowest, one.fastest)

    def integrand(cosine):
        width, lost = one.width(cosine), one.drift_width * (1 - kept)
        # A Lorentzian of the drift folded with the overlap.
        inner = quad(
            lambda a: response_overlap(lost * np.tan(a), width), -np.pi / 2, np.pi / 2
        )[0]
        return inner / np.pi * cosine**4

    ratio = one.correlation(40.0) / one.correlation(0.0)
    start = quad(lambda c: np.pi / (2 * one.width(c)) * c**4, 0, 1)[0]
    assert ratio == pytest.approx(quad(integrand, 0, 1)[0] / start, rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slowest": 0.2}, "fastest must exceed slowest"),
        ({"temperature": -1.0}, "temperature must be positive"),
        ({"field": -1.0}, "field must be non-negative"),
        ({"frequency": 200.0}, "frequency must be below the cut-off 100"),
        ({"field": 1e4}, "line width must be below the frequency"),
        ({"filling": 1.5}, r"filling must be in \[0, 1\]"),
        ({"reach": 0.5}, "reach must be in"),
        ({"linewidth": np.nan}, "linewidth must be finite"),
        ({"volume": 0.0}, "volume must be positive"),
    ],
)
def test_bad_host(changes, message):
    values = {f: getattr(a_host(), f) for f in a_host().__dataclass_fields__}
    with pytest.raises(ParameterError, match=message):
        FluctuatingHost(**(values | changes))


def test_bad_sampling_and_bad_hosts_drawn():
    drawn = a_host(50).draw(np.random.default_rng(1))
    rng = np.random.default_rng(2)
    with pytest.raises(
        ParameterError, match=r"fastest relaxation rate, got 100 .*often"
    ):
        drawn.simulate(rng, 100, 100.0)
    with pytest.raises(ParameterError, match="steps must be a whole number"):
        drawn.simulate(rng, 1)
    with pytest.raises(ParameterError, match="must not decrease"):
        replace(drawn, owner=drawn.owner[::-1])
    with pytest.raises(ParameterError, match="number of a TLS below"):
        replace(drawn, owner=drawn.owner + drawn.tls)
    with pytest.raises(ParameterError, match="one length each"):
        replace(drawn, weight=drawn.weight[:-1])
