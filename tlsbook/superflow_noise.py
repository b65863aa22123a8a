r"""Current of a thin film whose superfluid density fluctuates from place to place.

Liu means the preprint arXiv:2501.10619 with the formulas of the published Letter. Any
consistent units will do. The film is a ring of square cells: the supercurrent flows
along the second axis of an array, which closes on itself; along the first axis the film
either closes too or ends at two edges. Lengths are in cells, momenta in the unit of
the mean momentum, densities in any unit; currents carry momentum times density, the
factor e/m is left out.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from tlsbook.validation import ParameterError, positive

__all__ = ["SuperfluidRing", "bond_phase", "transverse_part"]


def bond_phase(size, along, across):
    """Phase on cells so that the current on bonds of any density is conserved.

    Parameters
    ----------
    size : int
        Number of cells.
    along, across : tuple of three arrays
        First cell, second cell and density > 0 of each bond; bonds ``along`` carry the
        unit mean momentum in addition to the step of the phase.

    Returns
    -------
    array, shape (size,)
        The phase, zero on the first cell.
    """
    matrix = sparse.csc_array((size, size))
    for start, end, weight in (along, across):
        index = np.arange(len(start))
        cells = (np.tile(index, 2), np.concatenate([start, end]))
        signs = np.repeat([-1.0, 1.0], len(start))
        step = sparse.csr_array((signs, cells), shape=(len(start), size))
        matrix = matrix + step.T @ sparse.diags_array(weight) @ step
    source = np.zeros(size)
    start, end, weight = along
    np.add.at(source, start, weight)
    np.add.at(source, end, -weight)
    phase = np.zeros(size)
    # The phase of one cell is free; with it held, the matrix is positive definite.
    phase[1:] = splu(matrix[1:, 1:].tocsc()).solve(source[1:])
    return phase


@dataclass(frozen=True)
class SuperfluidRing:
    """A ring with a given superfluid density in each cell, and its supercurrent.

    The superfluid momentum is a mean along the ring plus the gradient of a phase that
    is single-valued, and the current is conserved in every cell: Liu (26) before it is
    linearised. A bond between two cells has the mean of their densities.

    Parameters
    ----------
    density : array, shape (rows, columns)
        N_s > 0 in each cell, at least 3 by 3; the mean current is along a row.
    edges : bool
        True: no current through the first and the last row. False: the rows close on
        themselves.

    Raises
    ------
    ParameterError
        For a density of another shape, or one that is not positive.

    Examples
    --------
    >>> ring = SuperfluidRing([[1.0, 1.0, 4.0]] * 3)
    >>> round(ring.stiffness, 3), round(3 / (1 + 1 / 2.5 + 1 / 2.5), 3)
    (1.667, 1.667)
    """

    density: np.ndarray = field(repr=False)
    edges: bool = False
    phase: np.ndarray = field(init=False, repr=False)  #: at unit mean momentum

    def __post_init__(self):
        density = np.array(positive("density", self.density), dtype=float)
        if density.ndim != 2 or min(density.shape) < 3:
            raise ParameterError(
                f"density must have at least 3 rows and 3 columns, got the shape "
                f"{density.shape}; a smaller ring has no bulk"
            )
        object.__setattr__(self, "density", density)
        object.__setattr__(self, "phase", self._solve())

    def _bonds(self, axis):
        """First cell, second cell and density of each bond along an axis."""
        site = np.arange(self.density.size).reshape(self.density.shape)
        ahead = np.roll(site, -1, axis)
        if axis == 0 and self.edges:
            site, ahead = site[:-1], ahead[:-1]
        values = self.density.ravel()
        site, ahead = site.ravel(), ahead.ravel()
        return site, ahead, (values[site] + values[ahead]) / 2

    def _solve(self):
        phase = bond_phase(self.density.size, self._bonds(1), self._bonds(0))
        return phase.reshape(self.density.shape)

    def current_along(self):
        """Current on the bond from each cell to the next in its row, mean momentum 1.

        Shape (rows, columns); the unit is that of the density.
        """
        weight = self._bonds(1)[2].reshape(self.density.shape)
        return weight * (1 + np.roll(self.phase, -1, 1) - self.phase)

    def current_across(self):
        """Current on the bond from each cell to the one in the next row.

        Shape (rows, columns), or (rows - 1, columns) with edges.
        """
        start, end, weight = self._bonds(0)
        flow = weight * (self.phase.ravel()[end] - self.phase.ravel()[start])
        return flow.reshape(-1, self.density.shape[1])

    @property
    def stiffness(self):
        """Mean current density over mean momentum: the superfluid density of the ring.

        At a fixed phase difference the total current is proportional to it, at a fixed
        total current the phase difference is proportional to its inverse.
        """
        return float(self.current_along().mean())


def transverse_part(change):
    r"""First-order change of the current on a closed lattice, in Fourier space.

    Liu (26) solved: for a change :math:`n_b` of the density on each bond along the rows
    and a unit mean momentum along them, the change of the current density is
    :math:`n_q|s_y|^2/s^2` along and :math:`-n_qs_ys_x^*/s^2` across, with
    :math:`s^2=|s_x|^2+|s_y|^2` and the lattice wave vectors :math:`s_x=e^{iq_x}-1` and
    so on; for q = 0 it is n_q along, at fixed phase difference.

    Parameters
    ----------
    change : array, shape (rows, columns)
        Change of the density on the bond from each cell to the next in its row.

    Returns
    -------
    along, across : array, shape (rows, columns)
        Change of the current on the bonds as in :class:`SuperfluidRing`, closed rows.
    """
    change = np.asarray(change, dtype=float)
    if change.ndim != 2:
        raise ParameterError(
            f"change must have two axes, got {change.ndim}; give rows and columns"
        )
    rows, columns = change.shape
    s_y = np.exp(2j * np.pi * np.fft.fftfreq(rows))[:, None] - 1
    s_x = np.exp(2j * np.pi * np.fft.fftfreq(columns))[None, :] - 1
    square = abs(s_x) ** 2 + abs(s_y) ** 2
    square[0, 0] = 1.0
    source = np.fft.fft2(change) / square
    phase = -np.conj(s_x) * source
    along = np.fft.ifft2(np.fft.fft2(change) + s_x * phase).real
    return along, np.fft.ifft2(s_y * phase).real
