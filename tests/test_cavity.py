"""Walls and modes in SI: closed forms, limits, materials, bad input."""

import numpy as np
import pytest
from scipy import constants
from scipy.integrate import dblquad

from tlsbook import materials
from tlsbook.cavity import BCS_GAP, Cavity, Wall, rectangular_geometry_factor
from tlsbook.complex_conductivity import RetardedFunctions, complex_conductivity
from tlsbook.validation import ParameterError

NIOBIUM = Wall.from_material("niobium", 20e-9)
COLD = RetardedFunctions.dynes(BCS_GAP)


def test_normal_wall_has_the_skin_effect():
    frequency = 1e9
    Z = NIOBIUM.surface_impedance(frequency, 1.0)
    skin = np.sqrt(
        2 / (2 * np.pi * frequency * constants.mu_0 * NIOBIUM.normal_conductivity)
    )
    R = 1 / (NIOBIUM.normal_conductivity * skin)
    assert Z == pytest.approx(R * (1 + 1j))


def test_conductivity_is_that_of_free_carriers():
    """sigma_0 with v_F of xi_0; n e^2/m is 1/(mu_0 lambda_L^2)."""
    gap = BCS_GAP * constants.k * NIOBIUM.critical_temperature
    v_F = np.pi * NIOBIUM.coherence_length * gap / constants.hbar
    stiffness = 1 / (constants.mu_0 * NIOBIUM.london_depth**2)
    sigma = stiffness * NIOBIUM.mean_free_path / v_F
    assert NIOBIUM.normal_conductivity == pytest.approx(sigma)


def test_depth_interpolates_between_clean_and_dirty():
    """lambda_L for l >> xi_0; lambda_L sqrt(xi_0/l) for l << xi_0."""
    for length, closed in ((4e-3, 1.0), (4e-13, np.sqrt(38e-9 / 4e-13))):
        wall = Wall.from_material("niobium", length)
        cavity = Cavity(wall, 1e7, 270)
        depth = cavity.depth(cavity.surface_impedance(COLD, 0.05))
        assert depth == pytest.approx(wall.london_depth * closed, rel=2e-3)


def test_weak_losses():
    """R_s = mu_0^2 w^2 lambda^3 sigma_1/2 and both ways to the depth."""
    cavity = Cavity(NIOBIUM, 1e9, 270)
    Z = cavity.surface_impedance(COLD, 0.3)
    tau = NIOBIUM.scattering_time
    sigma = complex_conductivity(COLD, cavity.omega, 0.3, tau)
    depth = NIOBIUM.penetration_depth(cavity.omega * sigma.inductive)
    assert cavity.depth(Z) == pytest.approx(depth, rel=1e-6, abs=0)
    w = 2 * np.pi * cavity.frequency
    absorbed = sigma.real * NIOBIUM.normal_conductivity
    R = 0.5 * (constants.mu_0 * w) ** 2 * depth**3 * absorbed
    assert Z.real == pytest.approx(R, rel=1e-5, abs=0)
    assert cavity.quality_factor(Z.real) == pytest.approx(270 / R, rel=1e-5)
    assert cavity.lifetime(Z.real) == pytest.approx(270 / R / w, rel=1e-5)


def test_niobium_at_two_kelvin():
    """Accelerator cavities at 1.3 GHz and 2 K: about ten nano-ohms are measured."""
    cavity = Cavity(NIOBIUM, 1.3e9, 270)
    R = cavity.surface_impedance(COLD, 2 / 9.25).real
    assert 5e-9 < R < 30e-9


@pytest.mark.parametrize("sides", [(1.0, 0.4, 1.0), (2.0, 1.0, 3.0)])
def test_geometry_factor_from_the_fields(sides):
    a, b, d = sides
    k = np.pi / a, np.pi / d

    def field_square(x, z):
        """H^2 of the mode E_y = sin(kx) sin(kz), up to a factor."""
        H_x = k[1] * np.sin(k[0] * x) * np.cos(k[1] * z)
        H_z = k[0] * np.cos(k[0] * x) * np.sin(k[1] * z)
        return H_x**2 + H_z**2

    plates = dblquad(field_square, 0, d, 0, a)[0]
    volume = b * plates
    walls = 2 * plates
    walls += 2 * b * k[0] ** 2 * d / 2 + 2 * b * k[1] ** 2 * a / 2
    G = constants.c * np.hypot(*k) * constants.mu_0 * volume / walls
    assert rectangular_geometry_factor(a, b, d) == pytest.approx(G, rel=1e-9)


def test_numbers_of_the_table():
    wall = Wall.from_material("aluminium", 1e-8)
    assert wall.critical_temperature == materials.get(
        "aluminium"
    ).critical_temperature.to("K")
    # The product of resistivity and mean free path of aluminium, 4e-16 Ohm m^2.
    assert wall.mean_free_path / wall.normal_conductivity == pytest.approx(
        4e-16, rel=0.3, abs=0
    )
    assert wall.non_locality(1e-7) == pytest.approx(1 / (1 / 16 + 10), rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Wall(0.0, 1e-8, 1e-8, 9.0), "london_depth must be positive"),
        (lambda: Wall(1e-8, 1e-8, [1e-8, 1e-9], 9.0), "one number"),
        (lambda: Wall.from_material("gold", 1e-8), "london_depth"),
        (lambda: Cavity("niobium", 1e9, 270), "wall must be a Wall"),
        (lambda: Cavity(NIOBIUM, 0.0, 270), "frequency must be positive"),
        (lambda: Cavity(NIOBIUM, 1e9, -1.0), "geometry_factor must be positive"),
        (lambda: Cavity(NIOBIUM, [1e9, 2e9], 270), "frequency must be one number"),
        (lambda: Cavity(NIOBIUM, 1e9, [1.0, 2.0]), "geometry_factor must be one"),
        (lambda: NIOBIUM.surface_impedance(1e9, -1.0 + 0j), "conductivity must have"),
        (lambda: NIOBIUM.surface_impedance(1e9, 0j), "conductivity must have"),
        (lambda: NIOBIUM.surface_impedance(1e9, np.nan), "conductivity must be fin"),
        (lambda: NIOBIUM.surface_impedance(1e9, "x"), "conductivity must be a numb"),
        (lambda: NIOBIUM.surface_impedance([1e9, 0.0], 1.0), "frequency must be pos"),
        (lambda: Cavity(NIOBIUM, 1e9, 270).depth(np.nan), "impedance must be finite"),
        (lambda: Cavity(NIOBIUM, 1e9, 270).depth(1e-9), "positive imaginary part"),
        (
            lambda: Cavity(NIOBIUM, 1e9, 270).surface_impedance(COLD, [0.1, 0.2]),
            "temperature must be one number",
        ),
        (lambda: Cavity(NIOBIUM, 1e9, 1.0).quality_factor(0.0), "resistance"),
        (lambda: rectangular_geometry_factor(1.0, 0.0, 1.0), "height must be"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ParameterError, match=message):
        call()
