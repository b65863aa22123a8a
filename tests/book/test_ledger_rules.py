"""Labels, tags and rows agree, and a verdict is earned by a visible check."""

import ast
import importlib
import re

import notebooks
import pages
import pytest

from tlsbook import ledger

ROWS = ledger.rows()
SETTLED = [r for r in ROWS if r.verdict != "open"]
BOOK = [page for page in notebooks.pages() if page.source.exists()]
LABEL = re.compile(r"\(((?:eq):[a-z0-9]+-[0-9a-z]+)\)[ \t]*$|^:label:\s*(eq:\S+)", re.M)
CHECKS = ("check_symbolic", "check_numeric", "check_claim")


def labels():
    found = []
    for page in BOOK:
        text = page.source.read_text(encoding="utf-8")
        found += [(a or b, page.name) for a, b in LABEL.findall(text)]
    return found


def tagged_cells():
    """Return (tag, page, cell) for every cell that carries the tag of a row."""
    for page in BOOK:
        if page.is_notebook():
            for cell in page.code_cells():
                for tag in cell.metadata.get("tags", []):
                    if notebooks.ROW_TAG.fullmatch(tag):
                        yield tag, page, cell


TAGGED = list(tagged_cells())


def test_every_numbered_equation_and_figure_has_a_row():
    ids = {r.id for r in ROWS}
    wanted = {
        f"{kind}:{s.key}-{n}"
        for s in ledger.SOURCES.values()
        for kind, numbers in (("eq", s.equations), ("fig", s.figures))
        for n in numbers
    }
    assert wanted <= ids
    assert sum(i.startswith("eq:") for i in wanted) == 199


def test_a_label_is_used_once_and_has_a_row():
    names = [label for label, _ in labels()]
    assert len(names) == len(set(names))
    for name in names:
        ledger.row(name)


def test_every_label_stands_in_its_own_chapter():
    for name, page in labels():
        assert ledger.parse_id(name)[1] in page


@pytest.mark.parametrize("row", [r for r in SETTLED if r.type == "eq"], ids=str)
def test_a_settled_equation_is_displayed(row):
    assert row.id in [label for label, _ in labels()], "settled, but nowhere displayed"


@pytest.mark.parametrize("row", SETTLED, ids=lambda r: r.id)
def test_a_verdict_has_a_check_cell(row):
    if row.verdict in ("not checkable", "not derivable"):
        assert row.evidence
        return
    cells = [cell for tag, _, cell in TAGGED if tag == row.id]
    assert cells, f"{row.id}: verdict {row.verdict!r} without a check cell"
    needed = None if row.verdict == "definition" else row.id
    assert any(_checks(cell.source, needed) for cell in cells), (
        f"{row.id}: no cell with its tag calls a check with its key"
    )


def _checks(source, key):
    """Return whether code calls a check, with ``key`` (or any, for a definition)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CHECKS:
            keys = [k.value for k in _keys(node) if isinstance(k, ast.Constant)]
            if key is None or key in keys:
                return True
    return False


def _keys(call):
    """Return the nodes of the rows that a call of a check settles."""
    return call.args[:1] + [k.value for k in call.keywords if k.arg == "also"]


@pytest.mark.parametrize("row", [r for r in SETTLED if r.parts], ids=lambda r: r.id)
def test_every_part_is_checked(row):
    source = "\n".join(cell.source for tag, _, cell in TAGGED if tag == row.id)
    for part, verdict in row.parts.items():
        if verdict not in ("not derivable", "not checkable"):
            assert f'part="{part}"' in source, f"{row.id}: part {part!r} is unchecked"


def test_every_tag_has_a_row_that_is_settled():
    for tag, page, _ in TAGGED:
        assert ledger.row(tag).verdict != "open", f"{page.name}: {tag} is still open"


def test_a_check_uses_only_rows_its_cell_is_tagged_with():
    for page in BOOK:
        if not page.is_notebook():
            continue
        for cell in page.code_cells():
            tags = set(cell.metadata.get("tags", []))
            for node in ast.walk(ast.parse(cell.source)):
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", "") in CHECKS
                ):
                    for key in _keys(node):
                        assert isinstance(key, ast.Constant), (
                            f"{page.name}: key not literal"
                        )
                        assert key.value in tags, (
                            f"{page.name}: {key.value} is not a tag"
                        )


VERSIONS = {"liu2025letter", "liu2025preprint"}  # of one paper, one set of numbers


def test_a_check_of_two_versions_settles_the_same_row_of_both():
    pairs = []
    for page in BOOK:
        for cell in page.code_cells() if page.is_notebook() else ():
            for node in ast.walk(ast.parse(cell.source)):
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", "") in CHECKS
                    and len(_keys(node)) == 2
                ):
                    pairs.append([key.value for key in _keys(node)])
    assert pairs
    for pair in pairs:
        (kind, first, name), (other, second, same) = map(ledger.parse_id, pair)
        assert (kind, name) == (other, same), pair
        assert {first, second} == VERSIONS, pair


def test_check_cells_are_visible_and_check_something():
    for tag, page, cell in TAGGED:
        hidden = [t for t in cell.metadata.tags if t.startswith(("hide-", "remove-"))]
        assert not hidden, f"{page.name}: the check of {tag} is hidden"
        assert _checks(cell.source, None), (
            f"{page.name}: the cell of {tag} checks nothing"
        )


@pytest.mark.parametrize("row", [r for r in ROWS if r.code], ids=lambda r: r.id)
def test_code_exists(row):
    module, _, name = row.code.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError:  # an attribute of a class
        module, _, cls = module.rpartition(".")
        found = getattr(getattr(importlib.import_module(module), cls), name)
    assert callable(found) or found.__doc__


@pytest.mark.parametrize(
    "row", [r for r in SETTLED if r.type != "eq"], ids=lambda r: r.id
)
def test_a_settled_claim_says_what_is_printed_and_computed(row):
    assert row.printed
    if row.verdict != "not checkable":
        assert pages.value_text(row), f"{row.id}: no glued value named"


@pytest.mark.parametrize("name", pages.COMMITTED)
def test_pages_made_from_data_are_fresh(name):
    stored = (pages.BOOK / name).read_text(encoding="utf-8")
    assert stored == pages.COMMITTED[name](), "run `make pages`"
