r"""Current noise of a film whose superfluid density flickers, Liu (24) to (26).

Liu means the Letter, Phys. Rev. B 111, L180502. The film is a lattice of square cells,
one coherence length xi wide: axis 0 along the current (x), axis 1 across it (y),
periodic in both. Units: lengths in xi, the superfluid density in its mean, momentum
such that its mean is 1; then a uniform film carries the current density 1. Cell r owns
the two bonds to its neighbours ahead, and the current in them is density times
momentum, the momentum being the mean one plus the gradient of a phase,

.. math::

   J_x(r)=N(r)\,[1+\varphi(r+x)-\varphi(r)],\qquad
   J_y(r)=N(r)\,[\varphi(r+y)-\varphi(r)],\qquad \nabla\cdot J=0 .

:func:`solve_flow` solves this as it stands (sparse factorisation, shared with
:mod:`tlsbook.superflow_noise`), and
:func:`linear_flow` to first order in the fluctuation of the density, which is Liu (26).
The mean of J over that of the momentum is the ``stiffness`` of the film: at fixed phase
between the ends the current follows it, at fixed current the phase follows its inverse.
"""

from dataclasses import dataclass, field
from math import prod

import numpy as np
from scipy.special import expit

from tlsbook.superflow_noise import bond_phase, transverse_part
from tlsbook.telegraph_ensemble import FluctuatorEnsemble
from tlsbook.validation import ConvergenceError, ParameterError, finite, positive

__all__ = [
    "FlickeringFilm",
    "Flow",
    "backflow_share",
    "linear_flow",
    "second_order_stiffness",
    "solve_flow",
]


def _density(density):
    density = finite("density", density)
    if np.ndim(density) != 2 or min(density.shape) < 2:
        raise ParameterError(
            f"density must have two axes of at least 2 cells, got the shape "
            f"{np.shape(density)}"
        )
    return positive(
        "density", density, remedy="a cell without superfluid: make the changes smaller"
    )


@dataclass(frozen=True, eq=False)
class Flow:
    """Momentum and current density in every cell, shape (2, nx, ny) each: x, y."""

    momentum: np.ndarray = field(repr=False)
    current: np.ndarray = field(repr=False)

    @property
    def divergence(self):
        """Current out of each cell minus current into it, shape (nx, ny)."""
        x, y = self.current
        return x - np.roll(x, 1, 0) + y - np.roll(y, 1, 1)

    @property
    def stiffness(self):
        """Mean current density along x over the mean momentum."""
        return float(self.current[0].mean() / self.momentum[0].mean())

    @property
    def sensitivity(self):
        r"""Change of the stiffness with the density of each cell, :math:`p^2/A`.

        With A the number of cells and p in units of its mean. To first order in the
        change, and exact in the densities that are there: the momentum makes the
        energy a minimum, so that its own change does not matter.
        """
        mean = self.momentum[0].mean()
        return np.sum(self.momentum**2, axis=0) / mean**2 / self.momentum[0].size


def _gradient(phase):
    return np.array([np.roll(phase, -1, axis) - phase for axis in (0, 1)])


def _with_bias(phase):
    momentum = _gradient(phase)
    momentum[0] += 1
    return momentum


def solve_flow(density):
    """Current-conserving flow of a film of any density map, exact on the lattice.

    ``density`` > 0 has the shape (nx, ny). Raises ConvergenceError if the solution
    does not conserve the current to 1e-9.
    """
    density = _density(density)
    cells = np.arange(density.size).reshape(density.shape)
    bonds = [
        (cells.ravel(), np.roll(cells, -1, axis).ravel(), density.ravel())
        for axis in (0, 1)
    ]
    phase = bond_phase(density.size, *bonds)
    momentum = _with_bias(phase.reshape(density.shape))
    flow = Flow(momentum, density * momentum)
    lost = np.max(np.abs(flow.divergence)) / density.max()
    if not lost < 1e-9:
        raise ConvergenceError(
            f"the current is conserved to {lost:.2g} only; the densities differ by too "
            "many orders of magnitude"
        )
    return flow


def _share(shape):
    """|D_x|^2/(|D_x|^2 + |D_y|^2) on the lattice of wave vectors; 0 at k = 0."""
    steps = [4 * np.sin(np.pi * np.fft.fftfreq(n)) ** 2 for n in shape]
    total = steps[0][:, None] + steps[1]
    total[0, 0] = 1.0
    return steps[0][:, None] / total


def backflow_share(shape):
    """Part of the mean square current that the backflow takes away, on average.

    A change of the density at random places would change the current density by
    itself along the mean momentum. Its longitudinal part is undone by the response of
    the momentum: the mean of k_x^2/k^2 over the wave vectors, 1/2 for a large square.
    """
    return float(_share(shape).mean())


def linear_flow(density):
    """The same to first order in the deviation from the mean density, Liu (26).

    By Fourier transform: the momentum changes by -k k_x/k^2 times the relative change
    of the density, with the differences of the lattice for k. The current is linear in
    the deviation, too, and conserved exactly.
    """
    density = _density(density)
    mean = density.mean()
    # Cells own the bonds ahead, so that the change of a bond is that of its cell.
    shift = (density - mean).T
    along, across = transverse_part(shift)
    current = np.array([mean + along.T, across.T])
    momentum = np.array([1 + (along - shift).T / mean, across.T / mean])
    return Flow(momentum, current)


