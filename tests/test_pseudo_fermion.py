import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf, nsum

from tlsbook.pseudo_fermion import (
    PseudoFermions,
    abrikosov_average,
    annihilators,
    loop_occupation,
    pair_loop,
    popov_fedotov_average,
    popov_fedotov_trace,
    propagator,
    restricted_average,
    shifted_energy,
)
from tlsbook.two_level import IDENTITY, SIGMA_X, SIGMA_Y, SIGMA_Z
from tlsbook.validation import ParameterError

PAULI = (SIGMA_X, SIGMA_Y, SIGMA_Z)


def hermitian(rng, size):
    matrix = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    return (matrix + matrix.conj().T) / 2


def test_annihilators_anticommute():
    f = annihilators(4)
    for i in range(4):
        for j in range(4):
            np.testing.assert_array_equal(f[i] @ f[j] + f[j] @ f[i], 0)
            mixed = f[i] @ f[j].T + f[j].T @ f[i]
            np.testing.assert_array_equal(mixed, np.eye(16) * (i == j))


def test_isospin_algebra_and_its_unphysical_states():
    space = PseudoFermions(2)
    x, y, z = (space.isospin(s, 1) for s in PAULI)
    np.testing.assert_allclose(x @ y - y @ x, 2j * z)
    np.testing.assert_allclose(x @ x, y @ y)
    casimir = x @ x + y @ y + z @ z
    single = np.rint(np.diag(space.number(1))) == 1
    np.testing.assert_allclose(np.diag(casimir).real, np.where(single, 3, 0))
    np.testing.assert_allclose(
        x @ space.isospin(SIGMA_Z, 0), space.isospin(SIGMA_Z) @ x
    )
    one = PseudoFermions()
    keep = np.ix_(one.physical, one.physical)
    for s in PAULI:  # physical states in the order g, e
        np.testing.assert_allclose(one.isospin(s)[keep], s[::-1, ::-1])


def coupled(rng, count):
    """Random environment of 3 states coupled to isospins; H in both spaces."""
    space, size = PseudoFermions(count), 3
    full = np.kron(hermitian(rng, size), np.eye(4**count))
    physical = np.kron(np.zeros((size, size)), np.eye(2**count)) + 0j
    bath = full[:: 4**count, :: 4**count]
    physical = np.kron(bath, np.eye(2**count))
    for site in range(count):
        for s in (*PAULI, SIGMA_Z):
            part = hermitian(rng, size)
            full = full + np.kron(part, space.isospin(s, site))
            factors = [IDENTITY] * count
            factors[site] = s
            product = factors[0]
            for factor in factors[1:]:
                product = np.kron(product, factor)
            physical = physical + np.kron(part, product)
    return space, full, physical


@settings(deadline=None, max_examples=12)
@given(
    seed=st.integers(0, 10**6), temperature=st.floats(0.2, 5), count=st.integers(1, 2)
)
def test_popov_fedotov_equals_two_state_averages(seed, temperature, count):
    rng = np.random.default_rng(seed)
    space, full, physical = coupled(rng, count)
    part = hermitian(rng, 3)
    operator = np.kron(part, space.isospin(SIGMA_X) @ space.isospin(SIGMA_X, count - 1))
    operator = operator + np.kron(hermitian(rng, 3), space.isospin(SIGMA_Y))
    excess, keep = np.tile(space.excess, 3), np.tile(space.physical, 3)
    free = popov_fedotov_average(full, operator, temperature, excess)
    restricted = restricted_average(full, operator, temperature, keep)
    assert free == pytest.approx(restricted, rel=1e-9, abs=1e-12)
    # The two-state matrices themselves, no Fock space.
    energies = np.linalg.eigvalsh(physical)
    shift = np.linalg.eigvalsh(full)[0]
    trace = popov_fedotov_trace(full, np.eye(len(full)), temperature, excess)
    assert trace == pytest.approx(np.exp(-(energies - shift) / temperature).sum())


def test_number_is_not_a_physical_operator():
    space, E, T = PseudoFermions(), 1.3, 0.8
    H = E / 2 * space.isospin(SIGMA_Z)
    number = popov_fedotov_average(H, space.number(), T, space.excess)
    Z = 2 * np.cosh(E / (2 * T))
    assert number == pytest.approx(1 - 2j / Z)
    assert number == pytest.approx(loop_occupation(np.array([E, -E]) / 2, T).sum())


