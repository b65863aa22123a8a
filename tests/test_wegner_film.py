from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import dblquad

from tlsbook.validation import ConvergenceError, ParameterError
from tlsbook.wegner_film import (
    DIRECTIONS,
    WegnerFilm,
    density_constant,
    diffusive_covariance,
)

SMALL = WegnerFilm((3, 4), 2, 0.3)


def test_sample_has_the_variances_and_bonds_of_the_model():
    film = WegnerFilm((3, 4), 30, 0.3, onsite=0.1, hopping=0.4)
    h = film.sample(np.random.default_rng(1)).hamiltonian
    blocks = h.reshape(12, 30, 12, 30).transpose(0, 2, 1, 3)
    assert np.array_equal(h, h.T)
    size = np.mean(blocks**2, axis=(2, 3)) * 30
    x, y = np.divmod(np.arange(12), 4)
    far = [
        np.minimum(np.subtract.outer(a, a) % n, np.subtract.outer(-a, -a) % n)
        for a, n in ((x, 3), (y, 4))
    ]
    distance = far[0] + far[1]
    assert size[distance == 0].mean() == pytest.approx(0.1 * 31 / 30, rel=0.03)
    assert size[distance == 1] == pytest.approx(0.4, rel=0.2)
    assert size[distance == 1].mean() == pytest.approx(0.4, rel=0.04)
    assert not size[distance > 1].any()


def test_levels_of_a_sample_have_the_density_of_states_of_the_model():
    film = WegnerFilm((6, 6), 16, 0.3, onsite=0.3, hopping=0.5)
    level = np.linalg.eigvalsh(film.sample(np.random.default_rng(2)).hamiltonian)
    window = np.mean(np.abs(level) < 0.3) / 0.6
    assert window == pytest.approx(film.density_of_states, rel=0.03)


@pytest.mark.parametrize("along", DIRECTIONS.values())
def test_coefficients_are_the_differences_of_diagonalisations(along):
    sample = SMALL.sample(np.random.default_rng(3), along)
    n0 = sample.density(0.0)
    one, two = ((sample.density(q) - n0) / q**2 for q in (0.01, 0.02))
    chi = sample.density_coefficient()
    assert np.ptp(chi) > 1e-3
    assert (4 * one - two) / 3 == pytest.approx(chi, abs=1e-6)
    up, down = (replace(sample, gap=0.3 + d).density(0.0) for d in (1e-4, -1e-4))
    slope = sample.gap_coefficient()
    assert (up - down) / 2e-4 == pytest.approx(slope, abs=1e-6)
    assert np.ptp(slope) > 1e-2


def test_ladder_is_the_limit_of_many_orbitals():
    """No code is shared: brute force against the sum of diagrams, 1/N left over."""
    film = WegnerFilm((3, 3), 40, 0.3)
    x, y, gap = [], [], []
    for seed in range(8):
        for pile, direction in ((x, "x"), (y, "y")):
            sample = film.sample(np.random.default_rng(seed), DIRECTIONS[direction])
            pile.append(sample.density_coefficient())
        gap.append(sample.gap_coefficient())
    pairs = {
        ("x", "x"): np.mean(np.square([x, y]), axis=(0, 2)),
        ("x", "y"): np.mean(np.multiply(x, y), axis=1),
        ("gap", "gap"): np.mean(np.square(gap), axis=1),
        ("x", "gap"): np.mean(np.add(x, y) * gap, axis=1) / 2,
    }
    for pair, values in pairs.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        ladder = film.ladder_covariance(*pair)
        assert error < 0.15 * abs(ladder)
        assert abs(values.mean() - ladder) < 4 * error + 0.01 * abs(ladder)


def test_ladder_of_a_large_film_is_diffusive():
    film = WegnerFilm((20, 20), 1, 0.05)
    for pair in (("x", "x"), ("x", "y"), ("gap", "gap"), ("x", "gap")):
        limit = diffusive_covariance(*pair, film.diffusion, film.density_of_states)
        assert film.ladder_covariance(*pair) == pytest.approx(limit, rel=0.1)


def test_ladder_tends_to_isotropy_for_a_small_gap():
    def anisotropy(gap):
        film = WegnerFilm((10, 10), 1, gap)
        axis, diagonal = (film.ladder_covariance(d, d) for d in ("x", "diagonal"))
        return abs(diagonal / axis - 1)

    assert anisotropy(0.1) < 0.8 * anisotropy(0.4) < 0.2


