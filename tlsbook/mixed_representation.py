r"""Retarded functions of He et al. from their values at the Matsubara energies.

The iteration of F. Marsiglio, M. Schossmann and J. P. Carbotte, Phys. Rev. B 37, 4965
(1988), for TLS in equilibrium. Natural units hbar = k_B = 1, energies in T_c0. With the
kernel Lambda(z) = int dE p(E) N_ge(E) 2E/(E^2 - z^2) ::

    Sigma(e) = alpha T sum_m Lambda(e - i eps_m) G(i eps_m)
      + alpha int dE p(E) { [N_g(1 - n_F) + N_e n_F](e - E) G(e - E)
                          + [N_e(1 - n_F) + N_g n_F](e + E) G(e + E) }

The first line continues the sum He (42) naively and has poles at i eps_m +- E; the
second vanishes at the Matsubara energies and cancels them. No principal part is
taken: the complex propagator itself is shifted, so that the broadening may be zero. The
zero Bose frequency needs no care: the first line knows the propagator at the Matsubara
energies only, and that does not depend on elastic scattering.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.signal import oaconvolve
from scipy.special import expit

from tlsbook.matsubara_gap import order_parameter
from tlsbook.retarded import EnergyGrid, normalised_propagator
from tlsbook.splitting_distribution import SingleSplitting, ground_excess
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    non_negative,
    positive,
)

__all__ = ["MixedSolution", "continue_to_real_energies"]

#: Matsubara energies used, in units of the largest energy; the rest is 1/_REACH^2.
_REACH = 400.0


@dataclass(frozen=True)
class MixedSolution:
    """Retarded functions of shape (2, energies), order parameter of He (48)."""

    gap: float
    grid: EnergyGrid
    propagator: np.ndarray
    self_energy: np.ndarray
    steps: int

    @property
    def density(self):
        """N/N_f on the grid, He (53)."""
        return -self.propagator[0].imag / np.pi


def continue_to_real_energies(
    distribution, alpha, temperature, grid, *, broadening=0.0, tolerance=1e-7, most=400
):
    """Retarded propagator and self energy on a grid, TLS in equilibrium.

    Parameters
    ----------
    distribution : SplittingDistribution
        A single splitting must be a multiple of the step.
    alpha : float
        Strength >= 0.
    temperature : float
        T/T_c0 > 0, below the transition.
    grid : EnergyGrid
        Should reach the energies of interest plus the splittings. Beyond it the
        propagator is continued with its last value.
    broadening : float, optional
        Imaginary part of the energy >= 0, on both axes. For zero the densities of
        splittings must be a single one: a smooth density needs a broadening of at
        least a step.
    tolerance : float, optional
        Largest change of the self energy accepted, relative to 1 plus its size.
    most : int, optional
        Steps allowed.

    Raises
    ------
    ParameterError
        For bad input or a temperature above the transition.
    ConvergenceError
        If the iteration does not converge.
    """
    alpha, T = non_negative("alpha", alpha), positive("temperature", temperature)
    eta = non_negative("broadening", broadening)
    single = isinstance(distribution, SingleSplitting)
    if not single and eta < grid.step:
        raise ParameterError(
            f"broadening must be at least the step {grid.step:g} for a density of "
            f"splittings, got {eta:g}; the grid is too coarse"
        )
    matsubara = order_parameter(distribution, alpha, T, rtol=1e-8, broadening=eta)
    source = alpha * _naive_sum(distribution, matsubara, T, grid)
    shift = _single_shift if single else _density_shift
    transfer = shift(distribution, T, grid)
    e = grid.energies + 1j * max(eta, 1e-13)
    sigma = source.copy()
    for steps in range(1, most + 1):
        green = normalised_propagator(e - sigma[0], matsubara.gap + sigma[1])
        new = source + alpha * transfer(green)
        change = np.abs((new - sigma) / (1 + np.abs(new))).max()
        sigma = new
        if change < tolerance:
            green = normalised_propagator(e - sigma[0], matsubara.gap + sigma[1])
            return MixedSolution(matsubara.gap, grid, green, sigma, steps)
    raise ConvergenceError(
        f"the self energy still changes by {change:.1e} after {most} steps; broaden "
        f"more or couple less"
    )


def _naive_sum(distribution, matsubara, T, grid):
    """T sum_m Lambda(e - i eps_m) G(i eps_m), interpolated from coarser energies."""
    energies = grid.energies[grid.count :]
    top = energies[-1]
    # The kernel varies on the scale pi T of its distance from the poles.
    coarse = np.linspace(0, top, max(100, int(top / (0.3 * T))))
    eps = matsubara.frequencies
    eps = eps[: int(_REACH * max(1.0, min(distribution.scale, 10)) / (2 * np.pi * T))]
    energy = eps * matsubara.z_energy[: eps.size]
    pairing = matsubara.gap * matsubara.z_gap[: eps.size]
    root = np.hypot(energy, pairing)
    splitting, weight = distribution.nodes
    strength = weight * ground_excess(splitting, T) * 2 * splitting
    values = np.empty((2, coarse.size), dtype=complex)
    for k, x in enumerate(coarse):
        # Lambda at x - i eps, and at x + i eps its conjugate.
        kernel = (1 / (splitting**2 - (x - 1j * eps[:, None]) ** 2)) @ strength
        values[0, k] = 2 * np.pi * T * (energy / root) @ kernel.imag
        values[1, k] = 2 * np.pi * T * (pairing / root) @ kernel.real
    half = CubicSpline(coarse, values, axis=1)(energies)
    return np.concatenate([[[-1.0], [1.0]] * np.conj(half[:, :0:-1]), half], axis=1)


def _single_shift(distribution, T, grid):
    shift = grid.steps(distribution.splitting)
    ground = expit(distribution.splitting / T)
    occupied = expit(-grid.energies / T)
    down = ground * (1 - occupied) + (1 - ground) * occupied
    up = (1 - ground) * (1 - occupied) + ground * occupied

    def transfer(green):
        left, right = (
            np.pad(green * w, ((0, 0), (shift, shift)), "edge") for w in (down, up)
        )
        return left[:, : -2 * shift] + right[:, 2 * shift :]

    return transfer


def _density_shift(distribution, T, grid):
    E = grid.step * np.arange(grid.count + 1)
    edges = grid.step * (np.arange(grid.count + 2) - 0.5)
    p = distribution.folded(np.abs(edges)) * grid.step
    p = (p[1:] + p[:-1]) / 2  # half of it where the density jumps
    p[0] /= 2
    if p.sum() > 0:
        nodes, exact = distribution.nodes
        p *= exact[nodes <= E[-1]].sum() / p.sum()
    ground, occupied = expit(E / T), expit(-grid.energies / T)
    # Both levels at once: the energy given to a TLS, from -E to E.
    give = np.concatenate([(p * (1 - ground))[:0:-1], p * ground])
    give[grid.count] = p[0]
    width = ((0, 0), (grid.count, grid.count))

    def transfer(green):
        empty = np.pad(green * (1 - occupied), width, "edge")
        full = np.pad(green * occupied, width, "edge")
        return oaconvolve(empty, give[None], "valid", axes=1) + oaconvolve(
            full, give[None, ::-1], "valid", axes=1
        )

    return transfer
