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
