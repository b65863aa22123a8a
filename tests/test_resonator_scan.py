"""Stored runs of the simulated resonator: a part made again, and what they show."""

import numpy as np
import pytest

from tlsbook import resonator_scan
from tlsbook.validation import ParameterError


def test_stored_runs_are_those_of_the_code():
    stored = resonator_scan.load("power")[3]
    again = resonator_scan.run_point("power", 3, records=1)
    assert again.host == stored.host
    np.testing.assert_allclose(again.estimates[0], stored.estimates[0], rtol=1e-6)
    np.testing.assert_allclose(again.exact, stored.exact, rtol=1e-9)
    with pytest.raises(ParameterError, match="scan must be one of weak field"):
        resonator_scan.load("tepid")


def test_few_fluctuators_make_pi_times_the_noise_of_the_source():
    points = resonator_scan.load("abundance")
    few = points[0]
    np.testing.assert_allclose(few.exact / few.source, np.pi, rtol=0.1)
    # At low frequency the formula adds up all fluctuators, the model does not.
    assert points[-1].exact[0] < 0.5 * points[-1].source[0]


def test_records_agree_with_the_exact_correlation():
    for scan in resonator_scan.SCANS:
        for point in resonator_scan.load(scan):
            off = point.spectrum.mean / point.exact - 0.97  # 3 % are not drawn
            assert np.all(abs(off) < 4.5 * point.spectrum.error / point.exact)
    long, times, values = resonator_scan.load()
    assert times.shape == values.shape == (4000,)
    assert long.fluctuators > 12 * 10_000
    off = long.spectrum.mean / long.exact - 0.97
    assert np.all(abs(off) < 4.5 * long.spectrum.error / long.exact)
