"""Limits, estimates and interpolations of the sound absorbed by two-level systems.

Companion of :mod:`tlsbook.ultrasound`, with its dimensionless variables chi, omega and
theta: the estimates Aleiner (17) and (18) as printed, the exact limits of (15) and (16)
with their constants, and closed formulas that are accurate between the limits.
Arguments broadcast and are refused as in :func:`tlsbook.ultrasound.absorption`; every
result is dimensionless.
"""

import numpy as np
from scipy.special import spence

from tlsbook.ultrasound import (
    broadcast_arguments,
    relaxation_kernel,
    resonant_kernel,
    root_and_artanh,
)
from tlsbook.validation import in_interval

__all__ = [
    "relaxation_fast",
    "relaxation_interpolation",
    "relaxation_printed_estimate",
    "relaxation_slow",
    "resonant_cold_logarithm",
    "resonant_far",
    "resonant_hot",
    "resonant_interpolation",
    "resonant_narrow",
    "resonant_printed_estimate",
]


def _estimate(chi, omega, theta):
    points, shape = broadcast_arguments(chi, omega, theta)
    chi, omega, theta = (p.reshape(shape) if shape else float(p[0]) for p in points)
    return chi, omega, theta, np.maximum(omega, chi * theta)


def relaxation_printed_estimate(chi, omega, theta):
    """F_rel by Aleiner (17) as printed, ``chi min(theta, 1)/max(omega, chi theta)``."""
    chi, _, theta, larger = _estimate(chi, omega, theta)
    return chi / larger * np.minimum(theta, 1)


def resonant_printed_estimate(chi, omega, theta):
    """F_res by Aleiner (18) as printed.

    With ``m = max(omega, chi theta)`` it is ``chi ln(1/m) + omega/max(omega, theta)``
    below m = 1 and ``chi/m^2`` above. The source gives m << 1 and m >> 1; the forms
    meet at 1 here.
    """
    chi, omega, theta, larger = _estimate(chi, omega, theta)
    low = -chi * np.log(larger) + omega / np.maximum(omega, theta)
    return np.where(larger < 1, low, chi / larger**2)[()]


def _saturation(top):
    """Integral of 2y/sinh(2y) over 0 < y < top, with the dilogarithm."""
    # 2y/sinh 2y = 4y sum of exp(-2(2k+1)y); spence(1-z) is the dilogarithm of z.
    bounded = np.minimum(top, 300)
    z = np.exp(-2 * bounded)
    legendre_chi = 0.5 * (spence(1 - z) - spence(1 + z))
    closed = np.pi**2 / 8 - legendre_chi + bounded * np.log(np.tanh(bounded))
    # The closed form cancels for small tops, where two terms of the series are enough.
    return np.where(top < 1e-3, top * (1 - 2 / 9 * top**2), closed)[()]


def relaxation_fast(chi, omega, theta):
    r"""F_rel of Aleiner (16) as printed, to leading order in chi theta/omega.

    .. math:: \frac{\chi\theta}{3\Omega}\int_0^{1/\theta}\frac{2y\,dy}{\sinh2y}

    tends to ``pi^2 chi theta/(24 omega)`` for theta << 1 and ``chi/(3 omega)`` for
    theta >> 1.
    """
    chi, omega, theta, _ = _estimate(chi, omega, theta)
    return chi * theta / (3 * omega) * _saturation(1 / theta)


def relaxation_slow(chi, omega, theta):
    """F_rel of Aleiner (16) as printed for slow sound, ``(pi/4) tanh(1/theta)``.

    Valid for omega << chi theta.
    """
    _, omega, theta, _ = _estimate(chi, omega, theta)
    return np.pi / 4 * np.tanh(1 / theta) * np.ones_like(omega)[()]


def relaxation_interpolation(chi, omega, theta):
    r"""F_rel of Aleiner (16) as printed, closed and exact in both limits of omega.

    .. math::

       \frac12\tanh(1/\theta)\;Q\Bigl(\frac{k\,\Omega}{\chi\theta}\Bigr),\qquad
       k=\tanh(1/\theta)\Big/\int_0^{1/\theta}\frac{2y\,dy}{\sinh2y},

    with Q of :func:`tlsbook.ultrasound.relaxation_kernel`. Never below the integral and
    at most 1.9 % above it, for all arguments.
    """
    chi, omega, theta, _ = _estimate(chi, omega, theta)
    top = np.tanh(1 / theta)
    scale = top / _saturation(1 / theta)
    return 0.5 * top * relaxation_kernel(scale * omega / (chi * theta))


