"""Stored ensemble of the local density of disordered superconductors under a current.

``tlsbook/data/density_ensemble.npz`` is made by ``python -m tlsbook.density_ensemble``
(five to ten minutes on one core); :func:`read` returns it, :func:`wegner_moments` and
:func:`anderson_moments` recompute single samples.
"""

from dataclasses import dataclass, replace
from importlib.resources import as_file, files

import numpy as np

from tlsbook.lattice_superconductor import anderson_film
from tlsbook.validation import ParameterError
from tlsbook.wegner_film import DIRECTIONS, WegnerFilm

__all__ = [
    "ANDERSON",
    "MOMENTS",
    "WEGNER",
    "Ensemble",
    "anderson_moments",
    "read",
    "wegner_moments",
]

#: Means over the orbitals of a sample: pairs of drives, and the fourth power of chi.
MOMENTS = (
    ("x", "x"),
    ("y", "y"),
    ("x", "y"),
    ("diagonal", "diagonal"),
    ("gap", "gap"),
    ("x", "gap"),
    ("y", "gap"),
    "fourth",
)

#: (length, orbitals, gap, samples) of random hopping, square samples.
WEGNER = (
    (24, 1, 0.2, 24),
    (17, 2, 0.2, 32),
    (12, 4, 0.2, 40),
    (10, 8, 0.2, 20),
    (8, 16, 0.2, 16),
    (16, 4, 0.05, 14),
    (16, 4, 0.1, 14),
    (12, 4, 0.4, 32),
    (12, 4, 0.8, 32),
    (4, 4, 0.2, 100),
    (6, 4, 0.2, 60),
    (8, 4, 0.2, 36),
)

#: (length, disorder, gap, samples) of the Anderson model, square samples.
ANDERSON = (
    (24, 3.0, 0.1, 10),
    (24, 3.0, 0.2, 10),
    (24, 3.0, 0.4, 10),
    (24, 3.0, 0.8, 10),
    (24, 2.0, 0.2, 10),
    (24, 4.0, 0.2, 10),
    (24, 6.0, 0.2, 10),
    (12, 3.0, 0.2, 40),
    (17, 3.0, 0.2, 20),
)


def _moments(samples):
    """Moments of one sample, given once for every direction of the current."""
    chi = {name: sample.density_coefficient() for name, sample in samples.items()}
    chi["gap"] = samples["x"].gap_coefficient()
    fourth = np.mean(chi["x"] ** 4 + chi["y"] ** 4) / 2
    return np.array([np.mean(chi[a] * chi[b]) for a, b in MOMENTS[:-1]] + [fourth])


def wegner_moments(length, orbitals, gap, seed):
    """Moments :data:`MOMENTS` of one sample of random hopping, shape (8,)."""
    film = WegnerFilm((length, length), orbitals, gap)
    return _moments(
        {
            name: film.sample(np.random.default_rng(seed), along)
            for name, along in DIRECTIONS.items()
        }
    )


def anderson_moments(length, disorder, gap, seed):
    """The same for one sample of the Anderson model at chemical potential 0.5."""
    first, second = (
        anderson_film(
            np.random.default_rng(seed), (length, length), disorder, gap, direction=d
        )
        for d in (0, 1)
    )
    both = (first.displacement + second.displacement) / np.sqrt(2)
    return _moments(
        {"x": first, "y": second, "diagonal": replace(first, displacement=both)}
    )


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Stored moments: ``wegner`` and ``anderson`` map the tuples of :data:`WEGNER` and
    :data:`ANDERSON` to arrays (samples, 8).
    """

    wegner: dict
    anderson: dict

    def moment(self, case, first, second):
        """Mean of ``chi_first chi_second`` and its standard error for one case.

        Raises ParameterError for a case or a pair that is not stored.
        """
        for table in (self.wegner, self.anderson):
            if case in table and (first, second) in MOMENTS:
                values = table[case][:, MOMENTS.index((first, second))]
                return values.mean(), values.std(ddof=1) / np.sqrt(len(values))
        raise ParameterError(
            f"case and moment must be stored ones, got {case} and {(first, second)}; "
            "see WEGNER, ANDERSON and MOMENTS"
        )

    def variance(self, case):
        """Mean of ``chi^2`` over both axes, and its standard error."""
        table = self.wegner if case in self.wegner else self.anderson
        if case not in table:
            raise ParameterError(
                f"case must be a stored one, got {case}; see WEGNER and ANDERSON"
            )
        values = table[case][:, :2].mean(axis=1)
        return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


def read():
    """Return the stored :class:`Ensemble`."""
    source = files("tlsbook") / "data" / "density_ensemble.npz"
    with as_file(source) as path, np.load(path) as data:
        return Ensemble(
            *(
                dict(zip(cases, np.split(data[name], _ends(cases)), strict=True))
                for name, cases in (("wegner", WEGNER), ("anderson", ANDERSON))
            )
        )


def _ends(cases):
    return np.cumsum([samples for *_, samples in cases])[:-1]


def _write(path):
    tables = {}
    for name, cases, one in (
        ("wegner", WEGNER, wegner_moments),
        ("anderson", ANDERSON, anderson_moments),
    ):
        rows = []
        for *parameters, samples in cases:
            rows += [one(*parameters, seed) for seed in range(samples)]
            print(name, parameters, np.mean(rows[-samples:], axis=0), flush=True)
        tables[name] = np.array(rows)
    np.savez_compressed(path, **tables)


if __name__ == "__main__":
    with as_file(files("tlsbook") / "data") as folder:
        _write(folder / "density_ensemble.npz")