def second_order_stiffness(density):
    """Stiffness to second order: mean N minus sum_k |N_k|^2 (k_x^2/k^2)/(mean A^2).

    For changes without correlation in space: mean minus half the variance over the
    mean.
    """
    density = _density(density)
    change = np.abs(np.fft.fft2(density - density.mean())) ** 2
    lost = np.sum(change * _share(density.shape)) / density.size**2
    return float(density.mean() - lost / density.mean())


@dataclass(frozen=True, eq=False)
class FlickeringFilm:
    """Two-level systems in a film: where they are, what they change, how fast.

    The density of a cell is 1 + sum_k s_k (n_k - mean n_k) over its systems, Liu (24):
    s_k is the change of the superfluid density of the block xi x xi between the two
    states of the system, over the mean density.
    """

    shape: tuple  #: (nx, ny): cells along and across the current
    cells: np.ndarray = field(repr=False)  #: flat index of the cell of each, (K,)
    strengths: np.ndarray = field(repr=False)  #: s_k, (K,), any sign
    fluctuators: FluctuatorEnsemble = field(repr=False)  #: their rates

    def __post_init__(self):
        shape = tuple(self.shape)
        if len(shape) != 2 or not all(isinstance(n, int) and n > 1 for n in shape):
            raise ParameterError(
                f"shape must be two whole numbers above 1, got {self.shape!r}"
            )
        cells = np.asarray(self.cells)
        strengths = np.asarray(finite("strengths", self.strengths))
        size = (self.fluctuators.size,)
        if cells.shape != size or strengths.shape != size:
            raise ParameterError(
                f"cells and strengths must have the shape {size}, got {cells.shape} "
                f"and {strengths.shape}"
            )
        if cells.dtype.kind not in "iu" or np.any((cells < 0) | (cells >= prod(shape))):
            raise ParameterError(
                f"cells must be whole numbers from 0 to {prod(shape) - 1}, got "
                f"{cells!r}"
            )
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "cells", cells)
        object.__setattr__(self, "strengths", strengths)

    @classmethod
    def draw(cls, rng, shape, fluctuators, rms):
        """Systems at random places with normal strengths of the given rms."""
        size = fluctuators.size
        cells = rng.integers(0, prod(shape), size)
        strengths = positive("rms", rms) * rng.normal(size=size)
        return cls(shape, cells, strengths, fluctuators)

    @classmethod
    def glass(cls, rng, shape, per_cell, times, rms, *, span=8.0):
        """Systems of a glass: flat in the splitting, ``times`` for their relaxation.

        The splitting is drawn from 0 to ``span`` temperatures, so that the density of
        states is nu = per_cell/(span T) a cell; ``times`` is a distribution of
        :mod:`tlsbook.tls_conductivity`, for the time 1/Gamma of each whatever its
        splitting. Places and strengths as in :meth:`draw`.
        """
        count = round(positive("per_cell", per_cell) * prod(shape))
        splitting = positive("span", span) * rng.random(count)  # T = 1
        rates = 1 / times.sample(rng, count)
        # As FluctuatorEnsemble.thermal, for many systems at once.
        fluctuators = FluctuatorEnsemble(
            rates * expit(-splitting), rates * expit(splitting)
        )
        return cls.draw(rng, shape, fluctuators, rms)

    @property
    def area(self):
        """Number of cells, the area over xi^2."""
        return prod(self.shape)

    def weights(self, parts=1):
        """Weights of delta I/I at fixed phase: s_k/A, first order, shape (K,).

        Only the mean of the density over the film counts, by Liu (26). With ``parts``
        = M the film is cut along the current into M films of equal width, and column m
        of the result, shape (K, M), is that of film m alone.
        """
        width = self.shape[1]
        if not isinstance(parts, int) or parts < 1 or width % parts:
            raise ParameterError(
                f"parts must divide the width of {width} cells, got {parts!r}"
            )
        whole = self.strengths / self.area
        if parts == 1:
            return whole
        mine = self.cells % width // (width // parts)
        return np.where(mine[:, None] == np.arange(parts), whole[:, None] * parts, 0.0)

    def noise(self, frequency, parts=1):
        """One-sided spectrum over f of delta I/I at fixed phase, a sum of Lorentzians.

        First order; that of the phase at fixed current is the same. Shape of
        ``frequency``, with M in front for M > 1 parts.
        """
        return self.fluctuators.spectrum(frequency, self.weights(parts))

    def density(self, states):
        """Maps of the density, shape (..., nx, ny), for states 0 or 1 of (..., K)."""
        shift = (np.asarray(states) - self.fluctuators.occupation) * self.strengths
        maps = np.zeros((*shift.shape[:-1], self.area))
        for place in np.ndindex(shift.shape[:-1]):
            maps[place] = np.bincount(self.cells, shift[place], self.area)
        return 1 + maps.reshape(*shift.shape[:-1], *self.shape)

    def density_record(self, rng, steps, step=1.0):
        """Maps of the density in the course of time, shape (steps, nx, ny)."""
        cells = np.zeros((self.fluctuators.size, self.area))
        cells[np.arange(self.fluctuators.size), self.cells] = self.strengths
        record = self.fluctuators.simulate(rng, steps, step, cells)
        rest = self.fluctuators.mean(cells)[:, None]
        return 1 + (record.values - rest).T.reshape(-1, *self.shape)
