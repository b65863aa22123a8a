"""Line width from many neighbours: closed forms against quadrature and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from tlsbook import spectral_diffusion as sd
from tlsbook.telegraph import Fluctuator
from tlsbook.tunnelling_models import GeneralisedTunnellingModel
from tlsbook.validation import ParameterError

many = settings(deadline=None, max_examples=25)
MODEL = GeneralisedTunnellingModel(0.05, 0.3, 10.0, 0.1)
SMALL = sd.ThermalEnvironment(MODEL, 0.3, 1.0)


@given(st.floats(0.01, 50.0), st.floats(0.05, 20.0), st.floats(0.0, 6.0))
@many
def test_telegraph_rate_is_that_of_one_fluctuator(amplitude, rate, ratio):
    one = Fluctuator.thermal(ratio, 1.0, rate, high=amplitude, low=-amplitude)
    vector = sd.telegraph_rate(np.array([amplitude]), rate, one.bias)
    # The root is nearly zero where kappa is: half of the digits are left there.
    assert vector[0] == pytest.approx(one.dephasing_rate(), rel=1e-6)


@given(st.floats(0.0, 5.0), st.floats(0.1, 10.0))
@many
def test_long_time_weight_by_quadrature_for_any_rate(ratio, rate):
    def integrand(log_a):
        bias = -np.tanh(ratio / 2)
        return sd.telegraph_rate(np.exp(log_a), rate, bias) / np.exp(log_a)

    total = quad(integrand, -22, 22, points=[np.log(rate / 2)], limit=400)[0]
    assert total == pytest.approx(sd.long_time_weight(ratio), rel=1e-5)


def test_limits_weight_by_quadrature():
    def integrand(log_a, ratio):
        u = np.exp(log_a) / np.cosh(ratio / 2)
        return sd.limits_rate(u, 2.0) / np.exp(log_a)

    for ratio in (0.0, 1.0, 4.0):
        kink = np.log(2.0 * np.cosh(ratio / 2))
        total = quad(integrand, -30, 30, args=(ratio,), points=[kink], limit=200)[0]
        assert total == pytest.approx(sd.limits_weight(ratio), rel=1e-8)


def test_static_weight_from_the_mean_of_one_minus_cosine():
    # int da/a^2 [1 - <cos(a (s - m))>] for s = +-1 with mean m
    for ratio in (0.0, 1.5):
        m = -np.tanh(ratio / 2)
        mean = sum((1 + s * m) / 2 * np.pi / 2 * abs(s - m) for s in (1, -1))
        assert sd.static_weight(ratio) == pytest.approx(mean)
    assert sd.static_weight(0.0) == pytest.approx(sd.long_time_weight(0.0))


def test_free_decay_weight_by_simulation_and_limits():
    assert sd.free_decay_weight(0.0) == pytest.approx(np.pi / 2)
    assert sd.free_decay_weight(1e4) == pytest.approx(np.sqrt(np.pi / 1e4), rel=1e-3)
    rng = np.random.default_rng(5)
    times = np.array([0.5, 2.0, 6.0])
    signal = Fluctuator(0.5, 0.5)  # Gamma_1 = 1
    phase = np.abs(signal.sample(rng, 6.0, 20000).integrals(times))
    assert np.pi / 2 * phase.mean(axis=0) / times == pytest.approx(
        sd.free_decay_weight(times), rel=0.02
    )


@pytest.mark.parametrize("power", [0.0, 1e-6, 9e-5, 1.1e-4, 0.24, 0.9])
def test_dephasing_constant_by_quadrature(power):
    total = quad(lambda x: x**power / np.cosh(x / 2), 0, 150, epsabs=0, limit=300)[0]
    assert sd.dephasing_constant(power) == pytest.approx(
        4 * np.pi / 3 * total, rel=1e-7
    )


@given(st.floats(1e-6, 1e6))
@many
def test_layer_share_and_logarithm(ratio):
    # distances in units of d/2: area 4 pi r^2 inside, 2 pi r d outside
    def shell(log_r):
        r = np.exp(log_r)
        return min(1.0, 1 / r) * 3 * r**3 * sd.limits_rate(1 / (r**3 * ratio), 1.0)

    kinks = [0.0, -np.log(ratio) / 3]
    total = quad(shell, -12, 12, points=kinks, limit=400)[0] * ratio
    assert total / 2 == pytest.approx(sd.layer_share(ratio), rel=1e-4)
    step = 1e-4
    slope = sd.layer_logarithm(ratio * (1 + step)) - sd.layer_logarithm(
        ratio * (1 - step)
    )
    slope /= np.log((1 + step) / (1 - step))
    assert slope == pytest.approx(sd.layer_share(ratio), rel=1e-4, abs=1e-9)


def test_environment_by_simulation():
    rng = np.random.default_rng(11)
    widths = []
    for _ in range(500):
        widths.append(sd.telegraph_rate(*SMALL.sample(rng, 1.0, 10.0)).sum())
    mean, error = np.mean(widths), np.std(widths) / np.sqrt(len(widths))
    assert error < 0.025 * mean
    assert abs(mean - SMALL.dephasing_rate(1.0)) < 3.5 * error


def test_layer_by_simulation():
    # The ball of `sample` cut to a layer; limits of (16) with u = a/cosh(E/2T).
    rng = np.random.default_rng(12)
    thickness, number = 1.5, 400_000
    asymmetry, tunnelling = MODEL.sample(rng, number)
    splitting = np.hypot(asymmetry, tunnelling)
    r = np.exp(rng.uniform(np.log(1e-3), np.log(1e3), number))
    shell = 2 * np.pi * r**2 * np.minimum(thickness, 2 * r) * np.log(1e6)
    u = 2 * 0.3 * asymmetry / splitting / r**3 / np.cosh(splitting / 2)
    rate = tunnelling**2 * splitting / np.tanh(splitting / 2)
    values = MODEL.total_density() * shell * sd.limits_rate(u, rate)
    mean, error = values.mean(), values.std() / np.sqrt(number)
    layer = SMALL.dephasing_rate(1.0, sd.limits_weight, thickness=thickness)
    assert error < 0.03 * mean
    assert abs(mean - layer) < 4 * error


def test_thick_layer_is_bulk_and_thin_layer_goes_with_thickness():
    bulk = SMALL.dephasing_rate(1.0, sd.limits_weight)
    thick = SMALL.dephasing_rate(1.0, sd.limits_weight, thickness=300.0)
    assert thick == pytest.approx(bulk, rel=1e-4)
    thin = [
        SMALL.dephasing_rate(1.0, sd.limits_weight, thickness=d) for d in (1e-3, 2e-3)
    ]
    assert thin[1] / thin[0] == pytest.approx(2.0, rel=1e-3)


def test_rate_density_counts_drawn_systems():
    rng = np.random.default_rng(3)
    asymmetry, tunnelling = MODEL.sample(rng, 2_000_000)
    splitting = np.hypot(asymmetry, tunnelling)
    rate = tunnelling**2 * splitting / np.tanh(splitting / 2)
    for low, high in ((0.1, 0.2), (1.0, 1.5), (4.0, 5.0)):
        inside = (abs(splitting - 2.0) < 0.1) & (rate > low) & (rate < high)
        drawn = inside.mean() * MODEL.total_density()
        area = quad(lambda g: SMALL.rate_density(2.0, g, 1.0), low, high)[0] * 0.2
        assert drawn == pytest.approx(area, rel=5 / np.sqrt(inside.sum()))


def test_rate_density_is_zero_outside():
    top = SMALL.fastest_rate(2.0, 1.0)
    assert SMALL.rate_density(2.0, 1.01 * top, 1.0) == 0
    assert SMALL.rate_density(2.0, 0.99 * top * (0.1 / 2.0) ** 2, 1.0) == 0


def test_temperature_power_between_mu_and_the_logarithm():
    model = GeneralisedTunnellingModel(1e-4, 0.3, 1e4, 1e-9)
    wide = sd.ThermalEnvironment(model, 1.0, 1.0)
    power = wide.local_exponent(0.1)
    log = 2 * np.log(0.1 / 1e-9)
    assert power == pytest.approx(1.3 + 2 / log, abs=0.01)
    thin = wide.local_exponent(0.1, sd.limits_weight, thickness=1e-3)
    assert thin == pytest.approx(2.3, abs=0.01)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sd.limits_rate(-1.0, 1.0),
        lambda: sd.telegraph_rate(1.0, 1.0, 1.5),
        lambda: sd.telegraph_rate(1.0, 0.0, 0.5),
        lambda: sd.long_time_weight(-0.1),
        lambda: sd.dephasing_constant(1.0),
        lambda: sd.layer_share(0.0),
        lambda: sd.layer_logarithm(np.nan),
        lambda: sd.ThermalEnvironment(MODEL, -1.0, 1.0),
        lambda: sd.ThermalEnvironment(MODEL, 1.0, np.ones(2)),
        lambda: SMALL.dephasing_rate(0.0),
        lambda: SMALL.dephasing_rate(1e-4),
        lambda: SMALL.dephasing_rate(np.array([1.0, 2.0])),
        lambda: SMALL.dephasing_rate(1.0, thickness=-1.0),
        lambda: SMALL.rate_density(20.0, 1.0, 1.0),
        lambda: SMALL.sample(np.random.default_rng(1), 1.0, 0.0),
    ],
)
def test_bad_input(call):
    with pytest.raises(ParameterError):
        call()
