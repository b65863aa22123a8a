"""Densities of tunnel splittings and the boson they make: He (43), (57)-(61).

Natural units hbar = k_B = 1, energies in one unit (Tc0 in chapter 3). A density p(E) of
splittings E enters the theory through averages ``int dE p(E) F(E)``, above all the
Matsubara kernel ::

    Lambda(omega) = int dE p(E) N_ge(E) 2E/(omega^2 + E^2),  N_ge = tanh(E/2 T_tls)

Each distribution knows nodes and weights for such averages: panels of Gauss-Legendre
points that grow geometrically from the smallest to the largest energies, so that
temperature, frequency and algebraic tails are resolved alike; the inverse square root
of Wipf and Neumaier is removed by integrating over the asymmetry.

A splitting is positive. Where a printed density has weight at E < 0 (the Lorentzian),
that weight is folded to |E|: the integrand is even in E, so this is what the printed
integral over all E gives.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicSpline

from tlsbook.validation import (
    ParameterError,
    finite,
    increasing,
    non_negative,
    positive,
)

__all__ = [
    "Glass",
    "Lorentzian",
    "Mixture",
    "ModifiedWipfNeumaier",
    "SingleSplitting",
    "SplittingDistribution",
    "UserDensity",
    "WipfNeumaier",
    "ground_excess",
]

_GAUSS = np.polynomial.legendre.leggauss(10)
#: Panels reach this factor below and above the energies of a distribution.
_BELOW, _ABOVE = 1e-7, 1e9
_NORM = 1e-7


def ground_excess(splitting, temperature):
    """N_ge = N_g - N_e = tanh(E/2T), dimensionless; 1 for temperature = 0."""
    E = np.asarray(non_negative("splitting", splitting))
    T = non_negative("temperature", temperature)
    return np.tanh(E / (2 * T))[()] if T > 0 else np.ones_like(E, dtype=float)[()]


def _panels(edges):
    """Return Gauss-Legendre nodes and weights on the panels between ``edges``."""
    points, weights = _GAUSS
    edges = np.unique(edges)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    nodes = middle[:, None] + half[:, None] * points
    return nodes.ravel(), (half[:, None] * weights).ravel()


def _geometric(low, high):
    """Edges that double from low to high, with zero in front."""
    count = int(np.ceil(np.log2(high / low))) + 1
    return np.concatenate([[0.0], np.geomspace(low, high, count)])


def _around(point, width, low, high):
    """Edges whose distance from ``point`` doubles, from a quarter of ``width`` on."""
    steps = _geometric(width / 4, high)
    edges = np.concatenate([point - steps, point + steps])
    return edges[(edges > low) & (edges < high)]


@dataclass(frozen=True)
class SplittingDistribution:
    """What the distributions share; not used by itself."""

    def density(self, splitting):
        """p(E), 1/energy, for an array of any shape."""
        raise NotImplementedError

    def folded(self, splitting):
        """p(E), with the weight that a printed density has at -E added to it."""
        return self.density(splitting)

    @cached_property
    def nodes(self):
        """Splittings and weights, two arrays: averages are ``weights @ F(splittings)``.

        The weights hold p(E) dE and add up to 1.
        """
        splitting, weight = self._quadrature()
        total = weight.sum()
        if not abs(total - 1) < _NORM:
            raise ParameterError(
                f"the density must integrate to 1, got {total!r}; normalise it"
            )
        return splitting, weight

    def _quadrature(self):
        raise NotImplementedError

    def average(self, function):
        """``int dE p(E) F(E)`` for a vectorised function F."""
        splitting, weight = self.nodes
        return float(weight @ function(splitting))

    def mean(self):
        """Mean splitting; ParameterError where a tail 1/E^2 makes it infinite."""
        if self.heavy_tail:
            raise ParameterError(
                f"the mean splitting of {type(self).__name__} must be finite, got a "
                f"density that falls as 1/E^2; cut it off (UserDensity)"
            )
        return self.average(lambda e: e)

    #: Whether p(E) falls only as 1/E^2.
    heavy_tail = False

    @property
    def scale(self):
        """Energy beyond which the kernel falls off as 1/omega^2."""
        raise NotImplementedError

    def matsubara_kernel(self, frequency, temperature, tls_temperature=None):
        """Lambda(omega) = int dE p(E) N_ge(E) 2E/(omega^2 + E^2), 1/energy.

        Parameters
        ----------
        frequency : float or array
            omega >= 0.
        temperature : float
            T >= 0 of electrons and TLS.
        tls_temperature : float, optional
            Temperature of the TLS, where it is another one.

        Notes
        -----
        He (42), (43). Above a few hundred frequencies the kernel is interpolated in
        ln(omega), with relative errors below 1e-9.
        """
        omega = np.asarray(non_negative("frequency", frequency), dtype=float)
        hot = temperature if tls_temperature is None else tls_temperature
        flat = np.atleast_1d(omega).ravel()
        splitting, weight = self.nodes
        strength = weight * ground_excess(splitting, hot) * 2 * splitting
        low = flat[flat > 0].min() if (flat > 0).any() else 0.0
        if flat.size * splitting.size < 400_000 or low == 0.0:
            values = _boson_sum(flat, splitting, strength)
        else:
            knots = np.geomspace(low, flat.max(), 700)
            scaled = _boson_sum(knots, splitting, strength) * (knots**2 + low**2)
            spline = CubicSpline(np.log(knots), np.log(scaled))
            safe = np.maximum(flat, low)
            values = np.exp(spline(np.log(safe))) / (safe**2 + low**2)
            exact = flat < 8 * low
            values[exact] = _boson_sum(flat[exact], splitting, strength)
        return values.reshape(omega.shape)[()]


def _boson_sum(omega, splitting, strength):
    result = np.empty(omega.shape)
    for start in range(0, omega.size, 4096):
        part = omega[start : start + 4096, None]
        result[start : start + 4096] = (1 / (part**2 + splitting**2)) @ strength
    return result


@dataclass(frozen=True)
class SingleSplitting(SplittingDistribution):
    """All TLS with one splitting, p(E) = delta(E - E_1)."""

    splitting: float  #: E_1 > 0

    def __post_init__(self):
        positive("splitting", self.splitting)

    def density(self, splitting):
        raise ParameterError("a single splitting has no density; use nodes or average")

    def _quadrature(self):
        return np.array([self.splitting]), np.array([1.0])

    @property
    def scale(self):
        return self.splitting


@dataclass(frozen=True)
class Glass(SplittingDistribution):
    """Constant density up to a cut-off, He (58): p = 1/E_c for E < E_c."""

    cut_off: float  #: E_c > 0

    def __post_init__(self):
        positive("cut_off", self.cut_off)

    def density(self, splitting):
        E = np.asarray(non_negative("splitting", splitting))
        return np.where(E < self.cut_off, 1 / self.cut_off, 0.0)[()]

    def _quadrature(self):
        E, weight = _panels(_geometric(_BELOW * self.cut_off, self.cut_off))
        return E, weight / self.cut_off

    @property
    def scale(self):
        return self.cut_off


@dataclass(frozen=True)
class Lorentzian(SplittingDistribution):
    """Lorentzian about J, He (59); see the module for its weight at E < 0."""

    centre: float  #: J > 0
    width: float  #: sigma_J > 0
    heavy_tail = True

    def __post_init__(self):
        positive("centre", self.centre)
        positive("width", self.width)

    def density(self, splitting):
        """He (59) as printed, for E of either sign."""
        E = np.asarray(finite("splitting", splitting))
        return (self.width / np.pi / ((E - self.centre) ** 2 + self.width**2))[()]

    def folded(self, splitting):
        return self.density(splitting) + self.density(-np.asarray(splitting))

    def _quadrature(self):
        top = _ABOVE * self.scale
        edges = np.concatenate(
            [
                _geometric(_BELOW * self.scale, top),
                _around(self.centre, self.width, 0.0, top),
            ]
        )
        E, weight = _panels(edges)
        weight = weight * self.folded(E)
        # Beyond the last panel: two tails sigma/(pi E^2).
        return np.append(E, 2 * top), np.append(weight, 2 * self.width / np.pi / top)

    @property
    def scale(self):
        return self.centre + self.width

    def negative_weight(self):
        """Share of the printed density at E < 0, arctan(sigma_J/J)/pi."""
        return np.arctan(self.width / self.centre) / np.pi


@dataclass(frozen=True)
class WipfNeumaier(SplittingDistribution):
    """One tunnel element, Lorentzian asymmetries, He (60)."""

    tunnelling: float  #: J > 0
    width: float  #: sigma_epsilon > 0
    heavy_tail = True

    def __post_init__(self):
        positive("tunnelling", self.tunnelling)
        positive("width", self.width)

    def density(self, splitting):
        """He (60); 0 below J, where it diverges as an inverse square root."""
        E = np.asarray(non_negative("splitting", splitting), dtype=float)
        above = E > self.tunnelling
        square = np.where(above, E**2 - self.tunnelling**2, 1.0)
        value = 2 / np.pi * E / np.sqrt(square) * self.width / (square + self.width**2)
        return np.where(above, value, 0.0)[()]

    def _quadrature(self):
        # Over the asymmetry a: p dE = (2/pi) sigma/(a^2 + sigma^2) da.
        small = min(self.width, self.tunnelling)
        top = _ABOVE * self.scale
        asymmetry, weight = _panels(_geometric(_BELOW * small, top))
        weight = weight * 2 / np.pi * self.width / (asymmetry**2 + self.width**2)
        E = np.hypot(self.tunnelling, asymmetry)
        return np.append(E, 2 * top), np.append(weight, 2 * self.width / np.pi / top)

    @property
    def scale(self):
        return self.tunnelling + self.width


@dataclass(frozen=True)
class ModifiedWipfNeumaier(SplittingDistribution):
    """Wipf-Neumaier density with a broadened edge, He (61), normalised numerically.

    Needs ``width >= tunnelling``: otherwise the last factor has a pole at
    ``E^2 = J^2 - sigma^2``, where the density is neither positive nor integrable.
    """

    tunnelling: float  #: J > 0
    width: float  #: sigma_epsilon >= J
    broadening: float  #: delta > 0
    norm: float = field(init=False)  #: N_W
    heavy_tail = True

    def __post_init__(self):
        positive("tunnelling", self.tunnelling)
        positive("width", self.width)
        positive("broadening", self.broadening)
        if self.width < self.tunnelling:
            raise ParameterError(
                f"width must be at least the tunnelling {self.tunnelling!r}, got "
                f"{self.width!r}; below it the density has a pole and cannot be "
                f"normalised"
            )
        object.__setattr__(self, "norm", 1.0)
        _, weight = self._quadrature()
        object.__setattr__(self, "norm", 1 / weight.sum())

    def density(self, splitting):
        """He (61) with its norm."""
        E = np.asarray(non_negative("splitting", splitting), dtype=float)
        J, sigma = self.tunnelling, self.width
        square = E**2 - J**2 + sigma**2
        root = np.sqrt(J**2 - (E + 1j * self.broadening) ** 2)
        if sigma == J:  # E^2 cancels; at E = 0 the limit is finite
            tiny = E < 1e-6 * min(J, self.broadening)
            square = np.where(tiny, 1.0, square)
            edge = sigma * self.broadening / (J**2 + self.broadening**2) ** 1.5
            value = np.where(tiny, edge, (E / root).imag * sigma / square)
        else:
            value = (E / root).imag * sigma / square
        return (self.norm * value)[()]

    def _quadrature(self):
        top = _ABOVE * self.scale
        edges = np.concatenate(
            [
                _geometric(_BELOW * min(self.tunnelling, self.broadening), top),
                _around(self.tunnelling, self.broadening, 0.0, top),
            ]
        )
        E, weight = _panels(edges)
        weight = weight * self.density(E)
        tail = self.norm * self.width / top
        return np.append(E, 2 * top), np.append(weight, tail)

    @property
    def scale(self):
        return self.tunnelling + self.width


@dataclass(frozen=True)
class UserDensity(SplittingDistribution):
    """A density given on a grid, linear between its points and zero outside.

    ``values`` must be >= 0 and integrate to 1 over the grid (trapezoid, to 1e-7).
    """

    grid: tuple[float, ...]  #: splittings, increasing, >= 0
    values: tuple[float, ...]  #: p(E) on the grid, 1/energy

    def __post_init__(self):
        grid = increasing("grid", np.asarray(self.grid, dtype=float))
        non_negative("grid", grid)
        values = np.asarray(non_negative("values", np.asarray(self.values)))
        if grid.shape != values.shape or grid.size < 2:
            raise ParameterError(
                f"values must have the shape of grid (two points or more), got "
                f"{values.shape} and {grid.shape}"
            )
        object.__setattr__(self, "grid", tuple(grid.tolist()))
        object.__setattr__(self, "values", tuple(values.tolist()))
        total = float(np.trapezoid(values, grid))
        if abs(total - 1) > _NORM:
            raise ParameterError(
                f"the density must integrate to 1, got {total!r}; divide values by it"
            )

    @classmethod
    def from_samples(cls, grid, values):
        """Return the density proportional to ``values``, normalised."""
        grid, values = np.asarray(grid, float), np.asarray(values, float)
        total = positive("the integral of values", np.trapezoid(values, grid))
        return cls(tuple(grid), tuple(values / total))

    def density(self, splitting):
        E = np.asarray(non_negative("splitting", splitting))
        return np.interp(E, self.grid, self.values, left=0.0, right=0.0)[()]

    def _quadrature(self):
        grid = np.asarray(self.grid)
        extra = _geometric(_BELOW * grid[-1], grid[-1])
        inside = extra[(extra > grid[0]) & (extra < grid[-1])]
        E, weight = _panels(np.concatenate([grid, inside]))
        return E, weight * self.density(E)

    @property
    def scale(self):
        return self.grid[-1]


@dataclass(frozen=True)
class Mixture(SplittingDistribution):
    """Several densities added with shares >= 0 that add up to 1."""

    parts: tuple[SplittingDistribution, ...]  #: the densities
    shares: tuple[float, ...]  #: the share of each

    def __post_init__(self):
        shares = np.atleast_1d(non_negative("shares", np.asarray(self.shares, float)))
        if len(self.parts) != shares.size or not self.parts:
            raise ParameterError(
                f"shares must be as many as parts (one or more), got {shares.size} "
                f"and {len(self.parts)}"
            )
        if abs(shares.sum() - 1) > _NORM:
            raise ParameterError(
                f"shares must add up to 1, got {shares.sum()!r}; divide them by it"
            )
        object.__setattr__(self, "parts", tuple(self.parts))
        object.__setattr__(self, "shares", tuple(shares.tolist()))

    def density(self, splitting):
        """Sum of the parts; ParameterError if one of them is a single splitting."""
        pairs = zip(self.shares, self.parts, strict=True)
        return sum(share * part.density(splitting) for share, part in pairs)

    def _quadrature(self):
        pairs = list(zip(self.shares, self.parts, strict=True))
        splitting = np.concatenate([part.nodes[0] for _, part in pairs])
        weight = np.concatenate([share * part.nodes[1] for share, part in pairs])
        return splitting, weight

    @property
    def heavy_tail(self):
        return any(part.heavy_tail for part in self.parts)

    @property
    def scale(self):
        return max(part.scale for part in self.parts)
