"""The generalised tunnelling model: closed forms, quadrature and sampling."""

from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from tlsbook import distributions
from tlsbook.tunnelling_models import (
    GeneralisedTunnellingModel,
    power_law_logarithm,
    power_law_moment,
)
from tlsbook.validation import ParameterError

many = settings(deadline=None, max_examples=40)
exponents = st.floats(0.0, 0.95)
MODEL = GeneralisedTunnellingModel(2.0, 0.3, 1.5, 1e-4)


@given(st.floats(1e-300, 1.0), exponents)
@settings(deadline=None, max_examples=12)
def test_logarithm_against_high_precision(p, mu):
    with mpmath.workdps(40):
        a = (1 + mpmath.mpf(mu)) / 2
        # hyp2f1 at an argument near one needs the digits of p
        with mpmath.workdps(340):
            q = 1 - mpmath.mpf(p)
            exact = q**a / (2 * a) * mpmath.hyp2f1(1, a, a + 1, q) if q else 0
    assert power_law_logarithm(p, mu) == pytest.approx(float(exact), rel=1e-11)


def test_standard_model_is_the_case_zero():
    p = np.array([1e-12, 1e-3, 0.2, 0.5, 0.7, 1.0])
    standard = distributions.tunnelling_logarithm(p)
    assert power_law_logarithm(p, 0.0) == pytest.approx(standard, rel=1e-12, abs=1e-15)
    for power in (0.5, 1, 2):
        assert power_law_moment(power, 0.0, p_min=0.1) == pytest.approx(
            distributions.tunnelling_moment(power, p_min=0.1)
        )


@given(st.floats(0.5, 3), exponents, st.floats(1e-3, 0.9))
@many
def test_moments_against_quadrature(power, mu, p_min):
    # y = (1-p)^((1+mu)/2) takes the singularity at p = 1 away.
    a = (1 + mu) / 2
    top = (1 - p_min) ** a
    brute = quad(lambda y: (1 - y ** (1 / a)) ** (power - 1) / (2 * a), 0, top)[0]
    assert power_law_moment(power, mu, p_min=p_min) == pytest.approx(brute, rel=1e-7)


@pytest.mark.parametrize("splitting", [2e-4, 0.03, 1.4, 1.6, 2.0])
def test_density_of_states_against_the_joint_density(splitting):
    """rho(E) from an integral along the circle Delta^2 + Delta_0^2 = E^2."""

    def along(angle):
        delta, tunnelling = splitting * np.cos(angle), splitting * np.sin(angle)
        return splitting * MODEL.joint_density(delta, tunnelling)

    low = max(
        np.arcsin(MODEL.tunnelling_min / splitting),
        np.arccos(min(MODEL.cut_off / splitting, 1)),
    )
    high = np.arcsin(min(MODEL.cut_off / splitting, 1))
    brute = quad(along, low, high, limit=400, epsabs=0, epsrel=1e-10)[0]
    assert MODEL.splitting_density(splitting) == pytest.approx(brute, rel=1e-7)


def test_density_of_states_counts_every_system():
    total = quad(
        lambda x: np.exp(x) * MODEL.splitting_density(np.exp(x)),
        np.log(MODEL.tunnelling_min),
        np.log(np.sqrt(2) * MODEL.cut_off),
        points=[np.log(MODEL.cut_off)],
        limit=400,
    )[0]
    assert total == pytest.approx(MODEL.total_density(), rel=1e-6)
    assert MODEL.splitting_density(0.9e-4) == 0
    assert MODEL.splitting_density(2.2) == 0


def test_weighted_density_is_a_pure_power():
    energy = np.array([0.01, 0.1, 1.0])
    expected = MODEL.density * (energy / MODEL.cut_off) ** MODEL.exponent
    assert MODEL.weighted_density(energy) == pytest.approx(expected, rel=1e-4)


@given(exponents, st.floats(1e-8, 0.3))
@many
def test_local_exponent_is_the_slope(mu, splitting):
    model = GeneralisedTunnellingModel(1.0, mu, 1.0, 1e-10)
    step = 1e-4
    two = model.splitting_density(splitting * np.exp([-step, step]))
    slope = np.diff(np.log(two))[0] / (2 * step)
    assert model.local_exponent(splitting) == pytest.approx(slope, rel=1e-5)


def test_sampling_against_the_closed_forms():
    rng = np.random.default_rng(9)
    delta, tunnelling = MODEL.sample(rng, 200_000)
    mu = MODEL.exponent
    assert stats.kstest((delta / MODEL.cut_off) ** (1 + mu), "uniform").pvalue > 1e-3
    flat = np.log(tunnelling / MODEL.tunnelling_min) / MODEL.logarithm
    assert stats.kstest(flat, "uniform").pvalue > 1e-3
    energy = np.hypot(delta, tunnelling)
    assert np.mean(energy**2) == pytest.approx(MODEL.mean_square_splitting(), rel=0.01)
    edges = np.geomspace(1e-3, 2.1, 7)
    counts = np.histogram(energy, edges)[0]
    share = [
        quad(MODEL.splitting_density, a, b, points=[1.5] if a < 1.5 < b else None)[0]
        for a, b in pairwise(edges)
    ]
    expected = np.array(share) / MODEL.total_density() * energy.size
    assert np.all(np.abs(counts - expected) < 5 * np.sqrt(expected))


@pytest.mark.parametrize(
    "arguments",
    [(1, 1.0, 1, 0.1), (1, -0.1, 1, 0.1), (1, 0.2, 1, 2.0), (0, 0.2, 1, 0.1)],
)
def test_refuses_bad_models(arguments):
    with pytest.raises(ParameterError):
        GeneralisedTunnellingModel(*arguments)


def test_refuses_what_diverges_or_has_no_meaning():
    with pytest.raises(ParameterError, match="p must"):
        power_law_logarithm(0.0, 0.2)
    with pytest.raises(ParameterError, match="power"):
        power_law_moment(-0.5, 0.2)
    with pytest.raises(ParameterError, match="splitting"):
        MODEL.weighted_density(2.0)
    with pytest.raises(ParameterError, match="array"):
        GeneralisedTunnellingModel([1.0, 2.0], 0.2, 1.0, 0.1)
