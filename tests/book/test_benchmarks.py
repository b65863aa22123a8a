"""``make bench``: its table, and that no timing and no fault of a module stops it."""

import importlib.util

import pytest
from environment import ROOT

PLACE = ROOT / "tests" / "benchmarks" / "run.py"


@pytest.fixture
def bench():
    spec = importlib.util.spec_from_file_location("bench_runner", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ROW = {"name": "map", "straightforward_ms": 1.02e6, "ours_ms": 956.4, "ratio": 1067.0}


def test_the_table_has_units_notes_and_targets(bench):
    point = {
        "name": "one point, both parts",
        "straightforward_ms": 104.4,
        "ours_ms": 0.02654,
        "ratio": 3934.0,
        "note": "asked 1e-6",
        "target": 1000,
    }
    lines = bench.table([ROW, point]).splitlines()
    assert lines[0].split() == [
        "comparison",
        "straightforward",
        "ours",
        "ratio",
        "target",
    ]
    assert set(lines[1]) == {"-", " "}
    assert lines[2].split() == ["map", "1020", "s", "956", "ms", "1070", "x", "-"]
    assert lines[3].split("parts")[1].split() == (
        ["104", "ms", "26.5", "us", "3930", "x", "1000", "x,", "reached"]
    )
    assert lines[4:] == ["notes:", "  one point, both parts: asked 1e-6"]
    assert lines[2].index(" ms") == lines[3].index(" us"), (
        "units stand below each other"
    )


def test_a_missed_target_is_told_and_words_are_kept(bench):
    assert bench.target(ROW | {"target": 2000}) == "2000 x, missed"
    assert bench.target(ROW | {"target": "ours < 2 s"}) == "ours < 2 s"
    assert bench.target(ROW) == "-"
    assert bench.target(ROW | {"target": 10, "ratio": None}) == "10 x, missed"


def test_a_row_without_a_straightforward_way_is_shown(bench):
    row = ROW | {"straightforward_ms": None, "ratio": None}
    assert bench.table([row]).splitlines()[2].split() == [
        "map",
        "-",
        "956",
        "ms",
        "-",
        "-",
    ]


def test_a_fault_in_one_benchmark_is_told_and_does_not_stop_the_others(
    bench, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(bench, "HERE", tmp_path)
    (tmp_path / "bench_a.py").write_text("def run():\n    raise ValueError('bad')\n")
    (tmp_path / "bench_b.py").write_text(f"def run():\n    return [{ROW!r}]\n")
    bench.main([])
    said = capsys.readouterr().out
    for words in (
        "processor: ",
        "load average",
        "Python 3.",
        "numpy ",
        "ValueError: bad",
    ):
        assert words in said
    assert "1070 x" in said
    with pytest.raises(SystemExit, match="no benchmark c; there are a, b"):
        bench.main(["c"])


def test_every_benchmark_of_the_project_can_be_loaded(bench):
    assert bench.available()
    for name in bench.available():
        assert callable(bench.load(name).run)
