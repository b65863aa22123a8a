"""Sphinx extension: ties equations, check cells, ledger rows and code together.

From the labels of equations (``eq:he2025-51``) and the tags of code cells it makes

* the line "He (51) · verdict · check · ledger · code" above every labelled equation,
* an anchor at every check cell,
* index entries, so that a search for "He 51" or "he2025-51" lands on the equation,
* on the API page the source equations that each object implements.
"""

import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxRole

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "_tools"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import notebooks

from tlsbook import ledger

LABEL = re.compile(r"eq:[a-z0-9]+-(?:[0-9]+[ab]?|u[0-9]+)")
#: A bar outside backquotes (an even number of them follows on the line).
_BAR = re.compile(r"\|(?=(?:[^`]*`[^`]*`)*[^`]*$)")
SHOWN = re.compile(r"^\$\$[ \t]*\((eq:[a-z0-9]+-[0-9a-z]+)\)[ \t]*$", re.M)


def anchor(kind, tag, number=1):
    """Return the anchor of a check cell or of a ledger row."""
    name = f"{kind}-{tag.replace(':', '-')}"
    return name if number == 1 else f"{name}-{number}"


class Cross:
    """What the sources of the book contain: check cells and labelled equations."""

    def __init__(self):
        self.checks = {}
        self.shown = {}
        for page in notebooks.pages():
            if not page.source.exists():
                continue
            for label in SHOWN.findall(page.source.read_text(encoding="utf-8")):
                self.shown[label] = page.name
            if page.is_notebook():
                for tag, number in notebooks.row_tags(page):
                    self.checks.setdefault(tag, []).append((page.name, number))

    def check_anchors(self, tag):
        """Return the anchors of the check cells of a row, in the order of the book."""
        return [
            anchor("check", tag, i + 1) for i in range(len(self.checks.get(tag, ())))
        ]

    def anchor_on(self, docname, tag, number):
        """Return the anchor of the ``number``-th cell with ``tag`` on a page."""
        return anchor("check", tag, self.checks[tag].index((docname, number)) + 1)


def reference(target, text, docname, domain="std", kind="ref"):
    """Return a cross reference that Sphinx resolves, or warns about, at the end."""
    inner = nodes.inline("", text, classes=["xref"])
    return addnodes.pending_xref(
        "",
        inner,
        refdomain=domain,
        reftype=kind,
        reftarget=target,
        refexplicit=True,
        refwarn=True,
        refdoc=docname,
    )


def index_entries(label, target):
    """Return index entries "He 51" and "he2025-51", which the search field finds."""
    _, key, number = ledger.parse_id(label)
    words = (f"{ledger.SOURCES[key].short} {number}", f"{key}-{number}")
    entries = [("single", word, target, "main", None) for word in words]
    return addnodes.index(entries=entries)


def check_links(env, tag):
    """Return inline nodes that link to every check cell of a row."""
    anchors = env.app.tlsbook_cross.check_anchors(tag)
    result = []
    for i, name in enumerate(anchors):
        text = "check" if len(anchors) == 1 else f"check {i + 1}"
        result += [nodes.Text(" · "), reference(name, text, env.docname)]
    return result


