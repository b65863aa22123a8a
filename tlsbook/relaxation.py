"""Debye relaxation absorption of two-level systems, and their rates in a Fermi sea.

Units: hbar = k_B = 1 throughout; energies, temperatures, frequencies and rates share
one unit. All functions broadcast over arrays.

Two pieces that meet in the attenuation of sound by metals but do not need each other:

* Relaxation absorption. A slow modulation E -> E + D cos(w t) of the splitting changes
  the thermal polarisation; the population follows late, at its rate g, and the lag
  absorbs energy. Any source of the modulation (strain, field) and of the rate
  (electrons, phonons, quasiparticles) will do.
* Rates of a two-level system that electrons flip. Counting each inelastic collision
  once ties them to the inelastic cross section of the electrons,
  sigma_in = 4 pi chi p / k_F^2; see :func:`electron_rate_constant`.
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
    """1/(1 - i w/g): complex response of a population with relaxation rate g.

    Sign convention exp(-i w t), so that the imaginary part is the lag, >= 0.
    """
    frequency = non_negative("frequency", frequency)
    rate = positive("rate", rate)
    return 1 / (1 - 1j * frequency / rate)


def debye_lag(frequency, rate):
    """w g/(w^2 + g^2): the part of the response that absorbs, at most 1/2 at w = g.

    ``rate`` = 0 is allowed (nothing relaxes, nothing is absorbed) if ``frequency`` > 0.
    """
    frequency = positive("frequency", frequency)
    rate = non_negative("rate", rate)
    ratio = rate / frequency
    return ratio / (1 + ratio**2)


def relaxation_power(frequency, splitting, temperature, modulation, rate):
    """Power absorbed by one two-level system through relaxation (energy per time).

    W = w (D^2/8T) sech^2(E/2T) w g/(w^2 + g^2) for the splitting E + D cos(w t).

    frequency : w > 0
    splitting, temperature : E >= 0, T > 0
    modulation : D >= 0, amplitude of the splitting itself. A perturbation
        a cos(w t) sigma_z sqrt(1-p) of H = (E/2) sigma_z has D = 2 a sqrt(1-p); the
        replacement Delta -> Delta + a cos(w t) in (Delta/2) sigma_z has half of that.
    rate : g >= 0, relaxation rate of the population, 1/T1

    Linear response: D << T, and w << E so that the levels are followed adiabatically.
    Raises ParameterError outside the ranges given.
    """
    modulation = non_negative("modulation", modulation)
    strength = modulation**2 * polarisation_slope(splitting, temperature) / 4
    return strength * frequency * debye_lag(frequency, rate)


def pair_energy(splitting, temperature):
    """Integral of f(x) [1 - f(x + E)] over x = E/(1 - exp(-E/T)), f the Fermi function.

    Number of electrons, per squared density of states, that can take up the energy E.
    ``splitting`` may be negative (electrons give the energy); E = 0 returns T.
    """
    temperature = positive("temperature", temperature)
    x = np.asarray(finite("splitting", splitting)) / temperature
    safe = np.where(np.abs(x) < 1e-12, 1.0, x)
    # -expm1(-x) overflows harmlessly to -inf for very negative x: the rate is then 0.
    with np.errstate(over="ignore"):
        ratio = np.where(np.abs(x) < 1e-12, 1.0, -safe / np.expm1(-safe))
    return temperature * ratio


def electron_rate_constant(chi, p):
    """g0 = 4 chi p/pi: dimensionless constant of the electron-induced rates.

    From counting. A two-level system in its upper state meets, per energy interval,
    nu v_F sigma_in electrons per time, nu = m k_F/pi^2 with both spins; so its downward
    rate is g0 * pair_energy with g0 = nu v_F sigma_in. With sigma_in = 4 pi chi p/k_F^2
    (Aleiner (4) for one system; the average of p over Aleiner (2) is 1) and v_F = k_F/m
    everything but chi p cancels. Anisotropy of the coupling does not matter: rate and
    cross section hold the same average over directions.

    chi : inelastic cross section in units of 4 pi/k_F^2, in [0, 1]
    p : squared ratio of tunnelling to splitting, in [0, 1]
    """
    chi = in_interval("chi", chi, 0, 1)
    p = in_interval("p", p, 0, 1)
    return 4 * np.asarray(chi) * p / np.pi


def down_rate(splitting, temperature, constant):
    """Rate g0 E/(1 - exp(-E/T)) from the upper to the lower level."""
    splitting = non_negative("splitting", splitting)
    constant = non_negative("constant", constant)
    return constant * pair_energy(splitting, temperature)


def up_rate(splitting, temperature, constant):
    """Rate g0 E/(exp(E/T) - 1) from the lower to the upper level."""
    splitting = non_negative("splitting", splitting)
    constant = non_negative("constant", constant)
    return constant * pair_energy(-np.asarray(splitting), temperature)


def population_rate(splitting, temperature, constant):
    """1/T1 = g0 E coth(E/2T), the sum of both rates; 2 g0 T at E = 0."""
    down = down_rate(splitting, temperature, constant)
    return down + up_rate(splitting, temperature, constant)


def linewidth(splitting, temperature, chi, p):
    """Gamma = 1/(2 T1) = (2/pi) chi p E coth(E/2T), from counting collisions.

    The off-diagonal rate 1/T2 as far as flips of the system cause it; pure dephasing,
    :func:`pure_dephasing_rate`, comes on top.
    """
    constant = electron_rate_constant(chi, p)
    return population_rate(splitting, temperature, constant) / 2


def linewidth_printed(splitting, temperature, chi, p):
    """Gamma = chi p E/[2 tanh(E/2T)], Aleiner (11) as printed: pi/4 of the above."""
    chi = in_interval("chi", chi, 0, 1)
    p = in_interval("p", p, 0, 1)
    splitting = non_negative("splitting", splitting)
    both = pair_energy(splitting, temperature) + pair_energy(-splitting, temperature)
    return np.asarray(chi) * p * both / 2


def pure_dephasing_rate(temperature, chi, p):
    """2 (4 chi/pi) (1-p) T: decay of the coherence without a flip.

    From the part V sigma_z sqrt(1-p) of the coupling, Aleiner (3), which Aleiner (11)
    leaves out: electrons near the Fermi level tell the two eigenstates apart. Golden
    rule, chi << 1; the difference of the two potentials is 2 V sqrt(1-p).
    """
    temperature = positive("temperature", temperature)
    constant = electron_rate_constant(chi, 1.0)
    return 2 * constant * (1 - in_interval("p", p, 0, 1)) * temperature


def down_rate_from_states(
    splitting, temperature, chi, p, *, levels=6000, fermi_level=1.0, smearing=3.0
):
    """Downward rate as a sum over the states of a Fermi gas; no density of states.

    hbar = m = 1. Electrons in a ball of radius R meet a contact potential
    V sqrt(p) sigma_x delta(r) in its centre. Only s-waves feel it: k_n = n pi/R, weight
    at the centre k_n^2/(2 pi R). V follows from chi by the Born cross section of free
    scattering, sigma = V^2 p/pi = 4 pi chi p/k_F^2. The golden rule is then the sum

        2 * 2 pi * sum_kk' p V^2 |psi_k(0) psi_k'(0)|^2 f_k (1 - f_k') delta(...)

    (factor 2: spin), with delta a Gaussian of ``smearing`` level spacings. Scalars.

    levels : number of radial states kept, +-15 T (and E) around the Fermi level
    fermi_level : E_F; the result agrees with :func:`down_rate` up to (T, E)/E_F
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
