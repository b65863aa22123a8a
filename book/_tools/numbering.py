"""Do the HTML and the printed book give everything the same number?

``python book/_tools/numbering.py`` compares the two builds below ``_build``: chapters
and sections, equations, figures, tables and exercises. Sphinx numbers the HTML, LaTeX
the print, each with its own counters, so that both must be read to know.
"""

import re
from pathlib import Path

from docutils import nodes
from environment import BUILD

_EQUATION = re.compile(
    r'<span class="eqno">\((?P<number>[^<]+)\)<a [^>]*href="#equation-(?P<name>[^"]+)"'
)
_CAPTION = re.compile(
    r'<span class="caption-number">(?P<kind>Fig\.|Table) (?P<number>[\d.]+) </span>'
    r'.*?<a class="headerlink" href="#(?P<name>[^"]+)" title="Link to this',
    re.DOTALL,
)
_EXERCISE = re.compile(
    r'<div class="exercise[^"]*" id="(?P<name>[^"]+)">\s*<p class="admonition-title">'
    r'<span class="caption-number">Exercise (?P<number>[\d.]+) </span>'
)
_TITLE = re.compile(r'<h1><span class="section-number">([\d.]+)\. </span>')

#: Label, number and anchor of ``\newlabel{label}{{number}{page}{title}{anchor}{}}``.
_LABEL = re.compile(
    r"^\\newlabel\{([^{}]+)\}\{\{([^{}]*)\}\{[^{}]*\}\{.*\}\{([^{}]*)\}\{[^{}]*\}\}$",
    re.MULTILINE,
)
#: An exercise's number is printed text: LaTeX's label beside it counts sections.
_PRINTED_EXERCISE = re.compile(
    r"\\label\{exercise:([^{}]+)\}(?:(?!\\label\{exercise:).)*?"
    r"\\begin\{\w+\}(?:\{\w+\})?\{Exercise ([\d.]+)",
    re.DOTALL,
)


def html_numbers(folder):
    """Return the numbers of all HTML pages: (kind, page, name) to number."""
    found = {}
    for path in sorted(Path(folder).rglob("*.html")):
        page = path.relative_to(folder).with_suffix("").as_posix()
        if not page.startswith("_"):
            found |= page_numbers(page, path.read_text(encoding="utf-8"))
    return found


def page_numbers(page, text):
    """Return the numbers that the HTML ``text`` of one page shows."""
    title = _TITLE.search(text)
    found = {("page", page, ""): title[1] if title else ""}
    for match in _EQUATION.finditer(text):
        found["equation", page, match["name"]] = match["number"]
    for match in _CAPTION.finditer(text):
        kind = "figure" if match["kind"] == "Fig." else "table"
        found[kind, page, match["name"]] = match["number"]
    for match in _EXERCISE.finditer(text):
        # LaTeX's label of an exercise does not say on which page it stands.
        found["exercise", "", match["name"]] = match["number"]
    return found


def latex_numbers(aux, tex):
    """Return LaTeX's numbers from the text of its ``.aux`` and ``.tex`` files."""
    found = {}
    for label, number, anchor in _LABEL.findall(aux):
        kind = anchor.split(".")[0]
        if label.startswith("equation:"):
            page, _, name = label.removeprefix("equation:").partition(":")
            found["equation", page, nodes.make_id(name)] = number
        elif label.endswith("::doc"):
            # An unnumbered heading (its anchor has a star) carries a stale number.
            shown = "" if "*" in kind else number
            found["page", label.removesuffix("::doc"), ""] = shown
        elif kind in ("figure", "table"):
            page, _, name = label.partition(":")
            found[kind, page, name] = number
    for name, number in _PRINTED_EXERCISE.findall(tex):
        found["exercise", "", name] = number
    return found


def disagreements(html_folder, aux_path):
    """Return one line for everything with two numbers, or in one of the books only.

    ``html_folder`` is the built HTML, ``aux_path`` the ``.aux`` file of the print with
    its ``.tex`` beside it. Raises ``FileNotFoundError`` when one was not built.
    """
    html_folder, aux_path = Path(html_folder), Path(aux_path)
    for path in (html_folder, aux_path):
        if not path.exists():
            raise FileNotFoundError(f"{path}: build the HTML and the PDF first")
    online = html_numbers(html_folder)
    aux = aux_path.read_text(encoding="utf-8", errors="replace")
    tex = aux_path.with_suffix(".tex").read_text(encoding="utf-8", errors="replace")
    return compare(online, latex_numbers(aux, tex))


def compare(online, printed):
    """Return one line a difference between two outcomes of the functions above."""
    # Pages without a counterpart are Sphinx's own (index, search) or were left out.
    pages = {key for key in online.keys() ^ printed.keys() if key[0] == "page"}
    lines = []
    for key in sorted((online.keys() | printed.keys()) - pages):
        left, right = online.get(key), printed.get(key)
        if left != right:
            name = " ".join(part for part in key if part)
            lines.append(f"{name}: HTML {_shown(left)}, print {_shown(right)}")
    return lines


def _shown(number):
    return "does not have it" if number is None else (number or "without a number")


if __name__ == "__main__":
    found = disagreements(BUILD / "html", BUILD / "latex" / "book.aux")
    print("\n".join(found) or "HTML and print agree in every number.")
    raise SystemExit(bool(found))
