r"""An atom in a double well: levels, wave functions, reduction to two levels.

The Hamiltonian of He (3) along the tunnelling path, in units of the length ``a/2``
(half the distance of the minima) and of the energy ``hbar omega`` (one well's quantum):

.. math:: H=-\kappa\frac{d^2}{dx^2}+b\,(x^2-1)^2+\frac w2x,\qquad\kappa=\frac1{16b}

Only two numbers are left: the barrier ``b``, counted from the minima, and the tilt
``w``, which is the difference of the two minima up to terms of third order.
:func:`solve` takes any other potential. Wave functions are real.
"""

from dataclasses import dataclass

import numpy as np
from scipy import constants
from scipy.linalg import eigh

from tlsbook.two_level import TwoLevelSystem
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    finite,
    increasing,
    positive,
)

__all__ = ["DoubleWell", "WellStates", "oscillator_energy", "solve"]

# Exponent of the decay of the wave functions at the ends of the grid.
_DECAY = 40.0
# Refinement of the second grid, whose energies give the error.
_REFINEMENT = 1.25


def oscillator_energy(mass, distance, barrier):
    """Quantum ``hbar omega`` of one well of the quartic double well, in joule.

    ``(4 hbar/a) sqrt(2 V_B/M)`` for the mass in kg, the distance of the minima in m and
    the barrier height V_B in J (SI: the edge to a real atom). The dimensionless barrier
    of :class:`DoubleWell` is ``V_B/(hbar omega)``. Raises ParameterError for a value
    that is not positive. Broadcasts.
    """
    mass, distance = positive("mass", mass), positive("distance", distance)
    barrier = positive("barrier", barrier)
    return 4 * constants.hbar / distance * np.sqrt(2 * barrier / mass)


@dataclass(frozen=True, eq=False)
class WellStates:
    """Lowest levels in a potential, from :func:`solve`."""

    #: Positions, shape (points,), evenly spaced.
    grid: np.ndarray
    #: Energies, shape (levels,), increasing.
    energies: np.ndarray
    #: Real wave functions, shape (points, levels), normalised with the spacing.
    states: np.ndarray

    @property
    def splitting(self):
        """Energy of the first excited state above the ground state."""
        return self.energies[1] - self.energies[0]

    def matrix(self, function):
        """Elements of a function of the position between the levels, He (7).

        ``function`` maps the grid to values, shape (points,) or (..., points); returns
        shape (..., levels, levels), ground state first. Raises ParameterError if the
        last axis of the values is not the grid.
        """
        values = np.asarray(function(self.grid))
        if values.ndim == 0 or values.shape[-1] != self.grid.size:
            raise ParameterError(
                f"function must give one value a grid point, got shape {values.shape}; "
                "let it act on the last axis"
            )
        spacing = self.grid[1] - self.grid[0]
        return spacing * np.einsum(
            "...x,xa,xb->...ab", values, self.states, self.states
        )


def solve(potential, grid, kinetic, levels=2):
    """Lowest levels of ``H = -kinetic d^2/dx^2 + U(x)`` on an even grid.

    Discrete variable representation with sinc functions: the error falls exponentially
    with the number of points once the grid holds the wave functions.

    Parameters
    ----------
    potential : callable
        U(x), energy; takes the grid.
    grid : array
        Even grid, at least 8 points; U must be high at both ends.
    kinetic : float
        ``hbar^2/(2M)`` > 0 in the units of energy and length chosen.
    levels : int
        Number of levels, 1 to the number of points.

    Returns
    -------
    WellStates
        The ground state is positive where it is largest. Every other state is positive
        at its largest value right of the middle of its grid.

    Raises
    ------
    ParameterError
        Bad input; an uneven grid.
    ConvergenceError
        Wave functions that have not decayed at the ends of the grid.
    """
    grid = increasing("grid", grid)
    kinetic = positive("kinetic", kinetic)
    spacing = grid[1] - grid[0]
    if grid.size < 8 or not np.allclose(np.diff(grid), spacing, rtol=1e-9):
        raise ParameterError(
            f"grid must be even with 8 points or more, got {grid.size} points; use "
            "numpy.linspace"
        )
    if not 1 <= levels <= grid.size or int(levels) != levels:
        raise ParameterError(
            f"levels must be a whole number from 1 to {grid.size}, got {levels!r}; "
            "take a finer grid"
        )
    values = finite("potential", potential(grid))
    if np.shape(values) != grid.shape:
        raise ParameterError(
            f"potential must give one value a grid point, got shape {np.shape(values)};"
            " let it act on arrays"
        )
    hamiltonian = kinetic / spacing**2 * _second_derivative(grid.size)
    hamiltonian[np.diag_indices(grid.size)] += values
    energies, states = eigh(hamiltonian, subset_by_index=[0, int(levels) - 1])
    states = states / np.sqrt(spacing)
    edge = np.abs(states[[0, -1]]).max() / np.abs(states).max()
    if edge > 1e-6:
        raise ConvergenceError(
            f"wave functions have fallen only to {edge:.1e} at the ends of the grid; "
            "take a wider grid or a higher potential there"
        )
    return WellStates(grid, energies, states * _signs(states))


def _second_derivative(points):
    """Matrix of -h^2 d^2/dx^2 between sinc functions."""
    step = np.subtract.outer(np.arange(points), np.arange(points))
    square = np.where(step == 0, 1, step) ** 2
    return np.where(step == 0, np.pi**2 / 3, 2.0 * (-1.0) ** np.abs(step) / square)


