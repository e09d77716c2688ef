"""JsonLogic as its JavaScript reference answers, written from the description of its operators alone."""

import operator

ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def truthy(value):
    """What JsonLogic counts as true: an empty list does not, an empty object does."""
    if value is None or isinstance(value, list):
        return bool(value)
    return isinstance(value, dict) or bool(value)


def number(value):
    """What JavaScript makes of a value where it wants a number; ``None`` stands for NaN."""
    if value is None:
        return 0
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        try:
            return float(value) if value.strip() else 0
        except ValueError:
            return None
    return number(value[0]) if isinstance(value, list) and len(value) == 1 else None


def equal(a, b):
    """The loose equality of JavaScript, for values that a field may hold."""
    if a is None or b is None:
        return a is b
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    if isinstance(a, list | dict) or isinstance(b, list | dict):
        return a is b
    x, y = number(a), number(b)
    return x is not None and y is not None and x == y


def ordered(op, a, b):
    """An order of JavaScript: between texts by character, else between numbers."""
    if isinstance(a, str) and isinstance(b, str):
        return ORDERS[op](a, b)
    x, y = number(a), number(b)
    return x is not None and y is not None and ORDERS[op](x, y)


def read(path, data):
    """What stands at a dotted path, or null."""
    for step in str(path).split("."):
        data = data.get(step) if isinstance(data, dict) else None
    return data


def missing(paths, data):
    """The paths that hold null or an empty text."""
    return [path for path in paths if read(path, data) in (None, "")]


def contained(item, among):
    """Whether a list holds an item, or a text a part. JavaScript looks for null as the text 'null'."""
    if isinstance(among, list):
        return any(type(item) is type(each) and item == each for each in among)
    return isinstance(among, str) and ("null" if item is None else str(item)) in among


def judge(logic, data):
    """What a rule comes to for some data."""
    if isinstance(logic, list):
        return [judge(each, data) for each in logic]
    if not isinstance(logic, dict):
        return logic
    ((op, given),) = logic.items()
    given = given if isinstance(given, list) else [given]
    if op in ("and", "or"):
        value = None
        for each in given:
            value = judge(each, data)
            if truthy(value) is (op == "or"):
                return value
        return value
    if op == "some":
        return any(truthy(judge(given[1], {"": each, **data})) for each in judge(given[0], data))
    values = [judge(each, data) for each in given]
    return _OPERATORS[op](values, data)


def _between(op):
    return lambda v, data: all(ordered(op, v[n], v[n + 1]) for n in range(len(v) - 1))


def _missing_some(values, data):
    needed, paths = values
    absent = missing(paths, data)
    return [] if len(paths) - len(absent) >= needed else absent


_OPERATORS = {
    "var": lambda v, data: read(v[0], data),
    "==": lambda v, data: equal(v[0], v[1]),
    "===": lambda v, data: equal(v[0], v[1]),
    "!=": lambda v, data: not equal(v[0], v[1]),
    "!==": lambda v, data: not equal(v[0], v[1]),
    **{op: _between(op) for op in ORDERS},
    "!": lambda v, data: not truthy(v[0]),
    "!!": lambda v, data: truthy(v[0]),
    "in": lambda v, data: contained(v[0], v[1]),
    "missing": lambda v, data: missing(v[0] if v and isinstance(v[0], list) else v, data),
    "missing_some": _missing_some,
    "startsWith": lambda v, data: isinstance(v[0], str) and v[0].startswith(v[1]),
    "endsWith": lambda v, data: isinstance(v[0], str) and v[0].endswith(v[1]),
}
