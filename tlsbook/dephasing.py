r"""Dephasing of electrons by inelastic collisions with two-level systems.

Aleiner, Altshuler, Galperin and Shutenko (2001), equations (4)-(6), and the exact
crossover between the two limits of (6).

Natural units k_B = hbar = 1 everywhere except in :class:`MeasuredDephasing`, which is
the SI edge: energies, temperatures and rates are then the same kind of quantity, and
only products such as ``cut_off * tau_in`` matter.

The model behind the crossover: collisions come at random (Poisson) with the rate
1/tau_in, and collision k at time t_k changes the energy of the electron by e_k, with
both signs equally likely (temperature above the cut-off). From then on the phase runs
ahead by ``e_k (t - t_k)``. Averaging over times and energies gives

.. math::

   \langle e^{i\varphi}\rangle=e^{-G(t)},\qquad
   G(t)=\frac1{\tau_{in}}\int_0^t[1-\langle\cos es\rangle]\,ds.

The relative phase of a path and its time reverse, ``e_k (t - 2 t_k)``, has the same
average because the cosine is even. The size of the energy transfer is either flat on
(0, cut_off), as the constant density of splittings says (``transfer="flat"``), or
always equal to the cut-off (``transfer="fixed"``). The dephasing time is defined by
``G(tau_phi) = 1``, decay to 1/e.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy import constants
from scipy.optimize import elementwise
from scipy.special import factorial, sici

from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    in_interval,
    non_negative,
    positive,
)

__all__ = [
    "MeasuredDephasing",
    "coherence",
    "concentration_ratio",
    "dephasing_to_inelastic",
    "inelastic_rate",
    "inelastic_to_dephasing",
    "lost_phase",
    "ratio_in_limits",
    "simulate_coherence",
    "small_transfer_constant",
]

#: Mean square of the energy transfer over the square of the cut-off.
_MEAN_SQUARE = {"flat": 1.0 / 3.0, "fixed": 1.0}

# Below this argument the closed forms lose digits to cancellation: series instead.
_SERIES_BELOW = 1.0
_ORDERS = np.arange(1, 11)
_SIGNS = (-1.0) ** (_ORDERS + 1)
_COEFFICIENTS = {
    "flat": _SIGNS / ((2 * _ORDERS + 1) * factorial(2 * _ORDERS + 1)),
    "fixed": _SIGNS / factorial(2 * _ORDERS + 1),
}


def _known_transfer(transfer):
    if transfer not in _MEAN_SQUARE:
        raise ParameterError(
            f"transfer must be 'flat' or 'fixed', got {transfer!r}; 'flat' belongs to "
            "a constant density of splittings"
        )
    return transfer


def _cross_section_unit(chi):
    # chi > 1 is possible when many partial waves scatter, hence no upper bound here.
    return positive(
        "chi", chi, remedy="chi = sigma_in k_F^2/(4 pi) is of order 1 or less"
    )


def inelastic_rate(n_tls, k_fermi, v_fermi, chi):
    """Rate ``1/tau_in = 4 pi chi v_F n_T/k_F^2`` of inelastic collisions, Aleiner (4).

    ``n_tls`` >= 0 per volume, ``k_fermi`` > 0 per length, ``v_fermi`` > 0 length per
    time, in any consistent units, ``chi`` > 0 dimensionless; arrays broadcast. Raises
    ParameterError outside these ranges.
    """
    n_tls = non_negative("n_tls", n_tls)
    k_fermi = positive("k_fermi", k_fermi)
    v_fermi = positive("v_fermi", v_fermi)
    return 4 * np.pi * _cross_section_unit(chi) * v_fermi * n_tls / k_fermi**2


def concentration_ratio(tau_in, fermi_energy, chi):
    """TLS per conduction electron ``n_T/n_e = 3 pi/(8 chi eps_F tau_in)``, Aleiner (5).

    hbar = 1: ``fermi_energy * tau_in`` is dimensionless. Free electrons. Arrays
    broadcast. Raises ParameterError on non-positive input.
    """
    tau_in = positive("tau_in", tau_in)
    fermi_energy = positive("fermi_energy", fermi_energy)
    return 3 * np.pi / (8 * _cross_section_unit(chi) * fermi_energy * tau_in)


def lost_phase(y, transfer="flat"):
    r"""Integral g(y) behind the decay of the phase, without cancellation.

    .. math:: g(y)=\int_0^y[1-\langle\cos(es/E^*)\rangle]\,ds

    is ``y - Si(y)`` for a flat distribution of transfers and ``y - sin(y)`` for a fixed
    one; a power series below y = 1. ``y = cut_off * time >= 0`` of any shape. The decay
    is ``exp(-g(cut_off t)/(cut_off tau_in))``. Raises ParameterError for negative y and
    an unknown ``transfer``.
    """
    _known_transfer(transfer)
    y = np.asarray(non_negative("y", y))
    odd = sici(y)[0] if transfer == "flat" else np.sin(y)
    small = np.minimum(y, _SERIES_BELOW)[..., None]
    series = (_COEFFICIENTS[transfer] * small ** (2 * _ORDERS + 1)).sum(axis=-1)
    return np.where(y < _SERIES_BELOW, series, y - odd)[()]


def coherence(t, tau_in, cut_off, transfer="flat"):
    """Average ``<exp(i phi(t))>`` of the accumulated phase, from :func:`lost_phase`.

    hbar = 1: ``t`` >= 0 and ``tau_in`` > 0 are inverse energies, ``cut_off`` > 0 an
    energy; arrays broadcast. Raises ParameterError outside these ranges.
    """
    t = non_negative("t", t)
    tau_in = positive("tau_in", tau_in)
    cut_off = positive("cut_off", cut_off)
    return np.exp(-lost_phase(cut_off * t, transfer) / (cut_off * tau_in))


def dephasing_to_inelastic(tau_phi, cut_off, transfer="flat"):
    """Inelastic time that belongs to a measured dephasing time (hbar = 1), exactly.

    ``tau_in = g(y)/cut_off`` with ``y = cut_off tau_phi``, that is
    ``tau_phi [1 - Si(y)/y]`` for the flat and ``tau_phi [1 - sin(y)/y]`` for the fixed
    transfer; tau_phi is the time of decay to 1/e. Exact counterpart of Aleiner (6).
    Arrays broadcast. Raises ParameterError on non-positive input.
    """
    tau_phi = positive("tau_phi", tau_phi)
    cut_off = positive("cut_off", cut_off)
    return lost_phase(cut_off * tau_phi, transfer) / cut_off


def inelastic_to_dephasing(tau_in, cut_off, transfer="flat"):
    """Dephasing time tau_phi (decay to 1/e) from the inelastic time (hbar = 1).

    Solves ``g(cut_off tau_phi) = cut_off tau_in``, g from :func:`lost_phase`, with
    SciPy's bracketing root finder, for all elements at once; arrays broadcast. Raises
    ParameterError on non-positive input and ConvergenceError if an element does not
    converge.
    """
    tau_in = positive("tau_in", tau_in)
    cut_off = positive("cut_off", cut_off)
    target = np.asarray(cut_off * tau_in)
    # g <= <e^2> y^3/6 and g <= y + 1 bound the root from below, g >= y - 2 from above.
    cubic = (6 * target / _MEAN_SQUARE[_known_transfer(transfer)]) ** (1 / 3)
    low = np.maximum(target - 1, cubic) * (1 - 1e-10)
    high = (target + 2) * (1 + 1e-10)
    root = elementwise.find_root(
        lambda y, goal: lost_phase(y, transfer) / goal - 1, (low, high), args=(target,)
    )
    if not np.all(root.success):
        raise ConvergenceError(
            "dephasing time: the root of g(cut_off tau_phi) = cut_off tau_in was not "
            f"found, status {np.asarray(root.status)}; check cut_off * tau_in"
        )
    return (root.x / cut_off)[()]


def small_transfer_constant(transfer="flat"):
    """Number c in ``tau_in/tau_phi = c (cut_off tau_in)^(2/3)``, cut_off tau_in << 1.

    ``c = (<e^2>/6 cut_off^2)^(1/3)``: ``18^(-1/3)`` for flat, ``6^(-1/3)`` for fixed
    transfers. Raises ParameterError for another ``transfer``.
    """
    return (_MEAN_SQUARE[_known_transfer(transfer)] / 6) ** (1 / 3)


def ratio_in_limits(x):
    """Both limits of tau_in/tau_phi as Aleiner (6) prints them, ``1`` and ``x^(2/3)``.

    ``x = cut_off * tau_in`` > 0 (hbar = 1), any shape; returns the pair (large, small),
    each shaped like ``x``. Raises ParameterError on non-positive input.
    """
    x = np.asarray(positive("x", x))
    return np.ones_like(x)[()], (x ** (2 / 3))[()]


def simulate_coherence(rng, t, tau_in, cut_off, electrons=20_000, transfer="flat"):
    """Monte Carlo average of cos(phi) over electrons that collide at random (hbar = 1).

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the random numbers.
    t : float or array
        Times >= 0, each simulated with fresh histories.
    tau_in : float
        Mean time between collisions, > 0.
    cut_off : float
        E* > 0.
    electrons : int
        Histories for each time; memory grows like ``electrons * t/tau_in``.
    transfer : str
        ``"flat"`` or ``"fixed"``, as above.

    Returns
    -------
    tuple of arrays
        Mean and its standard error, shaped like ``t``.

    Raises
    ------
    ParameterError
        On bad input.
    """
    if not isinstance(rng, np.random.Generator):
        raise ParameterError(
            f"rng must be a numpy.random.Generator, got {type(rng).__name__}; "
            "pass numpy.random.default_rng(seed)"
        )
    _known_transfer(transfer)
    times = np.asarray(non_negative("t", t))
    tau_in = positive("tau_in", tau_in)
    cut_off = positive("cut_off", cut_off)
    electrons = int(in_interval("electrons", electrons, 2, 10**8))
    results = [
        _one_time(rng, float(time), tau_in, cut_off, electrons, transfer)
        for time in times.ravel()
    ]
    mean, error = np.reshape(np.transpose(results), (2, *times.shape))
    return mean[()], error[()]


def _one_time(rng, t, tau_in, cut_off, electrons, transfer):
    collisions = rng.poisson(t / tau_in, electrons)
    total = collisions.sum()
    owner = np.repeat(np.arange(electrons), collisions)
    sign = rng.choice([-1.0, 1.0], total)
    size = rng.uniform(0, 1, total) if transfer == "flat" else np.ones(total)
    # Given their number, the instants of a Poisson process are independent and uniform.
    ahead = cut_off * sign * size * rng.uniform(0, t, total)
    phase = np.bincount(owner, weights=ahead, minlength=electrons)
    values = np.cos(phase)
    return values.mean(), values.std(ddof=1) / np.sqrt(electrons)


@dataclass(frozen=True)
class MeasuredDephasing:
    """A measured dephasing time and the TLS it asks for: the SI edge of this module.

    All five fields must be positive numbers; bad ones raise ParameterError.
    """

    tau_phi: float  #: dephasing time tau_phi, decay to 1/e [s]
    cut_off: float  #: cut-off E* of the splittings over k_B [K]
    fermi_energy: float  #: eps_F [eV]
    electron_density: float  #: n_e [1/m^3]
    chi: float  #: inelastic cross section in units of 4 pi/k_F^2, Aleiner (4)

    def __post_init__(self):
        for field in fields(self):
            value = positive(field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)

    @property
    def angular_cut_off(self):
        """Cut-off as a rate, E*/hbar [1/s]."""
        return self.cut_off * constants.k / constants.hbar

    @property
    def phase_per_dephasing_time(self):
        """The parameter E* tau_phi/hbar that selects the limit of Aleiner (6)."""
        return self.angular_cut_off * self.tau_phi

    @property
    def rate_temperature(self):
        """Dephasing rate as a temperature, hbar/(k_B tau_phi) [K]."""
        return constants.hbar / (constants.k * self.tau_phi)

    def tau_in(self, transfer="flat"):
        """Inelastic time [s] by :func:`dephasing_to_inelastic`."""
        return dephasing_to_inelastic(self.tau_phi, self.angular_cut_off, transfer)

    def tls_per_electron(self, tau_in=None):
        """Ratio n_T/n_e from Aleiner (5), for free electrons.

        ``tau_in`` [s] defaults to the exact crossover with flat transfers, here and
        below.
        """
        tau = self.tau_in() if tau_in is None else tau_in
        energy = self.fermi_energy * constants.e / constants.hbar
        return concentration_ratio(tau, energy, self.chi)

    def tls_density(self, tau_in=None):
        """Density n_T of the TLS [1/m^3]."""
        return self.tls_per_electron(tau_in) * self.electron_density

    def density_of_states(self, tau_in=None):
        """Density of states n_T/E* [1/(m^3 K)]."""
        return self.tls_density(tau_in) / self.cut_off
