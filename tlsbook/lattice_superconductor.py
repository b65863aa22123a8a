r"""Local density of a disordered superconductor on a lattice under a supercurrent.

Bogoliubov-de Gennes model with a uniform real gap, temperature zero. The superfluid
momentum stands as phases on the hoppings, ``t_ij exp(i q (x_i - x_j))``; the gap is
not made self-consistent. To second order in q the density of site i changes by
``chi_i q^2``, the quantity whose variance over disorder equation (9) of the Letter
estimates.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from tlsbook import fixed_point
from tlsbook.validation import ParameterError, positive

__all__ = [
    "LatticeSuperconductor",
    "anderson_film",
    "born_transport",
    "rms_coefficient",
]


@dataclass(frozen=True, eq=False)
class LatticeSuperconductor:
    """One sample: ``hamiltonian`` (n, n), real symmetric, measured from the chemical
    potential; ``displacement`` (n, n), x_i - x_j along the supercurrent,
    antisymmetric; ``gap`` > 0, in the units of the Hamiltonian.

    Raises ParameterError for matrices of other shapes or symmetries.
    """

    hamiltonian: np.ndarray
    displacement: np.ndarray
    gap: float

    def __post_init__(self):
        positive("gap", self.gap)
        h, x = np.asarray(self.hamiltonian), np.asarray(self.displacement)
        if h.ndim != 2 or h.shape != h.T.shape or x.shape != h.shape:
            raise ParameterError(
                "hamiltonian and displacement must be square and of one shape, got "
                f"{h.shape} and {x.shape}"
            )
        if not (np.isrealobj(h) and np.allclose(h, h.T)):
            raise ParameterError(
                "hamiltonian must be real and symmetric, got one that is not; the "
                "phases belong to the superfluid momentum"
            )
        if not np.allclose(np.where(h, x + x.T, 0.0), 0.0):
            raise ParameterError(
                "displacement must be antisymmetric wherever sites are connected, got "
                "one that is not; give x_i - x_j"
            )

    def density(self, q):
        """Density of both spins on each site, shape (n,), by diagonalisation at q."""
        if q == 0:
            level, psi = np.linalg.eigh(self.hamiltonian)
            return psi**2 @ (1 - level / np.hypot(level, self.gap))
        h = self.hamiltonian * np.exp(1j * q * self.displacement)
        pair = self.gap * np.eye(len(h))
        energy, state = eigh(np.block([[h, pair], [pair, -h.conj()]]))
        weight = np.sum(np.abs(state[:, energy < 0]) ** 2, axis=1)
        return 1.0 + weight[: len(h)] - weight[len(h) :]

    def density_coefficient(self):
        """``chi_i = (1/2) d^2 n_i / dq^2`` at q = 0, shape (n,), exact.

        Second-order perturbation theory of the projector on the negative energies:
        the current vertex ``i t_ij x_ij`` twice, the kinetic vertex
        ``-t_ij x_ij^2 tau_3 / 2`` once.
        """
        h, x = self.hamiltonian, self.displacement
        level, psi = np.linalg.eigh(h)
        energy = np.hypot(level, self.gap)
        half = np.arctan2(self.gap, level) / 2
        u, v = np.cos(half), np.sin(half)
        a = psi.T @ (h * x) @ psi
        b = -psi.T @ (h * x**2) @ psi / 2
        both = a * (np.outer(u, u) + np.outer(v, v))
        cross = a * (np.outer(v, u) - np.outer(u, v))
        kinetic = -b * (np.outer(u, v) + np.outer(v, u))
        gaps = np.add.outer(energy, energy)
        turn = -cross.T / gaps
        mixed = -(kinetic - both @ turn + turn @ both) / gaps
        occupied, empty = -turn.T @ turn, turn @ turn.T
        electron = np.outer(u, u) * empty + np.outer(v, v) * occupied
        electron -= np.outer(u, v) * mixed + (np.outer(u, v) * mixed).T
        hole = np.outer(v, v) * empty + np.outer(u, u) * occupied
        hole += np.outer(v, u) * mixed + (np.outer(v, u) * mixed).T
        return np.einsum("ia,ab,ib->i", psi, electron - hole, psi, optimize=True)

    def gap_coefficient(self):
        """``d n_i / d gap`` at q = 0, shape (n,), exact: a supercurrent also lowers
        the gap, which enters as a parameter here.
        """
        level, psi = np.linalg.eigh(self.hamiltonian)
        return psi**2 @ (level * self.gap / np.hypot(level, self.gap) ** 3)


def anderson_film(rng, shape, disorder, gap, chemical_potential=0.5, direction=0):
    """Anderson model on a square lattice, hopping -1, site energies uniform within
    ``disorder``, periodic in both directions; ``shape`` is at least (3, 3).

    ``direction`` is 0 or 1, the axis of the supercurrent.
    """
    lx, ly = shape
    if min(lx, ly) < 3 or direction not in (0, 1):
        raise ParameterError(
            f"shape must be at least (3, 3) and direction 0 or 1, got {shape} and "
            f"{direction}"
        )
    index = np.arange(lx * ly).reshape(lx, ly)
    site = rng.uniform(-disorder / 2, disorder / 2, lx * ly) - chemical_potential
    h, x = np.diag(site), np.zeros((lx * ly, lx * ly))
    for axis in (0, 1):
        here, there = index.ravel(), np.roll(index, -1, axis).ravel()
        h[here, there] = h[there, here] = -1.0
        if axis == direction:
            x[here, there], x[there, here] = -1.0, 1.0
    return LatticeSuperconductor(h, x, gap)


def born_transport(disorder, chemical_potential=0.5):
    """Density of states a site and spin, and diffusion coefficient, of the infinite
    normal :func:`anderson_film` in the self-consistent Born approximation.

    Sigma = (disorder^2/12) g(mu - Sigma) with the Green function g of the clean
    lattice; D = int v_x^2 (Im G)^2/(pi nu) over the zone, with no vertex correction as
    sites scatter into all directions alike. Needs a ``disorder`` of at least 0.5 (the
    sums over the zone) and -4 < mu < 4; raises ParameterError otherwise. Good to
    leading order in 1/(k_F l); knows nothing of localisation.
    """
    if not (np.isfinite(disorder) and disorder >= 0.5 and abs(chemical_potential) < 4):
        raise ParameterError(
            "disorder must be at least 0.5 and |chemical_potential| below 4, got "
            f"{disorder} and {chemical_potential}; the sums over the zone need a width"
        )
    strength = disorder**2 / 12
    k = 2 * np.pi * np.arange(4096) / 4096

    def local(z):
        w = z + 2 * np.cos(k)
        return np.mean(1 / (np.sqrt(w - 2) * np.sqrt(w + 2)))

    def image(x):
        sigma = strength * local(chemical_potential - complex(*x))
        return np.array([sigma.real, sigma.imag])

    (re, im), _ = fixed_point.iterate(
        image, [0.0, -strength / 2], np.ones(2), tolerance=1e-12
    )
    z = chemical_potential - complex(re, im)
    density = -im / strength / np.pi
    wave = k[::4]
    spectral = np.imag(1 / np.add.outer(z + 2 * np.cos(wave), 2 * np.cos(wave)))
    velocity = 2 * np.sin(wave)[:, None]
    diffusion = np.mean(velocity**2 * spectral**2) / (np.pi * density)
    return density, diffusion


def rms_coefficient(seeds, shape, disorder, gap, direction=0):
    """Root mean square of ``chi_i`` over sites of Anderson films, and its error.

    One sample a seed, so that two gaps or directions can share their disorder. Returns
    (rms, standard error from the scatter of samples). Raises ParameterError for fewer
    than two seeds.
    """
    if len(seeds) < 2:
        raise ParameterError(
            f"seeds must be at least two, got {len(seeds)}; add samples"
        )
    square = [
        np.mean(
            anderson_film(
                np.random.default_rng(seed), shape, disorder, gap, direction=direction
            ).density_coefficient()
            ** 2
        )
        for seed in seeds
    ]
    rms = np.sqrt(np.mean(square))
    return rms, np.std(square, ddof=1) / np.sqrt(len(square)) / (2 * rms)