class SourceLines(SphinxTransform):
    """Put the source line above labelled equations and anchors above check cells."""

    default_priority = 20

    def apply(self):
        for node in list(self.document.findall(nodes.math_block)):
            label = node.get("label") or ""
            if LABEL.fullmatch(label):
                self._above_equation(node, label)
        seen = {}
        for node in list(self.document.findall(nodes.container)):
            for name in node.get("classes", []):
                tag = name.removeprefix("tag_")
                if name != tag and notebooks.ROW_TAG.fullmatch(tag):
                    seen[tag] = seen.get(tag, 0) + 1
                    self._above_cell(node, tag, seen[tag])

    def _above_equation(self, node, label):
        row = ledger.row(label)
        line = nodes.paragraph("", "", classes=["source-line"])
        line += nodes.strong("", ledger.display_name(label))
        line += nodes.Text(" · ")
        verdict = "not treated yet" if row.verdict == "open" else row.verdict
        style = "verdict-" + row.verdict.replace(" ", "-")
        line += nodes.inline("", verdict, classes=["verdict", style])
        line += check_links(self.env, label)
        line += [
            nodes.Text(" · "),
            reference(anchor("ledger", label), "ledger", self.env.docname),
        ]
        if row.code:
            line += [
                nodes.Text(" · "),
                reference(row.code, "code", self.env.docname, "py", "obj"),
            ]
        entry_target = f"source-{label.replace(':', '-')}"
        target = nodes.target("", "", ids=[entry_target], names=[entry_target])
        self.document.note_explicit_target(target, target)
        index = index_entries(label, entry_target)
        parent, here = node.parent, node.parent.index(node)
        before = parent[here - 1] if here else None
        if isinstance(before, nodes.target) and not before.children:
            here -= 1
        for new in reversed((index, target, line)):
            parent.insert(here, new)

    def _above_cell(self, node, tag, number):
        cross = self.app.tlsbook_cross
        if (self.env.docname, number) not in cross.checks.get(tag, ()):
            return
        name = cross.anchor_on(self.env.docname, tag, number)
        target = nodes.target("", "", ids=[name], names=[name])
        node.parent.insert(node.parent.index(node), target)
        self.document.note_explicit_target(target, target)


class LedgerRow(SphinxRole):
    """``{ledger-row}`eq:he2025-51```: the anchor of a row, its name, and its links."""

    def run(self):
        tag = self.text
        row = ledger.row(tag)
        name = anchor("ledger", tag)
        target = nodes.target("", "", ids=[name], names=[name])
        self.inliner.document.note_explicit_target(target, target)
        result = [target]
        if tag not in self.env.app.tlsbook_cross.shown and row.type == "eq":
            # Until the equation is displayed, a search for it lands on its row.
            result.insert(0, index_entries(tag, name))
        text = ledger.display_name(tag) if row.type == "eq" else row_text(row)
        if tag in self.env.app.tlsbook_cross.shown:
            result.append(equation_link(self.env, tag, text))
        else:
            result.append(nodes.strong("", text))
        result += check_links(self.env, tag)
        if row.code:
            result += [
                nodes.Text(" · "),
                reference(row.code, "code", self.env.docname, "py", "obj"),
            ]
        return result, []


def row_text(row):
    """Return the name of a claim or a figure inside its own source's table."""
    return f"Fig. {row.number}" if row.type == "fig" else row.number.replace("-", " ")


def equation_link(env, tag, text):
    """Return a link with its own text to a labelled equation."""
    name = f"source-{tag.replace(':', '-')}"
    return reference(name, text, env.docname)


class EquationLink(SphinxRole):
    """``{source-eq}`eq:he2025-51```: a link that reads "He (51)"."""

    def run(self):
        tag = self.text
        text = ledger.display_name(tag)
        if tag.startswith("eq:") and tag in self.env.app.tlsbook_cross.shown:
            return [equation_link(self.env, tag, text)], []
        return [reference(anchor("ledger", tag), text, self.env.docname)], []


def source_equations(app, what, name, obj, options, lines):
    """Make bars plain text and append the source equations an object implements."""
    # |x| means a modulus in our docstrings, never a substitution.
    lines[:] = list(_plain_bars(lines))
    tags = [row.id for row in ledger.rows() if row.code == name]
    if tags:
        links = ", ".join(f":source-eq:`{tag}`" for tag in tags)
        lines += ["", f"**Source equations:** {links}", ""]


def _plain_bars(lines):
    """Escape the bars of a docstring's lines, except inside ``.. math::`` blocks."""
    depth = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if depth is not None and line.strip() and indent <= depth:
            depth = None
        yield line if depth is not None else _BAR.sub(r"\\|", line)
        if line.lstrip().startswith(".. math::"):
            depth = indent


def collect(app):
    """Read tags and labels of all pages before the first of them is built."""
    app.tlsbook_cross = Cross()


def setup(app):
    app.connect("builder-inited", collect)
    app.connect("autodoc-process-docstring", source_equations)
    app.add_transform(SourceLines)
    app.add_role("ledger-row", LedgerRow())
    app.add_role("source-eq", EquationLink())
    return {"version": "1", "parallel_read_safe": False}
