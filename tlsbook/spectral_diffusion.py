"""Line width of a two-level system (TLS) amid thermal TLS that flip: Faoro (16)-(21).

Natural units k_B = hbar = 1: energies, temperatures and rates in one unit, the strength
of the interaction in that unit times a volume. A neighbour at the distance r shifts the
level by +-a, half a jump, ``a = A/r^3``; with Faoro (11) ``A = 2 U_0 Delta/E``. As
``dr^3 = A da/a^2``, neighbours of one kind with the density n give ::

    sum over k of Gamma_2(a_k)  ->  n (4 pi/3) A w(E/T)

whatever their relaxation rate, because a position average has no other scale. The
weight w depends on what is averaged: :func:`limits_weight` for both limits of Faoro
(16), :func:`long_time_weight` for the exact telegraph signal at long times, and
:func:`static_weight` for neighbours that do not flip while the coherence lasts.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gamma, gammaln, i0e, i1e, zeta

from tlsbook import phonons
from tlsbook.tunnelling_models import GeneralisedTunnellingModel
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    finite,
    in_interval,
    non_negative,
    positive,
)

__all__ = [
    "ThermalEnvironment",
    "dephasing_constant",
    "free_decay_weight",
    "layer_logarithm",
    "layer_share",
    "limits_rate",
    "limits_weight",
    "long_time_weight",
    "static_weight",
    "telegraph_rate",
]

_SPHERE = 4 * np.pi / 3
#: Thermal weights are below 1e-12 beyond this E/T.
_COLD = 60.0
#: Below this power the Dirichlet beta function is expanded at one.
_SMALL_POWER = 1e-4


def limits_rate(shift, relaxation_rate):
    """Faoro (16), its limits joined where they meet: min(u^2/Gamma_1, Gamma_1).

    shift u >= 0 (root mean square) and relaxation_rate Gamma_1 > 0; arrays broadcast.
    """
    shift = np.asarray(non_negative("shift", shift))
    rate = np.asarray(positive("relaxation_rate", relaxation_rate))
    return np.minimum(shift**2 / rate, rate)[()]


def telegraph_rate(amplitude, relaxation_rate, bias):
    """Exact decay rate at long times for arrays, Re (Gamma - kappa)/2.

    kappa^2 = Gamma^2 - 4 a^2 - 4 i a m Gamma: what
    :meth:`tlsbook.telegraph.Fluctuator.dephasing_rate` gives for one fluctuator.

    Parameters
    ----------
    amplitude : float or array
        a >= 0, half of the jump.
    relaxation_rate : float or array
        Gamma > 0.
    bias : float or array
        m in [-1, 1]; -tanh(E/2T) for a thermal TLS.
    """
    a = np.asarray(non_negative("amplitude", amplitude))
    rate = np.asarray(positive("relaxation_rate", relaxation_rate))
    m = np.asarray(in_interval("bias", bias, -1.0, 1.0))
    root = np.sqrt(rate**2 - 4 * a**2 - 4j * a * m * rate)
    return np.real(2 * a * (a + 1j * m * rate) / (rate + root))[()]


def limits_weight(ratio):
    """Position average of Faoro (16): 2/cosh(x/2), with u = a/cosh(x/2), x = E/T."""
    x = np.asarray(non_negative("ratio", ratio))
    return (4 * np.exp(-x / 2) / (1 + np.exp(-x)))[()]


def long_time_weight(ratio):
    """Position average of the exact long-time rate: pi/(1 + exp(x)), x = E/T.

    pi times the occupation of the neighbour's upper level, from
    int_0^inf da/a^2 Re (1 - sqrt(1 - 4 a^2 - 4 i a m))/2 = pi (1 - abs(m))/2.
    """
    x = np.asarray(non_negative("ratio", ratio))
    return (np.pi * expit(-x))[()]


def static_weight(ratio):
    """Width of the distribution of static shifts: (pi/2)/cosh(x/2)^2, x = E/T.

    Neighbours that stay put in one run but change between runs: the averaged coherence
    is exp(-width t), a Lorentzian line; shifts are counted from their means.
    """
    x = np.asarray(non_negative("ratio", ratio))
    return (2 * np.pi * expit(x) * expit(-x))[()]


def free_decay_weight(phase):
    """The same for warm neighbours that flip, averaged over runs; z = Gamma_1 t.

    (pi/2) exp(-z/2) [I_0(z/2) + I_1(z/2)] for E << T: the averaged coherence is
    exp(-n (4 pi/3) A weight t). pi/2 for z << 1 (static), sqrt(pi/z) for z >> 1.
    """
    z = np.asarray(non_negative("phase", phase))
    return (np.pi / 2 * (i0e(z / 2) + i1e(z / 2)))[()]


def dephasing_constant(exponent):
    """c of Faoro (19) if (16), (17) and (18) are taken as printed.

    (4 pi/3) int_0^inf x^mu/cosh(x/2) dx for the power ``exponent`` = mu in [0, 1);
    closed with the Dirichlet beta function; 4 pi^2/3 for mu = 0.
    """
    mu = in_interval("exponent", exponent, 0.0, 1.0, closed="left")
    s = 1 + np.maximum(mu, _SMALL_POWER)
    # Both zeta functions diverge at s = 1, their difference does not.
    direct = (zeta(s, 0.25) - zeta(s, 0.75)) / 4**s
    slope = np.euler_gamma + np.log(4 * np.pi**3) - 4 * gammaln(0.25)
    near = np.pi / 4 * (1 + np.asarray(mu) * slope)
    dirichlet = np.where(np.asarray(mu) < _SMALL_POWER, near, direct)
    return (_SPHERE * 2 ** (2 + mu) * gamma(1 + mu) * dirichlet)[()]


def layer_share(ratio):
    """Position average in a layer over that in bulk, from the limits of Faoro (16).

    The TLS sits in the middle of a layer of thickness d. ratio V = Gamma_1 d^3/(8 w),
    w = u r^3, is the relaxation rate over the shift at the distance d/2. ::

        (9/8) V^(1/3) - V/4   for V <= 1,      1 - 1/(8 V)   for V >= 1.
    """
    v = np.asarray(positive("ratio", ratio))
    low = np.minimum(v, 1.0)
    thin = 9 / 8 * np.cbrt(low) - low / 4
    return np.where(v < 1, thin, 1 - 1 / (8 * np.maximum(v, 1.0)))[()]


def layer_logarithm(ratio):
    """What replaces ln(Gamma_max/Gamma_min) in a layer; no lower cut-off of the rates.

    Integral of ``layer_share(V) dV/V`` up to ``ratio`` = Gamma_max d^3/(8 w): ::

        (27/8) V^(1/3) - V/4   for V <= 1,     ln V + 3 + 1/(8 V)   for V >= 1,

    so that Gamma_min = 8 exp(-3) w/d^3 for thick layers; no logarithm for thin ones.
    """
    v = np.asarray(positive("ratio", ratio))
    low, high = np.minimum(v, 1.0), np.maximum(v, 1.0)
    thin = 27 / 8 * np.cbrt(low) - low / 4
    return np.where(v < 1, thin, np.log(high) + 3 + 1 / (8 * high))[()]


@dataclass(frozen=True)
class ThermalEnvironment:
    """Thermal TLS around one of high energy, flipped by phonons.

    Parameters
    ----------
    model : GeneralisedTunnellingModel
        Their density in asymmetry and tunnelling, per volume.
    interaction : float
        U_0 > 0 of U(r) = U_0/r^3, energy times volume; a = 2 U(r) Delta/E, Faoro (11).
    strength : float
        B > 0 of the phonon rate B Delta_0^2 E coth(E/2T), an inverse energy squared.

    Valid for a high-frequency TLS with E_0 >> T and for interactions far below T.
    """

    model: GeneralisedTunnellingModel
    interaction: float
    strength: float

    def __post_init__(self):
        for name in ("interaction", "strength"):
            value = positive(name, getattr(self, name))
            if np.ndim(value):
                raise ParameterError(
                    f"{name} must be one number, got an array; use one object for each"
                )
            object.__setattr__(self, name, value)

    def fastest_rate(self, splitting, temperature):
        """Gamma_max(E) = B E^3 coth(E/2T), of symmetric TLS."""
        return phonons.population_rate(splitting, splitting, temperature, self.strength)

    def rate_density(self, splitting, rate, temperature):
        """P(E, Gamma_1) exactly, for E up to Delta_max; zero outside its range.

        P_0 (1 + mu) (E/Delta_max)^mu (1 - y)^((mu-1)/2)/(2 Gamma_1) with
        y = Gamma_1/Gamma_max(E): Faoro (18) with its factor 1 + mu and its edge.
        """
        model = self.model
        splitting = np.asarray(
            in_interval("splitting", splitting, 0.0, model.cut_off, closed="right")
        )
        rate = np.asarray(positive("rate", rate))
        y = rate / self.fastest_rate(splitting, temperature)
        inside = (y < 1) & (y >= (model.tunnelling_min / splitting) ** 2)
        edge = (1 - np.where(inside, y, 0.5)) ** ((model.exponent - 1) / 2)
        scale = model.density * (1 + model.exponent)
        power = (splitting / model.cut_off) ** model.exponent
        return np.where(inside, scale * power * edge / (2 * rate), 0.0)[()]

    def dephasing_rate(self, temperature, weight=long_time_weight, *, thickness=None):
        """Sum of the widths from all neighbours, averaged over the environment.

        Parameters
        ----------
        temperature : float
            T > 0, with Delta_max > Delta_min the only other scales of the result.
        weight : callable
            One of the weights of this module.
        thickness : float, optional
            d of a layer in whose middle the TLS sits; the limits of Faoro (16) decide
            which neighbours it leaves out. Without: bulk.

        Raises
        ------
        ConvergenceError
            If twice the number of nodes changes the result by more than 1e-6.
        """
        temperature = positive("temperature", temperature)
        if np.ndim(temperature):
            raise ParameterError("temperature must be one number, got an array; loop")
        if thickness is not None:
            thickness = positive("thickness", thickness)
        coarse, fine = (
            self._integrate(temperature, weight, thickness, nodes)
            for nodes in (120, 240)
        )
        if abs(coarse - fine) > 1e-6 * fine:
            raise ConvergenceError(
                f"dephasing_rate: quadrature error {abs(coarse / fine - 1):.1e} is "
                "above 1e-6; bring Delta_min, T and Delta_max closer together"
            )
        return float(fine)

    def local_exponent(self, temperature, weight=long_time_weight, *, thickness=None):
        """d ln Gamma_2/d ln T, from two temperatures 4 % apart; else as above."""
        step = 1.02
        high, low = (
            self.dephasing_rate(temperature * s, weight, thickness=thickness)
            for s in (step, 1 / step)
        )
        return float(np.log(high / low) / (2 * np.log(step)))

    def _integrate(self, temperature, weight, thickness, nodes):
        """Gauss-Legendre in E and in u = arccosh(E/Delta_0), (1-p)^(1/2) = tanh u."""
        model, mu = self.model, self.model.exponent
        point, mass = np.polynomial.legendre.leggauss(nodes)
        point, mass = (point + 1) / 2, mass / 2
        low = model.tunnelling_min
        span = min(model.cut_off, _COLD * temperature) - low
        if span <= 0:
            raise ParameterError(
                f"temperature {temperature:g} is too far below Delta_min {low:g}; "
                "no neighbour is thermal"
            )
        # Cubes and squares of the nodes tame the powers at the lower ends.
        energy = (low + span * point**3)[:, None]
        d_energy = (span * 3 * point**2 * mass)[:, None]
        longest = np.arccosh(energy / low)
        u, du = longest * point**2, longest * 2 * point * mass
        x, slope = energy / temperature, np.tanh(u)
        count = model.density * (1 + mu) * (energy / model.cut_off) ** mu * slope**mu
        value = count * slope * weight(x)
        if thickness is not None:
            rate = self.fastest_rate(energy, temperature) / np.cosh(u) ** 2
            shift = 2 * self.interaction * slope / np.cosh(x / 2)
            value = value * layer_share(rate * thickness**3 / (8 * shift))
        total = np.sum(value * d_energy * du)
        return _SPHERE * 2 * self.interaction * total

    def sample(self, rng, temperature, radius):
        """Draw one environment: TLS at random in a ball around the high-frequency TLS.

        Returns half-jumps a, relaxation rates and biases m (three arrays); their number
        is Poisson distributed. Contributions from beyond ``radius`` are missing: it
        must exceed (2 U_0/Gamma_1)^(1/3) for the slowest rate.
        """
        radius = positive("radius", radius)
        temperature = positive("temperature", temperature)
        number = rng.poisson(self.model.total_density() * _SPHERE * radius**3)
        asymmetry, tunnelling = self.model.sample(rng, number)
        splitting = np.hypot(asymmetry, tunnelling)
        place = rng.uniform(-1.0, 1.0, size=(3 * number + 60, 3))
        inside = np.sum(place**2, axis=1) < 1
        place = radius * place[inside][:number]
        if len(place) < number:
            raise ConvergenceError(
                f"sample: only {len(place)} of {number} positions fell into the ball; "
                "draw again"
            )
        distance = np.linalg.norm(place, axis=1)
        half_jump = 2 * self.interaction * asymmetry / splitting / distance**3
        rate = phonons.population_rate(
            splitting, tunnelling, temperature, self.strength
        )
        bias = -np.tanh(finite("ratio", splitting / temperature) / 2)
        return half_jump, rate, bias
