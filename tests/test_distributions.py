import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import dblquad, quad

from tlsbook import distributions as d
from tlsbook.validation import ParameterError

many = settings(max_examples=30, deadline=None)
MODEL = d.StandardTunnellingModel(density=2.5, cut_off=0.8, p_min=1e-4)


def _moment_by_quadrature(power, complement, p_min):
    # In s = sqrt(1-p) the weight is regular at p = 1: dp/(2p sqrt(1-p)) = ds/(1-s^2).
    upper = np.sqrt(1 - p_min)
    return quad(lambda s: (1 - s * s) ** (power - 1) * s ** (2 * complement), 0, upper)[
        0
    ]


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("complement", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("p_min", [1e-3, 0.2])
def test_moments_against_quadrature(power, complement, p_min):
    closed = d.tunnelling_moment(power, complement, p_min=p_min)
    reference = _moment_by_quadrature(power, complement, p_min)
    assert closed == pytest.approx(reference, rel=1e-9)


def test_exact_moments():
    assert d.tunnelling_moment(1) == pytest.approx(1, rel=1e-14)
    assert d.tunnelling_moment(2) == pytest.approx(2 / 3, rel=1e-14)
    assert d.tunnelling_moment(1, 1) == pytest.approx(1 / 3, rel=1e-14)
    p_min = 0.3
    assert d.tunnelling_moment(1, p_min=p_min) == pytest.approx(np.sqrt(0.7))


@given(st.floats(1e-300, 0.999))
@many
def test_logarithm_against_high_precision(p):
    with mpmath.workdps(40):
        exact = mpmath.acosh(1 / mpmath.sqrt(mpmath.mpf(p)))
    assert d.tunnelling_logarithm(p) == pytest.approx(float(exact), rel=1e-12)


def test_total_number_counts_both_integrals():
    def density(p, energy):
        return MODEL.joint_density(energy, p)

    # Away from the ends of p; the rest in closed form.
    inner = dblquad(density, 0, MODEL.cut_off, 0.01, 0.9, epsabs=1e-10)[0]
    rest = MODEL.density * (
        d.tunnelling_logarithm(MODEL.p_min)
        - d.tunnelling_logarithm(0.01)
        + d.tunnelling_logarithm(0.9)
    )
    assert inner + rest == pytest.approx(MODEL.total_density(), rel=1e-9)


def test_ten_decades_of_p_add_five_natural_logarithms_of_ten():
    growth = d.tunnelling_logarithm(1e-20) - d.tunnelling_logarithm(1e-10)
    assert growth == pytest.approx(5 * np.log(10), rel=1e-9)


def test_jacobian_from_flat_parameters_by_counting():
    """Draw flat Delta and flat ln Lambda; compare with the closed density."""
    rng = np.random.default_rng(20010)
    size, low = 400_000, 1e-3
    delta = rng.uniform(-1, 1, size)
    log_lambda = rng.uniform(np.log(low), 0, size)
    splitting = np.hypot(delta, np.exp(log_lambda))
    p = np.exp(2 * log_lambda) / splitting**2
    weight = size / (2 * np.log(1 / low))
    model = d.StandardTunnellingModel.from_flat_parameters(weight, 1.0, p_min=1e-4)
    inside = (splitting > 0.3) & (splitting < 1) & (p > 1e-4)
    expected = 0.7 * model.total_density()
    assert inside.sum() == pytest.approx(expected, abs=5 * np.sqrt(expected))
    one_sign = d.StandardTunnellingModel.from_flat_parameters(
        weight, 1.0, p_min=1e-4, both_signs=False
    )
    assert 2 * one_sign.density == pytest.approx(model.density)


def test_samples_follow_the_density():
    rng = np.random.default_rng(7)
    splitting, p = MODEL.sample(rng, 20_000)
    assert p.min() >= MODEL.p_min
    flat = d.tunnelling_logarithm(p) / d.tunnelling_logarithm(MODEL.p_min)
    assert stats.kstest(flat, "uniform").pvalue > 1e-3
    assert stats.kstest(splitting / MODEL.cut_off, "uniform").pvalue > 1e-3
    assert abs(stats.spearmanr(splitting, p).statistic) < 0.03
    mean = MODEL.moment(1) / MODEL.moment(0)
    assert p.mean() == pytest.approx(mean, rel=0.05)
    # The test can fail: the density without its square root is rejected.
    wrong = np.log(p) / np.log(MODEL.p_min)
    assert stats.kstest(wrong, "uniform").pvalue < 1e-6


def test_densities():
    assert MODEL.density_of_states == pytest.approx(2.5 / 0.8)
    assert MODEL.splitting_density(0.9) == 0
    norm = quad(MODEL.splitting_density, 0, 0.8)[0]
    assert norm == pytest.approx(MODEL.density)
    assert MODEL.joint_density(0.1, 0.5 * MODEL.p_min) == 0
    assert MODEL.joint_density(0.1, 0.5) == pytest.approx(2.5 / 0.8 / np.sqrt(0.5))


@pytest.mark.parametrize(
    "arguments", [(-1, 1, 0.1), (1, 0, 0.1), (1, 1, 1.0), (1, 1, -0.1), ([1, 2], 1, 0)]
)
def test_refuses_bad_models(arguments):
    with pytest.raises(ParameterError):
        d.StandardTunnellingModel(*arguments)


def test_refuses_what_diverges():
    model = d.StandardTunnellingModel(1.0, 1.0)
    with pytest.raises(ParameterError, match="logarithmically"):
        model.total_density()
    with pytest.raises(ParameterError, match="p_min"):
        model.sample(np.random.default_rng(1), 3)
    with pytest.raises(ParameterError, match="complement"):
        d.tunnelling_moment(0, 1, p_min=0.1)
    with pytest.raises(ParameterError, match="p must be in"):
        d.tunnelling_weight(1.0)
