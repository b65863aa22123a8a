"""One-phonon rates: golden rule against mode sums, exact decay, and known limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants

from tlsbook import materials, phonons
from tlsbook.validation import ParameterError

many = settings(deadline=None, max_examples=40)
energies = st.floats(1e-3, 1e3)


@given(energies, st.floats(0.0, 1.0), energies, st.floats(1e-6, 10.0))
@many
def test_detailed_balance_and_sum(splitting, share, temperature, strength):
    arguments = (splitting, share * splitting, temperature, strength)
    up, down = phonons.up_rate(*arguments), phonons.down_rate(*arguments)
    assert up == pytest.approx(
        down * np.exp(-splitting / temperature), rel=1e-9, abs=1e-300
    )
    assert phonons.population_rate(*arguments) == pytest.approx(
        up + down, rel=1e-9, abs=1e-300
    )


def test_powers_of_the_splitting():
    cold = [phonons.population_rate(e, e, 1e-3, 1.0) for e in (1.0, 2.0)]
    hot = [phonons.population_rate(e, e, 1e6, 1.0) for e in (1.0, 2.0)]
    assert cold[1] / cold[0] == pytest.approx(8)
    assert hot[1] / hot[0] == pytest.approx(4)


TENSORS = {
    "dilatation": np.eye(3),
    "one axis": np.diag([0.0, 0.0, 1.0]),
    "shear": np.array([[0, 1.0, 0], [1, 0, 0], [0, 0, 0]]),
    "general": np.array([[0.3, 0.2, -0.5], [0.2, 1.0, 0.4], [-0.5, 0.4, -0.6]]),
}


@pytest.mark.parametrize("name", TENSORS)
def test_angular_average_by_random_directions(name):
    tensor = TENSORS[name]
    rng = np.random.default_rng(3)
    q = rng.normal(size=(400_000, 3))
    q /= np.linalg.norm(q, axis=1)[:, None]
    force = q @ tensor
    along = np.sum(force * q, axis=1) ** 2
    both = phonons.strain_weights(tensor)
    assert along.mean() == pytest.approx(both[0], rel=0.01)
    rest = (np.sum(force**2, axis=1) - along).mean()
    assert rest == pytest.approx(both[1], rel=0.01, abs=1e-12)


@pytest.mark.parametrize("name", TENSORS)
def test_golden_rule_against_the_sum_over_modes(name):
    rho, velocities, splitting = 0.7, (1.9, 1.2), 0.8
    weights = phonons.strain_weights(TENSORS[name])
    strength = sum(
        phonons.branch_strength(np.sqrt(w), rho, v)
        for w, v in zip(weights, velocities, strict=True)
    )
    closed = phonons.down_rate(splitting, splitting, 1e-3, strength)
    modes = phonons.rate_from_modes(splitting, TENSORS[name], rho, velocities)
    assert modes == pytest.approx(closed, rel=0.03)


@pytest.mark.parametrize("strength", [2e-3, 8e-3])
def test_golden_rule_against_exact_decay(strength):
    rate = phonons.down_rate(1.0, 1.0, 1e-3, strength)
    times = np.linspace(0.3, 1.0, 4) / rate
    left = phonons.excited_survival(times, 1.0, strength, modes=2000)
    assert -np.gradient(np.log(left), times) == pytest.approx(rate, rel=0.02)


def test_units_at_the_edge():
    silica = phonons.DebyeGlass.from_material(materials.get("vitreous silica"))
    kelvin = constants.k
    direct = (
        (
            silica.longitudinal_coupling**2 / silica.longitudinal_velocity**5
            + 2 * silica.transverse_coupling**2 / silica.transverse_velocity**5
        )
        * (0.3 * kelvin) ** 3
        / (2 * np.pi * silica.mass_density * constants.hbar**4)
        / np.tanh(0.5 * 0.3 / 0.05)
    )
    assert silica.population_rate(0.3, 0.3, 0.05) == pytest.approx(direct, rel=1e-10)
    # A symmetric TLS of a few GHz in silica lives for microseconds.
    assert 1e5 < silica.population_rate(0.3, 0.3, 0.01) < 1e7


def test_refuses_bad_input():
    with pytest.raises(ParameterError, match="exceed"):
        phonons.population_rate(1.0, 1.1, 1.0, 1.0)
    with pytest.raises(ParameterError, match="temperature"):
        phonons.down_rate(1.0, 0.5, 0.0, 1.0)
    with pytest.raises(ParameterError, match="symmetric"):
        phonons.strain_weights([[0, 1, 0], [0, 0, 0], [0, 0, 0]])
    with pytest.raises(ParameterError, match="velocity"):
        phonons.branch_strength(1.0, 1.0, -1.0)
    with pytest.raises(ParameterError, match="mass_density"):
        phonons.DebyeGlass(0.0, 1.0, 1.0, 1.0, 1.0)
    with pytest.raises(ParameterError, match="strength"):
        phonons.up_rate(1.0, 0.5, 1.0, -1.0)
