"""Sphinx extension: the printed book.

It takes the LaTeX that Jupyter Book prepares and makes a book of it: own style file
(``book/_static/latex/tlsbook.sty``), unnumbered front and back matter, the landing page
as a first chapter, the source line kept with its equation, tables whose columns fit,
the sections of a chapter with their pages, solutions behind the exercises, and an index
of the source equations. HTML is left alone.
"""

import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import clean_astext
from sphinx.util.texescape import escape
from sphinx_exercise.nodes import is_exercise_node, is_solution_node

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tlsbook
from tlsbook import ledger

LATEX = Path(__file__).resolve().parents[1] / "_static" / "latex"
SUBTITLE = "An executable companion to five papers"
SUBJECT = "two-level systems, glasses, superconductors, decoherence"
INTRODUCTION = "About this book"
FAILING = ("misprint", "inconsistent")
#: Characters of table text that fit into one line of print.
LINE = 92
#: Rows (as printed) from which a table may break across pages.
LONG = 25


def latex_settings(app, config):
    """Replace what Jupyter Book sets for LaTeX; runs after it."""
    config["latex_theme"] = "manual"
    config["latex_domain_indices"] = False
    files = [LATEX / "tlsbook.sty", *_fonts()]
    config["latex_additional_files"] = [str(path) for path in files]
    config["latex_elements"] = dict(config["latex_elements"]) | {
        "extraclassoptions": "openany",
        "fontenc": r"\usepackage[no-math]{fontspec}",
        "fontpkg": r"\usepackage{mathrsfs}\usepackage{mathpazo}",
        "fncychap": "",
        "fvset": "",
        "makeindex": "",
        "printindex": "",
        "maketitle": r"\booktitlepage",
        "preamble": "\n".join(
            (
                rf"\newcommand\booksubtitle{{{SUBTITLE}}}",
                rf"\newcommand\booksubject{{{SUBJECT}}}",
                rf"\newcommand\bookversion{{{tlsbook.__version__}}}",
                r"\addto\captionsenglish{\renewcommand{\contentsname}{Contents}}",
                r"\usepackage{tlsbook}",
            )
        ),
    }


def _fonts():
    """Return the DejaVu files that come with Matplotlib."""
    from matplotlib import get_data_path

    folder = Path(get_data_path()) / "fonts" / "ttf"
    return [
        folder / f"{family}{style}.ttf"
        for family, styles in (
            ("DejaVuSansMono", ("", "-Bold", "-Oblique", "-BoldOblique")),
            ("DejaVuSerif", ("", "-Bold", "-Italic", "-BoldItalic")),
        )
        for style in styles
    ]


def raw(text):
    """Return a piece of LaTeX as it stands."""
    return nodes.raw("", text, format="latex")


def page_label(docname):
    """Return the label of the start of a page."""
    return rf"\detokenize{{{docname}::doc}}"


class PrintTransform(SphinxPostTransform):
    """A change of the assembled book before LaTeX is written."""

    builders = ("latex",)


class Structure(PrintTransform):
    """Landing page into a chapter; numbers off and on; contents of a chapter.

    Runs before the transform of Jupyter Book that would flatten the landing page.
    """

    default_priority = 690

    def run(self):
        root = self.document.next_node(nodes.section)
        wrappers = [n for n in root.children if _is_toctree(n)]
        self._introduction(root)
        self._numbers(wrappers)
        for node in list(self.document.findall(_is_chapter_contents)):
            node.replace_self(self._contents(node))

    def _introduction(self, root):
        for section in root.findall(nodes.section):
            if section is not root:
                section.attributes.pop("header_level", None)
        chapter = nodes.section("", nodes.title("", INTRODUCTION), ids=["about"])
        for child in list(root.children):
            if not _is_toctree(child) and not isinstance(child, nodes.title):
                root.remove(child)
                chapter.append(child)
        root.insert(1, chapter)

    def _numbers(self, wrappers):
        was = False
        for wrapper in wrappers:
            for start in list(wrapper.children):
                if not isinstance(start, addnodes.start_of_file):
                    continue
                now = bool(self.env.titles[start["docname"]].get("secnumber"))
                if now != was:
                    switch = r"\booknumbered" if now else r"\bookunnumbered"
                    wrapper.insert(wrapper.index(start), raw(switch + "\n"))
                was = now

    def _contents(self, node):
        lines = [r"\begin{chaptercontents}"]
        for title, docname in node["entries"]:
            text = title or clean_astext(self.env.titles[docname])
            lines.append(rf"\chapterentry{{{page_label(docname)}}}{{{_tex(text)}}}")
        lines.append(r"\end{chaptercontents}")
        return [raw("\n".join(lines) + "\n")]


