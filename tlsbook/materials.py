"""One table of materials in SI, each value with its spread and its citation.

The table ``tlsbook/data/materials.yml`` keeps values in the units of their sources;
here they become SI with the constants of ``scipy.constants``. Temperatures stay in
kelvin, energies become joules. A quantity without a source is not in the table.

>>> from tlsbook import materials
>>> gold = materials.get("gold")
>>> gold.electron_density.value, gold.electron_density.unit
(5.9e+28, 'm^-3')
>>> round(gold.fermi_energy.to("eV"), 2), gold.fermi_energy.source
(5.53, ('ashcroft1976',))
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml
from scipy import constants

from tlsbook.validation import ParameterError, finite

__all__ = ["Material", "Quantity", "get", "names"]

_KELVIN = constants.k
_EV = constants.e
_CUBIC_CENTIMETRE = 1e-6

#: Unit of a source -> (SI unit, factor).
UNITS = MappingProxyType(
    {
        "1": ("1", 1.0),
        "m^-3": ("m^-3", 1.0),
        "cm^-3": ("m^-3", 1 / _CUBIC_CENTIMETRE),
        "m/s": ("m/s", 1.0),
        "kg/m^3": ("kg/m^3", 1.0),
        "K": ("K", 1.0),
        "m": ("m", 1.0),
        "nm": ("m", 1e-9),
        "J": ("J", 1.0),
        "eV": ("J", _EV),
        "meV": ("J", 1e-3 * _EV),
        "Ohm m": ("Ohm m", 1.0),
        "uOhm cm": ("Ohm m", 1e-8),
        "C m": ("C m", 1.0),
        # Debye: 1e-18 statcoulomb centimetre.
        "D": ("C m", 1e-21 / constants.c),
        "J^-1 m^-3": ("J^-1 m^-3", 1.0),
        "eV^-1 cm^-3": ("J^-1 m^-3", 1 / (_EV * _CUBIC_CENTIMETRE)),
        "cm^-3 K^-1": ("J^-1 m^-3", 1 / (_KELVIN * _CUBIC_CENTIMETRE)),
    }
)


class MissingQuantity(ParameterError, AttributeError):
    """A quantity the table does not hold for this material."""


@dataclass(frozen=True)
class Quantity:
    """A value with the spread of the literature, in SI.

    Raises ParameterError unless ``low <= value <= high`` and a source is named.
    """

    value: float  #: the value in SI
    #: Smallest value of the sources; the spread is no error bar.
    low: float
    high: float  #: largest value of the sources
    unit: str  #: SI unit
    source: tuple[str, ...]  #: keys of the book's bibliography
    note: str = ""  #: under what condition the value holds

    def __post_init__(self):
        for name in ("value", "low", "high"):
            object.__setattr__(self, name, float(finite(name, getattr(self, name))))
        if not self.low <= self.value <= self.high:
            raise ParameterError(
                f"value must lie between low and high, got {self.value!r} outside "
                f"[{self.low!r}, {self.high!r}]; widen the spread"
            )
        if not self.source:
            raise ParameterError("source must name a citation, got none; give its key")

    @classmethod
    def from_unit(cls, value, low, high, unit, source, note=""):
        """Convert a value in one of the units of the table to SI; other units raise."""
        si, factor = _unit(unit)
        low, value, high = (float(v) * factor for v in (low, value, high))
        return cls(value, low, high, si, tuple(source), note)

    def to(self, unit):
        """The value in another unit of the same kind, e.g. ``to("eV")``.

        Raises ParameterError for a unit of another kind.
        """
        return self.value / self._factor(unit)

    def spread(self, unit):
        """The pair (low, high) in another unit of the same kind."""
        return self.low / self._factor(unit), self.high / self._factor(unit)

    def _factor(self, unit):
        si, factor = _unit(unit)
        if si != self.unit:
            raise ParameterError(
                f"unit must be convertible to {self.unit}, got {unit!r}; "
                f"that is a unit of {si}"
            )
        return factor


@dataclass(frozen=True)
class Material:
    """A row of the table; its quantities are attributes, e.g. ``.fermi_energy``."""

    name: str  #: key of the row
    title: str  #: what readers see
    kind: str  #: metal, superconductor or dielectric
    quantities: Mapping[str, Quantity]  #: all of them by name

    def __getattr__(self, name):
        if name.startswith("_") or name == "quantities":
            raise AttributeError(name)
        try:
            return self.quantities[name]
        except KeyError:
            known = ", ".join(sorted(self.quantities))
            raise MissingQuantity(
                f"quantity must be one the table holds for {self.name}, got {name!r}; "
                f"there are {known}"
            ) from None

    def __dir__(self):
        return [*super().__dir__(), *self.quantities]


def names(kind=None):
    """Names of all materials, or of one kind: metal, superconductor or dielectric."""
    return [n for n, m in _table().items() if kind is None or m.kind == kind]


def get(name):
    """Return one :class:`Material`; unknown names raise ParameterError."""
    try:
        return _table()[name]
    except (KeyError, TypeError):
        raise ParameterError(
            f"material must be in the table, got {name!r}; there are "
            f"{', '.join(_table())}"
        ) from None


def _unit(unit):
    try:
        return UNITS[unit]
    except (KeyError, TypeError):
        raise ParameterError(
            f"unit must be known, got {unit!r}; there are {', '.join(UNITS)}"
        ) from None


@cache
def _table():
    text = resources.files("tlsbook").joinpath("data", "materials.yml")
    rows = yaml.safe_load(text.read_text(encoding="utf-8"))
    return MappingProxyType({name: _material(name, row) for name, row in rows.items()})


def _material(name, row):
    quantities = {
        key: Quantity.from_unit(**entry) for key, entry in row["quantities"].items()
    }
    return Material(name, row["title"], row["kind"], MappingProxyType(quantities))
