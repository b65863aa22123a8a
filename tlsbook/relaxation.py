"""Debye relaxation absorption of two-level systems, and their rates in a Fermi sea.

Natural units, ``hbar = k_B = 1``; energies, temperatures, frequencies and rates share
one unit. All functions broadcast over arrays, and raise ParameterError outside the
ranges they give.

Two pieces that meet in the attenuation of sound by metals but do not need each other:

* Relaxation absorption. A slow modulation ``E -> E + D cos(w t)`` of the splitting
  changes the thermal polarisation; the population follows late, at its rate g, and the
  lag absorbs energy. Any source of the modulation (strain, field) and of the rate
  (electrons, phonons, quasiparticles) will do.
* Rates of a two-level system that electrons flip. Counting each inelastic collision
  once ties them to the inelastic cross section of the electrons,
  ``sigma_in = 4 pi chi p/k_F^2``; see :func:`electron_rate_constant`.
"""

import numpy as np

from tlsbook.occupation import fermi, polarisation_slope
from tlsbook.validation import finite, in_interval, non_negative, positive

__all__ = [
    "debye_lag",
    "debye_response",
    "down_rate",
    "down_rate_from_states",
    "electron_rate_constant",
    "linewidth",
    "linewidth_printed",
    "pair_energy",
    "population_rate",
    "pure_dephasing_rate",
    "relaxation_power",
    "up_rate",
]


def debye_response(frequency, rate):
    """Complex response ``1/(1 - i w/g)`` of a population with relaxation rate g.

    Sign convention ``exp(-i w t)``, so that the imaginary part is the lag, >= 0.
    ``frequency`` is w >= 0 and ``rate`` g > 0.
    """
    frequency = non_negative("frequency", frequency)
    rate = positive("rate", rate)
    return 1 / (1 - 1j * frequency / rate)


def debye_lag(frequency, rate):
    """The part of the response that absorbs, ``w g/(w^2 + g^2)``.

    It is at most 1/2, at w = g. ``frequency`` is w > 0; ``rate`` g = 0 is allowed
    (nothing relaxes or absorbs).
    """
    frequency = positive("frequency", frequency)
    rate = non_negative("rate", rate)
    ratio = rate / frequency
    return ratio / (1 + ratio**2)


def relaxation_power(frequency, splitting, temperature, modulation, rate):
    r"""Power absorbed by one two-level system through relaxation (energy per time).

    For the splitting ``E + D cos(w t)``, and with the rate g,

    .. math::

       W=\omega\,\frac{D^2}{8T\cosh^2(E/2T)}\,\frac{\omega g}{\omega^2+g^2};

    Aleiner (12) with ``D = a sqrt(1-p)`` and ``g = 2 Gamma``.

    Parameters
    ----------
    frequency : float or array
        w > 0.
    splitting : float or array
        E >= 0.
    temperature : float or array
        T > 0.
    modulation : float or array
        D >= 0, amplitude of the splitting itself. A perturbation
        ``a cos(w t) sigma_z sqrt(1-p)`` of ``H = (E/2) sigma_z`` has
        ``D = 2 a sqrt(1-p)``; the replacement ``Delta -> Delta + a cos(w t)`` in
        ``(Delta/2) sigma_z`` has half of that.
    rate : float or array
        g >= 0, relaxation rate of the population, 1/T1.

    Raises
    ------
    ParameterError
        Outside these ranges.

    Notes
    -----
    Linear response: D << T, and w << E so that the levels are followed adiabatically.
    """
    modulation = non_negative("modulation", modulation)
    strength = modulation**2 * polarisation_slope(splitting, temperature) / 4
    return strength * frequency * debye_lag(frequency, rate)


