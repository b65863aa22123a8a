"""Stored records of solved flows, a part of which is solved again here."""

import numpy as np
import pytest

from tlsbook import solved_noise
from tlsbook.film_noise import FlickeringFilm, backflow_share, linear_flow, solve_flow
from tlsbook.solved_noise import SIDES, load, solve_record, stored_film
from tlsbook.telegraph_ensemble import BlockSpectrum, FluctuatorEnsemble, welch_blocks
from tlsbook.validation import ParameterError


def test_a_part_of_the_stored_record_is_solved_again():
    film, rng = stored_film(8)
    maps = film.density_record(rng, solved_noise.STEPS[8], solved_noise.STEP)
    record = load(8)
    again = [solve_flow(density).stiffness for density in maps[::400]]
    assert record.stiffness[::400] == pytest.approx(again, abs=1e-8)
    assert record.stiffness.shape == (solved_noise.STEPS[8],)
    # The local spectra belong to the same record: a short stretch of one block.
    options = (solved_noise.STEP, 64)
    part = maps[1000:1256]
    whole = [solve_flow(m) for m in part]
    along = np.array([f.current[0].ravel() / f.stiffness for f in whole]).T
    linear = np.array([linear_flow(m).current[0].ravel() for m in part]).T
    linear = linear - linear.mean(axis=0)  # fixed total current
    spectra = [
        welch_blocks(x - x.mean(axis=1)[:, None], *options, blocks=1).estimates.mean(0)
        for x in (along, linear)
    ]
    assert spectra[0][2:] == pytest.approx(spectra[1][2:], rel=0.1)


@pytest.mark.parametrize("side", SIDES)
def test_stored_noise_against_the_lorentzians_of_the_film(side):
    film, _ = stored_film(side)
    record = load(side)
    edges = np.geomspace(1.2e-3, 0.06, 7)
    options = (solved_noise.STEP, solved_noise.SEGMENT)
    f, exact = film.fluctuators.expected_welch(*options, film.weights())
    exact = BlockSpectrum(f, exact[None]).bands(edges).mean
    for signal in (record.current, record.phase):
        seen = welch_blocks(signal, *options, blocks=solved_noise.BLOCKS).bands(edges)
        assert np.all(np.abs(seen.mean - exact) < 4.5 * seen.error)
    cell = BlockSpectrum(record.frequency, record.local.sum(axis=0)).bands(edges)
    share = np.mean(cell.mean / exact) / film.area
    assert share == pytest.approx(backflow_share((side, side)), rel=0.12)


def test_record_of_one_fluctuator():
    """Both states known: the record holds two values, solved or by first order."""
    ensemble = FluctuatorEnsemble.symmetric([0.1])
    film = FlickeringFilm((6, 5), np.array([7]), np.array([0.02]), ensemble)
    record = solve_record(film, np.random.default_rng(2), 256, 1.0, segment=32)
    values = np.unique(record.stiffness.round(12))
    assert values == pytest.approx([1 - 0.01 / 30, 1 + 0.01 / 30], abs=1e-5)
    assert record.phase == pytest.approx(-record.current, abs=1e-6)
    assert record.local.shape == (2, solved_noise.BLOCKS, 17)
    # One cell flickers by 0.02: of its mean square the backflow takes its share.
    total = welch_blocks(record.current, 1.0, 32, blocks=8)
    ratio = record.local.sum(axis=0)[:, 3:] / total.estimates[:, 3:] / 30
    assert ratio == pytest.approx(np.full(ratio.shape, backflow_share((6, 5))), 0.02)


def test_errors():
    for call in (load, stored_film):
        with pytest.raises(ParameterError, match="side"):
            call(7)
