"""Checks of input that every public function shares.

Each returns the value as ``float`` (or as a float array) or raises
:class:`ParameterError` naming the quantity, the condition, what was given and a remedy.
"""

import numpy as np

__all__ = [
    "ConvergenceError",
    "ParameterError",
    "finite",
    "in_interval",
    "increasing",
    "non_negative",
    "positive",
]


class ParameterError(ValueError):
    """An argument outside the range in which the formula means something."""


class ConvergenceError(RuntimeError):
    """A numerical method that did not reach the accuracy asked for."""


def _offence(name, condition, given, remedy):
    text = f"{name} must be {condition}, got {given!r}"
    return ParameterError(f"{text}; {remedy}" if remedy else text)


def finite(name, value, *, remedy=""):
    """Return ``value`` as float or float array.

    Refuses NaN, infinities, empty arrays and what is no number with ParameterError,
    which quotes ``name`` and ``remedy``; so do all functions below.
    """
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise _offence(
            name, "a real number or an array of them", value, remedy
        ) from None
    if array.size == 0:
        raise _offence(name, "a number or a non-empty array", value, remedy)
    bad = ~np.isfinite(array)
    if bad.any():
        raise _offence(name, "finite", float(array[bad][0]), remedy)
    return float(array) if array.ndim == 0 else array


def _require(name, value, good, condition, remedy):
    array = finite(name, value, remedy=remedy)
    bad = ~np.asarray(good(array))
    if bad.any():
        offender = float(np.asarray(array)[bad][0]) if np.ndim(array) else array
        raise _offence(name, condition, offender, remedy)
    return array


def positive(name, value, *, remedy=""):
    """Return ``value`` if every element is finite and > 0."""
    return _require(name, value, lambda a: np.asarray(a) > 0, "positive", remedy)


def non_negative(name, value, *, remedy=""):
    """Return ``value`` if every element is finite and >= 0."""
    return _require(name, value, lambda a: np.asarray(a) >= 0, "non-negative", remedy)


def in_interval(name, value, low, high, *, closed="both", remedy=""):
    """Return ``value`` if every element lies between ``low`` and ``high``.

    ``closed`` says which ends belong to the interval: ``"both"``, ``"left"``,
    ``"right"`` or ``"neither"``.
    """
    left = closed in ("both", "left")
    right = closed in ("both", "right")

    def good(a):
        a = np.asarray(a)
        return (a >= low if left else a > low) & (a <= high if right else a < high)

    text = f"in {'[' if left else '('}{low:g}, {high:g}{']' if right else ')'}"
    return _require(name, value, good, text, remedy)


def increasing(name, grid, *, remedy="sort it and remove repeated points"):
    """Return the one-dimensional ``grid`` if it increases strictly.

    Two points or more.
    """
    array = finite(name, grid, remedy=remedy)
    if np.ndim(array) != 1 or np.size(array) < 2:
        raise _offence(
            name, "a one-dimensional grid of two points or more", grid, remedy
        )
    if not (np.diff(array) > 0).all():
        raise _offence(name, "strictly increasing", "a grid that is not", remedy)
    return array
