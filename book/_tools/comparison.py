"""How a new output is compared with the stored one.

Words and integers literally, decimals (with a point or an exponent) to a relative
tolerance. There is no absolute tolerance: a result of 1e-9 is a result.
"""

import re

RELATIVE_TOLERANCE = 1e-6

_DECIMAL = re.compile(
    r"(?<![\w.])[-+−]?(?:\d+\.\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)"
    r"(?![\w])"
)


class TolerantText(str):
    """Text that equals another when words agree and decimals agree to the tolerance."""

    __slots__ = ()

    def __eq__(self, other):
        return isinstance(other, str) and agree(str(self), str(other))

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


def agree(left, right, tolerance=RELATIVE_TOLERANCE):
    """Return whether two outputs agree."""
    if left == right:
        return True
    if _DECIMAL.sub("#", left) != _DECIMAL.sub("#", right):
        return False
    pairs = zip(_DECIMAL.findall(left), _DECIMAL.findall(right), strict=True)
    return all(_close(_number(a), _number(b), tolerance) for a, b in pairs)


def _number(text):
    return float(text.replace("−", "-"))


def _close(a, b, tolerance):
    return a == b or abs(a - b) <= tolerance * max(abs(a), abs(b))
