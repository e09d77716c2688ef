"""A policy as a picture: one graph, written down in two notations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from textwrap import wrap
from typing import Final

from attrs import field, frozen

from leadroute.insight.description import fallback_in_words, preference, scoring_in_words, who
from leadroute.ranking.router import Router
from leadroute.rules.describe import describe, duration_in_words
from leadroute.rules.rule import (
    CASES,
    CATCH_ALL,
    EVERYONE,
    WAIT,
    Factor,
    Qualification,
    Rule,
    pool_of,
)

WIDTH: Final = 40  # after how many characters a line of a label ends


_NOBODY: Final = tuple(case for case in CASES if case != "no_rule_matched")
"""The cases in which a rule matched and nobody was found."""

_EVERY_CASE: Final = {case.replace("_", " ") for case in _NOBODY}


class _Shape(Enum):
    """What a box stands for: its brackets in Mermaid, and its shape in Graphviz."""

    EVENT = ("([", "])", "oval")
    QUESTION = ("{{", "}}", "hexagon")
    TERMS = ("[", "]", "box")
    POOL = ("[(", ")]", "cylinder")


@frozen
class _Box:
    name: str
    shape: _Shape
    lines: tuple[str, ...]


@frozen
class _Arrow:
    tail: str
    head: str
    label: str = ""


@frozen
class _Graph:
    boxes: list[_Box] = field(factory=list)
    arrows: list[_Arrow] = field(factory=list)

    def box(self, name: str, shape: _Shape, *texts: str) -> str:
        """Draw a box, its texts broken into lines, and return its name."""
        lines = tuple(line for text in texts for line in wrap(_printable(text), WIDTH))
        self.boxes.append(_Box(name, shape, lines))
        return name

    def arrow(self, tail: str, head: str, label: str = "") -> None:
        """Draw an arrow."""
        self.arrows.append(_Arrow(tail, head, label))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def mermaid(router: Router) -> str:
    """Draw the policy as a Mermaid flow chart.

    GitHub and many editors display it. O(rules).

    Example:
        >>> print(mermaid(Router(rules=[Rule("all")])), end="")
        flowchart TD
            lead(["A lead comes in"])
            rule1["Rule 1: all<br/>every lead"]
            terms1["all reps<br/>best first by whose turn it is<br/>offered for 5 minutes"]
            pool1[("Pool: everyone")]
            catch(["catch_all"])
            wait(["the lead waits"])
            lead --> rule1
            rule1 --> terms1
            terms1 --> pool1
            pool1 -- "pool empty or none eligible" --> catch
            pool1 -- "none available" --> wait
    """
    graph = _graph(router)
    lines = ["flowchart TD"]
    for box in graph.boxes:
        opening, closing, _ = box.shape.value
        label = "<br/>".join(map(_mermaid_text, box.lines))
        lines.append(f'    {box.name}{opening}"{label}"{closing}')
    for arrow in graph.arrows:
        line = f'-- "{_mermaid_text(arrow.label)}" -->' if arrow.label else "-->"
        lines.append(f"    {arrow.tail} {line} {arrow.head}")
    return "\n".join(lines) + "\n"


_PLAIN: Final = frozenset(" ,.:'()/+=-_%?!")


def _mermaid_text(text: str) -> str:
    return "".join(
        char if char.isalnum() or char in _PLAIN or ord(char) > 127 else f"#{ord(char)};"
        for char in text
    )


def graphviz(router: Router) -> str:
    """Draw the policy as a Graphviz graph, which ``dot -Tsvg`` draws. O(rules).

    Example:
        >>> print(graphviz(Router(rules=[])), end="")
        digraph policy {
            node [fontname="sans-serif"]
            edge [fontname="sans-serif"]
            lead [shape=oval, label="A lead comes in"]
            catch [shape=oval, label="catch_all"]
            lead -> catch
        }
    """
    graph = _graph(router)
    lines = ["digraph policy {"]
    lines += [f'    {kind} [fontname="sans-serif"]' for kind in ("node", "edge")]
    for box in graph.boxes:
        label = "\\n".join(map(_dot_text, box.lines))
        lines.append(f'    {box.name} [shape={box.shape.value[2]}, label="{label}"]')
    for arrow in graph.arrows:
        label = f' [label="{_dot_text(arrow.label)}"]' if arrow.label else ""
        lines.append(f"    {arrow.tail} -> {arrow.head}{label}")
    return "\n".join([*lines, "}"]) + "\n"


def _dot_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _graph(router: Router) -> _Graph:
    graph = _Graph()
    first = graph.box("lead", _Shape.EVENT, "A lead comes in")
    if router.lead_scoring is not None:
        scored = graph.box("score", _Shape.TERMS, *scoring_in_words(router.lead_scoring))
        graph.arrow(first, scored)
        first = scored
    ends = [(first, "")]
    if isinstance(router.qualify, Qualification):
        ends = _factors(graph, first, router.qualify.factors)
    elif router.qualify is not None:
        asked = graph.box("qualify", _Shape.QUESTION, "Qualified?", describe(router.qualify))
        graph.arrow(first, asked)
        graph.arrow(asked, graph.box("disqualified", _Shape.EVENT, "disqualified"), "no")
        ends = [(asked, "yes")]
    for number, rule in enumerate(router.rules, 1):
        shape = _Shape.TERMS if rule.when is None else _Shape.QUESTION
        asked = graph.box(f"rule{number}", shape, *_question(number, rule))
        for end, label in ends:
            graph.arrow(end, asked, label)
        ends = [] if rule.when is None else [(asked, "no")]
        graph.arrow(asked, _terms(graph, number, rule, router), "" if rule.when is None else "yes")
    pools = _pools(graph, router)
    fates = {CATCH_ALL: graph.box("catch", _Shape.EVENT, router.catch_all)}
    after = _after(router)
    unruled = router.fallback.steps("no_rule_matched")[-1]
    if WAIT in {unruled, *(end for _, end in after)}:
        fates[WAIT] = graph.box("wait", _Shape.EVENT, "the lead waits")
    for end, label in ends:
        graph.arrow(end, fates[unruled], label)
    for (pool, end), cases in after.items():
        label = "nobody can take it" if {*cases} >= _EVERY_CASE else " or ".join(cases)
        graph.arrow(pools[pool], fates[end], label)
    return graph


def _after(router: Router) -> Mapping[tuple[str, str], Collection[str]]:
    """Return what becomes of a lead after the last pool asked, by pool and end, with the cases."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for rule in router.rules:
        for case in _NOBODY:
            steps = rule.fallback.steps(case, router.fallback)
            asked = dict.fromkeys([rule.pool or EVERYONE, *filter(None, map(pool_of, steps))])
            for end, label in _ends(case, steps, len(asked) > 1):
                found.setdefault((list(asked)[-1], end), {})[label] = None
    return found


