"""Noise of drifting levels, against quadrature and drawn environments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from tlsbook import drift_noise as dn
from tlsbook.interaction import dipole_strength
from tlsbook.validation import ParameterError


@pytest.mark.parametrize(("drift", "width"), [(0.0, 1.0), (0.7, 0.3), (-5.0, 1.2)])
def test_overlap_of_two_responses(drift, width):
    def both(x):
        return x / (x**2 + width**2) * (x + drift) / ((x + drift) ** 2 + width**2)

    near = sorted({0.0, -drift, -drift / 2})
    total = quad(both, -60, 60, points=near, limit=400, epsabs=1e-10)[0]
    total += quad(both, -np.inf, -60)[0] + quad(both, 60, np.inf)[0]
    assert dn.response_overlap(drift, width) == pytest.approx(total, rel=1e-7)


def test_mean_angle_of_dipoles():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(40_000, 3, 3))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    some = [abs(4 * np.pi * dipole_strength(*three)) for three in vectors]
    error = np.std(some) / np.sqrt(len(some))
    assert dn.DIPOLE_ANGLES == pytest.approx(np.mean(some), abs=4 * error)
    # For fixed angle of one dipole the field of the other is sqrt(1 + 3 c^2) long.
    exact = quad(lambda c: np.sqrt(1 + 3 * c**2) / 2, 0, 1)[0]
    assert dn.DIPOLE_ANGLES == pytest.approx(exact, rel=1e-12)


def test_correlation_against_drawn_neighbours():
    """Signs, places and flips drawn; no characteristic function, no Lorentzian."""
    rng = np.random.default_rng(5)
    levels, neighbours, width, drift_width = 60_000, 150, 1.0, 1.5
    # Gamma_f = (pi/2) times the density of r^-3: a = floor/(r^3/R^3).
    floor = 2 * drift_width / (np.pi * neighbours)
    half = floor / (1 - rng.random((levels, neighbours)))
    now = rng.random(half.shape) < 0.5
    for remembered in (0.9, 0.4, 0.0):
        flipped = rng.random(half.shape) < (1 - remembered) / 2
        drift = np.sum(2 * half * flipped * np.where(now, -1, 1), axis=1)
        seen = dn.response_overlap(drift, width)
        error = seen.std() / np.sqrt(levels)
        exact = dn.drift_correlation(width, drift_width, remembered)
        # The neighbours beyond the ball are missing: of order floor/width.
        assert seen.mean() == pytest.approx(exact, abs=4 * error + 0.01 * exact)


@given(st.floats(1e-3, 1e3), st.floats(0, 1e3))
def test_share_that_fluctuates(width, drift_width):
    start, end = dn.drift_correlation(width, drift_width, [1.0, 0.0])
    assert start == pytest.approx(np.pi / (2 * width))
    share = dn.drifting_share(width, drift_width)
    assert 1 - end / start == pytest.approx(share, abs=1e-12)
    assert 0 <= share < 1


def test_remembered_share():
    times = np.array([0.0, 0.03, 1.0, 20.0, 3000.0])
    shares = dn.remembered_share(times, 1e-3, 10.0)
    for t, share in zip(times, shares, strict=True):
        exact = quad(lambda u, t=t: np.exp(-np.exp(u) * t), np.log(1e-3), np.log(10.0))
        assert share == pytest.approx(exact[0] / np.log(1e4), abs=1e-9)
    assert shares[0] == 1
    assert np.all(np.diff(shares) < 0)
    assert dn.remembered_share(1e9, 1e-3, 10.0) == pytest.approx(0, abs=1e-300)


@pytest.mark.parametrize("mu", [0.0, 1e-5, 0.3, 0.8])
def test_thermal_moment(mu):
    def integrand(x):
        return x**mu / np.cosh(x / 2) ** 2

    exact = quad(integrand, 0, 5)[0] + quad(integrand, 5, 100)[0]
    assert dn.thermal_moment(mu) == pytest.approx(exact, rel=1e-7)


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0.05, 0.9))
def test_power_of_the_width(width, drift_width, remembered):
    def noise(w):  # slope of the correlation in q
        step = 1e-4
        ends = dn.drift_correlation(
            w, drift_width, remembered + np.array([step, -step])
        )
        return (ends[0] - ends[1]) / (2 * step)

    up, down = noise(width * 1.01), noise(width / 1.01)
    slope = np.log(up / down) / (2 * np.log(1.01))
    assert dn.log_slope(width, drift_width, remembered) == pytest.approx(
        slope, abs=2e-3
    )
    assert -2 < slope < 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dn.drift_correlation(0.0, 1.0, 0.5), "width must be positive"),
        (lambda: dn.drift_correlation(1.0, -1.0, 0.5), "drift_width must be non-neg"),
        (lambda: dn.drift_correlation(1.0, 1.0, 1.5), r"remembered must be in \[0, 1"),
        (lambda: dn.remembered_share(1.0, 2.0, 1.0), "fastest must exceed slowest = 2"),
        (lambda: dn.remembered_share(-1.0, 1.0, 2.0), "times must be non-negative"),
        (lambda: dn.thermal_moment(1.0), "exponent must be in"),
        (lambda: dn.response_overlap(1.0, 0.0), "width must be positive"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ParameterError, match=message):
        call()
