"""Frequency noise of a resonator from fluctuating two-level systems: Faoro (38)-(44).

Natural units k_B = hbar = 1: frequencies, temperatures, widths and rates in one unit.
A TLS with the splitting E contributes as the square of its shift of the resonator; with
x = E - nu_0, the width W and the density of states P_0 (E/E_max)^mu the sum is ::

    s/P_0 = int_0^E_max dE (E/E_max)^mu tanh(E/2T)^2 x^2/(x^2 + W^2)^2 .

It has two parts. The resonant one, at abs(x) of order W, grows as 1/W; the one of all
thermal TLS does not depend on W. Faoro (40) keeps the first, (43) the second.
"""

import numpy as np
from scipy.integrate import quad
from scipy.special import gamma, zeta

from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = [
    "critical_field",
    "crossover_temperature",
    "noise_integral",
    "orientation_average",
    "resonant_part",
    "saturated_width",
    "switching_spectrum",
    "thermal_constant",
    "thermal_part",
]


def _one(name, value, check=positive):
    value = check(name, value)
    if np.ndim(value):
        raise ParameterError(f"{name} must be one number, got an array; use a loop")
    return float(value)


def _exponent(value):
    value = in_interval(
        "exponent", value, 0.0, 1.0, closed="left", remedy="mu is a small power"
    )
    return _one("exponent", value, non_negative)


def noise_integral(frequency, temperature, width, exponent, cut_off, *, rtol=1e-9):
    """Faoro (39) over P_0: the sum of squared responses, in 1/energy.

    With E = nu_0 +- W sinh(u) the integrand is smooth on the scale of u, however
    narrow the width is.

    Parameters
    ----------
    frequency : float
        nu_0 > 0, below the cut-off.
    temperature : float
        T >= 0; zero means tanh = 1.
    width : float
        W > 0, :func:`saturated_width`.
    exponent : float
        mu, 0 <= mu < 1.
    cut_off : float
        E_max, upper limit of the integral.
    rtol : float
        Relative accuracy, from 1e-12 to 0.1.

    Raises
    ------
    ParameterError
        For values outside of these ranges.
    ConvergenceError
        When the quadrature does not reach ``rtol``.
    """
    nu = _one("frequency", frequency)
    temperature = _one("temperature", temperature, non_negative)
    width = _one("width", width)
    mu = _exponent(exponent)
    top = _one("cut_off", cut_off)
    rtol = in_interval("rtol", rtol, 1e-12, 0.1)
    if top <= nu:
        raise ParameterError(
            f"cut_off must be above the frequency {nu}, got {top}; E_max ends the band"
        )

    def integrand(u, sign):
        energy = max(nu + sign * width * np.sinh(u), 0.0)
        weight = (energy / top) ** mu
        if temperature:
            weight *= np.tanh(energy / (2 * temperature)) ** 2
        return weight * np.tanh(u) ** 2 / np.cosh(u)

    total = error = 0.0
    for sign, length in ((-1, nu), (1, top - nu)):
        end = np.arcsinh(length / width)
        # Where the integrand changes: the resonance, the frequency, the temperature.
        marks = np.arcsinh(np.array([width, nu, 2 * temperature, 9 * nu]) / width)
        inside = sorted({float(m) for m in marks if 0 < m < end})
        part, bound = quad(
            integrand,
            0,
            end,
            args=(sign,),
            points=inside or None,
            limit=400,
            epsabs=0,
            epsrel=rtol / 10,
        )[:2]
        total, error = total + part, error + bound
    if not error <= rtol * total:
        raise ConvergenceError(
            f"the noise integral has the error {error / total:.1g}, more than rtol = "
            f"{rtol}; ask for less or check the parameters"
        )
    return total / width


def resonant_part(frequency, temperature, width, exponent, cut_off):
    """Part of TLS in resonance: (pi/2W)(nu_0/E_max)^mu tanh(nu_0/2T)^2.

    The limit W << nu_0, T of :func:`noise_integral` as long as it exceeds
    :func:`thermal_part`. Faoro (40) has no pi/2 and is for T << nu_0, where tanh is 1.
    Arrays broadcast; temperature > 0.
    """
    nu = np.asarray(positive("frequency", frequency))
    temperature = np.asarray(positive("temperature", temperature))
    width = np.asarray(positive("width", width))
    top = np.asarray(positive("cut_off", cut_off))
    thermal = np.tanh(nu / (2 * temperature)) ** 2
    return (np.pi / (2 * width) * (nu / top) ** _exponent(exponent) * thermal)[()]