def _ends(case: str, steps: Sequence[str], others: bool) -> Iterator[tuple[str, str]]:
    """Yield the ends of steps with their labels: a lead waits when a rep asked may come back."""
    label = case.replace("_", " ")
    if steps[-1] in (WAIT, CATCH_ALL):
        yield steps[-1], label
        return
    yield (WAIT if case == "none_available" else CATCH_ALL), label
    if others and case != "none_available":
        yield WAIT, f"{label}, then none available"


def _factors(graph: _Graph, tail: str, factors: Iterable[Factor]) -> list[tuple[str, str]]:
    """Draw the factors one after the other, with what becomes of a lead that one of them stops."""
    label, outcomes = "", set[str]()
    for number, factor in enumerate(factors, 1):
        asked = graph.box(
            f"factor{number}", _Shape.QUESTION, f"Factor: {factor.name}", describe(factor.condition)
        )
        if factor.outcome not in outcomes:
            outcomes.add(graph.box(factor.outcome, _Shape.EVENT, factor.outcome))
        graph.arrow(tail, asked, label)
        graph.arrow(asked, factor.outcome, "no")
        tail, label = asked, "yes"
    return [(tail, label)]


def _question(number: int, rule: Rule) -> Iterator[str]:
    yield f"Rule {number}: {rule.name}"
    if rule.when is not None:
        yield describe(rule.when)
    else:
        yield "every lead" if number == 1 else "every other lead"


def _terms(graph: _Graph, number: int, rule: Rule, router: Router) -> str:
    offered = f"offered for {duration_in_words(rule.accept_within or router.accept_within)}"
    called = () if rule.calling_hours is None else (f"called {rule.calling_hours}",)
    said = (offered, *called, *fallback_in_words(rule.fallback))
    return graph.box(f"terms{number}", _Shape.TERMS, who(rule), preference(rule.score), *said)


def _pools(graph: _Graph, router: Router) -> Mapping[str, str]:
    """Draw every pool that a rule names, once, with the arrows to it; their boxes by name."""
    found: dict[str, str] = {}
    for number, rule in enumerate(router.rules, 1):
        for name, label in _asked(rule, router):
            if name not in found:
                found[name] = graph.box(f"pool{len(found) + 1}", _Shape.POOL, f"Pool: {name}")
            graph.arrow(f"terms{number}", found[name], label)
    return found


def _asked(rule: Rule, router: Router) -> Iterator[tuple[str, str]]:
    """Yield the pools that a rule asks, its own first, each with the case in which it is asked."""
    own = rule.pool or EVERYONE
    yield own, ""
    for case in CASES:
        for pool in filter(None, map(pool_of, rule.fallback.steps(case, router.fallback))):
            if pool != own:
                yield pool, case.replace("_", " ")
