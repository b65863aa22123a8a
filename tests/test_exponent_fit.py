"""mu from tables of measurements; the data come from other modules than the fit."""

import builtins
import io
from dataclasses import replace

import numpy as np
import pytest

from tlsbook import exponent_fit as ef
from tlsbook import materials, phonons
from tlsbook.microresonator import Microresonator
from tlsbook.spectral_diffusion import ThermalEnvironment
from tlsbook.tunnelling_models import GeneralisedTunnellingModel
from tlsbook.validation import ConvergenceError, ParameterError

GLASS = phonons.DebyeGlass.from_material(materials.get("vitreous silica"))
#: Relaxation far below the dephasing, as the fits assume.
SAMPLE = Microresonator(
    frequency=6e9,
    loss=2e-3,
    filling=5e-3,
    host_volume=1e-15,
    permittivity=5.0,
    dipole=3.0,
    dephasing=1e8,
    glass=GLASS,
    exponent=0.3,
)
KELVIN = np.geomspace(0.02, 0.3, 8)


def noisy(rng, exact, error):
    return np.asarray(exact) * np.exp(error * rng.standard_normal(np.shape(exact)))


def quality_table(rng, error=0.02, sample=SAMPLE):
    n, T = (a.ravel() for a in np.meshgrid(np.geomspace(1, 1e8, 9), KELVIN))
    q = 1 / (sample.inverse_quality(T, n) + 3e-7)
    columns = {"photons": n, "temperature_K": T, "q_i": noisy(rng, q, error)}
    return ef.Table("quality", {**columns, "relative_error": np.full(n.shape, error)})


def noise_table(rng, error=0.05):
    f, T = (a.ravel() for a in np.meshgrid([0.01, 0.1, 1.0], KELVIN))
    s = [SAMPLE.noise(one, t) for one, t in zip(f, T, strict=True)]
    columns = {
        "frequency_Hz": f,
        "temperature_K": T,
        "s_y_per_Hz": noisy(rng, s, error),
    }
    return ef.Table("noise", {**columns, "relative_error": np.full(f.shape, error)})


def frequency_table(rng, error=30.0):
    T = np.geomspace(0.05, 1.0, 16)
    f = 6e9 * (1 + SAMPLE.shift(T, 0.05)) + error * rng.standard_normal(T.shape)
    columns = {"temperature_K": T, "resonance_Hz": f}
    return ef.Table("frequency", {**columns, "error_Hz": np.full(T.shape, error)})


def dephasing_table(rng, error=0.05, mu=0.24):
    rate = 3e6 * (KELVIN / 0.1) ** (1 + mu)
    columns = {"temperature_K": KELVIN, "rate_per_s": noisy(rng, rate, error)}
    full = np.full(KELVIN.shape, error)
    return ef.Table("dephasing", {**columns, "relative_error": full})


CASES = {
    "quality": (quality_table, {"resonance": 6e9}, 0.3),
    "noise": (
        noise_table,
        {"resonance": 6e9, "width": 1e8, "decay": SAMPLE.relaxation_rate(1e-3)},
        0.3,
    ),
    "frequency": (frequency_table, {"resonance": 6e9}, 0.3),
    "dephasing": (dephasing_table, {}, 0.24),
}


@pytest.mark.parametrize("kind", CASES)
def test_the_truth_lies_within_the_errors(kind):
    make, options, truth = CASES[kind]
    pulls, freedom = [], []
    for seed in range(6):
        found = ef.fit(make(np.random.default_rng(seed)), **options)
        pulls.append((found.mu - truth) / found.error)
        freedom.append(found.chi_square / found.freedom)
        assert found.error < 0.1
        assert not found.at_bound
    # root mean square of six standard normal numbers: below 2 at 99.98 percent
    assert np.sqrt(np.mean(np.square(pulls))) < 2
    assert 0.4 < np.mean(freedom) < 1.6