def test_ladder_knows_that_y_is_as_x_and_halves_with_twice_the_orbitals():
    film = WegnerFilm((6, 6), 1, 0.2)
    one = film.ladder_covariance("x", "x")
    assert film.ladder_covariance("y", "y") == pytest.approx(one, rel=1e-12)
    double = replace(film, orbitals=2).ladder_covariance("x", "x")
    assert double == pytest.approx(one / 2, rel=1e-12)
    # The polarisation identity; the diagonal runs over the whole zone.
    mixed = film.ladder_covariance("x", "diagonal")
    both = one + film.ladder_covariance("x", "y")
    assert mixed == pytest.approx(both / 2, rel=1e-9)


def test_no_density_fluctuations_on_two_equal_sublattices():
    """Without the blocks within sites every orbital is half filled in every sample."""
    bipartite = WegnerFilm((4, 4), 1, 0.2, onsite=0.0)
    usual = WegnerFilm((4, 4), 1, 0.2).ladder_covariance("x", "x")
    size = np.finfo(float).eps
    chi = bipartite.sample(np.random.default_rng(4)).density_coefficient()
    assert np.max(np.abs(chi)) < 1e-12
    with pytest.raises(ConvergenceError):
        bipartite.ladder_covariance("x", "x", rtol=size)
    assert abs(bipartite.ladder_covariance("x", "x", rtol=1e300)) < 1e-10 * usual


def test_constants_are_the_integrals_of_the_ladder():
    def summed(power_1, power_2):
        """Integral over both frequencies of sin^a sin^b over the sum of energies."""
        half = dblquad(
            lambda a, b: (
                np.cosh(a) ** (1 - power_1)
                * np.cosh(b) ** (1 - power_2)
                / (np.cosh(a) + np.cosh(b)) ** 2
            ),
            0,
            18,
            0,
            18,
            epsrel=1e-8,
        )[0]
        return 4 * half / (2 * np.pi) ** 2

    terms = 6 * summed(2, 2), -2 * summed(2, 1), 2 * summed(1, 1)
    pairs = ("x", "x"), ("x", "gap"), ("gap", "gap")
    for term, pair in zip(terms, pairs, strict=True):
        assert diffusive_covariance(*pair, 1.0, 1.0) == pytest.approx(term, rel=1e-6)
    slope = -np.pi / 2
    for follows, total in (
        (False, terms[0]),
        (True, terms[0] + 2 * slope * terms[1] + slope**2 * terms[2]),
    ):
        constant = density_constant(gap_follows=follows)
        assert constant == pytest.approx(4 * np.pi * np.sqrt(np.pi * total), rel=1e-6)


def test_covariance_is_a_symmetric_tensor():
    def of(first, second):
        return diffusive_covariance(first, second, 1.3, 0.2)

    assert of("x", "y") == pytest.approx(of("x", "x") / 3)
    assert of("x", "diagonal") == pytest.approx((of("x", "x") + of("x", "y")) / 2)
    assert of("diagonal", "diagonal") == pytest.approx(of("x", "x"))
    assert of("diagonal", "gap") == of("gap", "x") == of("x", "gap")


def test_bad_input_is_named():
    with pytest.raises(ParameterError, match="shape"):
        WegnerFilm((2, 5), 1, 0.1)
    with pytest.raises(ParameterError, match="orbitals"):
        WegnerFilm((4, 4), 1.5, 0.1)
    with pytest.raises(ParameterError, match="gap"):
        WegnerFilm((4, 4), 1, 0.0)
    with pytest.raises(ParameterError, match="hopping"):
        WegnerFilm((4, 4), 1, 0.1, hopping=0.0)
    with pytest.raises(ParameterError, match="onsite"):
        WegnerFilm((4, 4), 1, 0.1, onsite=-0.1)
    with pytest.raises(ParameterError, match="drive"):
        SMALL.ladder_covariance("x", "z")
    with pytest.raises(ParameterError, match="drive"):
        diffusive_covariance("current", "x", 1.0, 1.0)
    with pytest.raises(ConvergenceError, match="step"):
        SMALL.ladder_covariance("x", "x", step=3.0)
