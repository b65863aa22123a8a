"""What every test shares: the notebooks' environment and how outputs are compared."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_tools")]

import environment  # noqa: E402
import pytest  # noqa: E402
from comparison import TolerantText  # noqa: E402
from hypothesis import settings  # noqa: E402
from nbval import plugin  # noqa: E402

environment.apply()

_approx = pytest.approx


def strict_approx(expected, rel=None, abs=None, nan_ok=False):
    """``pytest.approx`` without its hidden absolute tolerance of 1e-12.

    In SI units and for noise spectra that tolerance is larger than the numbers: the
    comparison could not fail. A comparison with zero has to name its ``abs``.
    """
    if abs is None:
        rel, abs = 1e-6 if rel is None else rel, 0.0
    return _approx(expected, rel=rel, abs=abs, nan_ok=nan_ok)


pytest.approx = strict_approx

# The same examples in every run: a red test stays red until its cause is gone.
settings.register_profile("book", derandomize=True, deadline=None, database=None)
settings.load_profile("book")

#: Pictures are not compared; their data are printed, glued or checked in cells.
PICTURES = ("image/svg+xml", "application/pdf", "image/png", "image/jpeg")

_file_init = plugin.IPyNbFile.__init__


def _init(self, *args, **kwargs):
    _file_init(self, *args, **kwargs)
    records = tuple(f"application/papermill.record/{mime}" for mime in PICTURES)
    self.skip_compare = (*self.skip_compare, *PICTURES, *records)


def _tolerant(self, text):
    return TolerantText(text) if isinstance(text, str) else text


# nbval compares strings for equality; ours are equal when their decimals agree.
plugin.IPyNbFile.__init__ = _init
plugin.IPyNbCell.sanitize = _tolerant
