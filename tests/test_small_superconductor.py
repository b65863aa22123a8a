import numpy as np
import pytest

from tlsbook.pseudo_fermion import pair_loop
from tlsbook.small_superconductor import SmallSuperconductor
from tlsbook.validation import ParameterError

HOPPING = ((0.4, -0.7), (-0.7, -0.2))
NOTHING = np.zeros((2, 2))
SYSTEM = SmallSuperconductor(HOPPING, 0.5, 0.9, 0.3)
ENERGIES = SYSTEM.energies(4)


def couplings(seed):
    random = np.random.default_rng(seed).normal(size=(3, 2, 2))
    return (random + random.transpose(0, 2, 1)) / 2


def test_bare_propagator_is_the_exact_one_without_coupling():
    exact = SYSTEM.exact(ENERGIES, NOTHING, NOTHING, NOTHING)
    np.testing.assert_allclose(SYSTEM.bare(ENERGIES), exact, atol=1e-13)


def test_a_static_potential_is_solved_by_the_dyson_equation():
    v = couplings(1)[0]
    exact = SYSTEM.exact(ENERGIES, v, NOTHING, NOTHING)
    dyson = np.linalg.inv(np.linalg.inv(SYSTEM.bare(ENERGIES)) - SYSTEM.vertex(v))
    np.testing.assert_allclose(exact, dyson, atol=1e-12)


def test_a_frozen_atom_is_a_potential():
    """Without flips the average is that over the two levels, weighted by all traces."""
    cold = SmallSuperconductor(HOPPING, 0.5, 3.0, 0.05)
    v, m, _ = couplings(2) / 3
    exact = cold.exact(ENERGIES, v, m, NOTHING)
    ground = cold.exact(ENERGIES, v - m, NOTHING, NOTHING)
    np.testing.assert_allclose(exact, ground, atol=1e-10)


def test_spectral_weight_and_symmetry():
    G = SYSTEM.exact(np.array([1e6, -1e6]), *couplings(3))
    np.testing.assert_allclose(1e6j * G[0], np.eye(4), atol=1e-5)
    G = SYSTEM.exact(np.array([0.7, -0.7]), *couplings(3))
    np.testing.assert_allclose(G[0].conj().T, G[1], atol=1e-13)


def test_second_order_of_a_potential():
    v = couplings(4)[0]
    W = SYSTEM.vertex(v)
    found = SYSTEM.second_order(ENERGIES, v, NOTHING, NOTHING)
    np.testing.assert_allclose(found, W @ SYSTEM.bare(ENERGIES) @ W, atol=1e-7)


def test_second_order_of_the_flips():
    """Loop sum of the pair, all Bose energies, and the loop of the electrons."""
    n = couplings(5)[2]
    W, E, T = SYSTEM.vertex(n), SYSTEM.splitting, SYSTEM.temperature
    m = np.arange(-4000, 4001)
    weight = -T * (pair_loop(m, E / 2, -E / 2, T) + pair_loop(m, -E / 2, E / 2, T))
    moved = ENERGIES[:, None] - 2 * np.pi * T * m
    exchange = W @ np.einsum("m,nmab->nab", weight, SYSTEM.bare(moved)) @ W
    electrons = -W * SYSTEM.density(n) * 2 * np.tanh(E / (2 * T)) / E
    found = SYSTEM.second_order(ENERGIES, NOTHING, NOTHING, n)
    np.testing.assert_allclose(found, exchange + electrons, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SmallSuperconductor(((0, 1), (2, 0)), 1, 1, 1), "real symmetric"),
        (lambda: SmallSuperconductor(np.eye(4), 1, 1, 1), "at most 3 orbitals"),
        (lambda: SmallSuperconductor(HOPPING, 1, 0.0, 1), "splitting must be positive"),
        (
            lambda: SmallSuperconductor(HOPPING, 1, 1, -1),
            "temperature must be positive",
        ),
        (lambda: SYSTEM.second_order(1.0, *couplings(1), step=0), "step must be"),
        (lambda: SYSTEM.vertex([1.0, 2.0]), "matrix must be a real symmetric"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
