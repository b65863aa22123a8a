"""Densities of states with TLS in and out of equilibrium: He Figs. 8, 9, stored.

Natural units hbar = k_B = 1, energies in T_c0. The curves come from
:mod:`tlsbook.real_axis_gap`, extrapolated to zero broadening, and take some minutes;
they are kept in ``tlsbook/data/tls_spectra.npz`` and made again by ::

    python -m tlsbook.tls_spectra

The parameters below are ours where the source leaves them open: the strength, the
splittings below 2.5, the single splitting of Fig. 9 and the list of TLS temperatures.
"""

from functools import partial
from importlib.resources import files

import numpy as np

from tlsbook.real_axis_gap import extrapolated_gap
from tlsbook.splitting_distribution import (
    Glass,
    Lorentzian,
    ModifiedWipfNeumaier,
    SingleSplitting,
)
from tlsbook.validation import ParameterError, positive

__all__ = ["DENSITIES", "fermi_level_map", "stored", "summary"]

#: The four distributions of Fig. 9; the single splitting is our choice.
DENSITIES = {
    "single": SingleSplitting(1.0),
    "glass": Glass(3.0),
    "Lorentzian": Lorentzian(1.0, 0.1),
    "modified W.-N.": ModifiedWipfNeumaier(0.1, 0.1, 0.01),
}
#: Strength of the figures, and those by which the results are varied.
ALPHA, ALPHAS = 0.5, (0.2, 0.5, 1.0)
#: Fig. 8: splittings and temperatures.
SPLITTINGS, TEMPERATURES = (0.5, 1.0, 1.5, 2.0, 2.5), (0.5, 0.2)
#: Fig. 9: temperature of the electrons and of the TLS; the first is equilibrium.
COLD, HOT = 0.1, (0.1, 0.5, 1.0, 1.5, 2.5)
#: Energies of the curves.
ENERGIES = np.linspace(0.0, 6.0, 1501)
#: Temperatures of the crosses of Fig. 6: glass, alpha = 1.
CROSSES = (0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0, 1.05)
_CURVE, _POINT = 3e-3, 1e-2  # smallest broadening of curves and of single numbers


def summary(density, alpha, temperature, tls_temperature, broadening=_POINT):
    """Order parameter and N(0)/N_f without broadening, array of shape (2,)."""
    limit, _, _ = _limit(density, alpha, temperature, tls_temperature, broadening)
    return np.array([limit.gap, limit.fermi_level_density])


def _limit(density, alpha, temperature, tls_temperature, broadening):
    return extrapolated_gap(
        density,
        alpha,
        temperature,
        tls_temperature=tls_temperature,
        broadening=broadening,
        reach=max(50.0, 11 * density.scale),
    )


def _map_point(point, alpha, temperature, broadening):
    splitting, tls_temperature = point
    density = SingleSplitting(splitting)
    return summary(density, alpha, temperature, tls_temperature, broadening)


def fermi_level_map(
    splittings,
    tls_temperatures,
    alpha=ALPHA,
    temperature=COLD,
    *,
    broadening=_POINT,
    executor=None,
):
    """Order parameter and N(0)/N_f for single splittings and TLS temperatures.

    Parameters
    ----------
    splittings, tls_temperatures : arrays, shapes (K,) and (L,)
        Energies in T_c0.
    alpha, temperature : float
        Strength, and temperature of the electrons.
    broadening : float, optional
        Smallest of the three broadenings of the extrapolation.
    executor : concurrent.futures.Executor, optional
        Runs the points, one task each; without it they run one after the other.

    Returns
    -------
    gap, density : arrays, shape (K, L)

    Raises
    ------
    ParameterError, ConvergenceError
        As :func:`tlsbook.real_axis_gap.extrapolated_gap`.
    """
    splittings = np.atleast_1d(positive("splittings", splittings))
    hot = np.atleast_1d(positive("tls_temperatures", tls_temperatures))
    task = partial(
        _map_point, alpha=alpha, temperature=temperature, broadening=broadening
    )
    points = [(float(e), float(t)) for e in splittings for t in hot]
    found = list((map if executor is None else executor.map)(task, points))
    return np.moveaxis(np.reshape(found, (splittings.size, hot.size, 2)), -1, 0)


