r"""Local density of a disordered superconducting film: random hopping and its ladders.

Wegner's model: every site of a square lattice (lattice constant 1) holds N orbitals;
the elements of the Hamiltonian within a site and between neighbours are independent
Gaussian numbers of variance ``onsite/N`` and ``hopping/N``, real, at half filling. For
N to infinity the diffuson and Cooperon ladders are exact, on the lattice and for any
ratio of gap and band width. :meth:`WegnerFilm.sample` draws samples,
:meth:`WegnerFilm.ladder_covariance` sums the ladders, and
:func:`diffusive_covariance` is the limit of a large diffusive film. Temperature zero;
natural units; the gap is uniform and prescribed.

A *drive* is what changes the density: ``"x"``, ``"y"`` and ``"diagonal"``, the square
of the superfluid momentum in that direction, or ``"gap"``.
"""

from dataclasses import dataclass

import numpy as np

from tlsbook.lattice_superconductor import LatticeSuperconductor
from tlsbook.validation import ConvergenceError, ParameterError, non_negative, positive

__all__ = [
    "DIRECTIONS",
    "DRIVES",
    "WegnerFilm",
    "density_constant",
    "diffusive_covariance",
]

#: What can change the density of a site.
DRIVES = ("x", "y", "diagonal", "gap")

#: Unit vectors of the drives that are a supercurrent.
DIRECTIONS = {"x": (1.0, 0.0), "y": (0.0, 1.0), "diagonal": (0.5**0.5, 0.5**0.5)}

_STEPS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
_TAU_1, _TAU_3 = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])


def _drives(*names):
    for name in names:
        if name not in DRIVES:
            raise ParameterError(
                f"drive must be one of {', '.join(DRIVES)}, got {name!r}; another "
                "direction is a sum of these"
            )


def diffusive_covariance(first, second, diffusion, density_of_states):
    r"""Covariance of two coefficients of the local density, thin diffusive film, T = 0.

    For the drives a, b the mean over disorder of ``chi_a chi_b``, where
    chi_x is ``d n/d(p_x^2)``, chi_gap is ``d n/d Delta``. In units of ``nu/L_z`` with
    nu per spin and volume, and hbar = 1: (3/4 - 6/pi^2) D for x x, a third of it for
    x y, two thirds for x with the diagonal, 1/(pi^2 D) for gap gap, 1/4 - 1/pi for a
    direction and the gap. ``density_of_states`` is nu/L_z. Independent of the gap.

    Holds for lambda_F << l << xi and L_z << xi, to leading order in 1/G.
    """
    _drives(first, second)
    diffusion = positive("diffusion", diffusion)
    nu = positive("density_of_states", density_of_states)
    if first == second == "gap":
        return nu / (np.pi**2 * diffusion)
    if "gap" in (first, second):
        return (1 / 4 - 1 / np.pi) * nu
    cosine = np.dot(DIRECTIONS[first], DIRECTIONS[second])
    return (1 + 2 * cosine**2) / 3 * (3 / 4 - 6 / np.pi**2) * nu * diffusion


def density_constant(*, gap_follows=True):
    """Constant C of Liu (9) for a thin diffusive film at zero temperature.

    2 sqrt(3 pi (pi^2 - 8)) = 8.4 at a fixed order parameter; with ``gap_follows`` its
    mean takes the reduced value under the current, ``-(pi/2) D p_s^2``, and C = 17.3.
    """
    slope = -np.pi / 2 if gap_follows else 0.0
    parts = (("x", "x", 1), ("x", "gap", 2 * slope), ("gap", "gap", slope**2))
    total = sum(
        w * diffusive_covariance(a, b, diffusion=1.0, density_of_states=1.0)
        for a, b, w in parts
    )
    # G = 4 pi nu D L_z, and nu lambda_F^3 eps_F = 2 pi.
    return 4 * np.pi * np.sqrt(np.pi * total)


