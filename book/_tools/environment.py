"""What must be equal wherever notebooks run: build, tests, references.

Threads are held at one (two workers with threaded BLAS fight over two cores), the hash
seed is fixed (SymPy's term order depends on it), and locale and time zone are neutral.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "_build"

SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    # So that notebooks find tlsbook of this very checkout, installed or not.
    "PYTHONPATH": str(ROOT),
    # 2026-01-01: no date of the day in what is built.
    "SOURCE_DATE_EPOCH": "1767225600",
}

REQUIRED = (3, 11)


def require_python(version=sys.version_info):
    """Stop with a remedy on a Python that is too old."""
    if tuple(version[:2]) < REQUIRED:
        wanted = ".".join(map(str, REQUIRED))
        found = ".".join(map(str, version[:2]))
        raise SystemExit(
            f"The book needs Python {wanted} or newer, this is {found}. "
            f"Install a newer one and name it: make PYTHON=python{wanted} book"
        )


def apply():
    """Put the settings into this process, for itself and for the kernels it starts."""
    os.environ.update(SETTINGS)
    os.environ.pop("MPLBACKEND", None)  # agg would make figures vanish
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # kernels would start far slower


if __name__ == "__main__":
    require_python()
