"""The gates of the build: what print must not hold, what a machine must have."""

import build
import environment
import numbering
import pytest

CLEAN = """\
This is XeTeX
Overfull \\hbox (4.9pt too wide) in paragraph at lines 1--2
Underfull \\hbox (badness 10000) in paragraph at lines 3--4
LaTeX Warning: Marginpar on page 3 moved.
"""


def test_a_clean_log_passes():
    assert build.log_problems(CLEAN) == []


@pytest.mark.parametrize(
    "line",
    [
        "LaTeX Warning: There were undefined references.",
        "LaTeX Warning: Reference `equation:book/a:eq:x' on page 3 undefined.",
        "LaTeX Warning: Hyper reference `book/a:ex-b' on page 9 undefined.",
        "Missing character: There is no 𝒪 in font TeX Gyre Termes!",
        "Overfull \\hbox (5.1pt too wide) in paragraph at lines 1--2",
        "Overfull \\hbox (123.45pt too wide) detected at line 9",
    ],
)
def test_what_latex_lets_pass_is_found(line):
    assert build.log_problems(CLEAN + line + "\n") == [line]


def test_a_line_that_latex_breaks_is_read_whole():
    line = "LaTeX Warning: Reference `equation:book/aleiner2001/two-level-system:eq:"
    line += "aleiner2001-99' on page 12 undefined on input line 1234."
    broken = f"{line[:79]}\n{line[79:]}\n"
    assert build.log_problems(CLEAN + broken) == [line]


def test_unresolved_references_are_found_in_the_printed_text():
    assert build.text_problems("as in (4.5)\nWhat? Why?\n") == []
    assert build.text_problems("as in (??) and\nthen") == ["unresolved: as in (??) and"]


@pytest.mark.parametrize("missing", ["xelatex", "latexmk"])
def test_missing_latex_names_the_packages(monkeypatch, missing):
    def which(name):
        return None if name == missing else f"/usr/bin/{name}"

    monkeypatch.setattr(build.shutil, "which", which)
    with pytest.raises(SystemExit) as stop:
        build.require_latex()
    said = str(stop.value)
    assert said.startswith(f"{missing} not found")
    for package in (
        "texlive-xetex",
        "latexmk",
        "fonts-urw-base35",
        "fonts-freefont-otf",
    ):
        assert package in said


def test_latex_at_hand_passes(monkeypatch):
    monkeypatch.setattr(build.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert build.require_latex() is None


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 6), (2, 7)])
def test_an_older_python_is_refused_with_a_remedy(version):
    with pytest.raises(SystemExit, match=r"needs Python 3\.11.*PYTHON=python3\.11"):
        environment.require_python(version)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 1), (4, 0)])
def test_a_python_that_is_new_enough_passes(version):
    assert environment.require_python(version) is None


def test_solutions_are_in_unless_switched_off(monkeypatch):
    monkeypatch.delenv("SOLUTIONS", raising=False)
    assert build.solutions() == "1"
    shown = build.current_inputs()
    monkeypatch.setenv("SOLUTIONS", "0")
    assert build.solutions() == "0"
    assert build.current_inputs() != shown, "the switch must lead to a new build"


# ---------------------------------------------------------------- numbers in both books

