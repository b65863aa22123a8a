r"""A superconductor of a few orbitals with one two-level system, solved exactly.

Natural units k_B = hbar = 1. The Hamiltonian is

``sum_ij h_ij c+_is c_js - Delta sum_i (c+_iu c+_id + h.c.) + (E/2) sigma_z
+ sum_ij c+_is (v + m sigma_z + n sigma_x)_ij c_js``

with real symmetric matrices h, v, m, n in the orbitals. It is what He (4), (11) and
(12) are for a finite number of states, and serves as a touchstone of diagrams:
everything is diagonalised, nothing is expanded. The Nambu spinor is ``(c_iu, c+_id)``,
one of the two blocks of the four-component one, in which ``(i s_y)(-i tau_2)`` reads
``-tau_1``.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tlsbook.pseudo_fermion import annihilators
from tlsbook.two_level import IDENTITY, SIGMA_X, SIGMA_Z
from tlsbook.validation import ParameterError, finite, positive

__all__ = ["SmallSuperconductor"]

_TAU_1 = np.array([[0.0, 1.0], [1.0, 0.0]])
_TAU_3 = np.diag([1.0, -1.0])
_MOST_ORBITALS = 3


@dataclass(frozen=True)
class SmallSuperconductor:
    """Orbitals with pairing and one two-level system, in thermal equilibrium.

    Raises ParameterError for a matrix that is not real symmetric, more than three
    orbitals, a splitting or temperature that is not positive.
    """

    hopping: tuple  #: real symmetric matrix h, energies counted from the Fermi level
    gap: float  #: Delta, the same in all orbitals
    splitting: float  #: E of the two-level system
    temperature: float  #: T

    def __post_init__(self):
        h = self._symmetric("hopping", self.hopping)
        if len(h) > _MOST_ORBITALS:
            raise ParameterError(
                f"hopping must have at most {_MOST_ORBITALS} orbitals, got {len(h)}; "
                "the exact solution has 2 * 4^orbitals states"
            )
        object.__setattr__(self, "hopping", tuple(map(tuple, h.tolist())))
        finite("gap", self.gap)
        positive("splitting", self.splitting)
        positive("temperature", self.temperature)

    def _symmetric(self, name, matrix):
        matrix = np.asarray(finite(name, matrix), dtype=float)
        square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] > 0
        if not square or not np.allclose(matrix, matrix.T):
            raise ParameterError(
                f"{name} must be a real symmetric matrix, got shape {matrix.shape}; "
                "real orbitals make it so"
            )
        return matrix

    @property
    def orbitals(self):
        """Number of orbitals."""
        return len(self.hopping)

    def energies(self, count):
        """First ``count`` positive Matsubara energies ``(2n+1) pi T``."""
        return (2 * np.arange(count) + 1) * np.pi * self.temperature

    def vertex(self, matrix):
        """``matrix (x) tau_3``, how a potential acts on the spinor."""
        return np.kron(self._symmetric("matrix", matrix), _TAU_3)

    def bare(self, energies):
        """Nambu propagator without the TLS, ``1/(i eps - h tau_3 + Delta tau_1)``.

        ``energies`` any real array; result of shape ``energies.shape + (2K, 2K)``.
        """
        h = np.kron(np.array(self.hopping), _TAU_3)
        h = h - self.gap * np.kron(np.eye(self.orbitals), _TAU_1)
        eps = np.asarray(energies)[..., None, None]
        return np.linalg.inv(1j * eps * np.eye(len(h)) - h)

    @cached_property
    def operators(self):
        """Annihilators ``c[orbital, spin]``, shape (K, 2, 4^K, 4^K)."""
        size = 4**self.orbitals
        return annihilators(2 * self.orbitals).reshape(self.orbitals, 2, size, size)

    def density(self, matrix):
        """Mean of ``sum_ij matrix_ij c+_is c_js`` without the TLS, from all states."""
        H, operator = self.electron_hamiltonian(), self._one_body(matrix)
        levels, states = np.linalg.eigh(H)
        weights = np.exp(-(levels - levels[0]) / self.temperature)
        means = np.einsum("ai,ab,bi->i", states, operator, states)
        return float(weights @ means / weights.sum())

    def _one_body(self, matrix):
        c = self.operators
        return np.einsum("ij,isba,jsbc->ac", np.asarray(matrix), c, c, optimize=True)

    def electron_hamiltonian(self):
        """Matrix of the superconductor without the TLS, 4^K states."""
        H = self._one_body(np.array(self.hopping))
        for up, down in self.operators:
            pair = up.T @ down.T
            H = H - self.gap * (pair + pair.T)
        return H

    def exact(self, energies, v, m, n):
        """Nambu propagator ``-<T Psi Psi+>`` with the TLS, from all its states.

        Shape ``energies.shape + (2K, 2K)``, complex, the spectral sum over pairs of
        states.
        """
        v, m, n = (
            self._symmetric(name, f) for name, f in zip("vmn", (v, m, n), strict=True)
        )
        H = np.kron(self.electron_hamiltonian() + self._one_body(v), IDENTITY)
        H = (
            H
            + np.kron(self._one_body(m), SIGMA_Z)
            + np.kron(self._one_body(n), SIGMA_X)
        )
        H = H + np.kron(np.eye(4**self.orbitals), self.splitting / 2 * SIGMA_Z)
        levels, states = np.linalg.eigh(H.real)
        weights = np.exp(-(levels - levels[0]) / self.temperature)
        weights = weights / weights.sum()
        spinor = [op for up, down in self.operators for op in (up, down.T)]
        spinor = [states.T @ np.kron(op, IDENTITY.real) @ states for op in spinor]
        eps = np.ravel(energies)
        poles = 1j * eps[:, None, None] + levels[:, None] - levels[None, :]
        weight = (weights[:, None] + weights[None, :]) / poles
        A = np.array(spinor)
        found = np.einsum("wij,aij,bij->wab", weight, A, A, optimize=True)
        return found.reshape((*np.shape(energies), *found.shape[1:]))

    def second_order(self, energies, v, m, n, step=0.06):
        """Scattering matrix of second order in the couplings, from the exact one.

        ``T = G_0^-1 (G - G_0) G_0^-1`` is formed with the couplings times
        ``s = +-step`` and two halvings of it, and its part of order s^2 extrapolated to
        ``s = 0``. It is the sum of the diagrams of He, Fig. 4(c) to (g), for one TLS,
        and of one with a closed electron line. Error of order ``step^6``.
        """
        step = positive("step", step)
        inverse = np.linalg.inv(self.bare(energies))
        couplings = [
            self._symmetric(*pair) for pair in zip("vmn", (v, m, n), strict=True)
        ]

        def even(s):
            both = [self.exact(energies, *(q * f for f in couplings)) for q in (s, -s)]
            change = sum(both) / 2 - self.bare(energies)
            return inverse @ change @ inverse / s**2

        rough, better, best = (even(step / k) for k in (1, 2, 4))
        once = (4 * better - rough) / 3, (4 * best - better) / 3
        return (16 * once[1] - once[0]) / 15
