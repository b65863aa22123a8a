"""Build the book: ``python book/_tools/build.py html|pdf|refs|pages|clean``.

``html`` executes what changed, writes the pages made from data, and runs Jupyter Book
with warnings as errors. ``pdf`` does the same for the printed book and then reads the
result and the log for what LaTeX does not treat as errors.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

import environment
import notebooks
import numbering
import pages
from environment import BUILD, ROOT

LATEX = BUILD / "latex"
STAMP = BUILD / ".inputs"
LATEX_PACKAGES = (
    "texlive-xetex texlive-latex-recommended texlive-latex-extra "
    "texlive-fonts-recommended tex-gyre fonts-urw-base35 fonts-freefont-otf latexmk"
)
#: Boxes that stick out further than this (in points) are visible in print.
OVERFULL_LIMIT = 5.0


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("html", "pdf", "refs", "pages", "clean"))
    parser.add_argument("--fresh", action="store_true", help="execute everything anew")
    options = parser.parse_args(arguments)
    environment.require_python()
    environment.apply()
    if options.what == "clean":
        shutil.rmtree(BUILD, ignore_errors=True)
    elif options.what == "refs":
        references()
    elif options.what == "pages":
        pages.write(pages.COMMITTED)
    elif options.what == "pdf":
        require_latex()
        pdf(options.fresh)
    else:
        html(options.fresh)


def references():
    """Execute every notebook anew and write its reference, then the pages from data."""
    wanted = notebooks.notebook_pages()
    for page in wanted:
        notebooks.normalise(page.source)
    notebooks.execute(wanted, fresh=True)
    notebooks.write_references(wanted)
    pages.write(pages.COMMITTED)


def prepare(fresh):
    """Execute changed notebooks, fill the cache of MyST-NB, write the made pages."""
    wanted = notebooks.notebook_pages()
    print("Executing notebooks whose inputs changed ...", flush=True)
    ran = notebooks.execute(wanted, fresh=fresh)
    if not ran:
        print("  none changed", flush=True)
    fill_cache(wanted)
    pages.write((*pages.COMMITTED, "status.md"))
    forget_when_inputs_changed()


def fill_cache(wanted):
    """Give MyST-NB the executed notebooks, and nothing older than them."""
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    folder = BUILD / ".jupyter_cache"
    shutil.rmtree(folder, ignore_errors=True)
    cache = get_cache(folder)
    import nbformat

    for page in wanted:
        notebook = nbformat.read(page.executed, as_version=4)
        bundle = CacheBundleIn(
            notebook,
            uri=str(page.source),
            data={"execution_seconds": notebook.metadata["tlsbook"]["seconds"]},
        )
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def current_inputs():
    """Return a hash of everything the pages depend on."""
    names = ("book", "tlsbook", "_config.yml", "_toc.yml", "requirements.lock")
    return notebooks.digest(*(ROOT / n for n in names)) + solutions()


def solutions():
    """Return "0" when the exercises' solutions are to be left out, else "1"."""
    return os.environ.get("SOLUTIONS", "1")


def forget_when_inputs_changed():
    """Forget what Sphinx remembers when any input changed.

    A page that shows a number glued on another page is not rewritten by Sphinx when
    only the other page changes. Reading all pages again takes seconds; an old number
    stays.
    """
    if not STAMP.exists() or STAMP.read_text() != current_inputs():
        for folder in (".doctrees", "html"):
            shutil.rmtree(BUILD / folder, ignore_errors=True)
    # Written again only by a build that succeeds: a failed one must not look current.
    STAMP.unlink(missing_ok=True)


def jupyter_book(*arguments):
    """Run Jupyter Book with warnings as errors; after a failure forget its state."""
    run = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", run, "build", str(ROOT)]
    command += ["-W", "-n", "--keep-going", "-q", *arguments]
    result = subprocess.run(command, cwd=ROOT, check=False)
    if result.returncode:
        # A second build would otherwise pass over the pages that warned.
        shutil.rmtree(BUILD / ".doctrees", ignore_errors=True)
        raise SystemExit(f"the build failed: {' '.join(arguments) or 'html'}")


def html(fresh):
    """Build the HTML book."""
    prepare(fresh)
    jupyter_book()
    STAMP.write_text(current_inputs())
    print(f"The book: {BUILD / 'html' / 'index.html'}")


def require_latex():
    """Stop at once, naming the packages, where LaTeX is missing."""
    missing = [name for name in ("xelatex", "latexmk") if not shutil.which(name)]
    if missing:
        raise SystemExit(
            f"{' and '.join(missing)} not found: the PDF needs LaTeX.\n"
            f"Debian, Ubuntu: apt-get install {LATEX_PACKAGES}\n"
            f"macOS: MacTeX; Windows: MiKTeX or TeX Live (full)."
        )


def pdf(fresh):
    """Build the printed book and read it for what LaTeX lets pass."""
    prepare(fresh)
    jupyter_book("--builder", "pdflatex")
    STAMP.write_text(current_inputs())
    problems = pdf_problems(LATEX)
    if (BUILD / "html").exists():  # removed when stale, so it is of these inputs
        problems += numbering.disagreements(BUILD / "html", LATEX / "book.aux")
    if problems:
        raise SystemExit("The PDF is not fit to print:\n" + "\n".join(problems))
    print(f"The printed book: {LATEX / 'book.pdf'}")


def pdf_problems(folder):
    """Return what is wrong with the PDF in ``folder``, a list of lines."""
    log = (folder / "book.log").read_text(encoding="utf-8", errors="replace")
    problems = log_problems(log)
    if shutil.which("pdftotext"):
        command = ["pdftotext", str(folder / "book.pdf"), "-"]
        text = subprocess.run(command, capture_output=True, text=True, check=True)
        problems += text_problems(text.stdout)
    return problems


def log_problems(log):
    """Return the undefined references, missing characters and wide boxes of a log."""
    log = re.sub(r"(?<=[^\n]{79})\n", "", log)  # LaTeX breaks lines at 79 characters
    found = re.findall(
        r"^.*(?:undefined references|(?i:reference) .* undefined|Missing character).*$",
        log,
        re.M,
    )
    for match in re.finditer(r"^Overfull \\hbox \(([\d.]+)pt too wide\).*$", log, re.M):
        if float(match[1]) > OVERFULL_LIMIT:
            found.append(match[0])
    return found


def text_problems(text):
    """Return the lines of the printed text with an unresolved reference."""
    return [f"unresolved: {line}" for line in text.splitlines() if "??" in line]


if __name__ == "__main__":
    main()
