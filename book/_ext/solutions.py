"""Sphinx extension: ``SOLUTIONS=0`` leaves the solutions of the exercises out.

sphinx-exercise has a setting for this, ``hide_solutions``, but it drops only the
opening gate of a solution and keeps its text, its code cells and the closing gate, on
which the HTML builder stops. Here the whole solution goes, after its gates have been
merged, and references to it (labels that begin with ``sol-``) become plain text.
"""

import os

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx_exercise.nodes import is_extension_node, solution_node

LEFT_OUT = "the solution (left out of this edition)"


class Solutions(SphinxTransform):
    """Remove solutions where they are not wanted; give no two sections one id."""

    # sphinx-exercise merges the gates at 10; the anchors of check cells are set at 20.
    default_priority = 11

    def apply(self):
        for node in list(self.document.findall(is_extension_node)):
            # sphinx-exercise gives the bodies of all solutions of a page the same id.
            for section in node.findall(nodes.section):
                section["ids"] = [f"{node['label']}-content"]
        if not self.config.show_solutions:
            self._remove()

    def _remove(self):
        for node in list(self.document.findall(solution_node)):
            self.env.sphinx_exercise_registry.pop(node["label"], None)
            node.parent.remove(node)
        for node in list(self.document.findall(addnodes.pending_xref)):
            if node["reftarget"].startswith("sol-"):
                node.replace_self(nodes.inline("", LEFT_OUT))


def setup(app):
    shown = os.environ.get("SOLUTIONS", "1") != "0"
    app.add_config_value("show_solutions", shown, "env")
    app.add_transform(Solutions)
    return {"version": "1", "parallel_read_safe": True}
