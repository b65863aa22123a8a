r"""The field of a mode over the host of the two-level systems.

Loss and noise of a resonator are sums over the host with the local field. A profile
holds cells of the host with their share v of its volume and the square of the field f
over its mean, so that ``sum v = sum v f = 1``. Averages of a local quantity q(f) are
``sum v f q`` for the loss, where the field enters squared, and ``sum v f^2 q`` for the
noise, where it enters to the fourth power, Faoro (u25).
"""

from dataclasses import dataclass

import numpy as np

from tlsbook.validation import ParameterError, in_interval, non_negative, positive

__all__ = ["ModeProfile"]

_NORM = 1e-6


@dataclass(frozen=True, eq=False)
class ModeProfile:
    """Cells of the host: one-dimensional arrays of one length.

    Raises ParameterError if the shares or the mean square of the field are not one to
    1e-6; :meth:`from_cells` normalises.

    Examples
    --------
    >>> from tlsbook.mode_profile import ModeProfile
    >>> round(ModeProfile.edge(100.0).fourth_moment, 2)
    4.62
    """

    volume: np.ndarray  #: v > 0, share of the volume of the host, dimensionless
    field_squared: np.ndarray  #: f >= 0, square of the field over its mean

    def __post_init__(self):
        volume = np.atleast_1d(positive("volume", self.volume))
        squared = np.atleast_1d(non_negative("field_squared", self.field_squared))
        if volume.ndim != 1 or volume.shape != squared.shape:
            raise ParameterError(
                "volume and field_squared must be one-dimensional and of one length, "
                f"got shapes {volume.shape} and {squared.shape}"
            )
        norms = {"shares of the volume": volume.sum(), "mean square": volume @ squared}
        for name, value in norms.items():
            if abs(value - 1) > _NORM:
                raise ParameterError(
                    f"the {name} of a mode profile must sum to 1, got {value:.6g}; "
                    "ModeProfile.from_cells normalises"
                )
        object.__setattr__(self, "volume", volume)
        object.__setattr__(self, "field_squared", squared)

    @classmethod
    def uniform(cls):
        """The same field everywhere."""
        return cls(np.ones(1), np.ones(1))

    @classmethod
    def from_cells(cls, volume, field):
        """Normalise cells of a field solver: volumes > 0 and amplitudes, any units."""
        volume = np.atleast_1d(positive("volume", volume))
        field = np.atleast_1d(non_negative("field", field))
        if volume.shape != field.shape:
            raise ParameterError(
                f"volume and field must have one shape, got {volume.shape} and "
                f"{field.shape}"
            )
        share = (volume / volume.sum()).ravel()
        mean = share @ field.ravel() ** 2
        if mean == 0:
            raise ParameterError("field must not vanish everywhere, got zeros only")
        return cls(share, field.ravel() ** 2 / mean)

    @classmethod
    def edge(cls, ratio, *, cells=400):
        """A surface layer beside the edge of a thin film, field ~ 1/sqrt(r).

        Between the distances r_1 and ``ratio`` times r_1, ratio > 1; ``cells`` are of
        equal width in ln r, with the means of the cell.
        """
        ratio = in_interval("ratio", ratio, 1, 1e12, closed="neither")
        ends = np.geomspace(1.0, ratio, int(positive("cells", cells)) + 1)
        width = np.diff(ends)
        mean = np.diff(np.log(ends)) / width  # of 1/r over the cell
        return cls.from_cells(width, np.sqrt(mean))

    @property
    def fourth_moment(self):
        """Mean of f^2, at least 1: noise in weak field over that of an even field."""
        return float(self.volume @ self.field_squared**2)
