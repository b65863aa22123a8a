"""Stored runs of :mod:`tlsbook.resonator_simulation` over temperature, power, density.

``python -m tlsbook.resonator_scan`` makes ``tlsbook/data/resonator_scan.npz`` again, in
some four minutes on one core. Numbers of the source: mu = 0.3, E_max = 100 K,
P_0 U_0 = 1e-3, 6 GHz, U_0 = 10 K nm^3; energies in kelvin, lengths in nanometres, times
in samples. Fluctuators over two decades of rates in the scans, four in the long run;
the line width is that of as many decades of faster neighbours, so that drift and width
keep their ratio at all temperatures.
"""

from dataclasses import dataclass, field, replace
from importlib import resources

import numpy as np

from tlsbook.resonator_simulation import FluctuatingHost, bulk_linewidth
from tlsbook.telegraph_ensemble import BlockSpectrum, welch_blocks, welch_of_correlation
from tlsbook.tunnelling_models import GeneralisedTunnellingModel
from tlsbook.validation import ParameterError

__all__ = ["SCANS", "ScanPoint", "host", "load", "long_run", "run_point"]

MODEL = GeneralisedTunnellingModel(1e-4, 0.3, 100.0, 1e-7)
INTERACTION = 10.0  #: K nm^3
FREQUENCY = 0.288  #: 6 GHz in kelvin
COLDEST = 0.015  #: K, where the strong field is given
_TEMPERATURES = (0.015, 0.025, 0.04, 0.06)
_STRONG = 20.0  #: field over the critical field at the coldest point

#: Settings of the points by name: temperature, field, abundance of fluctuators.
SCANS = {
    "weak field": [(t, 0.0, 1.0) for t in _TEMPERATURES],
    "strong field": [(t, "fixed", 1.0) for t in _TEMPERATURES],
    "power": [(0.025, n, 1.0) for n in (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)],
    "abundance": [(0.025, 0.0, b) for b in (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)],
}
_SLOWEST, _FASTEST, _STEPS, _SEGMENT = 1e-3, 1e-1, 4096, 1024
EDGES = np.geomspace(3 / _SEGMENT, 0.1, 5)  #: bands of frequency, per sample
_LONG_SEGMENT = 2**18
LONG_EDGES = np.geomspace(3 / _LONG_SEGMENT, 3e-2, 13)
_RECORDS, _FLIPS = 24, 8e5


@dataclass(frozen=True, eq=False)
class ScanPoint:
    """Noise at one setting: R records, B bands of frequency."""

    host: FluctuatingHost  #: the parameters
    tls: int  #: TLS in all records
    fluctuators: int  #: fluctuators in all records
    flips: int  #: flips in all records
    frequency: np.ndarray = field(repr=False)  #: per sample, (B,)
    estimates: np.ndarray = field(repr=False)  #: f S_y(f), (R, B)
    exact: np.ndarray = field(repr=False)  #: the same from the exact correlation, (B,)

    @property
    def spectrum(self):
        """Mean and error over the records."""
        return BlockSpectrum(self.frequency, self.estimates)

    @property
    def source(self):
        """f S_y(f) in the same bands by Faoro (38), (39), corrected, (B,)."""
        short = self.frequency.size == EDGES.size - 1
        segment, edges = (_SEGMENT, EDGES) if short else (_LONG_SEGMENT, LONG_EDGES)
        return _expected(self.host.source_correlation, segment, edges)


def host(temperature, strong=0.0, abundance=1.0, *, slowest=_SLOWEST, fastest=_FASTEST):
    """Host at a temperature (K), of unit volume; the strong field may be "fixed".

    "fixed" keeps the field in volts: over the critical field it falls as the root of
    the line width.
    """
    logarithm = np.log(fastest / slowest)
    width = bulk_linewidth(MODEL, INTERACTION, temperature, logarithm)
    if strong == "fixed":
        coldest = bulk_linewidth(MODEL, INTERACTION, COLDEST, logarithm)
        strong = _STRONG * np.sqrt(coldest / width)
    return FluctuatingHost(
        MODEL,
        INTERACTION,
        FREQUENCY,
        temperature,
        width,
        slowest,
        fastest,
        1.0,
        field=strong,
        abundance=abundance,
    )


