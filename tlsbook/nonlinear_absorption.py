r"""Absorption of slow two-level systems when the superfluid momentum swings widely.

Liu means the Letter, Phys. Rev. B 111, L180502. Any consistent units, k_B = 1, the
charge e = 1. A field E cos(w t) swings the momentum by :math:`p_1\sin\omega t` with
:math:`p_1=E/\omega` about the mean of the dc supercurrent, and the level of a
system with the coupling :math:`\alpha` and the dipole moment d by

.. math::

   x(t)=-dE\cos\omega t
   +\alpha\,[2\bar pp_1\cos\beta\,\sin\omega t+p_1^2\sin^2\omega t],

beta the angle between field and supercurrent; Liu (3) and (5), not linearised. Between
its flips the system sits in one well; s is the mean of sigma_z,

.. math::

   \dot s=-g\,[s+\tanh\frac{\epsilon+x(t)}T],\qquad P=\overline{s\,\dot x},

the splitting is :math:`2|\epsilon|` as :math:`|t|\ll|\epsilon|`, and the rate g may
depend on the level. The rate equation leaves out coherent passage through zero
(Landau and Zener), which needs a swing faster than :math:`|t|^2`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import circulant

from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    finite,
    non_negative,
    positive,
)

__all__ = [
    "MomentumDrive",
    "crossover_swing",
    "cycle_power",
    "ensemble_power",
    "flat_power",
    "swing_conductivity",
]


@dataclass(frozen=True)
class MomentumDrive:
    """One frequency of the field, a dc supercurrent, and how a level feels both.

    >>> drive = MomentumDrive(frequency=2.0, swing=0.1, bias=0.3, coupling=5.0)
    >>> drive.harmonics
    array([ 0.   +0.3j, -0.025+0.j ])
    """

    frequency: float  #: w > 0
    swing: float  #: p_1 = e E/w > 0, amplitude of the momentum
    bias: float = 0.0  #: mean momentum of the dc supercurrent, >= 0
    coupling: float = 0.0  #: alpha, Liu (5), any sign
    dipole: float = 0.0  #: d along the field, any sign
    angle: float = 0.0  #: beta between field and supercurrent
    depairing: float = np.inf  #: largest momentum that the film can carry

    def __post_init__(self):
        positive("frequency", self.frequency)
        positive("swing", self.swing)
        non_negative("bias", self.bias)
        positive("depairing", np.minimum(self.depairing, 1e300))
        for name in ("coupling", "dipole", "angle"):
            finite(name, getattr(self, name))
        along, across = np.cos(self.angle), np.sin(self.angle)
        largest = np.hypot(self.bias * abs(along) + self.swing, self.bias * across)
        if largest > self.depairing:
            raise ParameterError(
                f"momentum must stay below depairing, {self.depairing:g} (Liu: e E/w < "
                f"p_d), got {largest:g} at its largest; lower the field or the current"
            )

    def shift(self, phase):
        """x at the phases w t, energy."""
        phase = np.asarray(finite("phase", phase))
        moved = self.swing * np.sin(phase)
        linear = 2 * self.bias * np.cos(self.angle) * moved
        field = self.frequency * self.swing
        return self.coupling * (linear + moved**2) - self.dipole * field * np.cos(phase)

    @property
    def harmonics(self):
        r"""Complex amplitudes of x at w and 2w, as in :math:`Re(x_1e^{-i\omega t})`."""
        field = self.frequency * self.swing
        first = 2j * self.coupling * self.bias * np.cos(self.angle) * self.swing
        second = -self.coupling * self.swing**2 / 2
        return np.array([first - self.dipole * field, second + 0j])

    @property
    def amplitude(self):
        """Upper bound of how far the level moves."""
        first, second = np.abs(self.harmonics)
        return float(first + 2 * second)


def _points(drive, temperature, each):
    """Points a period: the thermal step of width T is passed at the largest speed."""
    return 2 ** int(np.ceil(np.log2(each * (1 + drive.amplitude / temperature))))


def _speed(drive, count):
    """Phases of a period and dx/dt at them, from the two harmonics."""
    phase = 2 * np.pi * np.arange(count) / count
    order = np.array([1, 2])[:, None]
    waves = -1j * order * drive.frequency * drive.harmonics[:, None]
    return phase, np.real(waves * np.exp(-1j * order * phase)).sum(axis=0)


def _constant_rate(goal, frequency, rate):
    """Periodic s for a constant rate: each harmonic of the goal follows late."""
    count = goal.shape[-1]
    order = np.arange(count // 2 + 1)
    lag = 1 / (1 + 1j * order * frequency / rate)
    return np.fft.irfft(np.fft.rfft(goal, axis=-1) * lag, count, axis=-1)


def _any_rate(goal, frequency, rate):
    """Periodic s for a rate that varies: linear equations at the points of time."""
    count = goal.shape[-1]
    order = np.fft.fftfreq(count, 1 / count)
    order[count // 2] = 0
    column = np.fft.ifft(1j * order).real
    slope = frequency * circulant(column)
    matrix = slope + rate[..., :, None] * np.eye(count)
    return np.linalg.solve(matrix, (rate * goal)[..., None])[..., 0]


def _power(level, temperature, drive, rate, count):
    phase, speed = _speed(drive, count)
    energy = np.asarray(level)[..., None] + drive.shift(phase)
    goal = -np.tanh(energy / temperature)
    if callable(rate):
        rates = positive("rate", rate(energy))
        state = _any_rate(goal, drive.frequency, rates)
    else:
        state = _constant_rate(goal, drive.frequency, positive("rate", rate))
    return np.mean(state * speed, axis=-1)


def cycle_power(level, temperature, drive, rate, *, rtol=1e-8):
    """Mean power that one system takes up in the periodic state, exact in the swing.

    Parameters
    ----------
    level : float or array
        epsilon without the field.
    temperature : float
        T > 0.
    drive : MomentumDrive
        Field, supercurrent and couplings.
    rate : float or function
        g > 0, or a function of the momentary level that returns it for arrays; then
        the work grows with the third power of swing over temperature.
    rtol : float
        Accuracy against the largest power of ``level``.

    Raises
    ------
    ConvergenceError
        When doubling the points of a period changes the power by more than ``rtol``.
    """
    level = finite("level", level)
    coarse, fine = _twice(level, positive("temperature", temperature), drive, rate)
    _require_accuracy(coarse, fine, rtol)
    return fine[()]


def _twice(level, temperature, drive, rate):
    """Power with as many points as seem needed, and with twice as many."""
    # Linear equations are dearer than Fourier transforms.
    count = _points(drive, temperature, 32 if callable(rate) else 96)
    if callable(rate) and count > 512:
        raise ParameterError(
            f"drive must move the level by less than 15 T for a rate that varies, got "
            f"{drive.amplitude / temperature:.3g} T; lower the swing"
        )
    return [_power(level, temperature, drive, rate, n) for n in (count, 2 * count)]


def _require_accuracy(coarse, fine, rtol):
    error = np.max(np.abs(fine - coarse)) / np.max(np.abs(fine))
    if not error <= rtol:
        raise ConvergenceError(
            f"the power is accurate to {error:.2g} only, {rtol:g} was asked for; "
            "loosen rtol or make the rate smoother"
        )


def ensemble_power(temperature, drive, rate, *, density=1.0, rtol=1e-8):
    """Power of systems with a flat density of levels, by adding up single ones.

    ``density`` is nu, the number per energy of the splitting, which is that per epsilon
    of either sign. The sum over levels is a trapezoidal rule, which converges
    exponentially; half of its points must give the same to ten times ``rtol``.
    """
    density = positive("density", density)
    temperature = positive("temperature", temperature)
    reach = drive.amplitude + 20 * temperature
    step = temperature / 5
    half = 2 * int(np.ceil(reach / step / 2))
    levels = step * np.arange(-half, half + 1)
    parts = np.array_split(levels, max(1, levels.size // 64))  # bounds the memory
    found = [_twice(part, temperature, drive, rate) for part in parts]
    coarse, powers = (np.concatenate(column) for column in zip(*found, strict=True))
    _require_accuracy(coarse, powers, rtol)
    total, coarse = step * powers.sum(), 2 * step * powers[::2].sum()
    if not abs(total - coarse) <= 10 * rtol * abs(total):
        raise ConvergenceError(
            f"the sum over levels is accurate to {abs(coarse / total - 1):.2g} only"
        )
    return float(density * total)


def flat_power(drive, times, *, density=1.0):
    r"""The same in closed form, at any swing and any temperature.

    :math:`P=\nu\sum_{h=1,2}|x_h|^2(h\omega)^2\langle\tau/(1+h^2\omega^2\tau^2)\rangle`
    for systems whose relaxation times (a distribution of
    :mod:`tlsbook.tls_conductivity`) do not depend on the level. The mean of
    tanh over a flat density of levels is linear in the shift, so that the response to
    x(t) is linear however large x is; the absorption is not, as x is quadratic in p.
    """
    density = positive("density", density)
    total = 0.0
    for order, amplitude in enumerate(drive.harmonics, start=1):
        omega = order * drive.frequency
        total += abs(amplitude) ** 2 * omega**2 * times.lag_time(omega)
    return float(density * total)


def swing_conductivity(tls, omega, slope, bias, swing, *, mixing=1.0):
    r"""Dissipative sheet conductivity 2P/E^2 at any swing of the momentum.

    .. math::

       \sigma=\frac{2\nu d^2}n\Big\{[\omega^2+n\,c^2\bar p^2]\,\lambda(\omega)
       +\frac n4\,c^2p_1^2\,\lambda(2\omega)\Big\},\qquad
       \lambda(\omega)=\Big\langle\frac\tau{1+\omega^2\tau^2}\Big\rangle

    Parameters
    ----------
    tls : tlsbook.tls_conductivity.RelaxingDipoles
        The systems: nu, d, n and the distribution of tau.
    omega : float or array
        w > 0.
    slope : float
        c = omega*/p >= 0, crossover frequency per momentum, 2 e alpha/d with the rms
        alpha; :meth:`tlsbook.film.DiffusiveFilm.crossover` over the momentum.
    bias, swing : float or array
        Mean momentum and amplitude p_1 = e E/w, >= 0.
    mixing : float
        As in :meth:`tlsbook.tls_conductivity.RelaxingDipoles.conductivity`; the part
        quadratic in the swing does not ask for the direction of the supercurrent.
    """
    slope = non_negative("slope", slope)
    swing = non_negative("swing", swing)
    linear = tls.conductivity(
        omega, slope * np.asarray(non_negative("bias", bias)), mixing=mixing
    )
    unit = 2 * tls.density * tls.dipole**2
    return linear + unit * (slope * swing) ** 2 / 4 * tls.times.lag_time(2 * omega)


def crossover_swing(times, omega):
    """p_1 over the bias where both parts through the supercurrent absorb equally.

    2 sqrt(lag(w)/lag(2w)): between 2 for fast systems (w tau << 1) and 4 for slow
    ones, 2 sqrt(2) for times without a scale.
    """
    omega = positive("omega", omega)
    return 2 * np.sqrt(times.lag_time(omega) / times.lag_time(2 * omega))