def test_abrikosov_has_an_error_of_the_first_power():
    rng = np.random.default_rng(3)
    space, full, _ = coupled(rng, 2)
    operator = np.kron(hermitian(rng, 3), space.isospin(SIGMA_Z))
    numbers = [np.tile(np.rint(np.diag(space.number(j))), 3) for j in (0, 1)]
    exact = restricted_average(full, operator, 0.7, np.tile(space.physical, 3))
    errors = [
        abs(abrikosov_average(full, operator, 0.7, numbers, y) - exact)
        for y in (1e-4, 1e-5)
    ]
    assert errors[0] == pytest.approx(10 * errors[1], rel=1e-2)
    assert 0 < errors[1] < 1e-4


@pytest.mark.parametrize("level", [-1.7, -0.2, 0.4, 2.5])
def test_loop_sum_numerically(level):
    mp.dps = 20
    T = mpf("0.6")

    def pair(n):
        terms = [
            1 / (mp.mpc(0, (2 * k + 0.5) * mp.pi * T) - level) for k in (n, -n - 1)
        ]
        return T * sum(terms)

    real = nsum(lambda n: pair(n).real, [0, mp.inf])
    imag = nsum(lambda n: pair(n).imag, [0, mp.inf])
    # exp(i eps_n 0+) adds one half to the symmetric sum.
    assert complex(real, imag) + 0.5 == pytest.approx(loop_occupation(level, 0.6))


def test_propagator_sums_to_the_loop():
    n, T, level = np.arange(-200_000, 200_000), 0.6, 0.4
    total = T * propagator(n, level, T).sum() + 0.5  # half: convergence factor
    assert total == pytest.approx(loop_occupation(level, T), abs=1e-6)


def test_loop_limits():
    assert loop_occupation(1e4, 1.0) == 0
    assert loop_occupation(-1e4, 1.0) == 1
    assert loop_occupation(0.0, 1.0) == pytest.approx(0.5 - 0.5j)
    np.testing.assert_allclose(
        loop_occupation(0.7, 0.3), 1 / (1 + 1j * np.exp(0.7 / 0.3)), rtol=1e-14
    )


@pytest.mark.parametrize("m", [-2, 0, 1])
@pytest.mark.parametrize(
    ("a", "b"), [(0.4, -0.4), (-0.4, 0.4), (0.4, 0.4), (-0.9, -0.9)]
)
def test_pair_loop_numerically(m, a, b):
    n, T = np.arange(-300_000, 300_000), 0.6
    total = T * np.sum(propagator(n + m, a, T) * propagator(n, b, T))
    assert total == pytest.approx(pair_loop(m, a, b, T), abs=2e-6)


def test_pair_loops_make_the_isospin_correlations():
    """The static square of sigma_z is one, the flips give the two-state response."""
    E, T, m = 0.9, 0.35, np.arange(-3, 4)
    space = PseudoFermions()
    s_z = space.isospin(SIGMA_Z)
    levels = np.array([E, -E]) / 2
    static = -T * pair_loop(0, levels, levels, T).sum()
    mean = popov_fedotov_average(E / 2 * s_z, s_z, T, space.excess)
    assert static + mean**2 == pytest.approx(1)
    flips = -(pair_loop(m, E / 2, -E / 2, T) + pair_loop(m, -E / 2, E / 2, T))
    tau = (np.arange(400) + 0.5) / (400 * T)
    decay = np.exp(E * tau) + np.exp(E / T - E * tau)  # <sigma_x(tau) sigma_x>
    correlation = decay / (1 + np.exp(E / T))
    phases = np.exp(2j * np.pi * T * np.outer(m, tau))
    np.testing.assert_allclose(flips, phases @ correlation / (400 * T), rtol=1e-4)


def test_propagator_symmetry():
    n = np.arange(-4, 5)
    # No particle-hole partner at minus the same energy: -n-1 is shifted the other way.
    assert not set(np.round(shifted_energy(n, 1.0), 9)) & set(
        np.round(-shifted_energy(n, 1.0), 9)
    )
    np.testing.assert_allclose(
        propagator(n, 0.3, 1.0).conj(), -1 / (1j * shifted_energy(n, 1.0) + 0.3)
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: annihilators(0), "modes must be a whole number"),
        (lambda: PseudoFermions(6), "count must be"),
        (lambda: propagator(0, 1.0, 0.0), "temperature must be positive"),
        (lambda: loop_occupation(np.nan, 1.0), "level must be finite"),
        (lambda: pair_loop(0.5, 1.0, 1.0, 1.0), "m must be whole"),
        (
            lambda: popov_fedotov_trace(
                np.triu(np.ones((4, 4))), np.eye(4), 1.0, [0] * 4
            ),
            "Hermitian",
        ),
        (lambda: popov_fedotov_trace(np.eye(4), np.eye(4), 1.0, [0, 1]), "one entry"),
        (
            lambda: abrikosov_average(np.eye(4), np.eye(4), 1.0, [0, 1, 1, 2], 0.0),
            "fugacity must be positive",
        ),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
