r"""One two-level system (TLS): Hamiltonian, splitting, eigenbasis.

Natural units: k_B = hbar = 1, every energy in one unit that the caller chooses. The
model is Aleiner (1), the same as Faoro (1):

.. math:: H_0=\frac\Delta2\sigma_z+\frac\Lambda2\sigma_x

with the asymmetry Delta and the tunnelling Lambda in the basis of the two positions of
the defect.
"""

from dataclasses import dataclass

import numpy as np

from tlsbook.validation import (
    ParameterError,
    finite,
    in_interval,
    non_negative,
    positive,
)

__all__ = ["IDENTITY", "SIGMA_X", "SIGMA_Y", "SIGMA_Z", "TwoLevelSystem"]


def _constant(rows, dtype=float):
    matrix = np.array(rows, dtype=dtype)
    matrix.setflags(write=False)
    return matrix


#: Unit matrix ``[[1, 0], [0, 1]]``; read-only, as the others.
#:
#: :meta hide-value:
IDENTITY = _constant([[1, 0], [0, 1]])
#: Pauli matrix ``[[0, 1], [1, 0]]``.
#:
#: :meta hide-value:
SIGMA_X = _constant([[0, 1], [1, 0]])
#: Pauli matrix ``[[0, -1j], [1j, 0]]``.
#:
#: :meta hide-value:
SIGMA_Y = _constant([[0, -1j], [1j, 0]], dtype=complex)
#: Pauli matrix ``[[1, 0], [0, -1]]``.
#:
#: :meta hide-value:
SIGMA_Z = _constant([[1, 0], [0, -1]])


def _spread(coefficient, matrix):
    """Multiply one matrix by coefficients of any shape: shape (..., 2, 2)."""
    return np.asarray(coefficient)[..., None, None] * matrix


