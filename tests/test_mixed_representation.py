"""The continuation from the Matsubara energies against the real axis; limits."""

import numpy as np
import pytest

from tlsbook.matsubara_gap import order_parameter
from tlsbook.mixed_representation import continue_to_real_energies
from tlsbook.real_axis_gap import real_axis_gap
from tlsbook.retarded import EnergyGrid
from tlsbook.splitting_distribution import (
    Glass,
    Lorentzian,
    ModifiedWipfNeumaier,
    SingleSplitting,
)
from tlsbook.validation import ConvergenceError, ParameterError

ETA = 0.03


@pytest.mark.parametrize(
    "density",
    [SingleSplitting(2.5), Glass(3.0), Lorentzian(1.0, 0.1)],
    ids=["single", "glass", "lorentzian"],
)
def test_two_continuations(density):
    """No line of the self energy is shared."""
    first = real_axis_gap(density, 1.0, 0.4, broadening=ETA)
    grid = EnergyGrid(first.grid.step, int(12 / first.grid.step))
    second = continue_to_real_energies(density, 1.0, 0.4, grid, broadening=ETA)
    count = int(6 / grid.step)
    ours = first.density[first.grid.count :][:count]
    other = second.density[grid.count :][:count]
    assert np.sqrt(np.mean((ours - other) ** 2)) < 1e-3
    assert ours[0] == pytest.approx(other[0], rel=1e-3)
    pairing = [s.propagator[1, s.grid.count :][:count] for s in (first, second)]
    assert np.sqrt(np.mean(np.abs(pairing[0] - pairing[1]) ** 2)) < 4e-3


def test_without_broadening():
    """Below the gap a cold superconductor has no states; outside it keeps the norm."""
    grid = EnergyGrid(2.5 / 500, 2600)
    found = continue_to_real_energies(SingleSplitting(2.5), 0.5, 0.15, grid)
    e = grid.energies
    assert found.gap == pytest.approx(
        order_parameter(SingleSplitting(2.5), 0.5, 0.15).gap, rel=1e-5
    )
    assert np.abs(found.density[np.abs(e) < 0.9 * found.gap]).max() < 1e-4
    g, f = found.propagator
    assert g**2 - f**2 == pytest.approx(-(np.pi**2) * np.ones(e.size), rel=1e-6)
    assert found.density[e == e[-1]] == pytest.approx(1.0, abs=0.05)


def test_weight_returns_to_the_matsubara_energies():
    grid = EnergyGrid(0.015, 2000)
    density, T = ModifiedWipfNeumaier(0.1, 0.1, 0.05), 0.5
    found = continue_to_real_energies(density, 0.5, T, grid, broadening=ETA)
    other = order_parameter(density, 0.5, T, broadening=ETA)
    spectra = -found.propagator.imag / np.pi
    spectra[0] -= 1
    w = other.frequencies[:3]
    kernel = 1 / (1j * w[:, None] - grid.energies)
    back = np.trapezoid(spectra[:, None] * kernel, dx=grid.step)
    back[0] -= 1j * np.pi
    back[1] -= 2 * spectra[1, -1]
    energy, pairing = w * other.z_energy[:3], other.gap * other.z_gap[:3]
    exact = np.pi * np.array([-1j * energy, pairing]) / np.hypot(energy, pairing)
    assert back == pytest.approx(exact, abs=3e-3)


def test_bad_input():
    grid = EnergyGrid(0.02, 600)
    with pytest.raises(ParameterError, match="too coarse"):
        continue_to_real_energies(Glass(3.0), 1.0, 0.5, grid)
    with pytest.raises(ParameterError, match="multiple of the step"):
        continue_to_real_energies(SingleSplitting(2.513), 1.0, 0.5, grid)
    with pytest.raises(ParameterError, match="below the transition"):
        continue_to_real_energies(SingleSplitting(2.5), 1.0, 2.0, grid)
    with pytest.raises(ConvergenceError, match="after 2 steps"):
        continue_to_real_energies(Glass(3.0), 1.0, 0.5, grid, broadening=0.05, most=2)
