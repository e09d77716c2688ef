"""The terms on which leads are offered, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from leadroute.model.duration import Within, WorkingTime, length_of
from leadroute.rules.deadline_terms import BreachStep
from leadroute.rules.describe import duration_in_words, plural
from leadroute.rules.fields import FIELDS
from leadroute.rules.offer_kind import BROADCAST, EXCLUSIVE, PULL, SUGGEST, OfferKind
from leadroute.rules.terms import OTHER, ByGrade, CoolDown, Terms


def terms_in_words(terms: Terms) -> str:
    """How leads are offered, in words."""
    return ", ".join([_offered(terms), *_more_in_words(terms)])


def _more_in_words(terms: Terms) -> Iterator[str]:
    if terms.kind != SUGGEST and not terms.auto_accept:
        yield from _ends_in_words(terms)
        yield from answers_in_words(terms)
        yield from backlog_in_words(terms)
    yield from _deadlines(terms)


def _offered(terms: Terms) -> str:
    kind = terms.kind
    if kind == SUGGEST:
        return "suggested to a person who assigns it"
    if terms.auto_accept:
        return "theirs at once"
    told = f"{_to_whom(kind)} for {_by_grade(terms.accept_within)}"
    if terms.remind_before is not None:
        told += f", reminded {_by_grade(terms.remind_before)} before the end"
    if terms.preview is not None:
        told += f", shown {_shown(terms.preview)} before they accept"
    return told


def _ends_in_words(terms: Terms) -> Iterator[str]:
    """Say the terms that are not as by default."""
    if terms.rounds != 1:
        yield f"in up to {terms.rounds} rounds of the pool"
    if terms.wait_between is not None:
        yield f"with {duration_in_words(terms.wait_between)} after an offer that nobody answered"
    if terms.total_within is not None:
        ends = ", when the last offer ends too" if terms.truncate else ""
        yield f"in all for {_by_grade(terms.total_within)}{ends}"
    if terms.max_age is not None:
        yield f"waiting up to an age of {_by_grade(terms.max_age)}"
    if terms.max_waiting is not None:
        yield f"waiting in a line of at most {plural(terms.max_waiting, 'lead')}"


def _deadlines(terms: Terms) -> Iterator[str]:
    """The deadlines after the offer, and what is done about them, in words."""
    named = {"contacted": terms.respond_within, "closed": terms.close_within}
    for done, within in named.items():
        if within is not None:
            yield f"to be {done} within {_by_grade(within)}"
    if terms.warn_before is not None:
        yield f"with a warning {' and '.join(map(within_in_words, terms.warn_before))} before a deadline"
    if any(named.values()) and terms.on_breach is not None:
        yield f"if that is missed, {' and '.join(map(_breach, terms.on_breach))}"
    if terms.follow_up is not None:
        after = ", ".join(map(within_in_words, terms.follow_up))
        yield f"followed up {after} after a rep accepts"


def _breach(step: BreachStep) -> str:
    if step.action == "escalate":
        return f"{step.to} is told"
    return "the owner is told" if step.action == "remind" else "the lead is decided again"


def _shown(fields: Sequence[str]) -> str:
    labels = [_of_lead(each) for each in fields]
    return names_in_words(tuple(labels)) if labels else "nothing"


def _of_lead(field: str) -> str:
    known = FIELDS["lead"].get(field)
    return field.removeprefix("lead['").removesuffix("']") if known is None else known.label


def _to_whom(kind: OfferKind) -> str:
    if kind == PULL:
        return "offered when one asks for it,"
    if kind == EXCLUSIVE:
        return "offered"
    if kind == BROADCAST:
        return "offered to all of them at once, at most 50,"
    if kind.every is None:
        return f"offered to {kind.most} at once,"
    more = duration_in_words(kind.every)
    return f"offered to one and to one more every {more}, {kind.most} at once at most,"


def answers_in_words(terms: Terms) -> Iterator[str]:
    """What follows from an answer, and from a withdrawal, where it is not as by default."""
    if terms.cool_down:
        yield f"with a pause for the rep after an answer: {cool_down_in_words(terms.cool_down)}"
    if terms.keep_place is not None:
        yield f"keeping its place for {duration_in_words(terms.keep_place)} when it is withdrawn"


def cool_down_in_words(given: CoolDown) -> str:
    """How long a rep is left alone after an answer, in words."""
    if not isinstance(given, Mapping):
        return duration_in_words(given)
    named = [
        f"{duration_in_words(each)} ({name.replace('_', ' ')})" for name, each in given.items()
    ]
    return ", ".join(named)


def backlog_in_words(terms: Terms) -> Iterator[str]:
    """How leads wait and are pulled, where it is not as by default."""
    if terms.backlog not in (None, "oldest"):
        yield f"the {terms.backlog} first of those that wait"
    if terms.backlog_gap is not None:
        pause = duration_in_words(terms.backlog_gap)
        yield f"{pause} between two waiting leads for one rep"
    if terms.backlog_burst is not None:
        yield f"at most {_waiting(terms.backlog_burst)} unanswered at once"
    if terms.claims_per_hour is not None:
        yield f"at most {terms.claims_per_hour} pulled an hour"
    if terms.lapsed_claims is not None:
        yield f"none pulled after {terms.lapsed_claims} that ran out in a day"


def _waiting(number: int) -> str:
    return f"{number} waiting lead{'s' * (number > 1)}"


def _by_grade(given: ByGrade | None) -> str:
    if not isinstance(given, Mapping):
        return "" if given is None else within_in_words(given)
    named = [
        f"{within_in_words(each)} ({grade})" for grade, each in given.items() if grade != OTHER
    ]
    if (others := given.get(OTHER)) is not None:
        named.append(f"{within_in_words(others)} (others)")
    return ", ".join(named)


def within_in_words(given: Within) -> str:
    """A duration in words."""
    words = duration_in_words(length_of(given))
    return f"{words} of working time" if isinstance(given, WorkingTime) else words


def names_in_words(given: str | tuple[str, ...], last: str = "and") -> str:
    """Several names, joined."""
    *most, final = [given] if isinstance(given, str) else given
    return (f"{', '.join(most)} {last} {final}" if most else final).replace("_", " ")
