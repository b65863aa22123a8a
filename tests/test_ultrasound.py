"""Tests of tlsbook.ultrasound and tlsbook.ultrasound_limits."""

import time
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad

from tlsbook import ultrasound as us
from tlsbook import ultrasound_limits as lim
from tlsbook.validation import ConvergenceError, ParameterError

BOX = [(0.01, 1e-3, 1e-2), (0.01, 10.0, 10.0), (0.03, 0.2, 0.3), (0.1, 1e-2, 3.0)]
BOX += [(0.3, 0.7, 0.05), (1.0, 0.5, 0.1), (1.0, 0.999, 5.0), (1.0, 2.0, 10.0)]

chis = st.floats(-2, 0).map(lambda e: 10.0**e)
omegas = st.floats(-3, 1).map(lambda e: 10.0**e)
thetas = st.floats(-2, 1).map(lambda e: 10.0**e)
few = settings(max_examples=25, deadline=None)


def split(low, high, points):
    inner = sorted(p for p in points if low < p < high)
    edges = [low, *inner, high]
    return list(pairwise(edges))


def nested_resonant(chi, omega, theta):
    """The double integral (15) as printed, by nested adaptive quadrature.

    Only p = 1 - s^2 is substituted, against the end point singularity.
    """

    def over_p(x):
        width = chi * x / np.tanh(x / theta)

        def integrand(s):
            p = 1 - s * s
            return 2 * chi * x * p / (4 * (x - omega) ** 2 + (width * p) ** 2)

        return quad(integrand, 0, 1, epsabs=0, epsrel=1e-12, limit=400)[0]

    width = chi * min(omega, 1) / np.tanh(min(omega, 1) / theta)
    marks = [omega, theta, *(omega + k * width for k in (-30, -3, -0.3, 0.3, 3, 30))]
    return sum(
        quad(over_p, a, b, epsabs=0, epsrel=1e-11, limit=400)[0]
        for a, b in split(0, 1, marks)
    )


def nested_relaxation(chi, omega, theta):
    """The double integral (16) as printed, by nested adaptive quadrature.

    Only p = 1 - s^2 is substituted, against the end point singularity.
    """

    def over_p(y):
        a, b = omega * np.tanh(y), chi * y * theta

        def integrand(s):
            return 2 * s * s / (a * a + (b * (1 - s * s)) ** 2)

        marks = [np.sqrt(1 - min(a / b * k, 1)) for k in (0.1, 1, 10, 100)]
        inner = sum(
            quad(integrand, lo, hi, epsabs=0, epsrel=1e-11, limit=400)[0]
            for lo, hi in split(0, 1, marks)
        )
        outer = chi * theta * y / (2 * np.cosh(y) ** 3)
        return outer * omega * np.sinh(y) * inner

    return sum(
        quad(over_p, lo, hi, epsabs=0, epsrel=1e-11, limit=400)[0]
        for lo, hi in split(0, min(1 / theta, 40), [1, 4, 12])
    )


def test_kernels_against_high_precision():
    for c in (1e-8, 1e-3, 0.3, 1.0, 7.99, 8.01, 50.0, 1e5):
        with mpmath.workdps(40):
            c_, one = mpmath.mpf(c), mpmath.mpf(1)
            marks = sorted({0, one} | {c_ * k for k in (1, 30) if c_ * k < 1})
            # p = 1 - s^2 removes the root at p = 1; each piece is smooth.
            marks = [mpmath.sqrt(1 - m) for m in reversed(marks)]
            r = mpmath.quad(
                lambda s, c=c_: 2 * (1 - s * s) / ((1 - s * s) ** 2 + c * c), marks
            )
            q = mpmath.quad(
                lambda s, c=c_: 2 * c * s * s / ((1 - s * s) ** 2 + c * c), marks
            )
        assert us.resonant_kernel(c) == pytest.approx(float(r), rel=1e-12)
        assert us.relaxation_kernel(c) == pytest.approx(float(q), rel=1e-12)


