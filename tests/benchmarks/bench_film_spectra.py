"""Time of the spectra of a current-carrying film over twelve decades of frequency.

10^5 frequencies from a millihertz to a gigahertz: conductivity and noise, for each
distribution of the relaxation times. Straightforward is adaptive quadrature of the
mean lag time at each frequency, over the logarithm of the time; a few frequencies are
timed and multiplied. Aimed at: 0.1 s.
"""

import time
from statistics import median

import numpy as np
from scipy.integrate import quad

from tlsbook.film import DiffusiveFilm
from tlsbook.film_spectra import CarryingFilm
from tlsbook.tls_conductivity import ExponentialTimes, LogUniformTimes

FREQUENCIES, TIMED, REPEATS = 100_000, 100, 5
RTOL = 1e-8


def by_quadrature(times, omega, low, high):
    """Mean lag time at one frequency, the peak of the integrand marked."""
    peak = np.clip(-np.log(omega), np.log(low) + 1e-6, np.log(high) - 1e-6)

    def integrand(x):
        tau = np.exp(x)
        return times.density(tau) * tau**2 / (1 + (omega * tau) ** 2)

    return quad(
        integrand,
        np.log(low),
        np.log(high),
        points=[peak],
        epsabs=0,
        epsrel=RTOL,
        limit=400,
    )[0]


def run():
    """Return one dictionary a distribution."""
    film = DiffusiveFilm.from_material("aluminium", 20e-9, 10e-9)
    omega = 2 * np.pi * np.geomspace(1e-3, 1e9, FREQUENCIES)
    some = omega[:: FREQUENCIES // TIMED]
    rows = []
    for name, times, low, high in (
        ("exponential", ExponentialTimes(1e-3), 1e-15, 0.05),
        ("flat logarithm", LogUniformTimes(1e-11, 1e6), 1e-11, 1e6),
    ):
        sample = CarryingFilm(film, 2e-6, 50e-6, 1e45, times, 0.1)
        slow, ours = [], []
        for _ in range(REPEATS):
            begin = time.perf_counter()
            exact = np.array([by_quadrature(times, w, low, high) for w in some])
            slow.append(1e3 * (time.perf_counter() - begin) * FREQUENCIES / some.size)
            begin = time.perf_counter()
            sample.conductivity(omega, 1e-5)
            sample.noise(omega, 1e-5)
            ours.append(1e3 * (time.perf_counter() - begin))
        error = np.max(np.abs(times.lag_time(some) / exact - 1))
        rows.append(
            {
                "name": f"10^5 frequencies, {name}",
                "straightforward_ms": median(slow),
                "ours_ms": median(ours),
                "ratio": median(slow) / median(ours),
                "target": "0.1 s",
                "note": f"conductivity and noise; straightforward: lag time alone at "
                f"{some.size} frequencies, times {FREQUENCIES // some.size}; they "
                f"agree to {error:.1g}",
            }
        )
    return rows


if __name__ == "__main__":
    print(run())
