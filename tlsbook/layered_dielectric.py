r"""Dipoles in a film between other media, and the line width that they make.

Lengths in one unit, permittivities relative to the vacuum, infinite for a metal; pair
energies in the unit ``d d'/eps`` of the film over a length cubed, as in
:func:`tlsbook.interaction.dipole_strength`, which is the film without surroundings.

The film fills 0 < z < t. A charge in it has images at ``z' + 2mt`` with the weight
:math:`(k_bk_a)^{|m|}` and at ``-z' + 2mt`` with one more factor, where

.. math::

   k_b=\frac{\epsilon-\epsilon_b}{\epsilon+\epsilon_b},\qquad
   k_a=\frac{\epsilon-\epsilon_a}{\epsilon+\epsilon_a}

reflect at the lower and the upper face (-1 for a metal). Between two metals the sum is
that over the modes of a parallel-plate guide, which fall off as exp(-pi r/t).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import k0, k1

from tlsbook.spectral_diffusion import limits_rate
from tlsbook.validation import (
    ParameterError,
    finite,
    in_interval,
    increasing,
    positive,
)

__all__ = ["DielectricFilm", "position_average"]

#: Weight of the last image; images near a contact of two metals; largest number.
_TAIL, _FEW, _MOST = 1e-9, 50, 2000
#: Plates: modes from this distance over the thickness, down to exp(-36).
_NEAR, _DEEP = 0.1, 36.0


def _permittivity(name, value):
    if isinstance(value, (int, float, np.number)) and np.isposinf(value):
        return np.inf
    value = positive(name, value, remedy="relative permittivity, infinite for a metal")
    if np.ndim(value):
        raise ParameterError(f"{name} must be one number, got an array; use a loop")
    return value


@dataclass(frozen=True)
class DielectricFilm:
    """A film of thickness t and permittivity eps with media below and above it.

    Raises ParameterError for values that are not positive; ``below`` and ``above`` may
    be infinite, which is a metal.
    """

    thickness: float  #: t > 0, the unit of length
    permittivity: float  #: eps > 0 of the film
    below: float  #: permittivity at z < 0
    above: float  #: permittivity at z > t

    def __post_init__(self):
        thickness = positive("thickness", self.thickness)
        permittivity = positive("permittivity", self.permittivity)
        if np.ndim(thickness) or np.ndim(permittivity):
            raise ParameterError(
                "thickness and permittivity must be single numbers, got an array; use "
                "one film for each"
            )
        _permittivity("below", self.below)
        _permittivity("above", self.above)

    @property
    def reflection(self):
        """k_b and k_a, between -1 (metal) and 1 (permittivity far below the film's)."""
        return tuple(
            -1.0
            if np.isinf(other)
            else (self.permittivity - other) / (self.permittivity + other)
            for other in (self.below, self.above)
        )

    def pair_energy(self, separation, height, other, first, second):
        """Interaction of two dipoles, d.T.d'/4 pi with all reflections.

        Parameters
        ----------
        separation : array, shape (..., 2)
            In the plane, from the second to the first; not zero.
        height, other : float or array
            Heights of the first and the second, 0 < z < t.
        first, second : array, shape (..., 3)
            Dipole moments.

        Returns
        -------
        float or array
            Broadcast shape of the arguments. Relative error below 1e-6 of the
            interaction without surroundings.

        Raises
        ------
        ParameterError
            For heights outside of the film, dipoles on top of each other, or a film
            whose permittivity exceeds both others some 380 times.
        """
        separation = np.asarray(finite("separation", separation))
        first = np.asarray(finite("first", first))
        second = np.asarray(finite("second", second))
        for name, value, size in (
            ("separation", separation, 2),
            ("first", first, 3),
            ("second", second, 3),
        ):
            if not value.ndim or value.shape[-1] != size:
                raise ParameterError(
                    f"{name} must have {size} components on its last axis, got shape "
                    f"{value.shape}; put the components last"
                )
        t = self.thickness
        heights = [
            np.asarray(in_interval(name, value, 0.0, t, closed="neither"))
            for name, value in (("height", height), ("other", other))
        ]
        distance = np.hypot(separation[..., 0], separation[..., 1])
        if np.any(distance == 0):
            raise ParameterError(
                "separation must not be zero, got a zero vector; the TLS have a "
                "distance in the plane"
            )
        k_b, k_a = self.reflection
        if k_b * k_a < 1:
            return self._images(separation, *heights, first, second, None)[()]
        far = distance >= _NEAR * t
        safe = np.where(far[..., None], separation, [t, 0.0])
        modes = self._modes(safe, *heights, first, second)
        if np.all(far):
            return modes[()]
        images = self._images(separation, *heights, first, second, _FEW)
        return np.where(far, modes, images)[()]

    def _images(self, separation, z, other, first, second, count):
        k_b, k_a = self.reflection
        step = k_b * k_a
        if count is None:
            count = int(np.ceil(np.log(_TAIL) / np.log(abs(step)))) if step else 0
            if count > _MOST:
                raise ParameterError(
                    f"permittivity must be below some 380 times that of both sides, "
                    f"got {self.permittivity:g} between {self.below:g} and "
                    f"{self.above:g}; more images than {_MOST} would be needed"
                )
        mirrored = second * np.array([1.0, 1.0, -1.0])
        total = 0.0
        for m in range(-count, count + 1):
            weight = step ** abs(m)
            away = z - other - 2 * m * self.thickness
            total = total + weight * _bare(separation, away, first, second)
        for m in range(-count, count + 2):
            weight = k_b * step**-m if m <= 0 else k_a * step ** (m - 1)
            if weight:
                away = z + other - 2 * m * self.thickness
                total = total + weight * _bare(separation, away, first, mirrored)
        return np.asarray(total)

    def _modes(self, separation, z, other, first, second):
        """(d.grad)(d'.grad') of sum sin(qz) sin(qz') K_0(qr)/(pi t), q = n pi/t."""
        t = self.thickness
        r = np.hypot(separation[..., 0], separation[..., 1])
        unit = separation / r[..., None]
        arrays = np.broadcast_arrays(
            r,
            z,
            other,
            np.sum(first[..., :2] * unit, axis=-1),
            np.sum(second[..., :2] * unit, axis=-1),
            np.sum(first[..., :2] * second[..., :2], axis=-1),
            first[..., 2],
            second[..., 2],
        )
        shape = arrays[0].shape
        flat = [array.ravel() for array in arrays]
        total = np.zeros(flat[0].size)
        for n in range(1, int(_DEEP / (np.pi * _NEAR)) + 1):
            q = n * np.pi / t
            seen = np.full(total.shape, True) if n == 1 else q * flat[0] < _DEEP
            if not seen.any():
                break
            r, z, other, along, along_2, dot, up, up_2 = (one[seen] for one in flat)
            zero, one = k0(q * r), k1(q * r)
            s_1, c_1 = np.sin(q * z), np.cos(q * z)
            s_2, c_2 = np.sin(q * other), np.cos(q * other)
            curved = q**2 * (zero + 2 * one / (q * r))
            plane = curved * along * along_2 - q * one / r * dot
            mixed = up * along_2 * c_1 * s_2 - up_2 * along * s_1 * c_2
            total[seen] += up * up_2 * q**2 * c_1 * c_2 * zero
            total[seen] += mixed * q**2 * one - s_1 * s_2 * plane
        return total.reshape(shape) / (np.pi * t)


def _bare(separation, away, first, second):
    """[d.d' - 3 (r.d)(r.d')]/(4 pi r^3), the last component of r given apart."""
    x, y = separation[..., 0], separation[..., 1]
    square = x**2 + y**2 + away**2
    dot = np.sum(first * second, axis=-1)
    one = first[..., 0] * x + first[..., 1] * y + first[..., 2] * away
    two = second[..., 0] * x + second[..., 1] * y + second[..., 2] * away
    return (dot - 3 * one * two / square) / (4 * np.pi * square**1.5)


def position_average(film, rates, rng, *, pairs=400, radii=160):
    """Average of Faoro (16) over the places and directions of dipoles in a film.

    int d^2r over the plane of <t min(u^2/Gamma_1, Gamma_1)>, with u the pair energy of
    unit dipoles; heights of both uniform, directions isotropic. In bulk it is
    (8 pi/3)<abs(u r^3)>, whatever the rate; here a function of ``Gamma_1 t^3``.

    Parameters
    ----------
    film : DielectricFilm
    rates : array
        Increasing relaxation rates Gamma_1 > 0, in the unit of the pair energy.
    rng : numpy.random.Generator
    pairs : int
        Random pairs of heights and directions; the same ones for all rates.
    radii : int
        Distances, even in their logarithm, over the range that matters.

    Returns
    -------
    mean, error : array
        Value and its standard error for each rate; neighbouring values share the
        random pairs, so ratios are better known than the values.
    """
    rates = increasing("rates", rates)
    positive("rates", rates)
    if pairs < 2 or radii < 8:
        raise ParameterError(
            f"pairs and radii must be at least 2 and 8, got {pairs} and {radii}; an "
            "average needs some"
        )
    t = film.thickness
    first, second = rng.normal(size=(2, pairs, 3))
    first /= np.linalg.norm(first, axis=1)[:, None]
    second /= np.linalg.norm(second, axis=1)[:, None]
    heights = t * rng.uniform(size=(2, pairs))
    # Couplings far above and far below all rates at both ends.
    low = min(0.01 * t, 0.01 * rates[-1] ** (-1 / 3))
    high = max(30.0 * t, 100.0 * rates[0] ** (-1 / 3))
    log_r, step = np.linspace(np.log(low), np.log(high), radii, retstep=True)
    r = np.exp(log_r)
    # Dipoles are isotropic, so the direction in the plane may be fixed.
    place = np.stack([np.broadcast_to(r, (pairs, radii)), np.zeros((pairs, radii))], -1)
    energy = np.abs(
        film.pair_energy(
            place,
            heights[0][:, None],
            heights[1][:, None],
            first[:, None, :],
            second[:, None, :],
        )
    )
    area = 2 * np.pi * r**2 * step * t
    each = np.stack([limits_rate(energy, rate) @ area for rate in rates])
    return each.mean(axis=1), each.std(axis=1, ddof=1) / np.sqrt(pairs)
