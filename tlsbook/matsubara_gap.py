"""Order parameter and T_c of a superconductor with TLS: He (48)-(51).

Natural units hbar = k_B = 1, energies in T_c0, the transition temperature without TLS;
``alpha = 1/(2 pi tau_in T_c0)``. At the frequencies eps_n = (2n + 1) pi T, n >= 0 ::

    Z_eps   eps_n = eps_n + alpha pi T sum_n' Lambda(n - n') eps~_n'/R_n'
    Z_Delta Delta = Delta + alpha pi T sum_n' Lambda(n - n') Delta~_n'/R_n'
    Delta ln T    = 2 pi T sum_{n>=0} [Delta~_n/R_n - Delta/eps_n]

with R = sqrt(eps~^2 + Delta~^2) and the kernel of
:mod:`tlsbook.splitting_distribution`. Terms n' = n, the zero Bose frequency, are left
out: they multiply both renormalised quantities by the same number and drop out of the
ratio (Anderson's theorem), so the order parameter and T_c do not know them. ``elastic``
in :class:`GapSolution` puts them back into Z.

Sums over n beyond the last frequency are done with their asymptotic form. The last
equation is divided by Delta: the trivial solution does not exist for the iteration.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.sparse.linalg import LinearOperator, cg
from scipy.special import zeta

from tlsbook import fixed_point
from tlsbook.bose_kernel import BoseKernel
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = ["GapSolution", "critical_temperature", "order_parameter"]

#: Frequencies kept, in units of the largest energy of the problem.
_REACH = 40.0
_FEWEST, _MOST = 512, 1 << 18


@dataclass(frozen=True)
class GapSolution:
    """Solution at one temperature, energies in T_c0.

    ``gap`` is the order parameter Delta; ``error`` its relative change on the last
    doubling of the number of frequencies; ``steps`` the evaluations of the last
    iteration. ``z_energy`` and ``z_gap`` are Z_eps and Z_Delta at ``frequencies``,
    without the zero Bose frequency; ``elastic`` is what that frequency adds to either
    in units of Z/R, ``alpha pi T Lambda(0)``.
    """

    gap: float
    error: float
    steps: int
    frequencies: np.ndarray
    z_energy: np.ndarray
    z_gap: np.ndarray
    elastic: float

    def renormalisation(self):
        """Return Z_eps and Z_Delta of He (50), (51), zero Bose frequency included."""
        root = np.hypot(self.frequencies * self.z_energy, self.gap * self.z_gap)
        factor = 1 + self.elastic / root
        return self.z_energy * factor, self.z_gap * factor


def order_parameter(
    distribution, alpha, temperature, *, rtol=1e-6, size=None, broadening=0.0
):
    """Return the order parameter and the renormalisation functions at a temperature.

    Parameters
    ----------
    distribution : SplittingDistribution
        Density of splittings, energies in T_c0.
    alpha : float
        Strength 1/(2 pi tau_in T_c0) >= 0.
    temperature : float
        T/T_c0 > 0, below the transition.
    rtol : float, optional
        Relative error wanted; the number of frequencies is doubled until it is reached.
    size : int, optional
        Number of frequencies, fixed; then ``error`` is NaN.
    broadening : float, optional
        Energy >= 0 added to every frequency, the imaginary part that solutions on the
        real axis give to the energy; it is counted in Z_eps.

    Returns
    -------
    GapSolution

    Raises
    ------
    ParameterError
        For bad input and for a temperature above the transition.
    ConvergenceError
        If iteration or doubling do not converge.
    """
    alpha = non_negative("alpha", alpha)
    T = positive("temperature", temperature)
    rtol = in_interval("rtol", rtol, 1e-10, 0.1)
    eta = non_negative("broadening", broadening)
    if size is not None:
        return _solve(distribution, alpha, T, int(size), 0.1 * rtol, None, eta)
    _refuse_normal_state(distribution, alpha, T)
    N = max(_FEWEST, int(_REACH * max(1.0, distribution.scale) / (2 * np.pi * T)))
    last = _solve(distribution, alpha, T, N, 0.1 * rtol, None, eta)
    while N < _MOST:
        N *= 2
        new = _solve(distribution, alpha, T, N, 0.1 * rtol, last, eta)
        error = abs(new.gap / last.gap - 1)
        if error < rtol:
            return GapSolution(**{**vars(new), "error": error})
        last = new
    raise ConvergenceError(
        f"relative error {error:.1e} with {N} frequencies, {rtol:.1e} wanted; raise "
        f"rtol or the temperature"
    )


def _refuse_normal_state(distribution, alpha, T):
    """Raise if the linear response of the normal state says that nothing pairs."""
    if _linear(distribution, alpha, T, 1024) <= 0:
        raise ParameterError(
            f"temperature must be below the transition, got T = {T!r} T_c0, where "
            f"Delta = 0; see critical_temperature"
        )


def _solve(distribution, alpha, T, N, tolerance, guess, eta=0.0):
    kernel = BoseKernel(lambda w: distribution.matsubara_kernel(w, T), T, N)
    index = np.arange(N) + 0.5
    eps = 2 * np.pi * T * index
    strength = np.pi * T * alpha
    # d ln T/d Delta^2 near T_c, 7 zeta(3)/8 pi^2 T^2, bounded at low T: any positive
    # number would do, this one makes the iteration fast.
    stiffness = 7 * zeta(3) / (8 * np.pi**2 * T**2)

    def image(x):
        energy, pairing, square = x[:N], x[N:-1], x[-1]
        gap = np.sqrt(square)
        tilde = eps * energy
        root = np.hypot(tilde, gap * pairing)
        loss = kernel.loss + kernel.odd(tilde / root - 1)
        new_energy = 1 + (eta + strength * loss) / eps
        # Frequencies beyond the last: Lambda ~ 1/n^2 and Delta~/R ~ Delta/eps.
        beyond = kernel.values[N] / (2 * np.pi * T)
        new_pairing = 1 + strength * (kernel.even(pairing / root) + beyond)
        excess = _gap_sum(pairing / root, eps, index, T) - np.log(T)
        slope = stiffness / (1 + 3 * stiffness * square)
        return np.concatenate([new_energy, new_pairing, [square + excess / slope]])

    def limit(proposal, x):
        proposal[-1] = max(proposal[-1], 0.05 * x[-1])
        return proposal

    weights = 1 / np.hypot(1, eps / (distribution.scale + T))
    start = _start(N, guess)
    x, steps = fixed_point.iterate(
        image,
        start,
        np.concatenate([weights, weights, [5.0]]),
        tolerance=tolerance,
        limit=limit,
    )
    return GapSolution(
        gap=float(np.sqrt(x[-1])),
        error=float("nan"),
        steps=steps,
        frequencies=eps,
        z_energy=x[:N],
        z_gap=x[N:-1],
        elastic=strength * kernel.values[0],
    )


def _start(N, guess):
    if guess is None:
        return np.concatenate([np.ones(2 * N), [3.0]])
    pad = np.ones(N - len(guess.z_energy))
    return np.concatenate([guess.z_energy, pad, guess.z_gap, pad, [guess.gap**2]])


def _gap_sum(ratio, eps, index, T):
    """2 pi T sum over n >= 0 of ratio - 1/eps, the terms beyond N/2 by their tail.

    There ratio - 1/eps = (a + (b + c ln x)/x)/x^2 with x = n + 1/2.
    """
    terms = 2 * np.pi * T * (ratio - 1 / eps)
    half = len(terms) // 2
    at = np.array([half // 4, half // 2, half - 1])
    x = index[at]
    form = np.column_stack([np.ones(3), 1 / x, np.log(x) / x])
    a, b, c = np.linalg.solve(form, terms[at] * x**2)
    tail = a * zeta(2, half + 0.5) + b * zeta(3, half + 0.5)
    tail += c * (np.log(half) / 2 + 0.25) / half**2
    return terms[:half].sum() + tail


def _linear_ratio(distribution, alpha, T, N):
    """Delta~/(Delta |eps~|) at N frequencies for Delta -> 0; None if TLS alone pair."""
    kernel = BoseKernel(lambda w: distribution.matsubara_kernel(w, T), T, N)
    eps = 2 * np.pi * T * (np.arange(N) + 0.5)
    strength = np.pi * T * alpha
    tilde = eps + strength * kernel.loss
    scale = 1 / np.sqrt(tilde)

    def apply(z):
        z = np.ravel(z)
        return z - strength * scale * kernel.even(scale * z)

    beyond = strength * kernel.values[N] / (2 * np.pi * T)
    source = scale * (1 + beyond)
    operator = LinearOperator((N, N), apply, dtype=float)
    z, failed = cg(operator, source, x0=source, rtol=1e-12, maxiter=500)
    # Not positive definite: the TLS alone pair at this temperature.
    return None if failed or (z <= 0).any() else scale * z


def _linear(distribution, alpha, T, N):
    """ln(T_c/T) to linear order: 2 pi T sum [Delta~/(Delta |eps~|) - 1/eps] - ln T."""
    ratio = _linear_ratio(distribution, alpha, T, N)
    if ratio is None:
        return np.inf
    index = np.arange(N) + 0.5
    return _gap_sum(ratio, 2 * np.pi * T * index, index, T) - np.log(T)


def critical_temperature(distribution, alpha, *, rtol=1e-6):
    """Return T_c/T_c0 from the linearised equations, He (48)-(51) for Delta -> 0.

    Parameters
    ----------
    distribution : SplittingDistribution
        Density of splittings, energies in T_c0; TLS in equilibrium.
    alpha : float
        Strength 1/(2 pi tau_in T_c0) >= 0.
    rtol : float, optional
        Relative error wanted.

    Raises
    ------
    ParameterError
        For bad input.
    ConvergenceError
        If more frequencies do not settle the result.
    """
    alpha = non_negative("alpha", alpha)
    rtol = in_interval("rtol", rtol, 1e-10, 0.1)
    N = max(_FEWEST, int(_REACH * distribution.scale / (2 * np.pi)))
    last = None
    while N <= _MOST:
        found = _root(distribution, alpha, N, 0.1 * rtol, last)
        if last is not None and abs(found / last - 1) < rtol:
            return found
        last, N = found, 2 * N
    raise ConvergenceError(
        f"T_c did not settle to {rtol:.1e} with {N // 2} frequencies; raise rtol"
    )


def _root(distribution, alpha, N, tolerance, near):
    def excess(log_t):
        return min(_linear(distribution, alpha, np.exp(log_t), N), 50.0)

    low, high = 0.0, 0.5
    if near is not None:
        low, high = np.log(near) - 1e-3, np.log(near) + 1e-3
    while excess(low) < 0:
        low -= 0.1
    while excess(high) > 0:
        low, high = high, high + 0.5
    return float(np.exp(brentq(excess, low, high, xtol=tolerance, rtol=1e-14)))
