"""Pages made from data: ledger, misprints, api, and (at build time) status.

``python book/_tools/pages.py`` writes them; a test holds them against their data.
"""

import ast
import importlib.metadata
import os
import platform
import re
import sys

import nbformat
import notebooks
from environment import ROOT

sys.path.insert(0, str(ROOT))

import tlsbook
from tlsbook import ledger

BOOK = ROOT / "book"
MADE = "% Made by book/_tools/pages.py from book/ledger; do not edit.\n\n"
FAILING = ("misprint", "inconsistent")


def value_text(row):
    """Return the computed number of a claim as text, from the notebook's reference."""
    if not row.value:
        return ""
    page_name, key = row.value.split("::")
    page = notebooks.Page(f"book/{page_name}")
    try:
        text = notebooks.glued(page)[key]
    except (KeyError, FileNotFoundError):
        raise ledger.LedgerError(
            f"{row.id}: no glued result {key!r} on page {page_name}; run `make refs`, "
            f"or correct the field `value`"
        ) from None
    try:
        mantissa, _, exponent = f"{float(text):.3g}".partition("e")
    except ValueError:
        return text.strip("'")
    return rf"${mantissa}\times10^{{{int(exponent)}}}$" if exponent else mantissa


def ledger_page():
    """Return the ledger as a page: counts, then one table a source."""
    out = [MADE, "# Ledger\n\n", _LEDGER_INTRO, _counts()]
    for key, source in ledger.SOURCES.items():
        mine = ledger.load(key).values()
        out.append(f"\n## {source.short} ({key})\n\n")
        out.append(f"Version spoken of: {source.version}. See {{cite}}`{key}`.\n\n")
        for title, kinds in (("Equations", ("eq",)), ("Claims, figures", _OTHER)):
            chosen = [r for r in mine if r.type in kinds]
            if chosen:
                out.append(_table(f"{title} of {source.short}", chosen))
    return "".join(out)


_OTHER = ("claim", "fig")

_LEDGER_INTRO = """\
Every numbered equation, quantitative claim and data figure of the five sources has a
row. The first column leads to the equation and to the cells that check it; what the
verdicts mean stands in {ref}`verdicts`. Relations that the sources do not number are
called (u1), (u2), and so on. A verdict speaks of the version named with each source;
where the journal's version could not be compared, it may be corrected there.

"""


def _counts():
    names = [v for v in ledger.EQUATION_VERDICTS] + list(ledger.CLAIM_VERDICTS[1:])
    sources = list(ledger.SOURCES.values())
    head = "| verdict | " + " | ".join(s.short for s in sources) + " | all |\n"
    out = ["## Counts\n\n", head, "|---" * (len(sources) + 2) + "|\n"]
    for name in names:
        counts = [
            sum(r.verdict == name for r in ledger.load(s.key).values()) for s in sources
        ]
        if sum(counts):
            cells = " | ".join(map(str, (*counts, sum(counts))))
            out.append(f"| {name} | {cells} |\n")
    totals = [len(ledger.load(s.key)) for s in sources]
    out.append("| **rows** | " + " | ".join(map(str, (*totals, sum(totals)))) + " |\n")
    return "".join(out)


def _table(caption, rows):
    out = [
        f":::{{list-table}} {caption}\n:class: longtable ledger\n:widths: 22 30 48\n"
        f":header-rows: 1\n\n* - row\n  - what it says\n  - verdict and evidence\n"
    ]
    for row in rows:
        out.append(f"* - {{ledger-row}}`{row.id}`\n")
        formula = f" Formula: {row.source_of_formula}." if row.source_of_formula else ""
        out.append(f"  - {row.says} ({row.kind}; {row.where}).{formula}\n")
        out.append(f"  - {_verdict(row)}\n")
    return "".join(out) + ":::\n\n"


def _verdict(row):
    if row.verdict == "open":
        return "open: not treated yet"
    text = f"**{row.verdict}**"
    if row.factor is not None:
        text += f" {row.factor:g}"
    if row.consequence != "none":
        text += f" (changes {row.consequence})"
    text += f". {_sentence(row.evidence)}"
    if row.parts:
        parts = "; ".join(f"{name}: {verdict}" for name, verdict in row.parts.items())
        text += f" Parts: {parts}."
    if row.contradicts:
        text += f" Against {{source-eq}}`{row.contradicts}`."
    if row.type != "eq" and row.printed:
        text += f" Printed: {row.printed}"
        value = value_text(row)
        text += f"; computed: {value}." if value else "."
    return text


def _sentence(text):
    text = " ".join(text.split())
    text = (
        text[0].upper() + text[1:] if text[:1].islower() and text[1:2] != "_" else text
    )
    return text if text.endswith((".", "?", "!")) else text + "."


def misprints_page():
    """Return what the sources print and what the checks find, where they differ."""
    out = [MADE, "# Misprints and inconsistencies\n\n", _MISPRINTS_INTRO]
    for key, source in ledger.SOURCES.items():
        mine = ledger.load(key).values()
        wrong = [r for r in mine if _differs(r)]
        out.append(f"## {source.short} ({key})\n\n")
        settled = sum(r.verdict != "open" for r in mine)
        if not wrong:
            state = "Not treated yet." if not settled else "Nothing found so far."
            out.append(f"{state}\n\n")
            continue
        out.append(f"{{cite}}`{key}`, {source.version}.\n\n")
        out.extend(_misprint(r) for r in wrong)
    return "".join(out)


_MISPRINTS_INTRO = """\
Made from the [ledger](ledger.md): every row whose printed form fails, or whose number
was not found again. The proof is the check cell behind each link. A verdict speaks of
the version named; where the journal's version could not be compared, it may be
corrected there. Finding these does not lower the sources: all of them are read here
because they are worth it.

"""


