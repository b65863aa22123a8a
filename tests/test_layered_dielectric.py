"""Dipoles in a film: images against modes, Hankel integrals and limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import j0

from tlsbook import interaction
from tlsbook.layered_dielectric import DielectricFilm, position_average
from tlsbook.validation import ParameterError

X, Y, Z = np.eye(3)
many = settings(deadline=None, max_examples=30)


def hankel_zz(film, r, z, other):
    """Energy of two dipoles along z from boundary conditions, wave by wave."""
    k_b, k_a = film.reflection
    t = film.thickness

    def wave(k):
        # exp(-k|z-z'|) + up e^{-kz} + down e^{k(z-t)}: both faces, then derivatives
        def potential(a, b):
            matrix = [[1, -k_b * np.exp(-k * t)], [-k_a * np.exp(-k * t), 1]]
            drive = [k_b * np.exp(-k * b), k_a * np.exp(-k * (t - b))]
            up, down = np.linalg.solve(matrix, drive)
            return up * np.exp(-k * a) + down * np.exp(k * (a - t))

        h = 1e-3
        mixed = potential(z + h, other + h) - potential(z + h, other - h)
        mixed -= potential(z - h, other + h) - potential(z - h, other - h)
        return mixed / (4 * h * h) * j0(k * r)

    scattered = quad(wave, 0, 60 / t, limit=400)[0] / (4 * np.pi)
    bare = interaction.dipole_strength([r, 0, z - other], Z, Z)
    return scattered + bare / np.hypot(r, z - other) ** 3


@pytest.mark.parametrize(
    ("below", "above"), [(1.0, 1.0), (np.inf, 1.0), (3.0, 40.0), (np.inf, np.inf)]
)
def test_perpendicular_dipoles_wave_by_wave(below, above):
    film = DielectricFilm(1.0, 10.0, below, above)
    for r, z, other in ((0.4, 0.3, 0.6), (2.0, 0.5, 0.4)):
        value = film.pair_energy([r, 0.0], z, other, Z, Z)
        assert value == pytest.approx(hankel_zz(film, r, z, other), rel=3e-4, abs=2e-8)


@given(st.integers(0, 10**6), st.floats(0.12, 0.9))
@many
def test_modes_of_two_plates_are_their_images(seed, r):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, 3))
    heights = rng.uniform(0.1, 0.9, 2)
    film = DielectricFilm(1.0, 5.0, np.inf, np.inf)
    angle = rng.uniform(0, 2 * np.pi)
    place = r * np.array([np.cos(angle), np.sin(angle)])
    modes = film.pair_energy(place, *heights, first, second)
    images = film._images(place, *heights, first, second, 400)
    assert modes == pytest.approx(images, abs=4e-6)


@given(st.integers(0, 10**6))
@many
def test_exchange_of_both_dipoles_and_of_both_faces(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, 3))
    place = rng.normal(size=2) + 0.05
    z, other = rng.uniform(0.05, 0.95, 2)
    film = DielectricFilm(1.0, 10.0, 2.0, np.inf)
    value = film.pair_energy(place, z, other, first, second)
    swapped = film.pair_energy(-place, other, z, second, first)
    assert swapped == pytest.approx(value, rel=1e-9)
    turned = DielectricFilm(1.0, 10.0, np.inf, 2.0)
    flip = np.array([1.0, 1.0, -1.0])
    upside_down = turned.pair_energy(
        place, 1 - z, 1 - other, flip * first, flip * second
    )
    assert upside_down == pytest.approx(value, rel=1e-7)


def test_without_contrast_it_is_the_bulk():
    film = DielectricFilm(2.0, 4.0, 4.0, 4.0)
    place = np.array([0.7, -0.4])
    first, second = np.array([0.2, 1.0, -0.5]), np.array([1.0, 0.3, 0.8])
    value = film.pair_energy(place, 0.5, 1.6, first, second)
    vector = np.array([*place, 0.5 - 1.6])
    strength = interaction.dipole_strength(vector, first, second)
    assert value == pytest.approx(strength / np.linalg.norm(vector) ** 3)


def test_laws_far_away():
    far = np.array([[50.0, 0.0], [100.0, 0.0]])
    metal = DielectricFilm(1.0, 10.0, np.inf, 10.0)
    upright = metal.pair_energy(far, 0.5, 0.5, Z, Z)
    assert upright * far[:, 0] ** 3 == pytest.approx(2 / (4 * np.pi), rel=1e-3)
    flat = metal.pair_energy(far, 0.5, 0.5, Y, Y)
    assert flat[0] / flat[1] == pytest.approx(32, rel=1e-2)
    plates = DielectricFilm(1.0, 10.0, np.inf, np.inf)
    near = plates.pair_energy([[4.0, 0.0], [5.0, 0.0]], 0.5, 0.5, Y, Y)
    assert near[0] / near[1] == pytest.approx(np.exp(np.pi) * (5 / 4) ** 1.5, rel=0.05)
    # Field lines stay in a film of high permittivity: two dimensions.
    strong = DielectricFilm(1.0, 300.0, 1.0, 1.0)
    confined = strong.pair_energy([[4.0, 0.0], [8.0, 0.0]], 0.5, 0.5, Y, Y)
    assert confined * np.array([16, 64]) == pytest.approx(1 / (2 * np.pi), rel=0.1)


def test_average_without_contrast_in_a_thick_film_is_the_bulk():
    film = DielectricFilm(1.0, 1.0, 1.0, 1.0)
    rng = np.random.default_rng(17)
    mean, error = position_average(film, [3e4, 1e5], rng, pairs=3000)
    first, second, way = rng.normal(size=(3, 200_000, 3))
    for vector in (first, second, way):
        vector /= np.linalg.norm(vector, axis=1)[:, None]
    along = np.sum(first * way, 1) * np.sum(second * way, 1)
    strength = np.abs(np.sum(first * second, 1) - 3 * along) / (4 * np.pi)
    bulk = 8 * np.pi / 3 * strength.mean()
    assert mean[1] == pytest.approx(bulk, abs=4 * error[1] + 0.02 * bulk)


def test_average_in_thin_films_follows_the_power_of_the_distance():
    for film, rate, power, tolerance in (
        (DielectricFilm(1.0, 10.0, 10.0, 10.0), 1e-7, 1 / 3, 0.01),
        (DielectricFilm(1.0, 10.0, np.inf, 10.0), 1e-7, 1 / 3, 0.03),
        (DielectricFilm(1.0, 300.0, 1.0, 1.0), 1e-3, 0.0, 0.1),
        (DielectricFilm(1.0, 10.0, np.inf, np.inf), 1e-7, 1.0, 0.13),
    ):
        rates = np.array([1.0, 2.0]) * rate
        mean, _ = position_average(
            film, rates, np.random.default_rng(3), pairs=60, radii=80
        )
        slope = np.log(mean[1] / mean[0]) / np.log(2)
        assert slope == pytest.approx(power, abs=tolerance)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: DielectricFilm(0.0, 1.0, 1.0, 1.0), "thickness"),
        (lambda: DielectricFilm(1.0, -1.0, 1.0, 1.0), "permittivity"),
        (lambda: DielectricFilm(1.0, 1.0, 0.0, 1.0), "below"),
        (lambda: DielectricFilm(1.0, 1.0, 1.0, np.nan), "above"),
        (lambda: DielectricFilm([1.0, 2.0], 1.0, 1.0, 1.0), "thickness"),
        (lambda: STRONG.pair_energy([1.0, 0.0], 0.5, 0.5, Z, Z), "permittivity"),
        (lambda: FILM.pair_energy([1.0, 0.0], 1.5, 0.5, Z, Z), "height"),
        (lambda: FILM.pair_energy([1.0, 0.0], 0.5, 0.0, Z, Z), "other"),
        (lambda: FILM.pair_energy([0.0, 0.0], 0.5, 0.5, Z, Z), "separation"),
        (lambda: FILM.pair_energy([1.0, 0.0], 0.5, 0.5, Z[:2], Z), "first"),
        (lambda: position_average(FILM, [1.0, 0.5], RNG), "rates"),
        (lambda: position_average(FILM, [-1.0, 0.5], RNG), "rates"),
        (lambda: position_average(FILM, [0.1, 0.5], RNG, pairs=1), "pairs"),
    ],
)
def test_bad_input_is_named(call, name):
    with pytest.raises(ParameterError, match=name):
        call()


FILM = DielectricFilm(1.0, 10.0, 1.0, 1.0)
STRONG = DielectricFilm(1.0, 1e4, 1.0, 1.0)
RNG = np.random.default_rng(0)
