from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from tlsbook import film as module
from tlsbook.film import CRITICAL_RATIO, DiffusiveFilm, current, order_parameter
from tlsbook.validation import ParameterError

HBAR, CHARGE = constants.hbar, constants.e
ALUMINIUM = DiffusiveFilm.from_material("aluminium", 20e-9, 10e-9)
few = settings(max_examples=40, deadline=None)
films = st.builds(
    DiffusiveFilm,
    st.floats(5e-9, 1e-7),
    st.floats(1e-9, 3e-8),
    st.floats(3e-10, 1e-9),
    st.floats(5e5, 2e6),
    st.floats(1e-23, 5e-22),
)


def free_aluminium():
    """Aluminium from its electron density alone: k_F and v_F of free electrons."""
    k_f = np.cbrt(3 * np.pi**2 * 18.1e28)
    return k_f, HBAR * k_f / constants.m_e


def test_from_material_is_the_free_electron_metal():
    k_f, v_f = free_aluminium()
    assert ALUMINIUM.fermi_wavelength == pytest.approx(2 * np.pi / k_f, rel=1e-6, abs=0)
    assert ALUMINIUM.fermi_velocity == pytest.approx(v_f, rel=0.01)
    assert ALUMINIUM.gap == pytest.approx(0.17e-3 * CHARGE, rel=1e-6, abs=0)


def test_sheet_resistance_is_the_drude_one():
    _, v_f = free_aluminium()
    film = replace(ALUMINIUM, fermi_velocity=v_f)
    sigma = 18.1e28 * CHARGE**2 * (film.mean_free_path / v_f) / constants.m_e
    assert film.sheet_resistance == pytest.approx(1 / (sigma * film.thickness))


def test_conductance_by_the_einstein_relation():
    # Einstein relation with the density of states m k_F/(pi hbar)^2 of both spins.
    k_f, v_f = free_aluminium()
    film = replace(ALUMINIUM, fermi_velocity=v_f)
    density = constants.m_e * k_f / (np.pi * HBAR) ** 2
    sheet = CHARGE**2 * density * film.diffusion * film.thickness
    assert film.conductance * CHARGE**2 / constants.h == pytest.approx(sheet)


@given(films)
@few
def test_lengths_and_momenta_belong_together(film):
    assert film.depairing_momentum * film.coherence_length == pytest.approx(
        HBAR, rel=1e-6, abs=0
    )
    dirty = film.clean_coherence_length * film.mean_free_path / 3
    assert film.coherence_length**2 == pytest.approx(dirty, rel=1e-6, abs=0)


@given(films, st.floats(0.01, 0.3), st.floats(0.1, 10), st.floats(0.01, 10))
@few
def test_crossover_against_equation_13(film, ratio, strength, dipole):
    printed = (strength / dipole * film.gap / HBAR * ratio) * np.sqrt(
        film.clean_coherence_length / film.thickness
    )
    star = film.crossover(
        ratio * film.depairing_momentum, strength=strength, dipole=dipole
    )
    assert star == pytest.approx(printed / np.sqrt(2 * np.pi))


def test_crossover_is_where_the_amplitudes_are_equal():
    # Shift of epsilon by a small extra momentum e E/omega against the dipole shift.
    p = 0.1 * ALUMINIUM.depairing_momentum
    omega = ALUMINIUM.crossover(p)
    kick = 1e-6 * p
    field = kick * omega / CHARGE
    more, less = (ALUMINIUM.level_shift(p + s * kick) for s in (1, -1))
    dipole = CHARGE * ALUMINIUM.fermi_wavelength
    assert (more - less) / 2 == pytest.approx(dipole * field, rel=1e-6, abs=0)


@given(films, st.floats(1.1, 3))
@few
def test_what_cancels_in_the_crossover(film, factor):
    def star(f):
        return f.crossover(0.1 * f.depairing_momentum)

    for name in ("mean_free_path", "fermi_wavelength"):
        other = replace(film, **{name: factor * getattr(film, name)})
        assert star(other) == pytest.approx(star(film))
    other = replace(film, thickness=factor * film.thickness)
    assert star(other) == pytest.approx(star(film) / np.sqrt(factor))
    other = replace(film, gap=factor * film.gap)
    assert star(other) == pytest.approx(star(film) * np.sqrt(factor))


def test_level_shift_forms_of_11a_agree():
    p = 0.2 * ALUMINIUM.depairing_momentum
    first = ALUMINIUM.gap / np.sqrt(ALUMINIUM.conductance) * 0.2**2
    assert ALUMINIUM.level_shift(p) == pytest.approx(first, rel=1e-6, abs=0)


def usadel(rate):
    """Order parameter and stiffness at T = 0 from the Usadel equation itself."""

    def sine(omega, delta):
        # omega sin - delta cos + rate sin cos = 0
        angle = brentq(
            lambda a: (
                omega * np.sin(a) - delta * np.cos(a) + rate * np.sin(a) * np.cos(a)
            ),
            0,
            np.pi / 2,
            xtol=1e-14,
        )
        return np.sin(angle)

    def gap_equation(delta):
        # int dw [sin(theta)/delta - 1/sqrt(w^2 + 1)], the second at rest, Delta_0 = 1
        def integrand(omega):
            return sine(omega, delta) / delta - 1 / np.hypot(omega, 1)

        head = quad(integrand, 0, 3, epsabs=1e-10, limit=200)[0]
        return head + quad(integrand, 3, np.inf, epsabs=1e-10, limit=200)[0]

    delta = brentq(gap_equation, 0.4, 1.0 + 1e-9, xtol=1e-9)
    stiffness = quad(lambda w: sine(w, delta) ** 2, 0, np.inf, limit=200)[0]
    return delta, stiffness * 2 / np.pi