def pair_energy(splitting, temperature):
    """Energy ``E/(1 - exp(-E/T))`` that counts electrons able to take up the energy E.

    It is the integral of ``f(x) [1 - f(x + E)]`` over x with the Fermi function f: the
    number of such electrons per squared density of states. ``splitting`` may be
    negative (electrons give the energy); E = 0 returns T > 0.
    """
    temperature = positive("temperature", temperature)
    x = np.asarray(finite("splitting", splitting)) / temperature
    safe = np.where(np.abs(x) < 1e-12, 1.0, x)
    # -expm1(-x) overflows harmlessly to -inf for very negative x: the rate is then 0.
    with np.errstate(over="ignore"):
        ratio = np.where(np.abs(x) < 1e-12, 1.0, -safe / np.expm1(-safe))
    return temperature * ratio


def electron_rate_constant(chi, p):
    """Dimensionless constant ``g0 = 4 chi p/pi`` of the electron-induced rates.

    From counting. A two-level system in its upper state meets, per energy interval,
    ``nu v_F sigma_in`` electrons per time, ``nu = m k_F/pi^2`` with both spins; so its
    downward rate is g0 times :func:`pair_energy` with ``g0 = nu v_F sigma_in``. With
    ``sigma_in = 4 pi chi p/k_F^2`` (Aleiner (4) for one system; the average of p over
    Aleiner (2) is 1) and ``v_F = k_F/m`` everything but ``chi p`` cancels. Anisotropy
    of the coupling does not matter: rate and cross section hold the same average over
    directions.

    Parameters
    ----------
    chi : float or array
        Inelastic cross section in units of ``4 pi/k_F^2``, in [0, 1].
    p : float or array
        Squared ratio of tunnelling to splitting, in [0, 1].
    """
    chi = in_interval("chi", chi, 0, 1)
    p = in_interval("p", p, 0, 1)
    return 4 * np.asarray(chi) * p / np.pi


def down_rate(splitting, temperature, constant):
    """Rate ``g0 E/(1 - exp(-E/T))`` from the upper to the lower level.

    ``splitting`` E >= 0, ``temperature`` T > 0, ``constant`` g0 >= 0, for instance from
    :func:`electron_rate_constant`.
    """
    splitting = non_negative("splitting", splitting)
    constant = non_negative("constant", constant)
    return constant * pair_energy(splitting, temperature)


def up_rate(splitting, temperature, constant):
    """Rate ``g0 E/(exp(E/T) - 1)`` from the lower to the upper level.

    Arguments as in :func:`down_rate`.
    """
    splitting = non_negative("splitting", splitting)
    constant = non_negative("constant", constant)
    return constant * pair_energy(-np.asarray(splitting), temperature)


def population_rate(splitting, temperature, constant):
    """Relaxation rate ``1/T1 = g0 E coth(E/2T)``, the sum of both rates.

    It is ``2 g0 T`` at E = 0. Arguments as in :func:`down_rate`.
    """
    down = down_rate(splitting, temperature, constant)
    return down + up_rate(splitting, temperature, constant)


def linewidth(splitting, temperature, chi, p):
    """Width ``Gamma = 1/(2 T1) = (2/pi) chi p E coth(E/2T)``, from counting collisions.

    The off-diagonal rate 1/T2 as far as flips of the system cause it; pure dephasing,
    :func:`pure_dephasing_rate`, comes on top. ``chi`` and ``p`` in [0, 1], E >= 0, T >
    0.
    """
    constant = electron_rate_constant(chi, p)
    return population_rate(splitting, temperature, constant) / 2


def linewidth_printed(splitting, temperature, chi, p):
    """Width ``Gamma = chi p E/[2 tanh(E/2T)]``, Aleiner (11) as printed.

    It is pi/4 of :func:`linewidth`, with the same arguments.
    """
    chi = in_interval("chi", chi, 0, 1)
    p = in_interval("p", p, 0, 1)
    splitting = non_negative("splitting", splitting)
    both = pair_energy(splitting, temperature) + pair_energy(-splitting, temperature)
    return np.asarray(chi) * p * both / 2


