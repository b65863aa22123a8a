r"""Quasiclassical propagator and TLS self energy on the real energy axis.

Natural units k_B = hbar = 1; energies in the unit of the caller. A propagator or self
energy ``X = X_3 tau_3 + X_1 (i s_y) tau_1`` is an array whose first axis holds
``X_3, X_1``. Real gap; TLS level populations may differ from those at the
temperature of the electrons.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve
from scipy.special import digamma, expit, xlogy

from tlsbook.validation import ConvergenceError, ParameterError, finite, positive

__all__ = [
    "EnergyGrid",
    "gap_integral",
    "level_occupations",
    "normalised_propagator",
    "retarded_self_energy",
    "solve_retarded",
]


def normalised_propagator(energy, gap):
    """Components of He (56) for renormalised energy and gap, shape (2, ...).

    The root has a positive real part; for real arguments above the gap it is
    ``-i sgn(energy) sqrt(energy^2 - gap^2)``, the limit from the upper half plane.
    Infinite or NaN at ``|energy| = gap`` without broadening.
    """
    energy, gap = np.broadcast_arrays(np.asarray(energy), np.asarray(gap))
    if np.isrealobj(energy) and np.isrealobj(gap):
        square = gap.astype(float) ** 2 - energy.astype(float) ** 2
        phase = np.where(square < 0, -1j * np.sign(energy), 1.0)
        root = phase * np.sqrt(np.abs(square))
    else:
        root = np.sqrt(gap.astype(complex) ** 2 - energy.astype(complex) ** 2)
    return np.array([-np.pi * energy / root, np.pi * gap / root])


def level_occupations(splitting, temperature):
    """Occupations ``N_g, N_e`` of the two levels at a temperature, shape (2, ...).

    Raises ParameterError unless both arguments are positive.
    """
    ratio = positive("splitting", splitting) / positive("temperature", temperature)
    return np.array([expit(ratio), expit(-ratio)])


@dataclass(frozen=True)
class EnergyGrid:
    """Symmetric equidistant energies ``step * (-count ... count)``.

    Raises ParameterError unless ``step`` is positive and ``count`` a whole number of
    at least 10.
    """

    #: Spacing of the energies.
    step: float
    #: Number of energies above zero.
    count: int

    def __post_init__(self):
        positive("step", self.step)
        if self.count != int(self.count) or self.count < 10:
            raise ParameterError(
                f"count must be a whole number of at least 10, got {self.count!r}"
            )

    @property
    def energies(self):
        """The energies, shape (2 count + 1,)."""
        return self.step * np.arange(-self.count, self.count + 1)

    def steps(self, splitting):
        """Return a splitting as a number of steps.

        Raises ParameterError unless it is a multiple of the step within the grid.
        """
        number = round(positive("splitting", splitting) / self.step)
        if abs(number * self.step - splitting) > 1e-9 * splitting or not (
            0 < number < self.count
        ):
            raise ParameterError(
                f"splitting must be a multiple of the step {self.step:g} below "
                f"{self.step * self.count:g}, got {splitting!r}; change the grid"
            )
        return number

    def causal(self, spectrum):
        r"""Return the integral of ``spectrum(e') / (e + i0 - e')`` over the grid.

        The spectrum is taken as linear between the energies (last axis) and as
        falling with ``1/|e|`` outside; the principal part is then exact, up to
        the last half step at the edges.
        """
        spectrum = self._on_grid("spectrum", spectrum)
        n = np.arange(-2 * self.count, 2 * self.count + 1)
        kernel = sum(
            c * xlogy(n + s, np.abs(n + s)) for c, s in ((1, -1), (-2, 0), (1, 1))
        )
        kernel = np.broadcast_to(kernel, (*spectrum.shape[:-1], n.size))
        principal = fftconvolve(spectrum, kernel, mode="same", axes=-1)
        edge = 1 - 0.5 / self.count  # keeps the logarithm finite at the edges
        ratio = np.clip(self.energies / (self.step * self.count), -edge, edge)
        ratio[self.count] = 1e-9
        for side, end in ((1, -1), (-1, 0)):
            tail = side * np.log1p(-side * ratio) / (side * ratio)
            principal = principal + spectrum[..., end, None] * tail
        return principal - 1j * np.pi * spectrum

    def _on_grid(self, name, values):
        values = np.asarray(values)
        if values.ndim == 0 or values.shape[-1] != 2 * self.count + 1:
            raise ParameterError(
                f"{name} must have {2 * self.count + 1} energies on its last axis, "
                f"got shape {values.shape}"
            )
        if not np.isfinite(values).all():
            raise ParameterError(
                f"{name} must be finite at all energies, got {values}; broaden it"
            )
        return values


def retarded_self_energy(
    grid, propagator, temperature, splittings, occupations, weights, coupling
):
    """Self energy of He (55) from a retarded propagator on a grid, shape (2, energies).

    Only the imaginary part of the propagator enters; the real part is its integral of
    He (52). Where terms of (55) nearly cancel, both need the same discretisation.

    Parameters
    ----------
    grid : EnergyGrid
        Must reach far beyond the gap and the splittings; outside, its last
        values are used.
    propagator : array, shape (2, energies)
        Must tend to ``-i pi`` (first component) and 0 at large energies.
    temperature : float
        That of the electrons.
    splittings : array, shape (K,)
        Multiples of the step.
    occupations : array, shape (2, K)
        ``N_g, N_e`` of each splitting, not negative, of sum 1.
    weights : array, shape (K,)
        Weight of each splitting, p(E) dE, not negative.
    coupling : float
        ``1/(2 pi tau_in)``, not negative.

    Raises
    ------
    ParameterError
        For values outside these ranges.
    """
    propagator = grid._on_grid("propagator", propagator)
    splittings = np.atleast_1d(positive("splittings", splittings))
    weights = np.atleast_1d(finite("weights", weights))
    occupations = finite("occupations", occupations).reshape(2, -1)
    if occupations.shape[1] != splittings.size or weights.shape != splittings.shape:
        raise ParameterError(
            "splittings, weights and each level of the occupations must have one "
            f"length, got {splittings.size}, {weights.size}, {occupations.shape[1]}"
        )
    if (occupations < 0).any() or not np.allclose(occupations.sum(axis=0), 1):
        raise ParameterError(
            f"occupations must be >= 0 and add up to 1, got {occupations}"
        )
    if (weights < 0).any() or finite("coupling", coupling) < 0:
        raise ParameterError(
            f"weights and coupling must be >= 0, got {weights} and {coupling}"
        )
    temperature = positive("temperature", temperature)
    spectrum = -np.imag(propagator) / np.pi
    spectrum[0] -= 1  # the normal state is continued in closed form
    whole = grid.causal(spectrum)
    whole[0] -= 1j * np.pi
    occupied = grid.causal(spectrum * expit(-grid.energies / temperature))

    def normal(energies):
        """Causal integral of the Fermi function, up to a constant."""
        return -digamma(0.5 - 0.5j * energies / (np.pi * temperature)) - 0.5j * np.pi

    total = np.zeros_like(propagator, dtype=complex)
    for splitting, weight, (ground, excited) in zip(
        splittings, weights, occupations.T, strict=True
    ):
        for sign, level in ((-1, ground), (1, excited)):
            shift = sign * grid.steps(splitting)
            full = _shifted(occupied, shift)
            full[0] += normal(grid.energies + sign * splitting)
            part = level * _shifted(whole, shift)
            total += weight * (part + sign * (ground - excited) * full)
    return coupling * total


def _shifted(values, steps):
    """Values at ``energy + steps``; beyond the grid the last value."""
    index = np.clip(np.arange(values.shape[-1]) + steps, 0, values.shape[-1] - 1)
    return values[..., index]


def solve_retarded(
    grid,
    gap,
    temperature,
    splittings,
    occupations,
    weights,
    coupling,
    broadening,
    tolerance=1e-8,
    most_steps=400,
):
    """Self-consistent propagator and self energy at a given gap, each (2, energies).

    Iterates He (55) and (56) with ``energy + i broadening`` for the energy. Arguments
    as in :func:`retarded_self_energy`; the broadening must be at least a step.
    Raises ConvergenceError if the largest change of the self energy is not below
    ``tolerance`` after ``most_steps``.
    """
    gap = positive("gap", gap)
    if positive("broadening", broadening) < grid.step:
        raise ParameterError(
            f"broadening must be at least the step {grid.step:g}, got {broadening!r}"
        )
    energies = grid.energies + 1j * broadening
    sigma = np.zeros((2, energies.size), dtype=complex)
    for _ in range(most_steps):
        propagator = normalised_propagator(energies - sigma[0], gap + sigma[1])
        new = retarded_self_energy(
            grid, propagator, temperature, splittings, occupations, weights, coupling
        )
        change = np.abs(new - sigma).max()
        sigma = new
        if change < tolerance:
            return normalised_propagator(energies - sigma[0], gap + sigma[1]), sigma
    raise ConvergenceError(
        f"the self energy still changes by {change:.2g} after {most_steps} steps "
        f"(tolerance {tolerance:g}); broaden more or couple less"
    )


def gap_integral(grid, anomalous, gap, temperature):
    r"""Right side of the gap equation on the real axis, of the form of He (48).

    The integral over positive energies of
    ``tanh(e/2T) [Im(anomalous)/pi - gap/e]`` (trapezium on the grid), to be
    compared with ``gap * ln(T/T_c0)``; ``anomalous`` is the second component of the
    retarded propagator.
    """
    anomalous = grid._on_grid("anomalous", anomalous)[grid.count :]
    energies = grid.energies[grid.count :]
    temperature, gap = positive("temperature", temperature), positive("gap", gap)
    slope = np.full(energies.shape, 0.5 / temperature)  # tanh(e/2T)/e
    slope[1:] = np.tanh(0.5 * energies[1:] / temperature) / energies[1:]
    return np.trapezoid(slope * (energies * anomalous.imag / np.pi - gap), dx=grid.step)
