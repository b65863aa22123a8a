"""Real-axis propagators against the imaginary axis, sum rules and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbook.retarded import (
    EnergyGrid,
    gap_integral,
    level_occupations,
    normalised_propagator,
    retarded_self_energy,
    solve_retarded,
)
from tlsbook.validation import ConvergenceError, ParameterError

GAP, T, E, ETA = 1.7, 0.5, 2.5, 0.1
GRID = EnergyGrid(0.02, 4000)
GREEN = normalised_propagator(GRID.energies + 1j * ETA, GAP)
EQUILIBRIUM = level_occupations([E], T)


def to_imaginary(green, z, constant=-1j * np.pi):
    """Spectral representation at energies z in the upper half plane."""
    spectrum = -np.imag(green) / np.pi
    spectrum[0] += constant.imag / np.pi
    kernel = 1 / (z[:, None] - GRID.energies)
    values = np.trapezoid(spectrum[:, None] * kernel, dx=GRID.step)
    values[1] -= 2 * spectrum[1, -1]  # odd tail beyond the grid, falling with 1/e
    values[0] += constant
    return values


def matsubara(green_of, count, m_zero, orders):
    """Direct sum over Bose energies, one splitting, up to the coupling."""
    omega = 2 * np.pi * T * np.arange(-count, count + 1)
    D = 2 * E / (omega**2 + E**2)
    if not m_zero:
        D[count] = 0
    energies = (2 * np.asarray(orders) + 1) * np.pi * T
    return T * np.tanh(E / 2 / T) * (green_of(energies[:, None] - omega) @ D)


def broadened(energies):
    """He (45) with the broadening of GREEN."""
    moved = energies + ETA * np.sign(energies)
    root = np.sqrt(moved**2 + GAP**2)
    return np.array([-1j * np.pi * moved / root, np.pi * GAP / root])


def test_propagator_below_and_above_the_gap():
    below, above = (normalised_propagator(e, GAP) for e in (0.4 * GAP, 1.4 * GAP))
    assert np.all(below.imag == 0)
    assert above == pytest.approx(normalised_propagator(1.4 * GAP + 1e-12j, GAP))
    assert above[0].imag < 0 < above[1].imag
    negative = normalised_propagator(-1.4 * GAP, GAP)
    assert negative == pytest.approx([above[0], -above[1]])


@given(st.floats(-5, 5), st.floats(0.01, 3), st.floats(0.1, 3))
def test_normalisation(energy, broadening, gap):
    g, f = normalised_propagator(energy + 1j * broadening, gap)
    assert g**2 - f**2 == pytest.approx(-(np.pi**2))
    assert g.imag < 0


def test_causal_of_a_lorentzian():
    spectrum = ETA / np.pi / (GRID.energies**2 + ETA**2)
    exact = 1 / (GRID.energies + 1j * ETA)
    assert np.abs(GRID.causal(spectrum) - exact).max() < 0.01 * np.abs(exact).max()


def test_kramers_kronig_and_sum_rule():
    spectrum = -GREEN.imag / np.pi
    spectrum[0] -= 1
    middle = slice(3000, 5001)
    found = GRID.causal(spectrum).real
    assert found[:, middle] == pytest.approx(GREEN.real[:, middle], abs=0.05)
    assert abs(np.trapezoid(spectrum[0], dx=GRID.step)) < 0.05


def test_self_energy_is_the_continued_bose_sum():
    sigma = retarded_self_energy(GRID, GREEN, T, [E], EQUILIBRIUM, [1.0], 1.0)
    orders = np.arange(4)
    direct = matsubara(broadened, 20000, True, orders)
    energies = 1j * (2 * orders + 1) * np.pi * T
    found = to_imaginary(sigma, energies)
    assert found == pytest.approx(direct, rel=3e-3, abs=3e-3)
    missing = matsubara(broadened, 20000, False, orders)
    assert np.abs(found - missing).max() > 0.1


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 3), st.floats(0.0, 0.5))
def test_spectral_part_for_any_occupations(temperature, excited):
    occupations = np.array([[1 - excited], [excited]])
    sigma = retarded_self_energy(GRID, GREEN, temperature, [E], occupations, [1], 1)
    shift = GRID.steps(E)
    middle = np.arange(GRID.count - 300, GRID.count + 301)
    down, up = middle - shift, middle + shift
    fermi = 1 / (1 + np.exp(np.clip(GRID.energies / temperature, -500, 500)))
    expected = GREEN.imag[:, down] * (
        (1 - excited) * (1 - fermi[down]) + excited * fermi[down]
    ) + GREEN.imag[:, up] * ((1 - excited) * fermi[up] + excited * (1 - fermi[up]))
    assert sigma.imag[:, middle] == pytest.approx(expected, abs=1e-9)
    assert (sigma.imag[0] < 1e-12).all()


def test_self_consistent_on_both_axes():
    coupling = 0.2
    green, _ = solve_retarded(GRID, GAP, T, [E], EQUILIBRIUM, [1.0], coupling, ETA)
    count = 600
    energies = (2 * np.arange(-count, count) + 1) * np.pi * T
    omega = energies[:, None] - energies
    D = coupling * T * np.tanh(E / 2 / T) * 2 * E / (omega**2 + E**2)
    found = []
    for m_zero in (True, False):
        if not m_zero:
            np.fill_diagonal(D, 0)
        sigma = np.zeros((2, 2 * count), dtype=complex)
        for _ in range(60):
            moved = energies + ETA * np.sign(energies) + (1j * sigma[0]).real
            gap = GAP + sigma[1].real
            root = np.sqrt(moved**2 + gap**2)
            now = np.array([-1j * np.pi * moved / root, np.pi * gap / root])
            sigma = now @ D
        found.append(now[:, count : count + 4])
    assert found[0] == pytest.approx(found[1], rel=1e-6)
    real_axis = to_imaginary(green, 1j * energies[count : count + 4])
    assert real_axis == pytest.approx(found[0], rel=3e-3)


def test_cold_populations_leave_no_structure_below_the_gap():
    """Terms of He (55) cancel at energy E - gap, even for one step of broadening."""
    green = normalised_propagator(GRID.energies + 1j * GRID.step, GAP)
    cold = level_occupations([E], 0.05)
    sigma = retarded_self_energy(GRID, green, 0.05, [E], cold, [1.0], 1.0)
    inside = np.abs(GRID.energies) < 0.9 * GAP
    slope = np.diff(sigma[:, inside].real) / GRID.step
    assert np.abs(np.diff(slope)).max() < 0.05
    assert np.abs(sigma.imag[:, inside]).max() < 1e-6


def test_gap_integral_of_bcs():
    energies = (2 * np.arange(200000) + 1) * np.pi * T
    direct = 2 * np.pi * T * np.sum(
        GAP / np.hypot(energies + ETA, GAP) - GAP / energies
    ) - GAP * ETA / (energies[-1] + np.pi * T)
    assert gap_integral(GRID, GREEN[1], GAP, T) == pytest.approx(direct, rel=3e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: EnergyGrid(0.1, 3), "count"),
        (lambda: GRID.steps(E + 0.005), "multiple"),
        (lambda: GRID.steps(1e3), "multiple"),
        (lambda: GRID.causal([1.0, 2.0]), "spectrum"),
        (lambda: _sigma(occupations=[[0.7], [0.7]]), "occupations"),
        (lambda: _sigma(weights=[-1.0]), "weights"),
        (lambda: _sigma(weights=[1.0, 1.0]), "length"),
        (lambda: _sigma(propagator=GREEN + np.inf), "finite"),
        (
            lambda: solve_retarded(GRID, GAP, T, [E], EQUILIBRIUM, [1], 1, 0.001),
            "broadening",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ParameterError, match=message):
        call()


def _sigma(propagator=GREEN, occupations=EQUILIBRIUM, weights=(1.0,)):
    return retarded_self_energy(GRID, propagator, T, [E], occupations, weights, 1.0)


def test_no_convergence():
    with pytest.raises(ConvergenceError, match="after 2 steps"):
        solve_retarded(GRID, GAP, T, [E], EQUILIBRIUM, [1], 1, ETA, most_steps=2)
