r"""A superconducting cavity: surface impedance and quality factor of its walls.

An SI edge: hertz, metres, kelvin, ohms. Energies of the retarded functions that come in
are in units of k_B T_c. In the local limit

.. math::

   Z=\sqrt{\frac{i\omega\mu_0}{\sigma_1-i\sigma_2}}=R_s+iX,\qquad
   \frac1Q=\frac{R_s}{G},\qquad
   \sigma_0=\frac{\tau}{\mu_0\lambda_L^2},\qquad
   \tau=\frac{\hbar\,l}{\pi\xi_0\Delta_0},

time factor exp(+i w t), sigma_0 of the normal state, lambda_L London depth of the clean
metal, xi_0 = hbar v_F/(pi Delta_0) its coherence length, l mean free path. Local means
that the smaller of xi_0 and l is well below the penetration depth.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy import constants

from tlsbook import materials
from tlsbook.complex_conductivity import complex_conductivity
from tlsbook.validation import ParameterError, positive

__all__ = ["BCS_GAP", "Cavity", "Wall", "rectangular_geometry_factor"]

#: Delta(0)/(k_B T_c) of BCS, pi exp(-gamma).
BCS_GAP = float(np.pi * np.exp(-np.euler_gamma))


def _complex(name, value):
    try:
        array = np.asarray(value, dtype=complex)
    except (TypeError, ValueError):
        raise ParameterError(f"{name} must be a number, got {value!r}") from None
    if not np.isfinite(array).all():
        raise ParameterError(f"{name} must be finite, got {value!r}")
    return array


def _one(name, value):
    value = positive(name, value)
    if np.ndim(value):
        raise ParameterError(f"{name} must be one number, got an array; use a loop")
    return value


@dataclass(frozen=True)
class Wall:
    """Metal of the wall. Bad values raise ParameterError."""

    london_depth: float  #: lambda_L at T = 0, clean metal [m]
    coherence_length: float  #: xi_0, clean metal [m]
    mean_free_path: float  #: l, elastic [m]
    critical_temperature: float  #: T_c [K], the unit of energy

    def __post_init__(self):
        for field in fields(self):
            _one(field.name, getattr(self, field.name))

    @classmethod
    def from_material(cls, name, mean_free_path):
        """Fill everything but the mean free path [m] from the table of materials."""
        row = materials.get(name)
        return cls(
            row.london_depth.value,
            row.coherence_length.value,
            mean_free_path,
            row.critical_temperature.value,
        )

    @property
    def scattering_time(self):
        """tau in units of hbar/(k_B T_c)."""
        return self.mean_free_path / (np.pi * self.coherence_length * BCS_GAP)

    @property
    def normal_conductivity(self):
        """sigma_0 [S/m]."""
        seconds = self.scattering_time / self.angular_unit
        return seconds / (constants.mu_0 * self.london_depth**2)

    @property
    def angular_unit(self):
        """k_B T_c/hbar [1/s]."""
        return constants.k * self.critical_temperature / constants.hbar

    def penetration_depth(self, weight):
        """Depth [m] from w sigma_2/sigma_0 in units of k_B T_c (low frequency).

        lambda = lambda_L/sqrt(tau weight); see
        :func:`tlsbook.complex_conductivity.superfluid_weight`.
        """
        weight = positive("weight", weight)
        return self.london_depth / np.sqrt(self.scattering_time * weight)

    def non_locality(self, depth):
        """xi/depth with 1/xi = 1/xi_0 + 1/l; the local limit needs it well below 1."""
        xi = 1 / (1 / self.coherence_length + 1 / self.mean_free_path)
        return xi / positive("depth", depth)

    def surface_impedance(self, frequency, conductivity):
        """Z = R_s + i X [Ohm] at ``frequency`` [Hz], local limit.

        ``conductivity`` is sigma_1 - i sigma_2 in units of sigma_0, sigma_1 >= 0 and
        not both zero; other values raise ParameterError. Broadcasts.
        """
        omega = 2 * np.pi * positive("frequency", frequency)
        ratio = _complex("conductivity", conductivity)
        good = (ratio.real >= 0) & (ratio != 0)
        if not good.all():
            raise ParameterError(
                "conductivity must have a real part >= 0 and not vanish, got "
                f"{conductivity}"
            )
        sigma = ratio * self.normal_conductivity
        return np.sqrt(1j * omega * constants.mu_0 / sigma)[()]


@dataclass(frozen=True)
class Cavity:
    """A mode of a cavity with walls of one metal; other losses are left out."""

    wall: Wall  #: metal of the walls
    frequency: float  #: of the mode [Hz], not angular
    geometry_factor: float  #: G = Q R_s [Ohm]

    def __post_init__(self):
        if not isinstance(self.wall, Wall):
            raise ParameterError(
                f"wall must be a Wall, got {self.wall!r}; see Wall.from_material"
            )
        _one("frequency", self.frequency)
        _one("geometry_factor", self.geometry_factor)

    @property
    def omega(self):
        """hbar w/(k_B T_c)."""
        return 2 * np.pi * self.frequency / self.wall.angular_unit

    def surface_impedance(self, functions, temperature):
        """Z = R_s + i X [Ohm] of the walls.

        ``functions`` are :class:`tlsbook.complex_conductivity.RetardedFunctions` and
        ``temperature`` that of the electrons, both in units of T_c.
        """
        sigma = complex_conductivity(
            functions, self.omega, temperature, self.wall.scattering_time
        )
        return self.wall.surface_impedance(self.frequency, sigma.value)

    def depth(self, impedance):
        """Penetration depth X/(mu_0 w) [m] of an impedance R_s + i X [Ohm], X > 0."""
        impedance = _complex("impedance", impedance)
        if not (impedance.imag > 0).all():
            raise ParameterError(
                f"impedance must have a positive imaginary part, got {impedance}; give "
                "R_s + i X, not R_s"
            )
        return impedance.imag[()] / (2 * np.pi * self.frequency * constants.mu_0)

    def quality_factor(self, resistance):
        """Q = G/R_s of the walls for a surface resistance [Ohm] > 0."""
        return self.geometry_factor / positive("resistance", resistance)

    def lifetime(self, resistance):
        """Energy decay time Q/w [s] for a surface resistance [Ohm] > 0."""
        return self.quality_factor(resistance) / (2 * np.pi * self.frequency)


def rectangular_geometry_factor(width, height, length):
    r"""G [Ohm] of the lowest mode TE101 of a rectangular box, sides in one unit.

    .. math::

       G=\frac{\pi Z_0}{4}\,\frac{2b\,(a^2+d^2)^{3/2}}{ad(a^2+d^2)+2b(a^3+d^3)},

    a width, b height (along the electric field), d length; Z_0 = mu_0 c.
    Raises ParameterError for sides that are not positive.
    """
    a = positive("width", width)
    b = positive("height", height)
    d = positive("length", length)
    square = a**2 + d**2
    top = 2 * b * square**1.5
    bottom = a * d * square + 2 * b * (a**3 + d**3)
    return np.pi * constants.mu_0 * constants.c / 4 * top / bottom
