"""The ledger: one row for every equation, claim and data figure of the five sources.

``python -m tlsbook.ledger`` prints the state per source; with ``--csv FILE`` it writes
all rows as a table.
"""

import argparse
import csv
import re
import sys
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from tlsbook.validation import ParameterError

__all__ = [
    "SOURCES",
    "VERDICTS",
    "LedgerError",
    "Row",
    "Source",
    "display_name",
    "load",
    "parse_id",
    "row",
    "rows",
    "state_table",
]


class LedgerError(ParameterError):
    """A row that is missing, malformed or at odds with the rules of the ledger."""


@dataclass(frozen=True)
class Source:
    """One document: its key, the short name readers see, and what it numbers."""

    key: str  #: part of the ids of its rows, and its key in the bibliography
    short: str  #: the name readers see
    chapter: int  #: number of its chapter
    version: str  #: the version spoken of
    equations: tuple[str, ...]  #: the numbers of its equations
    figures: tuple[str, ...] = ()  #: the numbers of its data figures


_LIU = (*map(str, range(1, 11)), "11a", "11b", *map(str, range(12, 27)))

#: The five documents by key, each a :class:`Source`.
#:
#: :meta hide-value:
SOURCES = {
    s.key: s
    for s in (
        Source(
            "liu2025preprint", "Liu preprint", 1, "arXiv:2501.10619", _LIU, ("1", "3")
        ),
        Source(
            "liu2025letter", "Liu", 2, "Phys. Rev. B 111, L180502", _LIU, ("1", "3")
        ),
        Source(
            "he2025",
            "He",
            3,
            "arXiv:2503.15862",
            tuple(map(str, range(1, 74))),
            ("5", "6", "7", "8", "9"),
        ),
        Source(
            "aleiner2001",
            "Aleiner",
            4,
            "arXiv:cond-mat/0010228",
            tuple(map(str, range(1, 25))),
        ),
        Source(
            "faoro2015",
            "Faoro",
            5,
            "arXiv:1404.2410",
            tuple(map(str, range(1, 49))),
            ("1", "2", "3"),
        ),
    )
}

KINDS = (
    "definition",
    "exact identity",
    "approximation",
    "estimate",
    "empirical",
    "quoted from elsewhere",
)

#: Verdicts in the order of the summary tables; the first means "not treated yet".
EQUATION_VERDICTS = (
    "open",
    "definition",
    "holds",
    "holds up to a constant",
    "approximation",
    "not derivable",
    "misprint",
    "inconsistent",
)
CLAIM_VERDICTS = (
    "open",
    "reproduced",
    "reproduced within a factor",
    "not reproduced",
    "not checkable",
)
#: The verdicts allowed for an equation, a claim and a data figure.
#:
#: :meta hide-value:
VERDICTS = {
    "eq": EQUATION_VERDICTS,
    "claim": CLAIM_VERDICTS,
    "fig": CLAIM_VERDICTS,
}
CONSEQUENCES = ("none", "a number", "a scaling")

_ID = re.compile(r"(eq|claim|fig):([a-z0-9]+)-([A-Za-z0-9-]+)")


@dataclass(frozen=True)
class Row:
    """One row of the ledger."""

    id: str  #: type, source and number, e.g. ``eq:he2025-51``
    where: str  #: place in the source
    says: str  #: what it says, in our words
    kind: str  #: what it means to be, e.g. exact identity, estimate
    verdict: str  #: one of :data:`VERDICTS`
    consequence: str = "none"  #: what a failure changes: nothing, a number, a scaling
    evidence: str = ""  #: what was done and found, in one line
    code: str = ""  #: object of the package that implements it
    corrected: str = ""  #: the corrected relation of a misprint
    contradicts: str = ""  #: id of the other row of an inconsistency
    parts: dict = field(default_factory=dict)  #: verdicts of its parts by name
    printed: str = ""  #: value of a claim as the source prints it
    value: str = ""  #: where the computed value is: page and glued key
    factor: float | None = None  #: factor within which a claim is reproduced
    source_of_formula: str = ""  #: where the formula was read, if elsewhere

    @property
    def type(self):
        """Return ``"eq"``, ``"claim"`` or ``"fig"``."""
        return parse_id(self.id)[0]

    @property
    def source(self):
        """Return the key of the source."""
        return parse_id(self.id)[1]

    @property
    def number(self):
        """Return the source's number, ``"u3"`` style number, or the claim's slug."""
        return parse_id(self.id)[2]


def parse_id(identifier):
    """Split ``"eq:he2025-51"`` into ``("eq", "he2025", "51")``; refuse unknown ones."""
    match = _ID.fullmatch(str(identifier))
    if not match:
        raise LedgerError(
            f"row id must read like eq:he2025-51 or claim:he2025-some-words, "
            f"got {identifier!r}"
        )
    kind, key, number = match.groups()
    if key not in SOURCES:
        raise LedgerError(
            f"unknown source key {key!r} in {identifier!r}; known: {', '.join(SOURCES)}"
        )
    if kind == "eq" and not re.fullmatch(r"u\d+", number):
        known = SOURCES[key].equations
        if number not in known:
            raise LedgerError(
                f"{key} has no equation {number!r}; it numbers {known[0]}-{known[-1]} "
                f"and relations without a number are called u1, u2, ..."
            )
    if kind == "fig" and number not in SOURCES[key].figures:
        raise LedgerError(
            f"{key} has no data figure {number!r}; it has "
            f"{', '.join(SOURCES[key].figures) or 'none'}"
        )
    return kind, key, number


