"""The terms of offers in words for a sales manager."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from leadroute.model.duration import Within, WorkingTime, length_of
from leadroute.rules.describe import duration_in_words, plural
from leadroute.rules.fields import FIELDS
from leadroute.rules.offer_kind import BROADCAST, EXCLUSIVE, PULL, SUGGEST, OfferKind
from leadroute.rules.terms import OTHER, ByGrade, CoolDown, Terms


def terms_in_words(terms: Terms) -> str:
    """How leads are offered, in words."""
    kind = terms.kind
    if kind == SUGGEST:
        return "suggested to a person who assigns it"
    if terms.auto_accept:
        return "theirs at once"
    told = [f"{_offered(kind)} for {_by_grade(terms.accept_within)}"]
    if terms.remind_before is not None:
        told.append(f"reminded {_by_grade(terms.remind_before)} before the end")
    if terms.preview is not None:
        told.append(f"shown {_shown(terms.preview)} before they accept")
    more = _ends_in_words(terms), _answers_in_words(terms), _backlog_in_words(terms)
    return ", ".join([*told, *chain(*more)])


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


def _offered(kind: OfferKind) -> str:
    return "offered when one asks for it," if kind == PULL else f"offered{_to_whom(kind)}"


def _shown(fields: Sequence[str]) -> str:
    labels = [_of_lead(each) for each in fields]
    return names_in_words(tuple(labels)) if labels else "nothing"


def _of_lead(field: str) -> str:
    known = FIELDS["lead"].get(field)
    return field.removeprefix("lead['").removesuffix("']") if known is None else known.label


def _to_whom(kind: OfferKind) -> str:
    if kind == EXCLUSIVE:
        return ""
    if kind == BROADCAST:
        return " to all of them at once, at most 50,"
    if kind.every is None:
        return f" to {kind.most} at once,"
    return f" to one and to one more every {duration_in_words(kind.every)}, {kind.most} at once at most,"


def _answers_in_words(terms: Terms) -> Iterator[str]:
    """What follows from an answer, and from a withdrawal, where it is not as by default."""
    if terms.cool_down:
        yield f"with a pause for the rep after an answer: {cool_down_in_words(terms.cool_down)}"
    if terms.keep_place is not None:
        yield f"keeping its place for {duration_in_words(terms.keep_place)} when it is withdrawn"


def cool_down_in_words(given: CoolDown) -> str:
    """Say how long a rep is left alone after an offer, by how it ended."""
    if not isinstance(given, Mapping):
        return duration_in_words(given)
    named = [
        f"{duration_in_words(each)} ({name.replace('_', ' ')})" for name, each in given.items()
    ]
    return ", ".join(named)


def _backlog_in_words(terms: Terms) -> Iterator[str]:
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
        return "" if given is None else _within(given)
    named = [f"{_within(each)} ({grade})" for grade, each in given.items() if grade != OTHER]
    if (others := given.get(OTHER)) is not None:
        named.append(f"{_within(others)} (others)")
    return ", ".join(named)


def _within(given: Within) -> str:
    words = duration_in_words(length_of(given))
    return f"{words} of working time" if isinstance(given, WorkingTime) else words


def names_in_words(given: str | tuple[str, ...], last: str = "and") -> str:
    """Say several names."""
    *most, final = [given] if isinstance(given, str) else given
    return (f"{', '.join(most)} {last} {final}" if most else final).replace("_", " ")