@dataclass(frozen=True)
class WegnerFilm:
    """Parameters of the model. Raises ParameterError for values outside the ranges."""

    shape: tuple  #: sites along x and y, periodic, each at least 3
    orbitals: int  #: N, at least 1
    gap: float  #: order parameter, > 0
    onsite: float = 0.2  #: N times the variance within a site
    hopping: float = 0.2  #: N times the variance between neighbours, > 0

    def __post_init__(self):
        if len(self.shape) != 2 or min(self.shape) < 3:
            raise ParameterError(
                f"shape must be two numbers of at least 3 sites, got {self.shape}"
            )
        if self.orbitals < 1 or int(self.orbitals) != self.orbitals:
            raise ParameterError(
                f"orbitals must be a whole number of at least 1, got {self.orbitals}"
            )
        positive("gap", self.gap)
        positive("hopping", self.hopping)
        non_negative("onsite", self.onsite)

    @property
    def variance(self):
        """Sum of the variances over all bonds of a site; the band ends at 2 sqrt."""
        return self.onsite + 4 * self.hopping

    @property
    def density_of_states(self):
        """At the Fermi level, per spin and orbital: 1/(pi sqrt(variance))."""
        return 1 / (np.pi * np.sqrt(self.variance))

    @property
    def diffusion(self):
        """D = 2 hopping/sqrt(variance)."""
        return 2 * self.hopping / np.sqrt(self.variance)

    @property
    def conductance(self):
        """G = 4 pi N nu D in units of e^2/(2 pi hbar), both spins, without loops."""
        return 4 * np.pi * self.orbitals * self.density_of_states * self.diffusion

    @property
    def coherence_length(self):
        """xi = sqrt(D/Delta)."""
        return np.sqrt(self.diffusion / self.gap)

    def sample(self, rng, along=(1.0, 0.0)):
        """Draw a sample, orbitals of a site side by side, with the supercurrent along
        the vector ``along`` (its length multiplies the momentum).
        """
        orbitals, sites = self.orbitals, self.shape[0] * self.shape[1]
        site = np.arange(sites).reshape(self.shape)
        h = np.zeros((sites, sites, orbitals, orbitals))
        x = np.zeros((sites, sites))
        block = rng.normal(size=(sites, orbitals, orbitals))
        block *= np.sqrt(self.onsite / (2 * orbitals))
        h[site.ravel(), site.ravel()] = block + block.transpose(0, 2, 1)
        for axis in (0, 1):
            here, there = site.ravel(), np.roll(site, -1, axis).ravel()
            block = rng.normal(size=(sites, orbitals, orbitals))
            block *= np.sqrt(self.hopping / orbitals)
            h[here, there], h[there, here] = block, block.transpose(0, 2, 1)
            x[here, there], x[there, here] = -along[axis], along[axis]
        size = sites * orbitals
        return LatticeSuperconductor(
            h.transpose(0, 2, 1, 3).reshape(size, size),
            np.kron(x, np.ones((orbitals, orbitals))),
            self.gap,
        )

    def ladder_covariance(self, first, second, *, step=0.5, rtol=1e-3):
        r"""Leading order in 1/N of the mean of ``chi_a chi_b`` on one orbital.

        Sum of both ladders (diffuson and Cooperon are equal here) on the periodic
        lattice, expanded exactly in the two drives, integrated over both Matsubara
        frequencies ``gap sinh(t)`` by the trapezoid rule, which converges
        exponentially in ``step``. Raises ConvergenceError if twice the step changes
        the result by more than the square root of ``rtol``.
        """
        _drives(first, second)
        reach = 7.0
        count = round(reach / step)
        t = step * np.arange(-count, count + 1)
        frequency = self.gap * np.sinh(t)
        weight = step * self.gap * np.cosh(t)
        lines = [self._line(name, frequency) for name in (first, second)]
        rungs, share = self._rungs(first, second)
        table = np.array(
            [
                _ladder([[g[n] for g in lines[0]], lines[1]], rungs) @ share
                for n in range(count, len(t))
            ]
        )
        table = np.concatenate([table[:0:-1, ::-1], table])  # even under reversal
        fine = weight @ table @ weight
        coarse = 4 * weight[::2] @ table[::2, ::2] @ weight[::2]
        if abs(coarse / fine - 1) > np.sqrt(rtol):
            raise ConvergenceError(
                f"frequency sums differ by {abs(coarse / fine - 1):.2g}; take a "
                f"smaller step than {step}"
            )
        return 2 * fine / (2 * np.pi) ** 2 / self.orbitals

    def _line(self, drive, frequency):
        """Local Green function, Taylor coefficients in the drive, each (n, 2, 2).

        g = -i a - b tau_1 with a = cos(theta)/r, b = sin(theta)/r; the momentum
        weakens the pairing part of the self-energy by 4 hopping q^2.
        """
        energy = np.hypot(frequency, self.gap)
        radius = (energy + np.sqrt(energy**2 + 4 * self.variance)) / 2
        c, s = frequency / energy, self.gap / energy
        ratio = self.variance / radius**2
        source = 1.0 if drive == "gap" else -4 * self.hopping * s / radius
        source = source / radius**2 / (1 - ratio**2)
        change = _local(-2 * s * c * source, (c * c - s * s + ratio) * source)
        start = _local(c / radius, s / radius)
        return [start, change] if drive == "gap" else [start, 0 * start, change]

    def _rungs(self, first, second):
        """Taylor coefficients of the rung at each pair momentum, and their weights."""
        axes = [np.arange(n) for n in self.shape]
        weights = [np.full(n, 1 / n) for n in self.shape]
        if "diagonal" not in (first, second):  # a quarter of the zone is enough
            axes = [k[: len(k) // 2 + 1] for k in axes]
            weights = [
                np.where((k == 0) | (2 * k == n), 1.0, 2.0) / n
                for k, n in zip(axes, self.shape, strict=True)
            ]
        momenta = np.stack(
            np.meshgrid(
                *(2 * np.pi * k / n for k, n in zip(axes, self.shape, strict=True)),
                indexing="ij",
            ),
            axis=-1,
        ).reshape(-1, 2)
        orders = [2 if name == "gap" else 3 for name in (first, second)]
        rungs = np.zeros((*orders, len(momenta), 1, 4), complex)  # diagonal matrices
        for move in _STEPS:
            variance = self.hopping if any(move) else self.onsite
            phase = variance * np.exp(-1j * momenta @ np.array(move))
            left, right = _bond(first, move), _bond(second, move)
            for i in range(orders[0]):
                for j in range(orders[1]):
                    rungs[i, j, :, 0] += np.outer(phase, np.kron(left[i], right[j]))
        return rungs, np.outer(*weights).ravel()


def _local(a, b):
    return -1j * a[:, None, None] * np.eye(2) - b[:, None, None] * _TAU_1


def _bond(drive, move):
    """Diagonal of tau_3 exp(i q x tau_3), Taylor coefficients in q."""
    x = np.dot(DIRECTIONS.get(drive, (0, 0)), move)
    sign = np.diag(_TAU_3)
    return [sign, 1j * x * np.ones(2), -(x**2) / 2 * sign]


def _ladder(lines, rungs):
    """Highest Taylor coefficient of tr[(tau_3 x tau_3)(M + M^2 + ...) g x g].

    M is g x g times a rung. The first line at one frequency, the second at n; returns
    (n, momenta).
    """
    one, two = lines
    orders = [(i, j) for i in range(len(one)) for j in range(len(two))]
    ends = {
        (i, j): np.einsum("ik,njl->nijkl", one[i], two[j]).reshape(-1, 1, 4, 4)
        for i, j in orders
    }

    def below(i, j):
        return [(k, m) for k in range(i + 1) for m in range(j + 1)]

    factor = {
        (i, j): sum(ends[k, m] * rungs[i - k, j - m] for k, m in below(i, j))
        for i, j in orders
    }
    total = {(0, 0): np.linalg.inv(np.eye(4) - factor[0, 0])}
    for i, j in orders[1:]:
        inner = sum(factor[k, m] @ total[i - k, j - m] for k, m in below(i, j)[1:])
        total[i, j] = total[0, 0] @ inner
    last = orders[-1]
    result = 0.0
    for i, j in orders:
        series = total[i, j] - (np.eye(4) if (i, j) == (0, 0) else 0.0)
        end = ends[last[0] - i, last[1] - j] @ np.kron(_TAU_3, _TAU_3)
        result = result + np.einsum("nkij,nji->nk", series, end[:, 0])
    return result.real
