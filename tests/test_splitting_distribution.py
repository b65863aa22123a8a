"""Densities of splittings: norms, kernels against adaptive quadrature, bad input."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from tlsbook.splitting_distribution import (
    Glass,
    Lorentzian,
    Mixture,
    ModifiedWipfNeumaier,
    SingleSplitting,
    UserDensity,
    WipfNeumaier,
    ground_excess,
)
from tlsbook.validation import ParameterError

ALL = [
    Glass(3.0),
    Lorentzian(1.0, 0.1),
    WipfNeumaier(0.1, 0.1),
    ModifiedWipfNeumaier(0.1, 0.1, 0.01),
    SingleSplitting(0.7),
    UserDensity.from_samples((0.0, 0.5, 1.0, 4.0), (0.0, 1.0, 0.5, 0.0)),
]
NAMES = [type(d).__name__ for d in ALL]
EDGES = (0, 0.05, 0.09, 0.1, 0.11, 0.2, 0.9, 1.0, 1.1, 2, 3, 10, 1e2, 1e3, 1e4, 1e6)


def by_quad(density, function, edges=EDGES):
    pieces = pairwise(edges)
    return sum(
        quad(lambda e: density(e) * function(e), a, b, limit=300, epsabs=0)[0]
        for a, b in pieces
    )


@pytest.mark.parametrize("distribution", ALL, ids=NAMES)
def test_weights_add_up_to_one(distribution):
    E, weight = distribution.nodes
    assert weight.sum() == pytest.approx(1, abs=1e-12)
    assert (weight >= 0).all()
    assert (E > 0).all()


@pytest.mark.parametrize("omega", [0.05, 1.0, 40.0])
@pytest.mark.parametrize("distribution", ALL[:4], ids=NAMES[:4])
def test_kernel_against_adaptive_quadrature(distribution, omega):
    T = 0.3

    def boson(e):
        return np.tanh(e / (2 * T)) * 2 * e / (e**2 + omega**2)

    if isinstance(distribution, WipfNeumaier):  # over the asymmetry
        J, sigma = distribution.tunnelling, distribution.width
        wanted = by_quad(
            lambda a: 2 / np.pi * sigma / (a**2 + sigma**2),
            lambda a: boson(np.hypot(a, J)),
        )
    elif isinstance(distribution, Lorentzian):  # over both signs, as printed
        wanted = by_quad(distribution.density, boson)
        wanted += by_quad(lambda e: distribution.density(-e), boson)
    else:
        edges = tuple(e for e in EDGES if e <= distribution.scale)
        edges = edges if isinstance(distribution, Glass) else EDGES
        wanted = by_quad(distribution.density, boson, edges)
    found = distribution.matsubara_kernel(omega, T)
    assert found == pytest.approx(wanted, rel=1e-7)


@pytest.mark.parametrize("distribution", ALL, ids=NAMES)
def test_interpolated_kernel_is_the_summed_one(distribution):
    omega = 2 * np.pi * 0.1 * np.arange(1, 40_000)
    many = distribution.matsubara_kernel(omega, 0.1)
    some = np.array([0, 5, 20, 700, 30_000])
    one_by_one = distribution.matsubara_kernel(omega[some], 0.1)
    assert many[some] == pytest.approx(one_by_one, rel=1e-9)


def test_printed_density_of_wipf_and_neumaier_integrates_to_one():
    d = WipfNeumaier(0.3, 0.2)
    u = np.linspace(0, 1, 200_001)[1:-1]
    E = 0.3 + (u / (1 - u)) ** 2  # removes the inverse square root
    slope = 2 * u / (1 - u) ** 3
    assert np.trapezoid(d.density(E) * slope, u) == pytest.approx(1, abs=2e-4)


def test_small_broadening_gives_back_wipf_and_neumaier():
    sharp, broad = WipfNeumaier(0.1, 0.3), ModifiedWipfNeumaier(0.1, 0.3, 1e-6)
    for omega in (0.1, 1.0):
        assert broad.matsubara_kernel(omega, 0.2) == pytest.approx(
            sharp.matsubara_kernel(omega, 0.2), rel=1e-4
        )


def test_glass_kernel_in_closed_form_at_zero_temperature():
    d = Glass(3.0)
    for omega in (0.3, 3.0):
        wanted = np.log1p((3.0 / omega) ** 2) / 3.0
        assert d.matsubara_kernel(omega, 0.0) == pytest.approx(wanted, rel=1e-12)


def test_hot_tls_weaken_the_kernel():
    d = Glass(3.0)
    cold = d.matsubara_kernel(1.0, 0.1)
    assert d.matsubara_kernel(1.0, 0.1, tls_temperature=2.0) < cold / 2


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.floats(0.01, 10), st.floats(0.01, 10), st.floats(0.01, 50))
def test_kernel_falls_with_frequency_and_temperature(centre, width, omega):
    d = Lorentzian(centre, width)
    assert d.matsubara_kernel(omega, 0.2) > d.matsubara_kernel(1.1 * omega, 0.2)
    assert d.matsubara_kernel(omega, 0.2) > d.matsubara_kernel(omega, 0.25)


def test_means():
    assert Glass(3.0).mean() == pytest.approx(1.5, rel=1e-12)
    assert Lorentzian(1.0, 0.1).negative_weight() == pytest.approx(
        quad(Lorentzian(1.0, 0.1).density, -np.inf, 0)[0], rel=1e-8
    )
    with pytest.raises(ParameterError, match="1/E"):
        Lorentzian(1.0, 0.1).mean()


def test_ground_excess():
    assert ground_excess(2.0, 1.0) == pytest.approx(np.tanh(1.0))
    assert ground_excess(2.0, 0.0) == 1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Glass(-1.0), "cut_off"),
        (lambda: Lorentzian(1.0, 0.0), "width"),
        (lambda: Lorentzian(np.nan, 0.1), "centre"),
        (lambda: WipfNeumaier(0.0, 1.0), "tunnelling"),
        (lambda: ModifiedWipfNeumaier(0.1, 0.09, 0.01), "cannot be normalised"),
        (lambda: ModifiedWipfNeumaier(0.1, 0.1, 0.0), "broadening"),
        (lambda: UserDensity((0.0, 1.0), (1.0, 2.0)), "integrate to 1"),
        (lambda: UserDensity((0.0, 1.0), (-1.0, 3.0)), "values"),
        (lambda: UserDensity((1.0, 0.5), (1.0, 1.0)), "increasing"),
        (lambda: UserDensity((0.0, 1.0, 2.0), (1.0, 1.0)), "shape"),
        (lambda: SingleSplitting(0.0), "splitting"),
        (lambda: SingleSplitting(1.0).density(1.0), "no density"),
        (lambda: Glass(1.0).matsubara_kernel(-1.0, 0.1), "frequency"),
        (lambda: Glass(1.0).matsubara_kernel(1.0, -0.1), "temperature"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ParameterError, match=words):
        call()


def test_a_mixture_is_the_sum_of_its_parts():
    glass, lorentzian = Glass(3.0), Lorentzian(1.0, 0.1)
    mixed = Mixture((glass, lorentzian), (0.3, 0.7))
    omega = np.array([0.0, 0.5, 20.0])
    parts = 0.3 * glass.matsubara_kernel(omega, 0.4)
    parts += 0.7 * lorentzian.matsubara_kernel(omega, 0.4)
    assert mixed.matsubara_kernel(omega, 0.4) == pytest.approx(parts, rel=1e-12)
    assert mixed.density(2.0) == pytest.approx(
        0.3 * glass.density(2.0) + 0.7 * lorentzian.density(2.0), rel=1e-12
    )
    assert mixed.heavy_tail
    assert mixed.scale == 3.0
    for shares, words in (((0.5, 0.6), "add up"), ((1.0,), "as many")):
        with pytest.raises(ParameterError, match=words):
            Mixture((glass, lorentzian), shares)
    with pytest.raises(ParameterError, match="shares"):
        Mixture((glass, lorentzian), (1.5, -0.5))
