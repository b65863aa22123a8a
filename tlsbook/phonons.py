"""Relaxation of a two-level system (TLS) by one phonon: golden rule, Debye phonons.

The TLS couples to the strain, gamma sigma_z eps (Faoro (3)); a strain changes the
asymmetry by 2 gamma eps. Functions use natural units, hbar = k_B = 1: energies,
temperatures and rates in one unit, the strength of the coupling in its inverse square.
:class:`DebyeGlass` is the edge: SI in, kelvin and 1/s out.

One branch of sound with velocity v in a glass of mass density rho has the strength
B = gamma^2/(2 pi rho hbar^4 v^5) (SI: 1/(J^3 s)), and ::

    Gamma_1 = B Delta_0^2 E coth(E/2T).

Branches add. ``gamma`` of a branch is the root mean square of the coupling over the
directions and polarisations of its phonons: see :func:`strain_weights`.
"""

from dataclasses import dataclass

import numpy as np
from scipy import constants
from scipy.linalg import eigh

from tlsbook.occupation import bose, polarisation
from tlsbook.validation import ParameterError, finite, non_negative, positive

__all__ = [
    "DebyeGlass",
    "branch_strength",
    "down_rate",
    "excited_survival",
    "population_rate",
    "rate_from_modes",
    "strain_weights",
    "up_rate",
]


def branch_strength(coupling, mass_density, velocity):
    """B = gamma^2/(2 pi rho v^5) of one branch, hbar = 1."""
    coupling = finite("coupling", coupling)
    rho = positive("mass_density", mass_density)
    velocity = positive("velocity", velocity)
    return coupling**2 / (2 * np.pi * rho * velocity**5)


def down_rate(splitting, tunnelling, temperature, strength):
    """Rate from the upper to the lower level, B Delta_0^2 E (1 + n), n = Bose(E/T).

    Parameters
    ----------
    splitting : float or array
        E > 0.
    tunnelling : float or array
        Delta_0 in [0, E].
    temperature : float or array
        T > 0.
    strength : float or array
        B, not negative, an inverse energy squared.
    """
    bare = _bare_rate(splitting, tunnelling, strength)
    return bare * (1 + bose(splitting, temperature))


def up_rate(splitting, tunnelling, temperature, strength):
    """Rate from the lower to the upper level, B Delta_0^2 E n."""
    return _bare_rate(splitting, tunnelling, strength) * bose(splitting, temperature)


def population_rate(splitting, tunnelling, temperature, strength):
    """Gamma_1 = B Delta_0^2 E coth(E/2T): the sum of both rates, Faoro (4)."""
    bare = _bare_rate(splitting, tunnelling, strength)
    return bare / polarisation(splitting, temperature)


def _bare_rate(splitting, tunnelling, strength):
    """Rate of spontaneous emission, B Delta_0^2 E."""
    splitting = positive("splitting", splitting)
    tunnelling = non_negative("tunnelling", tunnelling)
    strength = non_negative("strength", strength)
    if np.any(np.asarray(tunnelling) > np.asarray(splitting) * (1 + 1e-12)):
        raise ParameterError(
            "tunnelling must not exceed the splitting, got a larger one; "
            "E^2 = Delta^2 + Delta_0^2"
        )
    return np.asarray(strength) * np.asarray(tunnelling) ** 2 * splitting


def strain_weights(tensor):
    """Mean square couplings (longitudinal, both transverse together) of a tensor.

    For H = sigma_z sum_ij g_ij eps_ij a phonon with direction q and polarisation e sees
    e.g.q; averaged over directions, with tr = trace(g) and sq = trace(g^2)::

        longitudinal (tr^2 + 2 sq)/15,   transverse sq/3 - longitudinal.

    ``tensor`` is symmetric, 3 x 3. A dilatation couples to longitudinal sound only.
    """
    tensor = _symmetric(tensor)
    square = np.trace(tensor @ tensor)
    along = (np.trace(tensor) ** 2 + 2 * square) / 15
    return float(along), float(square / 3 - along)


