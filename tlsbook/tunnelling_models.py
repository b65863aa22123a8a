"""The generalised tunnelling model: a power law in the asymmetry, Faoro (9) and (10).

Natural units k_B = hbar = 1. Per volume, with the constant P_0 of the standard model::

    P(Delta, Delta_0) = P_0 (1 + mu) (Delta/Delta_max)^mu / Delta_0

for 0 <= Delta <= Delta_max and Delta_min <= Delta_0 <= Delta_max; mu = 0 is the
standard tunnelling model. In splitting E and tunnelling fraction p = (Delta_0/E)^2 it
is, for E up to Delta_max::

    P(E, p) = P_0 (1 + mu) (E/Delta_max)^mu (1 - p)^((mu-1)/2) / (2 p).

The part in p generalises that of :mod:`tlsbook.distributions`, which is mu = 0.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import beta, betainc, digamma, hyp2f1

from tlsbook.validation import ParameterError, in_interval, non_negative, positive

__all__ = [
    "GeneralisedTunnellingModel",
    "power_law_logarithm",
    "power_law_moment",
]

_SERIES_TERMS = 40


def _exponent(value):
    value = in_interval(
        "exponent", value, 0.0, 1.0, closed="left", remedy="mu is a small power"
    )
    if np.ndim(value):
        raise ParameterError("exponent must be one number, got an array; use a loop")
    return value


def power_law_logarithm(p, exponent):
    """Integral of (1-p)^((mu-1)/2)/(2p) from p to 1, for 0 < p <= 1 and 0 <= mu < 1.

    -[ln p + psi((1+mu)/2) + gamma_E]/2 + O(p) for small p, psi the digamma function;
    arccosh(1/sqrt(p)) for mu = 0. Series for p < 1/2, hypergeometric function above.
    """
    p = np.asarray(in_interval("p", p, 0.0, 1.0, closed="right", remedy="it diverges"))
    a = (1 + _exponent(exponent)) / 2
    small = np.minimum(p, 0.5)
    # int_0^p [(1-q)^(a-1) - 1]/q dq = sum_n (1-a)_n p^n/(n! n)
    total, term = np.zeros_like(small), np.ones_like(small)
    for n in range(1, _SERIES_TERMS + 1):
        term = term * (n - a) / n * small
        total = total + term / n
    series = -(np.log(small) + digamma(a) + np.euler_gamma + total) / 2
    q = 1 - np.maximum(p, 0.5)
    closed = q**a / (2 * a) * hyp2f1(1, a, a + 1, q)
    return np.where(p < 0.5, series, closed)[()]


def power_law_moment(power, exponent, *, p_min=0.0):
    """Integral of p^power (1-p)^((mu-1)/2)/(2p) over p_min < p < 1.

    For power > 0 half an incomplete beta function B(power, (1+mu)/2); power = 1 gives
    1/(1+mu) for p_min = 0. For power = 0 :func:`power_law_logarithm` (p_min > 0).
    """
    power = non_negative("power", power, remedy="the integral diverges")
    if np.ndim(power):
        raise ParameterError("power must be a single number, got an array; use a loop")
    p_min = in_interval("p_min", p_min, 0.0, 1.0, closed="left")
    if power == 0:
        return power_law_logarithm(p_min, exponent)
    a = (1 + _exponent(exponent)) / 2
    return beta(power, a) / 2 * betainc(a, power, 1 - p_min)


@dataclass(frozen=True)
class GeneralisedTunnellingModel:
    """Power-law asymmetry and log-uniform tunnelling, with both cut-offs.

    Parameters
    ----------
    density : float
        P_0 > 0 per volume and energy, Faoro (2): systems with Delta >= 0 per unit of
        Delta and of ln Delta_0, averaged over 0 < Delta < Delta_max.
    exponent : float
        mu in [0, 1), Faoro (9). Zero: standard tunnelling model.
    cut_off : float
        Delta_max > 0, energy; largest asymmetry and largest tunnelling.
    tunnelling_min : float
        Delta_min in (0, Delta_max), energy, Faoro (10).

    Notes
    -----
    As printed (P_0 left out) Faoro (9) is not a normalised probability density: its
    integral is Delta_max ln(Delta_max/Delta_min), for every mu.
    """

    density: float
    exponent: float
    cut_off: float
    tunnelling_min: float

    def __post_init__(self):
        values = {
            "density": positive("density", self.density),
            "exponent": _exponent(self.exponent),
            "cut_off": positive("cut_off", self.cut_off),
            "tunnelling_min": positive("tunnelling_min", self.tunnelling_min),
        }
        for name, value in values.items():
            if np.ndim(value):
                raise ParameterError(
                    f"{name} must be one number, got an array; use a loop"
                )
            object.__setattr__(self, name, value)
        if self.tunnelling_min >= self.cut_off:
            raise ParameterError(
                f"tunnelling_min must be below the cut-off {self.cut_off:g}, got "
                f"{self.tunnelling_min:g}; exchange them"
            )

    @property
    def logarithm(self):
        """ln(Delta_max/Delta_min)."""
        return np.log(self.cut_off / self.tunnelling_min)

    def joint_density(self, asymmetry, tunnelling):
        """P_0 times Faoro (9) with (10); zero outside its rectangle."""
        asymmetry = np.asarray(non_negative("asymmetry", asymmetry))
        tunnelling = np.asarray(positive("tunnelling", tunnelling))
        inside = (
            (asymmetry <= self.cut_off)
            & (tunnelling >= self.tunnelling_min)
            & (tunnelling <= self.cut_off)
        )
        ratio = np.minimum(asymmetry / self.cut_off, 1.0)
        shape = (1 + self.exponent) * ratio**self.exponent / tunnelling
        return np.where(inside, self.density * shape, 0.0)[()]

    def total_density(self):
        """Number of systems per volume, P_0 Delta_max ln(Delta_max/Delta_min)."""
        return self.density * self.cut_off * self.logarithm

    def _scale(self, splitting):
        ratio = splitting / self.cut_off
        return self.density * (1 + self.exponent) * ratio**self.exponent

    def _limits(self, splitting):
        """Smallest and largest p = (Delta_0/E)^2 that occur at a splitting."""
        lowest = (self.tunnelling_min / splitting) ** 2
        # Delta <= Delta_max cuts small p where E > Delta_max.
        lowest = np.maximum(lowest, 1 - (self.cut_off / splitting) ** 2)
        highest = np.minimum((self.cut_off / splitting) ** 2, 1.0)
        return lowest, highest

    def splitting_density(self, splitting):
        """rho(E), systems per volume and energy, exact with all cut-offs.

        Nonzero for Delta_min < E < sqrt(2) Delta_max.
        """
        splitting = np.asarray(positive("splitting", splitting))
        lowest, highest = self._limits(splitting)
        inside = lowest < highest
        low, high = np.where(inside, lowest, 1.0), np.where(inside, highest, 1.0)
        count = power_law_logarithm(low, self.exponent)
        count = count - power_law_logarithm(high, self.exponent)
        return (self._scale(splitting) * count)[()]

    def weighted_density(self, splitting):
        """Density of states with each system weighted by p; E <= Delta_max.

        P_0 (E/Delta_max)^mu (1 - Delta_min^2/E^2)^((1+mu)/2): the power law of
        Faoro (u8), exact once E is well above Delta_min.
        """
        splitting = np.asarray(
            in_interval("splitting", splitting, self.tunnelling_min, self.cut_off)
        )
        low = np.minimum((self.tunnelling_min / splitting) ** 2, 1.0)
        a = (1 + self.exponent) / 2
        return (self._scale(splitting) * (1 - low) ** a / (2 * a))[()]

    def local_exponent(self, splitting):
        """d ln rho/d ln E for Delta_min < E < Delta_max, exact."""
        splitting = np.asarray(
            in_interval(
                "splitting",
                splitting,
                self.tunnelling_min,
                self.cut_off,
                closed="neither",
            )
        )
        low = (self.tunnelling_min / splitting) ** 2
        count = power_law_logarithm(low, self.exponent)
        return (self.exponent + (1 - low) ** ((self.exponent - 1) / 2) / count)[()]

    def mean_square_splitting(self):
        """<E^2> over all systems, (1+mu)/(3+mu) D^2 + (D^2 - d^2)/(2 ln(D/d))."""
        big, small, mu = self.cut_off, self.tunnelling_min, self.exponent
        asymmetry = (1 + mu) / (3 + mu) * big**2
        return asymmetry + (big**2 - small**2) / (2 * self.logarithm)

    def sample(self, rng, size):
        """Draw (asymmetry, tunnelling) from the rectangle; exact, two arrays."""
        asymmetry = self.cut_off * rng.random(size) ** (1 / (1 + self.exponent))
        tunnelling = self.tunnelling_min * np.exp(self.logarithm * rng.random(size))
        return asymmetry, np.minimum(tunnelling, self.cut_off)
