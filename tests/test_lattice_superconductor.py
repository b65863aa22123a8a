import numpy as np
import pytest

from tlsbook.lattice_superconductor import (
    LatticeSuperconductor,
    anderson_film,
    born_transport,
    rms_coefficient,
)
from tlsbook.validation import ParameterError


@pytest.mark.parametrize("direction", [0, 1])
def test_coefficient_is_the_second_difference_of_diagonalisations(direction):
    sample = anderson_film(
        np.random.default_rng(3), (5, 4), 3.0, 0.4, direction=direction
    )
    chi, q = sample.density_coefficient(), 0.01
    n0 = sample.density(0.0)
    one, two = ((sample.density(k * q) - n0) / (k * q) ** 2 for k in (1, 2))
    assert np.ptp(chi) > 1e-3
    assert (4 * one - two) / 3 == pytest.approx(chi, abs=1e-6)


def test_change_is_even_and_quadratic_in_the_momentum():
    sample = anderson_film(np.random.default_rng(4), (5, 4), 3.0, 0.4)
    n0 = sample.density(0.0)
    plus, minus = sample.density(0.02) - n0, sample.density(-0.02) - n0
    assert plus == pytest.approx(minus, abs=1e-12)
    double = sample.density(0.04) - n0
    slope = np.log2(np.linalg.norm(double) / np.linalg.norm(plus))
    assert slope == pytest.approx(2.0, abs=0.02)


def test_open_normal_sample_does_not_see_the_phase():
    rng = np.random.default_rng(5)
    h = np.diag(rng.uniform(-1, 1, 16)) - np.eye(16, k=1) - np.eye(16, k=-1)
    x = np.subtract.outer(np.arange(16.0), np.arange(16.0))
    normal = LatticeSuperconductor(h, x, 1e-7).density_coefficient()
    paired = LatticeSuperconductor(h, x, 0.3).density_coefficient()
    assert normal == pytest.approx(np.zeros(16), abs=1e-5)
    assert np.max(np.abs(paired)) > 1e-2


def test_bad_input_is_named():
    with pytest.raises(ParameterError, match="symmetric"):
        LatticeSuperconductor(np.eye(3, k=1), np.zeros((3, 3)), 1.0)
    with pytest.raises(ParameterError, match="gap"):
        LatticeSuperconductor(np.eye(3), np.zeros((3, 3)), 0.0)
    with pytest.raises(ParameterError, match="antisymmetric"):
        LatticeSuperconductor(np.ones((3, 3)), np.ones((3, 3)), 1.0)
    with pytest.raises(ParameterError, match="shape"):
        anderson_film(np.random.default_rng(0), (2, 4), 1.0, 0.1)


def test_rms_agrees_for_both_directions_and_needs_two_samples():
    seeds = range(24)
    (x, dx), (y, dy) = (
        rms_coefficient(seeds, (10, 10), 3.0, 0.4, direction=d) for d in (0, 1)
    )
    assert abs(x - y) < 4 * np.hypot(dx, dy) < x
    with pytest.raises(ParameterError, match="seeds"):
        rms_coefficient([1], (4, 4), 3.0, 0.4)


def test_born_transport_is_the_golden_rule_for_weak_disorder():
    """Clean density of states; D is v_x^2 over 2 pi nu W^2/12, on the Fermi line."""
    k = 2 * np.pi * (np.arange(2000) + 0.5) / 2000
    level = -2 * np.add.outer(np.cos(k), np.cos(k)) - 0.5
    shell = np.abs(level) < 0.05
    clean = np.mean(shell) / 0.1
    square = np.mean((2 * np.sin(k)[:, None] * np.ones(2000))[shell] ** 2)
    density, diffusion = born_transport(0.8)
    assert density == pytest.approx(clean, rel=0.02)
    assert diffusion == pytest.approx(
        square / (2 * np.pi * clean * 0.8**2 / 12), rel=0.03
    )


def test_born_density_of_states_is_that_of_samples():
    levels = [
        np.linalg.eigvalsh(
            anderson_film(np.random.default_rng(s), (16, 16), 4.0, 0.2).hamiltonian
        )
        for s in range(12)
    ]
    counted = np.mean(np.abs(levels) < 0.4) / 0.8
    assert born_transport(4.0)[0] == pytest.approx(counted, rel=0.06)
    with pytest.raises(ParameterError, match="disorder"):
        born_transport(0.1)


def test_density_at_rest_is_that_of_the_full_problem():
    sample = anderson_film(np.random.default_rng(6), (4, 4), 3.0, 0.4)
    assert sample.density(0.0) == pytest.approx(sample.density(1e-9), abs=1e-12)
