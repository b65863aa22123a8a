"""The stored outputs that nbval compares with belong to the present sources."""

import json
from types import SimpleNamespace

import nbformat
import notebooks
import pytest

PAGES = notebooks.notebook_pages()
IDS = [page.name for page in PAGES]


def test_the_book_has_notebooks():
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_reference_holds_exactly_the_code_of_its_source(page):
    assert page.reference.exists(), f"no reference for {page.name}: run `make refs`"
    stored = nbformat.read(page.reference, as_version=4)
    ours = [(c.source, c.metadata.get("tags", [])) for c in page.code_cells()]
    theirs = [(c.source, list(c.metadata.get("tags", []))) for c in stored.cells]
    assert ours == theirs, f"{page.name} changed: run `make refs`"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_no_cell_escapes_comparison(page):
    """nbval compares nothing in a cell without a count, or with one of its tags."""
    for cell in nbformat.read(page.reference, as_version=4).cells:
        assert cell.execution_count, f"{page.name}: a cell would not be compared"
        assert not cell.source.rstrip().endswith(";"), "a cell ends in a semicolon"
        skipped = set(cell.metadata.get("tags", [])) & set(notebooks.SKIP_TAGS)
        reason = cell.source.splitlines()[0]
        assert not skipped or reason.startswith("# Not compared:"), (
            f"{page.name}: a cell switches its comparison off; its first line must say "
            f"why, as in '# Not compared: ...'"
        )
        assert "NBVAL" not in cell.source


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_references_hold_no_pictures(page):
    text = page.reference.read_text(encoding="utf-8")
    assert "image/" not in text
    assert len(text) < 200_000, f"{page.name}: outputs too long for a reader"
    json.loads(text)


def test_no_reference_without_a_source():
    known = {page.reference for page in PAGES}
    assert set(notebooks.REFERENCES.rglob("*.ipynb")) == known


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_source_is_written_as_jupytext_writes_it(page):
    """So that opening and saving a notebook in JupyterLab leaves no diff."""
    text = notebooks.jupytext.writes(page.read(), fmt="md:myst")
    assert text == page.source.read_text(encoding="utf-8"), "run `make refs`"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_figure_says_what_is_seen(page):
    for cell in page.code_cells():
        if "plt.show()" in cell.source:
            image = cell.metadata.get("mystnb", {}).get("image", {})
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            assert len(image.get("alt", "")) > 20, f"{page.name}: no alt text"
            assert figure.get("caption"), f"{page.name}: no caption"
            assert "cite" not in figure["caption"], "no citation in a caption"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_code_fits_the_printed_page(page):
    for cell in page.code_cells():
        assert max(map(len, cell.source.splitlines()), default=0) <= 88, page.name


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_moving_pictures_are_told_apart_and_have_stills(page):
    cells = page.code_cells()
    moving = [cell for cell in cells if "moving_picture(" in cell.source]
    for cell in moving:
        tags = set(cell.metadata.get("tags", []))
        assert tags & set(notebooks.SKIP_TAGS), f"{page.name}: no data to compare"
    stills = any("plt.show()" in cell.source for cell in cells)
    assert stills or not moving, f"{page.name}: no stills for print"


def test_outputs_of_cells_that_are_not_compared_stay_out(tmp_path):
    cells = []
    for tags in ([], ["nbval-skip"], ["nbval-ignore-output", "hide-input"]):
        output = nbformat.v4.new_output("stream", name="stdout", text="seen")
        cell = nbformat.v4.new_code_cell("print('seen')", outputs=[output])
        cell.metadata["tags"] = tags
        cells.append(cell)
    path = tmp_path / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    page = SimpleNamespace(executed=path)
    kept = [len(c.outputs) for c in notebooks.reference_notebook(page).cells]
    assert kept == [1, 0, 0]
    assert all(c.execution_count for c in notebooks.reference_notebook(page).cells)
