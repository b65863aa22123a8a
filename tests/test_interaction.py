"""Pair interaction: charges against the dipole formula, Fourier integrals."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants

from tlsbook import interaction
from tlsbook.validation import ParameterError

vectors = st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(np.array)


@given(vectors, vectors, vectors)
@settings(deadline=None, max_examples=30)
def test_charges_make_the_dipole_formula(place, first, second):
    place = 3 * place + np.array([0.0, 0.0, 5.0])
    energy = interaction.charge_pair_energy(place, first, second)
    strength = interaction.dipole_strength(place, first, second)
    cube = np.linalg.norm(place) ** 3
    assert energy * cube == pytest.approx(strength, abs=1e-4)


def test_dipoles_along_and_beside_each_other():
    z, x = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    assert interaction.dipole_strength(2 * z, z, z) == pytest.approx(-1 / (2 * np.pi))
    assert interaction.dipole_strength(2 * x, z, z) == pytest.approx(1 / (4 * np.pi))
    assert interaction.dipole_strength(2 * x, z, x) == 0


def test_fourier_integral_gives_the_dipole_interaction():
    # q_z^2/q^2 is the longitudinal projector: (1 - 3 cos^2)/4 pi in space.
    w = sp.symbols("w", real=True)
    result = interaction.in_space(w**2, w)
    assert sp.simplify(result - (1 - 3 * w**2) / (4 * sp.pi)) == 0
    assert interaction.in_space(sp.Integer(1), w) == 0


def test_fourth_order_is_harmonic_in_sum():
    # (1 - w^2)^2 has orders 0, 2, 4; the direction average of the result is zero.
    w = sp.symbols("w", real=True)
    result = interaction.in_space((1 - w**2) ** 2, w)
    assert sp.integrate(result, (w, -1, 1)) == 0
    # On the axis, from derivatives of the biharmonic function r: d^4 r/dz^4 = 0 there.
    x, z = sp.symbols("x z", positive=True)
    r = sp.sqrt(x**2 + z**2)
    fourth = sp.diff(r, z, 4) / (8 * sp.pi) * r**3  # -q_z^4/q^4 in space
    at = {x: sp.sqrt(1 - w**2), z: w}
    assert sp.simplify(interaction.in_space(w**4, w) + fourth.subs(at)) == 0


def test_laplacian():
    x, y, z = sp.symbols("x y z", positive=True)
    r = sp.sqrt(x**2 + y**2 + z**2)
    assert sp.simplify(interaction.laplacian(1 / r, (x, y, z))) == 0
    assert sp.simplify(interaction.laplacian(r, (x, y, z)) - 2 / r) == 0


def test_scales():
    silica = interaction.elastic_scale(0.65 * constants.e, 2200, 3800)
    assert silica / constants.k * 1e27 == pytest.approx(24.7, rel=5e-3)  # K nm^3
    assert interaction.electron_scale(2.0, 1 / (3 * np.pi**2)) == pytest.approx(2.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: interaction.dipole_strength([0, 0, 0], [0, 0, 1], [0, 0, 1]),
        lambda: interaction.dipole_strength([0, 1], [0, 0, 1], [0, 0, 1]),
        lambda: interaction.charge_pair_energy([0, 0, 1], [0, 0, np.nan], [0, 0, 1]),
        lambda: interaction.elastic_scale(1.0, -1.0, 1.0),
        lambda: interaction.electron_scale(1.0, 0.0),
        lambda: interaction.in_space(sp.Integer(1), sp.symbols("w"), orders=(3,)),
    ],
)
def test_bad_input(call):
    with pytest.raises(ParameterError):
        call()
