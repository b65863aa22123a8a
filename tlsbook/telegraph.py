"""Random telegraph noise: one fluctuator that jumps between two values.

Units are free: rates, frequencies and times only have to fit (rate times time has no
unit); the values of the signal carry their own unit, except in the dephasing functions,
where the signal is a detuning, an angular frequency (hbar = 1).

The fluctuator stays in its high state for a time with mean 1/``rate_down`` and in its
low state with mean 1/``rate_up``. A thermal two-level system is such a fluctuator, its
two rates tied by detailed balance; see :meth:`Fluctuator.thermal`.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from tlsbook.validation import (
    ParameterError,
    finite,
    increasing,
    non_negative,
    positive,
)

__all__ = ["Fluctuator", "Trajectories"]


@dataclass(frozen=True)
class Fluctuator:
    """A two-state fluctuator with unequal rates.

    Parameters
    ----------
    rate_up : float
        w_up > 0, rate of jumps from the low to the high value (1/time).
    rate_down : float
        w_down > 0, rate of jumps from the high to the low value (1/time).
    high, low : float
        The two values of the signal.

    Notes
    -----
    A signal between +1 and -1 with w_up = w_down = g has the correlation exp(-2 g t):
    the relaxation rate is the sum of both rates.

    Examples
    --------
    >>> noise = Fluctuator(rate_up=1.0, rate_down=3.0)
    >>> noise.relaxation_rate, noise.mean, noise.variance
    (4.0, -0.5, 0.75)
    """

    rate_up: float
    rate_down: float
    high: float = 1.0
    low: float = -1.0

    def __post_init__(self):
        for name in ("rate_up", "rate_down"):
            positive(name, getattr(self, name), remedy="a frozen state has no noise")
        for name in ("rate_up", "rate_down", "high", "low"):
            value = finite(name, getattr(self, name))
            if np.ndim(value):
                raise ParameterError(
                    f"{name} must be one number, got an array; use one object for each"
                )
            object.__setattr__(self, name, value)

    @classmethod
    def thermal(cls, splitting, temperature, relaxation_rate, *, high=1.0, low=-1.0):
        """A two-level system in equilibrium: w_up/w_down = exp(-E/T), sum Gamma_1.

        splitting E >= 0 and temperature T > 0 in one unit (k_B = 1); ``high`` belongs
        to the upper level.
        """
        splitting = non_negative("splitting", splitting)
        temperature = positive("temperature", temperature)
        rate = positive("relaxation_rate", relaxation_rate)
        upper = expit(-splitting / temperature)
        return cls(rate * upper, rate * (1 - upper), high, low)

    @property
    def relaxation_rate(self):
        """Gamma = w_up + w_down, decay rate of the correlation."""
        return self.rate_up + self.rate_down

    @property
    def occupation(self):
        """Stationary probability w_up/Gamma of the high state."""
        return self.rate_up / self.relaxation_rate

    @property
    def bias(self):
        """m = (w_up - w_down)/Gamma, mean of a signal between +1 and -1."""
        return (self.rate_up - self.rate_down) / self.relaxation_rate

    @property
    def centre(self):
        """Middle of the two values."""
        return (self.high + self.low) / 2

    @property
    def amplitude(self):
        """a = (high - low)/2, half the height of a jump, with its sign."""
        return (self.high - self.low) / 2

    @property
    def mean(self):
        """Stationary mean of the signal, centre + a m."""
        return self.centre + self.amplitude * self.bias

    @property
    def variance(self):
        """Stationary variance a^2 (1 - m^2) of the signal."""
        share = 4 * self.rate_up * self.rate_down / self.relaxation_rate**2
        return self.amplitude**2 * share

    def correlation(self, times):
        """<dx(t) dx(0)> = variance exp(-Gamma t), t without its sign."""
        times = np.abs(finite("times", times))
        return self.variance * np.exp(-self.relaxation_rate * times)

    def spectrum(self, frequency):
        """Two-sided spectral density over the angular frequency, its mean left out.

        S(w) = 2 variance Gamma/(w^2 + Gamma^2) = Fourier integral of the correlation;
        its integral over dw/2pi is the variance. An analyser shows 2 S(2 pi f).
        """
        frequency = finite("frequency", frequency)
        rate = self.relaxation_rate
        return 2 * self.variance * rate / (frequency**2 + rate**2)

    def _root(self):
        """kappa = sqrt(Gamma^2 - 4 a^2 - 4 i a m Gamma), real part not negative."""
        rate, a = self.relaxation_rate, self.amplitude
        return np.sqrt(complex(rate**2 - 4 * a**2, -4 * a * self.bias * rate))

    def coherence(self, times):
        """Exact <exp(-i int_0^t x dt')> of the stationary signal x, complex.

        With a, m, Gamma and the centre c (two-state model of Kubo and Anderson)::

            exp(-i c t - Gamma t/2) [cosh(k t/2) + (Gamma - 2 i a m) sinh(k t/2)/k],
            k^2 = Gamma^2 - 4 a^2 - 4 i a m Gamma.

        ``times`` >= 0 of any shape; no overflow, no loss at k = 0.
        """
        times = np.asarray(non_negative("times", times))
        rate, root = self.relaxation_rate, self._root()
        slow, fast = np.exp(-self._slow() * times), np.exp(-(rate + root) * times / 2)
        half = root * times / 2
        near = np.abs(half) < 1e-3
        safe = root if root != 0 else 1.0
        # sinh(x)/x by its series where the difference of exponentials loses digits.
        series = np.exp(-rate * times / 2) * times / 2 * (1 + half**2 / 6)
        sine = np.where(near, series, (slow - fast) / (2 * safe))
        weight = rate - 2j * self.amplitude * self.bias
        result = (slow + fast) / 2 + weight * sine
        return (np.exp(-1j * self.centre * times) * result)[()]

    def _slow(self):
        """(Gamma - kappa)/2 without cancellation for small amplitudes."""
        rate, a = self.relaxation_rate, self.amplitude
        return 2 * a * (a + 1j * self.bias * rate) / (rate + self._root())

    def dephasing_rate(self):
        """Decay rate of the coherence at long times, real part of (Gamma - kappa)/2.

        variance/Gamma for a << Gamma (motional narrowing); for a >> Gamma the smaller
        of w_up and w_down: the line of the longer-lived state is the sharper one.
        """
        return float(np.real(self._slow()))

    def gaussian_coherence(self, times):
        """What a Gaussian signal of equal mean and correlation would give.

        exp[-i mean t - (variance/Gamma^2) (Gamma t - 1 + exp(-Gamma t))]; right for
        amplitudes a << Gamma, or at short times.
        """
        times = non_negative("times", times)
        x = self.relaxation_rate * np.asarray(times)
        exponent = self.variance / self.relaxation_rate**2 * (x + np.expm1(-x))
        return np.exp(-1j * self.mean * np.asarray(times) - exponent)

    def line(self, detuning):
        """Normalised absorption line (1/pi) Re int_0^inf dt exp(i w t) coherence(t).

        Motional narrowing in one formula: two lines at ``low`` and ``high`` for slow
        jumps, one at the mean for fast ones. Integral over the detuning: 1.
        """
        w = np.asarray(finite("detuning", detuning)) - self.centre
        rate, a, m = self.relaxation_rate, self.amplitude, self.bias
        # Laplace transform of the coherence at s = -i w.
        s = -1j * w
        transform = (s + rate - 1j * a * m) / (
            s * (s + rate) + a**2 + 1j * a * m * rate
        )
        return np.asarray(transform.real / np.pi)[()]

    def sample(self, rng, duration, size):
        """Draw ``size`` stationary trajectories of length ``duration``; no time step.

        The waiting times are exponential with the rate of the state the fluctuator is
        in: an exact simulation. Returns :class:`Trajectories`.
        """
        duration = positive("duration", duration)
        start = rng.random(size) < self.occupation
        expected = duration * 2 * self.rate_up * self.rate_down / self.relaxation_rate
        block = int(expected + 6 * np.sqrt(expected) + 8)
        block += block % 2  # an even number of jumps ends in the state it began with
        # Rates in the order in which a trajectory meets them.
        first = np.where(start, self.rate_down, self.rate_up)[:, None]
        second = np.where(start, self.rate_up, self.rate_down)[:, None]
        pieces, reached = [], np.zeros((size, 1))
        while np.any(reached < duration):
            waits = rng.standard_exponential((size, block))
            waits[:, 0::2] /= first
            waits[:, 1::2] /= second
            pieces.append(reached + np.cumsum(waits, axis=1))
            reached = pieces[-1][:, -1:]
        return Trajectories(self, start, np.concatenate(pieces, axis=1), duration)


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Trajectories of one fluctuator, given by their jumps.

    ``start`` (shape (size,)) says whether each begins in the high state; ``jumps``
    (shape (size, n), increasing along a row) are the times of the jumps, the last of
    each row beyond ``duration``.
    """

    fluctuator: Fluctuator
    start: np.ndarray = field(repr=False)
    jumps: np.ndarray = field(repr=False)
    duration: float = 0.0

    def _grid(self, times):
        times = np.atleast_1d(non_negative("times", times))
        if times.size > 1:
            increasing("times", times)
        if times[-1] > self.duration:
            raise ParameterError(
                f"times must end before the duration {self.duration:g}, got "
                f"{times[-1]:g}; draw longer trajectories"
            )
        return times

    def values(self, times):
        """Signal at an increasing grid of times, shape (size, len(times))."""
        flips = np.array(
            [np.searchsorted(row, self._grid(times)) for row in self.jumps]
        )
        high = (flips % 2 == 0) == self.start[:, None]
        return np.where(high, self.fluctuator.high, self.fluctuator.low)

    def integrals(self, times):
        """Exact integral of the signal from 0 to each time, shape as in ``values``."""
        times = self._grid(times)
        signs = np.where(self.start, 1.0, -1.0)[:, None]
        edges = np.concatenate([np.zeros((len(self.jumps), 1)), self.jumps], axis=1)
        turns = np.where(np.arange(self.jumps.shape[1]) % 2 == 0, 1.0, -1.0)
        area = np.cumsum(np.diff(edges, axis=1) * turns, axis=1)
        area = np.concatenate([np.zeros((len(area), 1)), area], axis=1)
        # Piecewise linear between the jumps, so interpolation is exact.
        walk = np.array(
            [np.interp(times, e, y) for e, y in zip(edges, area, strict=True)]
        )
        return self.fluctuator.centre * times + self.fluctuator.amplitude * signs * walk

    def coherence(self, times):
        """Mean of exp(-i int_0^t x) over the trajectories, and its standard error."""
        phases = np.exp(-1j * self.integrals(times))
        mean = phases.mean(axis=0)
        spread = np.sqrt(np.maximum(1 - np.abs(mean) ** 2, 0) / len(self.start))
        return mean, spread
