r"""Two-level systems in the Kondo scenario: cross section, ensemble, averages.

Follows the last part of Aleiner, Altshuler, Galperin and Shutenko (2001), equations
(19)-(24). Units: ``hbar = k_B = 1`` inside, so that temperatures, splittings, Kondo
temperatures, frequencies and rates are energies in one common unit.

The literal cross section (21) contains ``ln max{1/x, y/x}``, which vanishes on the line
``x = 1, y < 1`` and on the ray ``y = x > 1``. There (21) exceeds its own bound,
``chi = 1``, and the average (22) diverges. What replaces the logarithm ``l`` is
therefore an explicit choice, `REGULARISATIONS`:

``"smooth"``  ``sqrt(1 + l**2)``: continuous with the other two regions on both lines.
``"floor"``   ``max(1, l)``: equals (21) wherever ``max{1, y}/x > e``.
``"cap"``     ``min{1, L(l)}``: keeps (21) except above ``chi = 1``.
``"none"``    (21) as printed; its average exists only if no TLS lies on the lines.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.differentiate import derivative
from scipy.special import gammaln, lambertw

from tlsbook.relaxation import relaxation_power
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    increasing,
    non_negative,
    positive,
)

__all__ = [
    "REGIONS",
    "REGULARISATIONS",
    "Average",
    "JointDensity",
    "KondoEnsemble",
    "cross_section",
    "region",
    "relaxation_rate",
    "specific_heat_below",
]

REGULARISATIONS = ("smooth", "floor", "cap", "none")

#: Names of the labels that `region` returns.
REGIONS = ("logarithmic", "unitary", "split")

# e-folds kept below the first break point where a density starts at zero.
_TAIL = 40.0
# Gauss-Legendre orders (panels in ln x, pieces in ln y): working rule, check rule.
_ORDERS = ((16, 44), (12, 34))
_PANEL = 2.5
_ENDS = (slice(None, -1), slice(1, None))


def _choice(regularisation):
    if regularisation not in REGULARISATIONS:
        raise ParameterError(
            f"regularisation must be one of {REGULARISATIONS}, got {regularisation!r}"
        )
    return regularisation


def region(x, y):
    """Label of the region of (21) in which a TLS lies.

    ``x = T_K/T`` and ``y = Delta/T`` (positive and non-negative, broadcast together).
    Returns integers that index `REGIONS`: 1 (unitary) for ``x > 1, y**2 <= x``;
    2 (split) for ``x > 1, x < y**2 < x**2``; 0 (logarithmic) otherwise. The source's
    "much larger" is read as "larger". Raises `ParameterError` for other input.
    """
    x = positive("x = T_K/T", x, remedy="give a positive Kondo temperature")
    y = non_negative("y = Delta/T", y, remedy="give the splitting as a magnitude")
    return np.where(x > 1, np.where(y <= np.sqrt(x), 1, np.where(y < x, 2, 0)), 0)


def _logarithm(x, y, kind):
    log = np.log(np.maximum(1.0, y)) - np.log(x)
    if kind == "smooth":
        return np.hypot(1.0, log)
    if kind == "floor":
        return np.maximum(1.0, log)
    return log


def cross_section(x, y, *, regularisation="smooth"):
    r"""Inelastic cross section of one TLS in units of ``4 pi/k_F**2``: equation (21).

    ``x = T_K/T > 0`` and ``y = Delta/T >= 0``, broadcast together; no unit. In the
    logarithmic region the value is ``[l max(1, y l)]**-2``, ``l = ln max{1/x, y/x}``,
    replaced as `regularisation` says (see the module's docstring). With ``"none"`` the
    result is infinite on the lines ``l = 0``.

    Asymptotic forms without prefactors, joined sharply: exact only far from the
    boundaries. Raises `ParameterError` for other input.
    """
    kind = _choice(regularisation)
    label = region(x, y)
    return _cross_section(np.asarray(x, float), np.asarray(y, float), label, kind)


def _cross_section(x, y, label, kind):
    x, y, label = np.broadcast_arrays(x, y, label)
    outside = label == 0
    # 1 is a harmless stand-in where the logarithm is not used.
    log = _logarithm(np.where(outside, x, 0.1), np.where(outside, y, 0.0), kind)
    with np.errstate(divide="ignore"):
        slow = (log * np.maximum(1.0, np.where(outside, y, 0.0) * log)) ** -2.0
    slow = np.minimum(slow, 1.0) if kind == "cap" else slow
    middle = label == 2
    split = np.where(middle, (x / np.where(middle, y, 1.0) ** 2) ** 2, 1.0)
    result = np.where(outside, slow, split)
    return float(result) if result.ndim == 0 else result


def _kinks(x, kind):
    """Values of y at which (21) changes its form at given x; shape ``(len(x), K)``."""
    root = np.where(x > 1, np.sqrt(x), 1.0)
    ray = np.maximum(x, 1.0)
    start = _logarithm(np.minimum(x, 1.0), 0.0, kind)
    rows = [root, ray, 1.0 / np.maximum(start, 1.0)]
    if kind == "floor":
        rows.append(np.e * x)
    if kind in ("cap", "none"):
        # y ln(y/x) = 1 and y ln(y/x)**2 = 1; beyond, (21) falls within a width
        # ~ x**-1/2 of the logarithm: refine there.
        rows.append(x * np.exp(lambertw(1.0 / x).real))
        width = 2.0 * lambertw(0.5 / np.sqrt(x)).real
        rows += [x * np.exp(np.minimum(width * 8.0**k, 8.0)) for k in range(7)]
    return np.stack(rows, axis=-1)


def _log_rule(low, high, order):
    """Gauss-Legendre nodes and weights on [low, high] in ln; adds a last axis."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    low, high = np.log(low)[..., None], np.log(high)[..., None]
    half = 0.5 * (high - low)
    points = np.exp(0.5 * (high + low) + half * nodes)
    return points, half * weights * points


def _grid(edges, order):
    """Nodes and weights over panels between break points, none longer than _PANEL."""
    cuts = [
        np.geomspace(a, b, int(np.ceil(np.log(b / a) / _PANEL)) + 1)
        for a, b in pairwise(edges)
    ]
    low, high = (np.concatenate([c[part] for c in cuts]) for part in _ENDS)
    points, weights = _log_rule(low, high, order)
    return points.ravel(), weights.ravel()


def _unity(x, y):
    return np.ones(np.broadcast(x, y).shape)


@dataclass(frozen=True)
class JointDensity:
    """Normalised dimensionless density P(x, y) of equation (19).

    ``function(x, y)`` takes broadcastable arrays of ``x = T_K/T_K*`` and
    ``y = Delta/Delta*``. ``x_edges`` and ``y_edges``: increasing break points, the
    first and the last being the ends of the support (a tail may be cut where it is
    negligible), those between places where P is not smooth or changes its scale. On
    construction P must be finite, non-negative and normalised to one within 1e-8, or
    `ParameterError` is raised.
    """

    function: Callable
    x_edges: tuple
    y_edges: tuple
    name: str = "user"

    def __post_init__(self):
        for label in ("x_edges", "y_edges"):
            edges = increasing(label, getattr(self, label))
            non_negative(label, edges, remedy="both variables are non-negative")
            object.__setattr__(self, label, tuple(float(e) for e in edges))
        total = float(self.integrate(_unity))
        if abs(total - 1) > 1e-8:
            text = f"must be normalised to 1, its integral is {total:.10g}"
            raise ParameterError(f"density {self.name!r} {text}; divide by that")

    @classmethod
    def gamma(cls, x_power=0.0, y_power=0.0):
        """``x**k exp(-x) y**s exp(-y)`` normalised; powers k, s of [0, 20].

        ``k > 0`` removes low Kondo temperatures, ``s > 0`` small splittings.
        """
        k = in_interval("x_power", x_power, 0, 20)
        s = in_interval("y_power", y_power, 0, 20)
        norm = gammaln(k + 1) + gammaln(s + 1)

        def function(x, y):
            return np.exp(k * np.log(x) + s * np.log(y) - x - y - norm)

        x_edges, y_edges = ((0.0, 1.0, 8.0, 60.0 + 4 * power) for power in (k, s))
        return cls(function, x_edges, y_edges, f"gamma({k:g}, {s:g})")

    @classmethod
    def exponential(cls):
        """``exp(-x - y)``."""
        return cls.gamma()

    @classmethod
    def box(cls):
        """One for ``x < 1`` and ``y < 1``, else zero."""
        return cls(_unity, (0, 1), (0, 1), "box")

    @classmethod
    def log_uniform(cls, x_min):
        """Flat in ``ln x`` on [x_min, 1] times ``exp(-y)``; 0 < x_min < 1."""
        x_min = in_interval("x_min", x_min, 0, 1, closed="neither")
        norm = -np.log(x_min)
        name, y_edges = f"log-uniform({x_min:g})", (0.0, 1.0, 8.0, 60.0)
        return cls(lambda x, y: np.exp(-y) / (x * norm), (x_min, 1.0), y_edges, name)

    def integrate(self, weight, *, x_breaks=(), y_breaks=None, orders=_ORDERS[0]):
        """Integral of ``P(x, y) weight(x, y)`` over the support.

        ``x_breaks``: further break points in x. ``y_breaks(x)``: function returning an
        array ``(len(x), K)`` of break points in y at each x. A support that starts at
        zero is followed 40 e-folds below its first break point.
        """
        # Break points at which no weight is left would only cost panels.
        low = max(self.x_edges[0], 1e-16 * self.x_edges[1])
        inside = (b for b in x_breaks if low < b < self.x_edges[-1])
        cuts = np.unique([*self.x_edges, *inside])
        if cuts[0] == 0:
            cuts[0] = cuts[1] * np.exp(-_TAIL)
        x, wx = _grid(cuts, orders[0])
        edges = np.broadcast_to(self.y_edges, (x.size, len(self.y_edges)))
        if y_breaks is not None:
            more = np.clip(y_breaks(x), self.y_edges[0], self.y_edges[-1])
            edges = np.concatenate([edges, more], axis=1)
        edges = np.sort(edges, axis=1)
        if self.y_edges[0] == 0:
            first = np.min(np.where(edges > 0, edges, np.inf), axis=1) * np.exp(-_TAIL)
            edges = np.maximum(edges, first[:, None])
        y, wy = _log_rule(edges[:, :-1], edges[:, 1:], orders[1])
        y, wy = y.reshape(x.size, -1), wy.reshape(x.size, -1)
        density = np.asarray(self.function(x[:, None], y), dtype=float)
        non_negative(f"density {self.name!r}", density)
        return wx @ np.sum(wy * density * weight(x[:, None], y), axis=1)


@dataclass(frozen=True)
class Average:
    """An average over the ensemble with the change between two quadrature rules."""

    value: np.ndarray
    error: np.ndarray


def relaxation_rate(temperature, kondo_temperature):
    r"""Relaxation rate of one TLS, as an energy: ``T_K`` below, ``T/(1+ln**2)`` above.

    The source's ``max{T/ln**2(T/T_K), T_K}`` diverges at ``T = T_K``; the added 1
    makes it continuous. Valid for ``min{Delta, Delta**2/T_K} << T``. Arrays broadcast.
    """
    t = positive("temperature", temperature)
    t_k = positive("kondo_temperature", kondo_temperature)
    log = np.log(np.maximum(t / t_k, 1.0))
    return np.where(t > t_k, t / (1.0 + log**2), t_k)[()]


def specific_heat_below(temperature, kondo_temperature):
    """Specific heat ``(T/T_K) ln(T_K/T)`` of one TLS below ``T_K``, zero above.

    In units of k_B; leading form for ``Delta**2/T_K << T << T_K``. Arrays broadcast.
    """
    t = positive("temperature", temperature)
    ratio = t / positive("kondo_temperature", kondo_temperature)
    return np.where(ratio < 1, -ratio * np.log(np.minimum(ratio, 1.0)), 0.0)[()]


@dataclass(frozen=True)
class KondoEnsemble:
    """TLS with random Kondo temperatures and splittings: equation (19).

    Temperatures are positive scalars or arrays in the unit of the two cut-offs.
    """

    t_k_star: float  #: cut-off of the Kondo temperatures [energy], (19)
    delta_star: float  #: cut-off of the splittings [energy], (19)
    density: JointDensity  #: P(x, y) of (19)

    def __post_init__(self):
        for name in ("t_k_star", "delta_star"):
            object.__setattr__(self, name, positive(name, getattr(self, name)))
        if not isinstance(self.density, JointDensity):
            raise ParameterError(
                f"density must be a JointDensity, got {type(self.density).__name__}; "
                "wrap the function in JointDensity(function, x_edges, y_edges)"
            )

    def joint_density(self, kondo_temperature, splitting):
        """Density (19) divided by n_T, unit 1/energy**2; zero outside the support."""
        x = positive("kondo_temperature", kondo_temperature) / self.t_k_star
        y = non_negative("splitting", splitting) / self.delta_star
        xs, ys = self.density.x_edges, self.density.y_edges
        inside = (x >= xs[0]) & (x <= xs[-1]) & (y >= ys[0]) & (y <= ys[-1])
        value = self.density.function(x, np.maximum(y, np.finfo(float).tiny))
        return np.where(inside, value, 0.0)[()] / (self.t_k_star * self.delta_star)

    def _both(self, temperatures, compute):
        ts = positive("temperature", temperatures)
        fine, rough = (
            np.reshape([compute(t, o) for t in np.ravel(ts)], np.shape(ts))
            for o in _ORDERS
        )
        return Average(fine[()], abs(fine - rough)[()])

    def _x_breaks(self, t, scale):
        """Values of x at which the integral over y changes its form."""
        edge = np.array([e for e in self.density.y_edges if e > 0]) * scale
        inv = np.minimum(1 / edge[edge < 1], 1e100)
        late = (np.exp(-np.sqrt(inv**2 - 1)), np.exp(-inv), np.exp(1 - inv))
        return t * np.concatenate(
            [[1.0, np.exp(-1.0)], edge, edge**2, edge / np.e, *late]
        )

    def dephasing_rate(self, temperature, *, regularisation="smooth"):
        """tau_0/tau_phi as the average (22) of (21); returns an `Average`, no unit.

        Raises `ParameterError` with ``regularisation="none"`` if TLS lie on the lines
        where (21) diverges, that is for T below the largest Kondo temperature.
        """
        kind = _choice(regularisation)
        ts = np.asarray(positive("temperature", temperature)) / self.t_k_star
        if kind == "none" and np.min(ts) <= self.density.x_edges[-1]:
            raise ParameterError(
                "temperature must exceed every Kondo temperature if (21) is literal, "
                f"got T/T_K* = {np.min(ts):g}; choose a regularisation"
            )

        def compute(t, orders):
            scale = self.delta_star / (t * self.t_k_star)

            def weight(x, y):
                big_x, big_y = x / t, y * scale
                return _cross_section(big_x, big_y, region(big_x, big_y), kind)

            return self.density.integrate(
                weight,
                x_breaks=self._x_breaks(t, scale),
                y_breaks=lambda x: _kinks(x / t, kind) / scale,
                orders=orders,
            )

        return self._both(ts, compute)

    def local_exponent(self, temperature, *, regularisation="smooth"):
        """d ln(tau_0/tau_phi)/d ln T by adaptive differences; scalar or array.

        Raises `ConvergenceError` if the differences do not settle to 1e-5.
        """
        logs = np.log(np.asarray(positive("temperature", temperature)))

        def function(u):
            rate = self.dephasing_rate(np.exp(u), regularisation=regularisation)
            return np.log(rate.value)

        found = derivative(function, logs, initial_step=0.1, maxiter=5)
        if np.any(found.error > 1e-5):
            raise ConvergenceError("local exponent: differences did not settle to 1e-5")
        return found.df

    def _over_kondo_temperatures(self, temperature, weight):
        ts = np.asarray(positive("temperature", temperature)) / self.t_k_star

        def compute(t, orders):
            def flat(x, y):
                return np.broadcast_to(weight(t, x), y.shape)

            return self.density.integrate(flat, x_breaks=[t], orders=orders)

        return self._both(ts, compute)

    def absorbed_power(self, temperature, omega):
        """Relaxation power (12) per volume with p = 0 and E << T, averaged by (19).

        In units of ``n_T a**2/hbar``; ``omega`` (scalar) in the unit of temperature. An
        `Average`. Valid for ``Delta* << T``; 2 Gamma is the rate of the population.
        """
        w = positive("omega", omega) / self.t_k_star
        return self._over_kondo_temperatures(
            temperature,
            lambda t, x: relaxation_power(w, 0.0, t, 1.0, 2 * relaxation_rate(t, x)),
        )

    def specific_heat(self, temperature):
        """Mean of `specific_heat_below` (k_B per TLS): an `Average`."""
        return self._over_kondo_temperatures(temperature, specific_heat_below)
