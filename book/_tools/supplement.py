"""Make one zip with what a journal asks for: ``supplement.py [CHAPTER]``.

It holds the executed notebooks (of one chapter, or all), the package ``tlsbook`` ready
to install, the exact versions, the ledger as a table, the printed book where it is
built, and checksums. Same inputs, same bytes.
"""

import argparse
import csv
import hashlib
import importlib.metadata
import io
import platform
import re
import subprocess
import sys
import zipfile
from dataclasses import astuple, fields

import environment
import nbformat
import notebooks
from environment import BUILD, ROOT

sys.path.insert(0, str(ROOT))

import tlsbook
from tlsbook import ledger

PDF = BUILD / "latex" / "book.pdf"
#: What the printed book depends on; one that is older is left out.
PDF_INPUTS = ("book", "tlsbook", "_config.yml", "_toc.yml", "requirements.lock")
#: What `pip install` needs; `pyproject.toml` takes the ledger in as package data.
PACKAGE = ("pyproject.toml", "LICENSE", "LICENSE-text", "tlsbook", "book/ledger")
#: Every file has this time: the one the build has, too (SOURCE_DATE_EPOCH).
MOMENT = (2026, 1, 1, 0, 0, 0)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapter", nargs="?", help="e.g. aleiner2001; without: all")
    options = parser.parse_args(arguments)
    environment.require_python()
    environment.apply()
    print(f"The supplement: {make(options.chapter)}")


def make(chapter=None):
    """Write the zip of a chapter (of the whole book with None) and return its path."""
    wanted = choose(chapter)
    notebooks.execute(wanted)
    files = contents(wanted, chapter)
    files["SHA256SUMS"] = checksums(files)
    middle = f"-{chapter}" if chapter else ""
    name = f"supplement{middle}-{tlsbook.__version__}"
    path = BUILD / f"{name}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_zip(path, name, files)
    return path


def choose(chapter=None):
    """Return the notebooks of a chapter, or all; stop on a name that is no chapter."""
    everything = notebooks.notebook_pages()
    if chapter is None:
        return everything
    known = list(dict.fromkeys(p.chapter for p in notebooks.pages() if p.chapter))
    if chapter not in known:
        raise SystemExit(f"no chapter {chapter!r}; the chapters are {', '.join(known)}")
    wanted = [page for page in everything if page.chapter == chapter]
    if not wanted:
        treated = list(dict.fromkeys(p.chapter for p in everything if p.chapter))
        raise SystemExit(
            f"chapter {chapter!r} has no notebooks yet; {', '.join(treated)} has"
        )
    return wanted


def contents(wanted, chapter=None):
    """Return the files of the zip: name to bytes."""
    files = {
        f"notebooks/{page.name.removeprefix('book/')}.ipynb": notebook_bytes(page)
        for page in wanted
    }
    files |= {f"package/{name}": data for name, data in package_files().items()}
    for name in ("requirements.lock", "CITATION.cff"):
        if (ROOT / name).exists():
            files[name] = (ROOT / name).read_bytes()
    files["ledger.csv"] = ledger_table(chapter)
    files["VERSIONS"] = _encoded(versions())
    if reason := why_no_pdf():
        print(f"Without the printed book: {reason}")
    else:
        files["book.pdf"] = PDF.read_bytes()
    files["README.md"] = readme(files, chapter)
    # The package's own page says it is one; the zip's will do where there is none.
    files.setdefault("package/README.md", files["README.md"])
    return files


def notebook_bytes(page):
    """Return an executed notebook without what changes from run to run."""
    notebook = nbformat.read(page.executed, as_version=4)
    notebook.metadata.pop("tlsbook", None)
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number}"
    return (nbformat.writes(notebook, indent=1) + "\n").encode()


def package_files():
    """Return the files from which pip installs ``tlsbook``: name to bytes."""
    paths = [ROOT / name for name in (*PACKAGE, "README.md")]
    return {
        path.relative_to(ROOT).as_posix(): path.read_bytes() for path in _files(paths)
    }