def display_name(identifier):
    """Return what readers see, e.g. ``"He (51)"``, ``"He, Fig. 5"``."""
    kind, key, number = parse_id(identifier)
    short = SOURCES[key].short
    if kind == "eq":
        return f"{short} ({number})"
    if kind == "fig":
        return f"{short}, Fig. {number}"
    return f"{short}, claim “{number.replace('-', ' ')}”"


def _directory():
    """Return where the YAML files are: beside the package, or inside if installed."""
    checkout = Path(__file__).resolve().parents[1] / "book" / "ledger"
    return checkout if checkout.is_dir() else resources.files("tlsbook.ledger_rows")


def _row(entry, where):
    if not isinstance(entry, dict) or "id" not in entry:
        raise LedgerError(f"{where}: every item needs an id, got {entry!r}")
    unknown = set(entry) - {f.name for f in fields(Row)}
    if unknown:
        raise LedgerError(f"{where}, {entry['id']}: unknown field(s) {sorted(unknown)}")
    missing = {"where", "says", "kind", "verdict"} - set(entry)
    if missing:
        raise LedgerError(f"{where}, {entry['id']}: missing field(s) {sorted(missing)}")
    entry = {k: v for k, v in entry.items() if v is not None}
    for name in ("printed", "value", "evidence"):
        entry[name] = str(entry.get(name, ""))
    result = Row(**entry)
    _validate(result, where)
    return result


def _validate(r, where):
    def offence(text):
        return LedgerError(f"{where}, {r.id}: {text}")

    allowed = VERDICTS[r.type]
    for verdict in (r.verdict, *r.parts.values()):
        if verdict not in allowed:
            raise offence(f"verdict {verdict!r} is none of {', '.join(allowed)}")
    if r.kind not in KINDS:
        raise offence(f"kind {r.kind!r} is none of {', '.join(KINDS)}")
    if r.consequence not in CONSEQUENCES:
        raise offence(
            f"consequence {r.consequence!r} is none of {', '.join(CONSEQUENCES)}"
        )
    if r.verdict == "open":
        return
    if not r.evidence:
        raise offence("a verdict needs one line of evidence")
    if r.verdict == "misprint" and not r.corrected:
        raise offence("a misprint needs the corrected relation")
    if r.verdict == "inconsistent" and not r.contradicts:
        raise offence("an inconsistency names the other row in `contradicts`")
    if r.contradicts:
        parse_id(r.contradicts)
    if r.verdict == "reproduced within a factor" and r.factor is None:
        raise offence("the factor is missing")
    if r.parts and r.verdict not in r.parts.values():
        raise offence("the row's verdict is that of none of its parts")


@cache
def load(key):
    """Return the rows of one source as a dict from id to :class:`Row`.

    Raises :class:`LedgerError` for an unknown key, a malformed or a repeated row.
    """
    if key not in SOURCES:
        raise LedgerError(f"unknown source key {key!r}; known: {', '.join(SOURCES)}")
    text = _directory().joinpath(f"{key}.yml").read_text(encoding="utf-8")
    result = {}
    for entry in yaml.safe_load(text):
        r = _row(entry, f"{key}.yml")
        if r.source != key:
            raise LedgerError(f"{key}.yml: row {r.id} belongs to another source")
        if r.id in result:
            raise LedgerError(f"{key}.yml: {r.id} stands there twice")
        result[r.id] = r
    return result


def row(identifier):
    """Return one row by its id, e.g. ``row("eq:he2025-51")``."""
    _, key, _ = parse_id(identifier)
    try:
        return load(key)[identifier]
    except KeyError:
        raise LedgerError(
            f"the ledger has no row {identifier!r}; add it to book/ledger/{key}.yml"
        ) from None


def rows():
    """Return all rows of all sources, in the order of the chapters."""
    return [r for key in SOURCES for r in load(key).values()]


def state_table():
    """Return the state per source as text: how many rows there are and are settled."""
    header = ("source", "equations", "settled", "relations", "claims", "settled")
    lines = [header]
    for key in SOURCES:
        mine = load(key).values()
        numbered = [r for r in mine if r.type == "eq" and not r.number.startswith("u")]
        relations = [r for r in mine if r.type == "eq" and r.number.startswith("u")]
        claims = [r for r in mine if r.type != "eq"]

        def settled(these):
            return sum(r.verdict != "open" for r in these)

        lines.append(
            (
                key,
                str(len(numbered)),
                str(settled(numbered)),
                f"{settled(relations)}/{len(relations)}",
                str(len(claims)),
                str(settled(claims)),
            )
        )
    total = sum(int(line[1]) for line in lines[1:])
    done = sum(int(line[2]) for line in lines[1:])
    lines.append(("all", str(total), str(done), "", "", ""))
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def write_csv(path):
    """Write every row of every source to ``path`` as CSV."""
    names = [f.name for f in fields(Row)]
    with Path(path).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        writer.writerows([getattr(r, name) for name in names] for r in rows())


def main(arguments=None):
    """Command line: print the state per source, or write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tlsbook.ledger", description=__doc__
    )
    parser.add_argument("--csv", metavar="FILE", help="write all rows as CSV")
    options = parser.parse_args(arguments)
    if options.csv:
        write_csv(options.csv)
    else:
        print(state_table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