def _is_toctree(node):
    return isinstance(node, nodes.compound) and "toctree-wrapper" in node["classes"]


def _is_chapter_contents(node):
    return (
        type(node).__name__ == "HiddenCellNode"
        and "latex-tableofcontents" in node.get("classes", ())
        and "entries" in node
    )


def _tex(text):
    return escape(text, "xelatex")


class SourceLine(PrintTransform):
    """Make source line and equation one paragraph: no page ends between them."""

    default_priority = 800

    def run(self):
        for line in list(self.document.findall(_is_source_line)):
            self._join(line)

    def _join(self, line):
        parent = line.parent
        start = end = parent.index(line)
        while start and isinstance(parent[start - 1], (nodes.target, addnodes.index)):
            start -= 1
        while not isinstance(parent[end], nodes.math_block):
            end += 1
        taken = parent.children[start : end + 1]
        before, after = taken[: taken.index(line)], taken[taken.index(line) + 1 :]
        for node in line.findall(_is_verdict):
            macro = "verdictfails" if node.astext() in FAILING else "verdict"
            node.replace_self([raw(rf"\{macro}{{"), *node.children, raw("}")])
        for node in list(line.findall(nodes.reference)):
            node.parent.insert(node.parent.index(node) + 1, _page_of(node, taken[-1]))
        new = nodes.paragraph("", "", *_targets(before), raw(r"\sourceline{"))
        new += [*line.children, raw("}\n"), *_targets(after[:-1]), after[-1]]
        parent.children[start : end + 1] = []
        parent.insert(start, new)


def _page_of(reference, equation):
    """Return the page a reference leads to: paper has no links."""
    here = f"%{equation['docname']}#{reference.get('refid')}"
    page, _, name = reference.get("refuri", here).removeprefix("%").partition("#")
    return raw(rf"\sourcepage{{\detokenize{{{page}:{name}}}}}")


def _targets(found):
    return [node for node in found if isinstance(node, nodes.target)]


def _is_source_line(node):
    return isinstance(node, nodes.paragraph) and "source-line" in node["classes"]


def _is_verdict(node):
    return isinstance(node, nodes.inline) and "verdict" in node["classes"]


class Solutions(PrintTransform):
    """Solutions without a frame (they hold code and figures), at the end of their page.

    HTML folds a solution away under its exercise; paper puts it behind all of them.
    Where the move would change the order of numbered things, they stay.
    """

    default_priority = 805

    def run(self):
        for page in list(self.document.findall(addnodes.start_of_file)):
            section = page.next_node(nodes.section)
            found = [n for n in section.findall(is_solution_node)] if section else []
            if found and found[0].next_node(addnodes.start_of_file) is None:
                self._to_the_end(section, found)
        for node in list(self.document.findall(is_exercise_node)):
            self._label(node)
        for node in list(self.document.findall(is_solution_node)):
            self._frameless(node)

    def _label(self, node):
        # sphinx-exercise labels an exercise in another way than Sphinx refers to it.
        page = self.env.sphinx_exercise_registry[node["label"]]["docname"]
        # Room is asked for before the label, or the label stays on the page before.
        room = r"\par\needspace{9\baselineskip}"
        label = rf"{room}\phantomsection\label{{\detokenize{{{page}:{node['label']}}}}}"
        node.parent.insert(node.parent.index(node), raw(label))

    def _to_the_end(self, section, found):
        moved = [n for node in found for n in node.findall(_is_numbered)]
        rest = [n for n in section.findall(_is_numbered) if n not in moved]
        if list(section.findall(_is_numbered)) != rest + moved:
            return
        end = nodes.section("", nodes.title("", "Solutions"))
        for node in found:
            node.parent.remove(node)
            end.append(node)
        section.append(end)

    def _frameless(self, node):
        known = self.env.sphinx_exercise_registry[node["label"]]
        title, *content = node.children
        for link in list(title.findall(nodes.reference)):
            link.replace_self(link.children)
        page = rf"\sourcepage{{exercise:{node['target_label']}}}}}" + "\n"
        label = rf"\phantomsection\label{{{known['docname']}:{node['label']}}}"
        start = raw("\n" + r"\begin{booksolution}{" + label)
        end = raw(r"\end{booksolution}" + "\n")
        node.replace_self([start, *title.children, raw(page), *content, end])


