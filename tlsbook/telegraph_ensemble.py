r"""Many telegraph fluctuators at once, summed on a time grid without stepping in time.

The state :math:`n_k(t)` of each fluctuator is 0 or 1. It flips at random times, and
the outputs are sums with free weights,

.. math::

   x_m(t_j)=\sum_k w_{km}\,n_k(t_j),\qquad t_j=j\,\delta t .

Only the flips are drawn (exponential waiting times, exact), so the work goes with
their number and not with fluctuators times steps. One weight a fluctuator gives one
signal, a matrix of weights several signals of the same fluctuators: the total noise of
a film and its local parts, or the levels of several systems with common neighbours.

Units are free: a rate times a time has no unit. A signal between -1 and 1 has the
weight 2, and its mean is taken off. Spectra here are *one-sided and over the ordinary
frequency* f, as an analyser and :func:`scipy.signal.welch` show them: the integral over
f > 0 is the variance. The book's two-sided :math:`S(\omega)` is half of it.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import signal as scipy_signal

from tlsbook.telegraph import Fluctuator
from tlsbook.validation import (
    ParameterError,
    finite,
    increasing,
    non_negative,
    positive,
)

__all__ = [
    "BlockSpectrum",
    "EnsembleSignal",
    "FluctuatorEnsemble",
    "welch_blocks",
    "welch_of_correlation",
]

_CHUNK = 2**19  #: flips held at once; bounds the memory


def _whole(name, value, least):
    if not isinstance(value, int | np.integer) or value < least:
        raise ParameterError(
            f"{name} must be a whole number of at least {least}, got {value!r}"
        )
    return int(value)


@dataclass(frozen=True, eq=False)
class EnsembleSignal:
    """Result of :meth:`FluctuatorEnsemble.simulate`."""

    values: np.ndarray = field(repr=False)  #: (steps,), or (M, steps) for M outputs
    step: float  #: distance of the times
    flips: int  #: how often a fluctuator flipped, all together

    @property
    def times(self):
        """The times 0, step, 2 step, ..."""
        return self.step * np.arange(self.values.shape[-1])


@dataclass(frozen=True, eq=False)
class FluctuatorEnsemble:
    """K independent fluctuators with rates up and down, arrays of shape (K,), > 0.

    >>> ensemble = FluctuatorEnsemble([1.0, 0.02], [3.0, 0.02])
    >>> ensemble.occupation
    array([0.25, 0.5 ])
    >>> record = ensemble.simulate(np.random.default_rng(1), 1000, 0.1)
    >>> record.values.shape
    (1000,)
    """

    rate_up: np.ndarray = field(repr=False)  #: rate of n = 0 to 1
    rate_down: np.ndarray = field(repr=False)  #: rate of n = 1 to 0

    def __post_init__(self):
        for name in ("rate_up", "rate_down"):
            rates = np.atleast_1d(positive(name, getattr(self, name)))
            if rates.ndim > 1:
                raise ParameterError(
                    f"{name} must have one axis, got the shape {rates.shape}; flatten"
                )
            object.__setattr__(self, name, rates)
        if self.rate_up.shape != self.rate_down.shape:
            raise ParameterError(
                f"rate_up and rate_down must have one length, got {self.rate_up.size} "
                f"and {self.rate_down.size}"
            )

    @classmethod
    def symmetric(cls, rates):
        """Equal rates up and down; ``rates`` is how often each flips per time."""
        return cls(rates, rates)

    @classmethod
    def thermal(cls, splitting, temperature, relaxation_rate):
        """Two-level systems in equilibrium, n = 1 the upper level; arrays broadcast.

        As :meth:`tlsbook.telegraph.Fluctuator.thermal`: rate_up/rate_down =
        exp(-E/T), and their sum is the relaxation rate; k_B = 1.
        """
        shapes = np.broadcast_arrays(splitting, temperature, relaxation_rate)
        systems = [
            Fluctuator.thermal(*one)
            for one in zip(*(np.ravel(s) for s in shapes), strict=True)
        ]
        return cls([s.rate_up for s in systems], [s.rate_down for s in systems])

    @property
    def size(self):
        """Number K of fluctuators."""
        return self.rate_up.size

    @property
    def relaxation_rate(self):
        """Gamma = rate_up + rate_down, decay rate of each correlation; 1/tau."""
        return self.rate_up + self.rate_down

    @property
    def occupation(self):
        """Stationary probability of n = 1."""
        return self.rate_up / self.relaxation_rate

    @property
    def variance(self):
        """Variance p (1 - p) of each n."""
        return self.rate_up * self.rate_down / self.relaxation_rate**2

    @property
    def flip_rate(self):
        """Mean number of flips of each per time, 2 up down/Gamma."""
        return 2 * self.variance * self.relaxation_rate

    def _weights(self, weights):
        """Weights as (K, M), and whether the caller gave a matrix."""
        if weights is None:
            return np.ones((self.size, 1)), False
        weights = np.asarray(finite("weights", weights))
        if weights.ndim not in (1, 2) or weights.shape[0] != self.size:
            raise ParameterError(
                f"weights must have the shape ({self.size},) or ({self.size}, M), got "
                f"{weights.shape}"
            )
        return weights.reshape(self.size, -1), weights.ndim == 2

    def mean(self, weights=None):
        """Stationary mean of each output: a number, or shape (M,) for a matrix."""
        matrix, many = self._weights(weights)
        means = self.occupation @ matrix
        return means if many else float(means[0])

    def correlation(self, times, weights=None):
        """Covariance of each output with itself at a distance of ``times``.

        sum_k w_k^2 p_k (1 - p_k) exp(-Gamma_k t); shape of ``times``, with M in front
        for a matrix of weights.
        """
        times = np.abs(np.asarray(finite("times", times)))
        return self._sum(lambda rate: np.exp(-rate * times.ravel()), times, weights)

    def spectrum(self, frequency, weights=None):
        r"""One-sided density over f of each output, a sum of Lorentzians.

        :math:`\sum_k w_k^2p_k(1-p_k)\,4\Gamma_k/[\Gamma_k^2+(2\pi f)^2]`; shape of
        ``frequency``, with M in front for a matrix of weights.
        """
        f = np.asarray(non_negative("frequency", frequency))
        square = (2 * np.pi * f.ravel()) ** 2
        return self._sum(lambda rate: 4 * rate / (rate**2 + square), f, weights)

    def sampled_spectrum(self, frequency, step, weights=None):
        r"""The same for the signal sampled at a distance ``step``, exactly.

        Sampling folds what lies above f = 1/(2 step) back. With a = exp(-Gamma step),
        each Lorentzian turns into :math:`2\,\delta t(1-a^2)/(1+a^2-2a\cos2\pi f\delta
        t)`, for f up to 1/(2 step).
        """
        step = positive("step", step)
        f = np.asarray(non_negative("frequency", frequency))
        half = np.sin(np.pi * f.ravel() * step) ** 2

        def folded(rate):
            a, lost = np.exp(-rate * step), -np.expm1(-rate * step)
            return 2 * step * lost * (1 + a) / (lost**2 + 4 * a * half)

        return self._sum(folded, f, weights)

    def _sum(self, function, shape_of, weights):
        """sum_k w_k^2 variance_k function(Gamma_k), in slices of bounded memory."""
        matrix, many = self._weights(weights)
        square = matrix**2 * self.variance[:, None]
        total = np.zeros((matrix.shape[1], shape_of.size))
        rows = max(1, _CHUNK // max(1, shape_of.size))
        for start in range(0, self.size, rows):
            part = slice(start, start + rows)
            total += square[part].T @ function(self.relaxation_rate[part, None])
        total = total.reshape(-1, *shape_of.shape)
        return total if many else total[0][()]

    def expected_welch(self, step, segment, weights=None):
        """What :func:`welch_blocks` shows on average for this ensemble, exactly.

        Includes what the sampling folds back and what the window of ``segment``
        samples lets through from other frequencies. Returns frequencies and densities.
        """
        segment = _whole("segment", segment, 8)
        lags = np.arange(segment) * positive("step", step)
        return welch_of_correlation(self.correlation(lags, weights), step)

    def simulate(self, rng, steps, step=1.0, weights=None, *, start=None):
        """Draw one record of ``steps`` samples at a distance ``step``, exactly.

        Parameters
        ----------
        rng : numpy.random.Generator
            Seeded source of the random numbers.
        steps : int
            Number of samples, at the times 0, step, ..., (steps - 1) step.
        step : float
            Distance of the samples, any size against 1/rate: flips between two
            samples are drawn too.
        weights : array, optional
            Shape (K,) for one output, (K, M) for M; without: the number with n = 1.
        start : array of bool, optional
            States at the time 0, shape (K,); without: drawn from the stationary law.

        Returns
        -------
        EnsembleSignal
            Values of shape (steps,), or (M, steps) for a matrix of weights.

        Notes
        -----
        The memory is that of the outputs and some ten arrays of 2^19 numbers.
        """
        steps, step = _whole("steps", steps, 2), positive("step", step)
        matrix, many = self._weights(weights)
        start = self._start(rng, start)
        changes = np.zeros((matrix.shape[1], steps))
        changes[:, 0] = start @ matrix
        flips = 0
        for who, when, up in self._flips(rng, (steps - 1) * step, start):
            place = np.minimum(np.ceil(when / step).astype(np.int64), steps - 1)
            sign = np.where(up, 1.0, -1.0)
            for output, weight in zip(changes, matrix.T, strict=True):
                output += np.bincount(place, sign * weight[who], minlength=steps)
            flips += place.size
        np.cumsum(changes, axis=1, out=changes)
        return EnsembleSignal(changes if many else changes[0], step, flips)

    def flip_times(self, rng, duration, *, start=None):
        """Draw every flip between the times 0 and ``duration``, exactly.

        Returns
        -------
        tuple of arrays
            Which fluctuator, when, whether up, one entry a flip and in no order of
            time; then the states at the time 0, shape (K,).
        """
        duration = positive("duration", duration)
        start = self._start(rng, start)
        pieces = list(self._flips(rng, duration, start))
        if not pieces:
            pieces = [(np.zeros(0, dtype=int), np.zeros(0), np.zeros(0, dtype=bool))]
        return (*_joined(pieces), start)

    def _start(self, rng, start):
        if start is None:
            return rng.random(self.size) < self.occupation
        start = np.asarray(start)
        if start.shape != (self.size,) or start.dtype != bool:
            raise ParameterError(
                f"start must be {self.size} times True or False, got {start!r}"
            )
        return start

    def _flips(self, rng, duration, start):
        """Yield arrays (fluctuator, time, is it a flip up), each of bounded length."""
        expected = self.flip_rate * duration
        wanted = _even(expected + 4 * np.sqrt(expected) + 6)
        order = np.argsort(wanted, kind="stable")
        store, held = [], 0
        while order.size:
            # As many as fit, of a similar number of flips: little is drawn in vain.
            room = np.arange(1, order.size + 1) * wanted[order] <= _CHUNK
            count = max(1, int(np.count_nonzero(room)))
            for piece in self._group(rng, order[:count], wanted, duration, start):
                store.append(piece)
                held += piece[0].size
                if held >= _CHUNK:
                    yield _joined(store)
                    store, held = [], 0
            order = order[count:]
        if store:
            yield _joined(store)

    def _group(self, rng, who, wanted, duration, start):
        reached = np.zeros(who.size)
        block = min(int(wanted[who].max()), max(2, _even(_CHUNK // who.size)))
        while who.size:
            up = ~start[who]  # direction of the first flip; blocks are even
            times = rng.standard_exponential((who.size, block))
            first = np.where(up, self.rate_up[who], self.rate_down[who])
            second = np.where(up, self.rate_down[who], self.rate_up[who])
            times[:, 0::2] /= first[:, None]
            times[:, 1::2] /= second[:, None]
            np.cumsum(times, axis=1, out=times)
            times += reached[:, None]
            row, column = np.nonzero(times <= duration)
            yield who[row], times[row, column], up[row] ^ (column % 2 == 1)
            going = times[:, -1] < duration
            who, reached = who[going], times[going, -1]
            # The rest is short: what is missing, not the whole block again.
            block = min(block, max(16, block // 4 * 2))


def _even(number):
    return 2 * (np.asarray(number).astype(np.int64) // 2)


def _joined(store):
    return tuple(np.concatenate(parts) for parts in zip(*store, strict=True))


@dataclass(frozen=True, eq=False)
class BlockSpectrum:
    """Spectra of B independent stretches, and what follows from their scatter."""

    frequency: np.ndarray = field(repr=False)  #: shape (F,)
    estimates: np.ndarray = field(repr=False)  #: shape (B, F), one-sided densities

    @property
    def mean(self):
        """Mean over the stretches, shape (F,)."""
        return self.estimates.mean(axis=0)

    @property
    def error(self):
        """Standard error of the mean from the scatter of the stretches."""
        count = len(self.estimates)
        if count < 2:
            raise ParameterError("error needs at least 2 stretches, got 1; take more")
        return self.estimates.std(axis=0, ddof=1) / np.sqrt(count)

    def bands(self, edges):
        """Means over bands of frequency, ``edges`` increasing; empty bands go.

        Done for each stretch, so that errors stay right for neighbouring frequencies
        that are correlated.
        """
        edges = increasing("edges", edges)
        place = np.digitize(self.frequency, edges)
        used = [i for i in range(1, edges.size) if np.any(place == i)]
        if not used:
            raise ParameterError("edges must enclose a frequency, got none inside")
        return BlockSpectrum(
            np.array([self.frequency[place == i].mean() for i in used]),
            np.stack([self.estimates[:, place == i].mean(axis=1) for i in used], 1),
        )


def welch_of_correlation(covariance, step):
    """What :func:`welch_blocks` shows on average for a given covariance, exactly.

    Parameters
    ----------
    covariance : array
        At the lags 0, step, ..., one value a sample of the segment, shape (..., N). A
        constant that is added changes the two lowest frequencies only.
    step : float
        Distance of the samples.

    Returns
    -------
    tuple of arrays
        Frequencies, shape (N//2 + 1,), and one-sided densities, (..., N//2 + 1).
    """
    covariance = np.asarray(finite("covariance", covariance))
    step = positive("step", step)
    segment = _whole("number of lags", covariance.shape[-1], 8)
    window = scipy_signal.get_window("hann", segment)
    overlap = scipy_signal.correlate(window, window, method="fft")[segment - 1 :]
    seen = overlap / overlap[0] * covariance
    # Both signs of the lag: twice the real part, the lag zero once.
    both = np.fft.rfft(seen, 2 * segment, axis=-1).real[..., ::2] * 2
    density = 2 * step * (both - seen[..., :1])
    density[..., 0] /= 2
    if segment % 2 == 0:
        density[..., -1] /= 2
    return np.fft.rfftfreq(segment, step), density


def welch_blocks(values, step, segment, *, mean=0.0, blocks=8):
    """Welch's estimate of the one-sided spectrum in independent stretches.

    Parameters
    ----------
    values : array
        Shape (steps,) or (R, steps): R independent records of the same noise.
    step : float
        Distance of the samples.
    segment : int
        Samples of one Hann window; windows overlap by half within a stretch.
    mean : float
        True mean of the signal, taken off (:meth:`FluctuatorEnsemble.mean`). A fitted
        mean would bias the lowest frequencies.
    blocks : int
        Stretches of each record, as long as ``segment`` at least.

    Returns
    -------
    BlockSpectrum
        R times ``blocks`` estimates, by :func:`scipy.signal.welch`.
    """
    values = np.atleast_2d(finite("values", values)) - finite("mean", mean)
    step = positive("step", step)
    segment, blocks = _whole("segment", segment, 8), _whole("blocks", blocks, 1)
    length = values.shape[1] // blocks
    if length < segment:
        raise ParameterError(
            f"segment must be at most {length} samples, the length of a stretch, got "
            f"{segment}; take fewer blocks or a longer record"
        )
    stretches = values[:, : length * blocks].reshape(-1, length)
    frequency, density = scipy_signal.welch(
        stretches, 1 / step, "hann", segment, detrend=False
    )
    return BlockSpectrum(frequency, density)
