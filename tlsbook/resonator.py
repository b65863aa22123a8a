r"""Loss and shift of a resonator with two-level systems in part of its volume.

Natural units, ``hbar = k_B = 1``: frequency (angular) and temperature share one unit.
The density of states is flat, or grows as a power mu of the splitting; the systems are
close to equilibrium with a bath, and the relaxation part of the response is left out.
With a time factor exp(-i nu t) and the share F of the electric energy in the host,

.. math::

   \frac{\delta\nu}{\nu}=-\frac F2\,\mathrm{Re}\,\chi,\qquad
   \frac1Q=F\,\mathrm{Im}\,\chi ,

Faoro (26) and (27), the latter with the factor 2 that is missing there.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy.integrate import quad
from scipy.special import digamma, expit

from tlsbook.bloch import ensemble_saturation
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = ["ResonatorHost", "saturation", "spin_response"]


def spin_response(rabi, detuning, rate_1, rate_2):
    r"""In-phase and out-of-phase amplitude of one driven spin over its polarisation.

    .. math::

       \frac am=\frac{\tfrac12\Omega\,(\delta-i\Gamma_2)}
       {\delta^2+\Gamma_2^2+\tfrac14\Omega^2\Gamma_2/\Gamma_1},

    the stationary state of Faoro (23) in the rotating-wave approximation, where
    S_x = Re(a exp(-i nu t)). It is Faoro (29) with half of the printed Omega.

    Parameters
    ----------
    rabi : float or array
        Omega = 2 sin(theta) d.E of Faoro (u18), >= 0; twice the frequency at which the
        population cycles.
    detuning : float or array
        delta, frequency of the field minus splitting with its drift.
    rate_1, rate_2 : float or array
        Relaxation rate and decay rate of the coherence, > 0, in the unit of ``rabi``.

    Returns
    -------
    complex or complex array
        Broadcast shape of the arguments; dimensionless.

    Raises
    ------
    ParameterError
        For a negative coupling or rates that are not positive.
    """
    rate_2 = positive("rate_2", rate_2)
    width = rate_2**2 * (1 + saturation(rabi, rate_1, rate_2))
    top = np.multiply(rabi, 0.5) * (np.asarray(detuning) - 1j * rate_2)
    return top / (np.square(detuning) + width)


def saturation(rabi, rate_1, rate_2):
    """Saturation parameter ``S = Omega^2/(4 Gamma_1 Gamma_2)``, dimensionless.

    Arguments as in :func:`spin_response`. Raises ParameterError for a negative coupling
    or rates that are not positive.
    """
    rates = positive("rate_1", rate_1) * positive("rate_2", rate_2)
    return np.square(non_negative("rabi", rabi)) / (4 * rates)


@dataclass(frozen=True)
class ResonatorHost:
    """Two-level systems in the host of a resonator (hbar = k_B = 1).

    Raises ParameterError for values outside the ranges given.
    """

    #: tan(delta) > 0 at this frequency, zero temperature and in weak field
    loss: float
    filling: float  #: F in (0, 1], share of the electric energy in the host
    frequency: float  #: nu > 0, angular frequency of the resonator
    exponent: float = 0.0  #: mu in [0, 1), power of the density of states, Faoro (9)

    def __post_init__(self):
        positive("loss", self.loss)
        positive("frequency", self.frequency)
        in_interval("filling", self.filling, 0, 1)
        positive("filling", self.filling, remedy="without a host nothing is lost")
        in_interval("exponent", self.exponent, 0, 1, closed="left")
        for field in fields(self):
            if np.ndim(getattr(self, field.name)):
                raise ParameterError(
                    f"{field.name} must be one number, got an array; use a loop"
                )

    def inverse_quality(self, temperature, strength=0.0):
        r"""Inverse internal quality factor by resonant absorption.

        .. math::

           \frac1Q=F\tan\delta\,\frac{\tanh(\nu/2T)}{\sqrt{1+S}}

        for temperatures T > 0 and saturation parameters S = ``strength`` >= 0 that are
        common to all systems (numbers or arrays that broadcast). S is proportional to
        the number of photons. Raises ParameterError outside these ranges. Valid for
        level widths well below the frequency.
        """
        temperature = positive("temperature", temperature)
        thermal = np.tanh(self.frequency / (2 * temperature))
        return self.filling * self.loss * thermal * ensemble_saturation(strength)

    def shift(self, temperature):
        r"""Relative frequency shift from zero temperature to ``temperature`` > 0.

        .. math::

           \frac{\nu(T)-\nu(0)}{\nu}=\frac{F\tan\delta}\pi\,\mathrm P\!\!\int_0^\infty
           \frac{2E}{E^2-\nu^2}\left(\frac E\nu\right)^\mu\frac{dE}{e^{E/T}+1},

        Faoro (36) and (37) with the counter-rotating term, counted from T = 0; for
        mu = 0 the integral is Re psi(1/2 + nu/(2 pi i T)) - ln(nu/(2 pi T)) with the
        digamma function. A number or an array. Systems far from resonance make it, so
        that it does not depend on the power. Raises ParameterError for temperatures
        that are not positive, ConvergenceError if the quadrature fails (mu > 0). Valid
        while T is far below the largest splitting of the ensemble.
        """
        temperature = np.asarray(positive("temperature", temperature))
        ratio = self.frequency / temperature
        if self.exponent:
            bracket = np.vectorize(_thermal_pull, otypes=[float])(ratio, self.exponent)
        else:
            x = ratio / (2 * np.pi)
            bracket = digamma(0.5 - 1j * x).real - np.log(x)
        return (self.filling * self.loss / np.pi * bracket)[()]


def _thermal_pull(ratio, exponent):
    """Principal value in :meth:`ResonatorHost.shift`; ratio = nu/T, e = E/nu."""

    def regular(e):
        return 2 * e ** (1 + exponent) / (e + 1) * expit(-ratio * e)

    # Below, across and above the pole; the outer parts on the scale of T as well.
    parts = [quad(regular, 0.5, 1.5, weight="cauchy", wvar=1.0, epsabs=1e-12)]
    cold, far = 1 / ratio, 60 / ratio
    marks = [edge for edge in (cold, 5 * cold) if 0 < edge < 0.5]
    options = {"epsabs": 1e-12, "limit": 200}
    parts.append(
        quad(lambda e: regular(e) / (e - 1), 0, 0.5, points=marks or None, **options)
    )
    if far > 1.5:
        marks = [edge for edge in (2.0, 5.0, cold, 5 * cold) if 1.5 < edge < far]
        parts.append(
            quad(lambda e: regular(e) / (e - 1), 1.5, far, points=marks, **options)
        )
    values, errors = (sum(column) for column in zip(*parts, strict=True))
    if not errors < 1e-7 * max(abs(values), 1.0):
        raise ConvergenceError(
            f"the thermal shift has the error {errors:.1g} at nu/T = {ratio:.3g}; "
            "keep nu/T between 1e-4 and 1e3"
        )
    return values