def test_the_other_parameters_mean_what_they_say():
    found = ef.fit(quality_table(np.random.default_rng(3), 0.005), resonance=6e9)
    assert found.values["amplitude"] == pytest.approx(1e-5, rel=0.02)  # F tan(delta)
    assert found.values["other"] == pytest.approx(3e-7, rel=0.05)
    thermal = np.tanh(6e9 * ef.kelvin_per_hertz / 0.2)
    critical = SAMPLE.critical_photons(0.1)
    assert found.values["n_0"] / thermal == pytest.approx(critical, rel=0.05)
    shift = ef.fit(frequency_table(np.random.default_rng(3), 3.0), resonance=6e9)
    assert shift.values["amplitude"] == pytest.approx(1e-5, rel=0.02)
    noise = ef.fit(noise_table(np.random.default_rng(3)), resonance=6e9, width=1e8)
    at_one = SAMPLE.noise(1.0, 0.1)
    assert noise.values["amplitude"] == pytest.approx(at_one, rel=0.1)
    # drifting levels: a little flatter than 1/f, and the fit finds by how much
    ends = [SAMPLE.noise(f, 0.1) for f in (0.01, 1.0)]
    assert noise.values["slope"] == pytest.approx(
        -np.log(ends[1] / ends[0]) / np.log(100), abs=0.02
    )
    assert 0.9 < noise.values["slope"] < 0.99


def test_a_flat_density_is_told_from_a_power_law():
    flat = quality_table(np.random.default_rng(7), sample=replace(SAMPLE, exponent=0.0))
    assert ef.fit(flat, resonance=6e9).mu < 0.05
    curved = quality_table(np.random.default_rng(7))
    best = ef.fit(curved, resonance=6e9)
    held = ef.fit(curved, resonance=6e9, hold={"mu": 0.0})
    assert held.chi_square > best.chi_square + 50
    assert held.fixed == ("mu",)
    assert held.error == 0.0


def test_decay_of_the_systems_is_taken_into_account():
    """With T_1 of the phonons of silica as large as the dephasing when cold."""
    sample = replace(SAMPLE, dephasing=2e7)
    table = quality_table(np.random.default_rng(2), 0.005, sample)
    decay = sample.relaxation_rate(1e-3)  # at T = 0
    assert decay / 2 > 0.2 * (sample.dephasing_rate(0.02) - decay / 2)
    without = ef.fit(table, resonance=6e9)
    found = ef.fit(table, resonance=6e9, width=2e7, decay=decay)
    assert abs(found.mu - 0.3) < 3 * found.error < 0.03
    assert without.mu < 0.26
    with pytest.raises(ParameterError, match="width"):
        ef.fit(table, resonance=6e9, decay=decay)
    with pytest.raises(ParameterError, match="decay"):
        ef.fit(table, resonance=6e9, width=2e7, decay=-1.0)


def test_models_with_decay_are_those_of_the_resonator():
    """Where decay by phonons makes half of the line or more, warm and cold."""
    sample = replace(SAMPLE, dephasing=1e6)
    decay = sample.relaxation_rate(1e-3)
    assert decay / 2 > 0.5 * sample.dephasing
    options = {"resonance": 6e9, "width": 1e6, "decay": decay}
    n, T = (a.ravel() for a in np.meshgrid([1.0, 1e3, 1e6], [0.02, 0.1, 0.6]))
    thermal = np.tanh(6e9 * ef.kelvin_per_hertz / 0.2)
    values = {"mu": 0.3, "amplitude": 1e-5, "other": 3e-7}
    values["n_0"] = sample.critical_photons(0.1) * thermal
    found = ef.model("quality", {"photons": n, "temperature_K": T}, values, **options)
    expected = 1 / (sample.inverse_quality(T, n) + 3e-7)
    assert found == pytest.approx(expected, rel=1e-6)
    # half of the fluctuators remembered after 1/(2 pi 2 Hz)
    middle = 4 * np.pi * np.exp(-np.euler_gamma)
    sample = replace(sample, slowest=middle / 1e6, fastest=middle * 1e6)
    values = {"mu": 0.3, "amplitude": 2 * sample.noise(2.0, 0.1), "slope": 1.0}
    kelvin = [0.1, 0.02, 0.6, 0.02]  # in no order
    columns = {"frequency_Hz": np.full(4, 2.0), "temperature_K": kelvin}
    found = ef.model("noise", columns, values, **options)
    expected = [sample.noise(2.0, T) for T in kelvin]
    assert found == pytest.approx(expected, rel=1e-3, abs=0)


