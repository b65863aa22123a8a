"""Flow through a film of uneven superfluid density, and the noise of its total."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbook.film_noise import (
    FlickeringFilm,
    backflow_share,
    linear_flow,
    second_order_stiffness,
    solve_flow,
)
from tlsbook.telegraph_ensemble import BlockSpectrum, FluctuatorEnsemble, welch_blocks
from tlsbook.tls_conductivity import LogUniformTimes
from tlsbook.validation import ParameterError


def uneven(seed, shape=(12, 8), width=0.5):
    return np.exp(width * np.random.default_rng(seed).normal(size=shape))


def contacts(density):
    """Conductance between two plates of a network with open sides, over the square.

    Bonds of a cell as in the film; plates before the first and after the last column.
    """
    nx, ny = density.shape
    matrix, drive = np.zeros((nx * ny, nx * ny)), np.zeros(nx * ny)
    site = np.arange(nx * ny).reshape(nx, ny)
    for x in range(nx):
        for y in range(ny):
            if x + 1 < nx:
                pairs = [(site[x, y], site[x + 1, y])]
            else:
                matrix[site[x, y], site[x, y]] += density[x, y]  # plate at 0
                pairs = []
            if x == 0:  # plate at 1, behind a bond of the mean density
                matrix[site[x, y], site[x, y]] += 1.0
                drive[site[x, y]] += 1.0
            if y + 1 < ny:
                pairs.append((site[x, y], site[x, y + 1]))
            for a, b in pairs:
                matrix[a, a] += density[x, y]
                matrix[b, b] += density[x, y]
                matrix[a, b] -= density[x, y]
                matrix[b, a] -= density[x, y]
    potential = np.linalg.solve(matrix, drive)
    return np.sum(1 - potential.reshape(nx, ny)[0]) * (nx + 1) / ny


@pytest.mark.parametrize("solver", [solve_flow, linear_flow])
def test_current_is_conserved_and_momentum_is_a_gradient(solver):
    flow = solver(uneven(1, width=0.2))
    assert np.max(np.abs(flow.divergence)) < 1e-12
    x, y = flow.momentum
    turn = x + np.roll(y, -1, 0) - np.roll(x, -1, 1) - y
    assert np.max(np.abs(turn)) < 1e-12
    assert x.mean() == pytest.approx(1)
    assert y.mean() == pytest.approx(0, abs=1e-12)
    # The total through every cross-section is the same.
    sections = flow.current[0].mean(axis=1)
    assert sections == pytest.approx(np.full(12, flow.stiffness))


def test_layers_in_series_and_in_parallel():
    layers = uneven(2)[:, :1] * np.ones((1, 8))
    assert solve_flow(layers).stiffness == pytest.approx(1 / np.mean(1 / layers))
    layers = uneven(3)[:1] * np.ones((12, 1))
    assert solve_flow(layers).stiffness == pytest.approx(layers.mean())


def test_square_lattice_of_random_bonds_is_its_own_dual():
    """Cells of 1.2 and 1/1.2 in equal parts: the geometric mean, which is 1.

    Exact for bonds drawn one by one; for cells with two equal bonds to the order that
    is tested here. The mean is 1.017, the mean of the inverse gives 0.984.
    """
    values = []
    for seed in range(12):
        signs = np.random.default_rng(seed).permutation(np.repeat([-1, 1], 512))
        values.append(solve_flow(1.2 ** signs.reshape(32, 32)).stiffness)
    error = np.std(values) / np.sqrt(len(values))
    assert np.mean(values) == pytest.approx(1.0, abs=4 * error + 1e-4)
    assert error < 1e-3


@given(st.integers(0, 10**6), st.floats(0.5, 1.5))
@settings(deadline=None, max_examples=15)
def test_stiffness_lies_between_the_means_and_scales(seed, factor):
    density = uneven(seed, (6, 6))
    value = solve_flow(density).stiffness
    assert 1 / np.mean(1 / density) <= value <= density.mean()
    assert solve_flow(factor * density).stiffness == pytest.approx(factor * value)


def test_perturbation_theory_has_errors_of_the_next_order():
    pattern = np.random.default_rng(5).normal(size=(16, 16))
    errors = []
    for size in (0.01, 0.02):
        density = 1 + size * pattern
        exact, first = solve_flow(density), linear_flow(density)
        errors.append(
            [
                np.max(np.abs(exact.current - first.current)),
                abs(exact.stiffness - first.stiffness),
                abs(exact.stiffness - second_order_stiffness(density)),
            ]
        )
    ratio = np.array(errors[1]) / np.array(errors[0])
    assert ratio == pytest.approx([4, 4, 8], rel=0.15)


def test_second_order_is_half_the_variance_on_average():
    rng = np.random.default_rng(8)
    lost = []
    for _ in range(200):
        density = 1 + 0.05 * rng.choice([-1, 1], size=(24, 24))
        lost.append((density.mean() - second_order_stiffness(density)) / density.var())
    assert np.mean(lost) == pytest.approx(0.5, abs=4 * np.std(lost) / np.sqrt(200))


def test_backflow_takes_half():
    assert backflow_share((64, 64)) == pytest.approx(0.5, abs=2e-4)
    density = np.ones((24, 24))
    density[3, 5] += 1e-4
    change = linear_flow(density).current
    change[0] -= 1
    taken = 1 - np.sum(change**2) / 1e-8
    assert taken == pytest.approx(backflow_share((24, 24)))


def test_sensitivity_is_the_derivative():
    density = uneven(11, (8, 6))
    exact = solve_flow(density).sensitivity
    for place in ((0, 0), (3, 4), (7, 5)):
        moved = [density.copy() for _ in range(2)]
        moved[0][place] += 1e-5
        moved[1][place] -= 1e-5
        slope = np.subtract(*(solve_flow(m).stiffness for m in moved)) / 2e-5
        assert exact[place] == pytest.approx(slope, rel=1e-7)
    assert np.sum(exact * density) == pytest.approx(solve_flow(density).stiffness)


def test_film_with_plates_and_open_sides_has_the_same_weights():
    rng = np.random.default_rng(6)
    change = 1e-5 * rng.normal(size=(10, 7))
    plates = contacts(1 + change) - contacts(np.ones((10, 7)))
    assert contacts(np.ones((10, 7))) == pytest.approx(1)
    # The bonds before the first column do not change: one column more in the mean.
    assert plates == pytest.approx(change.sum() / (11 * 7), rel=1e-3)


def film(seed=3, count=400, rms=0.02):
    rng = np.random.default_rng(seed)
    rates = 10 ** rng.uniform(-4, -1, count)
    ensemble = FluctuatorEnsemble(rates, 2 * rates)
    return FlickeringFilm.draw(rng, (16, 8), ensemble, rms)


def test_current_of_solved_maps_follows_the_weights():
    sample = film()
    maps = sample.density_record(np.random.default_rng(1), 40, 50.0)
    assert maps.shape == (40, 16, 8)
    exact = np.array([solve_flow(m).stiffness - 1 for m in maps])
    again = sample.fluctuators.simulate(
        np.random.default_rng(1), 40, 50.0, sample.weights()
    )
    linear = again.values - sample.fluctuators.mean(sample.weights())
    assert np.mean(maps, axis=(1, 2)) - 1 == pytest.approx(linear, abs=1e-12)
    lost = np.var(maps, axis=(1, 2)) / 2
    assert np.max(np.abs(exact - linear)) < 2 * np.max(lost)
    assert np.corrcoef(exact, linear)[0, 1] > 0.99


def test_density_of_states_given():
    sample = film(count=5)
    states = np.array([[0, 1, 0, 1, 1], [1, 1, 1, 1, 1]])
    maps = sample.density(states)
    assert maps.shape == (2, 16, 8)
    change = (states[0] - 1 / 3) @ sample.strengths
    assert np.sum(maps[0] - 1) == pytest.approx(change)


def test_parts_of_a_film_add_up():
    sample = film()
    parts = sample.weights(4)
    assert parts.shape == (400, 4)
    assert parts.mean(axis=1) == pytest.approx(sample.weights())
    f = np.array([0.001, 0.01])
    # Uncorrelated parts: the noise of the whole is that of the parts over M^2.
    assert sample.noise(f, 4).sum(axis=0) / 16 == pytest.approx(sample.noise(f))


def test_simulated_noise_agrees_with_the_lorentzians():
    sample = film(count=2000)
    weights = sample.weights()
    rng = np.random.default_rng(12)
    record = sample.fluctuators.simulate(rng, 2**17, 1.0, weights)
    mean = sample.fluctuators.mean(weights)
    edges = np.geomspace(3e-3, 0.03, 9)
    found = welch_blocks(record.values, 1.0, 2**11, mean=mean, blocks=32).bands(edges)
    f, exact = sample.fluctuators.expected_welch(1.0, 2**11, weights)
    exact = BlockSpectrum(f, exact[None]).bands(edges).mean
    assert np.all(np.abs(found.mean - exact) < 4 * found.error)
    assert exact == pytest.approx(sample.noise(found.frequency), rel=0.1)


def test_errors_name_what_is_wrong():
    ensemble = FluctuatorEnsemble.symmetric([1.0, 2.0])
    cells, strengths = np.array([0, 1]), np.array([0.1, 0.2])
    good = FlickeringFilm((4, 6), cells, strengths, ensemble)
    for call, words in (
        (lambda: solve_flow(np.ones(4)), "two axes"),
        (lambda: solve_flow(-np.ones((4, 4))), "density"),
        (lambda: linear_flow([[1.0, np.nan], [1, 1]]), "density"),
        (lambda: FlickeringFilm((4,), cells, strengths, ensemble), "shape"),
        (lambda: FlickeringFilm((4, 6), cells[:1], strengths, ensemble), "cells"),
        (lambda: FlickeringFilm((4, 6), cells + 30, strengths, ensemble), "cells"),
        (lambda: FlickeringFilm((4, 6), cells, [0.1, np.inf], ensemble), "strengths"),
        (lambda: good.weights(4), "parts"),
        (
            lambda: FlickeringFilm.draw(np.random.default_rng(), (4, 6), ensemble, 0.0),
            "rms",
        ),
    ):
        with pytest.raises(ParameterError, match=words):
            call()


def test_glass_is_flat_in_the_splitting_and_in_the_logarithm_of_the_time():
    times = LogUniformTimes(1.0, 1e5)
    sample = FlickeringFilm.glass(
        np.random.default_rng(9), (40, 20), 25, times, 0.03, span=6.0
    )
    ensemble = sample.fluctuators
    assert ensemble.size == 20_000
    ratio = np.log(ensemble.rate_down / ensemble.rate_up)  # E/T
    assert ratio.max() <= 6
    assert np.mean(ratio) == pytest.approx(3, abs=4 * 6 / np.sqrt(12 * 20_000))
    # Mean of 1/(4 cosh^2(E/2T)): an integral over the splitting.
    thermal = np.tanh(3.0) / 2 / 6
    assert np.mean(ensemble.variance) == pytest.approx(thermal, rel=0.05)
    place = np.log(ensemble.relaxation_rate) / np.log(1e-5)
    assert np.mean(place) == pytest.approx(0.5, abs=0.01)
    assert sample.strengths.std() == pytest.approx(0.03, rel=0.03)
    for bad, words in (({"per_cell": 0}, "per_cell"), ({"span": -1.0}, "span")):
        given = {"per_cell": 5, "span": 4.0} | bad
        with pytest.raises(ParameterError, match=words):
            FlickeringFilm.glass(
                np.random.default_rng(9), (8, 8), times=times, rms=0.1, **given
            )
