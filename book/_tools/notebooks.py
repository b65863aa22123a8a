"""The notebooks of the book: which there are, running them, and their references.

Sources are MyST Markdown. A reference is an ``.ipynb`` with the code cells of its
source and their text outputs; nbval runs it and compares. Pictures stay out of it.
"""

import hashlib
import json
import re
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import environment
import jupytext
import nbformat
import yaml
from environment import BUILD, ROOT
from nbclient import NotebookClient

REFERENCES = ROOT / "tests" / "notebooks"
EXECUTED = BUILD / "executed"
CELL_TIMEOUT = 120
#: Mime types kept in references; pictures are not compared, their data are.
TEXT_MIMES = ("text/plain", "text/latex", "text/html")
#: Cells that are not compared: moving pictures. Their outputs stay out of references.
SKIP_TAGS = ("nbval-skip", "nbval-ignore-output")
ROW_TAG = re.compile(r"(eq|claim|fig):[a-z0-9]+-[A-Za-z0-9-]+")


@dataclass(frozen=True)
class Page:
    """One page of the table of contents, as a path below the root without ending."""

    name: str

    @property
    def source(self):
        return ROOT / f"{self.name}.md"

    @property
    def executed(self):
        return EXECUTED / f"{self.name}.ipynb"

    @property
    def reference(self):
        return REFERENCES / f"{self.name.removeprefix('book/')}.ipynb"

    @property
    def chapter(self):
        return self.name.split("/")[1] if self.name.count("/") == 2 else None

    def is_notebook(self):
        head = self.source.read_text(encoding="utf-8")[:600]
        return head.startswith("---") and "kernelspec:" in head

    def read(self):
        """Return the source as a notebook node (code and Markdown, no outputs)."""
        return jupytext.read(self.source)

    def code_cells(self):
        return [cell for cell in self.read().cells if cell.cell_type == "code"]


