"""Frequency noise of a resonator from fluctuating two-level systems: Faoro (38)-(44).

Natural units k_B = hbar = 1: frequencies, temperatures, widths and rates in one unit.
A TLS with the splitting E contributes as the square of its shift of the resonator; with
x = E - nu_0, the width W and the density of states P_0 (E/E_max)^mu the sum is ::

    s/P_0 = int_0^E_max dE (E/E_max)^mu tanh(E/2T)^2 x^2/(x^2 + W^2)^2 .

It has two parts. The resonant one, at abs(x) of order W, grows as 1/W; the one of all
thermal TLS does not depend on W. Faoro (40) keeps the first, (43) the second.
"""

import numpy as np
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


#: Gauss rules for the value and for its error; panels; points treated at a time.
_RULES = tuple(np.polynomial.legendre.leggauss(count) for count in (12, 10))
_PANEL, _HALVINGS, _CHUNK = 2.0, 4, 200


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
    narrow the width is; below nu_0/2 it is smooth in ln E, however cold it is. Both
    variables are cut into panels of a length below two, which lie well inside the
    strip where the integrand is analytic. Gauss rules of 10 and 12 nodes on each panel
    give the value and its error; where they differ too much the panels are halved.

    Parameters
    ----------
    frequency, temperature, width : float or array
        nu_0 > 0, below the cut-off; T >= 0, zero means tanh = 1; W > 0, see
        :func:`saturated_width`. Arrays broadcast.
    exponent : float
        mu, 0 <= mu < 1.
    cut_off : float
        E_max, upper limit of the integral.
    rtol : float
        Relative accuracy, from 1e-12 to 0.1.

    Returns
    -------
    float or array
        The broadcast shape of the arrays.

    Raises
    ------
    ParameterError
        For values outside of these ranges.
    ConvergenceError
        When the two rules differ by more than ``rtol`` on the finest panels.
    """
    nu = np.asarray(positive("frequency", frequency))
    temperature = np.asarray(non_negative("temperature", temperature))
    width = np.asarray(positive("width", width))
    mu = _exponent(exponent)
    top = _one("cut_off", cut_off)
    rtol = in_interval("rtol", rtol, 1e-12, 0.1)
    if np.any(top <= nu):
        raise ParameterError(
            f"cut_off must be above the frequency {nu.max():g}, got {top:g}; E_max "
            "ends the band"
        )
    try:
        arrays = np.broadcast_arrays(nu, temperature, width)
    except ValueError:
        raise ParameterError(
            "frequency, temperature and width must have shapes that broadcast, got "
            f"{nu.shape}, {temperature.shape} and {width.shape}; add axes"
        ) from None
    shape = arrays[0].shape
    points = [array.ravel() for array in arrays]
    value = np.empty(points[0].size)
    order = np.argsort(points[2])  # similar widths need the same number of panels
    for first in range(0, value.size, _CHUNK):
        part = order[first : first + _CHUNK]
        value[part] = _converged([one[part] for one in points], mu, top, rtol)
    return value.reshape(shape)[()]


def _converged(points, mu, top, rtol):
    """Value for flat arrays; panels are halved where two rules disagree."""
    value = np.empty(points[0].size)
    todo, panel = np.arange(value.size), _PANEL
    for _ in range(_HALVINGS + 1):
        here = [one[todo] for one in points]
        fine, coarse = (_panels(*here, mu, top, panel, rule) for rule in _RULES)
        value[todo] = fine
        error = np.abs(fine - coarse) / fine
        late = ~(error <= rtol)  # NaN too
        if not late.any():
            return value
        todo, panel = todo[late], panel / 2
    raise ConvergenceError(
        f"the noise integral has the error {np.max(error):.1g}, more than rtol = "
        f"{rtol:g}; ask for less or check the parameters"
    )


def _panels(nu, temperature, width, mu, top, panel, rule):
    """Composite Gauss rule in the three regions, for flat arrays of points."""
    nu, temperature, width = (one[:, None] for one in (nu, temperature, width))

    def weight(energy):
        # T = 0: any large argument makes tanh one.
        with np.errstate(divide="ignore"):
            ratio = energy / (2 * temperature)
        return (energy / top) ** mu * np.tanh(ratio) ** 2

    def near(sign):
        def integrand(u):
            ratio = np.sinh(u)
            square = ratio**2
            energy = np.maximum(nu + sign * width * ratio, 0.0)
            fall = 1 + square
            return weight(energy) * square / (fall * np.sqrt(fall) * width)

        return integrand

    def below(log_energy):
        energy = np.exp(log_energy)
        x = nu - energy
        return energy * weight(energy) * x**2 / (x**2 + width**2) ** 2

    # Below the start, E^mu (E/2T)^2 or, for T = 0, E^mu times nu_0^2/(nu_0^2 + W^2)^2.
    warm = temperature > 0
    start = np.where(warm, 1e-3 * np.minimum(nu, 2 * temperature), 1e-7 * nu)
    tail = weight(start) * start / (1 + mu + 2 * warm) * nu**2 / (nu**2 + width**2) ** 2
    total = tail[:, 0]
    zero = np.zeros_like(nu)
    for integrand, low, high in (
        (near(1), zero, np.arcsinh((top - nu) / width)),
        (near(-1), zero, np.arcsinh(nu / (2 * width))),
        (below, np.log(start), np.log(nu / 2)),
    ):
        length = high - low
        count = int(np.ceil(np.max(length) / panel))
        nodes, masses = rule
        place = (np.arange(count)[:, None] + (1 + nodes) / 2).ravel() / count
        mass = np.tile(masses / (2 * count), count)
        total = total + length[:, 0] * (integrand(low + length * place) @ mass)
    return total


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
