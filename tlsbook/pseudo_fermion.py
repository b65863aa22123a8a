r"""Pseudo-fermions of two-level systems: Fock space, averages, propagator.

Natural units k_B = hbar = 1. A two-level system (TLS) has one fermion operator a level,
``f_e`` and ``f_g``, and its isospin is ``sum_ab f_a^+ sigma_ab f_b``, He (13). Of the
four states of its Fock space only the two with one fermion are physical. The imaginary
chemical potential of Popov and Fedotov, ``mu_f = -i pi T/2``, gives the others the
weights +i (empty) and -i (doubly occupied), He (20), so that they cancel.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import eigh
from scipy.special import expit

from tlsbook.validation import ParameterError, finite, positive

__all__ = [
    "PseudoFermions",
    "abrikosov_average",
    "annihilators",
    "loop_occupation",
    "pair_loop",
    "popov_fedotov_average",
    "popov_fedotov_trace",
    "propagator",
    "restricted_average",
    "shifted_energy",
]

_MOST_MODES = 10


def _whole(name, value, low, high):
    if int(value) != value or not low <= value <= high:
        raise ParameterError(
            f"{name} must be a whole number from {low} to {high}, got {value!r}; the "
            "matrices have 2^modes rows"
        )
    return int(value)


def annihilators(modes):
    """Annihilation operators of fermion modes as matrices, shape (modes, 2^m, 2^m).

    Jordan-Wigner form; the first mode is the leftmost factor, its empty state first.
    Raises ParameterError for fewer than 1 or more than 10 modes.
    """
    modes = _whole("modes", modes, 1, _MOST_MODES)
    lower, string = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0])
    found = []
    for mode in range(modes):
        matrix = np.eye(1)
        for factor in [string] * mode + [lower] + [np.eye(2)] * (modes - mode - 1):
            matrix = np.kron(matrix, factor)
        found.append(matrix)
    return np.array(found)


@dataclass(frozen=True)
class PseudoFermions:
    """Fock space of the pseudo-fermions of one or more TLS, dimension 4^count.

    Raises ParameterError for a count other than 1 to 5.
    """

    #: Number of TLS, 1 to 5.
    count: int = 1

    def __post_init__(self):
        object.__setattr__(self, "count", _whole("count", self.count, 1, 5))

    @cached_property
    def operators(self):
        """``f[j, a]``, shape (count, 2, 4^count, 4^count); level e first, then g."""
        size = 4**self.count
        return annihilators(2 * self.count).reshape(self.count, 2, size, size)

    def isospin(self, matrix, site=0):
        """``sum_ab f_a^+ matrix_ab f_b`` of one TLS, He (13), levels ordered e, g."""
        f = self.operators[site]
        return np.einsum("ab,aki,bkj->ij", np.asarray(matrix), f, f, optimize=True)

    def number(self, site=0):
        """Number of pseudo-fermions of one TLS, ``f_e^+ f_e + f_g^+ f_g``."""
        return self.isospin(np.eye(2), site)

    @cached_property
    def excess(self):
        """Diagonal of ``sum_j (n_j - 1)``, whole numbers from -count to count."""
        total = sum(self.number(j) for j in range(self.count))
        return np.rint(np.diag(total)).astype(int) - self.count

    @cached_property
    def physical(self):
        """True for the states with one pseudo-fermion on every TLS."""
        numbers = [np.rint(np.diag(self.number(j))) for j in range(self.count)]
        return np.all(np.array(numbers) == 1, axis=0)


def _density(hamiltonian, temperature):
    """exp(-(H - E_0)/T), a matrix without overflow, E_0 the lowest energy."""
    temperature = positive("temperature", temperature)
    hamiltonian = np.asarray(hamiltonian)
    if hamiltonian.ndim != 2 or not np.allclose(hamiltonian, hamiltonian.conj().T):
        raise ParameterError(
            f"hamiltonian must be a Hermitian matrix, got shape {hamiltonian.shape}; "
            "the chemical potential is added here"
        )
    energies, states = eigh(hamiltonian)
    weights = np.exp(-(energies - energies[0]) / temperature)
    return (states * weights) @ states.conj().T


def _diagonal(name, values, size):
    values = np.asarray(values)
    if values.shape != (size,):
        raise ParameterError(
            f"{name} must have one entry a state, got shape {values.shape} for "
            f"{size} states; repeat it for the other degrees of freedom"
        )
    return values


def restricted_average(hamiltonian, operator, temperature, physical):
    """Average over the physical states only, He (18) and (19).

    ``physical`` is True for the basis states that are kept; the Hamiltonian must not
    lead out of them. Real or complex; raises ParameterError for T <= 0, a Hamiltonian
    that is not Hermitian, or shapes that do not fit.
    """
    density = _density(hamiltonian, temperature)
    keep = _diagonal("physical", physical, len(density)).astype(bool)
    density = density[np.ix_(keep, keep)]
    operator = np.asarray(operator)[np.ix_(keep, keep)]
    return np.trace(density @ operator) / np.trace(density)


def popov_fedotov_trace(hamiltonian, operator, temperature, excess):
    """Free trace ``Tr exp(-[H - mu_f (n_f - 1)]/T) O``, ``mu_f = -i pi T/2``, He (20).

    ``excess`` is the diagonal of ``n_f - 1`` (summed over the TLS). The zero of energy
    is the lowest level of H in the whole space. Complex. Raises as
    :func:`restricted_average`.
    """
    density = _density(hamiltonian, temperature)
    excess = _diagonal("excess", excess, len(density))
    weight = np.exp(-0.5j * np.pi * excess)
    return np.trace((weight[:, None] * density) @ np.asarray(operator))


def popov_fedotov_average(hamiltonian, operator, temperature, excess):
    """The same trace over that of the unit operator: the average of He (20).

    Equals the restricted one for operators that act alike on the empty and the doubly
    occupied states (isospins, electrons), and not for others, such as ``n_f``.
    """
    one = np.eye(len(excess))
    return popov_fedotov_trace(
        hamiltonian, operator, temperature, excess
    ) / popov_fedotov_trace(hamiltonian, one, temperature, excess)


def abrikosov_average(hamiltonian, operator, temperature, numbers, fugacity):
    """Abrikosov's projection ``<O n_1 n_2 ...>/<n_1 n_2 ...>`` at a small fugacity.

    Every pseudo-fermion costs the factor ``fugacity = exp(-lambda/T)`` > 0; ``numbers``
    are the diagonals of the n_j, shape (count, states). Tends to the restricted average
    for fugacity -> 0 with an error of its first power. Raises as
    :func:`restricted_average`.
    """
    density = _density(hamiltonian, temperature)
    fugacity = positive("fugacity", fugacity)
    numbers = np.atleast_2d(numbers)
    total = _diagonal("numbers", numbers.sum(axis=0), len(density))
    # One power a TLS is divided out: it cancels between numerator and denominator.
    weight = fugacity ** (total - len(numbers)) * np.prod(numbers, axis=0)
    top = np.trace((weight[:, None] * density) @ np.asarray(operator))
    return top / np.sum(weight * np.diag(density))


def shifted_energy(n, temperature):
    """Matsubara energy ``(2n + 1/2) pi T`` of the pseudo-fermions, He (22)."""
    return (2 * np.asarray(n) + 0.5) * np.pi * positive("temperature", temperature)


def propagator(n, level, temperature):
    """Bare propagator ``1/(i (2n + 1/2) pi T - level)``, He (22); complex, broadcasts.

    ``level`` is +E/2 or -E/2. Raises ParameterError for T <= 0.
    """
    return 1 / (1j * shifted_energy(n, temperature) - finite("level", level))


def loop_occupation(level, temperature):
    """``T sum_n D(n) exp(i eps_n 0+) = 1/(1 + i exp(level/T))``; complex, broadcasts.

    Real part ``1/(1 + exp(2 level/T))``, the occupation of the level in a TLS with
    levels +-level; imaginary part ``-1/(2 cosh(level/T))``. No overflow. Raises
    ParameterError for T <= 0.
    """
    x = finite("level", level) / np.asarray(positive("temperature", temperature))
    decay = np.exp(-np.abs(x))
    return expit(-2 * x) - 1j * decay / (1 + decay**2)


def pair_loop(m, upper, lower, temperature):
    r"""``T sum_n D_a(w_m + eps_n) D_b(eps_n)`` for levels a and b, He (40); complex.

    ``(n_a - n_b)/(eps_a - eps_b - i w_m)`` with ``w_m = 2 pi m T`` and ``n`` the loop
    of one line; for equal levels the limit: zero, but ``-n (1 - n)/T`` at m = 0.
    ``upper`` and ``lower`` are the energies of a and b. Broadcasts. Raises
    ParameterError for T <= 0 or an index m that is not whole.
    """
    m = finite("m", m)
    if np.any(np.asarray(m) != np.rint(m)):
        raise ParameterError(f"m must be whole numbers, got {m!r}; w_m is 2 pi m T")
    a, b = finite("upper", upper), finite("lower", lower)
    n_a, n_b = loop_occupation(a, temperature), loop_occupation(b, temperature)
    frequency = 2 * np.pi * np.asarray(m) * temperature
    difference = np.asarray(a) - np.asarray(b) - 1j * frequency
    singular = difference == 0
    quotient = (n_a - n_b) / np.where(singular, 1.0, difference)
    return np.where(singular, -n_a * (1 - n_a) / temperature, quotient)[()]
