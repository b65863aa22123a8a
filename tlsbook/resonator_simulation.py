r"""A resonator amid two-level systems and their fluctuators, simulated in time.

Nothing but the generalised tunnelling model goes in. Two-level systems (TLS) with
splittings near the resonator frequency lie at random in a host, with random dipoles and
tunnelling fractions p = (Delta_0/E)^2 from Faoro (9). Around each, thermal TLS with
random places, dipoles, energies and rates switch between their two levels. Each shifts
the level of its TLS by +-2 U_0 s/r^3, Faoro (11) with the angles of Faoro (7),
s = d.d' - 3 (r.d)(r.d') for unit dipoles. A level at the distance x from the resonator
shifts it by

.. math::

   A=\frac{FU_0}{2V_h}\,p\cos^2\!\beta\,\tanh\frac E{2T}\,\frac{-x}{x^2+W^2},\qquad
   W=\Gamma_2\sqrt{1+(\mathcal E/\mathcal E_c)^2\cos^2\!\beta},

relative to its frequency, for the share F of the electric energy in the host volume
V_h with a uniform field at the angle beta to the dipole. W does not depend on p: p in
the squared coupling to the field and in the relaxation rate cancel. The field is over
the critical field of a TLS whose dipole is parallel to it, in the convention of
:func:`tlsbook.resonator.spin_response` (Omega^2 = 4 Gamma_1 Gamma_2).

The sum y(t) over all TLS changes only when a fluctuator flips. So the work goes with
the flips: each one moves one level, whose response is taken before and after. hbar =
k_B = 1; energies in one unit, lengths and times in others.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import gamma as gamma_function
from scipy.special import zeta

from tlsbook.drift_noise import (
    DIPOLE_ANGLES,
    drift_correlation,
    remembered_share,
    thermal_moment,
)
from tlsbook.telegraph_ensemble import FluctuatorEnsemble
from tlsbook.tunnelling_models import (
    GeneralisedTunnellingModel,
    power_law_logarithm,
    power_law_moment,
)
from tlsbook.validation import (
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = ["DrawnHost", "FluctuatingHost", "ShiftRecord", "bulk_linewidth"]

_SPHERE = 4 * np.pi / 3
#: Fluctuators are drawn up to this E/T; beyond, cosh(E/2T)^-2 adds 0.1 %.
_WARM = 8.0
#: TLS with smaller tunnelling fractions carry 2 % of the noise; they are left out,
#: in the formulas too.
_SMALLEST_FRACTION = 0.2
#: TLS with p cos^2 below this carry 7 % of the noise; fewer neighbours do for them.
_WEAK_COUPLING = 0.2
#: Flips handled at once; bounds the memory.
_CHUNK = 2_000_000


def bulk_linewidth(model, interaction, temperature, logarithm):
    """Gamma_2 by thermal neighbours faster than the drift, the form of Faoro (19).

    (4 pi/3) 2 U_0 <abs(s)> int dE P_0 (1+mu) (E/E_max)^mu (L/2) pi/(1 + exp(E/T)): the
    exact average of :func:`tlsbook.spectral_diffusion.long_time_weight` over
    neighbours whose relaxation rates have the logarithm L and lie well below the
    largest, with the dipole angles of Faoro (7).

    Parameters
    ----------
    model : GeneralisedTunnellingModel
        Density P_0, power mu, cut-off E_max (far above T).
    interaction : float
        U_0 > 0, energy times volume.
    temperature : float or array
        T > 0.
    logarithm : float
        L > 0, ln of the largest over the smallest rate.
    """
    mu, t = model.exponent, np.asarray(positive("temperature", temperature))
    # int x^mu/(1 + e^x) = Gamma(1+mu) eta(1+mu), with eta(1) = ln 2.
    eta = (1 - 2**-mu) * zeta(1 + mu) if mu else np.log(2)
    energies = t * (t / model.cut_off) ** mu * gamma_function(1 + mu) * eta
    count = model.density * (1 + mu) * positive("logarithm", logarithm) / 2
    strength = 2 * positive("interaction", interaction) * DIPOLE_ANGLES
    return (_SPHERE * strength * count * np.pi * energies)[()]


@dataclass(frozen=True)
class FluctuatingHost:
    """Amorphous host of a resonator: all parameters of the simulation.

    Raises ParameterError for values outside the ranges given.
    """

    model: GeneralisedTunnellingModel  #: P_0, mu, E_max of all TLS
    interaction: float  #: U_0 > 0, energy times volume; also d^2 over permittivity
    frequency: float  #: nu_0 > 0, energy, below E_max
    temperature: float  #: T > 0
    linewidth: float  #: Gamma_2 > 0 of the resonant TLS, below nu_0
    slowest: float  #: smallest relaxation rate of the fluctuators, 1/time
    fastest: float  #: largest relaxation rate, above the smallest
    volume: float  #: V_h > 0 of the host
    field: float = 0.0  #: amplitude over the critical field, >= 0
    filling: float = 1.0  #: F in (0, 1], share of the electric energy in the host
    abundance: float = 1.0  #: > 0, density of the fluctuators over that of the model
    window: float = 50.0  #: TLS are drawn within this many W + Gamma_f of nu_0
    #: > 1; fluctuators that at the mean angle shift by less than 1/reach of W, or of
    #: the distance from resonance over 1 + 3 Gamma_f/W if larger, are left out, and
    #: more of them around TLS that hardly couple to the field.
    reach: float = 60.0

    def __post_init__(self):
        for name in (
            "interaction",
            "frequency",
            "temperature",
            "linewidth",
            "slowest",
            "fastest",
            "volume",
            "abundance",
        ):
            positive(name, getattr(self, name))
        non_negative("field", self.field)
        positive("filling", in_interval("filling", self.filling, 0, 1))
        for name in ("window", "reach"):
            in_interval(name, getattr(self, name), 1, 1e6, closed="neither")
        remembered_share(0.0, self.slowest, self.fastest)  # refuses exchanged rates
        if not self.frequency < self.model.cut_off:
            raise ParameterError(
                f"frequency must be below the cut-off {self.model.cut_off:g}, got "
                f"{self.frequency:g}; no TLS is in resonance"
            )
        if not self.largest_width < self.frequency:
            raise ParameterError(
                f"line width must be below the frequency {self.frequency:g}, got "
                f"{self.largest_width:g} with saturation; lower the field"
            )

    @property
    def largest_width(self):
        """W of a dipole along the field."""
        return self.linewidth * float(np.hypot(1, self.field))

    @property
    def half_window(self):
        """Largest distance of a mean level from the resonator frequency."""
        scale = self.largest_width + self.drift_width
        return min(self.window * scale, self.frequency)

    def width(self, cosine):
        """W at the angle beta between dipole and field, from its cosine."""
        return self.linewidth * np.hypot(1, np.multiply(self.field, cosine))

    @property
    def logarithm(self):
        """ln of the largest over the smallest rate."""
        return float(np.log(self.fastest / self.slowest))

    @property
    def scale(self):
        """F U_0/(2 V_h), an energy."""
        return self.filling * self.interaction / (2 * self.volume)

    def _levels(self):
        """Levels in the window: their number over P_0, and both ends."""
        low = self.frequency - self.half_window
        high = min(self.frequency + self.half_window, self.model.cut_off)
        mu, top = self.model.exponent, self.model.cut_off
        return top * ((high / top) ** (1 + mu) - (low / top) ** (1 + mu)), low, high

    @property
    def expected_tls(self):
        """Mean number of TLS in the window that are drawn."""
        count, _, _ = self._levels()
        kinds = power_law_logarithm(_SMALLEST_FRACTION, self.model.exponent)
        return self.volume * self.model.density * count * kinds

    def _fluctuator_density(self, moment):
        """Density of fluctuators, energies weighted to the given moment of x^mu."""
        mu, t = self.model.exponent, self.temperature
        levels = t * (t / self.model.cut_off) ** mu * moment
        return (
            self.abundance * self.model.density * (1 + mu) * self.logarithm / 2 * levels
        )

    @property
    def drift_width(self):
        """Gamma_f of the drift by all fluctuators, exactly; Faoro (u21) with angles.

        (2 pi^2/3) 2 U_0 <abs(s)> times their density, each with cosh(E/2T)^-2.
        """
        density = self._fluctuator_density(thermal_moment(self.model.exponent))
        return _SPHERE * np.pi / 2 * 2 * self.interaction * DIPOLE_ANGLES * density

    @property
    def strong_fluctuators(self):
        """Mean number a TLS that shift by more than Gamma_2, Faoro (u23)."""
        return 2 * self.drift_width / (np.pi * self.linewidth)

    def _prefactor(self):
        """Scale^2 times the density of levels and the mean square of p, tanh^2."""
        model = self.model
        levels = (1 + model.exponent) * (self.frequency / model.cut_off) ** (
            model.exponent
        )
        squares = power_law_moment(2, model.exponent, p_min=_SMALLEST_FRACTION)
        thermal = np.tanh(self.frequency / (2 * self.temperature)) ** 2
        density = self.volume * model.density * levels * squares
        return self.scale**2 * density * thermal

    def correlation(self, times, *, nodes=64):
        """Exact correlation of y(t), for W and Gamma_f far below nu_0.

        :func:`tlsbook.drift_noise.drift_correlation` averaged over the angle of the
        dipoles to the field. What stays at long times does not fluctuate.
        """
        kept = remembered_share(times, self.slowest, self.fastest)
        point, mass = np.polynomial.legendre.leggauss(nodes)
        cosine, mass = (point + 1) / 2, mass / 2
        each = drift_correlation(
            self.width(cosine), self.drift_width, np.asarray(kept)[..., None]
        )
        return self._prefactor() * (each @ (mass * cosine**4))

    def source_level(self):
        """Frequency times the one-sided density of y by Faoro (38), (39), corrected.

        One half of the printed orientation average times the sum of the squares,
        pi/(2 W) with W of a dipole along the field, a quarter of it for the telegraph
        signals of :attr:`strong_fluctuators`, and their 1/f spectrum between the
        corners: f S = (variance)/ln(fastest/slowest).
        """
        squares = self._prefactor() / 5 * np.pi / (2 * self.largest_width)
        return self.strong_fluctuators * squares / 4 / self.logarithm

    def source_correlation(self, times):
        """The correlation that belongs to :meth:`source_level`, with its corners."""
        kept = remembered_share(times, self.slowest, self.fastest)
        return self.source_level() * self.logarithm * kept

    def draw(self, rng):
        """Draw a host: :class:`DrawnHost`. ``rng`` is a numpy Generator."""
        mu, top = self.model.exponent, self.model.cut_off
        number = int(rng.poisson(self.expected_tls))
        _, low, high = self._levels()
        ends = (low / top) ** (1 + mu), (high / top) ** (1 + mu)
        splitting = top * rng.uniform(*ends, number) ** (1 / (1 + mu))
        fraction = _draw_fractions(rng, number, mu)
        dipole = _directions(rng, number)
        width = self.width(dipole[:, 2])
        detuning = splitting - self.frequency
        # A ball around each TLS: weaker neighbours than 1/reach are left out.
        # A level far away that often drifts into resonance needs the weak ones too.
        far = np.abs(detuning) * width / (width + 3 * self.drift_width)
        coupling = fraction * dipole[:, 2] ** 2
        reach = self.reach * np.clip(coupling / _WEAK_COUPLING, 0.1, 1)
        floor = np.maximum(width, far) / reach
        ball = 2 * self.interaction * DIPOLE_ANGLES / floor  # radius cubed
        density = self._fluctuator_density(_WARM ** (1 + mu) / (1 + mu))
        owner = np.repeat(np.arange(number), rng.poisson(_SPHERE * ball * density))
        count = owner.size
        cubed = ball[owner] * (1 - rng.random(count))  # in (0, R^3]
        place, other = _directions(rng, count), _directions(rng, count)
        mine = dipole[owner]
        angles = np.sum(mine * other, 1) - 3 * np.sum(place * mine, 1) * np.sum(
            place * other, 1
        )
        half_jump = 2 * self.interaction * angles / cubed
        ratio = _WARM * rng.random(count) ** (1 / (1 + mu))
        rate = self.slowest * np.exp(self.logarithm * rng.random(count))
        weight = coupling * np.tanh(splitting / self.temperature / 2)
        return DrawnHost(
            detuning, self.scale * weight, width, owner, half_jump, ratio, rate
        )


def _directions(rng, number):
    """Unit vectors, shape (number, 3)."""
    vector = rng.normal(size=(number, 3))
    return vector / np.linalg.norm(vector, axis=1, keepdims=True)


def _draw_fractions(rng, number, mu):
    """Tunnelling fractions at a fixed energy: density (1-p)^((mu-1)/2)/2p, p > 0.2.

    Drawn from (1-p)^(-1/2)/2p, where arcosh(1/sqrt(p)) is uniform, and accepted with
    the chance (1-p)^(mu/2).
    """
    longest = np.arccosh(1 / np.sqrt(_SMALLEST_FRACTION))
    accepted = [np.zeros(0)]
    missing = number
    while missing > 0:
        u = longest * rng.random(2 * missing + 16)
        good = u[rng.random(u.size) < np.tanh(u) ** mu]
        accepted.append(np.cosh(good[:missing]) ** -2.0)
        missing -= good.size
    return np.concatenate(accepted)


@dataclass(frozen=True, eq=False)
class ShiftRecord:
    """Result of :meth:`DrawnHost.simulate`."""

    values: np.ndarray = field(repr=False)  #: y, relative frequency shift, (steps,)
    step: float  #: distance of the times
    flips: int  #: how often a fluctuator flipped, all together
    tls: int  #: number of TLS
    fluctuators: int  #: number of fluctuators

    @property
    def times(self):
        """The times 0, step, 2 step, ..."""
        return self.step * np.arange(self.values.size)


@dataclass(frozen=True, eq=False)
class DrawnHost:
    """N TLS and their K fluctuators, as :meth:`FluctuatingHost.draw` makes them.

    Energies in one unit; the owners of the fluctuators must not decrease.
    """

    detuning: np.ndarray = field(repr=False)  #: mean level minus nu_0, (N,)
    weight: np.ndarray = field(repr=False)  #: y = -weight x/(x^2 + W^2), energy, (N,)
    width: np.ndarray = field(repr=False)  #: W, (N,)
    owner: np.ndarray = field(repr=False)  #: whose level it moves, (K,)
    half_jump: np.ndarray = field(repr=False)  #: shift +-a of the level, (K,)
    ratio: np.ndarray = field(repr=False)  #: E/T of the fluctuator, (K,)
    rate: np.ndarray = field(repr=False)  #: its relaxation rate, (K,)

    def __post_init__(self):
        sizes = [getattr(self, n).shape for n in ("detuning", "weight", "width")]
        counts = [
            getattr(self, n).shape for n in ("owner", "half_jump", "ratio", "rate")
        ]
        if len(set(sizes)) > 1 or len(set(counts)) > 1 or len(sizes[0]) != 1:
            raise ParameterError(
                f"TLS and fluctuators must have one length each, got {sizes} and "
                f"{counts}"
            )
        if np.any(np.diff(self.owner) < 0):
            raise ParameterError(
                "owner must not decrease, got a fluctuator out of order; sort by owner"
            )
        if self.owner.size and not 0 <= self.owner[0] <= self.owner[-1] < sizes[0][0]:
            raise ParameterError(
                f"owner must be the number of a TLS below {sizes[0][0]}, got "
                f"{int(self.owner[0])} to {int(self.owner[-1])}"
            )

    @property
    def tls(self):
        """Number N of TLS."""
        return self.detuning.size

    @property
    def fluctuators(self):
        """Number K of fluctuators."""
        return self.owner.size

    def response(self, level, tls):
        """Shift y of the TLS ``tls`` at the distance ``level`` from resonance."""
        return -self.weight[tls] * level / (level**2 + self.width[tls] ** 2)

    def fluctuator_ensemble(self, part=slice(None)):
        """The fluctuators as telegraph signals, n = 1 their upper level."""
        upper = 1 / (1 + np.exp(self.ratio[part]))
        rate = self.rate[part]
        return FluctuatorEnsemble(rate * upper, rate * (1 - upper))

    def simulate(self, rng, steps, step=1.0):
        """Draw the shift y at the times 0, step, ..., (steps - 1) step, exactly.

        Raises ParameterError if a relaxation rate times the step exceeds one: such a
        fluctuator would only be seen folded back to lower frequencies.
        """
        if not isinstance(steps, int | np.integer) or steps < 2:
            raise ParameterError(
                f"steps must be a whole number of at least 2, got {steps!r}"
            )
        step = positive("step", step)
        if self.rate.size and self.rate.max() * step > 1:
            raise ParameterError(
                "step must be at most one over the fastest relaxation rate, got "
                f"{step:g} with the rate {self.rate.max():g}; sample more often or "
                "leave out faster fluctuators"
            )
        changes = np.zeros(steps)
        moved = np.zeros(self.tls, dtype=bool)
        moved[self.owner] = True
        still = np.flatnonzero(~moved)
        changes[0] = self.response(self.detuning[still], still).sum()
        flips = 0
        for part in self._groups((steps - 1) * step):
            flips += self._add(changes, rng, part, steps, step)
        return ShiftRecord(np.cumsum(changes), step, flips, self.tls, self.fluctuators)

    def _groups(self, duration):
        """Slices of fluctuators, whole TLS each, with about _CHUNK flips at most."""
        if not self.fluctuators:
            return
        expected = np.cumsum(self.rate * np.cosh(self.ratio / 2) ** -2.0 / 2) * duration
        first = np.flatnonzero(np.diff(self.owner, prepend=-1))  # of each TLS
        before = np.concatenate([[0.0], expected])[first]
        cuts = first[np.flatnonzero(np.diff(before // _CHUNK, prepend=-1.0))]
        for start, end in zip(cuts, [*cuts[1:], self.fluctuators], strict=True):
            yield slice(int(start), int(end))

    def _add(self, changes, rng, part, steps, step):
        """Add the TLS of one slice of fluctuators to the changes of y."""
        owner, jump = self.owner[part], 2 * self.half_jump[part]
        ensemble = self.fluctuator_ensemble(part)
        who, when, up, start = ensemble.flip_times(rng, (steps - 1) * step)
        tls, local = np.unique(owner, return_inverse=True)
        begin = self.detuning[tls] + np.bincount(
            local, jump * (start - ensemble.occupation), minlength=tls.size
        )
        changes[0] += self.response(begin, tls).sum()
        # One key for TLS and time: several times faster than a sort by two keys.
        order = np.argsort(local[who] * (2.0 * (steps - 1) * step) + when)
        who, when, up = who[order], when[order], up[order]
        mine = local[who]
        first = np.flatnonzero(np.diff(mine, prepend=-1))
        travelled = np.cumsum(np.where(up, jump[who], -jump[who]))
        # Each TLS counts its own travel from its own beginning.
        length = np.diff(np.append(first, mine.size))
        offset = np.repeat(np.append(0.0, travelled)[first], length)
        after = begin[mine] + travelled - offset
        before = np.append(0.0, after)[:-1]
        before[first] = begin[mine[first]]
        change = self.response(after, tls[mine]) - self.response(before, tls[mine])
        place = np.minimum(np.ceil(when / step).astype(np.int64), steps - 1)
        changes += np.bincount(place, change, minlength=steps)
        return who.size
