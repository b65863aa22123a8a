"""Stored spectra against a part computed again, and the map with an executor."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tlsbook import tls_spectra
from tlsbook.matsubara_gap import order_parameter
from tlsbook.tls_spectra import fermi_level_map, stored
from tlsbook.validation import ParameterError


def test_a_stored_curve_comes_out_again():
    glass = list(tls_spectra.DENSITIES).index("glass")
    heat = tls_spectra.HOT.index(2.5)
    values, levels = tls_spectra.curve(
        tls_spectra.DENSITIES["glass"], tls_spectra.ALPHA, tls_spectra.COLD, 2.5
    )
    assert values == pytest.approx(stored("hot")[glass, heat], rel=1e-5, abs=1e-5)
    assert levels == pytest.approx(stored("hot_levels")[glass, heat], rel=1e-5)


def test_a_stored_point_of_the_map_comes_out_again():
    k, m = 9, 12
    gap, density = fermi_level_map(
        stored("map_splittings")[k], stored("map_temperatures")[m], broadening=0.02
    )
    assert stored("map")[:, k, m] == pytest.approx([gap[0, 0], density[0, 0]], rel=1e-3)


def test_map_takes_an_executor():
    arguments = ([1.0, 2.5], [0.5, 1.5]), {"broadening": 0.05}
    alone = fermi_level_map(*arguments[0], **arguments[1])
    with ThreadPoolExecutor(2) as executor:
        shared = fermi_level_map(*arguments[0], executor=executor, **arguments[1])
    assert shared == pytest.approx(alone)
    assert alone.shape == (2, 2, 2)
    assert (np.diff(alone[1], axis=1) > 0).all()  # hotter TLS, more states


def test_crosses_lie_on_the_matsubara_curve():
    for T, gap in zip(stored("cross_temperatures"), stored("crosses"), strict=True):
        expected = order_parameter(tls_spectra.DENSITIES["glass"], 1.0, T).gap
        assert gap == pytest.approx(expected, rel=1e-4)


def test_shapes():
    energies, hot = stored("energies"), stored("hot")
    assert hot.shape == (
        len(tls_spectra.DENSITIES),
        len(tls_spectra.HOT),
        energies.size,
    )
    assert stored("equilibrium").shape == (
        2,
        len(tls_spectra.SPLITTINGS),
        energies.size,
    )
    assert stored("map").shape == (2, 15, 15)
    assert (stored("hot_levels")[..., 1] > 0).all()


def test_bad_input():
    with pytest.raises(ParameterError, match="must be one of"):
        stored("nothing")
    with pytest.raises(ParameterError, match="splittings"):
        fermi_level_map([-1.0], [1.0])
    with pytest.raises(ParameterError, match="tls_temperatures"):
        fermi_level_map([1.0], [0.0])
