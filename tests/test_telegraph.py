"""Random telegraph noise: exact formulas against algebra, quadrature and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.linalg import expm

from tlsbook.telegraph import Fluctuator
from tlsbook.validation import ParameterError

rates = st.floats(0.05, 20.0)
many = settings(deadline=None, max_examples=40)


def by_matrix(noise, times):
    """Coherence from the 2x2 equations of motion, by matrix exponential."""
    up, down = noise.rate_up, noise.rate_down
    motion = np.array([[-down, up], [down, -up]], dtype=complex)
    motion -= 1j * np.diag([noise.high, noise.low])
    begin = np.array([noise.occupation, 1 - noise.occupation])
    return np.array([np.sum(expm(motion * t) @ begin) for t in times])


@given(rates, rates, st.floats(-8, 8), st.floats(-8, 8))
@many
def test_coherence_solves_the_equations_of_motion(up, down, high, low):
    noise = Fluctuator(up, down, high, low)
    times = np.array([0.0, 0.01, 0.3, 1.0, 4.0])
    assert noise.coherence(times) == pytest.approx(by_matrix(noise, times), abs=1e-10)


def test_coherence_at_the_exceptional_point_and_at_long_times():
    critical = Fluctuator(1.0, 1.0, 1.0, -1.0)  # kappa = 0
    times = np.array([0.5, 2.0])
    assert critical.coherence(times) == pytest.approx((1 + times) * np.exp(-times))
    near = Fluctuator(1.0, 1.0, 1.0 + 1e-9, -1.0 - 1e-9)
    assert near.coherence(times) == pytest.approx(critical.coherence(times), abs=1e-7)
    long = Fluctuator(3.0, 2.0, 0.01, -0.01).coherence(1e4)
    assert 0 < abs(long) < 1


@given(rates, rates)
@many
def test_dephasing_rate_has_both_limits(up, down):
    total = up + down
    weak = Fluctuator(up, down, 1e-4 * total, -1e-4 * total)
    assert weak.dephasing_rate() == pytest.approx(weak.variance / total, rel=1e-6)
    strong = Fluctuator(up, down, 1e5 * total, -1e5 * total)
    if abs(up - down) > 1e-3 * total:
        assert strong.dephasing_rate() == pytest.approx(min(up, down), rel=1e-3)


def test_dephasing_rate_is_the_slope_of_the_coherence():
    noise = Fluctuator(0.7, 1.9, 0.8, -0.3)
    times = np.array([30.0, 31.0])
    one, two = np.log(np.abs(noise.coherence(times)))
    assert one - two == pytest.approx(noise.dephasing_rate(), rel=1e-6)


def test_short_times_measure_mean_and_variance():
    noise = Fluctuator(0.7, 1.9, 0.8, -0.3)
    t = 1e-3
    value = noise.coherence(t)
    assert -np.angle(value) / t == pytest.approx(noise.mean, rel=1e-3)
    assert -2 * np.log(abs(value)) / t**2 == pytest.approx(noise.variance, rel=3e-3)


def test_spectrum_is_the_transform_of_the_correlation():
    noise = Fluctuator(0.7, 1.9, 0.8, -0.3)
    w = 1.3
    integral = quad(noise.correlation, 0, np.inf, weight="cos", wvar=w)[0]
    assert noise.spectrum(w) == pytest.approx(2 * integral, rel=1e-8)
    total = 2 * quad(noise.spectrum, 0, np.inf)[0] / (2 * np.pi)
    assert total == pytest.approx(noise.variance, rel=1e-8)
    g = 0.4  # the book's convention for a symmetric signal
    symmetric = Fluctuator(g, g)
    assert symmetric.spectrum(w) == pytest.approx(4 * g / (w**2 + 4 * g**2))


def test_line_is_the_transform_of_the_coherence():
    noise = Fluctuator(0.7, 1.9, 3.0, -2.0)
    for w in (-2.0, 0.4, 2.9):
        integral = quad(
            lambda t, w=w: np.real(np.exp(1j * w * t) * noise.coherence(t)),
            0,
            60,
            limit=400,
        )[0]
        assert noise.line(w) == pytest.approx(integral / np.pi, rel=1e-6)
    grid = np.linspace(-2000, 2000, 2_000_001)
    area = np.trapezoid(noise.line(grid), grid)
    assert area == pytest.approx(1, abs=1e-3)


def test_gaussian_form_agrees_for_small_amplitudes_only():
    times = np.linspace(0, 5, 6)
    weak = Fluctuator(1.0, 2.0, 0.05, -0.05)
    difference = weak.coherence(times) - weak.gaussian_coherence(times)
    assert np.max(np.abs(difference)) < 1e-4
    strong = Fluctuator(1.0, 1.0, 5.0, -5.0)
    times = np.linspace(0, 3, 61)
    difference = strong.coherence(times) - strong.gaussian_coherence(times)
    assert np.max(np.abs(difference)) > 0.3


def test_simulation_follows_the_exact_coherence_and_correlation():
    noise = Fluctuator(0.6, 2.0, 1.5, -0.8)
    rng = np.random.default_rng(11)
    draw = noise.sample(rng, 6.0, 20_000)
    times = np.linspace(0.5, 6, 7)
    mean, error = draw.coherence(times)
    assert np.all(np.abs(mean - noise.coherence(times)) < 4.5 * error)
    values = draw.values(np.array([0.0, 0.4, 6.0]))
    assert values.mean() == pytest.approx(noise.mean, abs=0.03)
    product = np.mean((values[:, 0] - noise.mean) * (values[:, 1] - noise.mean))
    assert product == pytest.approx(noise.correlation(0.4), rel=0.05)
    occupied = np.mean(values[:, 2] == noise.high)
    assert occupied == pytest.approx(noise.occupation, abs=0.015)


def test_number_of_jumps_and_exact_integrals():
    noise = Fluctuator(2.0, 2.0, 1.0, 0.0)
    draw = noise.sample(np.random.default_rng(5), 50.0, 400)
    counts = np.sum(draw.jumps < 50.0, axis=1)
    assert counts.mean() == pytest.approx(100, abs=5 * np.sqrt(100 / 400))
    assert counts.var() == pytest.approx(100, rel=0.3)  # Poisson
    grid = np.linspace(0, 50, 200_001)
    one = draw.values(grid)[:3]
    brute = (one[:, 1:] + one[:, :-1]).sum(axis=1) * (grid[1] - grid[0]) / 2
    assert draw.integrals(50.0)[:3, 0] == pytest.approx(brute, abs=2e-2)


def test_thermal_fluctuator_obeys_detailed_balance():
    noise = Fluctuator.thermal(1.4, 0.7, 5.0)
    assert noise.rate_up / noise.rate_down == pytest.approx(np.exp(-2))
    assert noise.relaxation_rate == pytest.approx(5.0)
    assert noise.variance == pytest.approx(1 / np.cosh(1.0) ** 2)


@pytest.mark.parametrize(
    "arguments", [(0, 1), (1, -1), (np.nan, 1), (1, 1, np.inf), ([1.0, 2.0], 1)]
)
def test_refuses_bad_input(arguments):
    with pytest.raises(ParameterError):
        Fluctuator(*arguments)


def test_refuses_bad_times():
    draw = Fluctuator(1.0, 1.0).sample(np.random.default_rng(1), 1.0, 3)
    with pytest.raises(ParameterError, match="duration"):
        draw.values([0.5, 2.0])
    with pytest.raises(ParameterError, match="increasing"):
        draw.integrals([0.5, 0.2])
    with pytest.raises(ParameterError, match="times"):
        Fluctuator(1.0, 1.0).coherence(-1.0)
    with pytest.raises(ParameterError, match="temperature"):
        Fluctuator.thermal(1.0, 0.0, 1.0)
