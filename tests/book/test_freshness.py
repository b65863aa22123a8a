"""A rebuild shows what is true now, and a book with a fault is not built.

One miniature of the project goes through all states; every build is a whole one.
"""

import re
from types import SimpleNamespace

import mini
import nbformat
import pytest

#: Pages made by Sphinx that hold no text of ours.
FOREIGN = ("genindex", "py-modindex", "search", "index")
WELL_ROW = "evidence: work of the force by quadrature"


def state(project):
    """Build and return how it went, with the pages and their plain text as they are."""
    code, said, seconds = mini.tool(project, "build", "html")
    html = project / "_build" / "html"
    pages = {
        path.relative_to(html).with_suffix("").as_posix(): path.read_text("utf-8")
        for path in html.rglob("*.html")
        if "_static" not in path.parts
    }
    texts = {name: re.sub(r"<[^>]+>", "", text) for name, text in pages.items()}
    return SimpleNamespace(
        code=code, said=said, seconds=seconds, pages=pages, texts=texts
    )


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Every state of one miniature, in order; its HTML is left as in ``row``."""
    project = mini.copy(tmp_path_factory.mktemp("mini"))
    seen = SimpleNamespace(project=project, html=project / "_build" / "html")

    faulty = "See {eq}`eq:aleiner2001-9` as well.\n\n## Symbols"
    mini.replace(project, "book/aleiner2001/index.md", "## Symbols", faulty)
    seen.broken = state(project)
    seen.still_broken = state(project)
    mini.replace(project, "book/aleiner2001/index.md", faulty, "## Symbols")
    seen.first = state(project)
    seen.again = state(project)

    mini.replace(project, "tlsbook/well.py", "STIFFNESS = 2.0", "STIFFNESS = 4.0")
    seen.constant = state(project)

    mini.replace(project, f"{mini.WELL}.md", "linspace(0, 3, 7)", "linspace(0, 5, 7)")
    mini.replace(project, f"{mini.WELL}.md", "energy(3.0)", "energy(5.0)")
    seen.page = state(project)

    row = "book/ledger/aleiner2001.yml"
    mini.replace(project, row, "verdict: holds", "verdict: definition")
    mini.replace(project, row, WELL_ROW, "evidence: it says something new")
    seen.row = state(project)

    mini.replace(project, row, "verdict: definition\n  evid", "verdict: open\n  evid")
    seen.at_odds = state(project)
    return seen


def test_a_broken_reference_fails_every_time(history):
    for build in (history.broken, history.still_broken):
        assert build.code != 0
        assert "eq:aleiner2001-9" in build.said
    assert "none changed" in history.still_broken.said


def test_what_is_mended_builds(history):
    assert history.first.code == 0, history.first.said
    assert "it is 9.00 on its own page" in history.first.texts[mini.WELL]
    assert "found 9.00 in" in history.first.texts[mini.USE]


def test_without_a_change_nothing_is_executed(history):
    assert history.again.code == 0, history.again.said
    assert "none changed" in history.again.said
    assert history.again.pages == history.first.pages
    assert history.again.seconds < 0.8 * history.first.seconds


def test_a_constant_of_the_package_reaches_the_page(history):
    assert history.constant.code == 0, history.constant.said
    assert "18.00 on its own page" in history.constant.texts[mini.WELL]


def test_a_glued_number_reaches_another_page(history):
    """Sphinx alone would leave the page that did not change as it was."""
    assert "found 18.00 in" in history.constant.texts[mini.USE]
    assert history.page.code == 0, history.page.said
    assert f"{mini.WELL}: " in history.page.said
    assert f"{mini.USE}: " not in history.page.said, "it was not to be executed again"
    assert "it is 50.00 on its own page" in history.page.texts[mini.WELL]
    assert "found 50.00 in" in history.page.texts[mini.USE]


def test_a_row_reaches_the_ledger_and_the_line_above_the_equation(history):
    assert history.row.code == 0, history.row.said
    assert "quadrature" in history.constant.pages["book/ledger"]
    assert "says something new" in history.row.pages["book/ledger"]
    assert "quadrature" not in history.row.pages["book/ledger"]
    assert 'verdict-holds">' in history.constant.pages[mini.WELL]
    assert 'verdict-definition">' in history.row.pages[mini.WELL]
    assert 'verdict-holds">' not in history.row.pages[mini.WELL]


def test_a_check_at_odds_with_the_ledger_fails(history):
    assert history.at_odds.code != 0
    assert mini.WELL in history.at_odds.said
    assert re.search(r"eq:aleiner2001-5.*open", history.at_odds.said)


def test_search_finds_an_equation_by_the_source_and_its_number(history):
    index = (history.html / "searchindex.js").read_text("utf-8")
    entries = index.split('"indexentries":')[1]
    for words in ("aleiner 5", "aleiner2001-5", "aleiner u1"):
        assert f'"{words}": ' in entries
    assert 'id="source-eq-aleiner2001-5"' in history.row.pages[mini.WELL]


def test_check_and_row_are_linked_both_ways(history):
    well, ledger = history.row.pages[mini.WELL], history.row.pages["book/ledger"]
    assert 'id="check-eq-aleiner2001-5"' in well
    assert 'href="#check-eq-aleiner2001-5"' in well
    assert 'href="../ledger.html#ledger-eq-aleiner2001-5"' in well
    assert 'href="../api.html#tlsbook.well.energy"' in well
    assert 'id="ledger-eq-aleiner2001-5"' in ledger
    assert 'href="aleiner2001/well.html#check-eq-aleiner2001-5"' in ledger
    assert "well.html#source-eq-aleiner2001-5" in history.row.pages["book/api"]


def test_pages_need_nothing_from_the_network(history):
    folder = history.html
    for name, text in history.row.pages.items():
        wanted = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", text)
        remote = [t for t in wanted if re.search(r'(?:src|href)="(?:https?:)?//', t)]
        assert not remote, f"{name} asks the network for {remote}"
        for source in re.findall(r'<script[^>]* src="([^"?]+)', text):
            assert (folder / name).parent.joinpath(source).is_file(), source
    for path in (folder / "_static").rglob("*.css"):
        assert not re.search(
            r"@import[^;]*//|url\([\"']?(https?:)?//", path.read_text()
        )
    assert re.search(
        r'src="[./]*_static/mathjax/tex-svg\.js', history.row.pages[mini.WELL]
    )


def test_every_notebook_offers_its_ipynb(history):
    folder = history.html / "book" / "aleiner2001"
    for name in (mini.WELL, mini.USE):
        links = re.findall(r'href="([^"]+\.ipynb)"', history.row.pages[name])
        assert len(set(links)) == 1, "one file, linked from the text and the header"
        assert len(links) == 2
        path = folder / links[0]
        assert path.name == f"{name.rpartition('/')[2]}.ipynb"
        cells = nbformat.read(path, as_version=4).cells
        code = [cell for cell in cells if cell.cell_type == "code"]
        assert code
        assert all(cell.execution_count for cell in code), "it was not executed"
        # As it was when the page was built, with the changes above.
        assert name != mini.WELL or "50.0" in nbformat.writes(nbformat.read(path, 4))
    # No dead link to a source that is not beside the pages.
    for name, text in history.row.pages.items():
        assert name in FOREIGN or "download-source-button" not in text
        assert "_sources/" not in text


def test_every_local_link_leads_somewhere(history):
    folder = history.html
    for name, text in history.row.pages.items():
        for link in re.findall(r'<a\b[^>]* href="([^"]+)"', text):
            path, _, anchor = link.partition("#")
            if "://" in path or path.startswith("mailto:"):
                continue
            file = (folder / name).parent.joinpath(path) if path else None
            target = text
            if file is not None:
                assert file.is_file(), f"{name}: {link}"
                target = file.read_text("utf-8") if anchor else ""
            assert not anchor or f'id="{anchor}"' in target, f"{name}: {link}"


def test_figures_have_alt_text_of_their_own(history):
    images = re.findall(r"<img\b[^>]*>", history.row.pages[mini.WELL])
    assert any('alt="A parabola that opens upwards."' in image for image in images)
