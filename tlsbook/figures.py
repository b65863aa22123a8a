"""One style for every figure of the book.

The only module of the package that imports matplotlib. Colours are those of Okabe and
Ito, in an order whose lightness differs, so that neighbouring lines stay apart for
colour-blind readers and in grey print; line styles change along with the colours.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler

__all__ = ["COLOURS", "WIDTH", "plt", "use_style"]

#: Text width of the printed page in inches.
WIDTH = 6.0

#: Colours of the lines, in the order of their use.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000"]
_LINES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1))]


def use_style():
    """Set the book's figure style for the running interpreter."""
    mpl.rcParams.update(
        {
            "figure.figsize": (WIDTH, 0.6 * WIDTH),
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=_LINES),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.3,
            "grid.linewidth": 0.5,
            "lines.linewidth": 1.6,
            "font.size": 10,
            "legend.frameon": False,
            "legend.fontsize": 9,
            "image.cmap": "viridis",
            "mathtext.fontset": "cm",
            # Same input, same bytes: vector figures must not differ between runs.
            "svg.hashsalt": "tlsbook",
            "svg.fonttype": "path",
        }
    )
