"""Policies and leads of realistic form for the benchmark of the rules, from a seed.

The rules of this module:

* A rule is a mapping from field to one test: a list of values, a range ``(low, high)`` or the prefix of a postal code.
  A rule names one or a few countries, often regions or a postal area, and some of industry, size, product and source.
* The rules with more tests come first, because behind general rules they would never be reached; a catch-all is last.
* One plain function says what is right. The same rules are rendered for every engine.
* No test takes a missing value. Where an engine has no missing values it gets "" and -1, which no rule names either.
"""

import random

from leadroute.model.lead import Lead
from leadroute.rules.builders import LEAD

COUNTRIES = """
US GB DE FR CA AU NL ES IT SE BR IN JP CH AT BE DK NO FI PL IE PT MX SG
""".split()
INDUSTRIES = """
healthcare finance retail software manufacturing education energy logistics media telecom insurance
hospitality construction agriculture legal pharma automotive aerospace government nonprofit
""".split()
PRODUCTS = "core analytics mobile security storage support training payments voice api".split()
SOURCES = "website webinar referral partner event outbound advert marketplace".split()
BANDS = [(1, 10), (10, 50), (50, 200), (200, 500), (500, 1000), (1000, 5000), (5000, 1_000_000)]
FIELDS = ("country", "region", "postal_code", "industry", "employees", "product", "source")

LENGTHS = {
    **dict.fromkeys("AU CH AT BE DK NO".split(), 4),
    **dict.fromkeys("IN SG".split(), 6),
    "BR": 8,
    "JP": 7,
    "PT": 7,
}
WEIGHTS = [1 / rank for rank in range(1, len(COUNTRIES) + 1)]


def regions(country):
    """Return the codes of a country's regions."""
    return [f"{country}-{number}" for number in range(1, 11)]


def postal_code(country, number):
    """Return a postal code of so many digits as the country has."""
    length = LENGTHS.get(country, 5)
    return f"{number:05d}".ljust(length, "0")[:length]


def policy(size, seed):
    """Return ``size`` rules, the last of which takes every lead."""
    rng = random.Random(seed)
    rules = []
    while len(rules) < size - 1:
        rule = draw(rng)
        if len(rule) >= 3:
            rules.append(rule)
    rules.sort(key=len, reverse=True)
    return [*rules, {}]


def draw(rng):
    """Return one rule."""
    rule = {}
    if rng.random() < 0.9:
        named = 1 if rng.random() < 0.7 else rng.randint(2, 4)
        rule["country"] = some(rng, COUNTRIES, named, WEIGHTS)
        if named == 1:
            if rng.random() < 0.6:
                rule["region"] = some(rng, regions(rule["country"][0]), rng.randint(1, 3))
            if rng.random() < 0.4:
                rule["postal_code"] = str(rng.randrange(10, 1000))
    if rng.random() < 0.6:
        rule["industry"] = some(rng, INDUSTRIES, rng.randint(1, 3))
    if rng.random() < 0.6:
        low = rng.randrange(len(BANDS))
        high = min(low + rng.choice([0, 0, 1, 2]), len(BANDS) - 1)
        rule["employees"] = (BANDS[low][0], BANDS[high][1])
    if rng.random() < 0.6:
        rule["product"] = some(rng, PRODUCTS, rng.randint(1, 2))
    if rng.random() < 0.4:
        rule["source"] = some(rng, SOURCES, rng.randint(1, 3))
    return rule


def some(rng, values, count, weights=None):
    """Return some distinct values."""
    return list(dict.fromkeys(rng.choices(values, weights, k=count)))


def facts(size, seed):
    """Return ``size`` leads as mappings without the fields that are not known."""
    rng = random.Random(seed)
    found = []
    for _ in range(size):
        (country,) = rng.choices(COUNTRIES, WEIGHTS)
        lead = {
            "country": country,
            "region": rng.choice(regions(country)),
            "postal_code": postal_code(country, rng.randrange(100_000)),
            "industry": rng.choice(INDUSTRIES),
            "employees": round(10 ** rng.uniform(0, 4.3)),
            "product": rng.choice(PRODUCTS),
            "source": rng.choice(SOURCES),
        }
        found.append({name: value for name, value in lead.items() if rng.random() >= 0.03})
    return found


def leads(given):
    """Return the leads as the application has them."""
    return [Lead(f"L-{number}", **lead) for number, lead in enumerate(given)]


def filled(given):
    """Return the leads as mappings of every field, for engines without missing values."""
    blank = {name: -1 if name == "employees" else "" for name in FIELDS}
    return [blank | lead for lead in given]