PAGE = """\
<div class="print"><h1>A well</h1></div>
<h1><span class="section-number">4.1. </span>A well<a class="headerlink" href="#a-well"
 title="Link to this heading">#</a></h1>
<div class="math notranslate nohighlight" id="equation-eq-aleiner2001-5">
<span class="eqno">(4.2)<a class="headerlink" href="#equation-eq-aleiner2001-5" title="\
Link to this equation">#</a></span>\\[U\\]</div>
<figcaption><p><span class="caption-number">Fig. 4.1 </span><span class="caption-text">\
See <a href="x.html#other">there</a>.</span><a class="headerlink" href="#fig-well" \
title="Link to this image">#</a></p></figcaption>
<table id="id6"><caption><span class="caption-number">Table 2 </span>\
<span class="caption-text">T</span><a class="headerlink" href="#id6" \
title="Link to this table">#</a></caption></table>
<div class="exercise admonition" id="ex-twice">
<p class="admonition-title"><span class="caption-number">Exercise 4.1 </span> (A)</p>
"""
AUX = r"""
\newlabel{book/well::doc}{{4.1}{5}{A \textit{well}}{section.4.1}{}}
\newlabel{book/well:source-eq-aleiner2001-5}{{4.1}{5}{A well}{section*.7}{}}
\newlabel{equation:book/well:eq:aleiner2001-5}{{4.2}{5}{A {well}}{equation.4.1.2}{}}
\newlabel{book/well:fig-well}{{4.1}{6}{Caption\relax }{figure.caption.15}{}}
\newlabel{book/well:id6}{{2}{8}{T\strut }{table.0.2}{}}
\newlabel{exercise:ex-twice}{{4.1}{5}{A well}{section*.10}{}}
\newlabel{book/ledger::doc}{{4.1}{9}{Ledger}{chapter*.15}{}}
"""
TEX = r"""
\phantomsection\label{exercise:ex-twice}\begin{bookexercise}{Exercise 4.1 (A)}
"""


@pytest.fixture
def two_books(tmp_path):
    """A page in HTML and in print that agree."""

    def make(page=PAGE, aux=AUX, tex=TEX):
        html, latex = tmp_path / "html", tmp_path / "latex"
        for name, text in (("well", page), ("ledger", "<h1>Ledger</h1>")):
            (html / "book").mkdir(parents=True, exist_ok=True)
            (html / "book" / f"{name}.html").write_text(text, encoding="utf-8")
        latex.mkdir(exist_ok=True)
        (latex / "book.aux").write_text(aux, encoding="utf-8")
        (latex / "book.tex").write_text(tex, encoding="utf-8")
        return numbering.disagreements(html, latex / "book.aux")

    return make


def test_equal_numbers_agree(two_books):
    assert two_books() == []


def test_the_environment_of_an_exercise_may_be_sphinx_own(two_books):
    own = TEX.replace(r"\begin{bookexercise}", "\n\\begin{sphinxadmonition}{note}")
    assert own != TEX
    assert two_books(tex=own) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("(4.2)", "(4.3)", "equation book/well eq-aleiner2001-5: HTML 4.3, print 4.2"),
        ("Fig. 4.1", "Fig. 4.2", "figure book/well fig-well: HTML 4.2, print 4.1"),
        ("Table 2", "Table 4.2", "table book/well id6: HTML 4.2, print 2"),
        ("ise 4.1", "ise 4.7", "exercise ex-twice: HTML 4.7, print 4.1"),
        (">4.1. <", ">3.1. <", "page book/well: HTML 3.1, print 4.1"),
    ],
)
def test_a_number_that_differs_is_told(two_books, old, new, line):
    assert PAGE.count(old) == 1
    assert two_books(page=PAGE.replace(old, new)) == [line]


def test_a_number_in_one_book_only_is_told(two_books):
    lines = AUX.splitlines(keepends=True)
    aux = "".join(line for line in lines if "newlabel{equation" not in line)
    expected = "equation book/well eq-aleiner2001-5: HTML 4.2, print does not have it"
    assert two_books(aux=aux) == [expected]
    assert two_books(page=PAGE.replace("eqno", "other"))[0].startswith(
        "equation book/well eq-aleiner2001-5: HTML does not have it, print 4.2"
    )


def test_a_chapter_numbered_in_print_only_is_told(two_books):
    aux = AUX.replace("{{4.1}{9}{Ledger}{chapter*.15}", "{{5}{9}{Ledger}{chapter.5}")
    assert two_books(aux=aux) == ["page book/ledger: HTML without a number, print 5"]


def test_books_that_are_not_built_are_not_equal(tmp_path):
    with pytest.raises(FileNotFoundError, match="build the HTML and the PDF first"):
        numbering.disagreements(tmp_path, tmp_path / "book.aux")
