"""Time of the conductivity integrals: a loop over SciPy's quad against panels.

``run()`` returns one row a comparison; times are medians of five runs each, taken in
the same process, in milliseconds.
"""

import time
from statistics import median

import numpy as np
from scipy.integrate import quad

from tlsbook.complex_conductivity import RetardedFunctions, complex_conductivity
from tlsbook.retarded import EnergyGrid, level_occupations, solve_retarded

REPEATS = 5
GAP, T = 1.764, 0.1
FREQUENCIES = np.geomspace(0.005, 0.5, 5)


def straightforward(functions, w, rtol):
    """Nam's two integrals by quad, the edges given as break points."""
    edges = functions.edges()[0]
    points = np.concatenate([s * edges - m * w for s in (-1, 1) for m in (0, 1)])

    def products(e):
        n, p, _ = functions.functions(e)
        n1, p1, _ = functions.functions(e + w)
        return n.real * n1.real + p.real * p1.real, n.real * n1.imag + p.real * p1.imag

    def absorbed(e):
        step = np.tanh(0.5 * (e + w) / T) - np.tanh(0.5 * e / T)
        return step * products(e)[0] / (2 * w)

    def screening(e):
        return -np.tanh(0.5 * e / T) * products(e)[1] / w

    options = {"points": points, "limit": 1000, "epsabs": 0, "epsrel": rtol}
    real = quad(absorbed, -4, 4, **options)[0]
    imaginary = quad(screening, -4, 4, **options)[0]
    for low, high in ((-np.inf, -4), (4, np.inf)):
        imaginary += quad(screening, low, high, epsrel=rtol, limit=1000)[0]
    return real - 1j * imaginary


def tls_functions():
    """TLS hotter than the electrons, one splitting."""
    grid = EnergyGrid(0.02, 500)
    levels = level_occupations([2.5], 1.0)
    _, sigma = solve_retarded(grid, GAP, T, [2.5], levels, [1.0], 0.2, grid.step)
    return RetardedFunctions.from_self_energy(grid, GAP, sigma, grid.step)


def _median_ms(function):
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        value = function()
        times.append(1e3 * (time.perf_counter() - begin))
    return median(times), value


def _row(name, functions, frequencies, rtol):
    slow_ms, slow = _median_ms(
        lambda: np.array([straightforward(functions, w, rtol) for w in frequencies])
    )
    ours_ms, ours = _median_ms(lambda: complex_conductivity(functions, frequencies, T))
    apart = [
        np.max(np.abs(part(slow) / part(ours.value) - 1)) for part in (np.real, np.imag)
    ]
    return {
        "name": name,
        "straightforward_ms": slow_ms,
        "ours_ms": ours_ms,
        "ratio": slow_ms / ours_ms,
        "note": f"quad asked for {rtol:g}; sigma_1, sigma_2 apart by "
        f"{apart[0]:.0e}, {apart[1]:.0e}",
    }


def run():
    """Return the comparisons as a list of dictionaries."""
    dynes = RetardedFunctions.dynes(GAP, 0.05)
    return [
        _row("Dynes, 5 frequencies", dynes, FREQUENCIES, 1e-7),
        _row("TLS on a grid, 1 frequency", tls_functions(), FREQUENCIES[2:3], 1e-4),
    ]


if __name__ == "__main__":
    for row in run():
        print(row)
