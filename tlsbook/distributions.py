r"""Distributions of two-level systems over splitting E and tunnelling fraction p.

Natural units k_B = hbar = 1. The standard tunnelling model, Aleiner (2),

.. math:: P(E,p)=\frac{P(E)}{2p\sqrt{1-p}},\qquad p=(\Lambda/E)^2,

follows from a flat asymmetry Delta and a flat logarithm of the tunnelling Lambda. The
part in p is the same for every P(E) and stands in functions of its own; a model with
another P(E) reuses them.

All of it becomes simple in ``u = arccosh(E/Lambda) = artanh(|Delta|/E)``:
``p = 1/cosh(u)^2``, and the density is flat in u, because u is the logarithm of
E/Lambda up to a bounded term.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import beta, betainc

from tlsbook.validation import ParameterError, in_interval, non_negative, positive

__all__ = [
    "StandardTunnellingModel",
    "sample_tunnelling_fraction",
    "tunnelling_logarithm",
    "tunnelling_moment",
    "tunnelling_weight",
]


def tunnelling_weight(p):
    """Weight ``1/(2 p sqrt(1 - p))``, the p-part of Aleiner (2), dimensionless.

    Any shape; raises ParameterError unless 0 < p < 1.
    """
    p = in_interval(
        "p", p, 0.0, 1.0, closed="neither", remedy="the density diverges at 0 and 1"
    )
    return 1 / (2 * p * np.sqrt(1 - p))


def tunnelling_logarithm(p):
    """Logarithm ``u = arccosh(1/sqrt(p))``, the integral of the weight from p to 1.

    It is ``ln(2/sqrt(p)) - p/4 + ...`` for small p: half a unit for each factor e in p.
    Any shape; raises ParameterError unless 0 < p <= 1.
    """
    p = in_interval("p", p, 0.0, 1.0, closed="right", remedy="it diverges at p = 0")
    # ln((1 + sqrt(1-p))/sqrt(p)): artanh(sqrt(1-p)) would lose digits for small p.
    return np.log1p(np.sqrt(1 - p)) - np.log(p) / 2


def tunnelling_moment(power, complement=0.0, *, p_min=0.0):
    """Integral of ``p^power (1-p)^complement`` times the weight from p_min to 1.

    Closed form: half an incomplete beta function ``B(power, complement + 1/2)``; for
    power = complement = 0 the logarithm ``arccosh(1/sqrt(p_min))``.

    Parameters
    ----------
    power : float
        Not negative; zero only together with complement = 0 and p_min > 0 (else it
        diverges).
    complement : float
        Not negative.
    p_min : float or array
        Lower cut-off in [0, 1).

    Raises
    ------
    ParameterError
        Outside these ranges, or for an array of powers.

    Notes
    -----
    ``tunnelling_moment(1) = 1`` exactly: weighted with p, the density counts every
    system of P(E) once, whatever the cut-off of p as long as it is small.
    """
    power = non_negative("power", power, remedy="the integral diverges")
    complement = non_negative("complement", complement)
    p_min = in_interval("p_min", p_min, 0.0, 1.0, closed="left")
    if np.ndim(power) or np.ndim(complement):
        raise ParameterError(
            "power and complement must be single numbers; call in a loop"
        )
    if power > 0:
        half_beta = beta(power, complement + 0.5) / 2
        return half_beta * betainc(complement + 0.5, power, 1 - p_min)
    if complement > 0:
        raise ParameterError(
            f"complement must be zero when power is zero, got {complement!r}; "
            "subtract moments of positive power from the logarithm"
        )
    if np.any(np.asarray(p_min) == 0):
        raise ParameterError(
            "p_min must be positive for power = 0, got 0.0; the number of systems "
            "diverges logarithmically, give a cut-off"
        )
    return tunnelling_logarithm(p_min)


def sample_tunnelling_fraction(rng, size, p_min):
    """Draw p from the weight on (p_min, 1]: u is uniform, ``p = 1/cosh(u)^2`` (exact).

    ``rng`` is a :class:`numpy.random.Generator`, ``size`` the shape of the result.
    Raises ParameterError unless 0 < p_min < 1.
    """
    p_min = in_interval("p_min", p_min, 0.0, 1.0, closed="neither")
    return 1 / np.cosh(tunnelling_logarithm(p_min) * rng.random(size)) ** 2


@dataclass(frozen=True)
class StandardTunnellingModel:
    """Flat density of splittings up to a cut-off with the weight of Aleiner (2) in p.

    Parameters
    ----------
    density : float
        n_T > 0, norm of P(E): systems per volume and per unit of u (see Notes).
        Aleiner (u2).
    cut_off : float
        E* > 0, largest splitting, an energy. Aleiner (u2).
    p_min : float
        Lower cut-off of p in [0, 1). Zero is allowed where nothing diverges.

    Raises
    ------
    ParameterError
        Outside these ranges, or for arrays.

    Notes
    -----
    n_T is not the number of systems per volume: that is :meth:`total_density`,
    ``n_T arccosh(1/sqrt(p_min))``. It is the number that counts in an average weighted
    with p. Both signs of the asymmetry are included in P(E).
    """

    density: float
    cut_off: float
    p_min: float = 0.0

    def __post_init__(self):
        in_interval("p_min", self.p_min, 0.0, 1.0, closed="left")
        for name in ("density", "cut_off", "p_min"):
            value = getattr(self, name)
            if name != "p_min":
                positive(name, value)
            if np.ndim(value):
                raise ParameterError(
                    f"{name} must be one number, got an array; use a loop"
                )
            object.__setattr__(self, name, float(value))

    @classmethod
    def from_flat_parameters(cls, weight, cut_off, *, p_min=0.0, both_signs=True):
        """From g: number per volume, per unit of Delta and per unit of ln Lambda.

        ``weight`` is g > 0. Each sign of the asymmetry contributes g to P(E):
        ``n_T = 2 g E*`` for both signs, ``n_T = g E*`` if Delta >= 0 only. Faoro (2)
        calls g the constant P_0.
        """
        weight = positive("weight", weight)
        cut_off = positive("cut_off", cut_off)
        return cls((2 if both_signs else 1) * weight * cut_off, cut_off, p_min)

    @property
    def density_of_states(self):
        """Constant value n_T/E* of P(E), per volume and energy."""
        return self.density / self.cut_off

    def splitting_density(self, splitting):
        """Density ``P(E) = (n_T/E*) Theta(E* - E)``, per volume and energy; E >= 0."""
        splitting = non_negative("splitting", splitting)
        return np.where(splitting < self.cut_off, self.density_of_states, 0.0)[()]

    def joint_density(self, splitting, p):
        """Aleiner (2), per volume and energy (p has no unit); zero below p_min."""
        inside = np.asarray(p) > self.p_min
        return (self.splitting_density(splitting) * tunnelling_weight(p) * inside)[()]

    def total_density(self):
        """Systems per volume, ``n_T arccosh(1/sqrt(p_min))``; needs p_min > 0."""
        return self.density * self.moment(0)

    def moment(self, power, complement=0.0):
        """Integral over p of ``p^power (1-p)^complement`` times the weight above p_min.

        See :func:`tunnelling_moment`.
        """
        return tunnelling_moment(power, complement, p_min=self.p_min)

    def sample(self, rng, size):
        """Draw ``size`` pairs (E, p); needs p_min > 0. Returns two arrays."""
        splitting = self.cut_off * (1.0 - rng.random(size))
        return splitting, sample_tunnelling_fraction(rng, size, self.p_min)