def test_kernel_limits_and_norm():
    small, large = 1e-9, 1e9
    assert us.resonant_kernel(small) == pytest.approx(np.log(4 / small), rel=1e-9)
    assert us.resonant_kernel(large) * large**2 == pytest.approx(4 / 3, rel=1e-12)
    assert us.relaxation_kernel(small) == pytest.approx(np.pi / 2, rel=1e-7)
    assert us.relaxation_kernel(large) * large == pytest.approx(2 / 3, rel=1e-12)
    # The area of a Lorentzian in c is pi for every p.
    area = quad(lambda t: us.resonant_kernel(np.exp(t)) * np.exp(t), -40, 30)[0]
    assert area == pytest.approx(np.pi, rel=1e-8)


@pytest.mark.parametrize("point", BOX)
def test_against_nested_quadrature_of_the_printed_integrals(point):
    found = us.absorption(*point)
    assert found.resonant == pytest.approx(nested_resonant(*point), rel=1e-9)
    assert found.relaxation == pytest.approx(nested_relaxation(*point), rel=1e-9)
    assert found.resonant_error <= 1e-10 * found.resonant
    assert found.relaxation_error <= 1e-10 * found.relaxation


def test_against_dblquad():
    chi, omega, theta = 1.0, 0.4, 0.6

    def integrand(y, p):
        over = omega**2 * np.tanh(y) ** 2 + (chi * p * y * theta) ** 2
        top = chi * theta * y * np.sqrt(1 - p) * omega * np.sinh(y)
        return top / (2 * np.cosh(y) ** 3 * over)

    direct = dblquad(integrand, 0, 1, 0, 1 / theta, epsrel=1e-9)[0]
    assert us.relaxation(chi, omega, theta) == pytest.approx(direct, rel=1e-7)


def test_resonance_at_high_precision():
    chi, omega, theta = 0.1, 0.3, 0.2
    with mpmath.workdps(20):

        def over_p(x):
            width = chi * x / mpmath.tanh(x / theta)
            w = mpmath.sqrt(1 + 2j * abs(x - omega) / width)
            return 2 * chi * x / width**2 * mpmath.re(mpmath.atanh(1 / w) / w)

        marks = [0, 0.15, 0.28, 0.297, omega, 0.303, 0.32, 0.5, 1]
        direct = mpmath.quad(over_p, marks)
    assert us.resonant(chi, omega, theta, rtol=1e-12) == pytest.approx(
        float(direct), rel=1e-11
    )


def test_reported_error_bounds_the_true_one_over_the_box():
    rng = np.random.default_rng(5)
    chi = 10 ** rng.uniform(-2, 0, 400)
    omega = 10 ** rng.uniform(-3, 1, 400)
    theta = 10 ** rng.uniform(-2, 1, 400)
    best = us.absorption(chi, omega, theta, rtol=1e-12)
    for rtol in (1e-4, 1e-6, 1e-10):
        found = us.absorption(chi, omega, theta, rtol=rtol)
        for part in ("resonant", "relaxation"):
            value, error = getattr(found, part), getattr(found, f"{part}_error")
            exact = getattr(best, part)
            assert np.all(error <= rtol * value)
            assert np.all(np.abs(value - exact) <= error + 1e-13 * exact)


def test_beyond_the_box():
    rng = np.random.default_rng(6)
    chi = 10 ** rng.uniform(-6, 0, 300)
    omega = 10 ** rng.uniform(-6, 6, 300)
    theta = 10 ** rng.uniform(-6, 6, 300)
    found = us.absorption(chi, omega, theta)
    best = us.absorption(chi, omega, theta, rtol=1e-12)
    np.testing.assert_allclose(found.resonant, best.resonant, rtol=1e-11)
    np.testing.assert_allclose(found.relaxation, best.relaxation, rtol=1e-11)


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-7, 1e-3])
def test_continuous_at_the_cut_off(gap):
    at_edge = us.resonant(0.2, 1.0, 0.5)
    for omega in (1 - gap, 1 + gap):
        assert us.resonant(0.2, omega, 0.5) == pytest.approx(
            at_edge, rel=60 * gap + 1e-9
        )


