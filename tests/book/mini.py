"""A miniature of the project: its real machinery around two tiny notebooks.

``copy(folder)`` makes it. Tests that build, break and rebuild use such a copy, never
the book: it holds the real tools, extensions, style and configuration, the modules of
``tlsbook`` that the machinery itself needs, one module of physics, and short pages.
"""

import os
import shutil
import subprocess
import sys
import time

from environment import ROOT

#: Files and folders that are taken as they are.
TAKEN = (
    "_config.yml",
    "requirements.lock",
    "pyproject.toml",
    "LICENSE",
    "LICENSE-text",
    "README.md",
    "book/_ext",
    "book/_tools",
    "book/_static",
    "book/references.bib",
    "book/bibliography.md",
)
#: Modules of the package that checks, ledger and figures need.
CORE = ("__init__", "checks", "figures", "ledger", "notebook", "validation")
SOURCES = ("liu2025preprint", "liu2025letter", "he2025", "aleiner2001", "faoro2015")

WELL = "book/aleiner2001/well"
USE = "book/aleiner2001/use"

_HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
    format_version: 0.13
    jupytext_version: 1.19.6
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""

_TEXTS = {
    "_toc.yml": """\
format: jb-book
root: book/intro
parts:
  - caption: Before
    chapters:
      - file: book/conventions
  - caption: Chapters
    numbered: 2
    chapters:
      - file: book/liu2025preprint/index
      - file: book/aleiner2001/index
        sections:
          - file: book/aleiner2001/well
          - file: book/aleiner2001/use
  - caption: The record
    chapters:
      - file: book/ledger
      - file: book/misprints
      - file: book/api
      - file: book/status
      - file: book/bibliography
""",
    "tlsbook/well.py": '''\
"""The harmonic well of the miniature."""

STIFFNESS = 2.0


def energy(x):
    """Return the energy ``STIFFNESS x^2/2`` of a displacement ``x``."""
    return STIFFNESS * x**2 / 2
''',
    "book/intro.md": """\
# A miniature

It cites {cite}`aleiner2001`.

(verdicts)=
## Verdicts

As in the book.
""",
    "book/conventions.md": """\
# Conventions

## Units

:::{list-table} Units of the miniature
:header-rows: 1

* - quantity
  - unit
* - energy
  - one
:::
""",
    "book/liu2025preprint/index.md": """\
# First chapter

$$
a=b
$$ (eq:liu2025preprint-1)

$$
b=c
$$ (eq:liu2025preprint-2)
""",
    "book/aleiner2001/index.md": """\
# Second chapter

$$
c=d
$$ (eq:aleiner2001-1)

See {eq}`eq:aleiner2001-5`, {numref}`fig-well` and {eq}`eq:liu2025preprint-2`.

## Symbols

$c$ and $d$.
""",
    f"{WELL}.md": _HEAD
    + r"""# A well

```{code-cell} ipython3
:tags: [remove-cell]

import numpy as np

from tlsbook import notebook, well
from tlsbook.checks import check_numeric
from tlsbook.figures import plt
from tlsbook.notebook import glue

notebook.setup()
```

The energy is the work against the force:

$$
U=\frac{1}{2}kx^2
$$ (eq:aleiner2001-5)

```{code-cell} ipython3
:tags: ["eq:aleiner2001-5"]

steps = np.linspace(0, 3, 7)
work = np.trapezoid(well.STIFFNESS * steps, steps)
check_numeric("eq:aleiner2001-5", work, well.energy(3.0), what="work")
glue("energy-at-three", work)
```

Here it is {glue:text}`energy-at-three:.2f` on its own page.

## The sign

$$
U\ge 0
$$ (eq:aleiner2001-u1)

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-well
    caption: |
      The energy of the well against the displacement.
  image:
    alt: A parabola that opens upwards.
tags: [hide-input]
---
x = np.linspace(-1, 1, 20)
fig, ax = plt.subplots()
ax.plot(x, well.energy(x))
plt.show()
```
""",
    f"{USE}.md": _HEAD
    + """# Its use

The other page found {glue:text}`well.md::energy-at-three:.2f` in
{eq}`eq:aleiner2001-5`.

```{exercise} Twice
:label: ex-twice

Double the displacement.
```

```{solution-start} ex-twice
:class: dropdown
```

```{code-cell} ipython3
(2 * 3) ** 2 // 3**2
```

```{solution-end}
```
""",
}

LEDGER = {
    "liu2025preprint": """\
- {id: 'eq:liu2025preprint-1', where: here, says: one, kind: definition, verdict: open}
- {id: 'eq:liu2025preprint-2', where: here, says: two, kind: definition, verdict: open}
""",
    "aleiner2001": """\
- {id: 'eq:aleiner2001-1', where: here, says: one, kind: definition, verdict: open}
- id: eq:aleiner2001-5
  where: here
  says: energy of the well
  kind: exact identity
  verdict: holds
  evidence: work of the force by quadrature
  code: tlsbook.well.energy
- {id: 'eq:aleiner2001-u1', where: here, says: sign, kind: definition, verdict: open}
- {id: 'claim:aleiner2001-deep', where: here, says: it is deep, kind: estimate,
   verdict: open}
""",
}


def copy(folder):
    """Make the miniature in ``folder`` and return it."""
    for name in TAKEN:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns("__pycache__")
            )
        elif source.exists():
            shutil.copy(source, target)
    for name in CORE:
        write(folder, f"tlsbook/{name}.py", (ROOT / f"tlsbook/{name}.py").read_text())
    for name, text in _TEXTS.items():
        write(folder, name, text)
    for key in SOURCES:
        write(folder, f"book/ledger/{key}.yml", LEDGER.get(key, "[]\n"))
    return folder


def write(folder, name, text):
    """Write a file of the miniature."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def replace(folder, name, old, new):
    """Replace ``old``, which must stand there exactly once, by ``new`` in a file."""
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    write(folder, name, text.replace(old, new))


def tool(folder, name, *arguments):
    """Run a tool as a user does; return (exit code, what it said, seconds)."""
    own = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [sys.executable, f"book/_tools/{name}.py", *arguments]
    start = time.perf_counter()
    result = subprocess.run(
        command, cwd=folder, env=own, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    return result.returncode, result.stdout + result.stderr, seconds


def page(folder, name):
    """Return a built HTML page as text."""
    return (folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")
