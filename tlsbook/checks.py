"""Short, honest checks of the sources' equations and claims.

Each check takes the key of a ledger row, decides what it finds, prints one line, and
raises :class:`CheckError` with both sides when the finding is not the row's verdict.
Sides that are the same text, both zero, empty or NaN are refused: such a check could
not fail.
"""

import ast
import linecache
import sys

import numpy as np
import sympy as sp

from tlsbook import ledger
from tlsbook.notebook import glue

__all__ = ["CheckError", "check_claim", "check_numeric", "check_symbolic"]


class CheckError(AssertionError):
    """A finding at odds with the ledger, or a check that could not have failed."""


def check_symbolic(
    key,
    derived,
    printed,
    corrected=None,
    *,
    constant=None,
    contradicts=None,
    part=None,
    what="",
    equal=None,
    also=None,
):
    """Compare two SymPy expressions (or matrices) and settle them against the ledger.

    Parameters
    ----------
    key : str
        Row of the ledger, e.g. ``"eq:he2025-51"``.
    derived : sympy.Expr or sympy.Matrix
        What was derived here.
    printed : sympy.Expr or sympy.Matrix
        The relation as the source prints it.
    corrected : optional
        The corrected relation: finds a misprint, which needs that ``printed`` fails
        and ``corrected`` holds.
    constant : optional
        Finds "holds up to a constant": ``derived == constant*printed``, not 1.
    contradicts : str, optional
        Row that ``printed`` contradicts: finds "inconsistent", the sides must differ.
    part : str, optional
        Name of a part of the row with a verdict of its own.
    what : str, optional
        What is compared, for the printed line.
    equal : callable, optional
        Decides equality of two sides where simplification cannot.
    also : str, optional
        Row of another version of the source that prints the same; the finding must
        be its verdict too.

    Raises
    ------
    CheckError
        When the finding is not the row's verdict, or the check could not fail.
    """
    _refuse_same_text("derived", "printed", derived, printed)
    derived, printed = _sympify(derived), _sympify(printed)
    for side in (derived, printed):
        if side.has(sp.nan, sp.zoo):
            raise CheckError(f"{key}: a side is not a number: {side}")
    if _zero(derived) and _zero(printed):
        raise CheckError(f"{key}: both sides are zero, so nothing is checked")
    same = equal or _symbolically_equal
    if corrected is not None:
        _sides(key, "the printed form", not same(derived, printed), derived, printed)
        corrected = _sympify(corrected)
        _sides(key, "the corrected form", same(derived, corrected), derived, corrected)
        return _settle((key, also), part, "misprint", what, derived, printed)
    if contradicts is not None:
        _sides(key, "the contradiction", not same(derived, printed), derived, printed)
        return _settle(
            (key, also), part, "inconsistent", what, derived, printed, contradicts
        )
    if constant is not None:
        constant = sp.sympify(constant)
        if same(constant, sp.Integer(1)):
            raise CheckError(f"{key}: a constant of 1 means that the relation holds")
        scaled = constant * printed
        _sides(
            key, f"with the constant {constant}", same(derived, scaled), derived, scaled
        )
        note = str(constant)
        return _settle(
            (key, also), part, "holds up to a constant", what, derived, printed, note
        )
    finding = "holds" if same(derived, printed) else "fails"
    return _settle((key, also), part, finding, what, derived, printed)


def check_numeric(
    key,
    derived,
    printed,
    corrected=None,
    *,
    rtol=1e-9,
    atol=0.0,
    constant=None,
    contradicts=None,
    max_error=None,
    part=None,
    what="",
    also=None,
):
    """Compare two numbers or arrays and settle them against the ledger.

    As :func:`check_symbolic`, with equality to ``rtol`` (at most 0.2) and ``atol``.
    ``max_error`` finds "approximation": the largest relative deviation of ``printed``
    lies above ``rtol`` and at most ``max_error``, and ``max_error`` is at most ten
    times the deviation, so that the stated error means something. ``also`` as there.
    """
    _refuse_same_text("derived", "printed", derived, printed)
    if not 0 < rtol <= 0.2:
        raise CheckError(f"{key}: rtol must lie in (0, 0.2], got {rtol}")
    derived, printed = _numbers(key, derived), _numbers(key, printed)
    if derived.shape != printed.shape:
        raise CheckError(f"{key}: shapes differ, {derived.shape} and {printed.shape}")
    if not derived.any() and not printed.any():
        raise CheckError(f"{key}: both sides are zero, so nothing is checked")

    def same(a, b):
        return bool(np.all(np.abs(a - b) <= atol + rtol * np.maximum(abs(a), abs(b))))

    if corrected is not None:
        corrected = _numbers(key, corrected)
        _sides(key, "the printed form", not same(derived, printed), derived, printed)
        _sides(key, "the corrected form", same(derived, corrected), derived, corrected)
        return _settle((key, also), part, "misprint", what, derived, printed)
    if contradicts is not None:
        _sides(key, "the contradiction", not same(derived, printed), derived, printed)
        return _settle(
            (key, also), part, "inconsistent", what, derived, printed, contradicts
        )
    if constant is not None:
        constant = float(constant)
        if abs(constant - 1) <= rtol:
            raise CheckError(f"{key}: a constant of 1 means that the relation holds")
        scaled = constant * printed
        _sides(
            key, f"with the constant {constant}", same(derived, scaled), derived, scaled
        )
        note = f"{constant:.6g}"
        return _settle(
            (key, also), part, "holds up to a constant", what, derived, printed, note
        )
    if max_error is not None:
        return _approximation(
            (key, also), part, what, derived, printed, rtol, max_error
        )
    finding = "holds" if same(derived, printed) else "fails"
    return _settle((key, also), part, finding, what, derived, printed)


