import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from tlsbook import occupation
from tlsbook.validation import ParameterError

ratios = st.floats(1e-3, 600.0)
many = settings(max_examples=40, deadline=None)


@given(ratios, st.floats(1e-2, 1e2))
@many
def test_identities_between_occupations(x, temperature):
    energy = x * temperature
    f, n = occupation.fermi(energy, temperature), occupation.bose(energy, temperature)
    assert f + occupation.fermi(-energy, temperature) == pytest.approx(1)
    assert 1 / f - 1 / n == pytest.approx(2, rel=1e-6, abs=1e-9 / f)
    assert occupation.polarisation(energy, temperature) == pytest.approx(1 - 2 * f)
    assert occupation.polarisation(energy, temperature) * (1 + 2 * n) == pytest.approx(
        1
    )


@pytest.mark.parametrize("x", [1e-6, 0.3, 2.0, 40.0, 500.0])
def test_against_high_precision(x):
    exact = mpmath.mpf(x)
    cases = {
        occupation.fermi(x, 1): 1 / (mpmath.e**exact + 1),
        occupation.bose(x, 1): 1 / mpmath.expm1(exact),
        occupation.polarisation_slope(x, 1): mpmath.sech(exact / 2) ** 2 / 2,
        occupation.scattering_average(x, 1): exact / mpmath.sinh(exact),
    }
    for value, reference in cases.items():
        assert float(value) == pytest.approx(float(reference), rel=1e-13, abs=0)


def test_no_overflow_up_to_1e4():
    energy = np.array([-1e4, -800.0, 800.0, 1e4])
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise"):
        warnings.simplefilter("error")
        assert occupation.fermi(energy, 1.0) == pytest.approx([1, 1, 0, 0])
        assert np.all(occupation.polarisation_slope(energy, 1.0) == 0)
        assert np.all(occupation.bose(energy[2:], 1.0) == 0)
        assert occupation.polarisation(energy, 1.0) == pytest.approx([-1, -1, 1, 1])
        assert np.all(occupation.scattering_average(energy, 1.0) == 0)


def test_slope_integrates_to_the_jump_of_the_polarisation():
    area, _ = quad(lambda e: occupation.polarisation_slope(e, 0.7), -40, 40, limit=200)
    assert area == pytest.approx(2, rel=1e-10)


def _scattering_rate(energy, splitting):
    """Rates out of and into an electron state, written out (T = 1)."""
    up = occupation.fermi(splitting, 1.0)
    more = occupation.fermi(energy + splitting, 1.0)
    less = occupation.fermi(energy - splitting, 1.0)
    out = (1 - up) * (1 - less) + up * (1 - more)
    return out + (1 - up) * more + up * less


@pytest.mark.parametrize("splitting", [0.05, 1.0, 3.0, 9.0])
def test_scattering_factors_from_the_rates(splitting):
    at_zero = occupation.scattering_at_fermi_level(splitting, 1.0)
    assert _scattering_rate(0.0, splitting) == pytest.approx(at_zero, rel=1e-10)
    mean, _ = quad(
        lambda e: (
            occupation.polarisation_slope(e, 1.0) / 2 * _scattering_rate(e, splitting)
        ),
        -60,
        60,
        points=[-splitting, 0, splitting],
        limit=400,
    )
    average = occupation.scattering_average(splitting, 1.0)
    assert mean == pytest.approx(average, rel=1e-8)


def test_scattering_average_is_even_and_scalar():
    value = occupation.scattering_average(0.0, 2.0)
    assert isinstance(value, float)
    assert value == 1
    x = np.array([0.99e-4, 1.01e-4])
    assert np.ptp(occupation.scattering_average(x, 1.0)) < 1e-10
    assert occupation.scattering_average(-3.0, 2.0) == pytest.approx(
        occupation.scattering_average(3.0, 2.0)
    )


def test_refuses_bad_input():
    for function in (occupation.fermi, occupation.polarisation, occupation.bose):
        with pytest.raises(ParameterError, match="temperature"):
            function(1.0, 0.0)
        with pytest.raises(ParameterError, match="energy"):
            function(np.nan, 1.0)
    with pytest.raises(ParameterError, match="energy"):
        occupation.bose(0.0, 1.0)
