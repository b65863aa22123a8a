"""Order parameter on the real axis against the imaginary one and form (55)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from tlsbook.matsubara_gap import order_parameter
from tlsbook.real_axis_gap import extrapolated_gap, real_axis_gap
from tlsbook.retarded import (
    EnergyGrid,
    gap_integral,
    level_occupations,
    solve_retarded,
)
from tlsbook.splitting_distribution import (
    Glass,
    Lorentzian,
    ModifiedWipfNeumaier,
    SingleSplitting,
)
from tlsbook.validation import ConvergenceError, ParameterError

ETA = 0.05
DENSITIES = {
    "single": SingleSplitting(2.5),
    "glass": Glass(3.0),
    "lorentzian": Lorentzian(1.0, 0.1),
    "modified": ModifiedWipfNeumaier(0.1, 0.1, 0.05),
}


@pytest.mark.parametrize("name", DENSITIES)
@pytest.mark.parametrize("temperature", [0.5, 0.2])
def test_gap_and_propagator_of_the_imaginary_axis(name, temperature):
    density = DENSITIES[name]
    real = real_axis_gap(density, 1.0, temperature, broadening=ETA)
    other = order_parameter(density, 1.0, temperature, rtol=1e-8, broadening=ETA)
    assert real.gap == pytest.approx(other.gap, rel=1.5e-4)
    energy = other.frequencies * other.z_energy
    pairing = other.gap * other.z_gap
    exact = np.pi * np.array([-1j * energy, pairing]) / np.hypot(energy, pairing)
    found = real.at_imaginary(other.frequencies[:8])
    assert found == pytest.approx(exact[:, :8], abs=4e-4)
    assert abs(real.sum_rule) < 4e-4


@pytest.mark.parametrize(("alpha", "temperature"), [(5.0, 0.5), (1.0, 1.12)])
def test_strong_coupling_and_close_to_the_transition(alpha, temperature):
    real = real_axis_gap(Glass(3.0), alpha, temperature, broadening=0.02)
    other = order_parameter(Glass(3.0), alpha, temperature, broadening=0.02)
    assert real.gap == pytest.approx(other.gap, rel=5e-4)


def test_root_finder_where_the_joint_iteration_fails():
    real = real_axis_gap(Glass(3.0), 1.0, 1.15, broadening=0.01)
    other = order_parameter(Glass(3.0), 1.0, 1.15, broadening=0.01)
    assert real.gap == pytest.approx(other.gap, rel=0.02)


def test_bcs_limit():
    real = real_axis_gap(SingleSplitting(1.0), 0.0, 0.3, broadening=ETA, tolerance=1e-9)
    other = order_parameter(SingleSplitting(1.0), 0.0, 0.3, rtol=1e-9, broadening=ETA)
    assert real.gap == pytest.approx(other.gap, rel=1e-5)
    dynes = ETA / np.hypot(ETA, real.gap)
    assert real.fermi_level_density == pytest.approx(dynes, rel=1e-9)


def test_hot_tls_against_form_55():
    """Another discretisation of another form of the self energy, TLS hotter."""
    E, T, T_tls, gap, eta = 2.5, 0.2, 1.5, 1.7, 0.1
    ours = real_axis_gap(
        SingleSplitting(E), 0.5, T, tls_temperature=T_tls, broadening=eta, gap=gap
    )
    assert ours.gap == gap
    grid = EnergyGrid(0.0125, 4000)
    levels = level_occupations([E], T_tls)
    green, sigma = solve_retarded(grid, gap, T, [E], levels, [1.0], 0.5, eta)
    at = np.abs(grid.energies) < 6
    for mine, theirs in ((ours.propagator, green), (ours.self_energy, sigma)):
        inter = [np.interp(grid.energies[at], ours.grid.energies, m) for m in mine]
        assert inter == pytest.approx(theirs[:, at], abs=0.03)
        assert np.sqrt(np.mean(np.abs(inter - theirs[:, at]) ** 2)) < 6e-3
    cold = real_axis_gap(SingleSplitting(E), 0.5, T, broadening=eta, gap=gap)
    assert ours.fermi_level_density > 1.1 * cold.fermi_level_density


def test_gap_equation_by_another_quadrature():
    found = real_axis_gap(
        Glass(3.0), 0.7, 0.2, tls_temperature=1.0, broadening=ETA, reach=200
    )
    right = gap_integral(found.grid, found.propagator[1], found.gap, 0.2)
    assert right == pytest.approx(found.gap * np.log(0.2), rel=2e-4)


@settings(max_examples=8, deadline=None)
@given(
    st.floats(0.3, 3.5),
    st.floats(0.1, 1.0),
    st.floats(0.1, 0.5),
    st.floats(0.1, 2.5),
)
def test_rate_counts_excited_tls(splitting, alpha, temperature, tls_temperature):
    """-Im Sigma(0) is a golden rule with the density of states at the splitting."""
    found = real_axis_gap(
        SingleSplitting(splitting),
        alpha,
        temperature,
        tls_temperature=tls_temperature,
        broadening=0.1,
        gap=1.8,
    )
    excited, n = expit(-splitting / tls_temperature), expit(-splitting / temperature)
    density = found.density[found.grid.count + found.grid.steps(splitting)]
    rate = 2 * np.pi * alpha * density * (excited * (1 - n) + (1 - excited) * n)
    assert found.rate == pytest.approx(rate, rel=1e-3, abs=1e-8)
    assert (found.density > 0).all()
    assert (found.self_energy[0].imag < 1e-9).all()


def test_resolution_and_reach():
    """The default grid has the error it states."""
    args = {"tls_temperature": 1.0, "broadening": ETA}
    usual = real_axis_gap(SingleSplitting(2.5), 1.0, 0.2, **args)
    fine = real_axis_gap(
        SingleSplitting(2.5), 1.0, 0.2, step=ETA / 6, reach=150, **args
    )
    e = np.linspace(0, 6, 200)
    assert usual.gap == pytest.approx(fine.gap, rel=3e-5)
    rms = np.sqrt(np.mean((usual.density_at(e) - fine.density_at(e)) ** 2))
    assert rms < 2e-3


def test_extrapolation_to_no_broadening():
    options = {"broadening": 0.01, "reach": 45}
    limit, widths, densities = extrapolated_gap(
        SingleSplitting(2.5), 0.5, 0.5, **options
    )
    other = order_parameter(SingleSplitting(2.5), 0.5, 0.5, rtol=1e-8)
    assert limit.gap == pytest.approx(other.gap, rel=1e-4)
    assert limit.error < 2e-3 * limit.gap
    assert limit.broadening == 0
    assert widths == pytest.approx([0.01, 0.02, 0.04])
    assert (np.diff(densities) > 0).all()
    assert limit.fermi_level_density < densities[0]
    # The rate decides what remains: Gamma/sqrt(Gamma^2 + Delta~^2).
    pairing = limit.gap + limit.self_energy[1, limit.grid.count].real
    dynes = limit.rate / np.hypot(limit.rate, pairing)
    assert limit.fermi_level_density == pytest.approx(dynes, rel=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, "temperature"),
        ({"alpha": -1.0}, "alpha"),
        ({"tls_temperature": -1.0}, "tls_temperature"),
        ({"broadening": 0.0}, "broadening"),
        ({"gap": -1.0}, "gap"),
        ({"step": 0.04}, "too coarse"),
        ({"reach": 3.0}, "reach"),
        ({"temperature": 1.6}, "below the transition"),
        ({"distribution": Lorentzian(1.0, 0.001)}, "resolve the density"),
    ],
)
def test_bad_input(options, message):
    arguments = {"distribution": Glass(3.0), "alpha": 1.0, "temperature": 0.5}
    arguments |= {"broadening": ETA, **options}
    with pytest.raises(ParameterError, match=message):
        real_axis_gap(**arguments)


def test_no_convergence_and_energies_outside():
    with pytest.raises(ConvergenceError, match="in 2 steps"):
        real_axis_gap(Glass(3.0), 1.0, 0.5, broadening=ETA, most_steps=2)
    found = real_axis_gap(Glass(3.0), 1.0, 0.5, broadening=ETA)
    with pytest.raises(ParameterError, match="within the grid"):
        found.density_at(1e3)
