r"""The power mu of the density of states from tables of measurements.

The generalised tunnelling model has the density (E/E_max)^mu, and mu shows in four
kinds of data. Kelvin, hertz; each model has an amplitude that is fitted along.

``dephasing``
    Gamma_2(T) = A T^(1+mu), Faoro (19) without its logarithm.
``noise``
    S_y(f, T) = A f^(-a) s(T)/s(T_0) in weak field, for levels that drift:
    s = t^2 v/(2 Gamma_2 + v/2)^2, t = tanh(h nu/2 k T), with the drift width v = 1.5
    times the pure dephasing (:meth:`tlsbook.microresonator.Microresonator.flicker`,
    half of the fluctuators remembered). Any T against the frequency.
``quality``
    1/Q_i(n, T) = A t/sqrt(1 + n/n_c) + 1/Q_0, t = tanh(h nu/2 k T), with the critical
    number of photons n_c = n_0 Gamma_2(T)/[t Gamma_2(T_0)]: Faoro (41) with a
    relaxation rate by phonons, g/t.
``frequency``
    f(T) = f_0 [1 + A g(T; mu)] with g of :meth:`tlsbook.resonator.ResonatorHost.shift`.

In ``noise`` and ``quality`` Gamma_2 = w (T/T_0)^(1+mu) + g/2t, T_0 = 0.1 K: pure
dephasing of the rate w at T_0, and decay of a resonant TLS at the rate g at T = 0.

:func:`read_table` reads a reader's own table, :data:`TEMPLATES` shows the columns, and
:func:`fit` fits any of the four.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from scipy import constants

from tlsbook.resonator import ResonatorHost
from tlsbook.validation import (
    ConvergenceError,
    ParameterError,
    finite,
    in_interval,
    non_negative,
    positive,
)

__all__ = [
    "KINDS",
    "TEMPLATES",
    "ExponentFit",
    "Table",
    "fit",
    "kelvin_per_hertz",
    "kelvin_per_rate",
    "model",
    "read_table",
]

#: h/k_B, kelvin for 1 Hz.
kelvin_per_hertz = constants.h / constants.k
#: hbar/k_B, kelvin for a rate of 1/s.
kelvin_per_rate = constants.hbar / constants.k
_REFERENCE = 0.1  # K
_MU = (0.0, 0.99)
_DRIFT = 1.5  # drift width over pure dephasing
#: Columns of the four kinds of table, the measured one before its error.
KINDS = MappingProxyType(
    {
        "dephasing": ("temperature_K", "rate_per_s", "relative_error"),
        "noise": ("frequency_Hz", "temperature_K", "s_y_per_Hz", "relative_error"),
        "quality": ("photons", "temperature_K", "q_i", "relative_error"),
        "frequency": ("temperature_K", "resonance_Hz", "error_Hz"),
    }
)
#: Header and one row of a table of each kind.
#:
#: :meta hide-value:
TEMPLATES = MappingProxyType(
    {
        "dephasing": "temperature_K,rate_per_s,relative_error\n0.050,1.0e6,0.05\n",
        "noise": "frequency_Hz,temperature_K,s_y_per_Hz,relative_error\n"
        "0.1,0.060,2.0e-15,0.10\n",
        "quality": "photons,temperature_K,q_i,relative_error\n100,0.020,1.5e5,0.03\n",
        "frequency": "temperature_K,resonance_Hz,error_Hz\n0.100,6.0e9,100\n",
    }
)
#: Parameters in the order of :func:`model`; "log_" ones are positive quantities.
_NAMES = MappingProxyType(
    {
        "dephasing": ("mu", "log_amplitude"),
        "noise": ("mu", "log_amplitude", "slope"),
        "quality": ("mu", "log_amplitude", "log_n_0", "log_other"),
        "frequency": ("mu", "log_amplitude", "offset"),
    }
)
_NEEDS_RESONANCE = ("noise", "quality", "frequency")


@dataclass(frozen=True)
class Table:
    """Measured points of one kind; bad ones raise ParameterError.

    ``columns`` maps the names of :data:`KINDS` to arrays of one length. Values are
    positive; relative errors lie below 1.
    """

    kind: str  #: one of :data:`KINDS`
    columns: dict = field(repr=False)  #: name of the column -> array

    def __post_init__(self):
        wanted = _columns(self.kind)
        _complete("columns", self.columns, wanted)
        if set(self.columns) != set(wanted):
            raise ParameterError(
                f"the columns of a table of kind {self.kind!r} must be "
                f"{', '.join(wanted)}, got {', '.join(map(str, self.columns))}"
            )
        arrays = {
            name: np.atleast_1d(positive(name, self.columns[name])) for name in wanted
        }
        sizes = {array.shape for array in arrays.values()}
        if len(sizes) > 1 or arrays[wanted[0]].ndim != 1:
            raise ParameterError(
                f"the columns must have one length, got shapes {sorted(sizes)}; "
                "give a value for every point"
            )
        if "relative_error" in arrays:
            in_interval("relative_error", arrays["relative_error"], 0, 1, closed="left")
        object.__setattr__(self, "columns", arrays)

    def __len__(self):
        return len(self.measured)

    @property
    def measured(self):
        """The measured quantity, an array."""
        return self.columns[KINDS[self.kind][-2]]

    @property
    def error(self):
        """Its standard deviation, in the same unit."""
        last = self.columns[KINDS[self.kind][-1]]
        return last if self.kind == "frequency" else last * self.measured


def _columns(kind):
    if kind not in tuple(KINDS):
        raise ParameterError(f"kind must be one of {sorted(KINDS)}, got {kind!r}")
    return KINDS[kind]


def _complete(name, given, wanted):
    """Raise unless ``given`` is a mapping with all of the ``wanted`` names."""
    if not isinstance(given, Mapping):
        raise ParameterError(f"{name} must be a dict by name, got {given!r}")
    missing = [one for one in wanted if one not in given]
    if missing:
        raise ParameterError(f"{name} must have {', '.join(wanted)}, lacks {missing}")


def _one(name, value, check=positive):
    value = check(name, value)
    if np.ndim(value):
        raise ParameterError(f"{name} must be one number, got an array; use a loop")
    return value


def _parameter(name, value):
    """One parameter of :func:`model`, in its range."""
    if name == "mu":
        in_interval("mu", value, 0, 1, closed="left")
    free = name in ("mu", "slope", "offset")
    return _one(name, value, finite if free else positive)


def read_table(source, kind):
    """Read a comma-separated table with the header of ``TEMPLATES[kind]``.

    ``source`` is a file name or an open text file. Returns :class:`Table`; raises
    ParameterError if the columns are others, a row is incomplete, or a value is out of
    range.
    """
    wanted = _columns(kind)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="genfromtxt: Empty input file")
            table = np.genfromtxt(source, delimiter=",", names=True, dtype=float)
    except (ValueError, IndexError) as error:
        raise ParameterError(
            f"the table cannot be read: {error}; start from TEMPLATES[{kind!r}]"
        ) from None
    if table.dtype.names != wanted:
        raise ParameterError(
            f"the columns must be {', '.join(wanted)}, got {table.dtype.names}; "
            f"start from TEMPLATES[{kind!r}]"
        )
    columns = {name: np.atleast_1d(finite(name, table[name])) for name in wanted}
    return Table(kind, columns)


def model(kind, columns, values, *, resonance=None, width=None, decay=0.0):
    """The measured quantity for given parameters, an array like the columns.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    columns : dict
        The independent columns of the kind, name -> array.
    values : dict
        ``mu`` in [0, 1); > 0 each: ``amplitude``, ``n_0`` and ``other`` = 1/Q_0
        (quality); of any sign: ``slope`` (noise), ``offset`` = f_0/f_r - 1 (frequency).
    resonance : float
        f_r, frequency of the resonator in Hz; for all kinds but "dephasing".
    width : float
        w, pure dephasing rate of the TLS at 0.1 K in 1/s; for "noise", and for
        "quality" if ``decay`` is not zero.
    decay : float
        g, decay rate of a TLS in resonance at T = 0 in 1/s, >= 0.

    Raises
    ------
    ParameterError
        For missing columns or values, and for what lies outside these ranges.
    """
    _complete("columns", columns, _columns(kind)[:-2])
    names = [name.removeprefix("log_") for name in _NAMES[kind]]
    _complete("values", values, names)
    columns = {
        name: np.asarray(positive(name, columns[name])) for name in KINDS[kind][:-2]
    }
    values = {name: _parameter(name, values[name]) for name in names}
    return _model(kind, columns, values, *_checked(kind, resonance, width, decay))


def _checked(kind, resonance, width, decay):
    """The properties of the resonator that a kind of table needs, in their ranges."""
    if kind == "dephasing":
        return None, None, 0.0
    resonance = _one("resonance", _given("resonance", resonance, kind))
    decay = _one("decay", decay, non_negative)
    if kind == "noise" or decay:
        _given("width", width, kind)
    if width is not None:
        width = _one("width", width)
    return resonance, width, decay


def _model(kind, columns, values, resonance, width, decay):
    """:func:`model` without tests: a fit may try what lies far off."""
    mu, amplitude = values["mu"], values["amplitude"]
    T = columns["temperature_K"]
    if kind == "dephasing":
        return amplitude * (T / _REFERENCE) ** (1 + mu)
    nu = kelvin_per_hertz * resonance

    def pure(kelvin):
        return (width or 1.0) * (kelvin / _REFERENCE) ** (1 + mu)

    def line(kelvin):
        return pure(kelvin) + decay / (2 * np.tanh(nu / (2 * kelvin)))

    def noise(kelvin):
        drift = _DRIFT * pure(kelvin)
        squares = np.tanh(nu / (2 * kelvin)) ** 2
        return squares * drift / (2 * line(kelvin) + drift / 2) ** 2

    if kind == "noise":
        f = columns["frequency_Hz"]
        return amplitude * f ** -values["slope"] * noise(T) / noise(_REFERENCE)
    if kind == "quality":
        thermal = np.tanh(nu / (2 * T))
        critical = values["n_0"] * line(T) / line(_REFERENCE) / thermal
        n = columns["photons"]
        return 1 / (amplitude * thermal / np.sqrt(1 + n / critical) + values["other"])
    host = ResonatorHost(1.0, 1.0, nu, mu)
    return resonance * (1 + values["offset"] + amplitude * host.shift(T))


def _given(name, value, kind):
    if value is None:
        raise ParameterError(f"{name} is needed for a table of kind {kind!r}; give it")
    return value


@dataclass(frozen=True)
class ExponentFit:
    """Result of :func:`fit`."""

    mu: float  #: best power of the density of states
    error: float  #: its standard deviation
    values: dict  #: all parameters, named as in :func:`model`
    #: standard deviations: of the logarithms for amplitude, n_0, other
    errors: dict
    chi_square: float  #: weighted sum of squares
    freedom: int  #: number of degrees of freedom
    fixed: tuple = ()  #: names of parameters that were held

    @property
    def at_bound(self):
        """Whether mu ends at 0 or 1, where its error means nothing."""
        return bool(min(abs(self.mu - edge) for edge in _MU) < 1e-3)


def fit(table, *, resonance=None, width=None, decay=0.0, hold=None):
    """Fit mu and the other parameters of a table by weighted least squares (lmfit).

    Positive parameters are fitted as logarithms. Errors are those of the covariance
    for the given errors of the data, not rescaled by the misfit: look at
    ``chi_square`` over ``freedom`` before believing them.

    Parameters
    ----------
    table : Table
        More points than free parameters.
    resonance, width, decay : float
        As in :func:`model`; they are not fitted.
    hold : dict, optional
        Parameters to keep at a value, e.g. ``{"slope": 1.0}`` or ``{"mu": 0.0}``.

    Returns
    -------
    ExponentFit

    Raises
    ------
    ImportError
        Without lmfit.
    ParameterError
        For too few points, unknown names in ``hold``, or a missing ``resonance`` or
        ``width``.
    ConvergenceError
        If the data do not determine the parameters.
    """
    try:
        import lmfit
    except ImportError as error:
        raise ImportError(
            "fitting needs lmfit, which the extra `fit` brings: "
            "pip install 'tlsbook[fit]'"
        ) from error
    if not isinstance(table, Table):
        raise ParameterError(
            f"table must be a Table, got {type(table).__name__}; see read_table"
        )
    names = _NAMES[table.kind]
    plain_names = [name.removeprefix("log_") for name in names]
    hold = {} if hold is None else hold
    _complete("hold", hold, ())
    hold_all = len(hold) == len(names)
    unknown = set(hold) - set(plain_names)
    if unknown:
        raise ParameterError(
            f"hold has the unknown names {sorted(map(str, unknown))}; for a table of "
            f"kind {table.kind!r} there are {', '.join(plain_names)}"
        )
    hold = {name: _parameter(name, value) for name, value in hold.items()}
    if len(table) <= len(names) - len(hold):
        raise ParameterError(
            f"{len(names) - len(hold)} free parameters need more than {len(table)} "
            "points; measure more or hold some"
        )

    given = _checked(table.kind, resonance, width, decay)

    def residual(parameters):
        values = _plain(parameters.valuesdict())
        value = _model(table.kind, table.columns, values, *given)
        if table.kind == "frequency":
            return (value - table.measured) / table.error
        # Errors of a factor: symmetric in the logarithm.
        return np.log(value / table.measured) * table.measured / table.error

    result, best = None, np.inf
    for mu in (0.1, 0.4):  # the only direction in which a start can mislead
        parameters = lmfit.Parameters()
        for name, start in zip(names, _start(table, mu, given[0]), strict=True):
            plain = name.removeprefix("log_")
            held = plain in hold
            if held:
                start = np.log(hold[plain]) if name != plain else hold[plain]
            free_mu = name == "mu" and not held
            bounds = dict(zip(("min", "max"), _MU, strict=True)) if free_mu else {}
            parameters.add(name, value=start, vary=not held, **bounds)
        trial = lmfit.minimize(residual, parameters, scale_covar=False, max_nfev=2000)
        if trial.chisqr < best:
            result, best = trial, trial.chisqr
    if result is None or not (hold_all or (result.success and result.errorbars)):
        raise ConvergenceError(
            "the data do not determine the parameters; measure over a wider range of "
            f"temperature, or hold some of {', '.join(plain_names)}"
        )
    errors = {
        name.removeprefix("log_"): float(result.params[name].stderr or 0.0)
        for name in names
    }
    values = _plain(result.params.valuesdict())
    return ExponentFit(
        values["mu"],
        errors["mu"],
        values,
        errors,
        float(result.chisqr),
        int(result.nfree),
        tuple(sorted(hold)),
    )


def _plain(values):
    return {
        name.removeprefix("log_"): float(np.exp(v) if name.startswith("log_") else v)
        for name, v in values.items()
    }


def _start(table, mu, resonance):
    """Rough values of the parameters, in the order of their names."""
    measured = table.measured
    if table.kind == "frequency":
        host = ResonatorHost(1.0, 1.0, kelvin_per_hertz * resonance, mu)
        shape = host.shift(table.columns["temperature_K"])
        y = measured / resonance - 1
        slope, offset = np.polyfit(shape, y, 1)
        return mu, np.log(max(slope, 1e-9)), offset
    if table.kind == "quality":
        lossy = 1 / measured.min()
        return (
            mu,
            np.log(lossy),
            np.log(np.median(table.columns["photons"])),
            np.log(0.3 / measured.max()),
        )
    middle = np.log(np.median(measured))
    return (mu, middle, 1.0)[: len(_NAMES[table.kind])]