def _files(paths):
    for path in paths:
        if path.is_dir():
            inner = (p for p in path.rglob("*") if p.is_file())
            hidden = re.compile(r"(^|/)(\.|__pycache__)|\.egg-info|\.pyc$")
            yield from (p for p in inner if not hidden.search(str(p.relative_to(ROOT))))
        elif path.exists():
            yield path


def ledger_table(chapter=None):
    """Return the rows of a source (of all with None) as CSV."""
    rows = ledger.load(chapter).values() if chapter else ledger.rows()
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([field.name for field in fields(ledger.Row)])
    writer.writerows(astuple(row) for row in rows)
    return stream.getvalue().encode()


def versions():
    """Return one line a package of the lock that is installed, Python and commit."""
    lines = [f"tlsbook {tlsbook.__version__}", f"commit {commit()}"]
    lines.append(f"Python {platform.python_version()}")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.M):
        try:
            lines.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue  # the lock also serves other systems
    return lines


def commit():
    """Return the commit of the sources, with a mark when they differ from it."""
    if not (ROOT / ".git").exists():
        return "unknown (not made from a git checkout)"
    try:
        run = ["git", "describe", "--always", "--abbrev=40", "--dirty=, with changes"]
        found = subprocess.run(
            [*run, "--exclude=*"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown (git gave none)"
    return found.stdout.strip()


def why_no_pdf():
    """Return why the printed book is left out, or nothing where it is up to date."""
    if not PDF.exists():
        return "it is not built; `make pdf` builds it"
    newest = max(p.stat().st_mtime for p in _files(ROOT / name for name in PDF_INPUTS))
    if PDF.stat().st_mtime < newest:
        return "it is older than its sources; `make pdf` builds it anew"
    return ""


def readme(files, chapter=None):
    """Return the page that says what is in the zip and how to run it."""
    what = f"chapter `{chapter}`" if chapter else "the whole book"
    examples = sorted(name for name in files if name.endswith(".ipynb"))
    example = examples[0] if examples else "notebooks/NAME.ipynb"
    printed = "- `book.pdf`: the printed book\n" if "book.pdf" in files else ""
    return _README.format(
        what=what,
        version=tlsbook.__version__,
        printed=printed,
        example=example,
        required=".".join(map(str, environment.REQUIRED)),
    ).encode()


_README = """\
# Supplement: {what}, tlsbook {version}

- `notebooks/`: the notebooks with their outputs, as executed for the book
- `package/`: the Python package `tlsbook` that they call, with the ledger
- `requirements.lock`: the exact version of every package
- `ledger.csv`: every equation and claim with its verdict and evidence
{printed}- `VERSIONS`: with what the notebooks were executed
- `SHA256SUMS`: checksums; `sha256sum -c SHA256SUMS` verifies them

## Run it

Python {required} or newer and pip are enough. In the folder of this file:

    python3 -m venv env
    env/bin/python -m pip install -r requirements.lock
    env/bin/python -m pip install --no-deps --no-build-isolation ./package
    env/bin/jupyter execute --inplace {example}

(On Windows `env\\Scripts` instead of `env/bin`.) A check that fails stops the notebook
with both sides of the equation. To read and change the notebooks, install `jupyterlab`
in the same way and start `env/bin/jupyter lab notebooks`. Cross references and
citations in braces, such as {{eq}} and {{cite}}, are resolved in the book only.

Code: BSD-3-Clause (`package/LICENSE`). Text: CC-BY-4.0 (`package/LICENSE-text`).
"""


def sorted_items(files):
    """Return the pairs (name, bytes) in the order of the names."""
    return sorted(files.items())


def checksums(files):
    """Return the checksums of all files in the form that ``sha256sum -c`` reads."""
    hashes = ((hashlib.sha256(data).hexdigest(), n) for n, data in sorted_items(files))
    return _encoded([f"{value}  {name}" for value, name in hashes])


def write_zip(path, top, files):
    """Write files below one folder ``top``, sorted, with fixed times and rights."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in sorted_items(files):
            entry = zipfile.ZipInfo(f"{top}/{name}", date_time=MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever system this is
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data, compresslevel=9)


def _encoded(lines):
    return ("\n".join(lines) + "\n").encode()


if __name__ == "__main__":
    main()
