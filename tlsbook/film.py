"""A diffusive superconducting film, and how its two-level systems feel a supercurrent.

Liu means the preprint arXiv:2501.10619 with the formulas of the published Letter. This
module is an SI edge: metres, joules, kg m/s, rad/s; constants of ``scipy.constants``.
Charges cancel in every result, so that Gaussian units of the source play no part.

What the source leaves open enters as two numbers of order one: ``strength``, the
product k C of Liu (8) and (9), and ``dipole``, k_1 = d/(e lambda_F) of Liu (u11).

Beneath the film stand the depairing curves of a dirty superconductor at T = 0, which
say how large a superfluid momentum can be: :func:`order_parameter`, :func:`current`.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy import constants
from scipy.optimize import elementwise
from scipy.special import lambertw

from tlsbook import materials
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = [
    "CRITICAL_RATIO",
    "Condition",
    "DiffusiveFilm",
    "critical_ratio",
    "current",
    "order_parameter",
]

_HBAR = constants.hbar
_CHARGE = constants.e
_QUANTUM = constants.value("conductance quantum") / 2  # e^2/(2 pi hbar) [S]
_GAPLESS = np.exp(-np.pi / 4)  # Gamma/Delta_0 where the gap in the spectrum closes


def _rate(ratio):
    """Depairing rate over the gap at rest, Gamma/Delta_0 = 2 (p_s/p_d)^2."""
    return 2 * np.square(ratio)


def _pairing(ratio):
    """x = Gamma/Delta, the solution of x exp(-pi x/4) = Gamma/Delta_0 below 1."""
    ratio = non_negative("ratio", ratio)
    rate = in_interval(
        "depairing rate 2 (p_s/p_d)^2",
        _rate(ratio),
        0,
        _GAPLESS,
        remedy="beyond it superconductivity is gapless: p_s must be below 0.477 p_d",
    )
    return -4 / np.pi * np.real(lambertw(-np.pi / 4 * rate))


def order_parameter(ratio):
    """Order parameter Delta/Delta_0 at T = 0 for ratio = p_s/p_d, uniform current.

    Dirty limit: the momentum 2 p_s of a pair breaks pairs at the rate
    Gamma = 2 D p_s^2/hbar, and Delta = Delta_0 exp(-pi Gamma/(4 Delta)). Numbers or
    arrays; raises ParameterError beyond the gapless point, p_s = 0.477 p_d.
    """
    return np.exp(-np.pi / 4 * _pairing(ratio))[()]


def current(ratio):
    """Supercurrent at T = 0, ratio = p_s/p_d, in units of the linear law at p_s = p_d.

    j = ratio (Delta/Delta_0) [1 - 4 Gamma/(3 pi Delta)] for Gamma < Delta. Its maximum
    is at :data:`CRITICAL_RATIO`. Raises as :func:`order_parameter`.
    """
    pairing = _pairing(ratio)
    stiffness = np.exp(-np.pi / 4 * pairing) * (1 - 4 * pairing / (3 * np.pi))
    return (ratio * stiffness)[()]


def critical_ratio():
    """p_s/p_d of the largest supercurrent at T = 0, in closed form: 0.344.

    The maximum of :func:`current` is where x = Gamma/Delta solves
    x^2 - 2 b x + 1 = 0 with b = 2/pi + 3 pi/8.
    """
    b = 2 / np.pi + 3 * np.pi / 8
    x = b - np.sqrt(b * b - 1)
    return float(np.sqrt(x * np.exp(-np.pi / 4 * x) / 2))


#: Largest p_s/p_d of a stationary current at T = 0.
CRITICAL_RATIO = critical_ratio()


@dataclass(frozen=True)
class Condition:
    """A condition ``smaller < larger`` with a name and where the source states it."""

    name: str  #: the two quantities in words
    source: str  #: number in Liu, or "implied" if the source does not state it
    smaller: float
    larger: float

    @property
    def holds(self):
        """Whether the smaller side is the smaller one, element by element."""
        return np.less(self.smaller, self.larger)[()]

    @property
    def margin(self):
        """larger/smaller: above one the condition holds, far above one it is safe."""
        return np.divide(self.larger, self.smaller)[()]


@dataclass(frozen=True, eq=False)
class DiffusiveFilm:
    """A thin dirty film; fields are positive numbers or arrays that broadcast.

    Construction refuses what is not positive. Whether the theory applies to the film
    is another question: ask :meth:`conditions`, or call :meth:`require`.

    >>> film = DiffusiveFilm.from_material("aluminium", 20e-9, 10e-9)
    >>> round(1e9 * film.coherence_length), round(film.conductance)
    (162, 13000)
    """

    thickness: float  #: L_z [m]
    mean_free_path: float  #: l in the normal state [m]
    fermi_wavelength: float  #: lambda_F = 2 pi/k_F [m]
    fermi_velocity: float  #: v_F [m/s]
    gap: float  #: Delta without current, at temperatures far below it [J]

    def __post_init__(self):
        for field in fields(self):
            value = positive(field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)
        try:
            np.broadcast_shapes(
                *(np.shape(getattr(self, f.name)) for f in fields(self))
            )
        except ValueError:
            raise ParameterError(
                "the fields of a film must broadcast, got arrays of shapes that do "
                "not; give numbers or arrays of one shape"
            ) from None

    @classmethod
    def from_material(cls, name, thickness, mean_free_path):
        """Take k_F (from the electron density), v_F and gap from the table."""
        row = materials.get(name)
        k_f = np.cbrt(3 * np.pi**2 * row.electron_density.value)
        return cls(
            thickness,
            mean_free_path,
            2 * np.pi / k_f,
            row.fermi_velocity.value,
            row.gap.value,
        )

    @classmethod
    def from_transport(
        cls, thickness, resistivity, ioffe_regel, gap, fermi_velocity=None
    ):
        """A film from what is measured in its normal state: resistivity and k_F l.

        With sigma = e^2 k_F (k_F l)/(3 pi^2 hbar), which is (10), they give k_F and l:
        for films whose electron density is not that of a bulk metal. ``resistivity``
        [Ohm m], ``ioffe_regel`` k_F l, ``gap`` [J]; ``fermi_velocity`` [m/s] where it
        is known, without it hbar k_F/m of free electrons.
        """
        resistivity = positive("resistivity", resistivity)
        product = positive("ioffe_regel", ioffe_regel)
        k_f = 3 * np.pi**2 * _HBAR / (_CHARGE**2 * resistivity * product)
        if fermi_velocity is None:
            fermi_velocity = _HBAR * k_f / constants.m_e
        return cls(thickness, product / k_f, 2 * np.pi / k_f, fermi_velocity, gap)

    @property
    def ioffe_regel(self):
        """k_F l; the condition lambda_F < l of Liu (u5) asks for more than 2 pi."""
        return 2 * np.pi * self.mean_free_path / self.fermi_wavelength

    @property
    def diffusion(self):
        """D = v_F l/3 [m^2/s], Liu (u5)."""
        return self.fermi_velocity * self.mean_free_path / 3

    @property
    def coherence_length(self):
        """xi = sqrt(hbar D/Delta) [m], Liu (u5)."""
        return np.sqrt(_HBAR * self.diffusion / self.gap)

    @property
    def clean_coherence_length(self):
        """xi_0 = hbar v_F/Delta [m], Liu (u11); pi times the BCS length."""
        return _HBAR * self.fermi_velocity / self.gap

    @property
    def conductance(self):
        """G = (8 pi/3) l L_z/lambda_F^2, sheet conductance over e^2/2 pi hbar, (10)."""
        area = self.mean_free_path * self.thickness / self.fermi_wavelength**2
        return 8 * np.pi / 3 * area

    @property
    def sheet_resistance(self):
        """Normal-state resistance of a square, 2 pi hbar/(e^2 G) [Ohm]."""
        return 1 / (_QUANTUM * self.conductance)

    @property
    def depairing_momentum(self):
        """p_d = sqrt(hbar Delta/D) = hbar/xi [kg m/s], Liu (u10)."""
        return np.sqrt(_HBAR * self.gap / self.diffusion)

    @property
    def critical_momentum(self):
        """p_s of the largest stationary supercurrent, 0.344 p_d [kg m/s]."""
        return CRITICAL_RATIO * self.depairing_momentum

    def _momentum(self, momentum):
        momentum = non_negative("momentum", momentum)
        ratio = np.asarray(momentum / self.depairing_momentum)
        if np.any(ratio > CRITICAL_RATIO * (1 + 1e-12)):  # a rounding error more
            raise ParameterError(
                f"momentum p_s must be at most {CRITICAL_RATIO:.3f} p_d, got "
                f"{float(ratio.max()):.3g} p_d; no stationary supercurrent has more "
                "(Liu: p_s << p_d)"
            )
        return momentum

    def coupling(self, *, strength=1.0):
        """Rms of alpha_s = strength D/(hbar sqrt(G)) [1/kg], Liu (11b)."""
        strength = positive("strength", strength)
        return strength * self.diffusion / (_HBAR * np.sqrt(self.conductance))

    def level_shift(self, momentum, *, strength=1.0):
        """Rms shift of epsilon at p_s [J], Liu (11a), for p_s << p_d.

        Raises ParameterError for p_s beyond the critical current.
        """
        return self.coupling(strength=strength) * self._momentum(momentum) ** 2

    def crossover(self, momentum, *, strength=1.0, dipole=1.0):
        """Angular frequency omega* where both couplings are equal [rad/s].

        omega* = 2 e alpha_s p_s/d with the rms of alpha_s and d = dipole e lambda_F;
        the 2 is that of the derivative of p_s^2. Equals Liu (13) times
        C/sqrt(2 pi). Charge, Fermi wavelength and mean free path cancel at fixed
        p_s/p_d. Raises ParameterError for p_s beyond the critical current.
        """
        arm = positive("dipole", dipole) * self.fermi_wavelength
        return 2 * self.coupling(strength=strength) * self._momentum(momentum) / arm

    def enhancement(self, omega, momentum, *, strength=1.0, dipole=1.0):
        """(omega*/omega)^2, the squared ratio of the two couplings, Liu (u14).

        Raises ParameterError for omega beyond the gap, where (5) does not hold.
        """
        omega = positive("omega", omega)
        if np.any(_HBAR * omega >= self.gap):
            raise ParameterError(
                f"omega must satisfy hbar omega < Delta (Liu u4), got "
                f"{np.max(_HBAR * omega / self.gap):.3g} Delta; take a lower frequency"
            )
        return (self.crossover(momentum, strength=strength, dipole=dipole) / omega) ** 2

    def sheet_current(self, momentum):
        """Supercurrent per width at T = 0 [A/m]: G e Delta p_d j/(2 hbar^2).

        j is :func:`current`; for p_s << p_d this is the linear law of Liu (u16) with
        the dirty-limit superfluid density.
        """
        ratio = self._momentum(momentum) / self.depairing_momentum
        unit = self.conductance * _CHARGE * self.gap * self.depairing_momentum
        return unit / (2 * _HBAR**2) * current(ratio)

    def momentum_at(self, sheet_current):
        """Momentum p_s [kg m/s] of a current per width [A/m]: inverts sheet_current.

        The stable one of the two solutions, below the critical momentum. Raises
        ParameterError beyond the critical current.
        """
        given = non_negative("sheet_current", sheet_current)
        limit = self.sheet_current(self.critical_momentum)
        share = np.asarray(given / limit)
        if np.any(share > 1):
            raise ParameterError(
                f"sheet_current must be at most the critical one, got "
                f"{float(share.max()):.3g} times it; no stationary supercurrent is "
                "larger (Liu: p_s << p_d)"
            )
        top = current(CRITICAL_RATIO)
        found = elementwise.find_root(
            lambda ratio, wanted: current(ratio) - wanted * top,
            (np.zeros(share.shape), np.full(share.shape, CRITICAL_RATIO)),
            args=(share,),
        )
        # At the maximum itself rounding may hide the change of sign.
        ratio = np.where(found.success, found.x, CRITICAL_RATIO)
        if np.any(~found.success & (share < 1 - 1e-9)):
            raise ConvergenceError("momentum_at found no momentum; report the film")
        return (ratio * self.depairing_momentum)[()]

    def skin_depth(self, omega):
        """Normal-state skin depth sqrt(2/(mu_0 sigma omega)) [m], the larger bound."""
        sigma = _QUANTUM * self.conductance / self.thickness
        return np.sqrt(2 / (constants.mu_0 * sigma * positive("omega", omega)))

    @property
    def penetration_depth(self):
        """Dirty limit at T = 0: lambda^2 = hbar/(pi mu_0 sigma Delta) [m]."""
        sigma = _QUANTUM * self.conductance / self.thickness
        return np.sqrt(_HBAR / (np.pi * constants.mu_0 * sigma * self.gap))

    def conditions(
        self,
        momentum=None,
        omega=None,
        field=None,
        *,
        temperature=None,
        strength=1.0,
        dipole=1.0,
    ):
        """What must hold for the theory to apply, as a tuple of :class:`Condition`.

        The film alone, and as far as they are given: ``momentum`` p_s [kg m/s],
        ``omega`` [rad/s], the amplitude ``field`` [V/m] of the ac field, and
        ``temperature`` [K]. The gap here is that at rest and low temperature.
        """
        length, path = self.coherence_length, self.mean_free_path
        wave, thickness = self.fermi_wavelength, self.thickness
        found = [
            Condition("Fermi wavelength < mean free path", "u5", wave, path),
            Condition("mean free path < coherence length", "u5", path, length),
            Condition("Fermi wavelength < thickness", "u9", wave, thickness),
            Condition("thickness < coherence length", "u9", thickness, length),
            Condition("mean free path < thickness", "implied", path, thickness),
        ]
        if momentum is not None:
            p = positive("momentum", momentum)
            limit = CRITICAL_RATIO * self.depairing_momentum
            found += [
                Condition("p_s < p_d", "9", p, self.depairing_momentum),
                Condition("p_s < critical p_s", "implied", p, limit),
            ]
        if omega is not None:
            omega = positive("omega", omega)
            depth = np.minimum(self.skin_depth(omega), self.penetration_depth)
            found += [
                Condition("hbar omega < gap", "u4", _HBAR * omega, self.gap),
                Condition("thickness < skin length", "text", thickness, depth),
            ]
        if temperature is not None:
            thermal = constants.k * positive("temperature", temperature)
            found.append(Condition("temperature < gap", "implied", thermal, self.gap))
            if omega is not None:
                quantum = _HBAR * omega
                found.append(Condition("hbar omega < T", "20", quantum, thermal))
        if momentum is not None and omega is not None:
            star = self.crossover(momentum, strength=strength, dipole=dipole)
            found.append(Condition("omega < omega*", "14", omega, star))
            if field is not None:
                kick = _CHARGE * positive("field", field) / omega
                found.append(Condition("e E/omega < p_s", "u24", kick, p))
        return tuple(found)

    def require(self, momentum=None, omega=None, field=None, **numbers):
        """Raise ParameterError naming the first condition that fails, with its source.

        Arguments as :meth:`conditions`; returns the film, so that calls can be chained.
        """
        for condition in self.conditions(momentum, omega, field, **numbers):
            if not np.all(condition.holds):
                worst = float(np.min(condition.margin))
                raise ParameterError(
                    f"film must satisfy {condition.name} (Liu, {condition.source}), "
                    f"got a ratio of {worst:.3g} where more than 1 is needed; choose "
                    "another film, current or frequency"
                )
        return self
