"""Cross section, ensemble and averages of the Kondo scenario."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from tlsbook.kondo import (
    REGIONS,
    JointDensity,
    KondoEnsemble,
    cross_section,
    region,
    relaxation_rate,
    specific_heat_below,
)
from tlsbook.validation import ParameterError

EXPONENTIAL = JointDensity.exponential()
BOX = JointDensity.box()
SMOOTHED = ("smooth", "floor")
positive_log = st.floats(-6, 6)


def ensemble(delta, density=EXPONENTIAL, t_k=1.0):
    return KondoEnsemble(t_k, delta, density)


def test_regions_are_those_of_the_three_lines():
    x = np.array([100.0, 100.0, 100.0, 0.01, 0.01])
    y = np.array([5.0, 20.0, 200.0, 0.0, 50.0])
    expected = ["unitary", "split", "logarithmic", "logarithmic", "logarithmic"]
    assert [REGIONS[i] for i in region(x, y)] == expected


def test_values_deep_inside_each_region():
    assert cross_section(1e4, 3.0) == 1.0
    assert cross_section(100.0, 20.0) == pytest.approx(100.0**2 / 20.0**4)
    log = np.log(1e8)
    assert cross_section(1e-8, 0.0, regularisation="none") == pytest.approx(log**-2)
    big = cross_section(1e-8, 0.5, regularisation="none")
    assert big == pytest.approx(log**-2 * (0.5 * log) ** -2)
    log = np.log(1e9)
    big = cross_section(1e-8, 10.0, regularisation="none")
    assert big == pytest.approx(log**-2 * (10 * log) ** -2)


@pytest.mark.parametrize("x", [1e-6, 0.01, 0.3])
def test_replacements_agree_with_the_literal_form_where_they_say_so(x):
    y = np.array([0.0, 0.5, 3.0, 40.0])
    literal = cross_section(x, y, regularisation="none")
    far = np.log(np.maximum(1, y) / x) > 1
    for kind in ("floor", "cap"):
        replaced = cross_section(x, y, regularisation=kind)
        np.testing.assert_allclose(replaced[far], literal[far], rtol=1e-13)
    log = np.log(np.maximum(1, y) / x)
    soft = np.sqrt(1 + log**2)
    np.testing.assert_allclose(
        cross_section(x, y), (soft * np.maximum(1, y * soft)) ** -2.0
    )


def test_literal_form_exceeds_the_unitary_limit_on_both_lines():
    assert cross_section(0.999, 0.5, regularisation="none") > 1e5
    assert cross_section(100.0, 100.1, regularisation="none") > 1
    assert np.isinf(cross_section(1.0, 0.5, regularisation="none"))


@pytest.mark.parametrize("kind", SMOOTHED)
@pytest.mark.parametrize("y", [0.0, 0.3, 0.9999])
def test_smoothed_forms_are_continuous_at_the_kondo_temperature(kind, y):
    below = cross_section(1 - 1e-9, y, regularisation=kind)
    above = cross_section(1 + 1e-9, y, regularisation=kind)
    assert below == pytest.approx(above, rel=1e-6)


@pytest.mark.parametrize("kind", SMOOTHED)
@pytest.mark.parametrize("x", [2.0, 37.0, 1e4])
def test_smoothed_forms_are_continuous_on_the_ray(kind, x):
    inside, outside = cross_section(
        x, np.array([x * (1 - 1e-9), x * (1 + 1e-9)]), regularisation=kind
    )
    assert inside == pytest.approx(outside, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(positive_log, positive_log, st.sampled_from(["smooth", "floor", "cap"]))
def test_never_above_the_unitary_limit(log_x, log_y, kind):
    value = cross_section(10**log_x, 10**log_y, regularisation=kind)
    assert 0 < value <= 1


@settings(max_examples=60, deadline=None)
@given(positive_log, positive_log, st.floats(1.01, 10))
def test_falls_with_the_splitting(log_x, log_y, factor):
    x, y = 10**log_x, 10**log_y
    assert cross_section(x, y * factor) <= cross_section(x, y) * (1 + 1e-12)


@pytest.mark.parametrize(
    "density",
    [EXPONENTIAL, BOX, JointDensity.gamma(2, 0.5), JointDensity.log_uniform(1e-5)],
)
def test_densities_are_normalised(density):
    assert density.integrate(lambda x, y: 1 + 0 * x * y) == pytest.approx(1, rel=1e-9)
    e = KondoEnsemble(2.0, 0.5, density)
    t_k = np.geomspace(1e-9, 300, 4001)
    delta = np.geomspace(1e-9, 75, 4001)[:, None]
    inner = integrate.simpson(e.joint_density(t_k, delta) * t_k, np.log(t_k), axis=1)
    total = integrate.simpson(inner * delta[:, 0], np.log(delta[:, 0]))
    assert total == pytest.approx(1, rel=3e-3)


def test_box_agrees_with_adaptive_quadrature_of_the_literal_form():
    t, delta = 3.0, 40.0

    def inner(x):
        kinks = sorted({t / delta, t / (delta * np.log(t / x))})
        f = lambda y: cross_section(x / t, y * delta / t, regularisation="none")  # noqa: E731
        return integrate.quad(f, 0, 1, points=kinks, epsabs=0, epsrel=1e-11)[0]

    value = integrate.quad(inner, 0, 1, epsabs=0, epsrel=1e-9)[0]
    mean = ensemble(delta, BOX).dephasing_rate(t, regularisation="none")
    assert mean.value == pytest.approx(value, rel=1e-8)
    assert mean.error < 1e-8 * mean.value


@pytest.mark.parametrize("delta", [0.01, 1.0, 30.0])
def test_average_agrees_with_monte_carlo(delta):
    rng = np.random.default_rng(5)
    x, y = rng.exponential(size=(2, 800_000))
    for t in (0.01, 1.0, 50.0):
        sample = cross_section(x / t, y * delta / t)
        error = sample.std() / np.sqrt(x.size)
        value = ensemble(delta).dephasing_rate(t).value
        assert abs(sample.mean() - value) < 5 * error
        assert error < 0.02 * value


def test_error_estimate_bounds_the_change_of_rule():
    mean = ensemble(1.0).dephasing_rate(np.geomspace(1e-4, 1e4, 9))
    assert (mean.error < 1e-9 * mean.value).all()


def test_cold_limit_has_the_constant_4_over_3():
    t, delta = 1e-7, 1.0
    root = integrate.quad(lambda x: np.exp(-x) * np.sqrt(x), 0, np.inf)[0]
    expected = 4 / 3 * root * np.sqrt(t) / delta
    assert ensemble(delta).dephasing_rate(t).value == pytest.approx(expected, rel=2e-3)
    doubled = ensemble(100.0).dephasing_rate(t, regularisation="cap").value
    assert doubled == pytest.approx(2 * expected / 100, rel=1e-2)


def test_hot_and_wide_limit_has_the_third_power_of_the_logarithm():
    t = np.array([1e6, 1e12, 1e24])
    rates = ensemble(1e40, BOX).dephasing_rate(t, regularisation="none").value
    scaled = rates * (1e40 / t) * np.log(t) ** 3
    # Box: mean over x moves ln t to ln t + 1, and 2/l^3 - 4/l^5 is the series in y.
    assert (np.diff(abs(scaled - 2)) < 0).all()
    assert scaled[-1] == pytest.approx(2 * (1 - 3 / np.log(1e24)), rel=1e-2)


def test_hot_and_narrow_limit():
    t = 1e30
    value = ensemble(1.0).dephasing_rate(t).value
    assert value * np.log(t) ** 2 == pytest.approx(1, rel=0.03)


def test_scaling_and_exponent():
    a = KondoEnsemble(1.0, 0.3, EXPONENTIAL).dephasing_rate(0.2).value
    b = KondoEnsemble(5.0, 1.5, EXPONENTIAL).dephasing_rate(1.0).value
    assert a == pytest.approx(b, rel=1e-12)
    assert ensemble(1.0).local_exponent(1e-6) == pytest.approx(0.5, abs=2e-3)
    e = ensemble(0.5)
    low, high = e.dephasing_rate([0.99, 1.01]).value
    slope = np.log(high / low) / np.log(1.01 / 0.99)
    assert e.local_exponent(1.0) == pytest.approx(slope, rel=1e-3)


def test_relaxation_rate():
    t = np.geomspace(1e-3, 1e3, 400)
    rate = relaxation_rate(t, 1.0)
    assert (rate[t < 1] == 1).all()
    assert (np.diff(rate) >= 0).all()
    assert relaxation_rate(1e6, 1.0) == pytest.approx(1e6 / (1 + np.log(1e6) ** 2))


def test_absorbed_power_limits():
    low = JointDensity.gamma(2, 0)
    omega, t = 1e-7, 1e-3
    # <1/x> = 1/2 for x^2 exp(-x)/2; the Debye form gives 1/16.
    value = ensemble(1e-6, low).absorbed_power(t, omega).value
    assert value / (omega**2 / t / 16 * 0.5) == pytest.approx(1, rel=1e-4)
    t = 1e4
    x = integrate.quad(
        lambda x: np.exp(-x) * (1 + np.log(t / x) ** 2), 0, np.inf, epsabs=0
    )[0]
    value = ensemble(1e-6).absorbed_power(t, omega).value
    assert value / (omega**2 / (16 * t**2) * x) == pytest.approx(1, rel=1e-6)


def test_specific_heat_average():
    t = 0.01
    direct = integrate.quad(
        lambda u: np.exp(-t * np.exp(u)) * t * u, 0, 9, epsabs=0, epsrel=1e-11
    )[0]
    value = ensemble(1e-6).specific_heat(t).value
    assert value == pytest.approx(direct, rel=1e-8)
    assert specific_heat_below(2.0, 1.0) == 0
    assert specific_heat_below(0.1, 1.0) == pytest.approx(0.1 * np.log(10))


def test_bad_input():
    with pytest.raises(ParameterError, match="normalised"):
        JointDensity(lambda x, y: 2 + 0 * x * y, (0, 1), (0, 1))
    with pytest.raises(ParameterError, match="non-negative"):
        JointDensity(lambda x, y: 2 - 2 * x + 2 * (x - 1.5) + 0 * y, (0, 1), (0, 1))
    with pytest.raises(ParameterError, match="finite"):
        JointDensity(lambda x, y: np.nan * x * y, (0, 1), (0, 1))
    with pytest.raises(ParameterError, match="regularisation"):
        cross_section(1.0, 1.0, regularisation="other")
    with pytest.raises(ParameterError, match="T_K/T"):
        cross_section(0.0, 1.0)
    with pytest.raises(ParameterError, match="Delta/T"):
        cross_section(1.0, -1.0)
    with pytest.raises(ParameterError, match="exceed every Kondo temperature"):
        ensemble(1.0).dephasing_rate(1.0, regularisation="none")
    with pytest.raises(ParameterError, match="t_k_star"):
        KondoEnsemble(0.0, 1.0, EXPONENTIAL)
    with pytest.raises(ParameterError, match="JointDensity"):
        KondoEnsemble(1.0, 1.0, lambda x, y: x)
    with pytest.raises(ParameterError, match="temperature"):
        ensemble(1.0).dephasing_rate(-1.0)
    with pytest.raises(ParameterError, match="x_min"):
        JointDensity.log_uniform(1.0)
