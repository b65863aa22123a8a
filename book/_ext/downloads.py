"""Sphinx extension: every notebook page offers its executed ``.ipynb``.

The notebook is the one the build ran (``_build/executed``), so that its outputs are
those of the page. Sphinx copies it beside the pages, and complains where it is missing.
"""

import os
import sys
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "_tools"))

import notebooks

TEXT = "Download notebook (.ipynb)"


def stored(app, docname):
    """Return the path of a page's executed notebook as seen from the source folder."""
    return os.path.relpath(notebooks.Page(docname).executed, app.srcdir)


class DownloadLink(SphinxTransform):
    """Put the link below the title of each notebook page; print does without."""

    default_priority = 30

    def apply(self):
        docname = self.env.docname
        if docname not in self.app.tlsbook_notebooks:
            return
        # Sphinx takes a path that starts with a slash from the source folder.
        target = "/" + Path(stored(self.app, docname)).as_posix()
        link = addnodes.download_reference("", "", reftarget=target)
        link += nodes.inline("", TEXT)
        line = nodes.paragraph("", "", link, classes=["notebook-download"])
        title = next(self.document.findall(nodes.title))
        here = title.parent.index(title) + 1
        title.parent.insert(here, addnodes.only("", line, expr="html"))


def header_buttons(app, pagename, templatename, context, doctree):
    """Let the button in the header offer the notebook, too.

    The theme would offer the page's source there, which is not beside the pages
    (``html_copy_source: false``): a dead link.
    """
    for group in context.get("header_buttons", []):
        if group.get("label") != "download-buttons":
            continue
        rest = [b for b in group["buttons"] if b["label"] == "download-pdf-button"]
        group["buttons"] = _notebook_button(app, pagename, context["pathto"]) + rest


def _notebook_button(app, pagename, pathto):
    found = app.env.dlfiles.get(stored(app, pagename))
    if found is None:
        return []
    return [
        {
            "type": "link",
            "url": pathto(f"_downloads/{found[1]}", True),
            "text": ".ipynb",
            "icon": "fas fa-code",
            "tooltip": "Download notebook",
            "label": "download-notebook-button",
        }
    ]


def collect(app):
    """Remember which pages offer their notebook.

    Without solutions (``SOLUTIONS=0``) a page of exercises does not: they stand in it.
    """
    app.tlsbook_notebooks = {
        page.name
        for page in notebooks.notebook_pages()
        if app.config.show_solutions or not _has_solutions(page)
    }


def _has_solutions(page):
    return "{solution-start}" in page.source.read_text(encoding="utf-8")


def setup(app):
    app.connect("builder-inited", collect)
    app.add_transform(DownloadLink)
    app.connect("html-page-context", header_buttons, priority=600)
    return {"version": "1", "parallel_read_safe": False}
