"""The helpers for checks: what they find, and what they refuse."""

import numpy as np
import pytest
import sympy as sp

from tlsbook import ledger
from tlsbook.checks import CheckError, check_claim, check_numeric, check_symbolic

x, y = sp.symbols("x y", positive=True)
EQ = "eq:aleiner2001-5"
CLAIM = "claim:aleiner2001-n-t-over-n-e"


@pytest.fixture
def verdict(monkeypatch):
    """Return a function that gives the rows used here a verdict."""

    def give(name, **fields):
        def row(identifier):
            common = {"where": "p. 1", "says": "words", "kind": "estimate"}
            return ledger.Row(identifier, verdict=name, **common, **fields)

        monkeypatch.setattr(ledger, "row", row)

    return give


def test_holds(verdict, capsys):
    verdict("holds")
    check_symbolic(EQ, sp.sin(x) ** 2 + sp.cos(x) ** 2 + x, 1 + x)
    check_numeric(EQ, np.array([1.0, 2.0]), [1.0, 2.0 + 1e-12])
    assert capsys.readouterr().out.count("Aleiner (5): holds") == 2


def test_a_finding_against_the_ledger_raises_with_both_sides(verdict):
    verdict("holds")
    with pytest.raises(CheckError, match=r"(?s)derived: 2\*x.*printed: 3\*x"):
        check_symbolic(EQ, 2 * x, 3 * x)
    with pytest.raises(CheckError, match=r"(?s)derived: 2.0.*printed: 3.0"):
        check_numeric(EQ, 2.0, 3.0)
    verdict("misprint")
    with pytest.raises(CheckError, match="found 'holds', the ledger says 'misprint'"):
        check_symbolic(EQ, x + x, 2 * x)


def test_an_open_row_accepts_no_finding(verdict):
    verdict("open")
    with pytest.raises(CheckError):
        check_symbolic(EQ, x + x, 2 * x)


def test_a_misprint_needs_both_halves(verdict):
    verdict("misprint")
    check_symbolic(EQ, 2 * x, 3 * x, corrected=x + x)
    check_numeric(EQ, 2.0, 3.0, corrected=2.0 + 1e-13)
    with pytest.raises(CheckError, match="printed form"):
        check_symbolic(EQ, 2 * x, x + x, corrected=x * 2)
    with pytest.raises(CheckError, match="corrected form"):
        check_symbolic(EQ, 2 * x, 3 * x, corrected=4 * x)
    with pytest.raises(CheckError, match="corrected form"):
        check_numeric(EQ, 2.0, 3.0, corrected=2.1)


def test_constants(verdict):
    verdict("holds up to a constant")
    check_symbolic(EQ, sp.pi * x, 4 * x, constant=sp.pi / 4)
    check_numeric(EQ, [2.0, 4.0], [1.0, 2.0], constant=2)
    with pytest.raises(CheckError, match="constant"):
        check_symbolic(EQ, sp.pi * x, 4 * x, constant=sp.pi / 3)
    with pytest.raises(CheckError, match="constant"):
        check_numeric(EQ, [2.0, 4.1], [1.0, 2.0], constant=2)
    with pytest.raises(CheckError, match="constant of 1"):
        check_symbolic(EQ, x + x, 2 * x, constant=1)


def test_inconsistent(verdict):
    verdict("inconsistent")
    check_symbolic(EQ, x, 2 * x, contradicts="eq:aleiner2001-4")
    with pytest.raises(CheckError, match="contradiction"):
        check_symbolic(EQ, x + x, 2 * x, contradicts="eq:aleiner2001-4")


def test_approximation_states_its_error(verdict, capsys):
    verdict("approximation")
    check_numeric(EQ, [1.0, 2.0], [1.05, 2.0], max_error=0.1)
    assert "largest relative error 0.05" in capsys.readouterr().out
    with pytest.raises(CheckError, match="ten times"):
        check_numeric(EQ, [1.0, 2.0], [1.005, 2.0], max_error=0.1)
    with pytest.raises(CheckError, match="fails"):
        check_numeric(EQ, [1.0, 2.0], [1.2, 2.0], max_error=0.1)
    with pytest.raises(CheckError, match="holds"):
        check_numeric(EQ, [1.0, 2.0], [1.0, 2.0 + 1e-12], max_error=0.1)


def test_checks_that_can_not_fail_are_refused(verdict):
    verdict("holds")
    with pytest.raises(CheckError, match="identical as written"):
        check_symbolic(EQ, x**2, x**2)
    with pytest.raises(CheckError, match="identical as written"):
        check_numeric(EQ, derived=1.5, printed=1.5)
    with pytest.raises(CheckError, match="both sides are zero"):
        check_symbolic(EQ, x - x, 2 * y - y * 2)
    with pytest.raises(CheckError, match="both sides are zero"):
        check_numeric(EQ, np.zeros(2), [0.0, 0.0])
    with pytest.raises(CheckError, match="NaN"):
        check_numeric(EQ, np.nan, 1.0)
    with pytest.raises(CheckError, match="not a number"):
        check_symbolic(EQ, sp.nan, x)
    with pytest.raises(CheckError, match="empty"):
        check_numeric(EQ, [], np.array([]))
    with pytest.raises(CheckError, match="shapes"):
        check_numeric(EQ, [1.0], [1.0, 1.0])
    with pytest.raises(CheckError, match="rtol"):
        check_numeric(EQ, 1.0, 2.0, rtol=1.0)
    side = np.array([1.0])
    other = side
    with pytest.raises(CheckError, match="one object"):
        check_numeric(EQ, side, other)


