import re
from pathlib import Path

import numpy as np
import pytest
from scipy import constants

from tlsbook import materials
from tlsbook.materials import Quantity
from tlsbook.validation import ParameterError

FREE = [n for n in materials.names() if "fermi_energy" in materials.get(n).quantities]


@pytest.mark.parametrize("name", FREE)
def test_free_electron_rows_agree_with_each_other(name):
    metal = materials.get(name)
    k_f = np.cbrt(3 * np.pi**2 * metal.electron_density.value)
    velocity = constants.hbar * k_f / constants.m_e
    energy = constants.m_e * velocity**2 / 2
    # The printed digits allow about one percent.
    assert metal.fermi_velocity.value == pytest.approx(velocity, rel=0.01)
    assert metal.fermi_energy.value == pytest.approx(energy, rel=0.01, abs=0)


@pytest.mark.parametrize(
    ("name", "valence", "mass"),
    [("gold", 1, 196.967), ("aluminium", 3, 26.982), ("niobium", 1, 92.906)],
)
def test_electron_density_is_valence_times_atoms(name, valence, mass):
    metal = materials.get(name)
    atoms = metal.mass_density.value * constants.N_A / (mass * 1e-3)
    assert metal.electron_density.value == pytest.approx(valence * atoms, rel=0.01)


@pytest.mark.parametrize("name", ["aluminium", "niobium"])
def test_gap_and_gap_ratio_agree(name):
    metal = materials.get(name)
    thermal = constants.k * metal.critical_temperature.value
    ratio = 2 * metal.gap.value / thermal
    assert ratio == pytest.approx(metal.gap_ratio.value, rel=0.03)


@pytest.mark.parametrize("mode", ["longitudinal", "transverse"])
def test_tunnelling_strength_of_silica_follows_from_its_parts(mode):
    # Two publications: strength from attenuation, parts from a fit.
    glass = materials.get("vitreous silica")
    gamma = getattr(glass, f"{mode}_deformation_potential").value
    speed = getattr(glass, f"{mode}_sound_velocity").value
    strength = glass.tls_density_of_states.value * gamma**2
    strength /= glass.mass_density.value * speed**2
    printed = getattr(glass, f"{mode}_tunnelling_strength").value
    assert strength == pytest.approx(printed, rel=0.08)


def test_every_entry_is_complete():
    for name in materials.names():
        material = materials.get(name)
        assert material.kind in ("metal", "superconductor", "dielectric")
        for quantity in material.quantities.values():
            assert quantity.low <= quantity.value <= quantity.high
            assert quantity.value > 0
            assert all(key == key.lower() for key in quantity.source)
            assert quantity.unit in {si for si, _ in materials.UNITS.values()}


def test_conversions():
    density = Quantity.from_unit(1e16, 1e16, 2e16, "cm^-3 K^-1", ["x"])
    assert density.value == pytest.approx(1e22 / constants.k)
    assert density.to("eV^-1 cm^-3") == pytest.approx(1e16 * constants.e / constants.k)
    assert density.spread("cm^-3 K^-1") == pytest.approx((1e16, 2e16))
    debye = materials.get("vitreous silica").dipole_moment.to("D")
    assert debye == pytest.approx(0.5)
    assert materials.UNITS["D"][1] == pytest.approx(3.33564e-30, rel=1e-5, abs=0)
    assert materials.get("niobium").gap.to("meV") == pytest.approx(1.525)


def test_unknown_names_list_what_exists():
    with pytest.raises(ParameterError, match="gold"):
        materials.get("unobtainium")
    with pytest.raises(ParameterError, match="electron_density"):
        _ = materials.get("gold").colour
    assert not hasattr(materials.get("gold"), "colour")
    with pytest.raises(ParameterError, match="convertible"):
        materials.get("gold").fermi_energy.to("K")
    with pytest.raises(ParameterError, match="unit must be known"):
        materials.get("gold").fermi_energy.to("furlong")


def test_refuses_bad_quantities():
    with pytest.raises(ParameterError, match="between low and high"):
        Quantity(3.0, 1.0, 2.0, "K", ("x",))
    with pytest.raises(ParameterError, match="source"):
        Quantity(1.0, 1.0, 2.0, "K", ())
    with pytest.raises(ParameterError, match="finite"):
        Quantity(float("nan"), 1.0, 2.0, "K", ("x",))


def test_a_material_lists_its_quantities():
    assert "fermi_energy" in dir(materials.get("gold"))
    assert "gold" in materials.names("metal")
    assert "gold" not in materials.names("dielectric")


def test_every_source_is_in_the_bibliography():
    bibliography = Path(__file__).resolve().parents[1] / "book" / "references.bib"
    keys = set(re.findall(r"@\w+\{([^,\s]+),", bibliography.read_text("utf-8")))
    for name in materials.names():
        for quantity in materials.get(name).quantities.values():
            assert set(quantity.source) <= keys
