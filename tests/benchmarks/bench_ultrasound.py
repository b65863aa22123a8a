"""Time of the sound integrals (15), (16): library double quadrature against ours.

``run()`` returns one row a comparison; times are medians of five runs each, taken in
the same process, in milliseconds: a point in the first rows, the map in the last.
"""

import time
from itertools import pairwise
from statistics import median

import numpy as np
from scipy.integrate import dblquad, quad

from tlsbook import ultrasound

POINT = (0.1, 0.3, 0.3)  # chi, omega, theta: a resonance of moderate width
REPEATS = 5


def resonant_dblquad(chi, omega, theta, rtol):
    """F_res of (15) as printed by dblquad, cut at the resonance so that it is seen."""

    def integrand(p, x):
        width = chi * x * p / np.tanh(x / theta)
        return chi * x * p / np.sqrt(1 - p) / (4 * (x - omega) ** 2 + width**2)

    return sum(
        dblquad(integrand, low, high, 0, 1, epsabs=0, epsrel=rtol)[0]
        for low, high in ((0, omega), (omega, 1))
    )


def resonant_nested(chi, omega, theta, rtol):
    """F_res with p = 1 - s^2 and the peak bracketed: the careful library way."""

    def over_p(x):
        width = chi * x / np.tanh(x / theta)

        def integrand(s):
            p = 1 - s * s
            return 2 * chi * x * p / (4 * (x - omega) ** 2 + (width * p) ** 2)

        return quad(integrand, 0, 1, epsabs=0, epsrel=0.1 * rtol, limit=200)[0]

    width = chi * omega / np.tanh(omega / theta)
    edges = [0, omega - width, omega, omega + width, 1]
    return sum(
        quad(over_p, low, high, epsabs=0, epsrel=rtol, limit=200)[0]
        for low, high in pairwise(edges)
    )


def relaxation_dblquad(chi, omega, theta, rtol):
    """F_rel of (16) as printed by dblquad."""

    def integrand(p, y):
        over = (omega * np.tanh(y)) ** 2 + (chi * p * y * theta) ** 2
        top = chi * theta * y * np.sqrt(1 - p) * omega * np.sinh(y)
        return top / (2 * np.cosh(y) ** 3 * over)

    return dblquad(integrand, 0, 1 / theta, 0, 1, epsabs=0, epsrel=rtol)[0]


def _median_ms(function, *args, **kwargs):
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        value = function(*args, **kwargs)
        times.append(1e3 * (time.perf_counter() - begin))
    return median(times), value


def _row(name, slow, fast, rtol):
    exact = fast(*POINT, rtol=1e-12)
    slow_ms, found = _median_ms(slow, *POINT, rtol)
    points = _random_points(1000)
    many_ms, _ = _median_ms(fast, *points, rtol=rtol)
    single_ms, ours = _median_ms(fast, *POINT, rtol=rtol)
    ours_ms = many_ms / 1000
    note = (
        f"asked {rtol:g}; reached {abs(found / exact - 1):.0e} against "
        f"{abs(ours / exact - 1):.0e}; a single point costs us {single_ms:.2f} ms"
    )
    return {
        "name": name,
        "straightforward_ms": slow_ms,
        "ours_ms": ours_ms,
        "ratio": slow_ms / ours_ms,
        "note": note,
        "target": 100,
    }


def _random_points(number):
    """Points spread evenly in the logarithms over the box of the accuracy claim."""
    rng = np.random.default_rng(5)
    edges = np.log([(0.01, 1), (1e-3, 10), (1e-2, 10)])
    return [np.exp(rng.uniform(low, high, number)) for low, high in edges]


def _map_row():
    omega, theta = np.logspace(-3, 1, 200)[:, None], np.logspace(-2, 1, 200)
    ours_ms, _ = _median_ms(ultrasound.absorption, POINT[0], omega, theta, rtol=1e-6)

    def one_point():
        return resonant_nested(*POINT, 1e-6) + relaxation_dblquad(*POINT, 1e-6)

    slow_ms, _ = _median_ms(one_point)
    return {
        "name": "map of both parts, 200 x 200 points, 1e-6",
        "straightforward_ms": slow_ms * omega.size * theta.size,
        "ours_ms": ours_ms,
        "ratio": slow_ms * omega.size * theta.size / ours_ms,
        "note": "straightforward: one point timed, times the number of points",
        "target": "20 s",
    }


def _nested_sum(chi, omega, theta, rtol):
    return resonant_nested(chi, omega, theta, rtol) + relaxation_dblquad(
        chi, omega, theta, rtol
    )


def run():
    """Return the comparisons as a list of dictionaries."""
    res, rel = ultrasound.resonant, ultrasound.relaxation
    return [
        _row("F_res, dblquad of (15)", resonant_dblquad, res, 1e-6),
        _row("F_res, bracketed nested quad", resonant_nested, res, 1e-10),
        _row("F_rel, dblquad of (16)", relaxation_dblquad, rel, 1e-10),
        _row("F_res + F_rel, nested quad", _nested_sum, ultrasound.total, 1e-10),
        _map_row(),
    ]


if __name__ == "__main__":
    for row in run():
        print(row)