def check_claim(
    key,
    computed,
    printed,
    *,
    rtol=None,
    factor=None,
    holds=None,
    unit="",
    what="",
    also=None,
):
    """Compare a computed number with what the source claims, and glue it for the prose.

    Parameters
    ----------
    key : str
        Row of the ledger, e.g. ``"claim:aleiner2001-n-t-over-n-e"``; ``computed`` is
        glued under it with the colon replaced by a hyphen.
    computed : float
        The number found here.
    printed : float or (float, float)
        The number, or the low and high end of the interval, the source gives.
    rtol : float, optional
        What the printed digits allow (at most 0.5); needed for a single number
        unless ``holds`` is given.
    factor : float, optional
        Largest factor between the two for "reproduced within a factor".
    holds : bool, optional
        Decides orderings and qualitative claims; must be computed from the two.
    unit : str, optional
        For the printed line.
    what : str, optional
        What is compared, for the printed line.
    also : str, optional
        Row of another version of the source with the same claim; settled and glued
        likewise.

    Raises
    ------
    CheckError
        When the finding is not the row's verdict.
    """
    value = float(_numbers(key, computed))
    low, high = (float(edge) for edge in _interval(printed))
    if not (np.isfinite([low, high]).any() and low <= high):
        raise CheckError(f"{key}: the printed interval is {printed!r}")
    if holds is not None:
        finding = "reproduced" if bool(holds) else "not reproduced"
    else:
        finding = _claim_finding(key, value, low, high, rtol, factor)
    for name in filter(None, (key, also)):
        glue(name.replace(":", "-", 1), value)
    shown = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
    text = f"computed {value:.3g}{' ' + unit if unit else ''}, printed {shown}"
    if finding == "reproduced within a factor":
        for name in filter(None, (key, also)):
            stated = ledger.row(name).factor
            if stated != factor:
                raise CheckError(
                    f"{name}: the ledger states the factor {stated}, not {factor}"
                )
        text += f", factor {factor:g}"
    return _settle((key, also), None, finding, what, value, printed, text)


def _claim_finding(key, value, low, high, rtol, factor):
    if rtol is None and low == high:
        raise CheckError(f"{key}: a single number needs rtol (what its digits allow)")
    rtol = 0.0 if rtol is None else rtol
    if not 0 <= rtol <= 0.5:
        raise CheckError(f"{key}: rtol must lie in [0, 0.5], got {rtol}")
    below = rtol * abs(low) if np.isfinite(low) else 0.0
    above = rtol * abs(high) if np.isfinite(high) else 0.0
    if low - below <= value <= high + above:
        return "reproduced"
    if factor is not None:
        edge = low if value < low else high
        if edge * value > 0 and max(value / edge, edge / value) <= factor:
            return "reproduced within a factor"
    return "not reproduced"


def _interval(printed):
    return printed if isinstance(printed, tuple) else (printed, printed)


def _approximation(keys, part, what, derived, printed, rtol, max_error):
    key = keys[0]
    if (derived == 0).any():
        raise CheckError(f"{key}: a relative error needs a reference without zeros")
    error = float(np.max(np.abs(printed / derived - 1)))
    if error <= rtol:
        finding = "holds"
    elif error <= max_error:
        finding = "approximation"
    else:
        finding = "fails"
    if finding == "approximation" and max_error > 10 * error:
        raise CheckError(
            f"{key}: the stated error {max_error} is more than ten times the one "
            f"found, {error:.2g}; state it closer"
        )
    note = f"largest relative error {error:.2g}"
    return _settle(keys, part, finding, what, derived, printed, note)