def test_logarithms_of_the_environment_bias_mu_upwards():
    """Gamma_2 of a glass of neighbours is no pure power: 1 + mu and a little more."""
    model = GeneralisedTunnellingModel(1e-4, 0.3, 100.0, 1e-7)
    bulk = ThermalEnvironment(model, 10.0, GLASS.strength_kelvin)
    rate = [bulk.dephasing_rate(t) for t in KELVIN]
    columns = {"temperature_K": KELVIN, "rate_per_s": rate}
    full = np.full(KELVIN.shape, 0.01)
    found = ef.fit(ef.Table("dephasing", {**columns, "relative_error": full}))
    middle = bulk.local_exponent(np.sqrt(KELVIN[0] * KELVIN[-1])) - 1
    assert found.mu == pytest.approx(middle, abs=0.01)
    assert 0.3 < found.mu < 0.4


@pytest.mark.parametrize("kind", ef.KINDS)
def test_the_template_can_be_read(kind):
    table = ef.read_table(io.StringIO(ef.TEMPLATES[kind]), kind)
    assert len(table) == 1
    assert table.measured[0] > 0
    assert table.error[0] > 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "temperature_K,rate_per_s,relative_error\n",
        "T,rate\n0.05,1e6\n",
        "temperature_K,rate_per_s,relative_error\n0.05,1e6\n",
        "temperature_K,rate_per_s,relative_error\n0.05,fast,0.1\n",
        "temperature_K,rate_per_s,relative_error\n-0.05,1e6,0.1\n",
        "temperature_K,rate_per_s,relative_error\n0.05,1e6,1.5\n",
    ],
)
def test_malformed_tables_are_refused(text):
    with pytest.raises(ParameterError):
        ef.read_table(io.StringIO(text), "dephasing")


def test_errors_are_those_of_the_data_not_of_the_misfit():
    """Two parameters of a straight line, no scatter: the textbook's error."""
    x = np.log(KELVIN / 0.1)
    rate = 3e6 * (KELVIN / 0.1) ** 1.24
    columns = {"temperature_K": KELVIN, "rate_per_s": rate}
    table = ef.Table("dephasing", {**columns, "relative_error": np.full(8, 0.05)})
    found = ef.fit(table)
    expected = 0.05 / np.sqrt(np.sum((x - x.mean()) ** 2))
    assert found.error == pytest.approx(expected, rel=0.02)
    assert found.chi_square < 1e-6


def test_everything_held_gives_the_sum_of_squares():
    table = dephasing_table(np.random.default_rng(4))
    hold = {"mu": 0.24, "amplitude": 3e6}
    found = ef.fit(table, hold=hold)
    residual = np.log(3e6 * (KELVIN / 0.1) ** 1.24 / table.measured) / 0.05
    assert found.chi_square == pytest.approx(np.sum(residual**2))
    assert found.freedom == len(table)
    assert found.values == pytest.approx(hold)