def stored(name):
    """Return one stored array; ParameterError for a name that does not exist.

    ``energies``; ``equilibrium`` (temperature, splitting, energy) and ``hot``
    (distribution, TLS temperature, energy): N/N_f. ``equilibrium_levels`` and
    ``hot_levels``: gap, N(0)/N_f without broadening and at three broadenings.
    ``strengths``, ``against_strength`` (splitting, strength): N(0)/N_f at T = 0.5.
    ``tls_temperatures``, ``against_heat`` (gap or N(0), strength, distribution, TLS
    temperature), at T = 0.1; ``warmer`` the same for the middle strength at T = 0.2
    and the TLS temperatures of Fig. 9 without the first. ``map_splittings``,
    ``map_temperatures``, ``map`` (gap or N(0), splitting, TLS temperature).
    ``cross_temperatures``, ``crosses``: gaps of Fig. 6.
    """
    with files("tlsbook").joinpath("data/tls_spectra.npz").open("rb") as file:
        data = np.load(file)
        if name not in data:
            raise ParameterError(
                f"name must be one of {', '.join(sorted(data))}, got {name!r}"
            )
        return data[name].astype(float)


def curve(density, alpha, temperature, tls_temperature):
    """N/N_f at ENERGIES, and gap, N(0)/N_f without and at three broadenings."""
    limit, _, widths = _limit(density, alpha, temperature, tls_temperature, _CURVE)
    levels = [limit.gap, limit.fermi_level_density, *widths]
    return limit.density_at(ENERGIES), np.array(levels)


def _compute(executor=None, show=print):
    """All stored arrays."""
    data = {"energies": ENERGIES, "broadenings": _CURVE * np.array([1.0, 2.0, 4.0])}
    tasks = [(SingleSplitting(e), t, t) for t in TEMPERATURES for e in SPLITTINGS]
    tasks += [(d, COLD, hot) for d in DENSITIES.values() for hot in HOT]
    curves, levels = [], []
    for density, cold, hot in tasks:
        values, level = curve(density, ALPHA, cold, hot)
        curves.append(values)
        levels.append(level)
        show(
            f"{density}, T = {cold}, TLS {hot}: gap {level[0]:.4f}, N(0) {level[1]:.3g}"
        )
    split = len(TEMPERATURES) * len(SPLITTINGS)
    shapes = (len(TEMPERATURES), len(SPLITTINGS)), (len(DENSITIES), len(HOT))
    for name, part, shape in (
        ("equilibrium", slice(0, split), shapes[0]),
        ("hot", slice(split, None), shapes[1]),
    ):
        data[name] = np.reshape(curves[part], (*shape, ENERGIES.size))
        data[f"{name}_levels"] = np.reshape(levels[part], (*shape, 5))

    data["strengths"] = np.geomspace(0.05, 1.2, 10)
    data["against_strength"] = [
        [summary(SingleSplitting(e), a, 0.5, 0.5)[1] for a in data["strengths"]]
        for e in SPLITTINGS
    ]
    show("against the strength")
    data["tls_temperatures"] = np.linspace(0.3, 2.5, 9)
    data["against_heat"] = np.moveaxis(
        [
            [
                [summary(d, a, COLD, t) for t in data["tls_temperatures"]]
                for d in DENSITIES.values()
            ]
            for a in ALPHAS
        ],
        -1,
        0,
    )
    data["warmer"] = np.moveaxis(
        [[summary(d, ALPHA, 0.2, t) for t in HOT[1:]] for d in DENSITIES.values()],
        -1,
        0,
    )
    show("against the temperature of the TLS")
    data["map_splittings"] = np.linspace(0.4, 4.6, 15)
    data["map_temperatures"] = np.linspace(0.2, 3.0, 15)
    data["map"] = fermi_level_map(
        data["map_splittings"],
        data["map_temperatures"],
        broadening=2 * _POINT,
        executor=executor,
    )
    show("map")
    data["cross_temperatures"] = np.array(CROSSES)
    data["crosses"] = [
        extrapolated_gap(DENSITIES["glass"], 1.0, t, broadening=4e-3)[0].gap
        for t in CROSSES
    ]
    return data


def main():
    """Compute everything and write the file."""
    from pathlib import Path

    data = _compute()
    exact = {"crosses", "cross_temperatures"}
    small = {k: np.asarray(v, "f8" if k in exact else "f4") for k, v in data.items()}
    np.savez_compressed(Path(__file__).parent / "data" / "tls_spectra.npz", **small)


if __name__ == "__main__":
    main()
