"""Time of the simulated resonator: shift of all TLS with their fluctuators in time.

About 10^4 fluctuators, 10^6 samples, relaxation rates log-uniform from 1e-6 to 1e-2 a
sample. Straightforward is every fluctuator and every TLS at each sample, vectorised
over both; three hundred samples are timed and multiplied. Aimed at: 60 s on one core.
"""

import time
from dataclasses import replace
from statistics import median

import numpy as np

from tlsbook import resonator_scan

FLUCTUATORS, STEPS, TIMED = 10_000, 1_000_000, 300
REPEATS = 5


def stepping(rng, drawn, steps):
    """Shift at every sample, all fluctuators and all levels stepped in time."""
    upper = 1 / (1 + np.exp(drawn.ratio))
    state = rng.random(upper.size) < upper
    stay = np.exp(-drawn.rate)
    everyone = np.arange(drawn.tls)
    values = np.empty(steps)
    for i in range(steps):
        drift = np.bincount(
            drawn.owner, 2 * drawn.half_jump * (state - upper), drawn.tls
        )
        values[i] = drawn.response(drawn.detuning + drift, everyone).sum()
        fresh = rng.random(upper.size) < upper
        state = np.where(rng.random(upper.size) < stay, state, fresh)
    return values


def drawn_host(rng):
    """A host with about the wanted number of fluctuators, all of them warm."""
    one = resonator_scan.host(0.025, slowest=1e-6, fastest=1e-2)
    one = replace(one, volume=1000 / one.expected_tls)
    trial = one.draw(np.random.default_rng(0))
    share = FLUCTUATORS / trial.fluctuators
    drawn = replace(one, volume=one.volume * share).draw(rng)
    # E = 0: every one flips as often as its rate allows, the largest work.
    return replace(drawn, ratio=np.zeros(drawn.fluctuators))


def run():
    """Return the comparison as a list of one dictionary."""
    rng = np.random.default_rng(1)
    drawn = drawn_host(rng)
    slow, ours, flips = [], [], []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        stepping(rng, drawn, TIMED)
        slow.append(1e3 * (time.perf_counter() - begin) * STEPS / TIMED)
        begin = time.perf_counter()
        record = drawn.simulate(rng, STEPS)
        ours.append(1e3 * (time.perf_counter() - begin))
        flips.append(record.flips)
    return [
        {
            "name": "resonator, 10^4 fluctuators over 10^6 samples",
            "straightforward_ms": median(slow),
            "ours_ms": median(ours),
            "ratio": median(slow) / median(ours),
            "target": "60 s",
            "note": f"{drawn.tls} TLS, {drawn.fluctuators} fluctuators, "
            f"{median(flips):.4g} flips; straightforward: {TIMED} samples timed, "
            f"times {STEPS // TIMED}",
        }
    ]


if __name__ == "__main__":
    print(run())
