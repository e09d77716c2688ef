"""Every error that leadroute raises, under one base.

The rules of this package:

* An error takes its facts as positional arguments, keeps each as an attribute and hands all of them to ``Exception``,
  so that it survives pickling (a process pool sends it home whole).
* ``str()`` says what happened, where, and what to write instead.
* No message carries a lead's personal data, a credential or a connection string.
* Errors are known by the name of this package, whichever module holds them.
"""

from __future__ import annotations

from leadroute.errors.base import Fault, LeadrouteError, nearest
from leadroute.errors.building import (
    ConfigError,
    ExpressionError,
    PolicyError,
    TruthError,
    UnknownFieldError,
)
from leadroute.errors.running import (
    Conflict,
    FactTypeError,
    InvalidValue,
    LeadNotFound,
    MissingExtra,
    NoTransaction,
    OfferClosed,
    RowError,
    Transient,
)

__all__ = [
    "ConfigError",
    "Conflict",
    "ExpressionError",
    "FactTypeError",
    "Fault",
    "InvalidValue",
    "LeadNotFound",
    "LeadrouteError",
    "MissingExtra",
    "NoTransaction",
    "OfferClosed",
    "PolicyError",
    "RowError",
    "Transient",
    "TruthError",
    "UnknownFieldError",
    "nearest",
]

for _public in __all__:
    globals()[_public].__module__ = __name__
