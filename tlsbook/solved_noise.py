"""Noise of a film whose flow is solved at every instant; the record that is stored.

The model is that of :mod:`tlsbook.film_noise`, in its units; time in steps of any
length. :func:`solve_record` draws a telegraph signal for each system of a film and
solves the conservation of the current for the density at each time, nothing linearised.
A minute or two for each film: the records of four films are stored in
``tlsbook/data/solved_noise.npz``, written by

    python -m tlsbook.solved_noise

and read by :func:`load`.
"""

from dataclasses import dataclass, field
from importlib import resources

import numpy as np

from tlsbook.film_noise import FlickeringFilm, linear_flow, solve_flow
from tlsbook.telegraph_ensemble import welch_blocks
from tlsbook.tls_conductivity import LogUniformTimes
from tlsbook.validation import ParameterError

__all__ = ["SIDES", "TIMES", "SolvedRecord", "load", "solve_record", "stored_film"]

CONDUCTANCE = 10.0  #: G of the stored films
RMS = 2 * CONDUCTANCE**-1.5  #: change of the density by a flip, Liu (22), (23), c = 1
PER_CELL, SPAN = 8, 8.0  #: systems a cell, with splittings up to 8 T
TIMES = LogUniformTimes(4.0, 4e6)  #: relaxation times
STEP, SEGMENT, BLOCKS = 8.0, 512, 8  #: distance of the samples; window; stretches
SIDES = (8, 12, 16, 24)  #: cells along the side of each stored film
STEPS = {8: 8192, 12: 8192, 16: 8192, 24: 16384}  #: samples of each

_PLACE = resources.files("tlsbook").joinpath("data", "solved_noise.npz")


@dataclass(frozen=True, eq=False)
class SolvedRecord:
    """A film in the course of time; all currents are those at a fixed total current."""

    step: float  #: distance of the samples
    area: int  #: cells of the film
    stiffness: np.ndarray = field(repr=False)  #: mean current over momentum, (steps,)
    frequency: np.ndarray = field(repr=False)  #: of the local spectra, (F,)
    #: One-sided spectra of the current density in a cell along and across the mean
    #: current over the mean, averaged over the cells; shape (2, blocks, F).
    local: np.ndarray = field(repr=False)
    first: np.ndarray = field(repr=False)  #: the same from the flow to first order

    @property
    def current(self):
        """Total current at a fixed phase difference over that of an even film, - 1."""
        return self.stiffness - 1

    @property
    def phase(self):
        """Phase difference at a fixed current over that of an even film, minus 1."""
        return 1 / self.stiffness - 1


def stored_film(side):
    """The film of ``side`` by ``side`` cells, and the generator for its record."""
    if side not in SIDES:
        raise ParameterError(f"side must be one of {SIDES}, got {side!r}")
    rng = np.random.default_rng([1925, side])
    film = FlickeringFilm.glass(rng, (side, side), PER_CELL, TIMES, RMS, span=SPAN)
    return film, rng


def solve_record(film, rng, steps, step, *, segment=SEGMENT, blocks=BLOCKS):
    """Draw ``steps`` samples of the density and solve the flow for each of them."""
    maps = film.density_record(rng, steps, step)
    stiffness = np.empty(steps)
    solved, first = np.empty((2, 2, film.area, steps), dtype=np.float32)
    for i, density in enumerate(maps):
        flow = solve_flow(density)
        stiffness[i] = flow.stiffness
        solved[..., i] = (flow.current / stiffness[i]).reshape(2, -1)
        first[..., i] = (linear_flow(density).current / density.mean()).reshape(2, -1)

    def averaged(currents):
        # A cell has a mean of its own over the record; that of the model is 1 or 0.
        found = [
            welch_blocks(values, step, segment, mean=mean, blocks=blocks)
            for values, mean in zip(currents, (1.0, 0.0), strict=True)
        ]
        spectra = [f.estimates.reshape(film.area, blocks, -1) for f in found]
        return np.mean(spectra, axis=1)

    frequency = np.fft.rfftfreq(segment, step)
    return SolvedRecord(
        step, film.area, stiffness, frequency, averaged(solved), averaged(first)
    )


def load(side):
    """The stored record of one of the films."""
    film, _ = stored_film(side)
    with _PLACE.open("rb") as file, np.load(file) as data:
        return SolvedRecord(
            STEP,
            film.area,
            1 + data[f"change-{side}"].astype(float),
            np.fft.rfftfreq(SEGMENT, STEP),
            data[f"local-{side}"].astype(float),
            data[f"first-{side}"].astype(float),
        )


def main():
    """Solve the films and write the file."""
    arrays = {}
    for side in SIDES:
        film, rng = stored_film(side)
        record = solve_record(film, rng, STEPS[side], STEP)
        arrays[f"change-{side}"] = (record.stiffness - 1).astype(np.float32)
        arrays[f"local-{side}"] = record.local.astype(np.float32)
        arrays[f"first-{side}"] = record.first.astype(np.float32)
        print(f"{side} x {side} cells: {STEPS[side]} flows solved", flush=True)
    np.savez_compressed(str(_PLACE), **arrays)


if __name__ == "__main__":
    main()
