"""Noise of a resonator: the integral by other routes, its limits, exact averages."""

from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import zeta

from tlsbook import resonator_noise as rn
from tlsbook.tunnelling_models import GeneralisedTunnellingModel, power_law_moment
from tlsbook.validation import ConvergenceError, ParameterError

many = settings(deadline=None, max_examples=25)


def primitive(x, width):
    return np.arctan(x / width) / (2 * width) - x / (2 * (x**2 + width**2))


@given(st.floats(1e-8, 3.0), st.floats(0.1, 5.0))
@many
def test_flat_density_at_zero_temperature_is_elementary(width, frequency):
    value = rn.noise_integral(frequency, 0.0, width, 0.0, 10.0)
    exact = primitive(10.0 - frequency, width) - primitive(-frequency, width)
    assert value == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize("mu", [0.0, 0.3])
@pytest.mark.parametrize("temperature", [0.05, 0.4, 5.0])
def test_direct_quadrature_in_the_energy(mu, temperature):
    def integrand(energy):
        x = energy - 0.3
        weight = (energy / 20) ** mu * np.tanh(energy / (2 * temperature)) ** 2
        return weight * x**2 / (x**2 + 0.01**2) ** 2

    edges = [0, 0.2, 0.28, 0.29, 0.3, 0.31, 0.32, 0.4, 1, 5, 20]
    direct = sum(
        quad(integrand, a, b, epsabs=0, epsrel=1e-11)[0] for a, b in pairwise(edges)
    )
    value = rn.noise_integral(0.3, temperature, 0.01, mu, 20.0)
    assert value == pytest.approx(direct, rel=1e-8)


@given(st.floats(0.01, 100.0), st.floats(1e-4, 0.5), st.floats(0.0, 0.6))
@many
def test_scaling_of_all_energies(scale, width, mu):
    one = rn.noise_integral(1.0, 0.7, width, mu, 30.0)
    other = rn.noise_integral(scale, 0.7 * scale, width * scale, mu, 30.0 * scale)
    assert other * scale == pytest.approx(one, rel=1e-7)


def test_both_limits():
    cold = rn.noise_integral(0.3, 0.02, 1e-7, 0.3, 100.0)
    assert cold == pytest.approx(
        rn.resonant_part(0.3, 0.02, 1e-7, 0.3, 100.0), rel=1e-5
    )
    hot = rn.noise_integral(1e-4, 1.0, 1e-4, 0.2, 1e8)
    assert hot == pytest.approx(rn.thermal_part(1.0, 0.2, 1e8), rel=1e-3)


def test_parts_are_equal_at_the_crossover():
    width, mu, nu = 1e-6, 0.3, 0.3
    crossover = rn.crossover_temperature(nu, width, mu)
    assert rn.thermal_part(crossover, mu, 1e6) == pytest.approx(
        rn.resonant_part(nu, crossover, width, mu, 1e6), rel=1e-4
    )
    total = rn.noise_integral(nu, crossover, width, mu, 1e9)
    assert total == pytest.approx(2 * rn.thermal_part(crossover, mu, 1e9), rel=0.01)


def test_thermal_constant_by_quadrature_and_at_its_ends():
    def integrand(u, mu):  # x = exp(u)
        return np.exp((mu - 1) * u) * np.tanh(np.exp(u) / 2) ** 2

    for mu in (0.0, 1e-9, 0.2, 0.5):
        value = quad(integrand, -40, 80, args=(mu,), points=[0.0], limit=400)[0]
        assert rn.thermal_constant(mu) == pytest.approx(value, rel=1e-7)
    assert rn.thermal_constant(0.0) == pytest.approx(7 * zeta(3) / np.pi**2)
    assert rn.thermal_constant(0.9999) * 1e-4 == pytest.approx(1.0, rel=1e-3)


@given(st.floats(0.0, 0.9))
@many
def test_orientation_average_from_the_moments_of_the_model(mu):
    tilt = power_law_moment(2.0, mu) / power_law_moment(1.0, mu)
    assert rn.orientation_average(mu) == pytest.approx(4 * tilt / 5)


def test_orientation_average_by_drawing_systems():
    rng = np.random.default_rng(38)
    model = GeneralisedTunnellingModel(1.0, 0.3, 10.0, 1e-3)
    asymmetry, tunnelling = model.sample(rng, 400_000)
    energy = np.hypot(asymmetry, tunnelling)
    p = (tunnelling / energy)[energy < 10] ** 2
    cosine = rng.uniform(-1, 1, p.size)
    mean = 4 * np.sum(p**2 * cosine**4) / np.sum(p)
    assert mean == pytest.approx(rn.orientation_average(0.3), rel=0.03)


def test_switching_spectrum_by_quadrature_and_in_the_band():
    def integrand(log_rate, omega):
        rate = np.exp(log_rate)
        return 4 * rate / (4 * rate**2 + omega**2)

    slowest, fastest = 1e-3, 1e4
    length = np.log(fastest / slowest)
    for omega in (1e-5, 0.1, 10.0, 1e6):
        ends = np.log(slowest), np.log(fastest)
        mean = quad(integrand, *ends, args=(omega,), limit=400)[0] / length
        value = rn.switching_spectrum(omega, slowest, fastest)
        assert value == pytest.approx(mean, rel=1e-7)
    band = rn.switching_spectrum(3.0, slowest, fastest)
    assert band == pytest.approx(np.pi / (3.0 * length), rel=1e-3)


