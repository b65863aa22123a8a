import numpy as np
import pytest

from tlsbook import density_ensemble as module
from tlsbook.density_ensemble import ANDERSON, MOMENTS, WEGNER, read
from tlsbook.lattice_superconductor import anderson_film
from tlsbook.validation import ParameterError
from tlsbook.wegner_film import DIRECTIONS, WegnerFilm

STORED = read()


def test_stored_table_is_whole():
    for cases, table in ((WEGNER, STORED.wegner), (ANDERSON, STORED.anderson)):
        assert tuple(table) == cases
        for (*_, samples), values in table.items():
            assert values.shape == (samples, len(MOMENTS))
            assert np.isfinite(values).all()
            assert len(np.unique(values[:, 0])) == samples


def test_recomputed_samples_are_the_stored_ones():
    """The last of a case, so that seeds and order are tested too."""
    for case in ((8, 4, 0.2, 36), (4, 4, 0.2, 100)):
        again = module.wegner_moments(*case[:3], case[3] - 1)
        assert STORED.wegner[case][-1] == pytest.approx(again, rel=1e-6)
    case = (12, 3.0, 0.2, 40)
    again = module.anderson_moments(*case[:3], 39)
    assert STORED.anderson[case][-1] == pytest.approx(again, rel=1e-6)


def test_moments_are_means_over_orbitals():
    values = module.wegner_moments(3, 2, 0.3, 5)
    film = WegnerFilm((3, 3), 2, 0.3)
    x, y, d = (
        film.sample(np.random.default_rng(5), DIRECTIONS[n]).density_coefficient()
        for n in ("x", "y", "diagonal")
    )
    named = dict(zip(MOMENTS, values, strict=True))
    assert named["x", "x"] == pytest.approx(np.mean(x * x))
    assert named["x", "y"] == pytest.approx(np.mean(x * y))
    assert named["diagonal", "diagonal"] == pytest.approx(np.mean(d * d))
    assert named["fourth"] == pytest.approx(np.mean(x**4 + y**4) / 2)


def test_diagonal_of_the_anderson_film_is_the_sum_of_both_axes():
    films = [
        anderson_film(np.random.default_rng(2), (4, 4), 3.0, 0.3, direction=d)
        for d in (0, 1)
    ]
    q = 0.02
    x, y = (f.displacement for f in films)
    phases = np.exp(1j * q * (x + y) / np.sqrt(2))
    h = films[0].hamiltonian * phases
    assert np.allclose(h, h.conj().T)
    values = module.anderson_moments(4, 3.0, 0.3, 2)
    energy, state = np.linalg.eigh(
        np.block([[h, 0.3 * np.eye(16)], [0.3 * np.eye(16), -h.conj()]])
    )
    weight = np.sum(np.abs(state[:, energy < 0]) ** 2, axis=1)
    change = (1 + weight[:16] - weight[16:] - films[0].density(0.0)) / q**2
    index = MOMENTS.index(("diagonal", "diagonal"))
    assert np.mean(change**2) == pytest.approx(values[index], rel=0.02)


def test_means_and_errors():
    case = WEGNER[0]
    mean, error = STORED.moment(case, "gap", "gap")
    values = STORED.wegner[case][:, 4]
    assert (mean, error) == pytest.approx((values.mean(), values.std(ddof=1) / 24**0.5))
    both = STORED.variance(case)[0]
    parts = [STORED.moment(case, d, d)[0] for d in ("x", "y")]
    assert both == pytest.approx(np.mean(parts))


def test_bad_input_is_named():
    with pytest.raises(ParameterError, match="case"):
        STORED.variance((3, 4, 5, 6))
    with pytest.raises(ParameterError, match="moment"):
        STORED.moment(WEGNER[0], "gap", "diagonal")