def holds(rule, lead):
    """Return whether a rule takes a lead: the plain truth that every engine must agree with."""
    for name, test in rule.items():
        value = lead.get(name)
        if value is None:
            return False
        if isinstance(test, str):
            if not value.startswith(test):
                return False
        elif isinstance(test, tuple):
            if not test[0] <= value < test[1]:
                return False
        elif value not in test:
            return False
    return True


def condition(rule):
    """Return a rule as a condition of leadroute; ``None`` takes every lead."""
    found = None
    for name, test in rule.items():
        fact = getattr(LEAD, name)
        if isinstance(test, str):
            part = fact.startswith(test)
        elif isinstance(test, tuple):
            part = (fact >= test[0]) & (fact < test[1])
        else:
            part = fact.in_(test) if len(test) > 1 else fact == test[0]
        found = part if found is None else found & part
    return found


def chain(rules):
    """Return the rules as the source of one function with an if for each, as a careful person would write it."""
    lines = ["def first(lead):"]
    lines += [f"    {name} = lead.{name}" for name in FIELDS]
    for number, rule in enumerate(rules):
        tests = " and ".join(python(name, test) for name, test in rule.items())
        lines.append(f"    if {tests or True}: return {number}")
    return "\n".join(lines)


def python(name, test):
    """Return one test as an expression of Python."""
    if isinstance(test, str):
        return f"{name} is not None and {name}.startswith({test!r})"
    if isinstance(test, tuple):
        return f"{name} is not None and {test[0]} <= {name} < {test[1]}"
    return f"{name} == {test[0]!r}" if len(test) == 1 else f"{name} in {tuple(test)!r}"


def rule_engine_text(rule):
    """Return a rule in the language of rule-engine."""
    parts = []
    for name, test in rule.items():
        if isinstance(test, str):
            parts.append(f"{name}.starts_with('{test}')")
        elif isinstance(test, tuple):
            parts.append(f"{name} >= {test[0]} and {name} < {test[1]}")
        else:
            parts.append(f"{name} in {test!r}" if len(test) > 1 else f"{name} == {test[0]!r}")
    return " and ".join(parts) or "true"


def cel_text(rule):
    """Return a rule in the Common Expression Language."""
    parts = []
    for name, test in rule.items():
        if isinstance(test, str):
            parts.append(f"{name}.startsWith('{test}')")
        elif isinstance(test, tuple):
            parts.append(f"{name} >= {test[0]} && {name} < {test[1]}")
        else:
            parts.append(f"{name} in {test!r}" if len(test) > 1 else f"{name} == {test[0]!r}")
    return " && ".join(parts) or "true"


def json_logic(rules):
    """Return the rules as one JsonLogic expression that gives the number of the first."""
    branches = []
    for number, rule in enumerate(rules):
        parts = []
        for name, test in rule.items():
            value = {"var": name}
            if isinstance(test, str):
                parts.append({"==": [{"substr": [value, 0, len(test)]}, test]})
            elif isinstance(test, tuple):
                parts += [{">=": [value, test[0]]}, {"<": [value, test[1]]}]
            else:
                parts.append({"in": [value, test]} if len(test) > 1 else {"==": [value, test[0]]})
        branches += [{"and": parts}, number] if parts else [number]
    return {"if": branches}


def decision_table(rules):
    """Return the rules as a decision model with one table, for zen-engine."""
    inputs = [{"id": name, "name": name, "field": name} for name in FIELDS]
    rows = []
    for number, rule in enumerate(rules):
        row = {"_id": f"r{number}", "out": str(number)}
        for name in FIELDS:
            row[name] = cell(rule[name]) if name in rule else ""
        rows.append(row)
    table = {
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": [{"id": "out", "name": "rule", "field": "rule"}],
        "rules": rows,
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
        {
            "id": "table",
            "name": "table",
            "type": "decisionTableNode",
            "content": table,
            "position": {"x": 1, "y": 0},
        },
        {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 2, "y": 0}},
    ]
    edges = [
        {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "e2", "type": "edge", "sourceId": "table", "targetId": "out"},
    ]
    return {"nodes": nodes, "edges": edges}


def cell(test):
    """Return one test as a cell of a decision table."""
    if isinstance(test, str):
        return f'startsWith($, "{test}")'
    if isinstance(test, tuple):
        return f"[{test[0]}..{test[1]})"
    return ", ".join(f'"{value}"' for value in test)
