"""What every notebook of the book does first, and how it hands numbers to the prose."""

import numpy as np

from tlsbook import figures

__all__ = ["glue", "setup"]


def setup():
    """Set the figure style, vector figures, and quiet, deterministic number output."""
    figures.use_style()
    np.set_printoptions(precision=6, suppress=False, linewidth=88)
    shell = _shell()
    if shell is None:
        return
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    shell.run_line_magic("matplotlib", "inline")
    # No date in the files: the same code must give the same bytes.
    set_matplotlib_formats("svg", "pdf", metadata={"Date": None})
    figures.use_style()


def glue(key, value, display=False):
    """Store ``value`` under ``key`` so that the prose can show it.

    Numbers of NumPy become plain Python numbers: their text is the same in every
    version. Outside a notebook, and where MyST-NB is not installed, nothing happens.
    """
    if isinstance(value, np.generic) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    ):
        value = value.item()
    if _shell() is None:
        return
    try:
        from myst_nb import glue as store
    except ImportError:
        return
    store(key, value, display=display)


def _shell():
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()
