from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad

from tlsbook.film import DiffusiveFilm
from tlsbook.film_spectra import CarryingFilm
from tlsbook.tls_conductivity import ExponentialTimes, LogUniformTimes, OneTime
from tlsbook.validation import ParameterError

FILM = DiffusiveFilm.from_material("aluminium", 20e-9, 10e-9)
TIMES = LogUniformTimes(1e-11, 1e6)
SAMPLE = CarryingFilm(FILM, 2e-6, 50e-6, 1e45, TIMES, 0.1)
K, HBAR, CHARGE = constants.k, constants.hbar, constants.e


def by_telegraph(sample, omega, current):
    """One-sided noise as a sum over two-level systems, each a telegraph signal.

    Levels and times by quadrature; the current of one system is that of its dipole,
    in any direction, and the change of the superfluid density that goes with alpha.
    """
    film, kelvin = sample.film, K * sample.temperature
    momentum = film.momentum_at(current / sample.width)
    alpha = sample.strength * film.diffusion / (HBAR * np.sqrt(film.conductance))
    arm = sample.dipole * CHARGE * film.fermi_wavelength
    jump = (omega * arm) ** 2 / 3 + (2 * CHARGE * alpha * momentum) ** 2
    # Variance of sigma_z: 1/cosh^2(E/2T), over all splittings E.
    thermal = quad(lambda x: 2 * kelvin / np.cosh(x) ** 2, 0, 40)[0]
    low, high = np.log(sample.times.shortest), np.log(sample.times.longest)

    def lag(x):
        tau = np.exp(x)
        return tau * sample.times.density(tau) * 2 * tau / (1 + (omega * tau) ** 2)

    middle = np.clip(-np.log(omega), low, high)
    edges = np.unique([low, middle - 8, middle, middle + 8, high]).clip(low, high)
    spread = sum(
        quad(lag, a, b, epsabs=0, limit=200)[0] for a, b in pairwise(edges) if b > a
    )
    count = sample.systems * film.thickness * sample.width * sample.length
    return 2 * count * thermal * jump / sample.length**2 * spread


@pytest.mark.parametrize("omega", [1e-3, 1.0, 1e4, 1e8])
@pytest.mark.parametrize("current", [0.0, 1e-7, 1e-5])
def test_noise_against_the_sum_over_telegraph_signals(omega, current):
    expected = by_telegraph(SAMPLE, omega, current)
    # Ratios: the noise is far below the absolute tolerance of approx.
    assert SAMPLE.noise(omega, current) / expected == pytest.approx(1, rel=1e-3)


def test_noise_of_zero_point_motion_above_the_temperature():
    cold = replace(SAMPLE, temperature=0.01)
    omega = 2e10
    absorbed = cold.conductivity(omega, 1e-5) * cold.width / cold.length
    # Occupation n and n + 1 of the field, symmetrised.
    photons = 1 / np.expm1(HBAR * omega / (K * 0.01))
    expected = 4 * HBAR * omega * (photons + 0.5) * absorbed
    assert cold.noise(omega, 1e-5) / expected == pytest.approx(1)
    assert cold.noise(omega, 1e-5) > 3 * 4 * K * 0.01 * absorbed
    assert cold.thermal_frequency == pytest.approx(0.2084e9, rel=1e-3)


@pytest.mark.parametrize("times", [TIMES, OneTime(1e-3), ExponentialTimes(1e-3)])
def test_enhancement_does_not_know_the_times(times):
    sample = replace(SAMPLE, times=times, systems=3e44)
    current = np.array([1e-6, 1e-5])
    momentum = FILM.momentum_at(current / sample.width)
    for omega in (1.0, 1e9):
        ratio = sample.noise(omega, current) / sample.noise(omega)
        assert ratio == pytest.approx(1 + 3 * FILM.enhancement(omega, momentum))
        assert sample.enhancement(omega, current) == pytest.approx(ratio)


@given(st.floats(-9, -6), st.floats(0.3, 3), st.floats(0.3, 3))
@settings(max_examples=25, deadline=None)
def test_noise_of_a_small_current_is_inverse_in_the_area(exponent, wide, long):
    current = 10**exponent
    other = replace(
        SAMPLE, width=wide * SAMPLE.width, length=long * SAMPLE.length
    ).noise(1.0, current)
    assert other * wide * long / SAMPLE.noise(1.0, current) == pytest.approx(
        1, rel=1e-3
    )


def test_corner_is_where_the_parts_meet():
    corner = SAMPLE.corner(1e-6)
    omega = 2 * np.pi * corner
    assert SAMPLE.noise(omega, 1e-6) / SAMPLE.noise(omega) == pytest.approx(2)
    largest = SAMPLE.corner(SAMPLE.critical_current)
    assert largest <= FILM.gap / constants.h


def test_bad_input_names_the_condition_of_the_source():
    with pytest.raises(ParameterError, match=r"thickness < coherence length \(Liu, u9"):
        replace(SAMPLE, film=replace(FILM, thickness=3e-7))
    with pytest.raises(ParameterError, match="temperature < gap"):
        replace(SAMPLE, temperature=2.5)
    with pytest.raises(ParameterError, match=r"hbar omega < Delta \(Liu u4\)"):
        SAMPLE.noise(1e12)
    with pytest.raises(ParameterError, match=r"critical one.*p_s << p_d"):
        SAMPLE.crossover(1.1 * SAMPLE.critical_current)
    with pytest.raises(ParameterError, match="exchange the cut-offs"):
        LogUniformTimes(1.0, 1e-3)
    for name in ("width", "length", "systems", "temperature", "strength", "dipole"):
        for value in (0.0, -1.0, np.nan, np.ones(2)):
            with pytest.raises(ParameterError, match=name):
                replace(SAMPLE, **{name: value})
    with pytest.raises(ParameterError, match="times"):
        replace(SAMPLE, times=1.0)
    with pytest.raises(ParameterError, match="film"):
        replace(SAMPLE, film="aluminium")
    with pytest.raises(ParameterError, match="single numbers"):
        replace(SAMPLE, film=replace(FILM, thickness=np.array([2e-8, 3e-8])))
