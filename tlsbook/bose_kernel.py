"""Matsubara sums with a bosonic kernel, done by FFT.

For fermion frequencies eps_n = (2n + 1) pi T, n = 0 ... N-1, and a kernel Lambda at the
Bose frequencies 2 pi m T, even in m: sums over all n' of functions even or odd in the
frequency become, folded to n' >= 0, ``sum [Lambda(n-n') +- Lambda(n+n'+1)] y_n'``. Both
are convolutions. The zero Bose frequency is left out: it stands for elastic scattering,
which neither the gap nor the transition temperature feels.
"""

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from tlsbook.validation import ParameterError

__all__ = ["BoseKernel"]


class BoseKernel:
    """Lambda at the Bose frequencies of one temperature, and products with it.

    Parameters
    ----------
    kernel : callable
        Lambda(omega), 1/energy, for an array of omega >= 0.
    temperature : float
        T > 0.
    size : int
        Number N of fermion frequencies.

    Raises
    ------
    ParameterError
        If the kernel is not finite and positive.
    """

    def __init__(self, kernel, temperature, size):
        self.size = size
        omega = 2 * np.pi * temperature * np.arange(2 * size + 1)
        #: Lambda_m, m = 0 ... 2N.
        self.values = np.asarray(kernel(omega), dtype=float)
        if not (np.isfinite(self.values).all() and self.values[1] > 0):
            raise ParameterError(
                "the kernel must be finite and positive at the Bose frequencies; a TLS "
                "population with more excited than ground states pairs nothing"
            )
        inner = self.values[:size].copy()
        inner[0] = 0.0
        #: sum of Lambda_k over 0 < |k| <= n: what sgn(eps) picks up.
        self.loss = 2 * np.cumsum(inner)
        self._length = next_fast_len(3 * size)
        circle = np.zeros(self._length)
        circle[:size] = inner
        circle[-size + 1 :] = inner[:0:-1]
        mirror = np.zeros(self._length)
        mirror[: 2 * size - 1] = self.values[1 : 2 * size]
        self._direct, self._mirror = rfft(circle), rfft(mirror)

    def even(self, y):
        """sum_n' [Lambda(n-n') + Lambda(n+n'+1)] y_n' without Lambda(0)."""
        spectrum = rfft(y, self._length)
        return self._back(self._direct * spectrum + self._mirror * np.conj(spectrum))

    def odd(self, y):
        """sum_n' [Lambda(n-n') - Lambda(n+n'+1)] y_n' without Lambda(0)."""
        spectrum = rfft(y, self._length)
        return self._back(self._direct * spectrum - self._mirror * np.conj(spectrum))

    def _back(self, spectrum):
        return irfft(spectrum, self._length)[: self.size]
