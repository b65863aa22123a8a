"""Time of the noise integral (39): adaptive quadrature in the energy against ours.

``run()`` returns one row a comparison; times are medians of five runs each, taken in
the same process, in milliseconds: a point in the first rows, the map in the last. The
straightforward way integrates the printed integrand over the energy, with the place of
the resonance given to the library as a break point, which it needs: without it the
narrow line is missed. Its error is measured, not the one it claims.
"""

import time
import warnings
from statistics import median

import numpy as np
from scipy.integrate import IntegrationWarning, quad

from tlsbook import resonator_noise as rn

MU, CUT_OFF = 0.3, 300.0  # power of the density of states; E_max over the frequency
REPEATS = 5
FEW = 20  # points on which the straightforward way is timed
ASKED = 1e-10


def adaptive(temperature, width, rtol, marked=True):
    """(39) over P_0 as printed, frequency 1, without a change of variable."""

    def integrand(energy):
        x = energy - 1
        weight = (energy / CUT_OFF) ** MU * np.tanh(energy / (2 * temperature)) ** 2
        return weight * x**2 / (x**2 + width**2) ** 2

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IntegrationWarning)
        return quad(
            integrand,
            0,
            CUT_OFF,
            points=[1.0] if marked else None,
            epsabs=0,
            epsrel=rtol,
            limit=1000,
        )[0]


def _median_ms(function, *args, **kwargs):
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        value = function(*args, **kwargs)
        times.append(1e3 * (time.perf_counter() - begin))
    return median(times), value


def _row(marked):
    rng = np.random.default_rng(39)
    temperature = 10 ** rng.uniform(-1.5, 1.5, 1000)
    width = 10 ** rng.uniform(-6, -1, 1000)
    exact = rn.noise_integral(1.0, temperature, width, MU, CUT_OFF, rtol=1e-12)

    def straightforward():
        points = zip(temperature[:FEW], width[:FEW], strict=True)
        return np.array([adaptive(*point, ASKED, marked) for point in points])

    slow_ms, slow = _median_ms(straightforward)
    many_ms, fast = _median_ms(
        rn.noise_integral, 1.0, temperature, width, MU, CUT_OFF, rtol=ASKED
    )
    single_ms, _ = _median_ms(
        rn.noise_integral, 1.0, temperature[0], width[0], MU, CUT_OFF, rtol=ASKED
    )
    error = np.abs(slow / exact[:FEW] - 1)
    lost = int(np.sum(error > 100 * ASKED))
    note = (
        f"asked {ASKED:g} on 1000 points, width down to 1e-6 of the frequency; ours "
        f"reached {np.max(np.abs(fast / exact - 1)):.0e} against 1e-12, "
        f"straightforward {np.max(error):.0e} on {FEW} of them, with {lost} failures "
        f"(worse than 1e-8); a single point costs us {single_ms:.1f} ms"
    )
    return {
        "name": "(39), quad in the energy, " + ("break at nu_0" if marked else "plain"),
        "straightforward_ms": slow_ms / FEW,
        "ours_ms": many_ms / 1000,
        "ratio": slow_ms / FEW / (many_ms / 1000),
        "note": note,
        "target": 50 if marked else "1 ms",
    }


def _map_row():
    temperature = np.geomspace(0.02, 20, 100)[:, None]
    power = np.geomspace(1e-4, 1e8, 100)
    dephasing = 1e-5 * temperature ** (1 + MU)
    width = dephasing * np.sqrt(1 + power)
    ours_ms, _ = _median_ms(
        rn.noise_integral, 1.0, temperature, width, MU, CUT_OFF, rtol=ASKED
    )
    slow_ms, _ = _median_ms(adaptive, 0.5, 1e-4, ASKED)
    slow_ms *= width.size
    return {
        "name": "map of 100 x 100, temperature and power, 1e-10",
        "straightforward_ms": slow_ms,
        "ours_ms": ours_ms,
        "ratio": slow_ms / ours_ms,
        "note": "straightforward: one point timed, times the number of points",
        "target": "30 s",
    }


def run():
    """Return the comparisons as a list of dictionaries."""
    return [_row(marked=True), _row(marked=False), _map_row()]


if __name__ == "__main__":
    for row in run():
        print(row)