@pytest.mark.parametrize("ratio", [0.1, 0.25, CRITICAL_RATIO, 0.45])
def test_depairing_curves_against_the_usadel_equation(ratio):
    delta, stiffness = usadel(2 * ratio**2)
    assert order_parameter(ratio) == pytest.approx(delta, rel=1e-6)
    assert current(ratio) == pytest.approx(ratio * stiffness, rel=1e-6)


def test_critical_momentum_is_the_maximum_of_the_current():
    best = minimize_scalar(
        lambda r: -current(r), bounds=(0.1, 0.47), options={"xatol": 1e-9}
    )
    assert pytest.approx(best.x, rel=1e-6) == CRITICAL_RATIO
    assert order_parameter(0.0) == 1.0
    assert current(1e-4) == pytest.approx(1e-4, rel=1e-6)


def test_sheet_current_from_the_dirty_limit_penetration_depth():
    # j = A/(mu_0 lambda^2) with p_s = e A for a small vector potential.
    p = 1e-3 * ALUMINIUM.depairing_momentum
    density = p / CHARGE / (constants.mu_0 * ALUMINIUM.penetration_depth**2)
    expected = density * ALUMINIUM.thickness
    assert ALUMINIUM.sheet_current(p) == pytest.approx(expected, rel=1e-4)


def test_enhancement_and_arrays():
    p = np.array([0.05, 0.1]) * ALUMINIUM.depairing_momentum
    omega = np.array([[1e9], [1e10]])
    ratio = ALUMINIUM.enhancement(omega, p)
    assert ratio.shape == (2, 2)
    np.testing.assert_allclose(ratio[0] / ratio[1], 100)
    np.testing.assert_allclose(ratio[:, 1] / ratio[:, 0], 4)


def test_conditions_name_what_fails():
    good = ALUMINIUM.require(0.1 * ALUMINIUM.depairing_momentum, 2e9, 1e-2)
    assert good is ALUMINIUM
    thick = replace(ALUMINIUM, thickness=3e-7)
    clean = replace(ALUMINIUM, mean_free_path=1e-5, thickness=1e-4)
    for bad, name, number in (
        (thick, "thickness < coherence length", "u9"),
        (clean, "mean free path < coherence length", "u5"),
        (replace(ALUMINIUM, thickness=8e-9), "mean free path < thickness", "implied"),
        (replace(ALUMINIUM, fermi_wavelength=1.5e-8), "Fermi wavelength", "u5"),
    ):
        with pytest.raises(ParameterError, match=name) as caught:
            bad.require()
        assert number in str(caught.value)
    p = 0.1 * ALUMINIUM.depairing_momentum
    with pytest.raises(ParameterError, match="hbar omega < gap"):
        ALUMINIUM.require(p, 1e12)
    with pytest.raises(ParameterError, match="e E/omega"):
        ALUMINIUM.require(p, 2e9, 1e3)
    with pytest.raises(ParameterError, match=r"omega < omega\*"):
        ALUMINIUM.require(1e-3 * p, 1e10)
    with pytest.raises(ParameterError, match="skin length"):
        replace(
            ALUMINIUM, thickness=4e-7, mean_free_path=3e-7, fermi_velocity=1e8
        ).require(omega=1e11)
    margins = {c.name: c.margin for c in ALUMINIUM.conditions()}
    assert margins["mean free path < thickness"] == pytest.approx(2)


@pytest.mark.parametrize("field", ["thickness", "gap", "fermi_velocity"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, []])
def test_bad_fields(field, value):
    with pytest.raises(ParameterError, match=field):
        replace(ALUMINIUM, **{field: value})


def test_bad_arguments():
    p_d = ALUMINIUM.depairing_momentum
    with pytest.raises(ParameterError, match="p_d"):
        ALUMINIUM.crossover(0.4 * p_d)
    with pytest.raises(ParameterError, match="momentum"):
        ALUMINIUM.level_shift(-p_d)
    with pytest.raises(ParameterError, match="dipole"):
        ALUMINIUM.crossover(0.1 * p_d, dipole=0)
    with pytest.raises(ParameterError, match="omega"):
        ALUMINIUM.enhancement(1e12, 0.1 * p_d)
    with pytest.raises(ParameterError, match="gapless"):
        order_parameter(0.6)
    with pytest.raises(ParameterError, match="broadcast"):
        DiffusiveFilm(np.ones(2) * 1e-8, np.ones(3) * 1e-8, 3e-10, 1e6, 1e-23)
    with pytest.raises(ParameterError, match="electron_density"):
        DiffusiveFilm.from_material("niobium nitride", 1e-8, 1e-9)
    assert module.critical_ratio() == CRITICAL_RATIO
