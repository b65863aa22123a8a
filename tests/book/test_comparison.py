"""The comparison of outputs: words and integers literally, decimals to 1e-6."""

import pytest
from comparison import TolerantText, agree


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("T = 1.0000000 K", "T = 1.0000004 K"),
        ("3.2e-09", "3.2000001e-09"),
        ("-0.12500000", "-0.12500001"),
        ("same 7 words", "same 7 words"),
    ],
)
def test_rounding_is_tolerated(left, right):
    assert agree(left, right)
    assert TolerantText(left) == right
    assert not TolerantText(left) != right


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("T = 1.00000 K", "T = 1.00001 K"),
        ("1.0e-9", "1.1e-9"),
        ("1e-9", "2e-9"),
        ("1.0e-9", "0.0"),
        ("0.5", "-0.5"),
        ("7 points", "8 points"),
        ("x**2", "x**3"),
        ("holds", "fails"),
        ("1.0 and 2.0", "1.0"),
        (r"\frac{1}{2}", r"\frac{1}{3}"),
    ],
)
def test_changes_are_seen(left, right):
    assert not agree(left, right)
    assert TolerantText(left) != right
