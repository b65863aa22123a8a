r"""Sound absorbed by an ensemble of two-level systems that electrons relax.

Dimensionless frequency and temperature are :math:`\Omega=\hbar\omega/E^*` and
:math:`\theta=2T/E^*`, Aleiner (13), with the cut-off :math:`E^*` of the splittings;
:math:`\chi\le1` is the electronic cross section in units of 4 pi/k_F^2. Natural
units, :math:`k_B=\hbar=1`. The two double integrals, Aleiner (15) and (16), have their
:math:`p`-integrals in closed form here; what is left is

.. math::

   F_{res}&=\int_0^1\frac{dx}{\chi x}\tanh^2(x/\theta)\,R(c),\qquad
   c=\frac{2\lvert x-\Omega\rvert}{\chi x}\tanh(x/\theta),

   F_{rel}&=\frac12\int_0^{1/\theta}\frac{dy}{\cosh^2y}\,Q(c),\qquad
   c=\frac{\Omega}{\chi\theta}\,\frac{\tanh y}{y},

with :func:`resonant_kernel` :math:`R` and :func:`relaxation_kernel` :math:`Q`. Limits
and estimates are in :mod:`tlsbook.ultrasound_limits`. The integrals are tested for
:math:`10^{-6}\le\chi\le1` and :math:`10^{-6}\le\Omega,\theta\le10^{6}`.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.integrate import trapezoid
from scipy.special import expit

from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    finite,
    in_interval,
    positive,
)

__all__ = [
    "WEIGHTS",
    "Absorption",
    "SoundEnsemble",
    "absorption",
    "power_density",
    "relaxation",
    "relaxation_kernel",
    "resonant",
    "resonant_kernel",
    "total",
]

#: Weights of (F_res, F_rel), both as printed in Aleiner (15) and (16), in the sum F of
#: Aleiner (14), for the convention of the sound's amplitude a:
#:
#: * ``"printed"``: the sum as printed in (14);
#: * ``"full"``: the perturbation ``a cos(wt) sigma_z`` that the golden rule (10) is
#:   made with; the power of the relaxing level splitting ``2 a sqrt(1-p) cos(wt)`` is
#:   then 4 times (12), and (16) as printed is 2 times the average of (12);
#: * ``"half"``: ``Delta -> Delta + a cos(wt)`` with the 1/2 of Hamiltonian (1) kept.
WEIGHTS = {"printed": (1.0, 1.0), "full": (1.0, 2.0), "half": (0.25, 0.5)}

# Beyond this argument the kernels are summed as series in 1/c^2: their closed forms
# lose digits there in proportion to c.
_SERIES_FROM = 8.0
_TERMS = 10
_CHUNK = 500_000  # array elements held at once
_LEVELS = 8
_REFINE = 0.75  # ratio of consecutive steps
_MOST_Y = 20.0  # 1/cosh^2 has dropped below 2e-17 there


def _moments(count):
    """Integrals of (1-s^2)^n over 0 < s < 1 for n = 0 ... count-1."""
    n = np.arange(1, count)
    return np.concatenate([[1.0], np.cumprod(2 * n / (2 * n + 1))])


_J = _moments(2 * _TERMS + 1)
_SIGNS = (-1.0) ** np.arange(_TERMS)
_R_SERIES = 2 * _SIGNS * _J[1::2]
_Q_SERIES = 2 * _SIGNS * (_J[:-1:2] - _J[1::2])


def root_and_artanh(c):
    """Return w = sqrt(1+ic) and artanh(1/w), the latter free of cancellation."""
    w = np.sqrt(1 + 1j * c)
    # artanh(1/w) = ln[(w+1)/(w-1)]/2 with w-1 = ic/(w+1).
    return w, np.log1p(w) - 0.5 * np.log(c) - 0.25j * np.pi


def _kernel(c, closed, series, power):
    c = np.asarray(c, dtype=float)
    out = np.empty_like(c)
    near = c <= _SERIES_FROM
    out[near] = closed(c[near])
    inverse = 1 / c[~near]
    out[~near] = inverse**power * np.polynomial.polynomial.polyval(inverse**2, series)
    return out if out.ndim else float(out)


def resonant_kernel(c):
    r"""Kernel R(c), the p-integral of Aleiner (15) in closed form.

    .. math::

       R=\int_0^1\frac{p\,dp}{\sqrt{1-p}\,(p^2+c^2)}
       =2\,\mathrm{Re}\,w^{-1}\,\mathrm{artanh}\,w^{-1},\qquad w=\sqrt{1+ic},

    tends to ``ln(4/c)`` for small and to ``4/(3 c^2)`` for large c. Relative accuracy
    1e-13 for every ``c`` > 0, dimensionless, of any shape; else raises ParameterError.
    """
    return _resonant_kernel(positive("c", c))


def _resonant_kernel(c):
    def closed(c):
        w, a = root_and_artanh(c)
        return 2 * (a / w).real

    return _kernel(c, closed, _R_SERIES, 2)


def relaxation_kernel(c):
    r"""Kernel Q(c), the p-integral of Aleiner (16) in closed form.

    .. math::

       Q=c\int_0^1\frac{\sqrt{1-p}\,dp}{p^2+c^2}
       =-2\,\mathrm{Im}\,w\,\mathrm{artanh}\,w^{-1},\qquad w=\sqrt{1+ic},

    tends to ``pi/2`` for small and to ``2/(3 c)`` for large c. The rest is as for R.
    """
    return _relaxation_kernel(positive("c", c))


def _relaxation_kernel(c):
    def closed(c):
        w, a = root_and_artanh(c)
        return -2 * (w * a).imag

    return _kernel(c, closed, _Q_SERIES, 1)


def broadcast_arguments(chi, omega, theta):
    """Validate and broadcast; return three flat arrays and the common shape."""
    chi = in_interval(
        "chi (cross section in units of 4 pi/k_F^2)",
        chi,
        0,
        1,
        closed="right",
        remedy="the inelastic cross section lies above 0 and at most at 4 pi/k_F^2",
    )
    omega = positive("omega (hbar omega/E*)", omega, remedy="give a frequency above 0")
    theta = positive("theta (2T/E*)", theta, remedy="give a temperature above 0")
    try:
        arrays = np.broadcast_arrays(chi, omega, theta)
    except ValueError:
        raise ParameterError(
            f"chi, omega and theta must broadcast, got shapes {np.shape(chi)}, "
            f"{np.shape(omega)}, {np.shape(theta)}; add axes with np.newaxis"
        ) from None
    return [a.ravel() for a in arrays], arrays[0].shape


def _trapezoid_in_s(integrand, low, high, step):
    """Integrate over s from low to high (one range a point) by the trapezoidal rule.

    The integrand has died out at both ends and is analytic in a strip, so the rule
    converges exponentially in 1/step.
    """
    count = int(np.ceil((high - low).max() / step)) + 1
    width = ((high - low) / (count - 1))[:, None]
    return (
        trapezoid(integrand(low[:, None] + width * np.arange(count)), axis=1)
        * (width[:, 0])
    )


def _density(chi, theta, x, distance):
    """Integrand of F_res over x; ``distance`` is |x - omega| without cancellation."""
    t = np.tanh(x / theta)
    return t**2 / (chi * x) * _resonant_kernel(2 * distance * t / (chi * x))


def _below(chi, omega, theta, step, cut):
    """Part of F_res from x < omega: x = U/(1+e^s), U = min(omega, 1).

    The map stretches the narrow peak, the logarithm at its top and the scale theta
    alike. Beyond exp(-cut) of the peak's width the tails are dropped.
    """
    upper = np.minimum(omega, 1)
    width = 0.5 * chi * upper / np.tanh(upper / theta)
    gap, low = omega - upper, np.minimum(np.log(width / upper), 0) - cut
    chi, theta, upper, gap = (a[:, None] for a in (chi, theta, upper, gap))

    def integrand(s):
        from_top, x = upper * expit(s), upper * expit(-s)
        return _density(chi, theta, x, gap + from_top) * x * from_top / upper

    # x times the density falls like x^2 towards x = 0.
    high = np.full(low.size, 0.5 * cut + 1)
    return _trapezoid_in_s(integrand, low, high, step)


def _above(chi, omega, theta, step, cut):
    """Part of F_res from omega < x < 1: x = omega + (1-omega)/(1+e^-s)."""
    span = 1 - omega
    width = 0.5 * chi * omega / np.tanh(omega / theta)
    low = np.minimum(np.log(width / span), 0) - cut
    chi, omega, theta, span = (a[:, None] for a in (chi, omega, theta, span))

    def integrand(s):
        distance = span * expit(s)
        return _density(chi, theta, omega + distance, distance) * distance * expit(-s)

    return _trapezoid_in_s(integrand, low, np.full(low.size, cut), step)


def _resonant_level(points, level, rtol):
    # Singularities lie at |Im s| >= pi/2: the error of a step h is exp(-pi^2/h). Each
    # level also moves the cuts, so that the change shows what the tails hold.
    step = np.pi**2 / (np.log(1 / rtol) + 1.5) * _REFINE**level
    cut = np.log(1 / rtol) + 4 + 4 * level
    value = _below(*points, step, cut)
    inside = points[1] < 1
    if inside.any():
        value[inside] += _above(*(p[inside] for p in points), step, cut)
    return value


@cache
def _gauss(count):
    return np.polynomial.legendre.leggauss(count)


def _relaxation_once(chi, omega, theta, count):
    """F_rel with ``count`` Gauss nodes on the part of the y axis that matters."""
    nodes, weights = _gauss(count)
    most = np.minimum(1 / theta, _MOST_Y)[:, None]
    y = 0.5 * most * (1 + nodes)
    ratio = (omega / (chi * theta))[:, None]
    kernel = _relaxation_kernel(ratio * np.tanh(y) / y)
    return 0.25 * most[:, 0] * ((kernel / np.cosh(y) ** 2) @ weights)


def _relaxation_level(points, level, rtol):
    count = 6 + 1.4 * np.log(1 / rtol)
    return _relaxation_once(*points, int(np.ceil(count / _REFINE**level)))


def _refine(once, points, rtol, name):
    """Refine each point until two levels agree; return the finer and the change."""
    value = once(points, 0, rtol)
    error = np.full_like(value, np.inf)
    active = np.arange(value.size)
    for level in range(1, _LEVELS):
        finer = once([p[active] for p in points], level, rtol)
        # The change shows the error of the coarser level. Two levels may agree by
        # accident, hence the floor; the last term is rounding.
        change = np.abs(finer - value[active])
        error[active] = np.maximum(change, 0.05 * rtol * finer) + 5e-14 * finer
        value[active] = finer
        active = active[~(error[active] <= rtol * finer)]
        if not active.size:
            return value, error
    worst = active[0]
    chi, omega, theta = (float(p[worst]) for p in points)
    raise ConvergenceError(
        f"{name} did not reach rtol={rtol:g} at chi={chi:g}, omega={omega:g}, "
        f"theta={theta:g} (change {error[worst]:.1e} of {value[worst]:.3e}); "
        "ask for a larger rtol"
    )


def _evaluate(once, chi, omega, theta, rtol, name):
    rtol = in_interval("rtol", rtol, 1e-12, 1e-2, remedy="1e-10 is the default")
    points, shape = broadcast_arguments(chi, omega, theta)
    size = max(_CHUNK // 400, 1)
    parts = [
        _refine(once, [p[i : i + size] for p in points], rtol, name)
        for i in range(0, points[0].size, size)
    ]
    joined = [
        np.concatenate(column).reshape(shape) for column in zip(*parts, strict=True)
    ]
    return tuple(a if shape else float(a) for a in joined)


@dataclass(frozen=True)
class Absorption:
    """Both parts of F as printed in Aleiner (15), (16), with bounds of their errors.

    All fields are dimensionless and have the common shape of the arguments. The errors
    are absolute: the change under the last refinement, or a twentieth of what was asked
    for if that is more (two levels may agree by accident); upper estimates.
    """

    resonant: float | np.ndarray  #: F_res of Aleiner (15)
    relaxation: float | np.ndarray  #: F_rel of Aleiner (16)
    resonant_error: float | np.ndarray  #: upper estimate of its absolute error
    relaxation_error: float | np.ndarray  #: upper estimate of its absolute error

    def total(self, convention="printed"):
        """F of Aleiner (14) with the weights of a convention of :data:`WEIGHTS`."""
        first, second = _weights(convention)
        return first * self.resonant + second * self.relaxation

    def total_error(self, convention="printed"):
        """Sum of the absolute errors of both parts, weighted alike."""
        first, second = _weights(convention)
        return first * self.resonant_error + second * self.relaxation_error


def _weights(convention):
    if convention not in WEIGHTS:
        raise ParameterError(
            f"convention must be one of {sorted(WEIGHTS)}, got {convention!r}; "
            "see tlsbook.ultrasound.WEIGHTS"
        )
    return WEIGHTS[convention]


def absorption(chi, omega, theta, *, rtol=1e-10):
    """Both parts of the dimensionless absorption with their errors: Aleiner (15), (16).

    Returns :class:`Absorption`. Raises ParameterError for arguments out of range and
    ConvergenceError if a point does not reach ``rtol``.

    Parameters
    ----------
    chi : float or array
        Cross section in (0, 1]. The first three broadcast; all are dimensionless.
    omega : float or array
        hbar omega/E* > 0.
    theta : float or array
        2T/E* > 0.
    rtol : float
        Relative accuracy asked for, in [1e-12, 1e-2].
    """
    res, res_error = _evaluate(_resonant_level, chi, omega, theta, rtol, "F_res")
    rel, rel_error = _evaluate(_relaxation_level, chi, omega, theta, rtol, "F_rel")
    return Absorption(res, rel, res_error, rel_error)


def resonant(chi, omega, theta, *, rtol=1e-10):
    """Resonant part F_res of Aleiner (15), with the arguments of :func:`absorption`."""
    return _evaluate(_resonant_level, chi, omega, theta, rtol, "F_res")[0]


def relaxation(chi, omega, theta, *, rtol=1e-10):
    """Relaxation part F_rel of Aleiner (16) as printed.

    Twice what (11) and (12) average to. Arguments and errors as in :func:`absorption`.
    """
    return _evaluate(_relaxation_level, chi, omega, theta, rtol, "F_rel")[0]


def total(chi, omega, theta, *, convention="printed", rtol=1e-10):
    """Absorption F of Aleiner (14): sum of both parts, weighted by :data:`WEIGHTS`.

    The default adds (15) and (16) as printed. The sum is right with ``"full"`` if the
    sound adds ``a cos(wt) sigma_z`` to the Hamiltonian, with ``"half"`` if it adds half
    of that. Arguments and errors as in :func:`absorption`.
    """
    _weights(convention)
    return absorption(chi, omega, theta, rtol=rtol).total(convention)


@dataclass(frozen=True)
class SoundEnsemble:
    """Two-level systems with flat splittings up to a cut-off, Aleiner (2)."""

    chi: float  #: cross section in units of 4 pi/k_F^2, in (0, 1]
    density: float  #: n_T > 0, one over a volume
    cut_off: float  #: E* > 0, an energy

    def __post_init__(self):
        in_interval("chi", self.chi, 0, 1, closed="right", remedy="chi is at most 1")
        positive("density", self.density, remedy="give n_T per volume")
        positive("cut_off", self.cut_off, remedy="give E* as an energy")


def power_density(
    ensemble, amplitude, frequency, temperature, *, convention="printed", rtol=1e-10
):
    """Power dissipated per volume, W of Aleiner (14), in units with hbar = k_B = 1.

    ``amplitude`` is a, any finite energy; ``frequency`` omega > 0 and ``temperature`` T
    > 0 are energies as well. Everything broadcasts. Unit of the result: density times
    energy squared (divide by hbar in a system of units that keeps it). ``ensemble`` is
    a :class:`SoundEnsemble`. Raises like :func:`total`.
    """
    amplitude = finite("amplitude", amplitude, remedy="give an energy")
    frequency = positive("frequency", frequency, remedy="give hbar omega as an energy")
    temperature = positive("temperature", temperature, remedy="give k_B T as an energy")
    omega = frequency / ensemble.cut_off
    theta = 2 * temperature / ensemble.cut_off
    factor = total(ensemble.chi, omega, theta, convention=convention, rtol=rtol)
    return 0.5 * ensemble.density * amplitude**2 * omega * factor
