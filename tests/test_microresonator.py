"""A microresonator in SI against sums over single systems."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad

from tlsbook import materials, phonons
from tlsbook.drift_noise import drift_correlation, remembered_share
from tlsbook.microresonator import Microresonator
from tlsbook.resonator import spin_response
from tlsbook.resonator_simulation import FluctuatingHost
from tlsbook.tunnelling_models import GeneralisedTunnellingModel
from tlsbook.validation import ParameterError

GLASS = phonons.DebyeGlass.from_material(materials.get("vitreous silica"))
ONE = Microresonator(
    frequency=6e9,
    loss=2e-3,
    filling=5e-3,
    host_volume=1e-15,
    permittivity=5.0,
    dipole=3.0,
    dephasing=1e6,
    glass=GLASS,
    exponent=0.3,
)
COLD = 0.02


def sampled(rng, photons, number):
    """Systems near resonance, one by one, from the levels and the field upwards.

    Returns the mean over the box of 1/Q and of the squared relative shift, each summed
    over the systems in the host. Nothing but the density of states is taken from the
    module; moments, field and polarisation are written out.
    """
    omega = 2 * np.pi * ONE.frequency
    rates = ONE.relaxation_rate(COLD), ONE.dephasing_rate(COLD)
    stored = photons * constants.hbar * omega  # J
    epsilon = constants.epsilon_0 * ONE.permittivity
    field = np.sqrt(2 * stored * ONE.filling / (epsilon * ONE.host_volume))
    # Faoro (9) at fixed energy: q = Delta/E with density q^mu/p over the mean of p
    q = rng.uniform(size=number)
    p, norm = 1 - q**2, q**0.3 / (1 - q**2)
    norm = norm / np.mean(norm * p)
    cosine = rng.uniform(-1, 1, number)
    span = 400 * rates[1]
    phase = rng.uniform(-np.pi / 2, np.pi / 2, number)
    detuning = rates[1] * np.tan(phase)  # importance: a Lorentzian line
    energy = constants.hbar * np.pi * rates[1] / np.cos(phase) ** 2  # J a sample
    inside = abs(detuning) < span
    moment = 3.0 * 1e-21 / constants.c * np.sqrt(p) * abs(cosine)  # C m
    rabi = 2 * moment * field / constants.hbar
    a = spin_response(rabi, detuning, *rates)  # over m
    m = np.tanh(constants.hbar * omega / (2 * constants.k * COLD)) / 2
    polarisation = -2 * moment * a * m  # along the field
    # delta nu/nu = -Re P E/(4 U), 1/Q = Im P E/(2 U) for a stored energy U each
    shift = -polarisation.real * field / (4 * stored)
    loss = polarisation.imag * field / (2 * stored)
    count = ONE.density_of_states() * ONE.host_volume * energy * norm * inside
    return np.mean(count * loss), np.mean(count * shift**2)


def test_loss_and_noise_are_sums_over_systems():
    rng = np.random.default_rng(5)
    few = 1e-3  # photons, weak field
    loss, square = sampled(rng, few, 400_000)
    assert loss == pytest.approx(ONE.inverse_quality(COLD, few), rel=0.02)
    # pi/2 W for static levels; what drifts away in a logarithm of time
    width, drift = ONE.line_width(COLD, few), 1.5 * 1e6 * (COLD / 0.1) ** 1.3
    steps = np.array([1.0, 1.02])
    remembered = remembered_share(steps, ONE.slowest, ONE.fastest)
    change = drift_correlation(width, drift, remembered) / (np.pi / (2 * width))
    expected = -square * np.diff(change)[0] / np.log(1.02)
    assert ONE.flicker(COLD, few) == pytest.approx(expected, rel=0.03)


def test_number_of_systems_in_the_line():
    """Mean of a unit-height Lorentzian over a flat density: pi W."""
    width = ONE.line_width(COLD, 50.0)
    area = quad(lambda x: 1 / (1 + (x / width) ** 2), -np.inf, np.inf)[0]
    density = ONE.density_of_states() * constants.hbar  # per angular frequency
    expected = density * ONE.host_volume * area
    assert ONE.systems_in_line(COLD, 50.0) == pytest.approx(expected, rel=1e-6)
    # tan(delta) = pi P d^2/(3 eps) of isotropic dipoles
    moment = 3.0 * 3.33564e-30
    loss = np.pi * ONE.density_of_states() * moment**2 / (3 * 5 * constants.epsilon_0)
    assert loss == pytest.approx(2e-3, rel=1e-5)


def test_noise_is_that_of_the_simulated_host():
    """Another object with other parameters, whose noise a simulation confirms."""
    k = constants.k
    moment = 3.0 * 1e-21 / constants.c
    interaction = moment**2 / (constants.epsilon_0 * 5.0) / k * 1e27  # K nm^3
    nu = constants.h * 6e9 / k
    per_kelvin = ONE.density_of_states() * k * 1e-27  # at nu; 1/(K nm^3)
    density = per_kelvin / (nu / 100.0) ** 0.3
    model = GeneralisedTunnellingModel(density, 0.3, 100.0, 1e-9)
    host = FluctuatingHost(
        model,
        interaction,
        nu,
        COLD,
        ONE.dephasing_rate(COLD) * constants.hbar / k,
        ONE.slowest,
        ONE.fastest,
        1e-15 * 1e27,
        filling=5e-3,
    )
    pure = 1e6 * (COLD / 0.1) ** 1.3 * constants.hbar / k
    abundance = 1.5 * pure / host.drift_width
    host = replace(host, abundance=abundance)
    times = np.array([0.98, 1.02])
    slope = -np.diff(host.correlation(times))[0] / np.log(times[1] / times[0])
    # The host leaves out the smallest tunnelling fractions, 2 % of the noise.
    assert slope == pytest.approx(ONE.flicker(COLD), rel=0.03)


def test_spectrum_is_the_transform_of_the_correlation():
    """One-sided: S = (2/pi f) int (-dC/dt) sin(2 pi f t) dt, correlation by itself."""
    f = 0.05
    times = np.geomspace(1e-9, 1e9, 400_001)
    width, drift = ONE.line_width(COLD), 1.5 * 1e6 * (COLD / 0.1) ** 1.3
    kept = remembered_share(times, ONE.slowest, ONE.fastest)
    level = drift_correlation(width, drift, kept)
    at = 1 / (2 * np.pi * f)
    scale = np.interp(np.log(at), np.log(times), -np.gradient(level, np.log(times)))
    damped = np.exp(-times / (30 * at))  # the integrand oscillates without end
    slope = -np.gradient(level, np.log(times)) * damped
    transform = np.trapezoid(slope * np.sin(times / at), np.log(times))
    assert 2 / np.pi * transform == pytest.approx(scale, rel=0.05)


def test_strong_field_loss_falls_with_the_root_and_noise_with_the_power():
    n = 1e5 * ONE.critical_photons(COLD)
    loss = ONE.inverse_quality(COLD, 4 * n) / ONE.inverse_quality(COLD, n)
    assert loss == pytest.approx(0.5, rel=0.02)
    assert ONE.flicker(COLD, 4 * n) / ONE.flicker(COLD, n) == pytest.approx(
        0.25, rel=0.02
    )


def test_saturation_follows_from_the_rabi_frequency():
    n = 37.0
    omega = 2 * np.pi * 6e9
    voltage_like = 2 * n * constants.hbar * omega * 5e-3
    field = np.sqrt(voltage_like / (constants.epsilon_0 * 5.0 * 1e-15))
    rabi = 2 * 3.0 * 3.33564e-30 * field / constants.hbar / np.sqrt(3)
    rates = ONE.relaxation_rate(COLD) * ONE.dephasing_rate(COLD)
    assert ONE.saturation(COLD, n) == pytest.approx(rabi**2 / 4 / rates, rel=1e-5)
    assert ONE.critical_photons(COLD) * ONE.saturation(COLD, 1) == pytest.approx(1)


def test_rates():
    assert ONE.dephasing_rate(0.1) - ONE.relaxation_rate(0.1) / 2 == pytest.approx(1e6)
    pure = [ONE.dephasing_rate(t) - ONE.relaxation_rate(t) / 2 for t in (0.1, 0.2)]
    assert np.log2(pure[1] / pure[0]) == pytest.approx(1.3)


@settings(deadline=None, max_examples=30)
@given(
    st.floats(-22, -8),
    st.floats(3, 7),
    st.sampled_from(["hanger", "reflection"]),
    st.floats(0, 1e-5),
)
def test_photons_are_consistent_with_the_loss_at_that_power(
    log_power, log_q, geometry, other
):
    power, q_c = 10**log_power, 10**log_q
    n = ONE.photons(power, q_c, COLD, other=other, geometry=geometry)
    inverse = 1 / q_c + ONE.inverse_quality(COLD, n) + other
    omega = 2 * np.pi * ONE.frequency
    factor = {"hanger": 2, "reflection": 4}[geometry]
    # power balance: lost = n hbar omega^2/Q_i, coupled out n hbar omega^2/Q_c
    expected = factor * power / (q_c * constants.hbar * omega**2 * inverse**2)
    assert n == pytest.approx(expected, rel=1e-8, abs=0)


def test_critical_coupling_in_reflection_absorbs_everything():
    other = 1e-4 - ONE.inverse_quality(COLD)
    weak = 1e-25
    n = ONE.photons(weak, 1e4, COLD, other=other, geometry="reflection")
    omega = 2 * np.pi * ONE.frequency
    dissipated = n * constants.hbar * omega**2 * 1e-4
    assert dissipated == pytest.approx(weak, rel=1e-6, abs=0)
    beside = ONE.photons(weak, 1e4, COLD, other=other)
    assert beside == pytest.approx(n / 2, rel=1e-6, abs=0)  # half goes past


def test_allan_deviation_of_flicker_noise():
    # sigma^2 = int S_y 2 sin(pi f t)^4/(pi f t)^2 df with S_y = h/f
    x = np.geomspace(1e-6, 1e4, 2_000_000)
    weight = np.trapezoid(2 * np.sin(x) ** 4 / x**3, x)
    sigma = ONE.allan_deviation(COLD, 10.0)
    expected = ONE.flicker(COLD, 10.0) * weight
    assert sigma**2 == pytest.approx(expected, rel=1e-4, abs=0)


def test_shift_between_two_temperatures():
    expected = ONE.shift(0.3) - ONE.shift(0.02)
    assert ONE.shift(0.3, 0.02) == pytest.approx(expected, rel=1e-9, abs=0)
    assert ONE.shift(1.0, 0.3) > 0


def test_twice_the_volume_has_half_the_noise_and_half_the_saturation():
    double = replace(ONE, host_volume=2e-15)
    assert double.flicker(COLD) == pytest.approx(ONE.flicker(COLD) / 2, rel=1e-6, abs=0)
    assert double.saturation(COLD, 2.0) == pytest.approx(ONE.saturation(COLD, 1.0))


def test_conditions_name_what_fails():
    assert all(ONE.conditions(COLD).values())
    small = replace(ONE, host_volume=1e-18)
    bad = [words for words, good in small.conditions(COLD).items() if not good]
    assert bad == ["ten TLS or more in the line"]
    assert not ONE.conditions(20.0)["T at most a tenth of the cut-off E_max"]


@pytest.mark.parametrize(
    "change",
    [
        {"loss": 0.0},
        {"loss": np.nan},
        {"filling": 1.2},
        {"exponent": 1.0},
        {"exponent": -0.1},
        {"dipole": -1.0},
        {"cut_off": 0.1},
        {"host_volume": [1e-15, 2e-15]},
        {"glass": "vitreous silica"},
    ],
)
def test_bad_values_are_refused(change):
    with pytest.raises(ParameterError):
        replace(ONE, **change)


def test_bad_calls_are_refused():
    with pytest.raises(ParameterError, match="temperature"):
        ONE.dephasing_rate(-0.1)
    with pytest.raises(ParameterError, match="photons"):
        ONE.saturation(COLD, -1)
    with pytest.raises(ParameterError, match="geometry"):
        ONE.photons(1e-15, 1e5, COLD, geometry="transmission line")
    with pytest.raises(ParameterError, match="power"):
        ONE.photons(-1e-15, 1e5, COLD)
    with pytest.raises(ParameterError, match="loop"):
        ONE.flicker(np.array([0.02, 0.1]))
    with pytest.raises(ParameterError, match="frequency"):
        ONE.noise(0.0, COLD)
    assert ONE.photons(0.0, 1e5, COLD) == 0.0
    with pytest.raises(ParameterError, match="temperature"):
        ONE.photons(0.0, 1e5, -1.0)
    pair = [COLD, 0.1]
    for arguments in ((pair, 1e5, COLD), (1e-15, pair, COLD), (1e-15, 1e5, pair)):
        with pytest.raises(ParameterError, match="one number"):
            ONE.photons(*arguments)
    with pytest.raises(ParameterError, match="other must be one number"):
        ONE.photons(1e-15, 1e5, COLD, other=pair)
    with pytest.raises(ParameterError, match="geometry"):
        ONE.photons(1e-15, 1e5, COLD, geometry=["hanger"])
    with pytest.raises(ParameterError, match="temperature must be one number"):
        ONE.conditions(pair)
    with pytest.raises(ParameterError, match="photons must be one number"):
        ONE.allan_deviation(COLD, pair)