def resonant_narrow(chi, omega, theta):
    """F_res of Aleiner (15) for max(omega, chi theta) << 1 and chi << 1.

    It is ``pi tanh(omega/theta)`` of the undamped resonance plus
    ``(chi/3) ln(1/max(omega, chi theta))`` of its tail; terms of order chi without the
    logarithm are left out.
    """
    chi, omega, theta, larger = _estimate(chi, omega, theta)
    return np.pi * np.tanh(omega / theta) - chi / 3 * np.log(larger)


def resonant_cold_logarithm(chi):
    """Factor ``R(2/chi)/chi`` of ln(1/omega) in F_res for theta << omega << 1.

    It is chi/3 for small chi; R is :func:`tlsbook.ultrasound.resonant_kernel`. ``chi``
    in (0, 1], else ParameterError.
    """
    chi = in_interval("chi", chi, 0, 1, closed="right", remedy="chi is at most 1")
    return resonant_kernel(2 / np.asarray(chi)) / chi


def resonant_far(chi, omega, theta):
    """F_res of Aleiner (15) far above the cut-off, ``chi/(6 omega^2)``.

    Valid for omega >> 1 and omega >> chi theta.
    """
    chi, omega, theta, _ = _estimate(chi, omega, theta)
    return chi / (6 * omega**2) * np.ones_like(theta)[()]


def resonant_hot(chi, omega, theta):
    r"""F_res of Aleiner (15) for chi theta >> max(1, omega), with its logarithm.

    .. math::

       \frac1{\chi\theta^2}\int_0^1dx\,x\,
       \ln\frac{2\chi\theta}{\lvert x-\Omega\rvert},

    which is ``[ln(2 chi theta) + 1/2]/(2 chi theta^2)`` for omega << 1. The relative
    error is of the order of ``max(1, omega)/(chi theta)``.
    """
    chi, omega, theta, _ = _estimate(chi, omega, theta)
    gap = np.abs(1 - omega)
    # xlogy-like: (1 - omega^2) ln|1 - omega| vanishes at omega = 1.
    at_edge = (1 - omega**2) * np.log(np.where(gap > 0, gap, 1))
    mean_log = 0.5 * (at_edge + omega**2 * np.log(omega)) - 0.25 - 0.5 * omega
    return (0.5 * np.log(2 * chi * theta) - mean_log) / (chi * theta**2)


def _kernel_integrals(c):
    """Integrals of R and of c R from 0 to c, in closed form."""
    w, a = root_and_artanh(c)
    whole = (w + 1) * np.log1p(w) - 2  # of ln(w^2 - s^2) over 0 < s < 1
    whole = whole - 1j * c / (w + 1) * (np.log(1j * c) - np.log1p(w))
    second = np.log(1j * c) / 3 + 2 / 3 * (-1 / 3 - w**2 + w**3 * a)  # with s^2
    at_zero = 4 / 3 * np.log(2) - 10 / 9
    return 2 * whole.imag, 2 * ((whole - second).real - at_zero)


def resonant_interpolation(chi, omega, theta):
    """F_res of Aleiner (15) in closed form, the width frozen at the resonance.

    The width ``chi x/tanh(x/theta)`` is taken at ``x = min(omega, 1)``; the rest of the
    double integral is then elementary. Exact for a narrow line, for omega >> 1 and for
    chi theta >> 1; within 19 % for chi in [0.01, 1], omega in [1e-3, 10], theta in
    [1e-2, 10], and within 3 % for chi <= 0.1. Rounding spoils it for omega above 100.
    """
    chi, omega, theta, _ = _estimate(chi, omega, theta)
    x = np.minimum(omega, 1)
    width = chi * x / np.tanh(x / theta)
    # At omega = 1 the upper limit is 0; the smallest number avoids its logarithm.
    ahead = np.maximum(2 * np.abs(1 - omega) / width, 1e-30)
    behind = 2 * omega / width
    first, second = _kernel_integrals(ahead), _kernel_integrals(behind)
    peak = behind * (np.sign(1 - omega) * first[0] + second[0])
    return 0.25 * chi * (peak + first[1] - second[1])
