"""Thermal occupations of electrons, bosons and two-level systems.

Natural units k_B = 1: energies and temperatures in one unit. All functions broadcast
over arrays, need T > 0, and neither overflow nor lose relative precision for energies
up to 1e4 T and beyond (they underflow to the exact limit).
"""

import numpy as np
from scipy.special import expit

from tlsbook.validation import finite, positive

__all__ = [
    "bose",
    "fermi",
    "polarisation",
    "polarisation_slope",
    "scattering_at_fermi_level",
    "scattering_average",
    "sech_squared",
]

_REMEDY = "take a small positive temperature for the limit T -> 0"


def _ratio(energy, temperature):
    energy = finite("energy", energy)
    return energy / positive("temperature", temperature, remedy=_REMEDY)


def fermi(energy, temperature):
    """Fermi function ``1/(exp(energy/T) + 1)``; energy counted from the Fermi level.

    Dimensionless; raises ParameterError for T <= 0 or input that is not finite.
    """
    return expit(-_ratio(energy, temperature))


def bose(energy, temperature):
    """Bose function ``1/(exp(energy/T) - 1)`` for energy > 0, dimensionless.

    Raises ParameterError for energy <= 0 (the occupation diverges at zero) or T <= 0.
    """
    positive("energy", energy, remedy="the Bose function diverges at zero energy")
    x = _ratio(energy, temperature)
    return np.exp(-x) / -np.expm1(-x)


def polarisation(energy, temperature):
    """Occupation difference ``tanh(E/2T)`` of lower and upper state in equilibrium.

    Dimensionless, odd in E; the factor of Aleiner (10). Raises ParameterError for T <=
    0.
    """
    return np.tanh(_ratio(energy, temperature) / 2)


def sech_squared(x):
    """Square ``1/cosh(x)^2`` without overflow, for finite x of any shape.

    Evaluated as ``4 exp(-2|x|)/(1 + exp(-2|x|))^2``.
    """
    decay = np.exp(-2 * np.abs(finite("x", x)))
    return 4 * decay / (1 + decay) ** 2


def polarisation_slope(energy, temperature):
    """Derivative ``sech(E/2T)^2/(2T)`` of tanh(E/2T) by E, in units of inverse energy.

    Half of it, ``1/(4T cosh^2)``, is the factor of Aleiner (12) and minus the
    derivative of the Fermi function. Raises ParameterError for T <= 0.
    """
    x = _ratio(energy, temperature)
    return sech_squared(x / 2) / (2 * np.asarray(temperature, dtype=float))


def scattering_at_fermi_level(splitting, temperature):
    """Thermal factor ``sech(E/2T)^2`` of inelastic scattering at the Fermi level.

    Sum of the rates out of and into the electron state with energy zero through one TLS
    in equilibrium, over the same rate for T >> E: ``4 f(E) (1 - f(E))``. Dimensionless,
    between 0 and 1.
    """
    return sech_squared(_ratio(splitting, temperature) / 2)


def scattering_average(splitting, temperature):
    """The same factor averaged over electron energies with weight -df/de.

    Closed form ``(E/T)/sinh(E/T)``; 1 for T >> E, ``(2E/T) exp(-E/T)`` for T << E.
    """
    x = np.abs(_ratio(splitting, temperature))
    small = x < 1e-4
    safe = np.where(small, 1.0, x)
    exact = 2 * safe * np.exp(-safe) / -np.expm1(-2 * safe)
    # Series below 1e-4: the next term is of order x^4.
    result = np.where(small, 1 - x**2 / 6, exact)
    return float(result) if result.ndim == 0 else result
