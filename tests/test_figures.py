"""Moving pictures: self-contained, reproducible, described in words."""

import re

import numpy as np
import pytest

from tlsbook.figures import moving_picture, plt
from tlsbook.validation import ParameterError

ALT = "A bar that grows from left to right & back."


def film(frames=3, alt=ALT, **options):
    figure, axis = plt.subplots(figsize=(2, 1))
    (line,) = axis.plot(np.arange(4.0))

    def draw(i):
        line.set_ydata(np.arange(4.0) * i)

    return moving_picture(figure, draw, frames, alt=alt, **options)


def test_holds_all_frames_and_needs_no_network():
    picture = film(5)
    markup = picture._repr_html_()
    assert picture.frames == 5
    assert len(set(re.findall(r'frames\[\d+\] = "([^"]+)"', markup))) == 5
    assert "http" not in markup
    assert "<link" not in markup
    assert "fa fa-" not in markup
    assert len(re.findall(r"<button title=", markup)) == 9
    assert markup.count("aria-label") >= 9
    assert 'alt="A bar that grows from left to right &amp; back."' in markup
    assert not plt.get_fignums()


def test_same_input_same_bytes_and_another_picture_another_name():
    assert film()._repr_html_() == film()._repr_html_()
    names = {re.search(r"_anim_img(\w+)", film(n).markup)[1] for n in (3, 4)}
    assert len(names) == 2


def test_print_says_where_it_plays():
    assert "Moving picture of 3 frames" in repr(film())
    assert len(repr(film())) < 100


def test_errors_name_what_is_wrong():
    for options, words in (
        ({"frames": 1}, "frames"),
        ({"alt": "bar"}, "alt"),
        ({"interval": 0}, "interval"),
        ({"dpi": -1}, "dpi"),
        ({"limit": 0.01}, "at most 0.01 MB"),
    ):
        with pytest.raises(ParameterError, match=words):
            film(**options)
        plt.close("all")