def _sized(one, flips, steps):
    """The same host with so much volume that ``flips`` are expected in a record."""
    trial = replace(one, volume=3000 / one.expected_tls)
    drawn = trial.draw(np.random.default_rng(3))
    expected = np.sum(drawn.rate / np.cosh(drawn.ratio / 2) ** 2) / 2 * steps
    return replace(trial, volume=trial.volume * flips / expected)


def _run(one, seed, records, steps, segment, edges):
    estimates, first, counts = [], None, np.zeros(3, dtype=int)
    for number in range(records):
        rng = np.random.default_rng([*seed, number])
        record = one.draw(rng).simulate(rng, steps)
        mean = record.values.mean()
        bands = welch_blocks(record.values, 1.0, segment, mean=mean, blocks=1).bands(
            edges
        )
        estimates.append(bands.estimates[0] * bands.frequency)
        counts += [record.tls, record.fluctuators, record.flips]
        first = record if first is None else first
    point = ScanPoint(
        one,
        *(int(count) for count in counts),
        bands.frequency,
        np.array(estimates),
        _expected(one.correlation, segment, edges),
    )
    return point, first


def _expected(correlation, segment, edges):
    """What the bands show on average for a correlation, times their frequencies."""
    f, density = welch_of_correlation(correlation(np.arange(segment)), 1.0)
    bands = BlockSpectrum(f, density[None]).bands(edges)
    return bands.mean * bands.frequency


def run_point(scan, index, *, records=_RECORDS, flips=_FLIPS):
    """Run one point of :data:`SCANS`; fewer records give the first of them."""
    one = _sized(host(*SCANS[scan][index]), flips, _STEPS)
    seed = [list(SCANS).index(scan), index]
    return _run(one, seed, records, _STEPS, _SEGMENT, EDGES)[0]


def long_run(*, records=12, flips=4e6, steps=10**6):
    """10^6 samples, rates over four decades: the point and its first record."""
    one = _sized(host(0.025, 0.0, 1.0, slowest=1e-6, fastest=1e-2), flips, steps)
    return _run(one, [99, 0], records, steps, _LONG_SEGMENT, LONG_EDGES)


def _stored():
    return resources.files("tlsbook") / "data" / "resonator_scan.npz"


def load(scan=None):
    """Return the stored points of a scan, or of the long run and its record.

    With the name of a scan: a list of :class:`ScanPoint`. Without: the point of the
    long run, and the times and values of its first record, thinned.
    """
    if scan is not None and scan not in SCANS:
        raise ParameterError(f"scan must be one of {', '.join(SCANS)}, got {scan!r}")
    with resources.as_file(_stored()) as path, np.load(path) as data:
        if scan is None:
            one = host(0.025, 0.0, 1.0, slowest=1e-6, fastest=1e-2)
            return _point(data, "long", one), data["times"], data["values"]
        settings = enumerate(SCANS[scan])
        return [_point(data, f"{scan} {i}", host(*s)) for i, s in settings]


def _point(data, name, one):
    counts = data[f"{name} counts"]
    return ScanPoint(
        replace(one, volume=float(data[f"{name} volume"])),
        *(int(count) for count in counts),
        *(data[f"{name} {what}"] for what in ("frequency", "estimates", "exact")),
    )


def _pack(point, name):
    return {
        f"{name} counts": [point.tls, point.fluctuators, point.flips],
        f"{name} volume": point.host.volume,
        f"{name} frequency": point.frequency,
        f"{name} estimates": point.estimates,
        f"{name} exact": point.exact,
    }


def main():
    stored = {}
    for scan, settings in SCANS.items():
        for index in range(len(settings)):
            point = run_point(scan, index)
            ratio = np.round(point.spectrum.mean / point.exact, 3)
            error = np.round(point.spectrum.error / point.exact, 3)
            print(scan, index, point.tls, point.fluctuators, ratio, error, flush=True)
            stored |= _pack(point, f"{scan} {index}")
    point, record = long_run()
    print("long", point.tls, np.round(point.spectrum.mean / point.exact, 3), flush=True)
    thin = slice(None, None, 250)
    stored |= _pack(point, "long")
    stored |= {"times": record.times[thin], "values": record.values[thin]}
    np.savez_compressed(str(_stored()), **stored)


if __name__ == "__main__":
    main()