@few
@given(chi=chis, omega=omegas, theta=thetas)
def test_signs_and_bounds(chi, omega, theta):
    found = us.absorption(chi, omega, theta, rtol=1e-8)
    assert found.resonant > 0
    # Q lies between 0 and pi/2, so that the slow limit bounds F_rel from above.
    assert 0 < found.relaxation < lim.relaxation_slow(chi, omega, theta) * (1 + 1e-9)
    faster = us.relaxation(chi, 1.1 * omega, theta, rtol=1e-8)
    assert faster < found.relaxation


@few
@given(chi=chis, omega=omegas, theta=thetas)
def test_narrow_line_has_all_its_weight(chi, omega, theta):
    """An undamped line inside the range gives pi; damping adds at most a logarithm."""
    found = us.resonant(chi, omega, theta, rtol=1e-8)
    assert found < np.pi + chi * (3 + np.log(1 / min(omega, 1)))
    if omega < 0.9:
        narrow = us.resonant(1e-6 * chi, omega, theta, rtol=1e-8)
        assert narrow == pytest.approx(np.pi * np.tanh(omega / theta), rel=1e-2)


@pytest.mark.parametrize("top", [1e-6, 9e-4, 1.1e-3, 0.5, 3.0, 500.0])
def test_integral_of_the_fast_limit(top):
    direct = quad(
        lambda y: 2 * y / np.sinh(2 * y), 0, min(top, 30), epsabs=0, epsrel=1e-13
    )[0]
    # chi theta/3 omega in front of it, at omega = 1/3.
    fast = lim.relaxation_fast(1.0, 1 / 3, 1 / top) * top
    assert fast == pytest.approx(direct, rel=1e-12 if top < 1e-3 else 1e-9)


def test_limits_of_the_relaxation_part():
    fast = us.relaxation(0.1, 1e5, [1e-3, 0.3, 1e3])
    np.testing.assert_allclose(
        fast, lim.relaxation_fast(0.1, 1e5, [1e-3, 0.3, 1e3]), 1e-6
    )
    assert fast[0] == pytest.approx(np.pi**2 / 24 * 0.1 * 1e-3 / 1e5, rel=1e-6)
    assert fast[2] == pytest.approx(0.1 / 3e5, rel=1e-5)
    slow = us.relaxation(0.1, 1e-8, [1e-2, 0.3, 10.0])
    np.testing.assert_allclose(
        slow, np.pi / 4 * np.tanh(1 / np.r_[1e-2, 0.3, 10.0]), 1e-3
    )
    np.testing.assert_allclose(
        slow, lim.relaxation_slow(0.1, 1e-8, [1e-2, 0.3, 10]), 1e-3
    )


def test_limits_of_the_resonant_part():
    assert us.resonant(1e-5, 0.1, 0.3) == pytest.approx(
        lim.resonant_narrow(1e-5, 0.1, 0.3), rel=1e-4
    )
    # The logarithm: what a decade of frequency adds in the cold.
    added = us.resonant(1.0, 1e-6, 1e-8) - us.resonant(1.0, 1e-5, 1e-8)
    assert added / np.log(10) == pytest.approx(lim.resonant_cold_logarithm(1), rel=1e-4)
    assert lim.resonant_cold_logarithm(1e-3) == pytest.approx(1e-3 / 3, rel=1e-6)
    assert us.resonant(0.1, 1e4, 1.0) == pytest.approx(
        lim.resonant_far(0.1, 1e4, 1.0), rel=1e-3
    )
    for omega in (1e-3, 0.5, 1.0, 3.0):
        error = [
            us.resonant(1.0, omega, t) / lim.resonant_hot(1.0, omega, t) - 1
            for t in (1e3, 1e4)
        ]
        assert abs(error[0]) < 2e-2
        assert abs(error[1]) < 2e-3


