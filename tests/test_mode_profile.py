"""Fields that are not uniform over the host, and what they do to loss and noise."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from test_microresonator import COLD, ONE

from tlsbook.mode_profile import ModeProfile
from tlsbook.validation import ParameterError

RATIO = 300.0


def over_the_layer(local):
    """Mean over r in [1, RATIO] of local(f) with f = E^2/mean ~ 1/r, by quadrature."""
    mean = np.log(RATIO) / (RATIO - 1)
    total = quad(
        lambda u: local(1 / (np.exp(u) * mean)) * np.exp(u), 0, np.log(RATIO), limit=200
    )
    return total[0] / (RATIO - 1)


def test_edge_has_the_norm_and_the_moments_of_one_over_r():
    edge = ModeProfile.edge(RATIO)
    assert edge.volume.sum() == pytest.approx(1)
    assert edge.volume @ edge.field_squared == pytest.approx(1)
    assert edge.fourth_moment == pytest.approx(over_the_layer(np.square), rel=1e-3)
    assert ModeProfile.uniform().fourth_moment == 1


@pytest.mark.parametrize("power", [1e-3, 1.0, 1e3])
def test_loss_is_the_average_over_the_field(power):
    sample = replace(ONE, profile=ModeProfile.edge(RATIO))
    n = power * ONE.critical_photons(COLD)
    strength = ONE.saturation(COLD, n)
    expected = over_the_layer(lambda f: f / np.sqrt(1 + strength * f))
    found = sample.inverse_quality(COLD, n) / ONE.inverse_quality(COLD)
    assert found == pytest.approx(expected, rel=1e-3)


def test_loss_near_an_edge_falls_logarithmically():
    """Equal shares of each decade of the field: linear in ln n inside the range."""
    sample = replace(ONE, profile=ModeProfile.edge(1e6))
    mean = np.log(1e6) / 1e6  # f at r = 1e6 r_1 is about 1/ln(1e6)
    n = ONE.critical_photons(COLD) * mean * np.array([1e2, 1e3, 1e4])
    steps = np.diff(sample.inverse_quality(COLD, n))
    assert steps[0] < 0
    assert steps[1] == pytest.approx(steps[0], rel=0.1)


@pytest.mark.parametrize("power", [0.0, 1.0, 1e3])
def test_noise_is_the_average_over_the_fourth_power(power):
    sample = replace(ONE, profile=ModeProfile.edge(RATIO))
    n = power * ONE.critical_photons(COLD)
    strength = ONE.saturation(COLD, n)

    def one(f):
        """A uniform host in which the saturation is f times as large."""
        return f**2 * ONE.flicker(COLD, f * n)

    assert sample.flicker(COLD, n) == pytest.approx(over_the_layer(one), rel=2e-3)
    assert strength == pytest.approx(power)


def test_noise_takes_times_as_before():
    sample = replace(ONE, profile=ModeProfile.edge(RATIO))
    times = np.array([0.1, 1.0, 10.0])
    each = [sample.flicker(COLD, 5.0, time=t) for t in times]
    assert sample.flicker(COLD, 5.0, time=times) == pytest.approx(each)
    assert sample.inverse_quality(np.array([[0.02], [0.1]]), [1.0, 2.0, 3.0]).shape == (
        2,
        3,
    )


def test_cells_of_any_unit_are_normalised():
    cells = ModeProfile.from_cells([2.0, 6.0], [3.0, 1.0])
    assert cells.volume == pytest.approx([0.25, 0.75])
    assert cells.field_squared == pytest.approx([3.0, 1 / 3])
    assert cells.fourth_moment >= 1


@pytest.mark.parametrize(
    ("volume", "squared", "words"),
    [
        ([0.5, 0.6], [1.0, 1.0], "normalises"),
        ([0.5, 0.5], [1.0, 2.0], "normalises"),
        ([0.5, 0.5], [1.0], "one length"),
        ([[1.0]], [[1.0]], "one length"),
        ([np.nan, 1.0], [1.0, 1.0], "finite"),
        ([1.0], [-1.0], "non-negative"),
    ],
)
def test_a_profile_that_does_not_normalise_is_refused(volume, squared, words):
    with pytest.raises(ParameterError, match=words):
        ModeProfile(volume, squared)


def test_bad_calls_are_refused():
    with pytest.raises(ParameterError, match="vanish"):
        ModeProfile.from_cells([1.0, 2.0], [0.0, 0.0])
    with pytest.raises(ParameterError, match="shape"):
        ModeProfile.from_cells([1.0, 2.0], [1.0])
    with pytest.raises(ParameterError, match="ratio"):
        ModeProfile.edge(0.5)
    with pytest.raises(ParameterError, match="profile"):
        replace(ONE, profile="flat")
