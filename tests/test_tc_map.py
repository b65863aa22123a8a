"""The stored map of T_c, a part of it made again, and executors."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.integrate import simpson

from tlsbook import tc_map, tc_sensitivity
from tlsbook.splitting_distribution import SingleSplitting
from tlsbook.validation import ParameterError


def test_a_part_of_the_stored_map_made_again():
    found = tc_map.stored()
    rows, columns = [0, 8, 14], [1, 9, 13]
    again = tc_map.sweep(found.alphas[rows], found.splittings[columns])
    assert found.transition[np.ix_(rows, columns)] == pytest.approx(
        again.transition, rel=3 * found.rtol
    )
    assert found.rtol == tc_map.RTOL
    assert found.alphas == pytest.approx(tc_map.ALPHAS, rel=1e-12)
    assert found.splittings == pytest.approx(tc_map.SPLITTINGS, rel=1e-12)


def test_columns_grow_as_the_derivative_says():
    """The increase along alpha is the integral of d ln T_c/d alpha (Simpson)."""
    found = tc_map.stored()
    column = 8
    d = SingleSplitting(float(found.splittings[column]))
    alphas = np.linspace(found.alphas[4], found.alphas[6], 5)
    slope = [tc_sensitivity.sensitivity(d, a).mean for a in alphas]
    growth = np.log(found.transition[6, column] / found.transition[4, column])
    assert growth == pytest.approx(simpson(slope, x=alphas), rel=1e-5)


def test_threads_give_the_same():
    alphas, splittings = [0.3, 1.0], [0.5, 5.0]
    alone = tc_map.sweep(alphas, splittings, rtol=1e-5)
    with ThreadPoolExecutor(2) as executor:
        shared = tc_map.sweep(alphas, splittings, executor=executor, rtol=1e-5)
    assert np.array_equal(alone.transition, shared.transition)


def test_a_dask_cluster_gives_the_same():
    distributed = pytest.importorskip("distributed")
    alphas, splittings = [0.3, 1.0], [0.5, 5.0]
    alone = tc_map.sweep(alphas, splittings, rtol=1e-5)
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None
    ) as client:
        shared = tc_map.sweep(
            alphas, splittings, executor=client.get_executor(), rtol=1e-5
        )
    assert np.array_equal(alone.transition, shared.transition)


def test_the_best_splitting_of_a_parabola():
    log = np.linspace(0, 4, 9)
    rows = np.array([3 - (log - 1.3) ** 2, 5 - 0.5 * (log - 2.9) ** 2])
    found = tc_map.TransitionMap(np.array([1.0, 2.0]), np.exp(log), 10 + rows, 1e-8)
    best, height = found.best()
    assert np.log(best) == pytest.approx([1.3, 2.9], rel=1e-9)
    assert height == pytest.approx([13, 15], rel=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tc_map.sweep([1.0, 0.5], [1.0, 2.0]), "alphas"),
        (lambda: tc_map.sweep([0.5, 1.0], [-1.0, 2.0]), "splittings"),
        (
            lambda: tc_map.TransitionMap(
                np.array([1.0, 2.0]), np.array([1.0, 2.0]), np.ones((2, 3)), 1e-8
            ),
            "shape",
        ),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ParameterError, match=words):
        call()
