"""Bloch equations of a driven two-level system."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.linalg import expm

from tlsbook import bloch
from tlsbook.bloch import DrivenTLS
from tlsbook.relaxation import relaxation_power
from tlsbook.two_level import SIGMA_X, SIGMA_Y, SIGMA_Z
from tlsbook.validation import ConvergenceError, ParameterError

SLOW = DrivenTLS(
    splitting=1.0,
    p=0.4,
    temperature=0.5,
    rate_1=0.2,
    rate_2=0.13,
    amplitude=1e-4,
    frequency=0.15,
)
RESONANT = replace(SLOW, rate_1=2e-3, rate_2=1.5e-3, amplitude=1e-6, frequency=1.0)


@pytest.mark.parametrize("frequency", [0.6, 0.99, 1.0, 1.7])
@pytest.mark.parametrize("amplitude", [1e-5, 0.1])
def test_rotating_wave_power_counts_quanta(frequency, amplitude):
    # In the rotating frame the field is constant; each flip takes one quantum.
    tls = replace(SLOW, frequency=frequency, amplitude=amplitude)
    rabi, detuning = amplitude * np.sqrt(tls.p), tls.splitting - frequency
    turn = np.array([[0, -detuning, 0], [detuning, 0, -rabi], [0, rabi, 0]])
    thermal = -np.tanh(tls.splitting / (2 * tls.temperature))
    # deviation u = s - s_eq: (turn - R) u = -turn s_eq
    u = np.linalg.solve(turn - np.diag(tls.rates), -turn[:, 2] * thermal)
    quanta = 0.5 * tls.rate_1 * u[2]
    assert bloch.rotating_wave_power(tls) == pytest.approx(frequency * quanta, rel=1e-5)


def test_thermal_polarisation_from_the_density_matrix():
    tls = replace(SLOW, amplitude=0.7)
    time = 1.3
    a = tls.amplitude * np.cos(tls.frequency * time)
    h = 0.5 * tls.splitting * SIGMA_Z
    h = h + a * (np.sqrt(1 - tls.p) * SIGMA_Z + np.sqrt(tls.p) * SIGMA_X)
    rho = expm(-h / tls.temperature)
    rho /= np.trace(rho)
    expected = [np.trace(rho @ s).real for s in (SIGMA_X, SIGMA_Y, SIGMA_Z)]
    np.testing.assert_allclose(
        bloch.thermal_polarisation(tls, time), expected, atol=1e-14
    )


def test_precession_is_that_of_the_hamiltonian():
    # Almost no relaxation, almost no drive: compare with exact unitary evolution.
    tls = replace(SLOW, rate_1=1e-12, rate_2=1e-12, amplitude=1e-12)
    start = np.array([0.3, -0.5, 0.4])
    times = np.linspace(0, 5, 4)
    rho = 0.5 * (start[0] * SIGMA_X + start[1] * SIGMA_Y + start[2] * SIGMA_Z)
    found = bloch.integrate(tls, times, start)
    for time, s in zip(times, found, strict=True):
        u = expm(-0.5j * tls.splitting * SIGMA_Z * time)
        turned = u @ rho @ u.conj().T
        expected = [np.trace(turned @ m).real for m in (SIGMA_X, SIGMA_Y, SIGMA_Z)]
        np.testing.assert_allclose(s, expected, atol=1e-8)


@settings(deadline=None, max_examples=12)
@given(
    p=st.floats(0, 1),
    temperature=st.floats(0.1, 5),
    rate=st.floats(0.02, 0.5),
    extra=st.floats(0, 1),
    log_drive=st.floats(-5, -0.3),
    frequency=st.floats(0.3, 3),
)
def test_two_routes_agree(p, temperature, rate, extra, log_drive, frequency):
    tls = DrivenTLS(
        1.0, p, temperature, rate, rate * (0.5 + extra), 10**log_drive, frequency
    )
    one = bloch.power_in_time(tls, rtol=1e-9)
    two = bloch.power_in_harmonics(tls)
    size = max(abs(two.longitudinal), abs(two.transverse))
    assert abs(one.longitudinal - two.longitudinal) < 1e-7 * size
    assert abs(one.transverse - two.transverse) < 1e-7 * size
    assert one.mean_polarisation == pytest.approx(two.mean_polarisation, abs=1e-7)
    assert one.total > 0
    assert one.error < 1e-5 * size


def test_transient_ends_in_the_periodic_state():
    tls = replace(SLOW, amplitude=0.05)
    periods = 12
    times = np.linspace(0, periods * tls.period, periods * 200 + 1)
    s = bloch.integrate(tls, times, [0.0, 0.0, 1.0])[-201:]
    slope = -tls.frequency * np.sin(tls.frequency * times[-201:])[:, None] * tls.drive
    power = np.mean((0.5 * slope * s).sum(axis=1)[:-1])
    assert power == pytest.approx(bloch.power_in_time(tls).total, rel=1e-6)


@pytest.mark.parametrize("frequency", [0.02, 0.2, 0.7])
def test_relaxation_absorption_is_debye(frequency):
    tls = replace(SLOW, frequency=frequency)
    swing = 2 * tls.amplitude * np.sqrt(1 - tls.p)
    debye = relaxation_power(frequency, 1.0, tls.temperature, swing, tls.rate_1)
    assert bloch.power_in_time(tls).longitudinal == pytest.approx(debye, rel=1e-6)


def test_resonant_area_is_the_golden_rule():
    area, _ = quad(
        lambda angle: (
            bloch.power_in_harmonics(
                replace(
                    RESONANT,
                    splitting=1 + RESONANT.rate_2 * np.tan(angle),
                )
            ).transverse
            * RESONANT.rate_2
            / np.cos(angle) ** 2
        ),
        -1.5,
        1.5,
        epsrel=1e-6,
    )
    area *= np.pi / 3.0  # the wings beyond |angle| = 1.5 of a Lorentzian
    a, p, t = RESONANT.amplitude, RESONANT.p, RESONANT.temperature
    golden = np.pi / 2 * a**2 * p * np.tanh(1 / (2 * t))
    assert area == pytest.approx(golden, rel=1e-4)


@pytest.mark.parametrize("saturation", [1e-6, 0.5, 30.0])
@pytest.mark.parametrize("detuning", [0.0, 1.5])
def test_saturation_on_and_off_resonance(saturation, detuning):
    tls = replace(
        RESONANT,
        splitting=1 - detuning * RESONANT.rate_2,
        amplitude=np.sqrt(saturation * RESONANT.rate_1 * RESONANT.rate_2 / RESONANT.p),
    )
    assert bloch.saturation_parameter(tls) == pytest.approx(saturation)
    # Corrections of order 1/(E T2) and A/E.
    exact = bloch.power_in_harmonics(tls).transverse
    assert bloch.rotating_wave_power(tls) == pytest.approx(exact, rel=6e-3)


@pytest.mark.parametrize("saturation", [1e-8, 3.0, 40.0])
def test_ensemble_power(saturation):
    scale = saturation * RESONANT.rate_1 * RESONANT.rate_2 / RESONANT.p
    tls = replace(RESONANT, amplitude=np.sqrt(scale) / 50, rate_1=4e-5, rate_2=3e-5)
    value, error = bloch.ensemble_power(tls)
    golden = np.pi / 2 * tls.amplitude**2 * tls.p * np.tanh(1 / (2 * tls.temperature))
    factor = bloch.ensemble_saturation(bloch.saturation_parameter(tls))
    assert value == pytest.approx(golden * factor, rel=2e-4)
    assert error < 1e-3 * value
    with pytest.raises(ParameterError, match="line"):
        bloch.ensemble_power(replace(RESONANT, rate_2=0.2))


def test_saturated_ensemble():
    for saturation in (0.0, 1.0, 50.0):
        value, _ = quad(lambda x, s=saturation: 1 / (1 + x * x + s), -np.inf, np.inf)
        expected = bloch.ensemble_saturation(saturation) * np.pi
        assert value == pytest.approx(expected, rel=1e-7)


def test_slow_drive_absorbs_as_the_square_of_the_frequency():
    one = bloch.power_in_harmonics(replace(SLOW, frequency=1e-3)).total
    two = bloch.power_in_harmonics(replace(SLOW, frequency=2e-3)).total
    assert two / one == pytest.approx(4, rel=1e-3)


def test_p_selects_the_mechanism():
    flat = bloch.power_in_harmonics(replace(SLOW, p=0.0))
    steep = bloch.power_in_harmonics(replace(SLOW, p=1.0))
    assert flat.transverse == 0.0
    assert abs(steep.longitudinal) < 1e-12 * steep.transverse


def test_strong_slow_drive_needs_time():
    tls = replace(SLOW, amplitude=50.0, frequency=0.05)
    with pytest.raises(ConvergenceError, match="power_in_time"):
        bloch.power_in_harmonics(tls)


def test_field_that_passes_zero():
    tls = replace(SLOW, p=0.0, amplitude=0.5)  # B_z vanishes once a period
    assert np.isfinite(bloch.power_in_time(tls).total)
    s = bloch.thermal_polarisation(tls, tls.period / 2)
    np.testing.assert_allclose(s, 0, atol=1e-12)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("splitting", 0.0),
        ("p", 1.2),
        ("temperature", -1.0),
        ("rate_1", 0.0),
        ("rate_2", 0.05),
        ("amplitude", 0.0),
        ("frequency", np.nan),
    ],
)
def test_bad_parameters(field, value):
    with pytest.raises(ParameterError, match=field):
        replace(SLOW, **{field: value})


def test_bad_arguments():
    with pytest.raises(ParameterError):
        bloch.integrate(SLOW, [1.0, 0.5])
    with pytest.raises(ParameterError):
        bloch.ensemble_saturation(-1.0)