def _is_numbered(node):
    if isinstance(node, nodes.math_block):
        return bool(node.get("label"))
    return isinstance(node, nodes.figure | nodes.table)


class Tables(PrintTransform):
    """Give wide tables columns that fit, and let long ones break across pages."""

    default_priority = 810

    def run(self):
        for table in list(self.document.findall(nodes.table)):
            if not _has_spans(table):
                self._fit(table)
            self._keep_number(table)

    @staticmethod
    def _keep_number(table):
        """Take back the number that a long table counts even without a caption."""
        titled = any(isinstance(child, nodes.title) for child in table.children)
        if "longtable" in table["classes"] and not titled:
            table.parent.insert(
                table.parent.index(table) + 1, raw("\\addtocounter{table}{-1}\n")
            )

    def _fit(self, table):
        columns = list(zip(*_texts(table), strict=True))
        specs = list(table.findall(nodes.colspec))
        natural = [max(map(len, column)) + 2 for column in columns]
        given = "colwidths-given" in table["classes"]
        if given and "longtable" not in table["classes"]:
            widths = [spec["colwidth"] for spec in specs]
        elif sum(natural) <= LINE:
            widths = natural
        else:
            widths = column_widths(columns)
            table["classes"].append("colwidths-given")
            for spec, width in zip(specs, widths, strict=True):
                spec["colwidth"] = width
        share = LINE / sum(widths) if "colwidths-given" in table["classes"] else 1
        lines = sum(
            max(
                -(-len(t) // max(share * w, 1))
                for t, w in zip(row, widths, strict=True)
            )
            for row in _texts(table)
        )
        if lines > LONG and "longtable" not in table["classes"]:
            table["classes"].append("longtable")


def column_widths(columns):
    """Return widths: each column gets its longest word, then by how much it holds."""
    words = [max(map(_longest_word, column)) + 2 for column in columns]
    room = max(LINE - sum(words), 0)
    held = [sum(map(len, column)) for column in columns]
    return [round(w + room * h / sum(held)) for w, h in zip(words, held, strict=True)]


def _has_spans(table):
    return any("morecols" in n or "morerows" in n for n in table.findall(nodes.entry))


def _texts(table):
    return [
        [_plain(entry) for entry in row.findall(nodes.entry)]
        for row in table.findall(nodes.row)
    ]


def _plain(entry):
    """Return the text of a cell, formulas roughly as wide as they are printed."""
    parts = []
    for node in entry.findall():
        if isinstance(node, nodes.Text):
            text = node.astext()
            if isinstance(node.parent, nodes.math):
                text = re.sub(r"\\[a-zA-Z]+|\\.", "x", text)
                text = re.sub(r"[{}_^\s]", "", text)
            parts.append(text)
    return "".join(parts)


def _longest_word(text):
    return max((len(word) for word in re.split(r"[\s/-]", text)), default=0)


class SourceIndex(PrintTransform):
    """Append the index of source equations: number, verdict, page."""

    default_priority = 760  # after Sphinx has put the bibliography at the end

    def run(self):
        shown = self.app.tlsbook_cross.shown
        parts = []
        for key, source in ledger.SOURCES.items():
            tags = [row.id for row in ledger.load(key).values() if row.id in shown]
            entries = "".join(_entry(tag, shown[tag]) for tag in tags)
            if entries:
                parts.append(rf"\sourceindex{{{_tex(source.short)}}}{{{entries}}}")
        if parts:
            head = [r"\chapter{Index of source equations}", *parts]
            self.document.append(raw("\n" + "\n".join(head) + "\n"))


def _entry(tag, page):
    row = ledger.row(tag)
    label = rf"\detokenize{{{page}:source-{tag.replace(':', '-')}}}"
    macro = "textbf" if row.verdict in FAILING else "textit"
    verdict = rf"\{macro}{{{_tex(row.verdict)}}}"
    return rf"\sourceentry{{{label}}}{{({row.number})}}{{{verdict}}}" + "\n"


def setup(app):
    app.connect("config-inited", latex_settings, priority=900)
    for transform in (Structure, SourceIndex, SourceLine, Solutions, Tables):
        app.add_post_transform(transform)
    return {"version": "1", "parallel_read_safe": True}
