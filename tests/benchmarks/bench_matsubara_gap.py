"""Order parameter with TLS: FFT against dense sums, transition temperature, Fig. 6."""

import statistics
import time

import numpy as np

from tlsbook import matsubara_gap as mg
from tlsbook import tls_pairing
from tlsbook.bose_kernel import BoseKernel
from tlsbook.splitting_distribution import (
    Glass,
    Lorentzian,
    ModifiedWipfNeumaier,
    SingleSplitting,
)

GLASS = Glass(3.0)


class DenseKernel(BoseKernel):
    """The same sums as matrices, built first."""

    def __init__(self, kernel, temperature, size):
        super().__init__(kernel, temperature, size)
        values = self.values.copy()
        values[0] = 0.0
        n = np.arange(size)
        self._toeplitz = values[np.abs(n[:, None] - n[None, :])]
        self._hankel = values[n[:, None] + n[None, :] + 1]

    def even(self, y):
        return self._toeplitz @ y + self._hankel @ y

    def odd(self, y):
        return self._toeplitz @ y - self._hankel @ y


def milliseconds(function, runs=5):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def dense_gap(size):
    """mg.order_parameter with matrices: same equations, same accelerated iteration."""
    fast, mg.BoseKernel = mg.BoseKernel, DenseKernel
    try:
        return mg.order_parameter(GLASS, 1.0, 0.1, size=size)
    finally:
        mg.BoseKernel = fast


def run():
    size = 4096
    ours = milliseconds(lambda: mg.order_parameter(GLASS, 1.0, 0.1, size=size))
    dense = milliseconds(lambda: dense_gap(size), runs=3)
    sizes = 2 ** np.arange(12, 17)
    costs = [
        milliseconds(lambda n=n: mg.order_parameter(GLASS, 1.0, 0.1, size=n))
        for n in sizes
    ]
    power = np.polyfit(np.log(sizes), np.log(costs), 1)[0]
    whole = milliseconds(lambda: mg.order_parameter(GLASS, 1.0, 0.1, rtol=1e-6))
    Tc = mg.critical_temperature(GLASS, 1.0)
    steps = mg.order_parameter(GLASS, 1.0, 0.99 * Tc).steps
    one = SingleSplitting(2.0)
    rows = [
        {
            "name": f"gap, N = {size}, glass, alpha = 1, T = 0.1",
            "straightforward_ms": dense,
            "ours_ms": ours,
            "ratio": dense / ours,
            "target": 20,
            "note": f"dense sums, building the matrices included; cost ~ N^{power:.2f} "
            f"over 2^12 to 2^16 (limit 1.2); {steps} steps at 0.99 T_c (limit 40)",
        },
        alone("gap to 1e-6, T = 0.1", whole, "100 ms"),
        alone(
            "T_c to 1e-6, glass",
            milliseconds(lambda: mg.critical_temperature(GLASS, 1.0)),
            "300 ms",
        ),
        alone(
            "T_c to 1e-9, one splitting",
            milliseconds(lambda: mg.critical_temperature(one, 1.0, rtol=1e-9)),
            "",
        ),
        alone(
            "Fig. 6: 6 curves, 40 temperatures each", milliseconds(figure_6, 1), "20 s"
        ),
        alone("Fig. 7: 60 points", milliseconds(figure_7, 1), "20 s"),
    ]
    return rows


def alone(name, ours, target):
    return {
        "name": name,
        "straightforward_ms": None,
        "ours_ms": ours,
        "ratio": None,
        "target": target,
        "note": "",
    }


def figure_6():
    for d in (GLASS, Lorentzian(1.0, 0.1), ModifiedWipfNeumaier(0.1, 0.1, 0.01)):
        for alpha in (0.5, 1.0):
            Tc = mg.critical_temperature(d, alpha)
            for T in np.linspace(0.05, 0.999 * Tc, 40):
                mg.order_parameter(d, alpha, T)


def figure_7():
    for x in np.geomspace(0.02, 3e3, 60):
        kernel = SingleSplitting(x).matsubara_kernel
        tls_pairing.critical_rate(lambda w, k=kernel: k(w, 1.0), 1.0, x)
