"""Real axis with TLS: plain iteration against ours, accuracy and memory of ours."""

import statistics
import time
import tracemalloc

import numpy as np
from scipy.optimize import brentq

from tlsbook.matsubara_gap import order_parameter
from tlsbook.mixed_representation import continue_to_real_energies
from tlsbook.real_axis_gap import extrapolated_gap, real_axis_gap
from tlsbook.retarded import (
    EnergyGrid,
    gap_integral,
    level_occupations,
    solve_retarded,
)
from tlsbook.splitting_distribution import Glass, SingleSplitting

GLASS, ONE, ETA = Glass(3.0), SingleSplitting(2.5), 2e-3


def milliseconds(function, runs=5):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def plain(eta, alpha=0.5, T=0.3):
    """Form (55) iterated without acceleration, the gap by a root finder around it."""
    grid = EnergyGrid(eta / 2, int(30 / (eta / 2)))
    levels = level_occupations([ONE.splitting], T)

    def excess(gap):
        green, _ = solve_retarded(
            grid, gap, T, [ONE.splitting], levels, [1.0], alpha, eta, tolerance=1e-5
        )
        return gap_integral(grid, green[1], gap, T) - gap * np.log(T)

    return brentq(excess, 1.5, 2.5, xtol=1e-5)


def error(density, alpha, T):
    """Rms error of N/N_f over 0 to 6, outside 5 broadenings around steep places."""
    usual = real_axis_gap(density, alpha, T, broadening=ETA)
    fine = real_axis_gap(
        density, alpha, T, broadening=ETA, step=ETA / 6, reach=90, guess=usual
    )
    e = np.linspace(0, 6, 4001)
    exact = fine.density_at(e)
    off = usual.density_at(e) - exact
    return np.sqrt(np.mean(off[away(e, exact, ETA)] ** 2))


def away(e, density, eta):
    """Where no edge lies within 5 broadenings: the steepest places above the gap."""
    slope = np.abs(np.gradient(density, e))
    top = (slope > np.roll(slope, 1)) & (slope >= np.roll(slope, -1)) & (slope > 10)
    return (np.abs(e[:, None] - e[top]) > 5 * eta).all(axis=1)


def between(alpha, T):
    """Rms difference of the two continuations without broadening."""
    first, _, _ = extrapolated_gap(ONE, alpha, T, broadening=ETA)
    grid = EnergyGrid(first.grid.step, int(14 / first.grid.step))
    second = continue_to_real_energies(ONE, alpha, T, grid)
    e = np.arange(0, 6, grid.step)
    ours, other = (s.density[s.grid.count :][: e.size] for s in (first, second))
    far = away(e, other, 4 * ETA)
    return np.sqrt(np.mean((ours - other)[far] ** 2))


def peak(function):
    tracemalloc.start()
    function()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 2**20


def run():
    rough = 0.02
    slow = milliseconds(lambda: plain(rough))
    exact = order_parameter(ONE, 0.5, 0.3, broadening=rough).gap
    misses = [
        abs(gap / exact - 1)
        for gap in (plain(rough), real_axis_gap(ONE, 0.5, 0.3, broadening=rough).gap)
    ]
    quick = milliseconds(lambda: real_axis_gap(ONE, 0.5, 0.3, broadening=rough))
    rows = [
        {
            "name": f"gap and states, one splitting, broadening {rough}",
            "straightforward_ms": slow,
            "ours_ms": quick,
            "ratio": slow / quick,
            "note": f"plain iteration of (55), a root finder for the gap; the gap is "
            f"off by {misses[0]:.0e}, ours by {misses[1]:.0e}",
        }
    ]
    for name, density, alpha, T in (
        ("glass, alpha = 1, T = 0.2", GLASS, 1.0, 0.2),
        ("one splitting, alpha = 0.5, T = 0.5", ONE, 0.5, 0.5),
    ):
        solve = solution(density, alpha, T)
        rows.append(
            {
                "name": f"broadening {ETA}, {name}",
                "straightforward_ms": None,
                "ours_ms": milliseconds(solve),
                "ratio": None,
                "target": "10 s",
                "note": f"rms error {error(density, alpha, T):.1e} (limit 1e-3), peak "
                f"memory {peak(solve):.0f} MiB (limit 500)",
            }
        )
    rows.append(
        {
            "name": "extrapolated to no broadening, one splitting, T = 0.2",
            "straightforward_ms": None,
            "ours_ms": milliseconds(
                lambda: extrapolated_gap(ONE, 0.5, 0.2, broadening=ETA), runs=3
            ),
            "ratio": None,
            "target": "30 s",
            "note": f"rms difference {between(0.5, 0.2):.1e} to the mixed "
            f"representation (limit 1e-3), outside 5 of its largest broadening",
        }
    )
    return rows


def solution(density, alpha, T):
    return lambda: real_axis_gap(density, alpha, T, broadening=ETA)
