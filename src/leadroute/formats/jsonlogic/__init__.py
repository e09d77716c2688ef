"""Conditions as JsonLogic and back, for visual editors such as react-querybuilder.

* Reading and writing are inverses: ``from_jsonlogic(to_jsonlogic(condition)) == condition``, definitions written out.
* What is written means the same in JsonLogic. Where ``null`` would pass there and is false here, a guard
  ``{"!=": [{"var": ...}, null]}`` goes before the question; reading takes such a guard off again.
"""

from leadroute.formats.jsonlogic.read import from_jsonlogic
from leadroute.formats.jsonlogic.write import jsonlogic_data, to_jsonlogic

__all__ = ["from_jsonlogic", "jsonlogic_data", "to_jsonlogic"]
