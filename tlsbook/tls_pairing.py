"""Superconductivity from two-level systems (TLS) alone: He (63)-(72).

Natural units hbar = k_B = 1; every energy, temperature and rate in one unit of the
caller's choice. The coupling is ``rate = 1/tau_in``; electrons scatter on TLS whose
splittings have the density p(E). With the Matsubara kernel of a distribution,
``Lambda(omega) = int dE p(E) N_ge(E) 2E/(omega^2 + E^2)``, the dimensionless pairing
function is ``lambda(omega) = rate Lambda(omega)/(2 pi)``; it takes the place of
Eliashberg's.

The linearised gap equation, He (65) with (66), is linear in the rate once the
temperature is fixed. Written for ``y = Delta/|eps + i Sigma|`` and folded to positive
frequencies it reads ::

    (2n + 1) y_n = (rate/2 pi) sum_m [Lambda(n - m) + Lambda(n + m + 1)
                                      - delta_nm S_n] y_m
    S_n = Lambda(0) + 2 sum_{k=1}^{n} Lambda(k)

so the rate at which a temperature is the transition temperature is the inverse of a
largest eigenvalue: no determinant, no search. ``Lambda(0)`` cancels (elastic scattering
does not matter). Products with the matrix are convolutions, done by FFT.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from scipy.special import digamma, polygamma

from tlsbook.bose_kernel import BoseKernel
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = [
    "STRONG_COUPLING",
    "WEAK_COUPLING",
    "CriticalRate",
    "critical_rate",
    "critical_temperature",
    "enhancement_weight",
    "first_order_enhancement",
    "small_splitting_temperature",
    "weak_coupling_temperature",
]

#: Weak-coupling number of He (72), 2 exp(Euler's gamma)/pi = 1.134.
WEAK_COUPLING = 2 * np.exp(np.euler_gamma) / np.pi
#: Allen and Dynes: T_c -> 0.1827 Omega sqrt(lambda) at strong coupling, here as the
#: square root of a largest eigenvalue over 2 pi.
STRONG_COUPLING = 0.182726
#: Frequencies kept beyond the largest scale of the kernel, in units of that scale.
_REACH = 16.0
_FEWEST, _MOST = 64, 1 << 21


@dataclass(frozen=True)
class CriticalRate:
    """The rate 1/tau_in at which a given temperature is the transition temperature.

    ``gap`` is Delta_n = Delta~_n/Z_n at ``frequencies`` eps_n > 0, 1 at the lowest;
    unlike Delta~ it does not depend on elastic scattering. ``error`` is the relative
    error of ``rate`` estimated from the frequencies left out.
    """

    rate: float
    error: float
    frequencies: np.ndarray
    gap: np.ndarray


def critical_rate(
    kernel, temperature, scale, *, repulsion=0.0, cut_off=None, rtol=1e-7
):
    """Return the rate 1/tau_in that makes ``temperature`` the transition temperature.

    Parameters
    ----------
    kernel : callable
        Lambda(omega) at this temperature, for an array of omega >= 0; for a
        distribution ``lambda w: distribution.matsubara_kernel(w, temperature)``.
    temperature : float
        T > 0.
    scale : float
        Energy beyond which the kernel falls off as 1/omega^2; sets the number of
        frequencies, which is doubled until the estimated error is below ``rtol``.
    repulsion : float, optional
        Coulomb pseudopotential mu* >= 0, constant for |eps_n| < ``cut_off``.
    cut_off : float, optional
        Needed with a repulsion.
    rtol : float, optional
        Relative error wanted.

    Returns
    -------
    CriticalRate

    Raises
    ------
    ParameterError
        For bad input, or a kernel that is not positive.
    ConvergenceError
        If the error stays above ``rtol``.

    Notes
    -----
    He (65)-(69), solved for the rate. Every frequency left out would lower the rate;
    their effect in second order is added, and its size is the reported error.
    """
    T = positive("temperature", temperature)
    scale = positive("scale", scale)
    mu = non_negative("repulsion", repulsion)
    rtol = in_interval("rtol", rtol, 1e-12, 0.1)
    if mu > 0 and cut_off is None:
        raise ParameterError("a repulsion needs its cut_off, an energy")
    size = int(max(_FEWEST, _REACH * scale / (2 * np.pi * T)))
    if mu > 0:
        size = max(size, 2 * int(positive("cut_off", cut_off) / (2 * np.pi * T)))
    while size <= _MOST:
        operator = BoseKernel(kernel, T, size)
        repelled = int(cut_off / (2 * np.pi * T) + 0.5) if mu > 0 else 0
        value, y = _largest(operator, mu, repelled)
        if value <= 0:
            raise ConvergenceError(
                f"no rate makes T = {T} a transition temperature: the repulsion "
                f"{mu} wins; lower it"
            )
        missing = _left_out(operator, value, y) / value
        if missing < rtol:
            rate = 2 * np.pi / (value * (1 + missing))
            odd = 2 * np.arange(size) + 1.0
            gap = y * odd
            return CriticalRate(rate, missing, np.pi * T * odd, gap / gap[0])
        size *= 2
    raise ConvergenceError(
        f"relative error {missing:.1e} with {size // 2} frequencies, {rtol:.1e} "
        f"wanted; raise rtol or the temperature"
    )


def _largest(operator, mu, repelled):
    """Return the largest eigenvalue of A y = value B y, B = diag(2n+1) + mu 2 P."""
    odd = 2 * np.arange(operator.size) + 1.0
    inverse = 1 / odd
    low = np.zeros(operator.size)
    low[:repelled] = 1.0
    weight = 2 * mu / (1 + 2 * mu * inverse[:repelled].sum())

    def pairing(y):
        y = np.ravel(y)
        return operator.even(y) - operator.loss * y

    def apply(y):
        y = np.ravel(y)
        return odd * y + 2 * mu * low * (low @ y)

    def undo(y):
        y = np.ravel(y) * inverse
        return y - weight * inverse * low * (low @ y)

    shape = (operator.size, operator.size)
    try:
        values, vectors = eigsh(
            LinearOperator(shape, pairing, dtype=float),
            k=1,
            M=LinearOperator(shape, apply, dtype=float),
            Minv=LinearOperator(shape, undo, dtype=float),
            which="LA",
            v0=inverse,
            tol=1e-13,
            ncv=24,
        )
    except ArpackNoConvergence as error:
        raise ConvergenceError(
            "the eigenvalue of the gap equation did not converge; raise the temperature"
        ) from error
    y = vectors[:, 0]
    return float(values[0]), y / np.sqrt(y @ apply(y))


def _left_out(operator, value, y):
    """Return the second-order gain of the eigenvalue from frequencies beyond the last.

    There (A y)_n = Lambda(n) 2 sum y, and Lambda falls as the square of the frequency.
    """
    edge = operator.values[operator.size]
    drive = 2 * edge * y.sum()
    steps = np.geomspace(1.0, 1e4, 400)
    n = operator.size * steps
    terms = (drive / steps**2) ** 2 / (value * (2 * n + 1) + operator.loss[-1])
    return float(np.trapezoid(terms, n))


def critical_temperature(kernel_at, rate, scale, *, lowest=1e-6, rtol=1e-6, **options):
    """Return the transition temperature for a rate 1/tau_in.

    Parameters
    ----------
    kernel_at : callable
        ``kernel_at(omega, temperature)``, e.g. ``distribution.matsubara_kernel``.
    rate : float
        1/tau_in > 0.
    scale : float
        As in :func:`critical_rate`.
    lowest : float, optional
        Lowest temperature searched, in units of ``scale``.
    rtol : float, optional
        Relative error wanted.
    **options
        ``repulsion`` and ``cut_off`` as in :func:`critical_rate`.

    Raises
    ------
    ConvergenceError
        If the transition temperature lies below ``lowest * scale``, or is zero.
    """
    rate = positive("rate", rate)
    scale = positive("scale", scale)
    inner = {"rtol": 0.1 * rtol, **options}

    def excess(log_t):
        T = np.exp(log_t)
        found = critical_rate(lambda w: kernel_at(w, T), T, scale, **inner)
        return np.log(found.rate / rate)

    # No kernel pairs above the temperature of an Einstein mode with all its weight.
    high = np.log(max(scale, rate))
    low = high - 1.0
    bottom = np.log(positive("lowest", lowest) * scale)
    while excess(low) > 0:
        high, low = low, low - 1.0
        if low < bottom:
            raise ConvergenceError(
                f"no transition above {np.exp(bottom):.1e}: raise the rate, lower the "
                f"repulsion, or search from a lower temperature (lowest={lowest})"
            )
    return float(np.exp(brentq(excess, low, high, xtol=0.3 * rtol, rtol=1e-12)))


def weak_coupling_temperature(ratio, *, corrected=False):
    """Return (E tau_in, T tau_in) on the curve of He (72) at ``ratio`` = E/T.

    TLS of one splitting in equilibrium, N_ge = tanh(E/2T). With ``corrected`` the
    factor exp(-3/2) of the exact weak-coupling limit is included: 1/e from the
    self energy i Sigma = lambda eps, which He (71) sets to zero, and exp(-1/2) from the
    decay of the pairing function, which it replaces by a step.

    Raises ParameterError where E tau_in would not be positive (ratio too small).
    """
    x = np.asarray(positive("ratio", ratio))
    number = WEAK_COUPLING * (np.exp(-1.5) if corrected else 1.0)
    splitting = np.tanh(x / 2) * np.log(number * x) / np.pi
    if np.any(splitting <= 0):
        raise ParameterError(
            f"ratio must be above {1 / number:.3g}, where (72) begins to have a "
            f"solution, got {float(np.min(x))!r}"
        )
    return splitting[()], (splitting / x)[()]


def small_splitting_temperature(splitting, rate):
    """Return the limit of T_c for E << T_c, equilibrium: c (E^2/tau_in)^(1/3).

    c = (0.1827^2/2 pi)^(1/3): strong coupling with lambda E^2 = E N_ge/(pi tau_in) and
    N_ge = E/2T.
    """
    E = np.asarray(non_negative("splitting", splitting))
    rate = positive("rate", rate)
    return ((STRONG_COUPLING**2 / (2 * np.pi) * rate * E**2) ** (1 / 3))[()]


def enhancement_weight(index):
    """Return W_m = (2/m)[psi(m + 1/2) - psi(1/2)] - psi'(m + 1/2), m >= 1.

    What the Bose frequency 2 pi m T contributes to the first-order change of T_c: the
    sum of 1/|a b| - sgn(a b)/a^2 over odd a, b with a - b = +-2m. Positive for every m.
    """
    m = np.asarray(positive("index", index))
    return (2 / m * (digamma(m + 0.5) - digamma(0.5)) - polygamma(1, m + 0.5))[()]


def first_order_enhancement(ratio, terms=2000):
    """Return d ln T_c/d alpha at alpha = 0 for one splitting with ``ratio`` = E/T_c0.

    ``tanh(E/2T) (x/pi) sum_m W_m/(x^2 + m^2)``, x = E/2 pi T, alpha = 1/(2 pi tau_in
    T_c0), W of :func:`enhancement_weight`; TLS in equilibrium, BCS superconductor
    without them. The sum beyond ``terms`` is done by its asymptotic form.

    Parameters
    ----------
    ratio : float or array
        E/T_c0 >= 0, up to a hundredth of ``2 pi terms``.

    Raises
    ------
    ParameterError
        For negative or too large ratios.
    """
    ratio = np.asarray(non_negative("ratio", ratio))
    x = ratio / (2 * np.pi)
    if np.any(x > terms / 50):
        raise ParameterError(
            f"ratio must be at most {2 * np.pi * terms / 50:.3g} for {terms} terms, "
            f"got {float(ratio.max())!r}; raise terms"
        )
    m = np.arange(1, terms + 1)
    sums = (enhancement_weight(m) / (x[..., None] ** 2 + m**2)).sum(axis=-1)
    # W -> (2/m)(ln m - psi(1/2) - 1/2) + O(1/m^3); tail by Euler-Maclaurin at m + 1/2.
    edge = terms + 0.5
    sums += (np.log(edge) - digamma(0.5)) / edge**2
    return (np.tanh(ratio / 2) * x / np.pi * sums)[()]