@pytest.mark.parametrize(
    ("hold", "message"),
    [
        ({"mu": 2.0}, "mu must be in"),
        ({"mu": -0.1}, "mu must be in"),
        ({"mu": np.nan}, "mu must be finite"),
        ({"mu": [0.1, 0.2]}, "mu must be one number"),
        ({"amplitude": -1.0}, "amplitude must be positive"),
        ({"amplitude": "large"}, "amplitude must be a real number"),
        (["mu"], "hold must be a dict"),
    ],
)
def test_bad_values_are_not_held(hold, message):
    with pytest.raises(ParameterError, match=message):
        ef.fit(dephasing_table(np.random.default_rng(0)), hold=hold)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resonance": [6e9, 7e9]}, "resonance must be one number"),
        ({"resonance": np.nan}, "resonance must be finite"),
        ({"width": [1e6, 2e6]}, "width must be one number"),
        ({"width": -1.0}, "width must be positive"),
        ({"decay": [1e5, 2e5]}, "decay must be one number"),
        ({"decay": np.nan}, "decay must be finite"),
    ],
)
@pytest.mark.parametrize("kind", ["quality", "noise", "frequency"])
def test_bad_properties_of_the_resonator_are_refused(kind, change, message):
    table = CASES[kind][0](np.random.default_rng(0))
    with pytest.raises(ParameterError, match=message):
        ef.fit(table, **({"resonance": 6e9, "width": 1e6} | change))


@pytest.mark.parametrize(
    ("columns", "values", "message"),
    [
        ({}, {"mu": 0.1, "amplitude": 1.0}, "columns must have"),
        ({"temperature_K": KELVIN}, {"mu": 0.1}, "values must have"),
        ({"temperature_K": KELVIN}, {"mu": 0.1, "amplitude": -1.0}, "amplitude"),
        ({"temperature_K": KELVIN}, {"mu": KELVIN, "amplitude": 1.0}, "one number"),
    ],
)
def test_bad_calls_of_the_model_are_refused(columns, values, message):
    with pytest.raises(ParameterError, match=message):
        ef.model("dephasing", columns, values)


def test_bad_calls_are_refused():
    rng = np.random.default_rng(0)
    table = dephasing_table(rng)
    with pytest.raises(ParameterError, match="table must be a Table"):
        ef.fit({"temperature_K": KELVIN})
    with pytest.raises(ParameterError, match="columns must be a dict"):
        ef.Table("dephasing", None)
    with pytest.raises(ParameterError, match="kind"):
        ef.Table(["dephasing"], {})
    with pytest.raises(ParameterError, match="kind"):
        ef.read_table(io.StringIO(""), "heat")
    with pytest.raises(ParameterError, match="columns"):
        ef.Table("dephasing", {"temperature_K": [0.1]})
    with pytest.raises(ParameterError, match="one length"):
        ef.Table("dephasing", {**table.columns, "rate_per_s": [1e6]})
    with pytest.raises(ParameterError, match="unknown"):
        ef.fit(table, hold={"slope": 1.0})
    with pytest.raises(ParameterError, match="points"):
        ef.fit(ef.read_table(io.StringIO(ef.TEMPLATES["dephasing"]), "dephasing"))
    for kind in ("noise", "quality", "frequency"):
        with pytest.raises(ParameterError, match="resonance"):
            ef.fit(CASES[kind][0](rng))
    with pytest.raises(ParameterError, match="width"):
        ef.fit(noise_table(rng), resonance=6e9)


def test_data_that_do_not_determine_mu():
    """At a single temperature mu and the amplitude cannot be told apart."""
    columns = {"temperature_K": [0.1] * 5, "rate_per_s": [1e6, 1.1e6, 9e5, 1e6, 1e6]}
    table = ef.Table("dephasing", {**columns, "relative_error": [0.1] * 5})
    with pytest.raises(ConvergenceError, match="wider range"):
        ef.fit(table)


def test_one_temperature_says_nothing_about_mu():
    """The critical number runs away with mu; no error of the model's input."""
    n = np.geomspace(1, 1e8, 24)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        q = noisy(rng, 1 / (SAMPLE.inverse_quality(0.05, n) + 3e-7), 0.03)
        columns = {"photons": n, "temperature_K": np.full(24, 0.05), "q_i": q}
        table = ef.Table("quality", {**columns, "relative_error": np.full(24, 0.03)})
        try:
            assert ef.fit(table, resonance=6e9).error > 1
        except ConvergenceError:
            pass


def test_missing_lmfit_names_the_extra(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "lmfit":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="fit"):
        ef.fit(dephasing_table(np.random.default_rng(0)))
