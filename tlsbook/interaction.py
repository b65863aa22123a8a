"""Strength of the pair interaction of two-level systems (TLS): Faoro (6)-(8).

Every pair has the energy ``u/r^3`` times the signs of both positions. Electric: dipoles
+-d; elastic: couplings +-gamma to the strain. Units are free, with the permittivity
equal to one in the electric functions.
"""

import numpy as np
import sympy as sp

from tlsbook.validation import ParameterError, finite, positive

__all__ = [
    "charge_pair_energy",
    "dipole_strength",
    "elastic_scale",
    "electron_scale",
    "in_space",
    "laplacian",
]


def charge_pair_energy(separation, first, second, *, arm=2e-4):
    """Coulomb energy of two dipoles made of charges, permittivity 1; no dipole formula.

    Each dipole is a pair of charges +-1/arm at the ends of ``arm`` times its moment.
    ``separation``, ``first`` and ``second`` are vectors (shape (3,)), the separation
    points from the second to the first. The error is of relative order arm^2 times
    moment over distance, squared; below 1e-5 of it digits are lost.
    """
    separation, first, second = _vectors(separation, first, second)
    arm = positive("arm", arm)
    ends = [separation + sign * arm * first / 2 for sign in (1, -1)]
    others = [sign * arm * second / 2 for sign in (1, -1)]
    inverse = [[1 / np.linalg.norm(a - b) for b in others] for a in ends]
    (pp, pm), (mp, mm) = inverse
    return float((pp + mm - pm - mp) / (4 * np.pi * arm**2))


def dipole_strength(separation, first, second):
    """Fraction in Faoro (7): [d.d' - 3 (r.d)(r.d')]/4 pi, r a unit vector.

    ``separation`` (not zero), ``first`` and ``second`` are vectors, shape (3,).
    """
    separation, first, second = _vectors(separation, first, second)
    r = separation / np.linalg.norm(separation)
    return float((first @ second - 3 * (r @ first) * (r @ second)) / (4 * np.pi))


def elastic_scale(coupling, mass_density, velocity):
    """U_0 = gamma^2/(rho v^2) of one branch of sound, energy times volume."""
    coupling = positive("coupling", coupling)
    density = positive("mass_density", mass_density)
    return coupling**2 / density / positive("velocity", velocity) ** 2


def electron_scale(fermi_energy, electron_density):
    """U_0 = E_F/k_F^3 in a metal, with k_F^3 = 3 pi^2 times the density."""
    energy = positive("fermi_energy", fermi_energy)
    return energy / (3 * np.pi**2 * positive("electron_density", electron_density))


def in_space(shape, cosine, orders=(2, 4)):
    """Coefficient of 1/r^3 of the Fourier integral of shape(cos), r > 0; SymPy.

    The integral over d^3q/(2 pi)^3 of exp(i q.r) times an expression in the cosine of
    the angle of q. Each Legendre polynomial turns into itself, of the angle of r. A
    constant gives a delta function, which is not at r > 0.

    Parameters
    ----------
    shape : sympy.Expr
        Polynomial in ``cosine`` with Legendre parts of order 0 and ``orders`` only.
    cosine : sympy.Symbol
        The cosine, before and after.
    orders : tuple of int
        Positive even orders.
    """
    total = sp.Integer(0)
    for order in orders:
        if order < 2 or order % 2:
            raise ParameterError(
                f"orders must be positive and even, got {order}; "
                "a pair energy is even in the direction"
            )
        legendre = sp.legendre(order, cosine)
        part = sp.integrate(shape * legendre, (cosine, -1, 1)) * (2 * order + 1) / 2
        radial = sp.gamma(sp.Rational(3 + order, 2)) / sp.gamma(order // 2)
        weight = 2 * sp.sqrt(sp.pi) * radial / (2 * sp.pi**2)
        total += (-1) ** (order // 2) * part * weight * legendre
    return total


def laplacian(expression, axes):
    """Sum of the second derivatives of a SymPy expression along ``axes``."""
    return sum(sp.diff(expression, axis, 2) for axis in axes)


def _vectors(separation, first, second):
    result = []
    for name, value in zip(
        ("separation", "first", "second"), (separation, first, second), strict=True
    ):
        value = np.asarray(finite(name, value))
        if value.shape != (3,):
            raise ParameterError(
                f"{name} must have three components, got shape {value.shape}; "
                "treat one pair at a time"
            )
        result.append(value)
    if not result[0].any():
        raise ParameterError(
            "separation must not be zero, got a zero vector; the TLS have a distance"
        )
    return result