def thermal_constant(exponent):
    """Return c of Faoro (43): int_0^inf x^(mu-2) tanh(x/2)^2 dx, for 0 <= mu < 1.

    4 (2^(3-mu) - 1) Gamma(mu-1) zeta(mu-2), by reflection of zeta free of its 0/0;
    7 zeta(3)/pi^2 for mu = 0, and 1/(1-mu) near mu = 1.
    """
    mu = _exponent(exponent)
    reflected = gamma(3 - mu) * zeta(3 - mu) * np.sinc(mu / 2) * np.pi / 2
    powers = (2 ** (3 - mu) - 1) * 2**mu * np.pi ** (mu - 3)
    return powers * gamma(1 + mu) * reflected / (1 - mu)


def thermal_part(temperature, exponent, cut_off):
    """Faoro (43) over P_0: c T^(mu-1)/E_max^mu, from all TLS with E of order T.

    For E_max >> T >> nu_0; it lacks :func:`resonant_part`, which is larger below
    :func:`crossover_temperature`. Arrays broadcast.
    """
    temperature = np.asarray(positive("temperature", temperature))
    top = np.asarray(positive("cut_off", cut_off))
    mu = _exponent(exponent)
    return (thermal_constant(mu) * temperature ** (mu - 1) / top**mu)[()]


def crossover_temperature(frequency, width, exponent):
    """Temperature at which both parts are equal, for W << nu_0.

    (T/nu_0)^(1+mu) = pi nu_0/(8 c W), from the limits for T >> nu_0. The width is the
    one at this temperature.
    """
    nu = np.asarray(positive("frequency", frequency))
    width = np.asarray(positive("width", width))
    mu = _exponent(exponent)
    ratio = np.pi * nu / (8 * thermal_constant(mu) * width)
    return (nu * ratio ** (1 / (1 + mu)))[()]


def saturated_width(dephasing, relaxation, drive):
    """Width in Faoro (39): W^2 = Gamma_2^2 + Omega^2 Gamma_2/Gamma_1, as printed.

    The Bloch equations of the source give Omega^2/4 instead of Omega^2. Arrays
    broadcast; drive is Omega >= 0.
    """
    dephasing = np.asarray(positive("dephasing", dephasing))
    relaxation = np.asarray(positive("relaxation", relaxation))
    drive = np.asarray(non_negative("drive", drive))
    return np.hypot(dephasing, drive * np.sqrt(dephasing / relaxation))[()]


def critical_field(dephasing, relaxation, moment):
    """Faoro (41): sqrt(Gamma_1 Gamma_2)/(2 d), with d = <d_0 abs(sin theta)>.

    In units of energy over moment; arrays broadcast.
    """
    dephasing = np.asarray(positive("dephasing", dephasing))
    relaxation = np.asarray(positive("relaxation", relaxation))
    moment = np.asarray(positive("moment", moment))
    return (np.sqrt(dephasing) * np.sqrt(relaxation) / (2 * moment))[()]


def orientation_average(exponent):
    """Mean of 4 sin(theta)^4 cos(beta)^4: 8/(5 (3+mu)); 8/15 for mu = 0.

    sin(theta) = Delta_0/E from Faoro (9), normalised so that the mean of sin(theta)^2
    is one; beta is the angle between an isotropic dipole and the field.
    """
    return 8 / (5 * (3 + _exponent(exponent)))


def switching_spectrum(frequency, slowest, fastest):
    """Mean of 4 gamma/(4 gamma^2 + omega^2) over rates with the density 1/gamma.

    The rates lie between slowest and fastest, normalised to one fluctuator. Two-sided
    spectrum of a correlation exp(-2 gamma t) in angular frequency:
    pi/(omega ln(fastest/slowest)) between 2 slowest and 2 fastest.
    """
    omega = np.asarray(positive("frequency", frequency))
    slowest = _one("slowest", slowest)
    fastest = _one("fastest", fastest)
    if fastest <= slowest:
        raise ParameterError(
            f"fastest must exceed slowest = {slowest}, got {fastest}; order the rates"
        )
    angle = np.arctan2(
        2 * (fastest - slowest) * omega, omega**2 + 4 * slowest * fastest
    )
    return (2 * angle / (omega * np.log(fastest / slowest)))[()]