def pages():
    """Return all pages of ``_toc.yml`` in reading order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [Page(name) for name in _files(toc)]


def _files(entry):
    if isinstance(entry, list):
        for item in entry:
            yield from _files(item)
        return
    name = entry.get("root") or entry.get("file")
    if name:
        yield name
    for key in ("parts", "chapters", "sections"):
        yield from _files(entry.get(key, []))


def notebook_pages():
    """Return the pages that run code."""
    return [page for page in pages() if page.source.exists() and page.is_notebook()]


def row_tags(page):
    """Return the pairs (tag, running number) of the check cells of a page in order.

    The running number counts the cells of one tag on this page, from 1.
    """
    counts, result = {}, []
    for cell in page.code_cells():
        for tag in cell.metadata.get("tags", []):
            if ROW_TAG.fullmatch(tag):
                counts[tag] = counts.get(tag, 0) + 1
                result.append((tag, counts[tag]))
    return result


def digest(*paths):
    """Return a hash of the contents of files and of all files below folders."""
    state = hashlib.sha256()
    for path in sorted(_expand(paths)):
        state.update(str(path.relative_to(ROOT)).encode())
        state.update(path.read_bytes())
    return state.hexdigest()


def _expand(paths):
    for path in paths:
        if path.is_dir():
            files = (p for p in path.rglob("*") if p.is_file())
            yield from (p for p in files if "__pycache__" not in p.parts)
        elif path.exists():
            yield path


def inputs_digest(page):
    """Return a hash of everything the outputs of a page depend on."""
    ledger = ROOT / "book" / "ledger"
    mine = ledger / f"{page.chapter}.yml" if page.chapter else ledger
    data = page.source.parent / "data"
    shared = digest(ROOT / "tlsbook", ROOT / "requirements.lock", mine, data)
    code = json.dumps([(c.source, c.metadata.get("tags")) for c in page.code_cells()])
    return hashlib.sha256((shared + code).encode()).hexdigest()


def run(page, path=None):
    """Execute a page in its folder, write it with outputs, return the seconds."""
    notebook = page.read()
    start = time.perf_counter()
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,  # MyST-NB would take it for another notebook
        # Kernels talk over the loopback; the warning about that is for other uses.
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(page.source.parent)}},
    )
    try:
        client.execute()
    except Exception as error:
        raise RuntimeError(f"{page.name}: {error}") from None
    _refuse_stderr(page, notebook)
    seconds = time.perf_counter() - start
    notebook.metadata["tlsbook"] = {
        "inputs": inputs_digest(page),
        "seconds": round(seconds, 2),
    }
    path = path or page.executed
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return seconds


def _refuse_stderr(page, notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise RuntimeError(
                    f"{page.name}: a cell writes to stderr; silence the cause:\n"
                    f"{cell.source}\n{output['text']}"
                )


def is_fresh(page):
    """Return whether the stored execution belongs to the present inputs."""
    if not page.executed.exists():
        return False
    stored = nbformat.read(page.executed, as_version=4).metadata.get("tlsbook", {})
    return stored.get("inputs") == inputs_digest(page)


def execute(wanted, workers=2, fresh=False):
    """Execute the pages whose inputs changed (all with ``fresh``); return what ran."""
    stale = [page for page in wanted if fresh or not is_fresh(page)]
    if not stale:
        return []
    environment.apply()
    failures = []
    with ProcessPoolExecutor(min(workers, len(stale))) as pool:
        tasks = {page: pool.submit(run, page) for page in stale}
        for page, task in tasks.items():
            try:
                print(f"  {page.name}: {task.result():.1f} s", flush=True)
            except RuntimeError as error:
                failures.append(str(error))
    if failures:
        raise SystemExit("\n\n".join(failures))
    return stale


def reference_notebook(page):
    """Return the reference made from the stored execution of a page."""
    executed = nbformat.read(page.executed, as_version=4)
    cells = []
    for cell in executed.cells:
        if cell.cell_type != "code":
            continue
        compared = not set(cell.metadata.get("tags", [])) & set(SKIP_TAGS)
        outputs = _merge_streams(cell.outputs) if compared else []
        new = nbformat.v4.new_code_cell(
            cell.source,
            execution_count=len(cells) + 1,
            outputs=[_text_only(output) for output in outputs],
        )
        new["id"] = f"cell-{len(cells) + 1}"
        if cell.metadata.get("tags"):
            new.metadata["tags"] = list(cell.metadata["tags"])
        cells.append(new)
    result = nbformat.v4.new_notebook(cells=cells)
    result.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    return result


def _merge_streams(outputs):
    """Join neighbouring pieces of one stream: where they are cut is chance."""
    merged = []
    for output in map(nbformat.from_dict, outputs):
        last = merged[-1] if merged else {}
        if output.get("name") and output.get("name") == last.get("name"):
            last["text"] += output["text"]
        else:
            merged.append(output)
    return merged


def _text_only(output):
    output.pop("execution_count", None)
    if "data" in output:
        output["data"] = {k: v for k, v in output["data"].items() if _is_text(k)}
        scrap = output["metadata"].get("scrapbook", {})
        output["metadata"] = {"scrapbook": {"name": scrap["name"]}} if scrap else {}
    if output.output_type == "execute_result":
        output["execution_count"] = None
    return output


def _is_text(mime):
    return mime.removeprefix("application/papermill.record/") in TEXT_MIMES


def reference_text(page):
    """Return the reference as the text that stands in its file."""
    return nbformat.writes(reference_notebook(page), indent=1) + "\n"


def write_references(wanted):
    """Write the references of executed pages and remove those without a source."""
    for page in wanted:
        page.reference.parent.mkdir(parents=True, exist_ok=True)
        page.reference.write_text(reference_text(page), encoding="utf-8")
    known = {page.reference for page in notebook_pages()}
    for path in REFERENCES.rglob("*.ipynb"):
        if path not in known:
            path.unlink()


def glued(page):
    """Return the glued numbers and words of a page from its reference: key to text."""
    notebook = nbformat.read(page.reference, as_version=4)
    prefix = "application/papermill.record/"
    return {
        key: output.data[prefix + "text/plain"]
        for key, output in _records(notebook)
        if prefix + "text/plain" in output.data
    }


def _records(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name:
                yield name, output


def normalise(path):
    """Write a source as jupytext writes it, so that opening it leaves no diff."""
    notebook = jupytext.read(path)
    for cell in notebook.cells:
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if "caption" in figure:
            # One line: YAML then folds it, without quotes and blank lines.
            figure["caption"] = " ".join(figure["caption"].split())
    path.write_text(jupytext.writes(notebook, fmt="md:myst"), encoding="utf-8")


def all_sources():
    """Return the paths of all notebook sources below ``book``."""
    return [page.source for page in notebook_pages() if Path(page.source).exists()]
