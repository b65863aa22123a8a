"""Lint what ruff does not see: code in notebooks, and the spelling of the prose."""

import subprocess
import sys

import notebooks
from environment import ROOT


def code_in_notebooks():
    """Return ruff's complaints about the code cells of every notebook."""
    complaints = []
    for page in notebooks.notebook_pages():
        # Cells are checked as one file: names defined in one are used in the next.
        text = "\n\n".join(_plain(cell.source) for cell in page.code_cells()) + "\n"
        rules = ["--select", "E,F,B,NPY", "--ignore", "E402,E741,B018"]
        command = ["check", "-q", "--isolated", "--line-length", "88", *rules]
        complaints += _ruff(
            page, [*command, "--stdin-filename", f"{page.name}.py", "-"], text
        )
        for cell in page.code_cells():
            source = _plain(cell.source) + "\n"
            command = [
                "format",
                "--check",
                "-q",
                "--isolated",
                "--line-length",
                "88",
                "-",
            ]
            if _ruff(page, command, source):
                complaints.append(f"{page.name}: not formatted:\n{source}")
    return complaints


def _plain(source):
    return "\n".join(
        "" if line.startswith("%") else line for line in source.split("\n")
    )


def _ruff(page, command, text):
    run = [sys.executable, "-m", "ruff", *command]
    result = subprocess.run(run, input=text, capture_output=True, text=True, cwd=ROOT)
    return [] if result.returncode == 0 else [f"{page.name}: {result.stdout or 'x'}"]


def format_notebooks():
    """Write every code cell as ruff formats it."""
    for page in notebooks.notebook_pages():
        notebook = page.read()
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.source = _formatted(cell.source)
        text = notebooks.jupytext.writes(notebook, fmt="md:myst")
        page.source.write_text(text, encoding="utf-8")


def _formatted(source):
    run = [sys.executable, "-m", "ruff", "format", "-q", "--isolated"]
    run += ["--line-length", "88", "-"]
    result = subprocess.run(
        run, input=source, capture_output=True, text=True, check=True
    )
    return result.stdout.rstrip("\n")


def spelling():
    """Return codespell's complaints about prose and code."""
    paths = ["book", "tlsbook", "tests", "README.md", "Makefile"]
    run = [sys.executable, "-m", "codespell_lib", *paths]
    run += ["--skip", "*.bib,*.ipynb,*.js,*.zip,*.pyc", "--ignore-words-list", WORDS]
    result = subprocess.run(run, capture_output=True, text=True, cwd=ROOT)
    return result.stdout.splitlines() if result.returncode else []


#: Words of the field and names that the dictionary takes for slips.
WORDS = "nd,te,ot,ue,ans,ba"


if __name__ == "__main__":
    if sys.argv[1:] == ["--fix"]:
        format_notebooks()
    problems = code_in_notebooks() + spelling()
    print("\n".join(problems))
    raise SystemExit(bool(problems))
