"""Time and memory of the sum of many telegraph fluctuators on a grid of times.

10^4 fluctuators, 10^6 steps, switching rates log-uniform from 1e-6 to 1e-2 a step.
Straightforward is every fluctuator in every step, vectorised over the fluctuators; a
thousand steps are timed and multiplied. Aimed at: 10 s and 500 MiB on one core.
"""

import time
import tracemalloc
from statistics import median

import numpy as np

from tlsbook.telegraph_ensemble import FluctuatorEnsemble

FLUCTUATORS, STEPS, TIMED = 10_000, 1_000_000, 1000
REPEATS = 5


def stepping(rng, rates, weights, steps):
    """Sum of the fluctuators, every one of them stepped in time."""
    odd = -np.expm1(-2 * rates) / 2  # chance of an odd number of flips in a step
    state = rng.random(rates.size) < 0.5
    values = np.empty(steps)
    for i in range(steps):
        values[i] = weights @ state
        state ^= rng.random(rates.size) < odd
    return values


def run():
    """Return the comparison as a list of one dictionary."""
    rng = np.random.default_rng(1)
    rates = 10 ** rng.uniform(-6, -2, FLUCTUATORS)
    weights = rng.normal(size=FLUCTUATORS)
    ensemble = FluctuatorEnsemble.symmetric(rates)
    slow, ours, flips = [], [], []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        stepping(rng, rates, weights, TIMED)
        slow.append(1e3 * (time.perf_counter() - begin) * STEPS / TIMED)
        begin = time.perf_counter()
        record = ensemble.simulate(rng, STEPS, 1.0, weights)
        ours.append(1e3 * (time.perf_counter() - begin))
        flips.append(record.flips)
    tracemalloc.start()
    ensemble.simulate(rng, STEPS, 1.0, weights)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return [
        {
            "name": "10^4 fluctuators over 10^6 steps",
            "straightforward_ms": median(slow),
            "ours_ms": median(ours),
            "ratio": median(slow) / median(ours),
            "target": "10 s, 500 MiB",
            "note": f"{median(flips):.4g} flips; peak of the arrays {peak:.0f} MiB; "
            f"straightforward: {TIMED} steps timed, times {STEPS // TIMED}",
        }
    ]


if __name__ == "__main__":
    print(run())
