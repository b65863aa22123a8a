"""One sample of the microscopic test: perturbation theory against differences."""

import statistics
import time

import numpy as np

from tlsbook.density_ensemble import wegner_moments
from tlsbook.wegner_film import WegnerFilm

FILM = WegnerFilm((12, 12), 4, 0.2)


def milliseconds(function, runs=5):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def differences(sample, step):
    """Fourth-order difference from three diagonalisations of the doubled matrix."""
    rest = sample.density(0.0)
    one, two = ((sample.density(k * step) - rest) / (k * step) ** 2 for k in (1, 2))
    return (4 * one - two) / 3


def run():
    sample = FILM.sample(np.random.default_rng(0))
    exact = sample.density_coefficient()
    size = np.sqrt(np.mean(exact**2))
    error = max(abs(differences(sample, 0.02) - exact)) / size
    straightforward = milliseconds(lambda: differences(sample, 0.02))
    ours = milliseconds(sample.density_coefficient)
    whole = milliseconds(lambda: wegner_moments(8, 16, 0.2, 0))
    return [
        {
            "name": "coefficient of the density on 576 orbitals",
            "straightforward_ms": straightforward,
            "ours_ms": ours,
            "ratio": straightforward / ours,
            "note": f"differences of diagonalisations are off by {error:.1e} of the "
            "rms; one sample of the ensemble (1024 orbitals, three directions) takes "
            f"{whole / 1e3:.1f} s, aim: 60 s",
        },
    ]