def pure_dephasing_rate(temperature, chi, p):
    """Rate ``2 (4 chi/pi) (1-p) T`` at which the coherence decays without a flip.

    From the part ``V sigma_z sqrt(1-p)`` of the coupling, Aleiner (3), which Aleiner
    (11) leaves out: electrons near the Fermi level tell the two eigenstates apart.
    Golden rule, chi << 1; the difference of the two potentials is ``2 V sqrt(1-p)``.
    ``temperature`` T > 0; ``chi`` and ``p`` in [0, 1].
    """
    temperature = positive("temperature", temperature)
    constant = electron_rate_constant(chi, 1.0)
    return 2 * constant * (1 - in_interval("p", p, 0, 1)) * temperature


def down_rate_from_states(
    splitting, temperature, chi, p, *, levels=6000, fermi_level=1.0, smearing=3.0
):
    r"""Downward rate as a sum over the states of a Fermi gas; no density of states.

    Units with m = 1 as well. Electrons in a ball of radius R meet a contact potential
    :math:`V\sqrt p\,\sigma_x\delta(r)` in its centre. Only s-waves feel it:
    :math:`k_n=n\pi/R`, weight at the centre :math:`k_n^2/2\pi R`. V follows from chi by
    the Born cross section of free scattering, :math:`\sigma=V^2p/\pi=4\pi\chi p/k_F^2`.
    The golden rule is then the sum (the first factor 2 is spin)

    .. math::

       2\cdot2\pi\sum_{kk'}pV^2\,\lvert\psi_k(0)\,\psi_{k'}(0)\rvert^2
       f_k(1-f_{k'})\,\delta(\epsilon_{k'}-\epsilon_k-E),

    with a Gaussian in the place of the delta function.

    Parameters
    ----------
    splitting : float
        E > 0; all arguments are single numbers.
    temperature : float
        T > 0.
    chi : float
        In [0, 1].
    p : float
        In [0, 1].
    levels : int
        Number of radial states kept, from -(15 T + E) to 15 T + E around the Fermi
        level.
    fermi_level : float
        E_F > 15 T + E; the result agrees with :func:`down_rate` up to T/E_F and E/E_F.
    smearing : float
        Width of the Gaussian in level spacings.
    """
    splitting = positive("splitting", splitting)
    temperature = positive("temperature", temperature)
    fermi_level = positive("fermi_level", fermi_level)
    k_fermi = np.sqrt(2 * fermi_level)
    # p V^2, from the Born cross section.
    chi_p = in_interval("chi", chi, 0, 1) * in_interval("p", p, 0, 1)
    strength = 4 * np.pi**2 * chi_p / k_fermi**2
    half = 15 * temperature + splitting
    in_interval("band edge", half, 0, fermi_level, remedy="raise fermi_level")
    spacing = 2 * half / levels
    radius = np.pi * k_fermi / spacing
    first, last = np.sqrt(2 * (fermi_level + np.array([-half, half]))) * radius / np.pi
    k = np.arange(int(first), int(last)) * np.pi / radius
    energy = k**2 / 2
    weight = k**2 / (2 * np.pi * radius)
    full = fermi(energy - fermi_level, temperature)
    width = smearing * spacing
    total = 0.0
    # delta(...) couples a state only to a narrow band of final states.
    middle = np.searchsorted(energy, energy + splitting)
    reach = int(8 * smearing)
    for shift in range(-reach, reach + 1):
        final = middle + shift
        good = (final >= 0) & (final < k.size)
        i, j = np.flatnonzero(good), final[good]
        gauss = np.exp(-0.5 * ((energy[j] - energy[i] - splitting) / width) ** 2)
        total += np.sum(weight[i] * weight[j] * full[i] * (1 - full[j]) * gauss)
    return float(4 * np.pi * strength * total / (width * np.sqrt(2 * np.pi)))
