r"""Conductivity of two-level systems that relax late, for any relaxation times.

Liu means the preprint arXiv:2501.10619 with the formulas of the published Letter. Any
consistent units will do, for instance SI with angular frequencies, :math:`k_B=1`.

A film holds, per area and per energy of their splitting, nu systems with the dipole
moment d (its two wells differ by 2d), in random directions of ``dimension`` n axes. A
dc supercurrent couples them to the field a second time; omega* is the frequency where
a typical system with its dipole along the field feels both equally,
:meth:`tlsbook.film.DiffusiveFilm.crossover`. The dissipative sheet conductivity is

.. math::

   \sigma(\omega)=\frac{2\nu d^2}{n}\,[\omega^2+\eta\,\omega^{*2}]
   \int d\tau\,f(\tau)\frac{\tau}{1+\omega^2\tau^2},\qquad \eta=n,

along the supercurrent; across it without the second term as far as the shift depends on
the square of the momentum alone, Liu (5). The temperature enters through nu and f only:
the thermal factor :math:`\cosh^{-2}(E/2T)/2T` integrates to one.

The integral is the ``lag_time`` of a distribution f of relaxation times.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.integrate import quad
from scipy.special import hyp2f1, sici

from tlsbook.relaxation import debye_lag
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = [
    "ExponentialTimes",
    "LogUniformTimes",
    "OneTime",
    "ParetoTimes",
    "RelaxingDipoles",
    "TimesFromDensity",
]


def _one_number(owner, **values):
    """Store positive single numbers in a frozen dataclass."""
    for name, value in values.items():
        if np.ndim(positive(name, value)):
            raise ParameterError(f"{name} must be one number, got an array; use a loop")
        object.__setattr__(owner, name, float(value))


def _ordered(owner):
    _one_number(owner, shortest=owner.shortest, longest=owner.longest)
    if owner.shortest >= owner.longest:
        raise ParameterError(
            f"shortest must be below longest, got {owner.shortest!r} and "
            f"{owner.longest!r}; exchange the cut-offs"
        )


@dataclass(frozen=True)
class OneTime:
    """All systems relax in the same time, ``f = delta(tau - time)``."""

    time: float  #: relaxation time, > 0

    def __post_init__(self):
        _one_number(self, time=self.time)

    @property
    def mean(self):
        """Mean relaxation time."""
        return self.time

    def lag_time(self, omega):
        """``tau/(1 + w^2 tau^2)`` for w > 0, a time."""
        omega = positive("omega", omega)
        return debye_lag(omega, 1 / self.time) / omega

    def sample(self, rng, size):
        """Draw relaxation times of shape ``size``."""
        return np.full(size, self.time)


def _auxiliary(y):
    """Return ``y^2 g(y)`` with g(y) the integral of t exp(-y t)/(1 + t^2), y > 0."""
    y = np.asarray(y, dtype=float)
    far = y > 40.0
    result = np.empty(y.shape)
    near = y[~far]
    sine, cosine = sici(near)
    result[~far] = near**2 * (np.sin(near) * (np.pi / 2 - sine) - np.cos(near) * cosine)
    # Asymptotic series, sum of (-1)^k (2k+1)!/y^(2k): the closed form cancels there.
    x = 1 / y[far] ** 2
    series = np.ones(x.shape)
    for k in range(12, 0, -1):
        series = 1 - 2 * k * (2 * k + 1) * x * series
    result[far] = series
    return result[()]


@dataclass(frozen=True)
class ExponentialTimes:
    """Times that have a scale, ``f = exp(-tau/mean)/mean``."""

    mean: float  #: mean relaxation time, > 0

    def __post_init__(self):
        _one_number(self, mean=self.mean)

    def density(self, time):
        """Density f per time, at ``time`` >= 0."""
        return np.exp(-np.asarray(non_negative("time", time)) / self.mean) / self.mean

    def lag_time(self, omega):
        r"""Mean of ``tau/(1 + w^2 tau^2)`` for w > 0, a time.

        With :math:`y=1/\omega\bar\tau` it is
        :math:`\bar\tau y^2\,\mathrm{Re}\,[e^{iy}E_1(iy)]`, the auxiliary function g of
        the sine and cosine integrals.
        """
        y = 1 / (positive("omega", omega) * self.mean)
        return self.mean * _auxiliary(np.asarray(y))

    def sample(self, rng, size):
        """Draw relaxation times of shape ``size``."""
        return rng.exponential(self.mean, size)


@dataclass(frozen=True)
class LogUniformTimes:
    """Flat logarithm of the times, ``f = 1/(tau ln(longest/shortest))``, Liu (17)."""

    shortest: float  #: lower cut-off, > 0
    longest: float  #: upper cut-off, above the lower one

    def __post_init__(self):
        _ordered(self)

    @property
    def logarithm(self):
        """``ln(longest/shortest)``, which makes the norm of f one."""
        return np.log(self.longest / self.shortest)

    @property
    def mean(self):
        """Mean relaxation time, longest over logarithm when that is large."""
        return (self.longest - self.shortest) / self.logarithm

    def density(self, time):
        """Density f per time, at ``time`` > 0; zero outside the cut-offs."""
        time = np.asarray(positive("time", time))
        inside = (time >= self.shortest) & (time <= self.longest)
        return np.where(inside, 1 / (time * self.logarithm), 0.0)[()]

    def lag_time(self, omega):
        r"""Mean of ``tau/(1 + w^2 tau^2)`` for w > 0, a time.

        :math:`[\arctan\omega\tau_2-\arctan\omega\tau_1]/(\omega\ln(\tau_2/\tau_1))`,
        between the cut-offs :math:`\pi/2\omega\ln(\tau_2/\tau_1)`.
        """
        omega = positive("omega", omega)
        low, high = omega * self.shortest, omega * self.longest
        # One arctan of the difference: two would cancel beyond either cut-off.
        angle = np.arctan((high - low) / (1 + low * high))
        return angle / (omega * self.logarithm)

    def sample(self, rng, size):
        """Draw relaxation times of shape ``size``."""
        return self.shortest * np.exp(self.logarithm * rng.random(size))


@dataclass(frozen=True)
class ParetoTimes:
    """Power-law tail, ``f = a shortest^a/tau^(1+a)`` above ``shortest``."""

    shortest: float  #: lower cut-off, > 0
    exponent: float  #: a > 0; a mean exists for a > 1 only

    def __post_init__(self):
        _one_number(self, shortest=self.shortest, exponent=self.exponent)

    @property
    def mean(self):
        """Mean relaxation time; infinite for an exponent of one or less."""
        a = self.exponent
        return self.shortest * a / (a - 1) if a > 1 else np.inf

    def density(self, time):
        """Density f per time, at ``time`` > 0; zero below the cut-off."""
        time = np.asarray(positive("time", time))
        tail = self.exponent * (self.shortest / time) ** self.exponent / time
        return np.where(time >= self.shortest, tail, 0.0)[()]

    def lag_time(self, omega):
        r"""Mean of ``tau/(1 + w^2 tau^2)`` for w > 0, a time.

        With :math:`z=\omega\tau_1`, :math:`b=(a+1)/2`:
        :math:`\tau_1\frac{a}{2bz^2}\,{}_2F_1(1,b;b+1;-1/z^2)`; for a = 1 half of
        :math:`\tau_1\ln(1+1/z^2)`. Raises ConvergenceError where the function fails.
        """
        square = 1 / (positive("omega", omega) * self.shortest) ** 2
        if self.exponent == 1:
            return self.shortest * np.log1p(square) / 2
        b = (self.exponent + 1) / 2
        value = self.exponent / (2 * b) * square * hyp2f1(1, b, b + 1, -square)
        if not np.all(np.isfinite(value)):
            raise ConvergenceError("hyp2f1 failed; raise omega or change the exponent")
        return self.shortest * value

    def sample(self, rng, size):
        """Draw relaxation times of shape ``size``."""
        return self.shortest * (1 - rng.random(size)) ** (-1 / self.exponent)


@dataclass(frozen=True)
class TimesFromDensity:
    """Relaxation times with a density given as a function, checked to be normalised.

    Raises ParameterError when the density is negative somewhere or its integral between
    the cut-offs differs from one by more than ``rtol``.
    """

    density: Callable  #: f(tau), vectorised, per time
    shortest: float  #: lower cut-off, > 0
    longest: float  #: upper cut-off, above the lower one
    rtol: float = 1e-6  #: accuracy of the norm and of :meth:`lag_time`
    mean: float = field(init=False)  #: mean relaxation time

    def __post_init__(self):
        _ordered(self)
        in_interval("rtol", self.rtol, 1e-12, 1e-2)
        times, _ = self._nodes(8)
        non_negative("density", self.density(times), remedy="give a true density")
        norm = self._integral(0)
        if not abs(norm - 1) <= self.rtol:
            raise ParameterError(
                f"density must have the norm 1, got {norm:.9g}; divide by it"
            )
        object.__setattr__(self, "mean", self._integral(1))

    def _integral(self, power):
        """Moment by adaptive quadrature on panels of ln tau."""

        def integrand(x):
            return self.density(np.exp(x)) * np.exp((power + 1) * x)

        edges = self._edges()
        parts = [
            quad(integrand, *pair, epsabs=1e-14, epsrel=self.rtol / 10, limit=200)[0]
            for pair in pairwise(edges)
        ]
        return float(np.sum(parts))

    def _edges(self):
        low, high = np.log(self.shortest), np.log(self.longest)
        return np.linspace(low, high, max(1, int(np.ceil(high - low))) + 1)

    def _nodes(self, count):
        """Times and weights of d tau: Gauss nodes on panels of a factor e."""
        x, weight = np.polynomial.legendre.leggauss(count)
        edges = self._edges()
        half = np.diff(edges)[:, None] / 2
        times = np.exp(((edges[1:] + edges[:-1]) / 2)[:, None] + half * x).ravel()
        return times, (half * weight).ravel() * times

    def _lag_time(self, omega, count):
        times, weights = self._nodes(count)
        share = np.asarray(self.density(times)) * weights * times
        result = np.empty(omega.shape)
        for start in range(0, omega.size, 2000):  # bounds the memory
            part = omega[start : start + 2000, None] * times
            result[start : start + 2000] = (share / (1 + part**2)).sum(axis=1)
        return result

    def lag_time(self, omega):
        """Mean of ``tau/(1 + w^2 tau^2)`` for w > 0, a time.

        Raises ConvergenceError when twice the nodes change it by more than ``rtol``.
        """
        flat = np.ravel(positive("omega", omega))
        once, twice = self._lag_time(flat, 8), self._lag_time(flat, 16)
        error = np.max(np.abs(once / twice - 1))
        if not error <= self.rtol:
            raise ConvergenceError(
                f"lag_time is accurate to {error:.2g} only; give a smoother density"
            )
        return twice.reshape(np.shape(omega))[()]


@dataclass(frozen=True)
class RelaxingDipoles:
    """Systems of one film: how many, how polar, and how slow; Liu (15).

    >>> glass = RelaxingDipoles(1.0, 1.0, LogUniformTimes(1.0, 1e12))
    >>> round(glass.conductivity(1e-6, crossover=1e-2) / 1e-6)
    11369789
    """

    density: float  #: nu, per area and per energy of the splitting, > 0
    dipole: float  #: d, charge times length, > 0
    times: object  #: one of the distributions above
    dimension: int = 3  #: n = 3: any direction; 2: in the film; 1: along the field

    def __post_init__(self):
        _one_number(self, density=self.density, dipole=self.dipole)
        if not hasattr(self.times, "lag_time"):
            raise ParameterError(
                f"times must be a distribution with lag_time, got {self.times!r}"
            )
        if self.dimension not in (1, 2, 3):
            raise ParameterError(
                f"dimension must be 1, 2 or 3, got {self.dimension!r}; see the fields"
            )

    def conductivity(self, omega, crossover=0.0, *, mixing=1.0):
        r"""Dissipative sheet conductivity :math:`\sigma(\omega)` for w > 0.

        Parameters
        ----------
        omega : float or array
            w > 0, angular frequency.
        crossover : float or array
            omega* >= 0; zero without a supercurrent.
        mixing : float
            Share, >= 0, of the squared coupling through the supercurrent that this
            component of the field sees: 1 along the supercurrent, 0 across it for a
            scalar alpha_s (Liu (5)), and the ratio of the mean squares of
            :math:`\alpha_{xy}` and :math:`\alpha_{xx}` for a tensor.
        """
        omega = positive("omega", omega)
        gain = self.enhancement(omega, crossover, mixing=mixing)
        unit = 2 * self.density * self.dipole**2 / self.dimension
        return unit * gain * omega**2 * self.times.lag_time(omega)

    def enhancement(self, omega, crossover, *, mixing=1.0):
        """Conductivity over the one without a supercurrent, ``1 + n (omega*/omega)^2``.

        Arguments as :meth:`conductivity`; it holds for all relaxation times.
        """
        omega = positive("omega", omega)
        crossover = non_negative("crossover", crossover)
        mixing = non_negative("mixing", mixing)
        return 1 + self.dimension * mixing * (crossover / omega) ** 2

    def plateau(self, crossover):
        """Conductivity along the supercurrent for w -> 0, Liu (16).

        ``2 nu d^2 omega*^2 mean``. Raises ParameterError without a mean time.
        """
        crossover = non_negative("crossover", crossover)
        if not np.isfinite(self.times.mean):
            raise ParameterError(
                "times must have a mean, got a tail as slow as 1/tau^2; cut it off"
            )
        return 2 * self.density * self.dipole**2 * crossover**2 * self.times.mean
