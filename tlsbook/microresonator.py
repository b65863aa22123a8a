r"""A superconducting microresonator whose host holds two-level systems (TLS).

From what is measured of a resonator to what its TLS do: loss, shift, noise and Allan
deviation of the frequency, with the constants derived in the chapter on Faoro and
Ioffe. :class:`Microresonator` is an SI edge: hertz, kelvin, watt, cubic metres, debye.

Conventions. y is the relative deviation of the frequency. Quality factors are of
energy, 1/Q = F tan(delta). S_y(f) is one-sided, per hertz. The mean square of the
field of n photons over the host is ``eps E^2 V_h = 2 n h f F`` with the peak value E;
how it is spread is a :class:`tlsbook.mode_profile.ModeProfile`, uniform by default.
The TLS couple as ``d.E sigma_z``: d is half of the change of the dipole moment.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import constants
from scipy.optimize import brentq

from tlsbook import phonons
from tlsbook import resonator_noise as rn
from tlsbook.bloch import ensemble_saturation
from tlsbook.drift_noise import remembered_share
from tlsbook.mode_profile import ModeProfile
from tlsbook.resonator import ResonatorHost
from tlsbook.validation import (
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = ["Microresonator"]

_DEBYE = 1e-21 / constants.c  # C m
_TO_KELVIN = constants.hbar / constants.k  # angular frequency or rate -> K
_REFERENCE = 0.1  # K, where the dephasing rate is given
#: Photons over power times Q_c/(Q_l^2) hbar omega^2: how the line meets the resonator.
_GEOMETRY = {"hanger": 2.0, "reflection": 4.0}


def _one(name, value, check=positive, remedy="use a loop"):
    value = check(name, value)
    if np.ndim(value):
        raise ParameterError(f"{name} must be one number, got an array; {remedy}")
    return value


def _numbers(instance, names, check):
    for name in names:
        value = _one(name, getattr(instance, name), check, "use one object for each")
        object.__setattr__(instance, name, value)


@dataclass(frozen=True)
class Microresonator:
    """A resonator and the TLS in its host; raises ParameterError for bad values.

    The slow fluctuators around each TLS make its level drift by ``drift`` times the
    pure dephasing rate, at every temperature; their rates are spread evenly on a
    logarithmic scale. ``glass`` gives the relaxation rate by phonons.
    """

    frequency: float  #: nu_0/2 pi [Hz]
    loss: float  #: tan(delta) of the host at this frequency, weak field, T = 0
    filling: float  #: F in (0, 1], share of the electric energy in the host
    host_volume: float  #: V_h [m^3]
    permittivity: float  #: of the host, relative
    dipole: float  #: d, half of the change of the dipole moment [D]
    dephasing: float  #: rate Gamma_2 of TLS at 0.1 K, without Gamma_1/2 [1/s]
    glass: phonons.DebyeGlass  #: for Gamma_1 of a symmetric TLS at the frequency
    exponent: float = 0.0  #: mu in [0, 1) of Faoro (9)
    cut_off: float = 100.0  #: E_max/k_B of Faoro (9) [K]
    #: Gamma_f of the drift by slow fluctuators over the pure dephasing; 1.5 if both
    #: come from equally many decades of rates of the same TLS
    drift: float = 1.5
    slowest: float = 1e-6  #: smallest rate of the slow fluctuators [1/s]
    fastest: float = 1e3  #: their largest rate [1/s]
    profile: ModeProfile = field(default_factory=ModeProfile.uniform)  #: in the host

    def __post_init__(self):
        names = (
            "frequency loss filling host_volume permittivity dipole dephasing "
            "cut_off drift slowest fastest"
        )
        _numbers(self, names.split(), positive)
        _numbers(self, ["exponent"], non_negative)
        in_interval("exponent", self.exponent, 0, 1, closed="left")
        in_interval("filling", self.filling, 0, 1)
        remembered_share(0.0, self.slowest, self.fastest)  # refuses exchanged rates
        if not isinstance(self.glass, phonons.DebyeGlass):
            raise ParameterError(
                f"glass must be a DebyeGlass, got {self.glass!r}; see "
                "phonons.DebyeGlass.from_material"
            )
        if not isinstance(self.profile, ModeProfile):
            raise ParameterError(
                f"profile must be a ModeProfile, got {self.profile!r}; see "
                "ModeProfile.from_cells"
            )
        if self._kelvin >= self.cut_off:
            raise ParameterError(
                f"cut_off must be above h f/k_B = {self._kelvin:.3g} K, got "
                f"{self.cut_off}; E_max ends the band of TLS"
            )

    @property
    def _angular(self):
        return 2 * np.pi * self.frequency

    @property
    def _kelvin(self):
        return self._angular * _TO_KELVIN

    @property
    def _host(self):
        return ResonatorHost(self.loss, self.filling, self._kelvin, self.exponent)

    def density_of_states(self):
        r"""P(h f) of the TLS, 3 eps tan(delta)/(pi d^2), in 1/(J m^3).

        From Faoro (24) and (27) with their factors put right, isotropic dipoles.
        """
        moment = self.dipole * _DEBYE
        epsilon = constants.epsilon_0 * self.permittivity
        return 3 * epsilon * self.loss / (np.pi * moment**2)

    def relaxation_rate(self, temperature):
        """Gamma_1 of a symmetric TLS in resonance, by phonons, Faoro (4), in 1/s."""
        return self.glass.population_rate(self._kelvin, self._kelvin, temperature)

    def dephasing_rate(self, temperature):
        """Gamma_2 = Gamma_1/2 + ``dephasing`` (T/0.1 K)^(1+mu), Faoro (19), in 1/s."""
        return self.relaxation_rate(temperature) / 2 + self._pure(temperature)

    def _pure(self, temperature):
        temperature = positive("temperature", temperature)
        return self.dephasing * (temperature / _REFERENCE) ** (1 + self.exponent)

    def saturation(self, temperature, photons):
        """S of a mean TLS for a number of photons: d^2 E^2/(3 hbar^2 Gamma_1 Gamma_2).

        Omega^2/(4 Gamma_1 Gamma_2) with Omega of Faoro (u18), the mean of p cos^2 taken
        as 1/3 and Gamma_1 as that of a symmetric TLS; E^2 is the mean over the host.
        """
        photons = non_negative("photons", photons)
        energy = photons * constants.hbar * self._angular
        epsilon = constants.epsilon_0 * self.permittivity
        field_squared = 2 * energy * self.filling / (epsilon * self.host_volume)
        rabi_squared = (self.dipole * _DEBYE / constants.hbar) ** 2 * field_squared / 3
        rates = self.relaxation_rate(temperature) * self.dephasing_rate(temperature)
        return rabi_squared / rates

    def critical_photons(self, temperature):
        """Number of photons at which S = 1."""
        return 1 / self.saturation(temperature, 1.0)

    def inverse_quality(self, temperature, photons=0.0):
        """1/Q_TLS = F tan(delta) tanh(h f/2 k T)/sqrt(1 + S); arrays broadcast.

        With a profile, 1/sqrt(1 + S) is averaged over the host with the local field.
        """
        strength = np.asarray(self.saturation(temperature, photons))
        local = ensemble_saturation(strength[..., None] * self.profile.field_squared)
        share = local @ (self.profile.volume * self.profile.field_squared)
        return (self._host.inverse_quality(temperature) * share)[()]

    def shift(self, temperature, reference=None):
        """Relative shift y from ``reference`` (T = 0 without one) to ``temperature``.

        :meth:`tlsbook.resonator.ResonatorHost.shift`, independent of the power.
        """
        shift = self._host.shift(temperature)
        return shift if reference is None else shift - self._host.shift(reference)

    def line_width(self, temperature, photons=0.0):
        """W = Gamma_2 sqrt(1 + S) of a TLS in the mean field, in 1/s."""
        strength = self.saturation(temperature, photons)
        return self.dephasing_rate(temperature) * np.sqrt(1 + strength)

    def systems_in_line(self, temperature, photons=0.0):
        """Mean number of TLS in an interval pi W around the resonator's frequency.

        pi W is the area of a Lorentzian of half width W over its height. The noise
        formulas are averages over many; below about one they are not what a single
        device shows.
        """
        energy = np.pi * constants.hbar * self.line_width(temperature, photons)
        return self.density_of_states() * self.host_volume * energy

    def flicker(self, temperature, photons=0.0, *, time=1.0):
        r"""f S_y(f) at f = 1/(2 pi ``time``): h_{-1} of the 1/f noise; dimensionless.

        .. math::

           fS_y=\frac{9}{10\pi(3+\mu)}\,\frac{(F\tan\delta)^2}{V_h\,P(\nu_0)}\,
           \tanh^2\frac{h\nu_0}{2k_BT}\,
           \frac{\Gamma_f/L}{\hbar[2W+\Gamma_f(1-q)]^2},

        from the exact correlation of drifting levels
        (:func:`tlsbook.drift_noise.drift_correlation`) with the dipole moment
        eliminated by the loss; L is the logarithm of the rates and q the share of
        fluctuators that have not yet forgotten after ``time``. Faoro (38) and (39)
        count one fluctuator of infinite strength instead. S_y is one-sided.

        With a profile, the last factor is averaged with the fourth power of the field.
        One temperature and one number of photons; ``time`` > 0 in s, a number or an
        array. Only TLS in resonance; valid between the slowest and the fastest
        fluctuator, to first order in 1/L, and for many TLS in the line.
        """
        temperature = _one("temperature", temperature)
        photons = _one("photons", photons, non_negative)
        kept = remembered_share(positive("time", time), self.slowest, self.fastest)
        squared = self.profile.field_squared
        strength = self.saturation(temperature, photons) * squared
        width = self.dephasing_rate(temperature) * np.sqrt(1 + strength)
        drift = self.drift * self._pure(temperature)
        logarithm = np.log(self.fastest / self.slowest)
        # -d/d(ln t) of pi/[2 W + Gamma_f (1 - q)], per energy, in each cell of the host
        lost = drift * (1 - np.asarray(kept))[..., None]
        slope = np.pi * drift / logarithm / (2 * width + lost) ** 2
        slope = slope @ (self.profile.volume * squared**2)
        orientation = rn.orientation_average(self.exponent) / 4  # of p^2 cos^4
        single = (3 * self.filling * self.loss / (2 * np.pi)) ** 2
        systems = self.density_of_states() * self.host_volume
        thermal = np.tanh(self._kelvin / (2 * temperature)) ** 2
        value = orientation * single / systems * thermal * slope / constants.hbar
        return value[()]

    def noise(self, frequency, temperature, photons=0.0):
        """S_y at the analysis frequencies [Hz] > 0, one-sided, in 1/Hz."""
        frequency = positive("frequency", frequency)
        time = 1 / (2 * np.pi * np.asarray(frequency))
        return self.flicker(temperature, photons, time=time) / frequency

    def allan_deviation(self, temperature, photons=0.0, *, time=1.0):
        """Allan deviation of y at the averaging time [s], sqrt(2 ln 2 f S_y).

        Nearly the same for all times between the corners of the fluctuators.
        """
        flicker = self.flicker(temperature, photons, time=time)
        return np.sqrt(2 * np.log(2) * flicker)[()]

    def photons(
        self, power, coupling_quality, temperature, *, other=0.0, geometry="hanger"
    ):
        """Photons in the resonator for an input power, with Q_i at that power.

        n = g Q_l^2 P/(Q_c hbar omega^2), g = 2 for a resonator beside a through line
        ("hanger"), 4 for a single port ("reflection"), on resonance.

        Parameters
        ----------
        power : float
            At the resonator, in W, >= 0.
        coupling_quality : float
            Q_c > 0.
        temperature : float
            In K, > 0.
        other : float
            1/Q of losses that are not due to the TLS, >= 0.
        geometry : str
            "hanger" or "reflection".

        Raises
        ------
        ParameterError
            For values outside these ranges.
        """
        power = _one("power", power, non_negative)
        inverse_c = 1 / _one("coupling_quality", coupling_quality)
        temperature = _one("temperature", temperature)
        other = _one("other", other, non_negative)
        if geometry not in tuple(_GEOMETRY):
            raise ParameterError(
                f"geometry must be one of {sorted(_GEOMETRY)}, got {geometry!r}; "
                "see the docstring"
            )
        factor = _GEOMETRY[geometry] / (constants.hbar * self._angular**2) * inverse_c

        def stored(inverse_i):
            return factor * power / (inverse_c + inverse_i) ** 2

        def excess(log_n):
            n = np.exp(log_n)
            return np.log(stored(self.inverse_quality(temperature, n) + other)) - log_n

        if power == 0:
            return 0.0
        # Least photons with all of the loss, most with none of it; the excess falls.
        low = np.log(stored(self.inverse_quality(temperature) + other)) - 1
        high = np.log(stored(other)) + 1
        return float(np.exp(brentq(excess, low, high, xtol=1e-12)))

    def conditions(self, temperature, photons=0.0):
        """Return what the formulas need, as a dict of words to True or False.

        One temperature and one number of photons; ParameterError for arrays.
        """
        temperature = _one("temperature", temperature)
        photons = _one("photons", photons, non_negative)
        width = self.line_width(temperature, photons) * _TO_KELVIN
        return {
            "T at most a tenth of the cut-off E_max": temperature <= self.cut_off / 10,
            "line of a TLS below a tenth of the frequency": width < self._kelvin / 10,
            "ten TLS or more in the line": self.systems_in_line(temperature, photons)
            >= 10,
        }
