r"""Conductivity and noise spectra of a film that carries a supercurrent, in SI.

Liu means the preprint arXiv:2501.10619 with the formulas of the published Letter. A
:class:`CarryingFilm` joins the film (:mod:`tlsbook.film`), its two-level systems and
their relaxation times (:mod:`tlsbook.tls_conductivity`), and the sample's shape:

.. math::

   S(f)=2\hbar\omega\coth\frac{\hbar\omega}{2k_BT}\,\sigma_\parallel(\omega)\frac WL,
   \qquad\omega=2\pi f,

one-sided over the ordinary frequency, for the total current between ends whose phase
difference is fixed; for :math:`\hbar\omega\ll k_BT` it is :math:`4k_BT\sigma W/L`,
twice (20) of Liu in this book's two-sided convention. All closed forms: a spectrum of
10^5 frequencies takes a few hundredths of a second.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy import constants

from tlsbook.film import DiffusiveFilm
from tlsbook.tls_conductivity import RelaxingDipoles
from tlsbook.validation import ParameterError, non_negative, positive

__all__ = ["CarryingFilm"]


@dataclass(frozen=True, eq=False)
class CarryingFilm:
    """A film of width W and length L, its two-level systems, and the temperature.

    Construction refuses a film outside the theory (:meth:`DiffusiveFilm.require`) and a
    temperature above the gap, naming the condition. Frequencies beyond the gap and
    currents beyond the critical one raise where they are used.

    >>> from tlsbook.tls_conductivity import LogUniformTimes
    >>> film = DiffusiveFilm.from_material("aluminium", 20e-9, 10e-9)
    >>> times = LogUniformTimes(1e-11, 1e6)
    >>> sample = CarryingFilm(film, 2e-6, 50e-6, 1e45, times, 0.1)
    >>> round(float(sample.enhancement(2e9 * np.pi, 1e-5)), 1)
    3.9
    """

    film: DiffusiveFilm  #: with single numbers for fields
    width: float  #: W, across the current [m]
    length: float  #: L, along the current [m]
    systems: float  #: TLS per volume and energy of the splitting [1/(J m^3)]
    times: object  #: distribution of the relaxation times, in seconds
    temperature: float  #: T [K]
    strength: float = 1.0  #: k C of Liu (8) and (9)
    dipole: float = 1.0  #: k_1 = d/(e lambda_F), Liu (u11)

    def __post_init__(self):
        numbers = [f.name for f in fields(self) if f.type in (float, "float")]
        for name in numbers:
            value = positive(name, getattr(self, name))
            if np.ndim(value):
                raise ParameterError(f"{name} must be one number, got an array")
        if not isinstance(self.film, DiffusiveFilm):
            raise ParameterError(f"film must be a DiffusiveFilm, got {self.film!r}")
        if any(np.ndim(getattr(self.film, f.name)) for f in fields(self.film)):
            raise ParameterError(
                "film must have single numbers, got arrays; use a loop"
            )
        if not hasattr(self.times, "lag_time"):
            raise ParameterError(
                f"times must be a distribution with lag_time, got {self.times!r}"
            )
        self.film.require(temperature=self.temperature)

    @property
    def tls(self):
        """The systems per area, :class:`RelaxingDipoles` in SI."""
        arm = self.dipole * constants.e * self.film.fermi_wavelength
        return RelaxingDipoles(self.systems * self.film.thickness, arm, self.times)

    @property
    def thermal_frequency(self):
        """k_B T/h [Hz]; above it the noise is that of quantum fluctuations."""
        return constants.k * self.temperature / constants.h

    @property
    def critical_current(self):
        """Largest stationary supercurrent of the film [A], T = 0."""
        momentum = self.film.critical_momentum
        return float(self.film.sheet_current(momentum) * self.width)

    def crossover(self, current):
        """omega* [rad/s] at a total current [A]; raises beyond the critical current."""
        current = non_negative("current", current)
        momentum = self.film.momentum_at(current / self.width)
        return self.film.crossover(momentum, strength=self.strength, dipole=self.dipole)

    def _omega(self, omega):
        omega = positive("omega", omega)
        worst = np.max(constants.hbar * np.asarray(omega)) / self.film.gap
        if worst >= 1:
            raise ParameterError(
                f"omega must satisfy hbar omega < Delta (Liu u4), got {worst:.3g} "
                "Delta; take a lower frequency"
            )
        return omega

    def conductivity(self, omega, current=0.0):
        """Dissipative sheet conductivity along the current [S], Liu (15).

        ``omega`` [rad/s] and ``current`` [A] broadcast.
        """
        return self.tls.conductivity(self._omega(omega), self.crossover(current))

    def enhancement(self, omega, current):
        """Conductivity and noise over those at rest: 1 + 3 (omega*/omega)^2.

        Independent of how many systems there are and how they relax.
        """
        return self.tls.enhancement(self._omega(omega), self.crossover(current))

    def noise(self, omega, current=0.0):
        """One-sided density of the total current over f [A^2/Hz], phase fixed."""
        omega = self._omega(omega)
        energy = constants.hbar * np.asarray(omega)
        weight = 2 * energy / np.tanh(energy / (2 * constants.k * self.temperature))
        return weight * self.conductivity(omega, current) * self.width / self.length

    def corner(self, current):
        """Frequency f [Hz] where noise with and without the part of the current meet.

        sqrt(3) omega*/2 pi, or the gap, if that is lower.
        """
        star = np.sqrt(self.tls.dimension) * np.asarray(self.crossover(current))
        return np.minimum(star, self.film.gap / constants.hbar)[()] / (2 * np.pi)
