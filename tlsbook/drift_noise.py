r"""Frequency noise of a resonator whose two-level systems drift, exactly.

The levels of a flat density of states drift because thermal fluctuators around each of
them switch. With the width W of the line, a level at the distance x from the resonator
responds as R(x) = x/(x^2 + W^2). Two facts make the noise of all levels elementary:

* summed over the levels, the responses at two times depend on the drift D between
  them only, int dx R(x) R(x + D) = 2 pi W/(4 W^2 + D^2);
* over random places in three dimensions, D has a Lorentzian distribution. Its width is
  Gamma_f [1 - q(t)] with the width Gamma_f of the whole drift and the share q(t) of
  the states remembered after t.

So the correlation is pi/(2 W + Gamma_f [1 - q(t)]), for any number of strong
fluctuators a TLS and for telegraph signals. Faoro (38), (39) count one fluctuator of
infinite strength instead. hbar = k_B = 1; energies in one unit, times in another.
"""

import numpy as np
from scipy.special import exp1, gamma, zeta

from tlsbook.validation import (
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = [
    "DIPOLE_ANGLES",
    "drift_correlation",
    "drifting_share",
    "log_slope",
    "remembered_share",
    "response_overlap",
    "thermal_moment",
]

#: Mean of abs(d.d' - 3 (r.d)(r.d')) over directions, 1/2 + arsinh(sqrt 3)/(4 sqrt 3).
DIPOLE_ANGLES = 0.5 + np.arcsinh(np.sqrt(3)) / (4 * np.sqrt(3))


def response_overlap(drift, width):
    """Sum over levels of R at two times, 2 pi W/(4 W^2 + D^2); an inverse energy.

    drift D: any real number or array; width W > 0.
    """
    width = np.asarray(positive("width", width))
    return (2 * np.pi * width / (4 * width**2 + np.square(drift)))[()]


def drift_correlation(width, drift_width, remembered):
    """Sum over levels of R(0) R(t), averaged: pi/(2 W + Gamma_f [1 - q]).

    Parameters
    ----------
    width : float or array
        W > 0, width of the line with saturation.
    drift_width : float or array
        Gamma_f >= 0, width of the distribution of the whole drift.
    remembered : float or array
        q in [0, 1]: 1 at t = 0, zero after a long time. What is left then does not
        fluctuate.

    Returns
    -------
    float or array
        An inverse energy.
    """
    width = np.asarray(positive("width", width))
    drift_width = np.asarray(non_negative("drift_width", drift_width))
    lost = 1 - np.asarray(in_interval("remembered", remembered, 0.0, 1.0))
    return (np.pi / (2 * width + drift_width * lost))[()]


def drifting_share(width, drift_width):
    """Share of the sum of squares that fluctuates, Gamma_f/(2 W + Gamma_f)."""
    width = np.asarray(positive("width", width))
    drift_width = np.asarray(non_negative("drift_width", drift_width))
    return (drift_width / (2 * width + drift_width))[()]


def remembered_share(times, slowest, fastest):
    """Mean of exp(-Gamma t) over rates with the density 1/Gamma between both ends.

    [E_1(Gamma_min t) - E_1(Gamma_max t)]/ln(Gamma_max/Gamma_min), shape of ``times``;
    Gamma is the sum of the rates up and down.
    """
    times = np.asarray(non_negative("times", times))
    slowest, fastest = _rates(slowest, fastest)
    logarithm = np.log(fastest / slowest)
    safe = np.where(times > 0, times, 1 / slowest)
    with np.errstate(under="ignore"):
        share = (exp1(slowest * safe) - exp1(fastest * safe)) / logarithm
    return np.where(times > 0, share, 1.0)[()]


def _rates(slowest, fastest):
    slowest, fastest = positive("slowest", slowest), positive("fastest", fastest)
    if fastest <= slowest:
        raise ParameterError(
            f"fastest must exceed slowest = {slowest:g}, got {fastest:g}; order the "
            "rates"
        )
    return slowest, fastest


def thermal_moment(exponent):
    """Integral of x^mu/cosh(x/2)^2 over x > 0, 4 Gamma(1+mu) eta(mu); 2 for mu = 0.

    x = E/T of the fluctuators; eta is Dirichlet's function.
    """
    mu = in_interval("exponent", exponent, 0.0, 1.0, closed="left")
    mu = np.asarray(mu)
    return (4 * gamma(1 + mu) * (1 - 2 ** (1 - mu)) * zeta(mu))[()]


def log_slope(width, drift_width, remembered):
    """Power of W in the noise, -4 W/(2 W + Gamma_f [1 - q]), at a fixed time scale.

    The noise at f goes as Gamma_f/(2 W + Gamma_f [1 - q])^2, the slope of the
    correlation in ln t, with q at t of order 1/(2 pi f).
    """
    width = np.asarray(positive("width", width))
    total = np.pi / drift_correlation(width, drift_width, remembered)
    return (-4 * width / total)[()]