@dataclass(frozen=True, eq=False)
class TwoLevelSystem:
    """A TLS, or an array of them, given by asymmetry and tunnelling.

    Parameters
    ----------
    asymmetry : float or array
        Delta, energy difference of the two positions; either sign. Aleiner (1).
    tunnelling : float or array
        Lambda >= 0. A sign of Lambda is the sign of a basis state and carries no
        physics. Must broadcast against the asymmetry.

    Raises
    ------
    ParameterError
        Not finite, Lambda < 0, shapes that do not broadcast, or Delta = Lambda = 0
        (no splitting: p and the eigenbasis do not exist).

    Notes
    -----
    With the mixing angle theta, ``cos(theta) = Delta/E`` and ``sin(theta) = Lambda/E``,
    the rotation ``R = exp(-i theta sigma_y/2)`` has the eigenstates as columns, the
    upper one first, and ``R^T H0 R = (E/2) sigma_z``. In that basis ``sigma_z`` becomes
    ``cos(theta) sigma_z - sin(theta) sigma_x``. Turning the sign of the lower
    eigenstate changes the minus into a plus: the sign of the flipping part is a
    convention. The sign of cos(theta) is that of the asymmetry.

    Examples
    --------
    >>> system = TwoLevelSystem(asymmetry=3.0, tunnelling=4.0)
    >>> float(system.splitting), round(float(system.p), 3)
    (5.0, 0.64)
    """

    asymmetry: float
    tunnelling: float

    def __post_init__(self):
        delta = finite("asymmetry", self.asymmetry)
        tunnelling = non_negative(
            "tunnelling",
            self.tunnelling,
            remedy="its sign can be absorbed in a basis state",
        )
        try:
            delta, tunnelling = np.broadcast_arrays(delta, tunnelling)
        except ValueError:
            raise ParameterError(
                f"asymmetry and tunnelling must broadcast, got shapes "
                f"{np.shape(delta)} and {np.shape(tunnelling)}; give one shape"
            ) from None
        positive(
            "splitting",
            np.hypot(delta, tunnelling),
            remedy="give a non-zero asymmetry or tunnelling",
        )
        for name, array in (("asymmetry", delta), ("tunnelling", tunnelling)):
            object.__setattr__(self, name, self._frozen(array))

    @staticmethod
    def _frozen(array):
        if np.ndim(array) == 0:
            return float(array)
        array = np.array(array)
        array.setflags(write=False)
        return array

    @classmethod
    def from_splitting(cls, splitting, p, *, sign=1):
        """Build from E > 0 and p = (Lambda/E)^2 in [0, 1]; ``sign`` is that of Delta.

        Inverts Aleiner (u1): ``Lambda = E sqrt(p)``, ``Delta = sign * E sqrt(1 - p)``.
        Arrays broadcast. Raises ParameterError outside these ranges and for a sign
        other than +1, -1.
        """
        splitting = positive("splitting", splitting)
        p = in_interval("p", p, 0.0, 1.0, remedy="p is the square of Lambda/E")
        sign = finite("sign", sign)
        if not np.all(np.abs(sign) == 1):
            raise ParameterError(
                f"sign must be +1 or -1, got {sign!r}; it is the sign of the asymmetry"
            )
        return cls(sign * splitting * np.sqrt(1.0 - p), splitting * np.sqrt(p))

    @property
    def splitting(self):
        """Splitting ``E = sqrt(Delta^2 + Lambda^2)``, Aleiner (u1)."""
        return np.hypot(self.asymmetry, self.tunnelling)

    @property
    def p(self):
        """Squared tunnelling fraction ``p = (Lambda/E)^2`` in [0, 1], Aleiner (u1)."""
        return self.transverse**2

    @property
    def longitudinal(self):
        """Weight ``cos(theta) = Delta/E`` of sigma_z kept diagonal, with its sign."""
        return self.asymmetry / self.splitting

    @property
    def transverse(self):
        """Weight ``sin(theta) = Lambda/E`` of sigma_z that flips the TLS."""
        return self.tunnelling / self.splitting

    @property
    def mixing_angle(self):
        """Angle theta in [0, pi] with ``tan(theta) = Lambda/Delta``."""
        return np.arctan2(self.tunnelling, self.asymmetry)

    def hamiltonian(self):
        """Energy matrix of Aleiner (1) in the position basis, shape (..., 2, 2)."""
        return _spread(self.asymmetry, SIGMA_Z / 2) + _spread(
            self.tunnelling, SIGMA_X / 2
        )

    def energies(self):
        """Upper and lower energy (+E/2, -E/2), shape (..., 2)."""
        half = np.asarray(self.splitting) / 2
        return np.stack([half, -half], axis=-1)

    def eigenbasis(self, *, off_diagonal_sign=-1):
        """Orthogonal matrix with the eigenstates as columns, upper state first.

        ``off_diagonal_sign`` is the sign of the flipping part of sigma_z in that basis:
        -1 is the proper rotation by theta; +1, the form printed in Aleiner (3), turns
        the sign of the lower state. Shape (..., 2, 2). Raises ParameterError for
        another sign.
        """
        if off_diagonal_sign not in (-1, 1):
            raise ParameterError(
                f"off_diagonal_sign must be +1 or -1, got {off_diagonal_sign!r}; "
                "it fixes the phase of the lower eigenstate"
            )
        half = np.asarray(self.mixing_angle) / 2
        upper = np.stack([np.cos(half), np.sin(half)], axis=-1)
        lower = np.stack([-np.sin(half), np.cos(half)], axis=-1)
        return np.stack([upper, -off_diagonal_sign * lower], axis=-1)

    def to_eigenbasis(self, operator, *, off_diagonal_sign=-1):
        """Transform a 2x2 operator A of the position basis to ``R^T A R``.

        ``operator`` has shape (2, 2) or (..., 2, 2); real or complex. For sigma_z the
        result is ``cos(theta) sigma_z + off_diagonal_sign * sin(theta) sigma_x``, that
        is Aleiner (3) for Delta > 0 and off_diagonal_sign = +1. Raises ParameterError
        for another shape or sign.
        """
        operator = np.asarray(operator)
        if operator.shape[-2:] != (2, 2):
            raise ParameterError(
                f"operator must be of shape (..., 2, 2), got {operator.shape}; "
                "give it in the basis of the two positions"
            )
        basis = self.eigenbasis(off_diagonal_sign=off_diagonal_sign)
        return np.swapaxes(basis, -1, -2) @ operator @ basis
