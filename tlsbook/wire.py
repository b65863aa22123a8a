"""A metal whose dephasing time is known, and what its two-level systems (TLS) do.

One measured number, the dephasing time, fixes the density of TLS once their largest
splitting and their cross section are assumed; heat and sound follow without another
parameter, but for the coupling to strain. :class:`MetalWire` is an SI edge: seconds,
hertz, kelvin for temperatures and splittings, eV for the deformation potential.

Beneath it stands :func:`resonant_both_poles`, the resonant absorption of sound with
both poles of the response; Aleiner (15) keeps one. It is dimensionless, hbar = k_B = 1.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy import constants
from scipy.integrate import quad_vec
from scipy.optimize import elementwise

from tlsbook import materials, ultrasound
from tlsbook.dephasing import MeasuredDephasing
from tlsbook.relaxation import electron_rate_constant, population_rate
from tlsbook.specific_heat import FreeElectronMetal, heat_after
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = ["SWAVE_BOUND", "InternalFriction", "MetalWire", "resonant_both_poles"]

#: Largest chi of a point-like defect: one partial wave loses at most pi/k_F^2.
SWAVE_BOUND = 0.25

# The source's line width is chi/2 p E coth(E/2T); counting collisions gives 4/pi times
# that, which the integrals over the ensemble take as a larger chi.
_COUNTED = 4 / np.pi
_ONE_POLE_RTOL = 1e-11
_TAIL = 18.0  # decades of e by which x^2 has died out


def resonant_both_poles(chi, omega, theta, *, rtol=1e-6, atol=0.0):
    """Resonant absorption F_res with both poles of the response, dimensionless.

    The Lorentzian L(x - omega) of Aleiner (15), x = E/E*, becomes L(x - omega) -
    L(x + omega), which is odd in the frequency as a response must be. The second part,

        int_0^1 dx tanh^2(x/theta) R(c)/(chi x),
        c = 2 (x + omega) tanh(x/theta)/(chi x),

    is taken from :func:`tlsbook.ultrasound.resonant`; R is
    :func:`tlsbook.ultrasound.resonant_kernel`. Limits: pi omega/theta for omega <<
    theta << 1 with any chi; 4 chi/(9 omega^3) for omega >> 1, chi theta.

    Arguments broadcast: chi in (0, 1] of the line width Aleiner (11), omega > 0 and
    theta > 0 of Aleiner (13). The difference loses digits where it is small: raises
    ConvergenceError where its error exceeds both ``rtol`` times the result and
    ``atol`` (a number or an array), ParameterError for arguments out of range.
    """
    rtol = in_interval("rtol", rtol, 1e-9, 1e-2, remedy="1e-6 is the default")
    atol = non_negative("atol", atol)
    one = np.asarray(ultrasound.resonant(chi, omega, theta, rtol=_ONE_POLE_RTOL))
    chi, omega, theta = (np.asarray(a, dtype=float) for a in (chi, omega, theta))
    top = _TAIL - np.log(np.minimum(np.maximum(omega, theta), 1.0))

    def integrand(s):
        # x = exp(-top s): every scale between omega, theta and 1 gets its share.
        x = np.exp(-top * s)
        thermal = np.tanh(x / theta)
        argument = 2 * (x + omega) / (chi * x) * thermal
        return top * thermal**2 * ultrasound.resonant_kernel(argument) / chi / one

    share, error = quad_vec(
        integrand, 0, 1, epsabs=_ONE_POLE_RTOL, epsrel=0, norm="max"
    )
    rest = 1 - share
    uncertain = error + 2 * _ONE_POLE_RTOL
    if np.any((uncertain > rtol * rest) & (uncertain * one > atol)):
        raise ConvergenceError(
            f"resonant_both_poles: the poles cancel to {np.min(rest):.1e} of one of "
            f"them, error {uncertain:.0e}; ask for a larger rtol or atol"
        )
    return (one * rest)[()]


@dataclass(frozen=True)
class InternalFriction:
    """Inverse quality factors 1/Q of sound, dimensionless, of one common shape."""

    resonant: float | np.ndarray  #: level crossing by one quantum of sound
    relaxation: float | np.ndarray  #: population that lags behind

    @property
    def total(self):
        """Sum of both parts."""
        return self.resonant + self.relaxation


@dataclass(frozen=True, eq=False)
class MetalWire:
    """A metal with a dephasing time, and the assumptions on its TLS.

    Fields may be numbers or arrays that broadcast; bad ones raise ParameterError. The
    TLS have the density Aleiner (2), flat in the splitting up to ``cut_off``. The
    relation between dephasing time and density holds for temperatures of the
    dephasing measurement well above the cut-off (5 % off where they are equal).
    """

    tau_phi: float  #: dephasing time, decay to 1/e [s]
    cut_off: float  #: largest splitting E*/k_B [K]
    chi: float  #: inelastic cross section over 4 pi/k_F^2, at most 1/4 for an s-wave
    electron_density: float  #: n_e of free electrons [1/m^3]
    mass_density: float  #: rho [kg/m^3]
    sound_velocity: float  #: v [m/s]
    deformation: float = 1.0  #: gamma, H' = gamma * strain * sigma_z [eV]; assumed

    def __post_init__(self):
        for field in fields(self):
            value = positive(field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)
        in_interval(
            "chi",
            self.chi,
            0,
            1 / _COUNTED,
            closed="right",
            remedy="one partial wave gives at most 1/4",
        )

    @classmethod
    def from_material(
        cls, name, tau_phi, cut_off, chi, *, deformation=1.0, mode="longitudinal"
    ):
        """Fill densities and sound velocity from the table of materials (bulk values).

        ``mode`` is "longitudinal" or "transverse". Units as the fields.
        """
        if mode not in ("longitudinal", "transverse"):
            raise ParameterError(
                f"mode must be 'longitudinal' or 'transverse', got {mode!r}"
            )
        row = materials.get(name)
        velocity = getattr(row, f"{mode}_sound_velocity").value
        return cls(
            tau_phi,
            cut_off,
            chi,
            row.electron_density.value,
            row.mass_density.value,
            velocity,
            deformation,
        )

    def assuming(self, **changes):
        """The same wire with other assumptions, e.g. ``assuming(chi=0.1)``."""
        return replace(self, **changes)

    # --- how many ------------------------------------------------------------------

    @property
    def electrons(self):
        """The free electrons, a :class:`tlsbook.specific_heat.FreeElectronMetal`."""
        return FreeElectronMetal(self.electron_density)

    @property
    def dephasing(self):
        """The dephasing side, a :class:`tlsbook.dephasing.MeasuredDephasing`."""
        return MeasuredDephasing(
            self.tau_phi,
            self.cut_off,
            self.electrons.fermi_energy,
            self.electron_density,
            self.chi,
        )

    @property
    def tls_density(self):
        """n_T [1/m^3], Aleiner (5) with tau_in from the exact crossover."""
        return self.dephasing.tls_density()

    @property
    def tunnelling_strength(self):
        """C = (n_T/E*) gamma^2/(rho v^2), dimensionless; about 3e-4 in glasses."""
        gamma = self.deformation * constants.e
        stiffness = self.mass_density * self.sound_velocity**2
        states = self.tls_density / (constants.k * self.cut_off)
        return states * gamma**2 / stiffness

    # --- how fast ------------------------------------------------------------------

    def population_rate(self, temperature, splitting=0.0, p=1.0):
        """1/T1 [1/s] by electrons, (4 chi/pi) p E coth(E/2T)/hbar; E and T in kelvin.

        The constant follows from counting collisions and is 4/pi times what Aleiner
        (11) gives as 2 Gamma. Splitting 0 returns the limit (8 chi/pi) p T/hbar.
        """
        constant = electron_rate_constant(self.chi, p)
        rate = population_rate(splitting, temperature, constant)
        return rate * constants.k / constants.hbar

    # --- heat ----------------------------------------------------------------------

    def heat_ratio(self, temperature, time):
        """C_T/C_e at ``temperature`` [K] seen within ``time`` [s]; broadcasts.

        Only TLS that electrons relax within the time are counted. Free electrons with
        their full Sommerfeld heat; the heats of phonons and nuclei are left out.
        """
        temperature = positive("temperature", temperature)
        rate = self.population_rate(np.asarray(self.cut_off) / 2)
        # Unit of energy: the cut-off. rate is 4 chi/pi times the cut-off over hbar.
        heat = heat_after(
            positive("time", time) * rate, temperature / self.cut_off, 1, 1, 1
        )
        tls = constants.k * self.tls_density * heat
        return tls / (self.electrons.sommerfeld * temperature)

    def heat_crossover(self, time, ratio=1.0):
        """Temperature [K] above which C_T/C_e stays below ``ratio``; broadcasts.

        Root of :meth:`heat_ratio` between E*/10 and 100 E*, where the ratio falls.
        Raises ParameterError if the TLS do not reach the ratio at E*/10.
        """
        shape = np.broadcast_shapes(
            *(np.shape(getattr(self, f.name)) for f in fields(self)),
            np.shape(time),
            np.shape(ratio),
        )
        cut_off, chi, tau_phi = (
            np.broadcast_to(a, shape).ravel()
            for a in (self.cut_off, self.chi, self.tau_phi)
        )
        time, ratio = (np.broadcast_to(a, shape).ravel() for a in (time, ratio))

        def excess(log, cut_off, chi, tau_phi, time, ratio):
            wire = self.assuming(cut_off=cut_off, chi=chi, tau_phi=tau_phi)
            return np.log(wire.heat_ratio(np.exp(log) * cut_off, time) / ratio)

        low, high = (np.full(cut_off.size, np.log(v)) for v in (0.1, 100.0))
        arguments = (cut_off, chi, tau_phi, time, positive("ratio", ratio))
        if np.any(excess(low, *arguments) <= 0):
            raise ParameterError(
                "ratio must be one that the TLS reach at E*/10; lower it or chi"
            )
        root = elementwise.find_root(
            excess, (low, high), args=arguments, tolerances={"xatol": 1e-8}
        )
        if not np.all(root.success):
            raise ConvergenceError(
                f"heat_crossover: no root found, status {np.unique(root.status)}; "
                "check the measurement time"
            )
        return (np.exp(root.x) * cut_off).reshape(shape)[()]

    # --- sound ---------------------------------------------------------------------

    def internal_friction(self, temperature, frequency):
        """1/Q = C F of weak sound at ``frequency`` [Hz], ``temperature`` [K].

        W of Aleiner (14) over omega times the energy rho v^2 u^2/2 per volume of a
        wave of strain amplitude u, with a = gamma u: 1/Q = C (F_res + 2 F_rel), where
        F_res has both poles, F_rel is Aleiner (16) as printed and the line width is the
        counted one. Broadcasts. Returns :class:`InternalFriction`. Weak sound: the
        resonant part is not saturated. For h f > E* other terms of the same order are
        missing. Raises ParameterError, ConvergenceError.
        """
        chi, omega, theta = self.dimensionless(temperature, frequency)
        weight = ultrasound.WEIGHTS["full"]
        strength = self.tunnelling_strength
        relaxed = ultrasound.relaxation(chi, omega, theta)
        # Digits that the sum of both parts would not show are not asked for.
        small = 1e-6 * np.asarray(relaxed)
        resonant = resonant_both_poles(chi, omega, theta, atol=small)
        return InternalFriction(
            strength * weight[0] * resonant, strength * weight[1] * relaxed
        )

    def dimensionless(self, temperature, frequency):
        """chi of Aleiner (11) for the counted width, omega and theta of Aleiner (13).

        ``frequency`` [Hz] is not angular.
        """
        frequency = positive("frequency", frequency)
        temperature = positive("temperature", temperature)
        omega = constants.h * frequency / (constants.k * self.cut_off)
        return _COUNTED * self.chi, omega, 2 * temperature / self.cut_off

    def electron_friction(self, frequency, mean_free_path):
        """1/Q of longitudinal sound by the viscosity of free electrons.

        (8/15) n_e eps_F w tau/(rho v^2), tau = l/v_F: Pippard's theory for q l << 1;
        refuses q l > 0.3, where it is 4 % off. ``frequency`` [Hz], l [m]; broadcasts.
        """
        omega = 2 * np.pi * positive("frequency", frequency)
        length = positive("mean_free_path", mean_free_path)
        in_interval(
            "q l (wave number times mean free path)",
            omega / self.sound_velocity * length,
            0,
            0.3,
            remedy="lower the frequency",
        )
        metal = self.electrons
        energy = self.electron_density * metal.fermi_energy * constants.e
        stiffness = self.mass_density * self.sound_velocity**2
        return 8 / 15 * energy / stiffness * omega * length / metal.v_fermi
