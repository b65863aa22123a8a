"""Run the benchmarks: ``python tests/benchmarks/run.py [NAME ...]`` (``make bench``).

Each module ``bench_NAME.py`` beside this file has a function ``run()`` that returns a
list of dictionaries, one a comparison:

* ``name``: what is timed;
* ``straightforward_ms``, ``ours_ms``: medians of five runs, in milliseconds;
* ``ratio``: the first over the second;
* ``target`` (optional): the ratio aimed at, or a limit of ``ours_ms`` in words;
* ``note``: what the numbers mean, the accuracy reached.

Timings inform and never fail: a machine under load is no fault of the code.
"""

import argparse
import importlib.util
import os
import platform
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_tools"))

import environment

HERE = Path(__file__).resolve().parent
HEADER = ("comparison", "straightforward", "ours", "ratio", "target")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="e.g. ultrasound; without: all")
    names = parser.parse_args(arguments).names or available()
    unknown = sorted(set(names) - set(available()))
    if unknown:
        known = ", ".join(available())
        raise SystemExit(f"no benchmark {', '.join(unknown)}; there are {known}")
    environment.apply()
    print(machine(), flush=True)
    for name in names:
        print(f"\n{name}", flush=True)
        print(report(name), flush=True)


def available():
    """Return the names of the benchmarks beside this file."""
    return sorted(p.stem.removeprefix("bench_") for p in HERE.glob("bench_*.py"))


def report(name):
    """Return the table of one benchmark, or what stopped it."""
    try:
        return table(load(name).run())
    except Exception:
        return "stopped:\n" + traceback.format_exc()


def load(name):
    """Return the module of a benchmark."""
    place = HERE / f"bench_{name}.py"
    spec = importlib.util.spec_from_file_location(place.stem, place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def machine():
    """Return processor, load and versions: without them a time means nothing."""
    import numpy
    import scipy

    threads = os.environ.get("OMP_NUM_THREADS", "not limited")
    return "\n".join(
        [
            f"processor: {processor()}, {os.cpu_count()} cores; threads: {threads}",
            f"load average (1, 5, 15 min): {load_average()}",
            f"Python {platform.python_version()}, numpy {numpy.__version__}, "
            f"scipy {scipy.__version__}",
        ]
    )


def processor():
    """Return the name of the processor as the system knows it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def load_average():
    """Return the load averages, which not every system has."""
    try:
        return ", ".join(f"{value:.2f}" for value in os.getloadavg())
    except (AttributeError, OSError):
        return "unknown"


def table(rows):
    """Return the comparisons as a table of text, notes below it."""
    lines = [HEADER]
    for row in rows:
        times = (milliseconds(row["straightforward_ms"]), milliseconds(row["ours_ms"]))
        lines.append((row["name"], *times, factor(row["ratio"]), target(row)))
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    text = [_aligned(line, widths) for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"  {row['name']}: {row['note']}" for row in rows if row.get("note")]
    return "\n".join([*text, *(["notes:", *notes] if notes else [])])


def _aligned(line, widths):
    first, *rest = zip(line, widths, strict=True)
    cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
    return "  ".join(cells).rstrip()


def milliseconds(value):
    """Return a time in milliseconds as text, in the unit that suits it."""
    if value is None:
        return "-"
    for scale, unit in ((1e-3, "us"), (1.0, "ms"), (1e3, "s")):
        if value < 1000 * scale or unit == "s":
            return f"{digits(value / scale)} {unit}"


def digits(value):
    """Return three significant digits, without a power of ten up to a million."""
    return f"{float(f'{value:.3g}'):g}"


def factor(value):
    """Return a ratio as text."""
    return "-" if value is None else f"{digits(value)} x"


def target(row):
    """Return what was aimed at, and whether it is reached where that is a ratio."""
    aim = row.get("target")
    if aim is None:
        return "-"
    if isinstance(aim, str):
        return aim
    reached = row["ratio"] is not None and row["ratio"] >= aim
    return f"{digits(aim)} x, {'reached' if reached else 'missed'}"


if __name__ == "__main__":
    main()