@given(st.floats(1e-3, 10.0), st.floats(1e-3, 10.0), st.floats(0.1, 10.0))
@many
def test_at_the_critical_field_the_width_grows_by_root_two(fast, slow, moment):
    field = rn.critical_field(fast, slow, moment)
    width = rn.saturated_width(fast, slow, 2 * moment * field)
    assert width == pytest.approx(np.sqrt(2) * fast)
    assert rn.saturated_width(fast, slow, 0.0) == pytest.approx(fast)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: rn.noise_integral(1.0, 1.0, 0.0, 0.3, 10.0), "width"),
        (lambda: rn.noise_integral(-1.0, 1.0, 0.1, 0.3, 10.0), "frequency"),
        (lambda: rn.noise_integral(1.0, -1.0, 0.1, 0.3, 10.0), "temperature"),
        (lambda: rn.noise_integral(1.0, 1.0, 0.1, 1.0, 10.0), "exponent"),
        (lambda: rn.noise_integral(1.0, 1.0, 0.1, 0.3, 0.5), "cut_off"),
        (lambda: rn.noise_integral([1.0, 20.0], 1.0, 0.1, 0.3, 10.0), "cut_off"),
        (lambda: rn.noise_integral([1.0, 2.0], 1.0, [0.1] * 3, 0.3, 10.0), "broadcast"),
        (lambda: rn.noise_integral(1.0, [], 0.1, 0.3, 10.0), "temperature"),
        (lambda: rn.noise_integral(1.0, np.nan, 0.1, 0.3, 10.0), "temperature"),
        (lambda: rn.noise_integral(1.0, 1.0, 0.1, 0.3, 10.0, rtol=0.0), "rtol"),
        (lambda: rn.thermal_constant(-0.1), "exponent"),
        (lambda: rn.thermal_part(0.0, 0.1, 1.0), "temperature"),
        (lambda: rn.critical_field(1.0, 1.0, 0.0), "moment"),
        (lambda: rn.saturated_width(1.0, 1.0, -1.0), "drive"),
        (lambda: rn.switching_spectrum(1.0, 2.0, 1.0), "fastest"),
    ],
)
def test_bad_input_is_named(call, name):
    with pytest.raises(ParameterError, match=name):
        call()


def test_an_inaccurate_quadrature_is_refused(monkeypatch):
    rules = [np.polynomial.legendre.leggauss(count) for count in (2, 1)]
    monkeypatch.setattr(rn, "_RULES", rules)
    with pytest.raises(ConvergenceError, match="rtol"):
        rn.noise_integral(1.0, 1.0, 1e-6, 0.3, 10.0, rtol=1e-12)


def test_panels_are_halved_until_both_rules_agree(monkeypatch):
    points = 1.0, np.array([0.01, 1.0, 30.0]), np.array([1e-6, 1e-3, 0.3])
    exact = rn.noise_integral(*points, 0.3, 300.0, rtol=1e-12)
    calls = []

    def counted(*arguments):
        calls.append(arguments[5])
        return panels(*arguments)

    panels = rn._panels
    monkeypatch.setattr(rn, "_panels", counted)
    monkeypatch.setattr(rn, "_PANEL", 8.0)
    wide = rn.noise_integral(*points, 0.3, 300.0, rtol=1e-9)
    assert wide == pytest.approx(exact, rel=1e-9)
    assert min(calls) < 8.0
    monkeypatch.setattr(rn, "_HALVINGS", 0)
    with pytest.raises(ConvergenceError, match="error"):
        rn.noise_integral(*points, 0.3, 300.0, rtol=1e-9)


@pytest.mark.parametrize(
    ("temperature", "width"), [(0.01, 1e-6), (0.3, 1e-6), (20.0, 1e-3), (1e-4, 0.5)]
)
def test_eleven_digits_against_arbitrary_precision(temperature, width):
    with mpmath.workdps(20):
        t, w = mpmath.mpf(temperature), mpmath.mpf(width)

        def integrand(energy):
            weight = (energy / 30) ** mpmath.mpf(0.3) * mpmath.tanh(energy / 2 / t) ** 2
            return weight * (energy - 1) ** 2 / ((energy - 1) ** 2 + w**2) ** 2

        powers = [mpmath.mpf(4) ** k for k in range(-14, 14)]
        marks = {0, 1, 30}
        for scale in powers:
            marks |= {1 - w * scale, 1 + w * scale, t * scale, scale}
        direct = mpmath.quad(integrand, sorted(m for m in marks if 0 <= m <= 30))
    value = rn.noise_integral(1.0, temperature, width, 0.3, 30.0, rtol=1e-11)
    assert value == pytest.approx(float(direct), rel=1e-11)


def test_arrays_broadcast_and_equal_single_points():
    temperature = np.array([0.0, 0.02, 0.4, 9.0])[:, None]
    width = np.geomspace(1e-7, 0.9, 60)
    values = rn.noise_integral(0.7, temperature, width, 0.2, 15.0, rtol=1e-11)
    assert values.shape == (4, 60)
    for i, j in ((0, 0), (1, 59), (2, 30), (3, 7)):
        one = rn.noise_integral(0.7, temperature[i, 0], width[j], 0.2, 15.0, rtol=1e-11)
        assert np.ndim(one) == 0
        assert values[i, j] == pytest.approx(one, rel=1e-11)


def test_zero_temperature_is_the_limit():
    values = rn.noise_integral(1.0, [0.0, 1e-7], 1e-3, 0.3, 30.0, rtol=1e-12)
    assert values[1] == pytest.approx(values[0], rel=1e-10)


def test_the_part_below_the_first_panel_is_counted():
    # Wide line, cold: the lowest energies matter at this accuracy.
    width, frequency, top = 2.0, 1.0, 10.0
    value = rn.noise_integral(frequency, 0.0, width, 0.0, top, rtol=1e-12)
    exact = primitive(top - frequency, width) - primitive(-frequency, width)
    assert value == pytest.approx(exact, rel=1e-10)
