"""The supercurrent of a film with an uneven superfluid density."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbook.superflow_noise import SuperfluidRing, bond_phase, transverse_part
from tlsbook.validation import ParameterError


def uneven(seed, shape=(9, 11), spread=0.6):
    return np.exp(np.random.default_rng(seed).normal(0, spread, shape))


def divergence(ring):
    along, across = ring.current_along(), ring.current_across()
    total = along - np.roll(along, 1, 1)
    if not ring.edges:
        return total + across - np.roll(across, 1, 0)
    total[:-1] += across
    total[1:] -= across
    return total


@pytest.mark.parametrize("edges", [False, True])
def test_current_is_conserved_and_the_same_through_every_cut(edges):
    ring = SuperfluidRing(uneven(1), edges)
    assert np.abs(divergence(ring)).max() < 1e-12
    cuts = ring.current_along().mean(axis=0)
    np.testing.assert_allclose(cuts, ring.stiffness, rtol=1e-12)


def test_layers_in_series_and_side_by_side():
    profile = uneven(2, (1, 12))[0]
    across = SuperfluidRing(np.tile(profile, (4, 1)))
    bonds = (profile + np.roll(profile, -1)) / 2
    assert across.stiffness == pytest.approx(1 / np.mean(1 / bonds), rel=1e-12)
    beside = SuperfluidRing(np.tile(profile[:, None], (1, 5)), edges=True)
    assert beside.stiffness == pytest.approx(profile.mean(), rel=1e-12)


@given(seed=st.integers(0, 10**6), edges=st.booleans())
def test_stiffness_lies_between_the_bounds_of_series_and_parallel(seed, edges):
    ring = SuperfluidRing(uneven(seed, (4, 5)), edges)
    bonds = (ring.density + np.roll(ring.density, -1, 1)) / 2
    lower = 1 / np.mean(1 / bonds.mean(axis=0))  # equal phase along each column
    assert ring.stiffness <= lower * (1 + 1e-12)
    upper = np.mean(1 / np.mean(1 / bonds, axis=1))  # no current across
    assert ring.stiffness >= upper * (1 - 1e-12)


@pytest.mark.parametrize("edges", [False, True])
def test_a_small_change_counts_by_its_total_only(edges):
    # With edges too: the unperturbed flow is uniform, and the response is symmetric.
    density = np.ones((8, 10))
    for cell in ((0, 0), (3, 4), (7, 9)):
        density[cell] += 1e-6
        ring = SuperfluidRing(density, edges)
        change = density.mean() - 1
        assert (ring.stiffness - 1) / change == pytest.approx(1, rel=1e-4)


def test_fourier_solution_agrees_with_the_sparse_one():
    change = 1e-6 * np.random.default_rng(5).normal(size=(10, 14))
    ring = SuperfluidRing(1 + change)
    along, across = transverse_part((change + np.roll(change, -1, 1)) / 2)
    scale = np.abs(along).max()
    assert np.abs(ring.current_along() - 1 - along).max() < 1e-4 * scale
    assert np.abs(ring.current_across() - across).max() < 1e-4 * scale


def test_density_that_varies_across_only_leaves_the_momentum_alone():
    change = np.tile(np.sin(np.arange(6))[:, None], (1, 7))
    along, across = transverse_part(change)
    np.testing.assert_allclose(along, change, atol=1e-14)
    assert np.abs(across).max() < 1e-14


def test_density_that_varies_along_only_leaves_the_current_uniform():
    change = np.tile(np.cos(2 * np.pi * np.arange(8) / 8), (6, 1))
    along, across = transverse_part(change)
    assert max(np.abs(along).max(), np.abs(across).max()) < 1e-14


@pytest.mark.parametrize("bad", [np.ones(5), np.ones((2, 5)), np.zeros((4, 4))])
def test_bad_densities(bad):
    with pytest.raises(ParameterError, match="density"):
        SuperfluidRing(bad)


def test_bad_change():
    with pytest.raises(ParameterError, match="change must have two axes"):
        transverse_part([1.0, 2.0])


def test_phase_on_a_chain_of_bonds_makes_the_current_uniform():
    weight = uneven(8, (6,))
    cells = np.arange(6)
    none = np.zeros(0, int), np.zeros(0, int), np.zeros(0)
    phase = bond_phase(6, (cells, np.roll(cells, -1), weight), none)
    current = weight * (1 + np.roll(phase, -1) - phase)
    np.testing.assert_allclose(current, 1 / np.mean(1 / weight), rtol=1e-12)
