"""One style for every figure of the book.

The only module of the package that imports matplotlib. Colours are those of Okabe and
Ito, in an order whose lightness differs, so that neighbouring lines stay apart for
colour-blind readers and in grey print; line styles change along with the colours.
"""

import hashlib
import html
import re
from dataclasses import dataclass, field

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.animation import FuncAnimation

from tlsbook.validation import ParameterError, positive

__all__ = ["COLOURS", "WIDTH", "MovingPicture", "moving_picture", "plt", "use_style"]

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


#: Signs on the buttons in place of the icons that matplotlib would load from the web.
_SIGNS = {
    "minus": "\u2212",
    "fast-backward": "\u00ab",
    "step-backward": "\u2039",
    "play fa-flip-horizontal": "\u25c0\ufe0e",
    "pause": "\u2016",
    "play": "\u25b6\ufe0e",
    "step-forward": "\u203a",
    "fast-forward": "\u00bb",
    "plus": "+",
}


@dataclass(frozen=True, eq=False)
class MovingPicture:
    """What :func:`moving_picture` returns; a notebook shows it as the cell's result."""

    frames: int  #: number of pictures
    alt: str  #: what is seen, in words
    markup: str = field(repr=False)  #: the player with all its pictures, as HTML

    def _repr_html_(self):
        return self.markup

    def __repr__(self):
        return (
            f"Moving picture of {self.frames} frames, played in the HTML book and in "
            "the notebook."
        )


def moving_picture(figure, draw, frames, *, alt, interval=250, dpi=72, limit=1.5):
    """A moving picture that a page holds as a whole: it plays without a network.

    The cell that shows it carries the tag ``nbval-ignore-output`` and begins with a
    line ``# Not compared: ...``: it runs in the tests, but pictures are no data. Check
    its data in another cell, and show stills for print.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn as it is to look at first; it is closed.
    draw : callable
        ``draw(i)`` changes the figure to frame i.
    frames : int
        Number of frames, at least 2.
    alt : str
        What is seen, for those who cannot see it.
    interval : float
        Time between frames in milliseconds. Nothing moves before the reader plays it.
    dpi : float
        Dots per inch of a frame.
    limit : float
        Largest size of the whole in megabytes.

    Returns
    -------
    MovingPicture

    Raises
    ------
    ParameterError
        Fewer than 2 frames, no description, or a picture that is too large.
    """
    if not isinstance(frames, int) or frames < 2:
        raise ParameterError(
            f"frames must be a whole number of at least 2, got {frames!r}; show one "
            "picture as a figure"
        )
    if len(alt) < 20:
        raise ParameterError(
            f"alt must say in words what is seen, got {alt!r}; write a sentence"
        )
    interval, dpi = positive("interval", interval), positive("dpi", dpi)
    limit = positive("limit", limit)
    try:
        draw(0)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # of the first frame: nothing jumps
        with mpl.rc_context({"savefig.dpi": dpi, "animation.embed_limit": 1000}):
            movie = FuncAnimation(
                figure, draw, frames, init_func=lambda: None, interval=interval
            )
            markup = movie.to_jshtml(default_mode="loop")
    finally:
        plt.close(figure)
    size = len(markup) / 1e6
    if size > limit:
        raise ParameterError(
            f"moving picture must be at most {limit:g} MB, got {size:.2g} MB; take "
            "fewer frames, a smaller figure or a lower dpi"
        )
    return MovingPicture(frames, alt, _offline(markup, alt))


def _offline(markup, alt):
    """The player without anything from the web, and with the same bytes every time."""
    markup = re.sub(r"<link[^>]*>", "", markup)
    for icon, sign in _SIGNS.items():
        markup = markup.replace(f'<i class="fa fa-{icon}"></i>', sign)
    chance = re.search(r"_anim_img(\w+)", markup)[1]
    name = hashlib.sha256(markup.replace(chance, "").encode()).hexdigest()[:12]
    markup = markup.replace(chance, name)
    seen = html.escape(alt, quote=True)
    return markup.replace(
        f'<img id="_anim_img{name}"',
        f'<img id="_anim_img{name}" alt="{seen}" style="max-width: 100%"',
    )
