"""The ledger refuses what is malformed and names the remedy."""

import csv
import subprocess
import sys

import pytest

from tlsbook import ledger
from tlsbook.ledger import LedgerError
from tlsbook.validation import ParameterError

GOOD = {
    "id": "eq:he2025-51",
    "where": "Sec. 5",
    "says": "words",
    "kind": "estimate",
    "verdict": "holds",
    "evidence": "derived",
}


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("eq:nobody2000-1", "unknown source key 'nobody2000'.*known: liu2025preprint"),
        ("eq:he2025-74", "no equation '74'.*1-73"),
        ("eq:liu2025letter-11", "no equation '11'"),
        ("eq:aleiner2001-0", "no equation '0'"),
        ("fig:he2025-1", "no data figure '1'.*5, 6, 7, 8, 9"),
        ("fig:aleiner2001-1", "no data figure '1'.*none"),
        ("he2025-51", "row id must read like"),
        ("eq:he2025", "row id must read like"),
    ],
)
def test_unknown_rows_are_refused(identifier, message):
    with pytest.raises(LedgerError, match=message):
        ledger.row(identifier)


def test_a_missing_row_names_its_file():
    with pytest.raises(LedgerError, match=r"add it to book/ledger/he2025.yml"):
        ledger.row("claim:he2025-not-there")
    with pytest.raises(LedgerError, match="unknown source key"):
        ledger.load("nobody2000")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "fine"}, "'fine' is none of open, definition"),
        ({"verdict": "reproduced"}, "'reproduced' is none of"),
        ({"kind": "guess"}, "'guess' is none of"),
        ({"consequence": "bad"}, "'bad' is none of none, a number, a scaling"),
        ({"evidence": ""}, "one line of evidence"),
        ({"verdict": "misprint"}, "corrected relation"),
        ({"verdict": "inconsistent"}, "names the other row"),
        ({"remark": "x"}, r"unknown field\(s\) \['remark'\]"),
        ({"parts": {"a": "misprint"}}, "none of its parts"),
    ],
)
def test_malformed_rows_are_refused(change, message):
    with pytest.raises(LedgerError, match=message):
        ledger._row(GOOD | change, "he2025.yml")


def test_a_missing_field_is_named():
    entry = {k: v for k, v in GOOD.items() if k != "says"}
    with pytest.raises(LedgerError, match=r"missing field\(s\) \['says'\]"):
        ledger._row(entry, "he2025.yml")
    with pytest.raises(LedgerError, match="needs an id"):
        ledger._row({"says": "x"}, "he2025.yml")
    assert issubclass(LedgerError, ParameterError)


def test_names_readers_see():
    assert ledger.display_name("eq:he2025-51") == "He (51)"
    assert ledger.display_name("eq:liu2025preprint-11a") == "Liu preprint (11a)"
    assert ledger.display_name("fig:he2025-5") == "He, Fig. 5"


def test_command_line_prints_the_state(tmp_path):
    command = [sys.executable, "-m", "tlsbook.ledger"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for key in ledger.SOURCES:
        assert key in out
    assert out.splitlines()[-1].split()[:2] == ["all", "199"]
    table = tmp_path / "ledger.csv"
    ledger.main(["--csv", str(table)])
    with table.open(encoding="utf-8") as stream:
        assert len(list(csv.reader(stream))) == len(ledger.rows()) + 1
