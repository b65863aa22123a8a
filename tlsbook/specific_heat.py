"""Specific heat of two-level systems and of conduction electrons.

Aleiner, Altshuler, Galperin and Shutenko (2001), equations (7)-(9), with exact numbers.

Natural units k_B = hbar = 1 except in :class:`FreeElectronMetal`, the SI edge. Specific
heats are per volume and carry the unit of the densities ``n_tls`` and ``n_e``; multiply
by ``scipy.constants.k`` for J/(K m^3).

A TLS of splitting E holds the heat ``(E/2T)^2 sech^2(E/2T)``. Splittings are flat up to
the cut-off, and the number of TLS that follow within the time of the measurement is
``n_tls`` times the p-integral of the density (2) of the source.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import constants
from scipy.integrate import quad_vec
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.special import bernoulli, factorial, spence

from tlsbook import materials
from tlsbook.distributions import tunnelling_logarithm
from tlsbook.occupation import sech_squared
from tlsbook.relaxation import population_rate
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    non_negative,
    positive,
)

__all__ = [
    "FreeElectronMetal",
    "HeatFit",
    "electron_heat",
    "fit_heat",
    "heat_after",
    "one_tls_heat",
    "ratio_to_electrons",
    "scaling_function",
    "shortest_relaxation_time",
    "tls_heat",
    "waiting_logarithm",
]

# Below x = 1 the closed form of the scaling function loses digits: series instead.
# u^2 sech^2(u) has the radius of convergence pi/2; at u = 1/2 twenty terms are exact.
_SERIES_BELOW = 1.0
_N = np.arange(1, 21)
_SERIES = (
    4.0**_N
    * (4.0**_N - 1)
    * bernoulli(40)[2 * _N]
    * (2 * _N - 1)
    / (factorial(2 * _N) * (2 * _N + 1))
)
# Splittings above 80 T hold less than 1e-30 of the heat.
_U_MAX = 40.0


def one_tls_heat(splitting, temperature):
    """Heat ``(E/2T)^2 sech^2(E/2T)`` of one TLS in units of k_B (k_B = 1); broadcasts.

    Raises ParameterError unless ``splitting >= 0`` and ``temperature > 0``.
    """
    temperature = positive("temperature", temperature)
    u = non_negative("splitting", splitting) / (2 * temperature)
    return u**2 * sech_squared(u)


def scaling_function(x):
    r"""Scaling function f of Aleiner (8): heat of flat splittings up to a cut-off.

    With q = exp(-x), and a power series below x = 1, it is

    .. math::

       f(x)&=2\int_0^{x/2}\frac{u^2\,du}{\cosh^2u}\\
       &=\frac{\pi^2}6+2\,\mathrm{Li}_2(-q)-2x\ln(1+q)-\frac{x^2q}{1+q}.

    f = x^3/12 for small x and pi^2/6 for large x. ``x`` is E*/T >= 0 of any shape.
    Raises ParameterError for negative x.
    """
    x = np.asarray(non_negative("x", x))
    q = np.exp(-x)
    closed = np.pi**2 / 6 + 2 * spence(1 + q) - 2 * x * np.log1p(q)
    closed = closed - x**2 * q / (1 + q)
    half = np.minimum(x, _SERIES_BELOW)[..., None] / 2
    series = 2 * (_SERIES * half ** (2 * _N + 1)).sum(axis=-1)
    return np.where(x < _SERIES_BELOW, series, closed)[()]


def shortest_relaxation_time(splitting, temperature, rate_constant):
    """Population relaxation time ``tanh(E/2T)/(g0 E)`` of a TLS with p = 1 (hbar = 1).

    ``rate_constant`` g0 is chi for the rate 2 Gamma with Gamma of Aleiner (11) as
    printed. Splitting, temperature and constant positive, else ParameterError; arrays
    broadcast.
    """
    splitting = positive("splitting", splitting)
    rate_constant = positive("rate_constant", rate_constant)
    return 1 / population_rate(splitting, temperature, rate_constant)


def waiting_logarithm(t_exp, tau_min):
    """Logarithm ``L = ln(t_exp/tau_min)`` of the source.

    Raises ParameterError unless ``t_exp > tau_min > 0``; arrays broadcast.
    """
    tau_min = positive("tau_min", tau_min)
    t_exp = positive("t_exp", t_exp)
    if np.any(np.asarray(t_exp) <= tau_min):
        raise ParameterError(
            f"t_exp must be longer than tau_min, got {t_exp!r} and {tau_min!r}; "
            "a measurement shorter than tau_min sees no TLS follow"
        )
    return np.log(t_exp / tau_min)


def tls_heat(temperature, n_tls, cut_off, followers):
    """TLS specific heat, ``n_T (T/E*) f(E*/T)`` times ``followers``, Aleiner (8).

    ``followers`` is the p-integral, :func:`tlsbook.distributions.tunnelling_logarithm`
    at the smallest p that follows, about ``(L + ln 4)/2``; the source writes L in its
    place. The cut-off in p is the same for all splittings; else see :func:`heat_after`.
    Arrays broadcast, k_B = 1. Raises ParameterError for wrong signs.
    """
    temperature = positive("temperature", temperature)
    n_tls = non_negative("n_tls", n_tls)
    cut_off = positive("cut_off", cut_off)
    followers = non_negative("followers", followers)
    scaled = scaling_function(cut_off / temperature)
    return n_tls * temperature / cut_off * scaled * followers


def electron_heat(temperature, n_e, fermi_energy):
    """Sommerfeld heat ``pi^2 n_e T/(2 eps_F)`` of free electrons (k_B = 1).

    Valid for T << eps_F; arrays broadcast. Raises ParameterError for wrong signs.
    """
    temperature = positive("temperature", temperature)
    n_e = non_negative("n_e", n_e)
    return np.pi**2 * n_e * temperature / (2 * positive("fermi_energy", fermi_energy))


def ratio_to_electrons(temperature, cut_off, tau_in, chi, followers):
    """Ratio C_T/C_e with n_T/n_e from Aleiner (5): the exact counterpart of (9).

    It is ``3/(4 pi chi E* tau_in)`` times ``followers f(E*/T)`` (k_B = hbar = 1); below
    the cut-off this is ``(pi/16) (L + ln 4)/(chi E* tau_in)`` for
    ``followers = (L + ln 4)/2``. Arrays broadcast. Raises ParameterError for wrong
    signs.
    """
    cut_off = positive("cut_off", cut_off)
    product = positive("chi", chi) * cut_off * positive("tau_in", tau_in)
    scaled = scaling_function(cut_off / positive("temperature", temperature))
    followers = non_negative("followers", followers)
    return 3 / (4 * np.pi * product) * followers * scaled


def heat_after(time, temperature, n_tls, cut_off, rate_constant, *, epsrel=1e-9):
    r"""TLS specific heat seen within ``time`` when slower TLS do not follow.

    With k_B = hbar = 1,

    .. math::

       \frac{n_T}{E^*}\int_0^{E^*}dE\,\frac{(E/2T)^2}{\cosh^2(E/2T)}\,
       \mathrm{arccosh}\frac1{\sqrt{p_{min}(E)}},\qquad
       p_{min}=\frac{\tanh(E/2T)}{g_0E\,\mathrm{time}},

    where p_min comes from :func:`shortest_relaxation_time` with g0 = ``rate_constant``,
    and splittings with p_min >= 1 give nothing; ``n_tls`` and ``cut_off`` are n_T and
    E* as in :func:`tls_heat`. ``time`` and ``temperature`` broadcast. Raises
    ParameterError, and ConvergenceError if the quadrature misses ``epsrel``.
    """
    time, temperature = np.broadcast_arrays(
        positive("time", time), positive("temperature", temperature)
    )
    n_tls = non_negative("n_tls", n_tls)
    cut_off = positive("cut_off", cut_off)
    top = np.minimum(cut_off / temperature, 2 * _U_MAX)

    def integrand(s):
        splitting = top * s * temperature
        slowest = shortest_relaxation_time(splitting, temperature, rate_constant) / time
        heat = one_tls_heat(splitting, temperature)
        return top * heat * tunnelling_logarithm(np.minimum(slowest, 1.0))

    # The integrand vanishes like s^2: below the lower limit lies 1e-24 of the whole.
    value, error = quad_vec(integrand, 1e-8, 1, epsrel=epsrel, norm="max")
    if error > 10 * epsrel * np.max(np.abs(value)):
        raise ConvergenceError(
            f"heat_after: quadrature error {error:.1e} exceeds epsrel = {epsrel:g}; "
            "take a longer time or a larger epsrel"
        )
    return (n_tls * temperature / cut_off * value)[()]


@dataclass(frozen=True)
class HeatFit:
    """Result of :func:`fit_heat`; errors are one standard deviation, relative."""

    slope: float  #: electronic C/T [heat per temperature squared]
    tls_slope: float  #: n_T followers/E* in the unit of ``slope``
    cut_off: float  #: E* in the unit of temperature
    relative_errors: tuple  #: of the three numbers above


def fit_heat(temperatures, heat, relative_error, guess):
    """Fit ``C = T [slope + tls_slope f(E*/T)]``, f from :func:`scaling_function`.

    Weighted least squares in the logarithms, so that all three stay positive. Only the
    product ``n_T * followers`` can be found.

    Parameters
    ----------
    temperatures : array
        One-dimensional, four points or more, > 0.
    heat : array
        C > 0, one value for each temperature.
    relative_error : float
        Standard deviation of every value over itself, > 0.
    guess : tuple of floats
        First values of slope, tls_slope, cut_off, all > 0.

    Returns
    -------
    HeatFit
        The three numbers and their errors.

    Raises
    ------
    ParameterError
        On bad input.
    ConvergenceError
        If the fit fails.
    """
    temperatures = positive("temperatures", temperatures)
    heat = positive("heat", heat)
    relative_error = positive("relative_error", relative_error)
    if np.ndim(heat) != 1 or np.shape(heat) != np.shape(temperatures) or len(heat) < 4:
        raise ParameterError(
            "heat must be a one-dimensional array of four points or more, shaped like "
            f"temperatures, got {np.shape(heat)} and {np.shape(temperatures)}"
        )

    def model(t, slope, tls_slope, cut_off):
        scaled = scaling_function(np.exp(cut_off) / t)
        return np.log(t * (np.exp(slope) + np.exp(tls_slope) * scaled))

    start = np.log(positive("guess", np.asarray(guess)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", OptimizeWarning)
            best, covariance = curve_fit(
                model,
                temperatures,
                np.log(heat),
                p0=start,
                sigma=np.full(len(heat), relative_error),
                absolute_sigma=True,
            )
    except (RuntimeError, OptimizeWarning) as failure:
        raise ConvergenceError(
            f"fit_heat: {failure}; give a better guess, or data on both sides of the "
            "cut-off, without which the three numbers are not fixed"
        ) from None
    errors = np.sqrt(np.diag(covariance))
    return HeatFit(*(float(v) for v in np.exp(best)), tuple(float(e) for e in errors))


@dataclass(frozen=True)
class FreeElectronMetal:
    """Free electrons of one density, in SI; bad density raises ParameterError."""

    density: float  #: n_e [1/m^3]

    def __post_init__(self):
        object.__setattr__(self, "density", positive("density", self.density))

    @classmethod
    def from_fermi_energy(cls, electron_volt):
        """Metal whose Fermi energy is ``electron_volt`` [eV]."""
        energy = positive("electron_volt", electron_volt) * constants.e
        k_fermi = np.sqrt(2 * constants.m_e * energy) / constants.hbar
        return cls(k_fermi**3 / (3 * np.pi**2))

    @classmethod
    def of(cls, name):
        """Metal with the electron density of :func:`tlsbook.materials.get`."""
        return cls(materials.get(name).electron_density.value)

    @property
    def k_fermi(self):
        """Fermi wave number ``(3 pi^2 n_e)^(1/3)`` [1/m]."""
        return (3 * np.pi**2 * self.density) ** (1 / 3)

    @property
    def v_fermi(self):
        """Fermi velocity ``hbar k_F/m_e`` [m/s]."""
        return constants.hbar * self.k_fermi / constants.m_e

    @property
    def fermi_energy(self):
        """Fermi energy ``hbar k_F v_F/2`` [eV]."""
        return constants.hbar * self.k_fermi * self.v_fermi / (2 * constants.e)

    @property
    def sommerfeld(self):
        """Electronic C/T [J/(K^2 m^3)]."""
        kelvin = self.fermi_energy * constants.e / constants.k
        return constants.k * electron_heat(1.0, self.density, kelvin)