def test_what_can_not_be_decided_is_said(verdict):
    verdict("holds")
    f = sp.Function("f")
    with pytest.raises(CheckError, match="neither simplification nor"):
        check_symbolic(EQ, f(x), f(x + 1))
    check_symbolic(EQ, f(x), f(x + 1), equal=lambda a, b: True)


def test_matrices(verdict):
    verdict("holds")
    a = sp.Matrix([[sp.cos(x) ** 2 + sp.sin(x) ** 2, 0], [0, y]])
    check_symbolic(EQ, a, sp.Matrix([[1, 0], [0, y]]))
    with pytest.raises(CheckError):
        check_symbolic(EQ, a, sp.Matrix([[1, 0], [0, -y]]))


def test_parts(verdict):
    verdict("misprint", parts={"low": "misprint", "high": "holds"})
    check_symbolic(EQ, x + x, 2 * x, part="high")
    with pytest.raises(CheckError, match="say which part"):
        check_symbolic(EQ, x + x, 2 * x)
    with pytest.raises(CheckError, match="no part"):
        check_symbolic(EQ, x + x, 2 * x, part="middle")


def test_claims(verdict):
    verdict("reproduced")
    check_claim(CLAIM, 3.1e-8, 3e-8, rtol=0.17)
    check_claim(CLAIM, 25.0, (20, 40))
    check_claim(CLAIM, 25.0, (20, np.inf))
    check_claim(CLAIM, 0.7, 0.5, holds=0.7 > 0.5)
    verdict("not reproduced")
    check_claim(CLAIM, 5.2e-8, 3e-8, rtol=0.17)
    verdict("reproduced within a factor", factor=2)
    check_claim(CLAIM, 5.2e-8, 3e-8, rtol=0.17, factor=2)
    with pytest.raises(CheckError, match="factor 2"):
        check_claim(CLAIM, 5.2e-8, 3e-8, rtol=0.17, factor=3)
    with pytest.raises(CheckError, match="not reproduced"):
        check_claim(CLAIM, 7.2e-8, 3e-8, rtol=0.17, factor=2)
    with pytest.raises(CheckError, match="digits"):
        check_claim(CLAIM, 1.0, 1.0)
    with pytest.raises(CheckError, match="NaN"):
        check_claim(CLAIM, float("nan"), 1.0, rtol=0.1)


def test_one_check_settles_two_versions_of_a_source(verdict, capsys, monkeypatch):
    verdict("holds")
    other = "eq:aleiner2001-6"
    check_symbolic(EQ, x + x, 2 * x, also=other)
    check_numeric(EQ, 2.0, 2.0 + 1e-12, also=other)
    assert capsys.readouterr().out.count("Aleiner (5) and Aleiner (6): holds") == 2

    def row(identifier):
        name = "holds" if identifier == EQ else "misprint"
        common = {"where": "p. 1", "says": "words", "kind": "estimate"}
        return ledger.Row(identifier, verdict=name, **common)

    monkeypatch.setattr(ledger, "row", row)
    with pytest.raises(CheckError, match=f"{other}: found 'holds'"):
        check_symbolic(EQ, x + x, 2 * x, also=other)
    with pytest.raises(CheckError, match=f"{other}: found 'holds'"):
        check_numeric(EQ, 2.0, 2.0 + 1e-12, also=other)


def test_a_claim_of_two_versions_is_glued_under_both_keys(verdict, monkeypatch):
    glued = {}
    monkeypatch.setattr("tlsbook.checks.glue", glued.__setitem__)
    other = "claim:aleiner2001-other"
    verdict("reproduced")
    check_claim(CLAIM, 2.1, 2.0, rtol=0.1, also=other)
    assert glued == {k.replace(":", "-", 1): 2.1 for k in (CLAIM, other)}
    verdict("reproduced within a factor", factor=2)
    check_claim(CLAIM, 3.0, 2.0, rtol=0.1, factor=2, also=other)

    def row(identifier):
        common = {"where": "p. 1", "says": "words", "kind": "estimate"}
        stated = 2 if identifier == CLAIM else 3
        name = "reproduced within a factor"
        return ledger.Row(identifier, verdict=name, factor=stated, **common)

    monkeypatch.setattr(ledger, "row", row)
    with pytest.raises(CheckError, match="other: the ledger states the factor 3"):
        check_claim(CLAIM, 3.0, 2.0, rtol=0.1, factor=2, also=other)