def test_hot_limit_is_the_integral_of_the_logarithm():
    chi, omega, theta = 0.7, 0.4, 1e3
    direct = quad(
        lambda x: x * np.log(2 * chi * theta / abs(x - omega)), 0, 1, points=[omega]
    )[0] / (chi * theta**2)
    assert lim.resonant_hot(chi, omega, theta) == pytest.approx(direct, rel=1e-9)


def test_tail_of_a_narrow_line_adds_a_third_of_a_logarithm():
    warm = np.array([1e-6, 1e-4])
    tail = np.diff(us.resonant(0.01, 1e-12, warm))
    assert np.diff(lim.resonant_narrow(0.01, 1e-12, warm)) == pytest.approx(
        tail, rel=1e-3
    )


def test_interpolations_over_the_box():
    omega, theta = np.logspace(-3, 1, 41)[:, None], np.logspace(-2, 1, 31)
    for chi, bound in ((1.0, 0.19), (0.1, 0.03), (0.01, 0.003)):
        found = us.absorption(chi, omega, theta, rtol=1e-6)
        ratio = lim.resonant_interpolation(chi, omega, theta) / found.resonant
        assert np.abs(ratio - 1).max() < bound
        ratio = lim.relaxation_interpolation(chi, omega, theta) / found.relaxation
        assert ratio.min() > 1 - 1e-6
        assert ratio.max() < 1.019


@pytest.mark.parametrize(
    "point",
    [(1, 0.1, 1e3), (1, 3, 1e3), (0.5, 0.01, 1e4), (0.1, 50, 20), (1e-3, 0.3, 0.3)],
)
def test_resonant_interpolation_is_exact_in_its_limits(point):
    ratio = lim.resonant_interpolation(*point) / us.resonant(*point)
    assert ratio == pytest.approx(1, abs=1e-5)


def test_kernel_integrals_of_the_interpolation():
    for c in (1e-2, 1.0, 30.0):
        first, second = lim._kernel_integrals(c)
        assert first == pytest.approx(quad(us.resonant_kernel, 1e-300, c)[0], rel=1e-7)
        direct = quad(lambda x: x * us.resonant_kernel(x), 1e-300, c, epsabs=0)[0]
        assert second == pytest.approx(direct, rel=1e-9)


def test_printed_estimates_by_hand():
    assert lim.relaxation_printed_estimate(0.1, 0.5, 0.2) == pytest.approx(
        0.1 / 0.5 * 0.2
    )
    assert lim.relaxation_printed_estimate(0.5, 0.5, 4.0) == pytest.approx(0.5 / 2.0)
    expected = -0.1 * np.log(0.5) + 1.0
    assert lim.resonant_printed_estimate(0.1, 0.5, 0.2) == pytest.approx(expected)
    assert lim.resonant_printed_estimate(0.5, 0.5, 4.0) == pytest.approx(0.5 / 4)