def _settle(keys, part, finding, what, derived, printed, note=""):
    keys = [key for key in keys if key is not None]
    verdicts = [_verdict(key, part, finding, derived, printed) for key in keys]
    names = " and ".join(map(ledger.display_name, keys)) + (f", {part}" if part else "")
    line = f"{names}: {' and '.join(dict.fromkeys(verdicts))}"
    line += f" [{note}]" if note else ""
    print(line + (f"\n    {what}" if what else ""))


def _verdict(key, part, finding, derived, printed):
    """Return the verdict of a row, or raise when the finding is another one."""
    row = ledger.row(key)
    if row.parts and part is None:
        raise CheckError(f"{key}: say which part is checked, of {', '.join(row.parts)}")
    if part is not None and part not in row.parts:
        raise CheckError(f"{key}: the ledger has no part {part!r} in this row")
    verdict = row.parts[part] if part is not None else row.verdict
    agrees = finding == verdict or (finding == "holds" and verdict == "definition")
    if not agrees:
        raise CheckError(
            f"{key}{f' ({part})' if part else ''}: found {finding!r}, the ledger says "
            f"{verdict!r}\n  derived: {derived}\n  printed: {printed}"
        )
    return verdict


def _sides(key, what, good, left, right):
    if not good:
        raise CheckError(
            f"{key}: {what} does not come out as stated\n  one side: {left}\n"
            f"  other side: {right}"
        )


def _sympify(side):
    side = sp.sympify(side)
    return side.as_immutable() if isinstance(side, sp.MatrixBase) else side


def _zero(side):
    if isinstance(side, sp.MatrixBase):
        return side.is_zero_matrix is True
    return side == 0


def _symbolically_equal(left, right):
    """Decide equality by simplification, or inequality by a counterexample."""
    difference = left - right
    entries = (
        list(difference) if isinstance(difference, sp.MatrixBase) else [difference]
    )
    return all(_vanishes(entry) for entry in entries)


def _vanishes(expression):
    if expression == 0 or sp.simplify(expression) == 0:
        return True
    if _counterexample(expression):
        return False
    if sp.simplify(sp.expand(expression.rewrite(sp.exp), complex=True)) == 0:
        return True
    raise CheckError(
        f"neither simplification nor a counterexample decides whether this vanishes: "
        f"{expression}; give the assumptions of its symbols, or a function `equal`"
    )


def _counterexample(expression):
    """Return True if the expression is clearly nonzero somewhere its symbols allow."""
    symbols = sorted(expression.free_symbols, key=lambda s: s.name)
    generator = np.random.default_rng(7)
    for _ in range(6):
        point = {s: _sample(s, generator) for s in symbols}
        value = sp.N(expression.subs(point), 30)
        if value.is_number and value.is_finite and abs(value) > sp.Float("1e-15"):
            return True
    return False


def _sample(symbol, generator):
    value = sp.Rational(int(generator.integers(11, 97)), 50)
    if symbol.is_integer:
        return sp.Integer(int(generator.integers(1, 9)))
    if symbol.is_negative:
        return -value
    if symbol.is_positive or symbol.is_nonnegative:
        return value
    return value if generator.random() < 0.5 else -value


def _numbers(key, side):
    array = np.asarray(side)
    if array.dtype == object:
        array = np.asarray([complex(v) for v in array.ravel()]).reshape(array.shape)
        array = array.real if not array.imag.any() else array
    if array.size == 0:
        raise CheckError(f"{key}: a side is empty")
    if not np.isfinite(array).all():
        raise CheckError(f"{key}: a side holds NaN or infinity: {side}")
    return array.astype(complex if np.iscomplexobj(array) else float)


def _refuse_same_text(first, second, left, right):
    """Refuse a call whose two sides are the same text, or the same mutable object."""
    if left is right and isinstance(left, np.ndarray | list | sp.MutableDenseMatrix):
        raise CheckError("the two sides are one object, so the check cannot fail")
    arguments = _caller_arguments(first, second)
    if arguments and arguments[0] == arguments[1]:
        raise CheckError(
            f"the two sides are identical as written ({arguments[0]}), so the check "
            f"cannot fail"
        )


def _caller_arguments(*names):
    """Return the source text of the caller's second and third arguments, if known."""
    frame = sys._getframe(3)
    line = frame.f_lineno
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        return None
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.lineno <= line <= node.end_lineno
    ]
    calls = [c for c in calls if _called_name(c) in ("check_symbolic", "check_numeric")]
    if not calls:
        return None
    call = min(calls, key=lambda c: c.end_lineno - c.lineno)
    given = {k.arg: k.value for k in call.keywords}
    for position, name in enumerate(names, start=1):
        if len(call.args) > position:
            given[name] = call.args[position]
    if not all(name in given for name in names):
        return None
    return [ast.unparse(given[name]) for name in names]


def _called_name(call):
    function = call.func
    return getattr(function, "id", getattr(function, "attr", None))
