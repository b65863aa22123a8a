"""Absorption at a wide swing of the momentum: integration, sums, closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from tlsbook.nonlinear_absorption import (
    MomentumDrive,
    crossover_swing,
    cycle_power,
    ensemble_power,
    flat_power,
    swing_conductivity,
)
from tlsbook.relaxation import relaxation_power
from tlsbook.tls_conductivity import (
    ExponentialTimes,
    LogUniformTimes,
    OneTime,
    RelaxingDipoles,
)
from tlsbook.validation import ConvergenceError, ParameterError

WIDE = MomentumDrive(0.7, 1.3, bias=0.4, coupling=0.9, dipole=0.5)


def integrated(level, temperature, drive, rate):
    """Power from the rate equation in time, after the start is forgotten."""

    def momentum(t):
        field = drive.frequency * drive.swing * np.cos(drive.frequency * t)
        x = drive.bias * np.cos(drive.angle)
        y = drive.bias * np.sin(drive.angle)
        x += drive.swing * np.sin(drive.frequency * t)
        square = x**2 + y**2 - drive.bias**2
        return level + drive.coupling * square - drive.dipole * field

    def slope(t, state):
        energy = momentum(t)
        change = -rate(energy) * (state[0] + np.tanh(energy / temperature))
        return [change, -change * (energy - level)]

    period = 2 * np.pi / drive.frequency
    cycles = int(np.ceil(25 / (rate(level) * period))) + 1
    ends = period * np.array([cycles, cycles + 1])
    run = solve_ivp(
        slope,
        (0, ends[1]),
        [-np.tanh(level / temperature), 0.0],
        t_eval=ends,
        rtol=1e-10,
        atol=1e-12,
        max_step=period / 50,
    )
    return np.diff(run.y[1])[0] / period


def faster_when_far(energy):
    """A rate that is constant below T = 0.3 and linear above, as for phonons."""
    return 0.5 * np.sqrt(1 + (energy / 0.3) ** 2)


@pytest.mark.parametrize("rate", [lambda e: 0.5 + 0 * e, faster_when_far])
@pytest.mark.parametrize("angle", [0.0, 1.1])
def test_one_system_against_integration_in_time(rate, angle):
    drive = MomentumDrive(0.7, 0.9, 0.4, 0.9, 0.5, angle)
    given_rate = 0.5 if rate(3.0) == 0.5 else rate
    found = cycle_power(0.2, 0.3, drive, given_rate)
    assert found == pytest.approx(integrated(0.2, 0.3, drive, rate), rel=1e-6)


def test_constant_rate_by_both_solvers():
    levels = np.array([-0.3, 0.0, 0.8])
    once = cycle_power(levels, 0.3, WIDE, 0.5)
    other = cycle_power(levels, 0.3, WIDE, lambda e: np.full_like(e, 0.5))
    assert once == pytest.approx(other, rel=1e-8)


def test_small_swing_is_linear_response():
    drive = MomentumDrive(0.7, 1e-4, 0.4, 0.9, 0.5)
    swing = 2 * abs(drive.harmonics[0])
    found = cycle_power(0.2, 0.3, drive, 0.5)
    assert found == pytest.approx(relaxation_power(0.7, 0.4, 0.3, swing, 0.5), rel=1e-4)


@given(
    st.floats(0.05, 5),
    st.floats(0.0, 3),
    st.floats(-2, 2),
    st.floats(-1, 1),
    st.floats(0.1, 3),
    st.floats(0.1, 2),
)
@settings(deadline=None, max_examples=12)
def test_flat_density_makes_the_sum_exact(frequency, bias, alpha, d, rate, temperature):
    drive = MomentumDrive(frequency, 1.0, bias, alpha + 0.01, d, 0.4)
    exact = flat_power(drive, OneTime(1 / rate), density=1.7)
    found = ensemble_power(temperature, drive, rate, density=1.7)
    assert found == pytest.approx(exact, rel=1e-6)


def test_harmonics_are_those_of_the_shift():
    phase = 2 * np.pi * np.arange(64) / 64
    waves = np.fft.fft(WIDE.shift(phase)).conj() / 32
    assert waves[1:3] == pytest.approx(WIDE.harmonics)
    assert np.max(np.abs(waves[3:30])) < 1e-14
    assert np.ptp(WIDE.shift(phase)) <= 2 * WIDE.amplitude


def test_one_system_saturates_and_the_sum_does_not():
    """A step of width T is passed twice a period: the power of one tends to a limit."""
    swings = np.array([20.0, 40.0])
    single, many = [], []
    for p in swings:
        drive = MomentumDrive(1.0, p, dipole=1.0)
        single.append(cycle_power(0.0, 1.0, drive, 0.01))
        many.append(flat_power(drive, OneTime(100.0)))
    assert single[1] / single[0] == pytest.approx(2, rel=0.02)
    assert many[1] / many[0] == pytest.approx(4)


def test_conductivity_is_twice_the_power_over_the_field_squared():
    rng = np.random.default_rng(1)
    times = LogUniformTimes(1e-2, 1e2)
    omega, slope, bias, swing, d = 0.6, 3.0, 0.4, 1.1, 0.8
    tls = RelaxingDipoles(1.7, d, times, 3)
    alphas = slope * d / 2 * rng.normal(size=20_000)
    cosines = rng.uniform(-1, 1, alphas.size)
    powers = [
        flat_power(
            MomentumDrive(omega, swing, bias, a, d * c),
            times,
            density=1.7,
        )
        for a, c in zip(alphas, cosines, strict=True)
    ]
    found = 2 * np.mean(powers) / (omega * swing) ** 2
    error = 2 * np.std(powers) / (omega * swing) ** 2 / np.sqrt(alphas.size)
    exact = swing_conductivity(tls, omega, slope, bias, swing)
    assert abs(found - exact) < 4 * error < 0.1 * exact
    assert swing_conductivity(tls, omega, slope, bias, 0.0) == pytest.approx(
        tls.conductivity(omega, slope * bias)
    )


def test_crossover_has_its_limits():
    assert crossover_swing(OneTime(1e-6), 1.0) == pytest.approx(2)
    assert crossover_swing(OneTime(1e6), 1.0) == pytest.approx(4)
    broad = crossover_swing(LogUniformTimes(1e-9, 1e9), 1.0)
    assert broad == pytest.approx(np.sqrt(8), rel=1e-6)
    times = ExponentialTimes(2.0)
    tls = RelaxingDipoles(1.0, 1e-9, times)
    ratio = crossover_swing(times, 0.7)
    slope = 1e12  # dipoles play no part
    twice = swing_conductivity(tls, 0.7, slope, 0.3, 0.3 * ratio)
    assert twice == pytest.approx(2 * swing_conductivity(tls, 0.7, slope, 0.3, 0.0))


def test_errors_name_what_is_wrong():
    for call, words in (
        (lambda: MomentumDrive(0.0, 1.0), "frequency"),
        (lambda: MomentumDrive(1.0, 0.0), "swing"),
        (lambda: MomentumDrive(1.0, 1.0, -0.1), "bias"),
        (lambda: MomentumDrive(1.0, 1.0, coupling=np.nan), "coupling"),
        (lambda: MomentumDrive(1.0, 0.8, 0.3, depairing=1.0), "depairing"),
        (lambda: cycle_power(0.0, -1.0, WIDE, 1.0), "temperature"),
        (lambda: cycle_power(0.0, 1.0, WIDE, 0.0), "rate"),
        (lambda: cycle_power(0.0, 0.01, WIDE, faster_when_far), "15 T"),
    ):
        with pytest.raises(ParameterError, match=words):
            call()
    MomentumDrive(1.0, 0.8, 0.3, angle=np.pi / 2, depairing=1.0)
    with pytest.raises(ConvergenceError, match="accurate"):
        cycle_power(0.1, 0.3, WIDE, lambda e: 1.0 + (e > 0.1234))