def _differs(row):
    return row.verdict in (*FAILING, "not reproduced", "reproduced within a factor")


def _misprint(row):
    consequence = "" if row.consequence == "none" else f", changes {row.consequence}"
    factor = "" if row.factor is None else f" {row.factor:g}"
    lines = [_sentence(row.says)]
    if formula := printed_formula(row):
        lines[0] = lines[0].removesuffix(".") + ", as printed:"
        lines.append(f"$$\n{formula}$$")
    lines.append(_sentence(row.evidence))
    if row.parts:
        parts = "; ".join(f"{part}: {verdict}" for part, verdict in row.parts.items())
        lines.append(f"Parts: {parts}.")
    if row.corrected:
        lines.append(f"Corrected: {_sentence(row.corrected)}")
    if row.contradicts:
        lines.append(f"Contradicts {{source-eq}}`{row.contradicts}`.")
    if row.type != "eq":
        value = value_text(row)
        computed = f"; computed: {value}" if value else ""
        lines.append(f"Printed: {row.printed}{computed}.")
    body = "\n\n".join(lines).replace("\n", "\n  ").replace("\n  \n", "\n\n")
    return f"{{source-eq}}`{row.id}`: {row.verdict}{factor}{consequence}\n: {body}\n\n"


def printed_formula(row):
    """Return the LaTeX of an equation as the book displays it, or an empty text."""
    if row.type != "eq":
        return ""
    shown = re.compile(rf"^\$\$\n((?:(?!^\$\$).*\n)+?)\$\$ \({row.id}\)$", re.M)
    folder = BOOK / row.source
    for path in sorted(folder.glob("*.md")):
        if match := shown.search(path.read_text(encoding="utf-8")):
            return match[1]
    return ""


def api_page():
    """Return the API page: one section a module of the package, from its docstrings."""
    modules = sorted(
        p.stem for p in (ROOT / "tlsbook").glob("*.py") if not p.stem.startswith("_")
    )
    physics = [name for name in modules if name not in _TOOLS]
    tools = [name for name in modules if name in _TOOLS]
    # Modules one level below the groups: the contents beside the page then list the
    # modules, and the objects of that one which is being read.
    out = [MADE, "# The package `tlsbook`\n\n", _API_INTRO]
    for title, chosen in (("Physics", physics), ("Checks and tools", tools)):
        out.append(f"## {title}\n\n")
        out.extend(_api_section(name) for name in chosen)
    return "".join(out)


_TOOLS = ("checks", "figures", "ledger", "materials", "notebook", "validation")


def _api_section(module):
    links = [f"{{py:obj}}`~tlsbook.{module}.{name}`" for name in _documented(module)]
    contents = f"Here: {', '.join(links)}.\n\n" if links else ""
    return (
        f"### `tlsbook.{module}`\n\n{contents}```{{eval-rst}}\n"
        f".. automodule:: tlsbook.{module}\n   :members:\n```\n\n"
    )


def _documented(module):
    """Return the public functions and classes with a docstring, as the page orders."""
    tree = ast.parse((ROOT / "tlsbook" / f"{module}.py").read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    found = [n.name for n in tree.body if isinstance(n, kinds) and ast.get_docstring(n)]
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [name for name in ast.literal_eval(node.value) if name in found]
    return [name for name in found if not name.startswith("_")]


_API_INTRO = """\
The public functions, module by module, from their docstrings. "Source equations" leads
to the equations that an object implements; the line above each equation leads back.
Units are the sources' natural units ($k_B = \\hbar = 1$) unless a docstring says SI.
Bad input raises {py:class}`tlsbook.validation.ParameterError`, which names the remedy.

"""


def status_page():
    """Return run time of every notebook, versions and machine, from stored runs."""
    out = ["# Status of this build\n\n", "## Run time of the notebooks\n\n"]
    out.append("| notebook | seconds |\n|---|---:|\n")
    total = 0.0
    for page in notebooks.notebook_pages():
        if not page.executed.exists():
            continue
        stored = nbformat.read(page.executed, as_version=4).metadata["tlsbook"]
        total += stored["seconds"]
        out.append(f"| {{doc}}`/{page.name}` | {stored['seconds']:.1f} |\n")
    out.append(
        f"| all | {total:.1f} |\n\n## Versions\n\n| package | version |\n|---|---|\n"
    )
    out.append(f"| Python | {platform.python_version()} |\n")
    out.append(f"| tlsbook | {tlsbook.__version__} |\n")
    for name in _PACKAGES:
        out.append(f"| {name} | {importlib.metadata.version(name)} |\n")
    out.append(f"\n## Machine\n\n{platform.machine()}, {os.cpu_count()} cores, ")
    out.append(f"{platform.system()}. Seconds are of the last execution of each ")
    out.append("notebook, start of its kernel included, two at a time.\n")
    return "".join(out)


_PACKAGES = (
    "numpy",
    "scipy",
    "sympy",
    "mpmath",
    "matplotlib",
    "lmfit",
    "jupyter-book",
    "sphinx",
    "myst-nb",
    "nbval",
)

#: Pages that stand in the repository; the status page belongs to one build.
COMMITTED = {
    "ledger.md": ledger_page,
    "misprints.md": misprints_page,
    "api.md": api_page,
}


def write(names):
    """Write the named pages below ``book``, leaving unchanged files alone."""
    makers = COMMITTED | {"status.md": status_page}
    for name in names:
        text = makers[name]()
        path = BOOK / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(COMMITTED)
