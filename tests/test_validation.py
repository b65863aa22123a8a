"""Bad input is named, with what was given and a remedy."""

import numpy as np
import pytest

from tlsbook.validation import (
    ParameterError,
    finite,
    in_interval,
    increasing,
    non_negative,
    positive,
)


def test_good_input_comes_back_as_float():
    assert positive("T", 3) == 3.0
    assert isinstance(positive("T", 3), float)
    assert positive("T", [1, 2]).dtype == float
    assert non_negative("T", 0) == 0.0
    assert in_interval("chi", 1, 0, 1, closed="right") == 1.0
    np.testing.assert_array_equal(increasing("grid", [1, 2, 4]), [1.0, 2.0, 4.0])


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, [1, -2], "warm", None, []])
def test_positive_refuses(value):
    with pytest.raises(ParameterError, match="temperature must be"):
        positive("temperature", value)


def test_messages_say_what_was_given_and_what_to_do():
    with pytest.raises(ParameterError, match=r"positive, got -2.0; give it in kelvin"):
        positive("temperature", [1, -2], remedy="give it in kelvin")
    with pytest.raises(ParameterError, match=r"chi must be in \(0, 1\], got 0.0"):
        in_interval("chi", 0, 0, 1, closed="right")
    with pytest.raises(ParameterError, match=r"in \[0, 1\), got 1.0"):
        in_interval("mu", 1, 0, 1, closed="left")
    with pytest.raises(ParameterError, match="finite, got nan"):
        finite("x", [0.0, np.nan])
    with pytest.raises(ParameterError, match="strictly increasing"):
        increasing("grid", [1, 1, 2])
    with pytest.raises(ParameterError, match="two points"):
        increasing("grid", [1])
    with pytest.raises(ParameterError, match="non-empty"):
        increasing("grid", [])
