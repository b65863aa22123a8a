r"""Bloch equations of one driven two-level system.

Natural units, ``hbar = k_B = 1``; energies, temperatures, frequencies and rates share
one unit. In the eigenbasis of the undriven system

.. math::

   H(t)=\tfrac E2\sigma_z
   +A\cos\omega t\,\bigl[\sqrt{1-p}\,\sigma_z+\sqrt p\,\sigma_x\bigr]
   =\tfrac12\vec B(t)\cdot\vec\sigma,

and the polarisation :math:`\vec s=\langle\vec\sigma\rangle` obeys

.. math::

   \dot{\vec s}=\vec B\times\vec s-R\,[\vec s-\vec s_{eq}(t)],\qquad
   R=\mathrm{diag}(1/T_2,\,1/T_2,\,1/T_1).

It relaxes towards the thermal polarisation of the *instantaneous* Hamiltonian,
:math:`\vec s_{eq}=-\tanh(B/2T)\,\vec B/B`. The z-part of that is what absorbs by
relaxation; relaxing to the undriven value instead would lose it. R is kept in the basis
of the undriven system, which is right as long as A << E.

The power the drive puts in is :math:`\dot{\vec B}\cdot\vec s/2`, averaged over a
period. It is found in two ways that share only the field and the thermal polarisation:
integration in time over one period (:func:`power_in_time`) and the linear system for
the Fourier components of the periodic state (:func:`power_in_harmonics`).
:func:`rotating_wave_power` is the stationary response near resonance in closed form,
with saturation.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import solve

from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    increasing,
    non_negative,
    positive,
)

__all__ = [
    "AbsorbedPower",
    "DrivenTLS",
    "drive_field",
    "ensemble_power",
    "ensemble_saturation",
    "integrate",
    "power_in_harmonics",
    "power_in_time",
    "rotating_wave_power",
    "saturation_parameter",
    "thermal_polarisation",
]

MAX_HARMONICS = 256


@dataclass(frozen=True)
class DrivenTLS:
    """One two-level system under a drive (hbar = k_B = 1).

    Raises ParameterError for values outside the ranges given.
    """

    splitting: float  #: E > 0, energy splitting of the undriven system
    p: float  #: squared ratio of tunnelling to splitting, in [0, 1]
    temperature: float  #: T > 0
    rate_1: float  #: 1/T1 > 0, relaxation rate of the populations
    rate_2: float  #: 1/T2 >= 1/(2 T1), decay rate of the coherence
    #: A > 0; the perturbation is ``A cos(omega t) (...)``, not half of it.
    amplitude: float
    frequency: float  #: omega > 0

    def __post_init__(self):
        for name in ("splitting", "temperature", "rate_1", "rate_2"):
            positive(name, getattr(self, name))
        positive(
            "amplitude", self.amplitude, remedy="without a drive nothing is absorbed"
        )
        positive("frequency", self.frequency)
        in_interval("p", self.p, 0, 1)
        if self.rate_2 < 0.5 * self.rate_1 * (1 - 1e-12):
            raise ParameterError(
                f"rate_2 must be at least rate_1/2, got {self.rate_2:g} with rate_1 = "
                f"{self.rate_1:g}; the density matrix would turn negative, raise rate_2"
            )

    @property
    def drive(self):
        """Amplitude of the field B(t), ``2 A (sqrt(p), 0, sqrt(1-p))``, shape (3,)."""
        direction = np.array([np.sqrt(self.p), 0.0, np.sqrt(1 - self.p)])
        return 2 * self.amplitude * direction

    @property
    def rates(self):
        """The diagonal of R, shape (3,)."""
        return np.array([self.rate_2, self.rate_2, self.rate_1])

    @property
    def period(self):
        """Period of the drive, ``2 pi/omega``."""
        return 2 * np.pi / self.frequency


@dataclass(frozen=True)
class AbsorbedPower:
    """Power averaged over a period of the periodic state (energy per time)."""

    longitudinal: float  #: work done through sigma_z
    transverse: float  #: work done through sigma_x
    mean_polarisation: float  #: average of s_z over a period
    error: float  #: the solver's own estimate of the absolute error of either power

    @property
    def total(self):
        """Power absorbed through both parts of the perturbation."""
        return self.longitudinal + self.transverse


def drive_field(tls, time):
    """Field B(t) in ``H = B.sigma/2``, shape (..., 3) for ``time`` of shape (...)."""
    phase = np.cos(tls.frequency * np.asarray(time, dtype=float))
    still = np.array([0.0, 0.0, tls.splitting])
    return still + phase[..., None] * tls.drive


def thermal_polarisation(tls, time):
    """Polarisation in equilibrium with the instantaneous field, shape (..., 3)."""
    field = drive_field(tls, time)
    size = np.linalg.norm(field, axis=-1, keepdims=True)
    # tanh(x)/x stays finite where the drive makes the field vanish.
    x = size / (2 * tls.temperature)
    ratio = np.where(x > 1e-8, np.tanh(x) / np.maximum(x, 1e-8), 1.0)
    return -ratio * field / (2 * tls.temperature)


def _slopes(tls, time):
    """Time derivatives of s_eq and of B, each of shape (3,)."""
    field = drive_field(tls, time)
    slope = -tls.frequency * np.sin(tls.frequency * time) * tls.drive
    size = max(np.linalg.norm(field), 1e-300)
    unit, x = field / size, size / (2 * tls.temperature)
    along = unit * (unit @ slope)
    derivative = 1 / (2 * tls.temperature * np.cosh(min(x, 350.0)) ** 2)
    per_field = np.tanh(x) / size
    return -(derivative * along + per_field * (slope - along)), slope


def _cross_matrix(field):
    bx, by, bz = field
    return np.array([[0.0, -bz, by], [bz, 0.0, -bx], [-by, bx, 0.0]])


def _deviation_matrix(tls, time):
    """Matrix of the equation for u = s - s_eq; B x s_eq = 0, so only u is turned."""
    return _cross_matrix(drive_field(tls, time)) - np.diag(tls.rates)


def integrate(tls, times, start=None, *, rtol=1e-10):
    """Polarisation at given times from a given start, transient included.

    Plain integration of the Bloch equations.

    Parameters
    ----------
    tls : DrivenTLS
        The system and its drive.
    times : array
        Increasing, shape (n,).
    start : array, optional
        Polarisation at ``times[0]``, shape (3,); by default the thermal one.
    rtol : float
        Relative tolerance of the integrator.

    Returns
    -------
    array
        Polarisation, shape (n, 3).

    Raises
    ------
    ParameterError
        For times that do not increase.
    ConvergenceError
        When the integrator gives up.
    """
    times = increasing("times", times)
    if start is None:
        start = thermal_polarisation(tls, times[0])

    def slope(time, s):
        turned = np.cross(drive_field(tls, time), s)
        return turned - tls.rates * (s - thermal_polarisation(tls, time))

    result = solve_ivp(
        slope,
        times[[0, -1]],
        start,
        method="DOP853",
        t_eval=times,
        rtol=rtol,
        atol=1e-3 * rtol,
    )
    if not result.success:
        raise ConvergenceError(f"Bloch equations: {result.message}")
    return result.y.T


def _one_period(tls, start, with_map, rtol):
    """Integrate u (and the map of u over a period, or the work) over one period."""
    # Scale of u, so that the absolute tolerance means the same at any drive.
    scale = 2 * tls.amplitude / max(tls.splitting, tls.temperature)

    def slope(time, y):
        matrix = _deviation_matrix(tls, time)
        drift, field_slope = _slopes(tls, time)
        if with_map:
            columns = matrix @ y.reshape(3, 4)
            columns[:, 3] -= drift / scale
            return columns.ravel()
        u = y[:3] * scale
        work = 0.5 * field_slope * u
        rest = [work[2], work[0], u[2]]
        return np.concatenate([(matrix @ u - drift) / scale, rest])

    result = solve_ivp(
        slope, (0, tls.period), start, method="DOP853", rtol=rtol, atol=1e-3 * rtol
    )
    if not result.success:
        raise ConvergenceError(f"Bloch equations over one period: {result.message}")
    return result.y[:, -1], scale


def _power_in_time(tls, rtol):
    """Longitudinal power, transverse power, mean deviation of s_z."""
    start = np.hstack([np.eye(3), np.zeros((3, 1))]).ravel()
    end, _ = _one_period(tls, start, True, rtol)
    columns = end.reshape(3, 4)
    fixed = np.linalg.solve(np.eye(3) - columns[:, :3], columns[:, 3])
    # The work done against s_eq is zero over a period: s_eq(t) is even, dB/dt odd.
    end, _ = _one_period(tls, np.concatenate([fixed, np.zeros(3)]), False, rtol)
    return end[3:] / tls.period


def power_in_time(tls, *, rtol=1e-10):
    """Absorbed power by integrating the Bloch equations in time.

    The equations are linear in s, so one period's map and its fixed point give the
    periodic state without waiting for transients; a second pass adds up the work.
    Returns :class:`AbsorbedPower`, whose ``error`` compares with a run at 100 times the
    tolerance ``rtol``. Cost grows as ``max(E, A)/omega``. Raises ConvergenceError when
    the integrator gives up.
    """
    fine = _power_in_time(tls, rtol)
    coarse = _power_in_time(tls, 100 * rtol)
    times = np.arange(256) * tls.period / 256
    mean = thermal_polarisation(tls, times)[:, 2].mean() + fine[2]
    error = np.abs(fine - coarse)[:2].max()
    return AbsorbedPower(float(fine[0]), float(fine[1]), float(mean), float(error))


def _harmonics(tls, count):
    """Fourier components s_n, n = -count..count, shape (2 count + 1, 3)."""
    orders = np.arange(-count, count + 1)
    samples = max(64, 4 * count)
    times = np.arange(samples) * tls.period / samples
    target = np.fft.fft(thermal_polarisation(tls, times), axis=0)[orders] / samples
    still = _cross_matrix([0, 0, tls.splitting]) - np.diag(tls.rates)
    coupling = _cross_matrix(tls.drive) / 2
    size = 2 * count + 1
    matrix = np.kron(np.diag(1j * tls.frequency * orders), np.eye(3))
    matrix -= np.kron(np.eye(size), still)
    matrix -= np.kron(np.eye(size, k=1) + np.eye(size, k=-1), coupling)
    return solve(matrix, (target * tls.rates).ravel()).reshape(size, 3)


def _power_of(tls, components):
    first = components[len(components) // 2 + 1]
    return 0.5 * tls.frequency * tls.drive * first.imag


def power_in_harmonics(tls, *, rtol=1e-10, harmonics=8):
    r"""Absorbed power from the Fourier components of the periodic state.

    With the components m = -1, 0, 1 of the field,

    .. math::

       i n\omega\,\vec s_n=\sum_m\vec B_m\times\vec s_{n-m}
       -R\,(\vec s_n-\vec s_{eq,n})

    is solved for n = -N ... N, from N = ``harmonics`` on; N is doubled until the power
    changes by less than ``rtol``. Returns :class:`AbsorbedPower`, whose ``error`` is
    that change. Raises ConvergenceError beyond N = 256, which means a drive far above
    the frequency: use :func:`power_in_time` there.
    """
    components = _harmonics(tls, harmonics)
    power = _power_of(tls, components)
    while harmonics < MAX_HARMONICS:
        harmonics *= 2
        components = _harmonics(tls, harmonics)
        previous, power = power, _power_of(tls, components)
        error = np.abs(power - previous).max()
        if error <= rtol * np.abs(power).max():
            mean = components[harmonics, 2].real
            return AbsorbedPower(
                float(power[2]), float(power[0]), float(mean), float(error)
            )
    raise ConvergenceError(
        f"Fourier components up to {harmonics} do not reach rtol = {rtol:g}; the drive "
        "is strong against its frequency, use power_in_time"
    )


def saturation_parameter(tls):
    """Squared Rabi frequency over the two rates, ``S = A^2 p T1 T2``, dimensionless."""
    return tls.amplitude**2 * tls.p / (tls.rate_1 * tls.rate_2)


def rotating_wave_power(tls):
    r"""Resonant power in the rotating-wave approximation, saturation included.

    .. math::

       W=\frac\omega2\,\frac{A^2p\,T_2\tanh(E/2T)}{1+(\omega-E)^2T_2^2+S},

    an energy per time, with S from :func:`saturation_parameter`. Valid for the
    detuning, 1/T2 and A all small against E.
    """
    detuning = (tls.frequency - tls.splitting) / tls.rate_2
    thermal = np.tanh(tls.splitting / (2 * tls.temperature))
    weak = 0.5 * tls.frequency * tls.amplitude**2 * tls.p * thermal / tls.rate_2
    return float(weak / (1 + detuning**2 + saturation_parameter(tls)))


def ensemble_power(tls, *, nodes=16):
    """Power through sigma_x, integrated over the splittings around the frequency.

    Integral of W(E) over E for ``tls`` with every splitting (its own is not used), by
    the midpoint rule in the angle phi of ``E = omega + tan(phi) sqrt(1+S)/T2``: a
    Lorentzian becomes a constant there, so that few ``nodes`` do and the wings are
    included.

    Returns
    -------
    tuple of floats
        Power times energy, and an estimate of its absolute error from half the nodes.

    Raises
    ------
    ParameterError
        When a node falls on E <= 0: the line must be narrow against the frequency.
    """
    width = tls.rate_2 * np.sqrt(1 + saturation_parameter(tls))

    def integral(count):
        angles = np.pi * ((np.arange(count) + 0.5) / count - 0.5)
        in_interval(
            "width of the line over the frequency",
            width * np.tan(angles[-1]) / tls.frequency,
            0,
            1,
            closed="neither",
            remedy="take smaller rates, a weaker drive, or fewer nodes",
        )
        power = [
            power_in_harmonics(
                replace(tls, splitting=float(tls.frequency + width * np.tan(angle)))
            ).transverse
            for angle in angles
        ]
        return np.pi * width * np.mean(np.array(power) / np.cos(angles) ** 2)

    value = integral(nodes)
    return float(value), float(abs(value - integral(nodes // 2)))


def ensemble_saturation(saturation):
    """Factor ``1/sqrt(1+S)`` by which saturation lowers the power of a flat ensemble.

    Integrating ``1/(1 + x^2 + S)`` over the detuning gives ``pi/sqrt(1+S)``.
    ``saturation`` is the number S >= 0 (or an array) common to the ensemble. Raises
    ParameterError for negative S.
    """
    saturation = non_negative("saturation", saturation)
    return 1 / np.sqrt(1 + saturation)