def _signs(states):
    signs = np.ones(states.shape[1])
    for level in range(states.shape[1]):
        part = states[:, level] if level == 0 else states[len(states) // 2 :, level]
        signs[level] = np.sign(part[np.argmax(np.abs(part))])
    return signs


@dataclass(frozen=True)
class DoubleWell:
    """Quartic double well with a linear tilt, in units of ``hbar omega`` and ``a/2``.

    Parameters
    ----------
    barrier : float
        ``b = V_B/(hbar omega)`` in (0, 6]; two levels below the barrier need b > 0.7.
    tilt : float
        ``w``, energy difference of the minima to first order, either sign;
        ``|w| < 16 b/(3 sqrt 3)``, so that there are two minima. Positive: the left
        well is the lower one.

    Raises
    ------
    ParameterError
        Outside these ranges. Above b = 6 the splitting of a symmetric well is
        below the rounding error of the energies: use :meth:`instanton_splitting`.
    """

    #: Barrier height b above the minima.
    barrier: float
    #: Tilt w.
    tilt: float = 0.0

    def __post_init__(self):
        barrier = positive("barrier", self.barrier)
        tilt = finite("tilt", self.tilt)
        if np.ndim(barrier) or np.ndim(tilt):
            raise ParameterError("barrier and tilt must be numbers, got an array; loop")
        if abs(tilt) >= 16 * barrier / (3 * np.sqrt(3)):
            raise ParameterError(
                f"tilt must be below 16 b/(3 sqrt 3) = {16 * barrier / 27**0.5:.3g}, "
                f"got {tilt:g}; beyond it only one minimum is left"
            )
        object.__setattr__(self, "barrier", barrier)
        object.__setattr__(self, "tilt", tilt)

    @property
    def kinetic(self):
        """``hbar^2/(2M)`` in these units, ``1/(16 b)``: one well has the quantum 1."""
        return 1 / (16 * self.barrier)

    def potential(self, x):
        """``b (x^2 - 1)^2 + w x/2``; any shape."""
        return self.barrier * (np.asarray(x) ** 2 - 1) ** 2 + self.tilt * x / 2

    def minima(self):
        """Positions of the left and right minimum, from the cubic U'(x) = 0."""
        roots = np.roots([4 * self.barrier, 0, -4 * self.barrier, self.tilt / 2])
        left, _, right = np.sort(roots.real)
        return left, right

    def grid(self, refinement=1.0):
        """Even grid that holds the lowest levels to rounding error."""
        # WKB exponent 4 b (x^3/3 - x + 2/3) of the tail reaches _DECAY at the end.
        coefficients = [1 / 3, 0, -1, 2 / 3 - _DECAY / (4 * self.barrier)]
        end = np.roots(coefficients)
        end = end[np.abs(end.imag) < 1e-9].real.max() + abs(self.tilt) / self.barrier
        spacing = np.pi * np.sqrt(self.kinetic / (2 * _DECAY)) / refinement
        half = int(np.ceil(end / spacing))
        return np.arange(-half, half + 1) * spacing

    def solve(self, levels=2):
        """Lowest levels as :class:`WellStates`, checked against a finer grid.

        Raises
        ------
        ParameterError
            Barrier above 6, or bad ``levels``.
        ConvergenceError
            Splitting of the two lowest levels not resolved to 1e-3 of itself.
        """
        if self.barrier > 6:
            raise ParameterError(
                f"barrier must be at most 6 for a numerical solution, got "
                f"{self.barrier:g}; use instanton_splitting"
            )
        found = solve(self.potential, self.grid(), self.kinetic, max(levels, 2))
        if self.energy_error(found) > 1e-3 * found.splitting:
            raise ConvergenceError(
                f"the splitting {found.splitting:.1e} is not above the error of the "
                "energies; use instanton_splitting"
            )
        if levels == 1:
            return WellStates(found.grid, found.energies[:1], found.states[:, :1])
        return found

    def energy_error(self, found):
        """Largest change of the energies in ``found`` on a finer grid."""
        finer = self.grid(_REFINEMENT)
        again = solve(self.potential, finer, self.kinetic, found.energies.size)
        return np.abs(again.energies - found.energies).max()

    def two_level(self):
        """Reduction to the two places of the atom, as a :class:`TwoLevelSystem`.

        The places are ``(g + e)/sqrt 2`` (right) and ``(g - e)/sqrt 2`` (left) of the
        well without tilt. The tunnelling J is the splitting of that well, and the
        asymmetry is the mean tilt energy on the right less that on the left. Raises
        ParameterError if the upper of the two levels lies above the barrier.
        """
        level = DoubleWell(self.barrier).solve()
        if level.energies[1] >= self.barrier:
            raise ParameterError(
                f"barrier must exceed the two lowest levels, got {self.barrier:g} with "
                f"an upper level at {level.energies[1]:.3g}; raise it above 0.7"
            )
        mean_position = level.matrix(lambda x: x)[0, 1]
        return TwoLevelSystem(self.tilt * mean_position, level.splitting)

    def instanton_splitting(self, order=2):
        """Splitting without tilt from the instanton expansion, for b above about 1.

        ``2 sqrt(32 b/pi) exp(-16 b/3) (1 - 71 g/12 - 6299 g^2/288)``, ``g = 1/(32 b)``,
        cut after the power ``order`` (0, 1 or 2) of g. The exponent is the action
        ``S/hbar`` of one passage. Raises ParameterError for another order.
        """
        if order not in (0, 1, 2):
            raise ParameterError(f"order must be 0, 1 or 2, got {order!r}; choose one")
        g = 1 / (32 * self.barrier)
        series = sum(
            c * g**n for n, c in enumerate((1, -71 / 12, -6299 / 288)[: order + 1])
        )
        return 2 / np.sqrt(np.pi * g) * np.exp(-1 / (6 * g)) * series
