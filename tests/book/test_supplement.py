"""The supplement: complete, reproducible, and it runs far away from the repository."""

import csv
import hashlib
import os
import subprocess
import sys
import zipfile

import mini
import pytest
import supplement

PROBE = """
import nbformat, sys
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
asked = "import tlsbook.ledger as l; print(l.__file__, l._directory(), sep='\\\\n')"
notebook.cells.append(nbformat.v4.new_code_cell(asked))
NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
for cell in notebook.cells:
    for output in cell.get("outputs", []):
        print(output.get("text", ""))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The zip of the miniature's chapter, made twice, and its unpacked folder."""
    project = mini.copy(tmp_path_factory.mktemp("project"))
    path = project / "_build" / "supplement-aleiner2001-0.1.0.zip"
    bytes_of_runs = []
    for _ in range(2):
        code, text, _ = mini.tool(project, "supplement", "aleiner2001")
        assert code == 0, text
        bytes_of_runs.append(path.read_bytes())
        path.touch()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(elsewhere)
    return project, bytes_of_runs, elsewhere / path.stem


def test_two_runs_give_the_same_bytes(made):
    _, (first, second), _ = made
    assert first == second


def test_every_file_is_there_and_has_its_checksum(made):
    _, _, folder = made
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = {name: value for value, name in (line.split("  ") for line in lines)}
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == sums.keys() | {"SHA256SUMS"}
    for name, value in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == value
    assert found >= {
        "README.md",
        "VERSIONS",
        "requirements.lock",
        "ledger.csv",
        "notebooks/aleiner2001/well.ipynb",
        "notebooks/aleiner2001/use.ipynb",
        "package/pyproject.toml",
        "package/LICENSE",
        "package/LICENSE-text",
        "package/README.md",
        "package/tlsbook/ledger.py",
        "package/book/ledger/aleiner2001.yml",
    }
    assert not [name for name in found if "__pycache__" in name]


def test_ledger_and_versions(made):
    _, _, folder = made
    with (folder / "ledger.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["id"] for row in rows} >= {"eq:aleiner2001-5", "eq:aleiner2001-u1"}
    assert all("aleiner2001" in row["id"] for row in rows)
    said = (folder / "VERSIONS").read_text()
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}." in said
    assert "\nnumpy " in said
    assert "\ncommit " in said


def test_it_runs_elsewhere_with_pip_alone(made, tmp_path):
    project, _, folder = made
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    pip += ["--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--target", str(target), str(folder / "package")],
        check=True,
        capture_output=True,
    )
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    notebook = folder / "notebooks" / "aleiner2001" / "well.ipynb"
    result = subprocess.run(
        [sys.executable, "-c", PROBE, str(notebook)],
        cwd=tmp_path,
        env=clean | {"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "Aleiner (5): holds" in result.stdout
    module, rows = result.stdout.split()[-2:]
    assert module.startswith(str(target)), "another tlsbook was imported"
    assert "ledger_rows" in result.stdout
    assert str(project) not in result.stdout, f"{rows}: the ledger is not the package's"


def test_its_notebooks_name_no_folder_of_this_machine(made):
    project, _, folder = made
    for path in folder.rglob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert str(project) not in text
        assert '"seconds"' not in text


def test_an_unknown_chapter_is_refused_with_the_names():
    with pytest.raises(SystemExit, match=r"'nobody'.*liu2025preprint.*faoro2015"):
        supplement.choose("nobody")


def test_a_printed_book_older_than_its_sources_is_left_out(tmp_path, monkeypatch):
    old = tmp_path / "book.pdf"
    monkeypatch.setattr(supplement, "PDF", old)
    assert "not built" in supplement.why_no_pdf()
    old.write_bytes(b"")
    assert supplement.why_no_pdf() == ""
    os.utime(old, (0, 0))
    assert "older" in supplement.why_no_pdf()