def test_power_against_the_sum_over_single_systems():
    """Average (10) with the Lorentzian and (12), with (11), over (2) and compare."""
    chi, density, cut_off, amplitude, frequency, temperature = (
        0.5,
        2.0,
        3.0,
        0.1,
        1.2,
        0.9,
    )

    def rate(energy, p):
        return 0.5 * chi * p * energy / np.tanh(energy / (2 * temperature))

    def weight(s):  # (2) times dp, with p = 1 - s^2
        return density / cut_off / (1 - s * s)

    def res(s, energy):
        p = 1 - s * s
        g = rate(energy, p)
        line = g / np.pi / ((frequency - energy) ** 2 + g * g)
        power = 0.5 * np.pi * amplitude**2 * frequency * p
        return power * np.tanh(energy / (2 * temperature)) * line * weight(s)

    def rel(s, energy):
        g = 2 * rate(energy, 1 - s * s)
        thermal = s * s / (4 * temperature * np.cosh(energy / (2 * temperature)) ** 2)
        debye = g / (frequency**2 + g * g)
        return 0.5 * (frequency * amplitude) ** 2 * thermal * debye * weight(s)

    sums = [
        sum(
            dblquad(f, lo, hi, 0, 1, epsabs=0, epsrel=1e-9)[0]
            for lo, hi in ((1e-12, frequency), (frequency, cut_off))
        )
        for f in (res, rel)
    ]
    ensemble = us.SoundEnsemble(chi, density, cut_off)

    def power(name):
        return us.power_density(
            ensemble, amplitude, frequency, temperature, convention=name
        )

    # Golden-rule amplitude: the relaxation power is 4 times (12).
    assert power("full") == pytest.approx(sums[0] + 4 * sums[1], rel=1e-7)
    assert power("half") == pytest.approx(sums[0] / 4 + sums[1], rel=1e-7)
    assert power("printed") == pytest.approx(sums[0] + 2 * sums[1], rel=1e-7)


def test_shapes_and_conventions():
    found = us.absorption(0.1, np.ones((3, 1)), np.ones(4), rtol=1e-6)
    assert found.resonant.shape == found.relaxation_error.shape == (3, 4)
    assert isinstance(us.total(0.1, 1.0, 1.0), float)
    both = us.absorption(0.1, 0.2, 0.3)
    assert both.total() == both.resonant + both.relaxation
    assert both.total("full") == 4 * both.total("half")
    assert us.total(0.1, 0.2, 0.3, convention="full") == both.total("full")
    assert 0 < both.total_error("full") < 1e-9
    weighted = both.resonant_error + 2 * both.relaxation_error
    assert both.total_error("full") == pytest.approx(weighted, abs=0)
    power = us.power_density(us.SoundEnsemble(0.1, 1.0, 2.0), [1.0, 2.0], 0.4, 0.3)
    assert power[1] == pytest.approx(4 * power[0])


@pytest.mark.parametrize(
    "bad",
    [
        (0.0, 1, 1),
        (1.01, 1, 1),
        (-0.1, 1, 1),
        (np.nan, 1, 1),
        (0.1, 0, 1),
        (0.1, -1, 1),
        (0.1, [1, np.nan], 1),
        (0.1, 1, 0),
        (0.1, 1, np.inf),
        (0.1, [1, 2], [1, 2, 3]),
        (0.1, [], 1),
    ],
)
def test_bad_arguments(bad):
    for function in (
        us.absorption,
        us.resonant,
        us.relaxation,
        us.total,
        lim.relaxation_printed_estimate,
        lim.resonant_interpolation,
    ):
        with pytest.raises(ParameterError):
            function(*bad)


def test_other_refusals(monkeypatch):
    with pytest.raises(ParameterError, match="convention"):
        us.total(0.1, 1, 1, convention="other")
    with pytest.raises(ParameterError, match="rtol"):
        us.total(0.1, 1, 1, rtol=1e-20)
    with pytest.raises(ParameterError):
        us.resonant_kernel(0.0)
    with pytest.raises(ParameterError):
        us.SoundEnsemble(2.0, 1.0, 1.0)
    with pytest.raises(ParameterError):
        us.power_density(us.SoundEnsemble(0.1, 1, 1), 1.0, -1.0, 1.0)
    monkeypatch.setattr(us, "_LEVELS", 1)
    with pytest.raises(ConvergenceError, match="F_res"):
        us.resonant(0.1, 0.2, 0.3)


def test_a_map_is_fast():
    omega, theta = np.logspace(-3, 1, 60)[:, None], np.logspace(-2, 1, 60)
    begin = time.process_time()
    us.absorption(0.03, omega, theta, rtol=1e-6)
    # Generous: a busy machine is no reason for red. A 200 x 200 map has 11 times more.
    assert time.process_time() - begin < 1.5
