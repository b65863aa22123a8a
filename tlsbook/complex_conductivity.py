r"""Complex conductivity of a superconductor from its retarded functions.

Natural units hbar = k_B = 1, energies in the unit of the caller. With the renormalised
energy and gap of :mod:`tlsbook.retarded`, n = e~/root, p = gap~/root, root^2 = e~^2 -
gap~^2 and R = -i root, the local response to a field of frequency w is, in units of the
normal conductivity sigma_0 = n_e e^2 tau/m,

.. math::

   \frac{\sigma_1+i\sigma_2}{\sigma_0}=\frac1{4\omega}\int d\epsilon\left\{
   (t'-t)\frac{1+n^*n'+p^*p'}{1+\tau(R^*+R')}
   +t\,\frac{1-nn'-pp'}{1+\tau(R+R')}-t'\Big[\frac{1-nn'-pp'}{1+\tau(R+R')}\Big]^*
   \right\},

t = tanh(e/2T), primes at e + w. It is the continuation of the Matsubara sum

.. math::

   \omega_m\frac{\sigma(i\omega_m)}{\sigma_0}
   =\pi T\sum_n\frac{1-gg'+ff'}{1+\tau(R_n+R_{n'})},\qquad
   R_n=\sqrt{\tilde\epsilon_n^2+\tilde\Delta_n^2},

isotropic scattering, elastic rate 1/tau. For tau = 0, the dirty limit, this is Nam's
form of the theory of Mattis and Bardeen, and the elastic rate drops out. Electrons are
occupied at T, whatever the temperature of what scatters them. sigma_1 - i sigma_2 is
returned: the time factor exp(+i w t) of electrical engineers.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, zeta

from tlsbook.retarded import normalised_propagator
from tlsbook.validation import ParameterError, finite, non_negative, positive

__all__ = [
    "Conductivity",
    "RetardedFunctions",
    "complex_conductivity",
    "superfluid_weight",
]

#: Gauss-Legendre rules on [-1, 1]; the difference of the two is the error estimate.
_RULES = tuple(np.polynomial.legendre.leggauss(order) for order in (10, 7))
#: First panel beside an edge in units of the nearest other scale; end of the integrals.
_FIRST, _FAR = 1e-3, 1e8


def _one(name, value, check=positive):
    value = check(name, value)
    if np.ndim(value):
        raise ParameterError(f"{name} must be one number, got an array; use a loop")
    return value


@dataclass(frozen=True, eq=False)
class RetardedFunctions:
    """Renormalised energy e~ and gap on a grid, linear in between.

    Beyond the grid Im(e~ - e) keeps its last value; Re(e~ - e) and gap~ - gap fall off
    with 1/e. Negative energies follow from e~(-e) = -conj(e~(e)), gap~(-e) =
    conj(gap~(e)).

    Raises ParameterError unless the grid increases from 0, shapes agree, the order
    parameter is positive, Im e~ >= 0, and no state has a negative density. Im e~ = 0 is
    accepted only where it and the imaginary part of the gap vanish everywhere (BCS
    without broadening).
    """

    energies: np.ndarray  #: increasing from 0, shape (K,)
    renormalised_energy: np.ndarray  #: e~ = e Z(e), shape (K,), complex
    renormalised_gap: np.ndarray  #: gap~ = Delta(e) Z(e), shape (K,), complex
    order_parameter: float  #: gap~ at large energies, > 0

    def __post_init__(self):
        energies = np.atleast_1d(finite("energies", self.energies))
        if energies.ndim != 1 or energies[0] != 0 or (np.diff(energies) <= 0).any():
            raise ParameterError(
                f"energies must increase from 0, got {energies[:3]}...; give the "
                "positive half of the grid"
            )
        _one("order_parameter", self.order_parameter)
        tilde, gap = (
            np.array(v, dtype=complex)
            for v in (self.renormalised_energy, self.renormalised_gap)
        )
        if tilde.shape != energies.shape or gap.shape != energies.shape:
            raise ParameterError(
                f"functions must have the shape of energies {energies.shape}, got "
                f"{tilde.shape} and {gap.shape}"
            )
        if not (np.isfinite(tilde).all() and np.isfinite(gap).all()):
            raise ParameterError("functions must be finite, got NaN or infinity")
        sharp = not (tilde.imag.any() or gap.imag.any())
        if not sharp and (tilde.imag <= 0).any():
            raise ParameterError(
                f"Im of the renormalised energy must be positive, got "
                f"{tilde.imag.min():.3g}; keep some broadening"
            )
        for name, value in (
            ("energies", energies),
            ("renormalised_energy", tilde),
            ("renormalised_gap", gap),
        ):
            object.__setattr__(self, name, value)
        lowest = 0.0 if sharp else self.density_of_states(energies).min()
        if lowest < -1e-9:
            raise ParameterError(
                f"the density of states must be non-negative, got {lowest:.3g}; these "
                "are no retarded functions"
            )

    @classmethod
    def dynes(cls, gap, gamma=0.0):
        """Gap and a constant rate, e~ = e + i gamma; BCS for gamma = 0."""
        gap, gamma = _one("gap", gap), _one("gamma", gamma, non_negative)
        return cls(np.zeros(1), np.full(1, 1j * gamma), np.full(1, gap + 0j), gap)

    @classmethod
    def from_self_energy(cls, grid, gap, self_energy, broadening=0.0):
        """From the result of :func:`tlsbook.retarded.solve_retarded`.

        Parameters
        ----------
        grid : EnergyGrid
        gap : float
            Order parameter the self energy was solved with.
        self_energy : array, shape (2, energies)
            Its two components, the second output of the solver.
        broadening : float
            Imaginary part added to the energy here; it may be smaller than the one the
            self energy was solved with.

        Raises ParameterError for wrong shapes and for functions that are not those of
        a spectrum even in energy.
        """
        sigma = grid._on_grid("self_energy", self_energy)
        if sigma.shape[:-1] != (2,):
            raise ParameterError(
                f"self_energy must have two components, got shape {sigma.shape}"
            )
        mirror = np.stack([-sigma[0, ::-1].conj(), sigma[1, ::-1].conj()])
        asymmetry = np.abs(sigma - mirror).max()
        if asymmetry > 1e-6 * max(1.0, np.abs(sigma).max()):
            raise ParameterError(
                "self_energy must belong to a spectrum even in energy, got an odd "
                f"part of {asymmetry:.2g}"
            )
        sigma = 0.5 * (sigma + mirror)[:, grid.count :]
        energies = grid.energies[grid.count :]
        eta = _one("broadening", broadening, non_negative)
        tilde = energies + 1j * eta - sigma[0]
        gap = _one("gap", gap)
        return cls(energies, tilde, gap + sigma[1], gap)

    def coarser(self):
        """The same functions on every second energy."""
        every = slice(None, None, 2)
        return RetardedFunctions(
            self.energies[every],
            self.renormalised_energy[every],
            self.renormalised_gap[every],
            self.order_parameter,
        )

    @property
    def sharp(self):
        """Whether nothing broadens the functions (BCS)."""
        return not (
            self.renormalised_energy.imag.any() or self.renormalised_gap.imag.any()
        )

    def interpolated(self, energy):
        """Renormalised energy and gap at real energies of either sign, two arrays."""
        energy = np.asarray(energy, dtype=float)
        size, sign = np.abs(energy), np.sign(energy) + (energy == 0)
        shift = np.interp(size, self.energies, self.renormalised_energy - self.energies)
        bare = self.order_parameter
        gap = np.interp(size, self.energies, self.renormalised_gap - bare)
        last = self.energies[-1]
        if last > 0:
            falling = last / np.maximum(size, last)
            shift = falling * shift.real + 1j * shift.imag
            gap = falling * gap
        gap = bare + gap
        tilde = sign * (size + shift.real) + 1j * shift.imag
        gap = gap.real + 1j * sign * gap.imag
        return (tilde.real, gap.real) if self.sharp else (tilde, gap)

    def functions(self, energy):
        """n, p and R at real energies, complex, shape (3, ...); Re n is N(e)/N_f."""
        tilde, gap = self.interpolated(energy)
        with np.errstate(divide="ignore", invalid="ignore"):
            G_3, G_1 = normalised_propagator(tilde, gap)
            root = np.pi * gap / G_1
        return np.array([1j * G_3 / np.pi, G_1 / (1j * np.pi), root])

    def density_of_states(self, energy):
        """N(e)/N_f."""
        return self.functions(energy)[0].real

    def edges(self):
        """Positive energies and widths of the roots of e~ = gap~, two arrays.

        Exact for the interpolated functions within the grid: there the integrands
        nearly diverge.
        """
        start = self.energies
        end = np.append(start[1:], np.inf)
        slopes = []
        for values in (self.renormalised_energy, self.renormalised_gap):
            # Beyond the grid: e~ grows with e, the gap is constant (nearly).
            last = 1.0 if values is self.renormalised_energy else 0.0
            slopes.append(np.append(np.diff(values) / np.diff(start), last))
        with np.errstate(divide="ignore", invalid="ignore"):
            step = (self.renormalised_gap - self.renormalised_energy) / (
                slopes[0] - slopes[1]
            )
        root = start + step
        inside = np.isfinite(root) & (root.real >= start) & (root.real < end)
        root = root[inside & (np.abs(root.imag) < np.abs(root.real))]
        return root.real, np.abs(root.imag)


@dataclass(frozen=True, eq=False)
class Conductivity:
    """Complex conductivity sigma_1 - i sigma_2 over that of the normal state."""

    value: complex | np.ndarray  #: in units of sigma_0 = n_e e^2 tau/m
    #: Estimate of the absolute errors of sigma_1 (real) and sigma_2 (imaginary part):
    #: two rules of integration, and every second energy of the grid left out.
    error: complex | np.ndarray

    @property
    def real(self):
        """sigma_1/sigma_0, absorption."""
        return np.real(self.value)

    @property
    def inductive(self):
        """sigma_2/sigma_0, positive where the superconductor screens."""
        return -np.imag(self.value)


def complex_conductivity(functions, omega, temperature, tau=0.0):
    """Conductivity sigma_1 - i sigma_2 in units of sigma_0; see the module.

    Parameters
    ----------
    functions : RetardedFunctions
    omega : float or array
        Angular frequency > 0, in the unit of energy.
    temperature : float
        T > 0 of the electrons.
    tau : float
        Elastic scattering time >= 0 in inverse units of energy; 0 is the dirty limit.

    Returns
    -------
    Conductivity
        Arrays of the shape of ``omega``.

    Notes
    -----
    Range: weak field; wave vectors small against the inverse of the smaller of mean
    free path and coherence length (local). Panels of Gauss-Legendre points grow
    geometrically from the edges of the spectrum, where inverse square roots are
    removed by a substitution; all nodes of the grid are ends of panels.

    Raises
    ------
    ParameterError
        For values outside these ranges.
    """
    if not isinstance(functions, RetardedFunctions):
        raise ParameterError(
            f"functions must be RetardedFunctions, got {type(functions).__name__}; "
            "see RetardedFunctions.from_self_energy"
        )
    omega = positive("omega", omega)
    T = _one("temperature", temperature)
    tau = _one("tau", tau, non_negative)
    flat = np.atleast_1d(omega).ravel()
    coarse = functions.coarser() if functions.energies.size > 1 else None
    values, errors = np.empty((2, flat.size), dtype=complex)
    for i, w in enumerate(flat):
        values[i], error = _integrate(functions, w, T, tau)
        if coarse is not None:
            other = _integrate(coarse, w, T, tau)[0] - values[i]
            error = error + _both(other)
        errors[i] = error
    shape = np.shape(omega)
    return Conductivity(
        values.conj().reshape(shape)[()], np.array(errors).reshape(shape)[()]
    )


def _both(value):
    return abs(value.real) + 1j * abs(value.imag)


def _integrate(functions, w, T, tau):
    """sigma_1 + i sigma_2 and its error of integration."""
    nodes, singular = _panels(functions, w, T)
    found = []
    for points, weights in _RULES:
        middle, half = 0.5 * (nodes[1:] + nodes[:-1]), 0.5 * np.diff(nodes)
        angle = 0.5 * np.pi * points
        curved = np.where(singular[:, None], np.sin(angle), points)
        slope = np.where(singular[:, None], 0.5 * np.pi * np.cos(angle), 1.0)
        x = (middle[:, None] + half[:, None] * curved).ravel()
        weight = (half[:, None] * slope * weights).ravel()
        found.append(weight @ _integrand(functions, x, w, T, tau))
    return found[0], _both(found[0] - found[1])


def _integrand(functions, x, w, T, tau):
    """Twice the integrand over 4 w: the range below -w/2 is the mirror image."""
    n, p, R = functions.functions(x)
    n1, p1, R1 = functions.functions(x + w)
    both = (1 - n * n1 - p * p1) / (1 + tau * (R + R1))
    mixed = (1 + n.conj() * n1 + p.conj() * p1) / (1 + tau * (R.conj() + R1))
    # tanh' - tanh without cancellation, then t X - t' X* = 2i t Im X - (t' - t) X*.
    step = -2 * np.expm1(-w / T) * expit(-x / T) * expit((x + w) / T)
    value = step * (mixed - both.conj()) + 2j * np.tanh(0.5 * x / T) * both.imag
    return value / (2 * w)


def _panels(functions, w, T):
    """Ends of the panels from -w/2 on, and which of them touch an edge."""
    edges, widths = functions.edges()
    low = -0.5 * w
    centres = np.concatenate([edges, -edges, edges - w, -edges - w])
    widths = np.tile(widths, 4)
    inside = centres > low
    centres, widths = centres[inside], widths[inside]
    scale = np.abs(functions.renormalised_gap).max()
    top = _FAR * (scale + T + w + functions.energies[-1])
    ends = [np.array([low, top]), centres]
    first = _FIRST * min(w, T, scale)
    for centre, width in [*zip(centres, widths, strict=True), (0.0, T), (-w, T)]:
        start = min(first, 0.25 * width) if width > 1e-12 * scale else first
        doubling = start * 2.0 ** np.arange(np.ceil(np.log2(top / start)) + 1)
        ends += [centre - doubling, centre + doubling]
    nodes = functions.energies
    ends += [nodes, nodes - w, -nodes, -nodes - w]
    ends = np.unique(np.concatenate(ends))
    ends = ends[(ends >= low) & (ends <= top)]
    # Panels of no width between ends that differ by rounding.
    keep = np.append(True, np.diff(ends) > 1e-14 * scale)
    ends = ends[keep | np.isin(ends, centres)]
    touched = np.isin(ends, centres)
    return ends, touched[1:] | touched[:-1]


def superfluid_weight(energies, gaps, temperature, tau=0.0):
    r"""Limit of w sigma_2/sigma_0 for w -> 0 from Matsubara frequencies.

    .. math::

       4\pi T\sum_{n\ge0}\frac{\tilde\Delta_n^2}{\tilde\epsilon_n^2+\tilde\Delta_n^2}
       \frac1{1+2\tau R_n}

    equals sigma_0 times the inverse of mu_0 lambda^2; pi Delta tanh(Delta/2T) for BCS
    in the dirty limit. Equilibrium only.

    Parameters
    ----------
    energies, gaps : array, shape (N,)
        Renormalised frequencies and gaps at (2n + 1) pi T, n = 0 ... N - 1, e.g.
        ``frequencies * z_energy`` and ``gap * z_gap`` of a
        :class:`tlsbook.matsubara_gap.GapSolution`; N >= 8.
    temperature : float
        T > 0.
    tau : float
        As in :func:`complex_conductivity`. The sum beyond N is done with
        its asymptotic form 1/n^2 or, for tau > 0, 1/n^3: tau R_N >> 1 is needed then.

    Raises
    ------
    ParameterError
        For values outside these ranges.
    """
    energies = np.atleast_1d(positive("energies", energies))
    gaps = np.atleast_1d(non_negative("gaps", gaps))
    T, tau = _one("temperature", temperature), _one("tau", tau, non_negative)
    if energies.shape != gaps.shape or energies.ndim != 1 or energies.size < 8:
        raise ParameterError(
            "energies and gaps must be two arrays of one length, 8 or more, got shapes "
            f"{energies.shape} and {gaps.shape}"
        )
    root = np.hypot(energies, gaps)
    terms = (gaps / root) ** 2 / (1 + 2 * tau * root)
    count = energies.size
    if tau == 0:
        power = 2
    elif tau * root[-1] > 10:
        power = 3
    else:
        raise ParameterError(
            f"tau R at the last frequency must exceed 10, got {tau * root[-1]:.3g}; "
            "give more frequencies, or tau = 0"
        )
    tail = terms[-1] * (count - 0.5) ** power * zeta(power, count + 0.5)
    return 4 * np.pi * T * (terms.sum() + tail)
