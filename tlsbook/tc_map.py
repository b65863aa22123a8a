"""Map of T_c over strength and splitting, for TLS that all have the same splitting.

Natural units hbar = k_B = 1, energies in T_c0, ``alpha = 1/(2 pi tau_in T_c0)``; He
(48)-(51) in the limit of a vanishing gap, by :mod:`tlsbook.matsubara_gap`. The map of
15 x 15 points in ``tlsbook/data/tc_map.npz`` is made anew (some ten seconds) by ::

    python -m tlsbook.tc_map

A sweep runs on any ``concurrent.futures.Executor``: threads, processes, or what
``Client.get_executor()`` of dask's ``distributed`` offers.
"""

from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

import numpy as np

from tlsbook.matsubara_gap import critical_temperature
from tlsbook.splitting_distribution import SingleSplitting
from tlsbook.validation import ParameterError, increasing, positive

__all__ = ["TransitionMap", "stored", "sweep"]

#: What the stored map holds.
ALPHAS = np.geomspace(0.05, 5.0, 15)
SPLITTINGS = np.geomspace(0.1, 100.0, 15)
RTOL = 1e-8
_FILE = "data/tc_map.npz"


@dataclass(frozen=True)
class TransitionMap:
    """T_c/T_c0 of shape (alphas, splittings), and the relative error asked for."""

    alphas: np.ndarray  #: strengths, increasing
    splittings: np.ndarray  #: E/T_c0, increasing
    transition: np.ndarray  #: T_c/T_c0
    rtol: float  #: relative error of each point

    def __post_init__(self):
        alphas = positive("alphas", increasing("alphas", self.alphas))
        splittings = positive("splittings", increasing("splittings", self.splittings))
        shape = (np.size(alphas), np.size(splittings))
        transition = positive("transition", self.transition)
        if np.shape(transition) != shape:
            raise ParameterError(
                f"transition must have the shape of alphas and splittings, {shape}, "
                f"got {np.shape(transition)}"
            )
        positive("rtol", self.rtol)

    def best(self):
        """Return for each alpha the splitting with the highest T_c, and that T_c.

        By a parabola in ln E through the highest point and its neighbours.
        """
        splitting, height = [], []
        log = np.log(self.splittings)
        for row in self.transition:
            top = int(np.clip(np.argmax(row), 1, row.size - 2))
            around = slice(top - 1, top + 2)
            a, b, c = np.polyfit(log[around] - log[top], row[around], 2)
            splitting.append(np.exp(log[top] - b / (2 * a)))
            height.append(c - b**2 / (4 * a))
        return np.array(splitting), np.array(height)


def _row(splittings, rtol, alpha):
    """T_c/T_c0 for one strength; a function of the module, so that it can travel."""
    return [
        critical_temperature(SingleSplitting(float(E)), float(alpha), rtol=rtol)
        for E in splittings
    ]


def sweep(alphas, splittings, *, executor=None, rtol=RTOL):
    """Return the map of T_c for all pairs of strengths and splittings.

    Parameters
    ----------
    alphas : array
        Strengths > 0, increasing.
    splittings : array
        E/T_c0 > 0, increasing.
    executor : concurrent.futures.Executor, optional
        Where the strengths are distributed; without it they are done one by one.
    rtol : float, optional
        Relative error wanted at each point.

    Returns
    -------
    TransitionMap

    Raises
    ------
    ParameterError
        For grids that are not positive or not increasing.
    ConvergenceError
        From the solver.
    """
    alphas = np.atleast_1d(positive("alphas", increasing("alphas", alphas)))
    splittings = positive("splittings", increasing("splittings", splittings))
    splittings = np.atleast_1d(splittings)
    task = partial(_row, splittings.tolist(), rtol)
    mapped = map if executor is None else executor.map
    transition = np.array(list(mapped(task, alphas.tolist())))
    return TransitionMap(alphas, splittings, transition, rtol)


def stored():
    """Return the map of ``tlsbook/data/tc_map.npz``."""
    with (resources.files("tlsbook") / _FILE).open("rb") as file:
        data = np.load(file)
        return TransitionMap(
            data["alphas"], data["splittings"], data["transition"], float(data["rtol"])
        )


def main():
    """Compute the stored map anew and write it."""
    found = sweep(ALPHAS, SPLITTINGS)
    path = Path(str(resources.files("tlsbook"))) / _FILE
    np.savez(path, **vars(found))
    print(f"{path.name}: {found.transition.size} points")


if __name__ == "__main__":
    main()
