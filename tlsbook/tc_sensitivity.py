"""Which two-level systems raise T_c: its functional derivative by the splittings.

Natural units hbar = k_B = 1, energies in T_c0; ``alpha = 1/(2 pi tau_in T_c0)`` and the
density p(E) as in :mod:`tlsbook.matsubara_gap`. At T_c the linearised He (48)-(51) read
``B y = 1`` with ``y_n = 2 pi T Delta~_n/(Delta |eps~_n|)`` and the symmetric matrix ::

    B = diag(n + 1/2) + (alpha/2) [diag(L) - Lambda],   n >= 0
    Lambda_nn' = Lambda(n - n') + Lambda(n + n' + 1),  L_n = sum_{0<|k|<=n} Lambda(k)

(zero Bose frequency left out), and T_c is the zero of
``G = sum_n [y_n - 1/(n + 1/2)] - ln T``. B is symmetric: y is left and right vector of
first-order perturbation theory. A change of the kernel changes G by
``(alpha/2) sum_{m>0} q_m dLambda(m)`` with ::

    q_m = sum_{n<m} y_n y_{m-1-n} + 2 sum_n y_n y_{n+m} - 2 sum_{n>=m} y_n^2

Far out y_n = 1/(n + 1/2) + u_n, and u_n falls as ln(n)/n^3. Products of the first part
are the closed weights 2 W_m of :func:`tlsbook.tls_pairing.enhancement_weight`; the rest
are short sums, done by FFT.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.signal import fftconvolve
from scipy.special import digamma

from tlsbook import matsubara_gap
from tlsbook.splitting_distribution import ground_excess
from tlsbook.tls_pairing import enhancement_weight
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = ["TcSensitivity", "sensitivity"]

#: Fermion frequencies for each unit of the largest energy; Bose frequencies for each.
_REACH, _BOSE = 40.0, 4
_FEWEST, _MOST = 1024, 1 << 16
#: Largest splitting for which the Bose sum is resolved, in units of its last frequency.
_RESOLVED = 0.02


@dataclass(frozen=True)
class TcSensitivity:
    """T_c of one density of splittings and its first-order changes, energies in T_c0.

    Calling it with splittings E gives ``d ln T_c/d(alpha p(E))``: the relative change
    of T_c for each unit of strength alpha of TLS with the splitting E that are added.
    """

    alpha: float  #: strength of the TLS that are there
    transition: float  #: T_c/T_c0
    weights: np.ndarray  #: q_m for m = 1, 2, ...; 2 W_m for alpha = 0
    feedback: float  #: 1 - (alpha/2) sum q_m T dLambda(m)/dT: T_c shifts the kernel
    mean: float  #: average of the derivative over p: d ln T_c/d alpha
    error: float  #: relative error from the frequencies left out

    @property
    def logarithm(self):
        """C of the tail ``q_m -> (4/m)(ln m + C)``."""
        return _tail_constant(self.transition)

    @property
    def largest(self):
        """Largest splitting that the Bose frequencies resolve."""
        return _RESOLVED * 2 * np.pi * self.transition * self.weights.size

    def __call__(self, splitting):
        """d ln T_c/d(alpha p(E)), dimensionless, for E >= 0 of any shape.

        Raises ParameterError above :attr:`largest`.
        """
        E = np.asarray(non_negative("splitting", splitting), dtype=float)
        if np.any(E > self.largest):
            raise ParameterError(
                f"splitting must be at most {self.largest:.3g} T_c0, got "
                f"{float(E.max())!r}; ask sensitivity() for a larger reach"
            )
        T = self.transition
        omega = 2 * np.pi * T * np.arange(1, self.weights.size + 1)
        flat = np.atleast_1d(E).ravel()
        sums = np.array(
            [_bose_sum(2 * e / (e**2 + omega**2), self.weights, T) for e in flat]
        )
        value = 0.5 * ground_excess(flat, T) * sums / self.feedback
        return value.reshape(E.shape)[()]

    def swap(self, splitting):
        """d ln T_c/dp(E) at fixed strength and norm: alpha times (value - mean)."""
        return self.alpha * (self(splitting) - self.mean)

    def best(self):
        """Return the splitting that raises T_c most, and the derivative there."""
        found = minimize_scalar(
            lambda v: -self(np.exp(v)),
            bounds=(np.log(self.transition), np.log(self.largest)),
            method="bounded",
            options={"xatol": 1e-6},
        )
        return float(np.exp(found.x)), float(-found.fun)

    def crossings(self):
        """Return the splittings between which TLS raise T_c more than the mean does.

        The upper one is infinite if it lies above :attr:`largest`.
        """
        peak, value = self.best()
        if not value > self.mean:
            raise ParameterError(
                f"the mean derivative must lie below the largest, got {self.mean!r} "
                f"and {value!r}: all TLS already have the best splitting"
            )

        def above(v):
            return float(self(np.exp(v)) - self.mean)

        middle, top = np.log(peak), np.log(self.largest * (1 - 1e-12))
        low = brentq(above, np.log(1e-4 * peak), middle, xtol=1e-10)
        high = brentq(above, middle, top, xtol=1e-10) if above(top) < 0 else np.inf
        return float(np.exp(low)), float(np.exp(high))

    def soft_limit(self, splitting):
        """Leading form for E << T_c, E^2 sum q_m/m^2/(8 pi^2 T_c^3 feedback)."""
        E = np.asarray(non_negative("splitting", splitting))
        m = np.arange(1, self.weights.size + 1)
        total = _bose_sum(1 / m**2, self.weights, self.transition)
        return E**2 * total / (8 * np.pi**2 * self.transition**3 * self.feedback)

    def hard_limit(self, splitting):
        """Leading form for E >> T_c, all powers of the logarithm kept.

        ``(2/E) [l^2 + 2 C l + K + pi^2/12]/feedback`` with l = ln(E/2 pi T_c), C of
        :attr:`logarithm`, and K the limit of ``sum_{m<=M} q_m/2 - ln^2 M - 2 C ln M``.
        """
        E = np.asarray(positive("splitting", splitting))
        C, edge = self.logarithm, np.log(self.weights.size + 0.5)
        K = self.weights.sum() / 2 - edge**2 - 2 * C * edge
        log = np.log(E / (2 * np.pi * self.transition))
        return 2 / E * (log**2 + 2 * C * log + K + np.pi**2 / 12) / self.feedback


def sensitivity(distribution, alpha, *, largest=100.0, rtol=1e-6):
    """Return T_c and its functional derivative for one density of splittings.

    Parameters
    ----------
    distribution : SplittingDistribution
        Density of splittings, energies in T_c0; TLS in equilibrium.
    alpha : float
        Strength 1/(2 pi tau_in T_c0) >= 0.
    largest : float, optional
        Largest splitting at which the derivative will be asked for, T_c0.
    rtol : float, optional
        Relative error wanted; the number of frequencies is doubled until the
        derivative at three splittings has settled.

    Returns
    -------
    TcSensitivity

    Raises
    ------
    ParameterError
        For bad input.
    ConvergenceError
        If more frequencies do not settle the result.
    """
    alpha = non_negative("alpha", alpha)
    largest = positive("largest", largest)
    rtol = in_interval("rtol", rtol, 1e-8, 0.1)
    T = matsubara_gap.critical_temperature(distribution, alpha, rtol=0.1 * rtol)
    scale = max(distribution.scale, 0.05 * largest)
    N = int(max(_FEWEST, _REACH * scale / (2 * np.pi * T)))
    N = max(N, int(1.05 * largest / (_RESOLVED * 2 * np.pi * T * _BOSE)))
    probes = np.array([T, 2 * np.pi * T, 0.9 * largest])
    last = None
    while N <= _MOST:
        new = _at_transition(distribution, alpha, T, N)
        value = new(probes)
        if last is not None:
            error = float(np.max(abs(last / value - 1)))
            if error < rtol:
                return TcSensitivity(**{**vars(new), "error": error})
        last, N = value, 2 * N
    raise ConvergenceError(
        f"the derivative did not settle to {rtol:.1e} with {N // 2} frequencies; "
        f"raise rtol or lower largest"
    )


def _at_transition(distribution, alpha, T, N):
    ratio = matsubara_gap._linear_ratio(distribution, alpha, T, N)
    odd = np.arange(N) + 0.5
    u = (2 * np.pi * T * ratio - 1 / odd)[: N // 2]  # the edge is not converged
    q = _weights(u, _BOSE * N)
    m = np.arange(1, q.size + 1)
    kernel = distribution.matsubara_kernel(2 * np.pi * T * m, T)
    slope = _kernel_slope(distribution, T, m)
    feedback = 1 - 0.5 * alpha * _bose_sum(slope, q, T)
    mean = 0.5 * _bose_sum(kernel, q, T) / feedback
    return TcSensitivity(alpha, float(T), q, float(feedback), float(mean), np.nan)


def _weights(u, size):
    """q_m, m = 1 ... size, from u_n = y_n - 1/(n + 1/2), n = 0 ... len(u) - 1."""
    m = np.arange(1, size + 1)
    n = np.arange(u.size)
    q = 2 * enhancement_weight(m)
    # 2 sum_n u_n [1/|n - m + 1/2| + 1/(n + m + 1/2)], by convolution.
    apart = 1 / np.abs(np.arange(-size, u.size) + 0.5)
    together = 1 / (np.arange(u.size + size) + 0.5)
    q += 2 * fftconvolve(u[::-1], apart)[u.size - 1 : u.size - 1 + size][::-1]
    q += 2 * fftconvolve(u[::-1], together)[u.size : u.size + size]
    # Self products of u; those of the last term with 1/(n + 1/2) as well.
    pairs = fftconvolve(u, u)
    shifted = fftconvolve(u[::-1], u)[u.size - 1 :]
    after = np.cumsum((u**2 + 2 * u / (n + 0.5))[::-1])[::-1]
    short = min(size, u.size - 1)
    q[: min(size, pairs.size)] += pairs[:size]
    q[:short] += 2 * shifted[1 : short + 1]
    q[:short] -= 2 * after[1 : short + 1]
    return q


def _tail_constant(T):
    """C of q_m -> (4/m)(ln m + C); sum u_n = ln T_c makes the T_c in it."""
    return np.log(T) - digamma(0.5) - 0.5


def _bose_sum(values, q, T):
    """Sum of values_m q_m over m >= 1, where values_m ~ 1/m^2 and q by its tail."""
    M = q.size
    edge = M + 0.5
    tail = 2 * (np.log(edge) + _tail_constant(T) + 0.5) / edge**2
    return values @ q + values[-1] * M**2 * tail


def _kernel_slope(distribution, T, m):
    """T dLambda(m)/dT at fixed m, population and Bose frequency both moving."""
    E, weight = distribution.nodes
    half = E / (2 * T)
    thermal = -half / np.cosh(np.minimum(half, 300.0)) ** 2
    excess = ground_excess(E, T)
    slope = np.empty(m.size)
    for start in range(0, m.size, 2048):
        square = (2 * np.pi * T * m[start : start + 2048, None]) ** 2
        lorentz = 1 / (E**2 + square)
        slope[start : start + 2048] = lorentz @ (weight * 2 * E * thermal)
        slope[start : start + 2048] -= (square * lorentz**2) @ (weight * 4 * E * excess)
    return slope
