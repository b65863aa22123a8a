"""Conductivity against closed forms, the imaginary axis, sum rules and quadrature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ellipe, ellipk, k0

from tlsbook.complex_conductivity import (
    RetardedFunctions,
    complex_conductivity,
    superfluid_weight,
)
from tlsbook.retarded import EnergyGrid, level_occupations, solve_retarded
from tlsbook.validation import ParameterError

GAP = 1.764
BCS = RetardedFunctions.dynes(GAP)


@pytest.mark.parametrize("w", [0.003, 0.7, 2.0, 3.4, 3.6, 5.0, 30.0])
def test_mattis_bardeen_at_zero_temperature(w):
    k2 = ((w - 2 * GAP) / (w + 2 * GAP)) ** 2
    absorbed = 0.0
    if w > 2 * GAP:
        absorbed = (1 + 2 * GAP / w) * ellipe(k2) - 4 * GAP / w * ellipk(k2)
    screening = (1 + 2 * GAP / w) * ellipe(1 - k2) - (1 - 2 * GAP / w) * ellipk(1 - k2)
    found = complex_conductivity(BCS, w, GAP / 60)
    assert found.real == pytest.approx(absorbed, abs=1e-10)
    assert found.inductive == pytest.approx(0.5 * screening, rel=1e-9)
    assert abs(found.inductive - 0.5 * screening) <= 20 * found.error.imag


@pytest.mark.parametrize("T", [0.05, 0.1, 0.2])
def test_thermal_absorption_has_the_logarithm(T):
    w = 1e-3
    closed = 4 * GAP / w * np.exp(-GAP / T) * np.sinh(w / 2 / T) * k0(w / 2 / T)
    found = complex_conductivity(BCS, w, T).real
    # The closed form leaves out terms of order T/Delta, divided by the logarithm.
    assert abs(found / closed - 1) < 0.2 * T / GAP
    assert abs(found / closed - 1) > 1e-3 * T / GAP


@pytest.mark.parametrize("T", [0.1, 0.5, 1.5])
def test_low_frequency_screening(T):
    w = 1e-4
    found = w * complex_conductivity(BCS, w, T).inductive
    closed = np.pi * GAP * np.tanh(GAP / 2 / T)
    assert found == pytest.approx(closed, rel=2 * w / GAP)
    n = np.arange(400)
    eps = (2 * n + 1) * np.pi * T
    weight = superfluid_weight(eps, np.full(400, GAP), T)
    assert weight == pytest.approx(closed, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 10), st.floats(0.05, 3), st.floats(0, 5), st.floats(0.01, 1))
def test_normal_metal_is_drude(w, T, tau, gamma):
    normal = RetardedFunctions.dynes(1e-9, gamma)
    found = complex_conductivity(normal, w, T, tau)
    # The inelastic rate 2 gamma adds to the elastic one.
    drude = 1 / (1 + 1j * w * tau + 2 * gamma * tau)
    assert found.value == pytest.approx(drude, rel=1e-8)


def naive(functions, w, T):
    """Nam's two integrals by scipy's quad, written with tanh and real parts."""
    edges = [s * GAP - m * w for s in (-1, 1) for m in (0, 1)]

    def both(e, part):
        n, p, _ = functions.functions(e)
        n1, p1, _ = functions.functions(e + w)
        t, t1 = np.tanh(e / 2 / T), np.tanh((e + w) / 2 / T)
        if part == 1:
            return (t1 - t) * (n.real * n1.real + p.real * p1.real) / (2 * w)
        return -t * (n.real * n1.imag + p.real * p1.imag) / w

    return [
        quad(both, -60, 60, args=(part,), points=edges, limit=2000, epsrel=1e-9)[0]
        + (
            quad(both, -1e4, -60, args=(part,), limit=500)[0]
            + quad(both, 60, 1e4, args=(part,), limit=500)[0]
        )
        for part in (1, 2)
    ]


def test_dirty_limit_against_the_usual_two_integrals():
    functions = RetardedFunctions.dynes(GAP, 0.2)
    for w in (0.3, 2.5):
        absorbed, screening = naive(functions, w, 0.4)
        found = complex_conductivity(functions, w, 0.4)
        assert found.real == pytest.approx(absorbed, rel=1e-7)
        assert found.inductive == pytest.approx(screening, rel=1e-6)


def matsubara_response(gap, T, tau, gamma, order, count=40000):
    """Conductivity at the frequency 2 pi T order of the imaginary axis, direct sum."""
    n = np.arange(-count, count)
    eps, wm = (2 * n + 1) * np.pi * T, 2 * np.pi * T * order
    e, e1 = (x + gamma * np.sign(x) for x in (eps, eps + wm))
    R, R1 = np.hypot(e, gap), np.hypot(e1, gap)
    terms = (1 - e * e1 / (R * R1) + gap**2 / (R * R1)) / (1 + tau * (R + R1))
    return np.pi * T * terms.sum() / wm


@pytest.mark.parametrize("gamma", [0.0, 0.3])
@pytest.mark.parametrize("tau", [0.2, 2.0])
def test_kramers_kronig_to_the_imaginary_axis(tau, gamma):
    """sigma(i w_m) from sigma_1 and the weight, against the Matsubara sum."""
    T = 0.4
    functions = RetardedFunctions.dynes(GAP, gamma)
    eps = (2 * np.arange(8000) + 1) * np.pi * T + gamma
    weight = superfluid_weight(eps, np.full(8000, GAP), T, tau)
    wm = 2 * np.pi * T
    total, area = weight / wm, 0.0
    for low, high in ((1e-7, 0.05), (0.05, 2 * GAP), (2 * GAP, 20), (20, 2e4)):
        u, du = np.polynomial.legendre.leggauss(48)
        half = 0.5 * np.log(high / low)
        w = low * np.exp(half * (u + 1))
        absorbed = complex_conductivity(functions, w, T, tau).real
        total += half * du @ (w * absorbed * 2 / np.pi * wm / (w**2 + wm**2))
        area += half * du @ (w * absorbed)
    assert total == pytest.approx(matsubara_response(GAP, T, tau, gamma, 1), rel=2e-5)
    tail = 1 / (tau**2 * 2e4)  # Drude beyond the last frequency
    assert area + tail + np.pi / 2 * weight == pytest.approx(np.pi / 2 / tau, rel=2e-4)
    w = 1e-4
    low = w * complex_conductivity(functions, w, T, tau).inductive
    assert low == pytest.approx(weight, rel=1e-4)


T_TLS, ALPHA, SPLITTING, ETA = 0.5, 0.2, 2.5, 0.04


def imaginary_axis(count=400):
    """Renormalised energies and gaps, dense sums, broadening |eps| + ETA, m = 0 in."""
    eps = (2 * np.arange(-count, count) + 1) * np.pi * T_TLS
    boson = 2 * SPLITTING / ((eps[:, None] - eps) ** 2 + SPLITTING**2)
    boson *= np.pi * ALPHA * T_TLS * np.tanh(SPLITTING / 2 / T_TLS)
    bare = eps + ETA * np.sign(eps)
    energies, gaps = bare, np.full_like(eps, GAP)
    for _ in range(60):
        root = np.hypot(energies, gaps)
        energies, gaps = bare + boson @ (energies / root), GAP + boson @ (gaps / root)
    return energies[count:], gaps[count:]


@pytest.fixture(scope="module")
def equilibrium():
    """TLS of one splitting in equilibrium at a given gap, on the real axis."""
    grid = EnergyGrid(0.02, 4000)
    levels = level_occupations([SPLITTING], T_TLS)
    _, sigma = solve_retarded(grid, GAP, T_TLS, [SPLITTING], levels, [1.0], ALPHA, ETA)
    return RetardedFunctions.from_self_energy(grid, GAP, sigma, ETA)


@pytest.mark.parametrize("tau", [0.0, 1.0])
def test_weight_with_tls_on_both_axes(equilibrium, tau):
    energies, gaps = imaginary_axis()
    weight = superfluid_weight(energies, gaps, T_TLS, tau)
    w = 1e-3
    found = complex_conductivity(equilibrium, w, T_TLS, tau)
    assert w * found.inductive == pytest.approx(weight, rel=2e-3)
    # The TLS matter: without them, same broadening, it is another.
    bare = (2 * np.arange(400) + 1) * np.pi * T_TLS + ETA
    other = superfluid_weight(bare, np.full(400, GAP), T_TLS, tau)
    assert abs(other / weight - 1) > 2e-2


def test_grid_is_no_source_of_error_for_absorption(equilibrium):
    T, functions = T_TLS, equilibrium
    found = complex_conductivity(functions, 0.05, T)
    halved = complex_conductivity(functions.coarser(), 0.05, T)
    assert abs(found.real - halved.real) < 1e-3 * found.real
    assert found.error.real >= abs(found.real - halved.real)


def test_edges_of_interpolated_functions():
    energies = np.linspace(0, 5, 11)
    gap = 1.5 + 0.1 * energies
    functions = RetardedFunctions(energies, energies + 0.02j, gap + 0j, 2.0)
    edge, width = functions.edges()
    assert edge == pytest.approx([1.5 / 0.9])
    tilde = edge + 1j * width * np.sign(-1)
    assert tilde * 0.9 + 0.02j == pytest.approx(1.5, abs=1e-12)


def test_functions_of_negative_energies():
    functions = RetardedFunctions(
        np.array([0.0, 1.0, 2.0]),
        np.array([0.1j, 1.1 + 0.2j, 2.1 + 0.3j]),
        np.array([1.5, 1.4 + 0.1j, 1.3 + 0.2j]),
        1.5,
    )
    n, p, R = functions.functions(1.3)
    n1, p1, R1 = functions.functions(-1.3)
    assert n1 == pytest.approx(n.conjugate())
    assert p1 == pytest.approx(-p.conjugate())
    assert R1 == pytest.approx(R.conjugate())
    assert n * n - p * p == pytest.approx(1)


def test_functions_beyond_the_grid():
    """Re(e~ - e) and gap~ - gap fall off with 1/e, Im(e~ - e) stays."""
    functions = RetardedFunctions(
        np.array([0.0, 1.0, 2.0]),
        np.array([0.1j, 1.1 + 0.2j, 2.1 + 0.3j]),
        np.array([1.5, 1.4 + 0.1j, 1.3 + 0.2j]),
        1.5,
    )
    tilde, gap = functions.interpolated(8.0)
    assert tilde == pytest.approx(8.0 + 0.1 / 4 + 0.3j)
    assert gap == pytest.approx(1.5 + (-0.2 + 0.2j) / 4)


GRID = EnergyGrid(0.1, 20)
ONE = np.ones(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: complex_conductivity(BCS, 0.0, 1.0), "omega must be positive"),
        (lambda: complex_conductivity(BCS, 1.0, 0.0), "temperature must be positive"),
        (lambda: complex_conductivity(BCS, 1.0, 1.0, -1.0), "tau must be non-neg"),
        (lambda: complex_conductivity(BCS, 1.0, [1.0, 2.0]), "temperature must be one"),
        (lambda: complex_conductivity(BCS, 1.0, 1.0, [0.0, 1.0]), "tau must be one"),
        (lambda: complex_conductivity(BCS, np.nan, 1.0), "omega must be finite"),
        (lambda: RetardedFunctions.dynes([1.0, 2.0]), "gap must be one number"),
        (lambda: RetardedFunctions.dynes(1.0, [0.1, 0.2]), "gamma must be one number"),
        (lambda: RetardedFunctions(0 * ONE, ONE, ONE, [1.0, 2.0]), "must be one numb"),
        (lambda: RetardedFunctions(np.zeros((1, 1)), ONE, ONE, 1.0), "increase from"),
        (
            lambda: superfluid_weight(np.arange(1, 9), np.ones(8), [1.0, 2.0]),
            "temperature must be one number",
        ),
        (lambda: complex_conductivity(GAP, 1.0, 1.0), "RetardedFunctions, got float"),
        (lambda: RetardedFunctions.dynes(-1.0), "gap must be positive"),
        (lambda: RetardedFunctions(0 * ONE, ONE, ONE, 0.0), "order_parameter must"),
        (lambda: RetardedFunctions(ONE, ONE, ONE, 1.0), "increase from 0"),
        (lambda: RetardedFunctions(0 * ONE, ONE, np.ones(2), 1.0), "shape of energies"),
        (lambda: RetardedFunctions(0 * ONE, ONE * np.nan, ONE, 1.0), "finite"),
        (lambda: RetardedFunctions(0 * ONE, -0.1j * ONE, ONE, 1.0), "Im of the renorm"),
        (
            lambda: RetardedFunctions.from_self_energy(GRID, 1.0, np.zeros((3, 41))),
            "two components",
        ),
        (
            lambda: RetardedFunctions.from_self_energy(
                GRID, 1.0, np.stack([GRID.energies + 1.0, GRID.energies])
            ),
            "even in energy",
        ),
        (lambda: superfluid_weight([1.0, 2.0], [1.0, 1.0], 1.0), "8 or more"),
        (
            lambda: superfluid_weight(np.arange(1, 9), np.ones(8), 1.0, 1e-3),
            "must exceed 10",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ParameterError, match=message):
        call()
