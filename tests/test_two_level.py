import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbook.two_level import SIGMA_X, SIGMA_Y, SIGMA_Z, TwoLevelSystem
from tlsbook.validation import ParameterError

energies = st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3)
systems = st.builds(lambda a, b: TwoLevelSystem(a, abs(b)), energies, energies)
many = settings(max_examples=40, deadline=None)


@given(systems)
@many
def test_levels_agree_with_numerical_diagonalisation(system):
    levels = np.linalg.eigvalsh(system.hamiltonian())
    np.testing.assert_allclose(levels[::-1], system.energies(), rtol=1e-12)


@given(systems, st.sampled_from([-1, 1]))
@many
def test_eigenbasis_is_orthogonal_and_diagonalises(system, sign):
    basis = system.eigenbasis(off_diagonal_sign=sign)
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-14)
    assert np.linalg.det(basis) == pytest.approx(-sign)
    diagonal = system.to_eigenbasis(system.hamiltonian(), off_diagonal_sign=sign)
    expected = system.splitting / 2 * SIGMA_Z
    np.testing.assert_allclose(diagonal, expected, atol=1e-12 * system.splitting)


@given(systems, st.sampled_from([-1, 1]))
@many
def test_position_operator_splits_as_in_aleiner_3(system, sign):
    position = system.to_eigenbasis(SIGMA_Z, off_diagonal_sign=sign)
    keep = np.sign(system.asymmetry) * np.sqrt(1 - system.p)
    expected = keep * SIGMA_Z + sign * np.sqrt(system.p) * SIGMA_X
    np.testing.assert_allclose(position, expected, atol=1e-7)


@given(systems)
@many
def test_golden_rule_weights_from_eigh(system):
    # Without the phases of eigenvectors: |<up|sigma_z|down>|^2 = p.
    _, vectors = np.linalg.eigh(system.hamiltonian())
    element = vectors[:, 0] @ SIGMA_Z @ vectors[:, 1]
    assert element**2 == pytest.approx(system.p, rel=1e-9, abs=1e-14)


@given(st.floats(1e-6, 1e6), st.floats(0, 1), st.sampled_from([-1, 1]))
@many
def test_from_splitting_inverts(splitting, p, sign):
    system = TwoLevelSystem.from_splitting(splitting, p, sign=sign)
    assert system.splitting == pytest.approx(splitting)
    assert system.p == pytest.approx(p, abs=1e-15)
    assert sign * system.asymmetry >= 0


def test_rotation_keeps_sigma_y_and_commutators():
    system = TwoLevelSystem(-0.3, 1.7)
    np.testing.assert_allclose(system.to_eigenbasis(SIGMA_Y), SIGMA_Y, atol=1e-15)
    x, z = system.to_eigenbasis(SIGMA_X), system.to_eigenbasis(SIGMA_Z)
    np.testing.assert_allclose(z @ x - x @ z, 2j * SIGMA_Y, atol=1e-15)


def test_limits_of_one_term():
    assert TwoLevelSystem(2.0, 0.0).p == 0
    assert TwoLevelSystem(0.0, 2.0).p == 1
    assert TwoLevelSystem(-2.0, 0.0).mixing_angle == pytest.approx(np.pi)


def test_arrays_equal_a_loop():
    delta, tunnelling = np.array([[-1.0], [2.0]]), np.array([0.5, 1.0, 3.0])
    system = TwoLevelSystem(delta, tunnelling)
    assert system.hamiltonian().shape == (2, 3, 2, 2)
    rotated = system.to_eigenbasis(SIGMA_Z)
    for i in range(2):
        for j in range(3):
            one = TwoLevelSystem(delta[i, 0], tunnelling[j])
            np.testing.assert_allclose(rotated[i, j], one.to_eigenbasis(SIGMA_Z))


def test_is_frozen():
    system = TwoLevelSystem(np.array([1.0, 2.0]), 1.0)
    with pytest.raises(AttributeError):
        system.asymmetry = 3.0
    with pytest.raises(ValueError):
        system.asymmetry[0] = 3.0


@pytest.mark.parametrize(
    "arguments",
    [(0.0, 0.0), (1.0, -1.0), (np.nan, 1.0), (1.0, np.inf), ([1.0, 2.0], [1.0] * 3)],
)
def test_refuses_bad_systems(arguments):
    with pytest.raises(ParameterError):
        TwoLevelSystem(*arguments)


def test_refuses_bad_options():
    with pytest.raises(ParameterError, match="p must be in"):
        TwoLevelSystem.from_splitting(1.0, 1.2)
    with pytest.raises(ParameterError, match="sign"):
        TwoLevelSystem.from_splitting(1.0, 0.5, sign=0)
    with pytest.raises(ParameterError, match="off_diagonal_sign"):
        TwoLevelSystem(1.0, 1.0).eigenbasis(off_diagonal_sign=2)
    with pytest.raises(ParameterError, match="shape"):
        TwoLevelSystem(1.0, 1.0).to_eigenbasis(np.eye(3))