def rate_from_modes(
    splitting, tensor, mass_density, velocities, *, cells=24, width=1.5
):
    """Spontaneous rate of a symmetric TLS as a sum over the phonons of a cube.

    No density of states and no angular average: the wave vectors of a periodic cube are
    enumerated, each with one longitudinal and two transverse phonons, and ::

        2 pi sum (e.g.q)^2/(2 rho V w) delta(w - E)

    is taken with a Gaussian for delta. hbar = 1, Delta_0 = E.

    Parameters
    ----------
    splitting : float
        E > 0.
    tensor : array
        Strain coupling g, 3 x 3, as in :func:`strain_weights`.
    mass_density : float
        rho > 0.
    velocities : tuple of floats
        Longitudinal and transverse velocity.
    cells : int
        Radius of the shell w = E in units of 2 pi/L; fixes the size L of the cube.
    width : float
        Width of the Gaussian in the same unit. Error about 3 (width/cells)^2.
    """
    tensor = _symmetric(tensor)
    splitting = positive("splitting", splitting)
    total = 0.0
    for branch, velocity in enumerate(velocities):
        velocity = positive("velocity", velocity)
        unit = splitting / velocity / cells  # 2 pi/L
        reach = int(cells + 6 * width)
        axis = np.arange(-reach, reach + 1)
        grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
        radius = np.sqrt((grid**2).sum(axis=-1))
        shell = np.abs(radius - cells) < 6 * width
        q = grid[shell] * unit
        length = radius[shell] * unit
        force = q @ tensor
        along = np.sum(force * q, axis=-1) / length
        squared = along**2 if branch == 0 else np.sum(force**2, axis=-1) - along**2
        gauss = np.exp(-0.5 * ((radius[shell] - cells) / width) ** 2)
        gauss /= width * unit * velocity * np.sqrt(2 * np.pi)
        volume = (2 * np.pi / unit) ** 3
        matrix = squared / (2 * mass_density * volume * velocity * length)
        total += 2 * np.pi * np.sum(matrix * gauss)
    return float(total)


def excited_survival(times, splitting, strength, *, cut_off=3.0, modes=1500):
    """Probability that a symmetric TLS is still excited at T = 0; no golden rule.

    The state with the TLS up and the states with one phonon are diagonalised exactly,
    for ``modes`` frequencies up to ``cut_off`` times the splitting. The phonons have
    the spectral function of a Debye branch, g(w)^2 = B w^3/2 pi per unit of frequency.
    Counter-rotating terms are left out: right for B E^2 << 1, and the level is shifted
    so that the transition stays at E. Times below modes/(cut_off E), before the phonons
    of the finite system come back.
    """
    times = np.asarray(non_negative("times", times))
    splitting = positive("splitting", splitting)
    strength = positive("strength", strength)
    step = cut_off * splitting / modes
    frequency = (np.arange(modes) + 0.5) * step
    squared = strength * frequency**3 / (2 * np.pi) * step
    # Level shift at the splitting, a principal value: E midway between two modes.
    middle = (round(splitting / step)) * step
    matrix = np.diag(np.concatenate([[middle], frequency]))
    matrix[0, 0] -= np.sum(squared / (middle - frequency))
    matrix[0, 1:] = matrix[1:, 0] = np.sqrt(squared)
    energy, states = eigh(matrix)
    amplitude = np.exp(-1j * np.multiply.outer(times, energy)) @ states[0] ** 2
    return np.abs(amplitude) ** 2


def _symmetric(tensor):
    tensor = np.asarray(finite("tensor", tensor))
    if tensor.shape != (3, 3) or not np.allclose(tensor, tensor.T):
        raise ParameterError(
            f"tensor must be symmetric, 3 x 3, got shape {tensor.shape}; "
            "strain is symmetric"
        )
    return tensor


@dataclass(frozen=True)
class DebyeGlass:
    """A glass with one longitudinal and two transverse branches; SI.

    Parameters
    ----------
    mass_density : float
        rho in kg/m^3 (zeta in Faoro (4)).
    longitudinal_velocity, transverse_velocity : float
        v_l, v_t in m/s.
    longitudinal_coupling, transverse_coupling : float
        gamma_l, gamma_t in J, couplings of Faoro (3) for each single branch.

    Valid for thermal phonons that follow w = v q: temperatures of a few kelvin at most.
    """

    mass_density: float
    longitudinal_velocity: float
    transverse_velocity: float
    longitudinal_coupling: float
    transverse_coupling: float

    def __post_init__(self):
        for name in self.__dataclass_fields__:
            value = positive(name, getattr(self, name))
            if np.ndim(value):
                raise ParameterError(f"{name} must be one number, got an array; loop")
            object.__setattr__(self, name, value)

    @classmethod
    def from_material(cls, material):
        """Take the constants from a row of :mod:`tlsbook.materials`."""
        return cls(
            material.mass_density.value,
            material.longitudinal_sound_velocity.value,
            material.transverse_sound_velocity.value,
            material.longitudinal_deformation_potential.value,
            material.transverse_deformation_potential.value,
        )

    @property
    def strength(self):
        """gamma_l^2/v_l^5 + 2 gamma_t^2/v_t^5 over 2 pi rho hbar^4, in 1/(J^3 s)."""
        branches = branch_strength(
            self.longitudinal_coupling, self.mass_density, self.longitudinal_velocity
        ) + 2 * branch_strength(
            self.transverse_coupling, self.mass_density, self.transverse_velocity
        )
        return branches / constants.hbar**4

    @property
    def strength_kelvin(self):
        """The same with energies in kelvin and rates as hbar Gamma/k_B: in 1/K^2."""
        return self.strength * constants.hbar * constants.k**2

    def population_rate(self, splitting, tunnelling, temperature):
        """Gamma_1 in 1/s for E, Delta_0, T in kelvin."""
        natural = population_rate(
            splitting, tunnelling, temperature, self.strength_kelvin
        )
        return natural * constants.k / constants.hbar
