"""Accelerated iteration of a fixed point (Anderson mixing with a weighted norm).

SciPy's ``anderson`` needs two to five times the evaluations on the gap equations of
chapter 3 and fails for strong coupling, since its norm weighs every unknown alike; here
the few frequencies that matter are given their weight.
"""

import numpy as np

from tlsbook.validation import ConvergenceError

__all__ = ["iterate"]


def iterate(image, start, weights, *, tolerance, memory=6, most=100, limit=None):
    """Return ``(x, steps)`` with ``x = image(x)`` to ``tolerance``.

    Parameters
    ----------
    image : callable
        Maps an array of shape (n,) to one of the same shape.
    start : array
        First guess, shape (n,).
    weights : array
        Weight of each unknown in the least squares, shape (n,).
    tolerance : float
        Largest change of any unknown accepted.
    memory : int, optional
        Steps remembered.
    most : int, optional
        Evaluations allowed.
    limit : callable, optional
        Brings a proposed x back into the range where ``image`` is defined.

    Raises
    ------
    ConvergenceError
        If ``most`` evaluations do not suffice, or the iteration leaves finite numbers.
    """
    x, points, steps = np.array(start, dtype=float), [], []
    for count in range(1, most + 1):
        change = image(x) - x
        if not np.isfinite(change).all():
            raise ConvergenceError(f"the iteration diverged after {count} steps")
        if np.abs(change).max() < tolerance:
            return x, count
        points.append(x)
        steps.append(change)
        points, steps = points[-memory - 1 :], steps[-memory - 1 :]
        proposal = x + change
        if len(points) > 1:
            d_step, d_point = np.diff(steps, axis=0).T, np.diff(points, axis=0).T
            mix = np.linalg.lstsq(
                d_step * weights[:, None], change * weights, rcond=1e-10
            )[0]
            proposal = proposal - (d_point + d_step) @ mix
        x = proposal if limit is None else limit(proposal, x)
    raise ConvergenceError(
        f"no convergence to {tolerance:.1e} in {most} steps (last change "
        f"{np.abs(change).max():.1e}); raise most or start closer"
    )
