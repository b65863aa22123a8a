from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from tlsbook import bloch
from tlsbook.resonator import ResonatorHost, saturation, spin_response
from tlsbook.validation import ParameterError

HOST = ResonatorHost(loss=2e-3, filling=0.1, frequency=1.5)


@pytest.mark.parametrize("detuning", [-0.4, 0.1, 1.5])
@pytest.mark.parametrize("rabi", [0.05, 0.8])
def test_response_is_where_the_spin_settles(rabi, detuning):
    """Relaxation in time, in a frame that turns with the field: H = delta, Omega/2."""
    rate_1, rate_2 = 0.3, 0.5
    half = np.array([rabi / 2, 0.0, -detuning])  # field in the frame, H = B.S
    thermal = np.array([0.0, 0.0, -1.0])  # ground state

    def slope(t, s):
        return np.cross(half, s) - [rate_2, rate_2, rate_1] * (s - thermal)

    end = solve_ivp(slope, (0, 150), thermal, rtol=1e-9, atol=1e-11).y[:, -1]
    a = spin_response(rabi, detuning, rate_1, rate_2)
    # the half turn about x of the source: m counts ground minus excited, y is reversed
    assert end[:2] == pytest.approx([a.real, -a.imag], abs=1e-7)


def test_response_gives_the_power_of_the_bloch_module():
    tls = bloch.DrivenTLS(1.003, 0.4, 0.2, 1e-3, 2e-3, 1e-3, 1.0)
    rabi = 2 * np.sqrt(tls.p) * tls.amplitude
    rates = tls.rate_1, tls.rate_2
    assert saturation(rabi, *rates) == pytest.approx(bloch.saturation_parameter(tls))
    m = np.tanh(tls.splitting / (2 * tls.temperature)) / 2
    absorbed = -m * rabi / 2 * spin_response(rabi, -0.003, *rates).imag
    assert absorbed == pytest.approx(bloch.rotating_wave_power(tls), rel=1e-12, abs=0)


@pytest.mark.parametrize("rabi", [1e-4, 0.2])
def test_loss_is_the_sum_over_detunings(rabi):
    """Energy lost over energy stored, system by system, against weak field at T=0."""
    rates, temperature = (2e-3, 3e-3), 0.7

    def per_coupling(coupling):
        def absorbed(phi):
            width = rates[1] * np.sqrt(1 + saturation(coupling, *rates))
            delta = width * np.tan(phi)
            one = -spin_response(coupling, delta, *rates).imag
            return one * width / np.cos(phi) ** 2

        return quad(absorbed, -np.pi / 2, np.pi / 2)[0] / coupling

    thermal = np.tanh(HOST.frequency / 2 / temperature)
    expected = HOST.filling * HOST.loss * thermal
    expected *= per_coupling(rabi) / per_coupling(1e-7)
    found = HOST.inverse_quality(temperature, saturation(rabi, *rates))
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("temperature", [0.1, 0.4, 1.0, 5.0])
def test_shift_is_the_sum_over_all_splittings(temperature):
    """Principal value over the dispersive pull of thermal systems, no digamma."""
    nu = HOST.frequency

    def smooth(energy):
        missing = 2 / (np.exp(energy / temperature) + 1)  # 1 - tanh
        return energy * missing / (energy + nu)

    near = quad(smooth, 0, 2 * nu, weight="cauchy", wvar=nu)[0]
    far = quad(lambda e: smooth(e) / (e - nu), 2 * nu, 2 * nu + 60 * temperature)[0]
    expected = HOST.filling * HOST.loss / np.pi * (near + far)
    assert HOST.shift(temperature) == pytest.approx(expected, rel=1e-7, abs=0)


def test_limits():
    warm = 1e3 * HOST.frequency
    assert HOST.inverse_quality(1e-3 * HOST.frequency) == pytest.approx(2e-4)
    linear = 2e-4 * HOST.frequency / (2 * warm)
    assert HOST.inverse_quality(warm) == pytest.approx(linear, rel=1e-6, abs=0)
    assert HOST.shift(1e-3 * HOST.frequency) == pytest.approx(0, abs=1e-9)
    # logarithm at high temperature: slope F tan(delta)/pi per e-fold
    rise = HOST.shift(np.e * warm) - HOST.shift(warm)
    assert rise == pytest.approx(2e-4 / np.pi, rel=1e-5)
    strong = HOST.inverse_quality(1.0, 4e8) / HOST.inverse_quality(1.0, 1e8)
    assert strong == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"loss": 0.0},
        {"loss": [1e-3, 2e-3]},
        {"filling": 0.0},
        {"filling": 1.1},
        {"filling": [0.1, 0.2]},
        {"frequency": -1.0},
        {"frequency": [1.0, 2.0]},
    ],
)
def test_bad_hosts_are_refused(change):
    good = {"loss": 1e-3, "filling": 0.5, "frequency": 1.0}
    with pytest.raises(ParameterError, match=next(iter(change))):
        ResonatorHost(**(good | change))


def test_bad_arguments_are_refused():
    with pytest.raises(ParameterError, match="temperature"):
        HOST.shift([0.1, 0.0])
    with pytest.raises(ParameterError, match="temperature"):
        HOST.inverse_quality(-1.0)
    with pytest.raises(ParameterError, match="saturation"):
        HOST.inverse_quality(1.0, -0.1)
    with pytest.raises(ParameterError, match="rabi"):
        saturation(-1.0, 1.0, 1.0)
    with pytest.raises(ParameterError, match="rate_1"):
        spin_response(1.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("exponent", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("temperature", [0.05, 0.6, 20.0])
def test_shift_with_a_power_law_by_subtraction(exponent, temperature):
    """The principal value with the pole subtracted, no Cauchy weight."""

    def integrand(e):  # E/nu; the resonator of HOST
        occupied = 1 / (np.exp(np.minimum(1.5 * e / temperature, 700)) + 1)
        return 2 * e ** (1 + exponent) * occupied / (e + 1)

    pole = integrand(1.0)
    near = quad(lambda e: (integrand(e) - pole) / (e - 1), 0, 2, points=[0.1, 0.5, 1])
    far = quad(
        lambda e: integrand(e) / (e - 1), 2, 2 + 50 * temperature, limit=500, points=[5]
    )
    host = replace(HOST, exponent=exponent)
    expected = host.filling * host.loss / np.pi * (near[0] + far[0])
    assert host.shift(temperature) == pytest.approx(expected, rel=1e-6, abs=0)


def test_shift_with_a_power_law_goes_over_into_the_digamma_function():
    temperature = np.array([0.1, 0.7, 4.0])
    nearly = replace(HOST, exponent=1e-9).shift(temperature)
    assert nearly == pytest.approx(HOST.shift(temperature), rel=1e-6, abs=0)


@pytest.mark.parametrize("exponent", [1.0, -0.1, np.nan, [0.1, 0.2]])
def test_bad_exponent_is_refused(exponent):
    with pytest.raises(ParameterError, match="exponent"):
        replace(HOST, exponent=exponent)
