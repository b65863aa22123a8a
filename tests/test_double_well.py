import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import brentq

from tlsbook.double_well import DoubleWell, oscillator_energy, solve
from tlsbook.validation import ConvergenceError, ParameterError


def oscillator_basis_levels(well, size=120):
    """Levels in a basis of oscillator states, no grid: ladder operators only."""
    width = 0.45 * well.barrier**-0.25  # any width of the order of the wells does
    ladder = np.diag(np.sqrt(np.arange(1, size + 8)), 1)
    x = width * (ladder + ladder.T) / np.sqrt(2)
    p2 = -((ladder - ladder.T) @ (ladder - ladder.T)) / (2 * width**2)
    one = np.eye(size + 8)
    square = x @ x - one
    matrix = well.kinetic * p2 + well.barrier * square @ square + well.tilt / 2 * x
    return np.linalg.eigvalsh(matrix[:size, :size])[:4]


@pytest.mark.parametrize("barrier", [0.4, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("tilt", [0.0, 0.3, -0.05])
def test_levels_agree_with_an_oscillator_basis(barrier, tilt):
    well = DoubleWell(barrier, tilt)
    np.testing.assert_allclose(
        well.solve(4).energies, oscillator_basis_levels(well), rtol=0, atol=3e-12
    )


def test_levels_agree_with_extrapolated_differences():
    well, found = DoubleWell(1.5, 0.1), DoubleWell(1.5, 0.1).solve()
    end, levels = found.grid[-1], []
    for points in (2001, 4001):
        x, h = np.linspace(-end, end, points, retstep=True)
        diagonal = 2 * well.kinetic / h**2 + well.potential(x)
        off = np.full(points - 1, -well.kinetic / h**2)
        levels.append(
            eigh_tridiagonal(diagonal, off, select="i", select_range=(0, 1))[0]
        )
    extrapolated = (4 * levels[1] - levels[0]) / 3
    np.testing.assert_allclose(found.energies, extrapolated, rtol=1e-8)


def test_oscillator_is_exact():
    grid = np.linspace(-9, 9, 91)
    found = solve(lambda x: x**2 / 2, grid, 0.5, 5)
    np.testing.assert_allclose(found.energies, np.arange(5) + 0.5, atol=1e-12)
    np.testing.assert_allclose(found.matrix(lambda x: x)[0, 1], 0.5**0.5, atol=1e-12)


@pytest.mark.parametrize("barrier", [1.5, 2.5, 4.0])
def test_instanton_limit(barrier):
    well = DoubleWell(barrier)
    exact = well.solve().splitting
    deviations = [abs(well.instanton_splitting(n) / exact - 1) for n in (0, 1, 2)]
    assert deviations[0] > 3 * deviations[1] > 6 * deviations[2]
    assert deviations[2] < 1600 / (32 * barrier) ** 3  # next term of the series


def test_barrier_in_units_of_its_own_well():
    # The quantum is the curvature of the minimum, and the barrier its height.
    well, h = DoubleWell(1.7), 1e-3
    curvature = (well.potential(1 + h) + well.potential(1 - h)) / h**2
    assert np.sqrt(2 * well.kinetic * curvature) == pytest.approx(1, rel=1e-5)
    assert well.potential(0.0) == pytest.approx(1.7)


@settings(deadline=None, max_examples=15)
@given(barrier=st.floats(0.9, 2.5), tilt=st.floats(-0.3, 0.3))
def test_two_levels_and_mirror(barrier, tilt):
    well = DoubleWell(barrier, tilt)
    exact = well.solve().splitting
    assert DoubleWell(barrier, -tilt).solve().splitting == pytest.approx(
        exact, rel=1e-8
    )
    assert well.two_level().splitting == pytest.approx(exact, rel=0.03)


def test_two_level_asymmetry_is_below_the_difference_of_the_minima():
    # Cubic part of a well: <x> = 1 - 3/(32 b) to first order.
    for barrier, tolerance in ((2.0, 0.02), (4.0, 0.005)):
        share = DoubleWell(barrier, 0.1).two_level().asymmetry / 0.1
        assert share == pytest.approx(1 - 3 / (32 * barrier), abs=tolerance)
        assert share < 1 - 3 / (32 * barrier)


def test_minima():
    well = DoubleWell(2.0, 0.4)
    left, right = well.minima()

    def slope(x):
        return 8 * x * (x * x - 1) + 0.2

    assert left == pytest.approx(brentq(slope, -1.5, -0.8))
    assert right == pytest.approx(brentq(slope, 0.8, 1.5))
    assert well.potential(right) - well.potential(left) == pytest.approx(0.4, rel=1e-2)


def test_hellmann_feynman():
    step = 1e-4
    shift = [DoubleWell(1.2, 0.1 + s).solve().energies for s in (step, -step)]
    slope = (shift[0] - shift[1]) / (2 * step)
    diagonal = np.diag(DoubleWell(1.2, 0.1).solve().matrix(lambda x: x / 2))
    np.testing.assert_allclose(slope, diagonal, rtol=1e-6)


def test_states():
    found = DoubleWell(1.5).solve(3)
    np.testing.assert_allclose(
        found.matrix(np.ones_like), np.eye(3), atol=1e-12, rtol=0
    )
    np.testing.assert_allclose(found.states[:, 0], found.states[::-1, 0], atol=1e-9)
    np.testing.assert_allclose(found.states[:, 1], -found.states[::-1, 1], atol=1e-9)
    assert found.matrix(lambda x: x)[0, 1] > 0.8


def test_si_edge():
    # hbar omega from the curvature of V_B (x^2/(a/2)^2 - 1)^2: U'' = 8 V_B/(a/2)^2
    mass, a, height = constants.atomic_mass, 1e-10, 0.1 * constants.e
    by_curvature = constants.hbar * np.sqrt(8 * height / (a / 2) ** 2 / mass)
    assert oscillator_energy(mass, a, height) == pytest.approx(
        by_curvature, rel=1e-6, abs=0
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DoubleWell(0.0), "barrier must be positive"),
        (lambda: DoubleWell(1.0, np.nan), "tilt must be finite"),
        (lambda: DoubleWell(1.0, 3.2), "only one minimum"),
        (lambda: DoubleWell([1.0, 2.0]), "must be numbers"),
        (lambda: DoubleWell(7.0).solve(), "at most 6"),
        (lambda: DoubleWell(0.5).two_level(), "exceed the two lowest levels"),
        (lambda: DoubleWell(1.0).instanton_splitting(3), "order must be"),
        (lambda: DoubleWell(1.0).solve(10_000), "whole number"),
        (lambda: solve(np.square, [0, 1, 3, 4, 5, 6, 7, 8], 1.0), "must be even"),
        (lambda: solve(np.square, np.linspace(-9, 9, 99), -1.0), "kinetic"),
        (lambda: solve(lambda x: 1.0, np.linspace(-9, 9, 99), 1.0), "one value"),
        (lambda: DoubleWell(1.0).solve().matrix(lambda x: 1.0), "one value"),
        (lambda: oscillator_energy(1.0, 0.0, 1.0), "distance must be positive"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ParameterError, match=message):
        make()


def test_what_does_not_converge():
    with pytest.raises(ConvergenceError, match="ends of the grid"):
        solve(np.square, np.linspace(-1, 1, 50), 1.0)
    with pytest.raises(ConvergenceError, match="not above the error"):
        DoubleWell(5.9).solve()
