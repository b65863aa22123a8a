r"""Order parameter and density of states on the real energy axis: He (48), (55), (56).

Natural units hbar = k_B = 1, energies in T_c0; ``alpha = 1/(2 pi tau_in T_c0)``. The
TLS may have another temperature than the electrons.

With the spectra A = -Im G^R/pi of the two components (third and first, as in
:mod:`tlsbook.retarded`) He (73) is a convolution. Let P(x) = p(|x|)/(1 + exp(-x/T_tls))
be the weight of TLS that take the energy x, ground state for x > 0, excited for x < 0.
Then the spectrum of the self energy is ::

    S(e) = alpha [R(e) +- R(-e)],   R(e) = int dx P(x) [A (1 - n_F)](e - x)

(+ for tau_3, - for tau_1): a sum of positive terms, of which nothing cancels. The self
energy is the causal integral of S, He (52). Its real part is done with the sinc
functions of the grid: with a broadening eta the spectra are analytic in a strip of half
width eta, and the error falls as exp(-pi eta/step). Tails beyond the grid are added in
their asymptotic form.

The gap equation is He (48) on the real axis, divided by Delta ::

    ln T = int_0^inf de tanh(e/2T) [Im G_1/(pi Delta) - 1/e]

The broadening adds ``i eta`` to the energy in the propagator; on the imaginary axis it
adds ``eta`` to every frequency. :func:`extrapolated_gap` takes it to zero.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.optimize import brentq
from scipy.special import expit, zeta

from tlsbook import fixed_point
from tlsbook.retarded import EnergyGrid, normalised_propagator
from tlsbook.splitting_distribution import SingleSplitting
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    non_negative,
    positive,
)

__all__ = ["RealAxisSolution", "extrapolated_gap", "real_axis_gap"]

#: Steps in one broadening, at least and by default: errors exp(-pi eta/step).
_FEWEST_STEPS, _STEPS = 2.0, 3.0
#: End of the grid in units of the largest energy, by default and at least.
_REACH, _LEAST_REACH = 15.0, 10.0
#: Largest violation of the sum rule accepted.
_SUM_RULE = 5e-3
#: Broadening at which a solution without a guess starts.
_COARSE = 0.08
#: Nodes in a cell of the grid for the weight of the splittings.
_GAUSS = np.polynomial.legendre.leggauss(4)


@dataclass(frozen=True)
class RealAxisSolution:
    """Self-consistent solution at one broadening, energies in T_c0.

    ``propagator`` and ``self_energy`` have the shape (2, energies) of
    :mod:`tlsbook.retarded`; ``steps`` are the evaluations of the last iteration,
    ``sum_rule`` is the integral of N/N_f - 1 over all energies, which should be zero
    and is an estimate of the error of grid and tails. After an extrapolation
    ``broadening`` is 0 and ``error`` an estimate of what it leaves in the gap.
    """

    gap: float
    temperature: float
    tls_temperature: float
    broadening: float
    grid: EnergyGrid
    propagator: np.ndarray
    self_energy: np.ndarray
    steps: int
    sum_rule: float
    error: float = float("nan")

    @property
    def density(self):
        """N/N_f on the grid, He (53)."""
        return -self.propagator[0].imag / np.pi

    def density_at(self, energy):
        """N/N_f at energies within the grid.

        From the interpolated self energy; without broadening interpolated itself.
        """
        energy = np.asarray(energy, dtype=float)
        grid = self.grid.energies
        if not (np.abs(energy) <= grid[-1]).all():
            raise ParameterError(
                f"energy must lie within the grid, up to {grid[-1]:g}, got {energy}"
            )
        if self.broadening == 0:
            return np.interp(energy, grid, self.density)
        sigma = [np.interp(energy, grid, part) for part in self.self_energy]
        green = normalised_propagator(
            energy + 1j * self.broadening - sigma[0], self.gap + sigma[1]
        )
        return -green[0].imag / np.pi

    @property
    def fermi_level_density(self):
        """N(0)/N_f."""
        return float(self.density[self.grid.count])

    @property
    def rate(self):
        """-Im Sigma_epsilon(0), the rate at which a state at the Fermi level decays."""
        return float(-self.self_energy[0, self.grid.count].imag)

    def at_imaginary(self, frequency):
        """Components of G at i omega, omega > 0, by He (52); shape (2, ...).

        Trapezium on the grid plus tails; the first is imaginary, the second real.
        """
        omega = np.atleast_1d(positive("frequency", frequency)).astype(float)
        count, h = self.grid.count, self.grid.step
        last = int(0.95 * count)
        e = self.grid.energies[count : count + last + 1]
        A = -self.propagator[:, count : count + last + 1].imag / np.pi
        A[0] -= 1
        square = omega[:, None] ** 2 + e**2
        third = np.trapezoid(A[0] / square, dx=h)
        first = np.trapezoid(e * A[1] / square, dx=h)
        far = e > 0.6 * e[-1]
        x, X = e[far], e[-1]
        # Beyond: A_3 -> a/e^2 + b/e^4, A_1 -> a/e + b/e^3, and their integrals.
        angle = np.arctan(omega / X) / omega
        second = (1 / X - angle) / omega**2
        fourth = (1 / (3 * X**3) - second) / omega**2
        a, b = np.linalg.lstsq(np.array([x**-2.0, x**-4.0]).T, A[0, far])[0]
        third = third + a * second + b * fourth
        a, b = np.linalg.lstsq(np.array([1 / x, x**-3.0]).T, A[1, far])[0]
        first = first + a * angle + b * second
        return np.array([-2j * omega * third - 1j * np.pi, -2 * first + 0j])


class _Axis:
    """Grid, weights and kernels of one problem; maps spectra to self energies."""

    def __init__(self, distribution, alpha, T, T_tls, eta, grid):
        self.alpha, self.T, self.eta, self.grid = alpha, T, eta, grid
        self.e = grid.energies
        self.half = self.e[grid.count :]
        self.empty = expit(self.e / T)
        size = self.e.size
        weights = _weights(distribution, T_tls, grid)
        self._length = next_fast_len(2 * size, real=True)
        self._weights = rfft(_circle(weights, self._length))
        j = np.arange(-size + 1, size)
        with np.errstate(divide="ignore", invalid="ignore"):
            sinc = np.where(j % 2 == 0, 0.0, 2.0 / j)
        self._sinc = rfft(_circle(sinc, self._length))
        self._normal = self._outside(weights, [np.ones_like, np.ones_like])[0]
        X = self.half[-1]
        self._beyond = self._outside(
            weights, [lambda e: (X / e) ** 2, lambda e: X / e], inside=False
        )
        edge = 1 - 0.5 / grid.count
        Q = _outer_integrals(np.clip(self.half / X, 0, edge))
        #: Principal parts of the tails u^-1, u^-2, u^-3, u = e/X > 1, even and odd.
        self._tails = (self.half / X * Q[1:], Q[:3])
        self._fit = np.linspace(0.55 * grid.count, 0.95 * grid.count, 60).astype(int)
        u = self.half[self._fit] / X
        self._solve_tail = np.linalg.pinv(u[:, None] ** -np.arange(1.0, 4.0))

    def _outside(self, weights, tails, inside=True):
        """R(e) +- R(-e) of given spectra on a grid of twice the reach."""
        count = self.grid.count
        e = self.grid.step * np.arange(-2 * count, 2 * count + 1)
        empty = expit(e / self.T)
        result = []
        for tail, parity in zip(tails, (1, -1), strict=True):
            values = tail(np.where(e == 0, 1.0, e))
            if not inside:
                values = np.where(np.abs(e) > self.half[-1], values, 0.0)
            length = next_fast_len(2 * e.size, real=True)
            spectrum = rfft(values * empty, length) * rfft(_circle(weights, length))
            R = irfft(spectrum, length)[count : 3 * count + 1]
            result.append((R + parity * R[::-1])[count:])
        return np.array(result)

    def spectrum(self, A):
        """S from the spectra A, both on the energies >= 0, shape (2, ...)."""
        a = A - np.array([[1.0], [0.0]])
        a = np.concatenate([[[1.0], [-1.0]] * a[:, :0:-1], a], axis=1)
        R = irfft(rfft(a * self.empty, self._length) * self._weights, self._length)
        R = R[:, : self.e.size]
        S = R + np.array([[1], [-1]]) * R[:, ::-1]
        S = S[:, self.grid.count :] + a[:, -1:] * self._beyond
        S[0] += self._normal
        return self.alpha * S

    def self_energy(self, S):
        """Causal integral of S (energies >= 0, shape (2, ...)) on energies >= 0."""
        s = S - np.array([[self.alpha], [0.0]])
        # The even and the odd component go through one transform.
        both = np.concatenate([(s[0] - s[1])[:0:-1], s[0] + s[1]])
        both[[0, -1]] /= 2  # so that odd and even points end alike
        both = irfft(rfft(both, self._length) * self._sinc, self._length)
        both = both[: self.e.size]
        right, left = both[self.grid.count :], both[self.grid.count :: -1]
        real = np.array([right - left, right + left]) / 2
        for component, tails in enumerate(self._tails):
            real[component] += self._solve_tail @ s[component, self._fit] @ tails
        sigma = real - 1j * np.pi * s
        sigma[0] -= 1j * np.pi * self.alpha
        return sigma

    def propagator(self, sigma, gap):
        """He (56) on energies >= 0."""
        energy = self.half + 1j * self.eta - sigma[0]
        return normalised_propagator(energy, gap + sigma[1])

    def gap_excess(self, green, gap):
        """Right side minus left side of the gap equation over Delta."""
        e = self.half
        term = green[1].imag / (np.pi * gap)
        value = np.full(e.shape, 0.5 / self.T)
        value[1:] = np.tanh(0.5 * e[1:] / self.T) / e[1:]
        value *= e * term - 1
        last, x = self._fit[-1], e[self._fit]
        form = [x**0, np.log(x), x**-2.0]
        a, b, c = np.linalg.lstsq(np.array(form).T, (term[self._fit] - 1 / x) * x**3)[0]
        Y = e[last]
        tail = (a + b * np.log(Y) + b / 2) / (2 * Y**2) + c / (4 * Y**4)
        return (
            np.trapezoid(value[: last + 1], dx=self.grid.step) + tail - np.log(self.T)
        )

    def excess_states(self, green):
        """Integral of N/N_f - 1 over all energies."""
        last, x = self._fit[-1], self.half[self._fit]
        excess = -green[0].imag / np.pi - 1
        a, b = np.linalg.lstsq(np.array([x**-2.0, x**-4.0]).T, excess[self._fit])[0]
        Y = self.half[last]
        tail = a / Y + b / (3 * Y**3)
        return float(2 * (np.trapezoid(excess[: last + 1], dx=self.grid.step) + tail))


def _outer_integrals(r):
    """Q_p = int_1^inf 2 u^-p/(r^2 - u^2) du for p = 0 ... 3 and 0 <= r < 1."""
    k = np.arange(12)
    small = r < 0.1
    series = [-(r[:, None] ** (2 * k)) @ (2 / (2 * k + p + 1)) for p in range(4)]
    r = np.where(small, 0.5, r)
    closed = [-2 * np.arctanh(r) / r, np.log1p(-(r**2)) / r**2]
    closed += [(2 / (p + 1) + closed[p]) / r**2 for p in range(2)]
    return np.where(small, series, closed)


def _unfold(half):
    """Continue retarded components from energies >= 0 to all: X(-e) = -+ X(e)*."""
    return np.concatenate([[[-1.0], [1.0]] * np.conj(half[:, :0:-1]), half], axis=1)


def _circle(centred, length):
    """A kernel of odd length about its middle, wrapped on a circle."""
    result = np.zeros(length)
    middle = centred.size // 2
    result[: middle + 1] = centred[middle:]
    result[-middle:] = centred[:middle]
    return result


def _weights(distribution, T_tls, grid):
    """Weights of P(x) on the grid: integrals with its linear hat functions."""
    weights = np.zeros(2 * grid.count + 1)
    if isinstance(distribution, SingleSplitting):
        shift = grid.steps(distribution.splitting)
        level = expit(distribution.splitting / T_tls)
        weights[grid.count + shift], weights[grid.count - shift] = level, 1 - level
        return weights
    h = grid.step
    points, share = _GAUSS
    fraction = (1 + points) / 2
    E = h * (np.arange(grid.count)[:, None] + fraction)
    cells = distribution.folded(E) * (share / 2 * h)
    nodes, exact = distribution.nodes
    inside = exact[nodes < E[-1, -1]].sum()
    if abs(cells.sum() - inside) > 2e-3:
        raise ParameterError(
            f"the step {h:g} must resolve the density of splittings, got a norm of "
            f"{cells.sum():.4f} for {inside:.4f}; use a smaller broadening or step"
        )
    cells *= inside / cells.sum()
    for sign in (1, -1):
        part = cells * expit(sign * E / T_tls)
        outer = np.zeros(grid.count + 1)
        outer[:-1] += (part * (1 - fraction)).sum(axis=1)
        outer[1:] += (part * fraction).sum(axis=1)
        weights[grid.count :: sign] += outer
    return weights


def _grid(distribution, alpha, eta, reach, step):
    """Grid on which the scale of the distribution is a point."""
    if step is None:
        step = eta / _STEPS
    elif eta / positive("step", step) < _FEWEST_STEPS:
        raise ParameterError(
            f"step must be at most 1/{_FEWEST_STEPS:g} of the broadening {eta:g}, got "
            f"{step:g}: the grid is too coarse; take a smaller step or broaden more"
        )
    # The spectra take their asymptotic form far beyond splittings and rate.
    largest = max(4.0, distribution.scale, 4 * alpha)
    if reach is None:
        reach = _REACH * largest
    elif positive("reach", reach) < _LEAST_REACH * largest:
        raise ParameterError(
            f"reach must be at least {_LEAST_REACH * largest:g}, for its tails, got "
            f"{reach:g}"
        )
    step = distribution.scale / np.ceil(distribution.scale / step)
    return EnergyGrid(step, int(np.ceil(reach / step)))


def real_axis_gap(
    distribution,
    alpha,
    temperature,
    *,
    tls_temperature=None,
    broadening=2e-3,
    gap=None,
    step=None,
    reach=None,
    guess=None,
    tolerance=1e-5,
    most_steps=200,
):
    """Solve self energy and order parameter on the real axis, He (48), (55), (56).

    Parameters
    ----------
    distribution : SplittingDistribution
        Density of splittings, energies in T_c0.
    alpha : float
        Strength 1/(2 pi tau_in T_c0) >= 0.
    temperature : float
        T/T_c0 > 0 of the electrons, below the transition.
    tls_temperature : float, optional
        That of the TLS, where it is another one.
    broadening : float, optional
        Imaginary part eta of the energy, > 0.
    gap : float, optional
        Keep the order parameter at this value instead of solving for it.
    step, reach : float, optional
        Spacing (at most half the broadening; a third by default) and end of the grid.
    guess : RealAxisSolution, optional
        Where to start; without it the broadening is lowered in steps.
    tolerance : float, optional
        Largest change of any unknown accepted.
    most_steps : int, optional
        Evaluations allowed at each broadening.

    Returns
    -------
    RealAxisSolution

    Raises
    ------
    ParameterError
        For bad input, a grid too coarse for the broadening, and a temperature at
        which the order parameter is not larger than a few broadenings.
    ConvergenceError
        If the iteration does not converge, or the tails beyond the grid violate the
        sum rule.
    """
    alpha = non_negative("alpha", alpha)
    T, eta = positive("temperature", temperature), positive("broadening", broadening)
    T_tls = (
        T if tls_temperature is None else positive("tls_temperature", tls_temperature)
    )
    if gap is not None:
        gap = positive("gap", gap)
    last = _grid(distribution, alpha, eta, reach, step)
    ladder = [(eta, last)]
    while guess is None and ladder[0][0] < _COARSE / 2:
        coarse = min(4 * ladder[0][0], _COARSE)
        ladder.insert(0, (coarse, _grid(distribution, alpha, coarse, reach, None)))
    for width, grid in ladder:
        axis = _Axis(distribution, alpha, T, T_tls, width, grid)
        args = (tolerance, T_tls, most_steps)
        try:
            guess = _solve(axis, gap, guess, *args)
        except ParameterError:
            # Close to the transition a coarse broadening may leave no gap.
            if width == eta:
                raise
        except ConvergenceError:
            if gap is not None or most_steps < 50:
                raise
            guess = _bracketed(axis, guess, *args)
    return guess


def _solve(axis, fixed, guess, tolerance, T_tls, most):
    size = axis.half.size
    start = np.zeros((2, size))
    square = 3.0
    if guess is not None:
        square = guess.gap**2
        old = -guess.self_energy.imag / np.pi
        start = np.array([np.interp(axis.half, guess.grid.energies, s) for s in old])
    if fixed is not None:
        square = fixed**2
    # -d(right side)/d Delta^2: near T_c, and bounded below it.
    stiffness = 7 * zeta(3) / (8 * np.pi**2 * axis.T**2)
    floor, below = (5 * axis.eta) ** 2, None

    def image(x):
        S, gap = x[:-1].reshape(2, size), np.sqrt(x[-1])
        green = axis.propagator(axis.self_energy(S), gap)
        new = axis.spectrum(-green.imag / np.pi)
        square = x[-1]
        if fixed is None:
            slope = stiffness / (1 + 3 * stiffness * square)
            square = square + axis.gap_excess(green, gap) / slope
        return np.append(new.ravel(), square)

    def limit(proposal, x):
        nonlocal below
        proposal[-1] = max(proposal[-1], 0.3 * x[-1])
        if fixed is None and proposal[-1] < floor:
            if below is None:
                below = _solve(axis, np.sqrt(floor), guess, tolerance, T_tls, most)
                _refuse_normal_state(axis, below)
            proposal[-1] = floor
        np.maximum(proposal[:size], 0.0, out=proposal[:size])
        return proposal

    weights = 1 / (1 + axis.half)
    x, steps = fixed_point.iterate(
        image,
        np.append(start.ravel(), square),
        np.concatenate([weights, weights, [np.sqrt(size)]]),
        tolerance=tolerance,
        memory=8,
        most=most,
        limit=limit,
    )
    gap = float(np.sqrt(x[-1]))
    sigma = axis.self_energy(x[:-1].reshape(2, size))
    green = axis.propagator(sigma, gap)
    sum_rule = axis.excess_states(green)
    if abs(sum_rule) > _SUM_RULE:
        raise ConvergenceError(
            f"the integral of N/N_f - 1 is {sum_rule:.1e} instead of zero; raise reach"
        )
    return RealAxisSolution(
        gap=gap,
        temperature=axis.T,
        tls_temperature=T_tls,
        broadening=axis.eta,
        grid=axis.grid,
        propagator=_unfold(green),
        self_energy=_unfold(sigma),
        steps=steps,
        sum_rule=sum_rule,
    )


def _bracketed(axis, guess, *args):
    """Solve for the gap with a root finder around solutions at fixed gaps.

    Close to the transition, where self energy and gap together converge badly.
    """

    def excess(gap):
        nonlocal guess
        guess = _solve(axis, gap, guess, *args)
        return axis.gap_excess(guess.propagator[:, axis.grid.count :], gap)

    low, high = 5 * axis.eta, 10 * axis.eta
    if excess(low) < 0:
        _refuse_normal_state(axis, guess)
    while excess(high) > 0:
        low, high = high, 2 * high
    return _solve(axis, brentq(excess, low, high, xtol=1e-7), guess, *args)


def _refuse_normal_state(axis, solution):
    """Raise if a gap of five broadenings is already too large."""
    green = solution.propagator[:, axis.grid.count :]
    if axis.gap_excess(green, solution.gap) < 0:
        raise ParameterError(
            f"temperature must be below the transition, got T = {axis.T:g} with TLS at "
            f"{solution.tls_temperature:g}: no order parameter above 5 broadenings, "
            f"{5 * axis.eta:g}"
        )


def extrapolated_gap(distribution, alpha, temperature, *, broadening=2e-3, **options):
    """Solution without broadening, and how the Fermi level depends on it.

    Order parameter and self energy are extrapolated from the broadenings eta, 2 eta and
    4 eta by the polynomial through them, the propagator follows by He (56). Reliable
    outside 20 eta around singularities of the self energy, which without broadening are
    inverse square roots; where the extrapolation does not converge, the propagator is
    that of the smallest broadening.

    Parameters
    ----------
    distribution, alpha, temperature
        As in :func:`real_axis_gap`, with its ``options``.
    broadening : float, optional
        The smallest, eta.

    Returns
    -------
    solution : RealAxisSolution
        With ``broadening`` 0; ``error`` is the change of the gap against the linear
        extrapolation.
    broadenings, densities : arrays, shape (3,)
        eta and N(0)/N_f there.

    Raises
    ------
    ParameterError, ConvergenceError
        As :func:`real_axis_gap`.
    """
    eta = positive("broadening", broadening)
    options = dict(options)
    step = options.pop("step", None) or eta / _STEPS
    widths, found = eta * np.array([4.0, 2.0, 1.0]), []
    guess = options.pop("guess", None)
    for width in widths:
        guess = real_axis_gap(
            distribution,
            alpha,
            temperature,
            broadening=width,
            step=step,
            guess=guess,
            **options,
        )
        found.append(guess)
    shares = np.array([1.0, -6.0, 8.0]) / 3
    fine = found[-1]
    gap = float(shares @ [s.gap for s in found])
    sigma = np.tensordot(shares, [s.self_energy for s in found], 1)
    sigma[0].imag = np.minimum(sigma[0].imag, 0.0)
    energies = fine.grid.energies + 1e-12j
    green = normalised_propagator(energies - sigma[0], gap + sigma[1])
    # Where a step of the extrapolation does not shrink, the finest broadening stays.
    linear = 2 * fine.self_energy - found[1].self_energy
    last, before = np.abs([sigma - linear, linear - fine.self_energy]).max(axis=1)
    keep = ((last > before) & (last > 1e-3)) | (green[0].imag > 0)
    green[:, keep] = fine.propagator[:, keep]
    solution = RealAxisSolution(
        gap=gap,
        temperature=fine.temperature,
        tls_temperature=fine.tls_temperature,
        broadening=0.0,
        grid=fine.grid,
        propagator=green,
        self_energy=sigma,
        steps=sum(s.steps for s in found),
        sum_rule=float(shares @ [s.sum_rule for s in found]),
        error=abs(gap - (2 * fine.gap - found[1].gap)),
    )
    return (
        solution,
        widths[::-1],
        np.array([s.fermi_level_density for s in found[::-1]]),
    )
