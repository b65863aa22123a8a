r"""Cut-off E* and cross section chi from measured attenuation of sound.

Natural units, ``hbar = k_B = 1``: frequencies, temperatures and E* are energies in one
unit (:func:`read_table` turns Hz and K into kelvin).

A sound of deformation amplitude a carries an energy flux proportional to the square of
a, so that the attenuation is the absorbed power over this square times a constant of
the sample and mode. By Aleiner (13)-(16)

.. math::

   \alpha(\omega,T)=\mathrm{scale}\cdot\Omega\,F(\chi,\Omega,\theta),\qquad
   \Omega=\omega/E^*,\quad\theta=2T/E^*.

The scale (density of systems, deformation potential, geometry) is unknown and is fitted
along; E* and chi sit in the shape of F. Only the logarithms matter, and the parameters
are ln chi, ln E*, ln scale.

The chi of this module is the one in the rate (11) as printed, which (15) and (16)
inherit; the cross section of the electrons is pi/4 of it, see
:func:`tlsbook.relaxation.linewidth`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.constants import h, k
from scipy.special import ellipe, ellipkm1

from tlsbook import ultrasound
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    finite,
    in_interval,
    non_negative,
    positive,
)

__all__ = [
    "TEMPLATE",
    "AttenuationData",
    "AttenuationFit",
    "ExpectedErrors",
    "attenuation",
    "expected_errors",
    "fit",
    "read_table",
    "saturated_fraction",
    "synthetic",
]

PARTS = ("both", "relaxation")
_RTOL = 1e-7
_MAX_CALLS = 200  # a minimum that is not flat takes some 30

#: Header and one row of the table :func:`read_table` reads; the columns are
#: ``frequency_Hz``, ``temperature_K``, ``attenuation``, ``relative_error``.
#:
#: :meta hide-value:
TEMPLATE = """frequency_Hz,temperature_K,attenuation,relative_error
1.0e8,0.050,1.00,0.03
"""


@dataclass(frozen=True)
class AttenuationData:
    """Measured points: four arrays of one length, made one-dimensional."""

    frequency: np.ndarray  #: hbar omega > 0, in the unit of the temperature
    temperature: np.ndarray  #: k_B T > 0
    attenuation: np.ndarray  #: > 0, any unit (dB/cm, 1/Q, ...)
    relative_error: np.ndarray  #: standard deviation over the value, in (0, 1)

    def __post_init__(self):
        names = ("frequency", "temperature", "attenuation", "relative_error")
        arrays = [np.atleast_1d(positive(n, getattr(self, n))).ravel() for n in names]
        in_interval("relative_error", arrays[3], 0, 1, closed="neither")
        sizes = {a.size for a in arrays}
        if len(sizes) != 1:
            raise ParameterError(
                "the four columns must have one length, got "
                f"{[a.size for a in arrays]}; give a value for every point"
            )
        for name, array in zip(names, arrays, strict=True):
            object.__setattr__(self, name, array)


def attenuation(
    frequency, temperature, chi, cut_off, scale, *, parts="both", rtol=_RTOL
):
    """Model of the attenuation, ``scale * Omega * F`` of Aleiner (13)-(16).

    The relaxation part has twice the weight of Aleiner (14)-(16) as printed, which is
    right for the perturbation of (10); see :data:`tlsbook.ultrasound.WEIGHTS`. Raises
    ParameterError for values out of range, and ConvergenceError if an integral does not
    reach ``rtol``.

    Parameters
    ----------
    frequency, temperature, cut_off : float or array
        Energy > 0, in one unit. The first five arguments broadcast.
    chi : float or array
        Cross section in (0, 1].
    scale : float or array
        Positive, in the unit of the attenuation, which is that of the result.
    parts : str
        ``"both"``, or ``"relaxation"`` for sound that has saturated the resonant part.
    rtol : float
        Relative accuracy of the two integrals.
    """
    _known_parts(parts)
    frequency = positive("frequency", frequency)
    temperature = positive("temperature", temperature)
    cut_off = positive("cut_off", cut_off)
    scale = positive("scale", scale)
    omega, theta = frequency / cut_off, 2 * temperature / cut_off
    weights = ultrasound.WEIGHTS["full"]
    value = weights[1] * ultrasound.relaxation(chi, omega, theta, rtol=rtol)
    if parts == "both":
        value = value + weights[0] * ultrasound.resonant(chi, omega, theta, rtol=rtol)
    return scale * omega * value


def _known_parts(parts):
    if parts not in PARTS:
        raise ParameterError(
            f"parts must be one of {PARTS}, got {parts!r}; the resonant part alone can "
            "only be had as a difference"
        )


def synthetic(
    rng, frequency, temperature, chi, cut_off, scale, relative_error, *, parts="both"
):
    """Noisy :class:`AttenuationData` on the grid frequency x temperature.

    ``rng`` is a :class:`numpy.random.Generator`; ``frequency`` and ``temperature`` are
    the one-dimensional axes of the grid. The noise is Gaussian in the logarithm with
    standard deviation ``relative_error``, one number in (0, 1). The rest, and what is
    raised, is as in :func:`attenuation`.
    """
    relative_error = in_interval(
        "relative_error", relative_error, 0, 1, closed="neither"
    )
    omega, t = np.meshgrid(frequency, temperature, indexing="ij")
    exact = attenuation(omega, t, chi, cut_off, scale, parts=parts)
    noisy = exact * np.exp(relative_error * rng.standard_normal(exact.shape))
    return AttenuationData(omega, t, noisy, np.full(exact.shape, relative_error))


@dataclass(frozen=True)
class ExpectedErrors:
    """What data of a given design can tell, before any is taken."""

    #: Standard deviations of (ln chi, ln E*, ln scale), shape (3,); infinite if a
    #: combination of the three does not show in the data at all.
    log_errors: np.ndarray
    correlation: np.ndarray  #: their correlation matrix, shape (3, 3) (NaN then)
    weakest: np.ndarray  #: unit vector of the combination the data know least, (3,)
    weakest_error: float  #: its standard deviation


def expected_errors(
    frequency, temperature, chi, cut_off, relative_error, *, parts="both", step=1e-3
):
    """Errors of (ln chi, ln E*, ln scale) to be expected on a grid of measurements.

    From the Fisher information :math:`J^TJ/s^2`, where s is the relative error and J
    holds the derivatives of ln alpha by central differences in the logarithms. Lower
    bound for any unbiased estimate; close to what :func:`fit` reaches while the errors
    are small against 1. Returns :class:`ExpectedErrors`; raises like
    :func:`attenuation`.

    Parameters
    ----------
    frequency, temperature : array
        Axes of the grid, energies > 0.
    chi : float
        In (0, 1); the errors are wanted at this point.
    cut_off : float
        E* > 0.
    relative_error : float
        Standard deviation of every point over its value, in (0, 1).
    parts : str
        As in :func:`attenuation`.
    step : float
        Size of the differences, in (0, 0.1).
    """
    step = in_interval("step", step, 0, 0.1, closed="neither")
    in_interval("chi", chi, 0, np.exp(-step), closed="neither", remedy="take chi < 1")
    noise = in_interval("relative_error", relative_error, 0, 1, closed="neither")
    omega, t = (a.ravel() for a in np.meshgrid(frequency, temperature, indexing="ij"))

    def model(log_chi, log_cut):
        return np.log(
            attenuation(omega, t, np.exp(log_chi), np.exp(log_cut), 1, parts=parts)
        )

    x, y = np.log(chi), np.log(cut_off)
    by_chi = (model(x + step, y) - model(x - step, y)) / (2 * step)
    by_cut = (model(x, y + step) - model(x, y - step)) / (2 * step)
    jacobian = np.column_stack([by_chi, by_cut, np.ones_like(by_chi)]) / noise
    _, singular, rows = np.linalg.svd(jacobian, full_matrices=False)
    if len(singular) < 3 or singular[-1] < 1e-6 * singular[0]:
        blank = np.full((3, 3), np.nan)
        return ExpectedErrors(np.full(3, np.inf), blank, rows[-1], np.inf)
    scaled = rows / singular[:, None]
    covariance = scaled.T @ scaled
    errors = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(errors, errors)
    return ExpectedErrors(errors, correlation, rows[-1], float(1 / singular[-1]))


@dataclass(frozen=True)
class AttenuationFit:
    """Result of :func:`fit`."""

    chi: float  #: best cross section
    cut_off: float  #: best E*, in the unit of the temperature
    scale: float  #: best scale, in the unit of the attenuation
    log_errors: np.ndarray  #: standard deviations of (ln chi, ln E*, ln scale)
    correlation: np.ndarray  #: their correlation matrix, shape (3, 3)
    chi_square: float  #: weighted sum of squares
    freedom: int  #: number of degrees of freedom
    #: Least rise of chi_square when ln chi or ln E* is moved by two of its standard
    #: deviations, up or down, and the rest refitted; 4 for a parabola. Much less means
    #: that the data only bound the parameter from one side.
    rise: float

    def determined(self, limit=0.5):
        """Whether chi and E* are known: log_errors below ``limit`` and rise above 2.

        False where the covariance promises more than the data hold.
        """
        return bool(np.all(self.log_errors[:2] < limit) and self.rise > 2)


def fit(data, *, parts="both"):
    """Fit chi, E* and the scale by least squares in ln alpha: :class:`AttenuationFit`.

    A coarse grid over chi and E* (the scale follows from the mean) starts lmfit's
    Levenberg-Marquardt, so no guess is needed. Errors are those of the covariance at
    the minimum for the given errors of the data, not rescaled by the misfit; they are
    meaningless where chi ends at its bound 1.

    Parameters
    ----------
    data : AttenuationData
        Four points or more.
    parts : str
        As in :func:`attenuation`.

    Raises
    ------
    ImportError
        Without lmfit.
    ParameterError
        For fewer than four points.
    ConvergenceError
        If the minimum is flat in some direction, so that no errors can be given: then
        the design of the measurement does not determine the parameters, see
        :func:`expected_errors`.
    """
    try:
        import lmfit
    except ImportError as error:
        raise ImportError(
            "fitting needs lmfit, which the extra `fit` brings: "
            "pip install 'tlsbook[fit]'"
        ) from error
    _known_parts(parts)
    if data.attenuation.size < 4:
        raise ParameterError(
            f"a fit of three parameters needs four points or more, got "
            f"{data.attenuation.size}; measure more"
        )

    # Beyond these nothing depends on E* any more; they keep F inside its range.
    limits = [data.temperature.min() * np.exp(-10), data.temperature.max() * np.exp(10)]

    def residual(values):
        chi, cut_off, scale = (np.exp(values[name].value) for name in _NAMES)
        chi, cut_off = np.clip(chi, 1e-6, 1), np.clip(cut_off, *limits)
        model = attenuation(
            data.frequency, data.temperature, chi, cut_off, scale, parts=parts
        )
        return np.log(model / data.attenuation) / data.relative_error

    def minimise(values):
        return lmfit.minimize(
            residual, values, scale_covar=False, epsfcn=1e-6, max_nfev=_MAX_CALLS
        )

    values = lmfit.Parameters()
    for name, start, top in zip(_NAMES, _start(data, parts), _TOP, strict=True):
        values.add(name, value=start, max=top)
    result = minimise(values)
    covariance = getattr(result, "covar", None)
    if not result.success or covariance is None or not np.all(np.diag(covariance) > 0):
        raise ConvergenceError(
            "the data do not determine chi, E* and the scale together; add "
            "temperatures on both sides of E* and frequencies on both sides of chi T"
        )
    best = [float(np.exp(result.params[name].value)) for name in _NAMES]
    errors = np.sqrt(np.diag(covariance))
    return AttenuationFit(
        *best,
        errors,
        covariance / np.outer(errors, errors),
        float(result.chisqr),
        int(result.nfree),
        _least_rise(minimise, result, errors),
    )


def _least_rise(minimise, result, errors):
    """Least rise of chi^2 two standard deviations away in ln chi and ln E*."""
    rises = []
    for name, error, top in zip(_NAMES[:2], errors, _TOP, strict=False):
        for side in (-2, 2):
            values = result.params.copy()
            # Beyond a factor e^8 nothing changes any more, and F may leave its range.
            moved = values[name].value + side * min(error, 4.0)
            if moved >= top:
                continue
            values[name].set(value=moved, vary=False)
            rises.append(minimise(values).chisqr - result.chisqr)
    return float(min(rises))


_NAMES = ("log_chi", "log_cut_off", "log_scale")
_TOP = (0.0, np.inf, np.inf)


def _start(data, parts):
    """Best point of a coarse grid; the scale of each point is its weighted mean."""
    log_chi = np.linspace(np.log(1e-3), np.log(0.7), 9)
    span = np.log([data.temperature.min() / 3, data.temperature.max() * 3])
    log_cut = np.linspace(*span, 13)
    chi, cut = (
        g.ravel()[:, None] for g in np.meshgrid(np.exp(log_chi), np.exp(log_cut))
    )
    model = attenuation(
        data.frequency, data.temperature, chi, cut, 1.0, parts=parts, rtol=1e-3
    )
    gap = np.log(data.attenuation / model)
    weight = data.relative_error**-2
    scale = (gap * weight).sum(axis=1) / weight.sum()
    best = np.argmin((weight * (gap - scale[:, None]) ** 2).sum(axis=1))
    return float(np.log(chi[best, 0])), float(np.log(cut[best, 0])), float(scale[best])


def saturated_fraction(strength):
    r"""Resonant absorption of an ensemble relative to weak sound, in (0, 1].

    Flat density in E around omega and the p-distribution of Aleiner (2); both rates
    proportional to p, ``1/T1 = 2 p Gamma_1`` and ``1/T2 = p Gamma_1``. One system
    saturates with ``S = s/p``, ``s = a^2/(2 Gamma_1^2)``; integrating the detuning
    leaves ``1/sqrt(1 + s/p)``, and the average over p is, with ``m = 1/(1+s)``,

    .. math::

       \int_0^1\frac{dp}{2\sqrt{1-p}}\sqrt{\frac{p}{p+s}}
       =\frac{E(m)-(1-m)K(m)}{\sqrt m},

    complete elliptic integrals of parameter m; ``pi/(4 sqrt(s))`` for large s.

    ``strength`` is s >= 0 without a unit, a number or an array; the result has its
    shape. Raises ParameterError for negative s.
    """
    s = np.asarray(non_negative("strength", strength))
    m = 1 / (1 + s)
    # Below m = 1e-3 the difference loses digits; the series is exact to 1e-14 there.
    series = np.pi / 4 * m * (1 + m / 8 + 3 * m**2 / 64 + 25 * m**3 / 1024)
    rest = np.where(s > 0, s, 1.0) * m
    exact = ellipe(m) - np.where(s > 0, rest * ellipkm1(rest), 0.0)
    value = np.where(m < 1e-3, series, exact) / np.sqrt(m)
    return float(value) if value.ndim == 0 else value


def read_table(source):
    """Read a comma-separated table with the header of :data:`TEMPLATE`.

    ``source`` is a file name or an open text file. Frequencies in Hz become ``h f/k_B``
    in kelvin. Returns :class:`AttenuationData`; raises ParameterError if the columns
    are not those of the template or a value is out of range.
    """
    table = np.genfromtxt(source, delimiter=",", names=True, dtype=float)
    wanted = tuple(TEMPLATE.splitlines()[0].split(","))
    if table.dtype.names != wanted:
        raise ParameterError(
            f"the columns must be {', '.join(wanted)}, got {table.dtype.names}; "
            "start from TEMPLATE"
        )
    columns = [np.atleast_1d(finite(name, table[name])) for name in wanted]
    return AttenuationData(h * columns[0] / k, *columns[1:])
