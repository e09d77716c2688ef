"""A rule: which leads, which reps, what is preferred among them; what qualifies a lead; and what happens without a rep.

* A lead that fails is never dropped: it is nurtured, rejected, or reviewed by a person.
* When a rule finds no rep, there are five cases, each with steps to take in order. ``ignore_availability`` is for
  ``none_available`` alone, and no other pool can be asked for ``no_rule_matched``: there is no rule under which its
  reps could be judged.
* What a rule does not say, the router says; what the router does not say, ``DEFAULTS`` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias, cast, get_args
from unicodedata import normalize

from attrs import evolve, field, fields, frozen

from leadroute.errors import ConfigError, UnknownFieldError, nearest
from leadroute.model.duration import format_duration, parse_duration
from leadroute.model.given import Refused, shown
from leadroute.model.guidance import example, guided, without_defaults
from leadroute.model.validation import (
    FrozenDict,
    clean_fields,
    cleaned,
    flag,
    ident,
    number,
    text,
    whole,
    word,
)
from leadroute.rules.cleaning import (
    ConditionLike,
    condition,
    given_condition,
    pool_name,
    share,
    weekly,
)
from leadroute.rules.conditions import ALWAYS, And, Condition, joined
from leadroute.rules.describe import denied
from leadroute.rules.scorer import Scorer
from leadroute.rules.step import Step, as_steps, check_steps
from leadroute.rules.terms import Terms, check_together

WAIT: Final = "wait"
CATCH_ALL: Final = "catch_all"
IGNORE_AVAILABILITY: Final = "ignore_availability"
NEXT_RULE: Final = "next rule"
_POOL: Final = "pool "
_FIRST_BACK: Final = re.compile(r"first_back\s+within\s+(.+)")
_REMEDY: Final = "write steps such as 'pool emea, wait' or 'catch_all'"


def pool_of(step: str) -> str | None:
    """The pool that a step asks; ``None`` when it asks none."""
    return step.removeprefix(_POOL) if step.startswith(_POOL) else None


@lru_cache(maxsize=256)
def first_back(step: str) -> timedelta | None:
    """How soon a rep must be back for a lead to wait for them; ``None`` for any other step."""
    found = _FIRST_BACK.fullmatch(step)
    return None if found is None else parse_duration(found[1])


def read_steps(case: str, given: str | Iterable[str]) -> tuple[str, ...]:
    """The steps of one case."""
    parts: Any = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ConfigError(f"is {given!r:.60}; {_REMEDY}", case)
    found = tuple(_step(case, part) for part in parts)
    for step, follower in pairwise(found):
        if step in (WAIT, CATCH_ALL):
            raise ConfigError(f"goes on with {follower!r} after {step!r}, which is the end", case)
    for step in found:
        if found.count(step) > 1:
            raise ConfigError(f"takes the step {step!r} twice; once is enough", case)
    if not found:
        raise ConfigError(f"is empty; {_REMEDY}", case)
    if first_back(found[-1]) is not None:
        problem = (
            f"ends with {found[-1]!r}, and does not say what happens when nobody is back by then"
        )
        raise ConfigError(f"{problem}; write '{found[-1]}, catch_all'", case)
    return found


def _step(case: str, given: str) -> str:
    words = given.split(None, 1)
    if len(words) == 2 and words[0] == "pool":
        if case == "no_rule_matched":
            problem = "asks a pool, but without a rule nobody in it can be judged; add a rule for all leads instead"
            raise ConfigError(problem, case)
        return _POOL + _pool_name(case, words[1].strip())
    step = " ".join(given.split())
    if case == "cannot_wait" and (step in (WAIT, NEXT_RULE) or step.startswith("first_back")):
        problem = f"says {step!r:.60}, and the lead may wait no longer"
        raise ConfigError(f"{problem}; write steps such as 'pool managers, catch_all'", case)
    if case != "no_rule_matched" and (step == NEXT_RULE or step.startswith("first_back")):
        return _waiting(case, step)
    if step == IGNORE_AVAILABILITY and case != "none_available":
        problem = "says 'ignore_availability', which helps only none_available: nobody else is there to take the lead"
        raise ConfigError(problem, case)
    if step not in (WAIT, CATCH_ALL, IGNORE_AVAILABILITY):
        raise ConfigError(f"has no step {step!r:.60}; {_REMEDY}", case)
    return step


def _waiting(case: str, step: str) -> str:
    """A step to the next rule, or to the first rep who is back, in its normal form."""
    if step == NEXT_RULE:
        return step
    try:
        within = first_back(step)
    except ConfigError as error:
        raise ConfigError(f"{step!r:.60}: {error.problem}", case) from None
    if not within:
        remedy = "write how soon a rep must be back, such as 'first_back within 48h'"
        raise ConfigError(f"has the step {step!r:.60}; {remedy}", case)
    return f"first_back within {format_duration(within)}"


def _pool_name(case: str, given: str) -> str:
    try:
        return str(ident(given))
    except Refused as refused:
        raise ConfigError(f"the pool's name {refused}", case) from None


def steps_as_text(steps: tuple[str, ...]) -> str | list[str]:
    """Steps as a policy file holds them: text, or a list where a pool's name has a comma."""
    return list(steps) if any("," in step for step in steps) else ", ".join(steps)


def _steps(case: str) -> Any:
    def read(given: Any) -> tuple[str, ...] | None:
        return None if given is None else read_steps(case, given)

    return field(default=None, converter=read)


@guided
@frozen(kw_only=True, repr=False)
class Fallback:
    """The steps to take when a rule finds no rep.

    There are five cases; ``None`` leaves a case as it is.

    Each case is text such as ``"pool emea, pool apac, ignore_availability"``, or a list of steps.
    The steps are taken in order until a rep is found:

    * ``pool NAME`` ranks the reps of another pool under the same rule; the turns and caps of that pool count.
    * ``ignore_availability`` ranks the pools so far again and ignores schedules, presence, wrap-up
      and calling hours. Capacity, caps, requirements and earlier offers still count.
    * ``first_back within 48h`` means that the lead waits for the first rep who is back, if that is so
      soon; a rep who is at work and full counts as back. Else the next step is taken.
    * ``next rule`` lets the next rule that matches the lead judge it, with its pools and its own
      steps; without such a rule the next step is taken.
    * ``wait`` means that the lead waits until a rep is back, or, when that time is not known, until the next sweep.
    * ``catch_all`` gives it to the catch-all.

    They are taken once the last of ``Rule.steps`` has opened. After the last step a lead waits if a
    rep of these pools can take it later, and goes to the catch-all if not.

    Args:
        no_rule_matched: No rule matches the lead. Only the router can have steps for it.
        pool_empty: The rule's pool has no reps.
        none_eligible: No rep of the pool may take the lead, now or later.
        none_available: Some reps may take the lead, and all of them are off or full.
        cannot_wait: The lead may wait no longer: ``total_within`` or ``max_age`` is over, or its
            line is as long as ``max_waiting``. Without a rep the catch-all has it; it never waits.

    Raises:
        ConfigError: A step is not known, or cannot be taken there.

    Example:
        >>> Fallback(none_available="pool apac, ignore_availability").none_available
        ('pool apac', 'ignore_availability')
    """

    no_rule_matched: Sequence[str] | None = _steps("no_rule_matched")
    pool_empty: Sequence[str] | None = _steps("pool_empty")
    none_eligible: Sequence[str] | None = _steps("none_eligible")
    none_available: Sequence[str] | None = _steps("none_available")
    cannot_wait: Sequence[str] | None = _steps("cannot_wait")

    def __repr__(self) -> str:
        told = (f"{case}={steps_as_text(steps)!r}" for case, steps in self.said())
        return f"Fallback({', '.join(told)})"

    def steps(self, case: str, *others: Fallback) -> tuple[str, ...]:
        """Return the steps of a case.

        They are its own, or those of the first of the others that has any, or the default.

        Example:
            >>> Fallback(no_rule_matched="wait").steps(
            ...     "pool_empty", Fallback(pool_empty="pool emea")
            ... )
            ('pool emea',)
        """
        for each in (self, *others):
            said: tuple[str, ...] | None = getattr(each, case)
            if said is not None:
                return said
        return DEFAULTS[case]

    def said(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The cases with steps of their own."""
        for case in CASES:
            steps = getattr(self, case)
            if steps is not None:
                yield case, steps

    def pools(self) -> Iterator[tuple[str, str]]:
        """The pools in its steps, each with the case."""
        for case, steps in self.said():
            for step in steps:
                pool = pool_of(step)
                if pool is not None:
                    yield case, pool


CASES: Final = tuple(each.name for each in fields(Fallback))  # the five cases

DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = FrozenDict(
    {case: (WAIT if case == "none_available" else CATCH_ALL,) for case in CASES}
)
"""What happens when nobody says otherwise."""


def read_fallback(given: Fallback | Mapping[str, Any]) -> Fallback:
    """A converter: the value itself, or its cases by name."""
    if isinstance(given, Fallback):
        return given
    if not isinstance(given, Mapping):
        problem = f"is {given!r:.60}; write Fallback(none_available='pool emea, wait')"
        raise ConfigError(problem, "fallback")
    for case in given:
        if case not in CASES:
            raise UnknownFieldError("case", str(case)[:60], CASES, "fallback")
    try:
        return Fallback(**given)
    except ConfigError as error:
        raise error.at("fallback") from None


def _word(given: Any) -> str:
    try:
        found = word(given)
    except Refused as refused:
        raise ConfigError(f"a word of feedback {refused}") from None
    if not _plain(found):
        raise ConfigError(f"{given!r:.60} has neither a letter nor a digit; write a word")
    return found


def _words(given: str | Iterable[str]) -> tuple[str, ...]:
    listed = (given,) if isinstance(given, str) or not isinstance(given, Iterable) else given
    return tuple(map(_word, listed))


@guided
@frozen
class Disposition:
    """A word that feedback may use, with its effect on the lead.

    Args:
        name: The word, up to 80 characters; it is what placements and events keep.
        closes: Whether it ends the work on the lead, and so frees its rep; default ``False``.
        won: Whether it counts as a win; default ``False``. What wins also closes.
        spellings: Other words that mean the same, such as those of a CRM.

    Raises:
        ConfigError: A word cannot be kept, or it wins without closing.

    Example:
        >>> Disposition("won", closes=True, won=True, spellings=["Closed Won"]).spellings
        ('Closed Won',)
    """

    name: str = field(converter=_word)
    closes: bool = field(default=False, kw_only=True)
    won: bool = field(default=False, kw_only=True)
    spellings: tuple[str, ...] = field(default=(), converter=_words, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name in ("closes", "won"):
            if type(getattr(self, name)) is not bool:
                raise ConfigError(f"{name} is {getattr(self, name)!r:.40}; write true or false")
        if self.won and not self.closes:
            raise ConfigError(f"{self.name!r} wins and does not close; write closes = true too")


def _plain(given: str) -> str:
    """A word as it is compared: letters and digits alone, in one case."""
    return "".join(filter(str.isalnum, normalize("NFKC", given).casefold()))


@lru_cache(maxsize=64)
def _by_word(dispositions: Sequence[Disposition]) -> Mapping[str, Disposition]:
    found: dict[str, Disposition] = {}
    for each in dispositions:
        for said in (each.name, *each.spellings):
            other = found.setdefault(_plain(said), each)
            if other is not each:
                both = f"the dispositions {other.name!r} and {each.name!r} both mean {said!r}"
                raise ConfigError(f"{both}; give each words of its own")
    return found


def check_dispositions(dispositions: tuple[Disposition, ...]) -> None:
    """Refuse dispositions that feedback could not tell apart."""
    if not dispositions:
        raise ConfigError("there are no dispositions; list one that closes, or leave them out")
    _by_word(dispositions)


def find_disposition(dispositions: tuple[Disposition, ...], status: str) -> Disposition:
    """Return the disposition that a word means, whatever its case, blanks and punctuation."""
    known = _by_word(dispositions)
    plain = _plain(word(status))
    found = known.get(plain)
    if found is not None:
        return found
    near = max(_within(status, known), key=len, default=None) or nearest(plain, known)
    if near is not None:
        remedy = f"did you mean {known[near].name!r}?"
    else:
        remedy = f"the policy lists {', '.join(each.name for each in dispositions)}"
    raise Refused(f"is not a disposition of the policy; {remedy}")


def _within(status: str, known: Mapping[str, Disposition]) -> Iterator[str]:
    """The known words that stand in a longer text, as ``Lost`` in ``Lost to a competitor``."""
    words = [*filter(None, map(_plain, re.split(r"[\W_]+", status)))]
    for first in range(len(words)):
        for last in range(first + 1, min(first + MOST_WORDS, len(words)) + 1):
            joined = "".join(words[first:last])
            if joined in known:
                yield joined


MOST_WORDS: Final = 4  # how many words in a row are taken for one that the policy lists

DISPOSITIONS: Final = (
    Disposition("in progress"),
    Disposition("meeting"),
    Disposition("won", closes=True, won=True, spellings=["closed won"]),
    Disposition("lost", closes=True, spellings=["closed lost"]),
    Disposition("unqualified", closes=True, spellings=["disqualified"]),
    Disposition("duplicate", closes=True),
    Disposition("spam", closes=True),
    Disposition("closed", closes=True),
)
"""The dispositions of a policy that lists none."""


Verdict: TypeAlias = Literal["nurture", "reject", "review"]
"""What may become of a lead that does not qualify."""
OUTCOMES: Final[tuple[Verdict, ...]] = get_args(Verdict)


def _outcome(given: Any) -> str:
    if given not in OUTCOMES:
        raise Refused(f"is {shown(given)}; write one of {', '.join(OUTCOMES)}")
    return str(given)


def _as_needed(given: ConditionLike) -> Condition:
    return cast("Condition", given)


def _needed(given: Any) -> Condition:
    if given is None:
        raise Refused("is missing; write what a lead must meet, such as LEAD.budget > 0")
    return condition(given)


@guided
@frozen(repr=False)
class Factor:
    """One condition that a lead must meet.

    Args:
        name: The factor's name, unique in its qualification.
        condition: The condition that the lead must meet.
        outcome: The outcome for a lead that does not: ``nurture``, ``reject`` or ``review``; ``reject`` by default.
        reason: The reason in words for a sales manager; the condition itself when not given.

    Raises:
        ValidationError: A field was refused; every fault is listed.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> str(Factor("budget", condition=LEAD.budget > 0, outcome="nurture"))
        'not true that budget is more than 0'
    """

    name: str = field(metadata={"clean": ident})
    condition: Condition = field(converter=_as_needed, metadata={"clean": _needed})
    outcome: Verdict = cleaned(_outcome, default="reject")
    reason: str | None = cleaned(text)

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def __str__(self) -> str:
        return self.reason or denied(self.condition)


def _factors(given: Iterable[Factor]) -> tuple[Factor, ...]:
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    strays: list[object] = [each for each in found if not isinstance(each, Factor)]
    if strays or not found:
        held = f"hold a {type(strays[0]).__name__}" if strays else "are empty"
        raise ConfigError(f"factors {held}; write factors=[Factor(...), ...]")
    for one, other in pairwise(sorted(each.name for each in found)):
        if one == other:
            raise ConfigError(f"there are two factors named {one!r}; give each a name of its own")
    return found


@guided
@frozen
class Qualification:
    """The conditions that a lead must meet, as named factors.

    Args:
        factors: The factors, in the order in which they decide what becomes of a lead.

    Raises:
        ConfigError: There are none, or two share a name.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> Qualification([Factor("budget", LEAD.budget > 0, "nurture")]).factors[0].outcome
        'nurture'
    """

    factors: tuple[Factor, ...] = field(converter=_factors)


def qualification(given: Any) -> Condition | Qualification:
    """A cleaner for what a router takes as ``qualify``."""
    return given if isinstance(given, Qualification) else condition(given)


def parts_of(qualify: Condition | Qualification | None) -> tuple[Factor | Condition, ...]:
    """What must hold, one by one: the factors, or the parts of a plain condition."""
    if qualify is None:
        return ()
    if isinstance(qualify, Qualification):
        return qualify.factors
    return qualify.parts if isinstance(qualify, And) else (qualify,)


def whole_of(qualify: Condition | Qualification | None) -> Condition | None:
    """What must hold, as one condition; ``None`` when nothing must."""
    if isinstance(qualify, Qualification):
        return joined(And, *(factor.condition for factor in qualify.factors))
    return qualify


ReleaseOn: TypeAlias = Literal["outcome", "contact", "accept", "shift_end"]
"""When a lead may give back the capacity that it takes."""
RELEASE_ON: Final[tuple[ReleaseOn, ...]] = get_args(ReleaseOn)

EVERYONE = "everyone"  # the pool of a rule that names none: the whole roster


def score(given: Any) -> Scorer:
    """A cleaner for scores."""
    if isinstance(given, Scorer):
        return given
    remedy = "write a scorer such as free_capacity() + round_robin()"
    if isinstance(given, type) and issubclass(given, Scorer):
        raise Refused(f"is {given.name} without its brackets; {example(given.name)}")
    if isinstance(given, str):
        raise Refused(f"is the text {given!r:.40}; {remedy}, without quotes")
    if isinstance(given, list | tuple | dict):
        raise Refused(f"is a {type(given).__name__}; add scorers, each with its weight: {_SUM}")
    if callable(given):
        raise Refused(
            "is a function; write @scorer above it, and call it with its brackets, such as score=nearby()"
        )
    raise Refused(f"is {shown(given)}; {remedy}")


_SUM: Final = "2 * free_capacity() + round_robin()"


def release_on(given: Any) -> str:
    """A cleaner for the moment at which capacity is given back."""
    if given not in RELEASE_ON:
        raise Refused(f"is {shown(given)}; write one of {', '.join(RELEASE_ON)}")
    return str(given)


@guided
@frozen(kw_only=True, repr=False)
class Rule(Terms):
    """One rule: its leads, the reps who may take them, the score.

    The terms of its offers are those of ``leadroute.offers.Terms``.

    Args:
        name: The rule's name, unique in its policy.
        when: A condition on the lead, or its text; ``None`` takes every lead.
        require: A condition on the rep, or on rep and lead together, or its text; ``None`` takes every rep of the pool.
        score: The score that orders the reps; ``None`` means ``round_robin()``.
        pool: The name of the pool; ``None`` means every rep of the roster.
        segment: The name under which its leads count in ``Rep.capacity_by_segment`` and in caps;
            the rule's name when not given.
        capacity_cost: The units of capacity that a lead takes, 0 or more.
        in_territory: True lets only reps of the lead's territory take it: of the most specific one
            with a rep in the pool.
        max_distance_km: The longest distance from the rep to the lead in kilometers, by their
            attributes ``lat`` and ``lon``.
        release_on: The moment at which a lead stops counting as open work: ``outcome``, first
            ``contact``, ``accept``, or ``shift_end``, the end of the shift in which the rep
            accepted it (on the outcome, if that is sooner or there is no schedule).
        calling_hours: The hours in which its leads may be called, on their own clock, such as
            ``"mon-fri 09:00-20:00; sat 10:00-18:00"``; ``None`` is any time. When a lead may be in
            several zones, only the hours that suit all of them count; when its zone is not known,
            it may be called at any time.
        min_shared_hours: The share of the lead's working hours (Monday to Friday from 9 to 5) in
            the next seven days that a rep must work too, above 0 and at most 1. Reps and leads
            without known hours share none.
        fallback: The steps when the rule finds no rep: ``Fallback``, or a mapping with its cases.
            For cases that it leaves out, those of the router apply.
        steps: The reps who may take its leads once they have waited, such as
            ``[Step(after="10m", pool="everyone")]``, in the order of their times.
        priority: The priority of its leads, unless a lead brings its own; higher goes first.
            ``None`` leaves it to the grade of the lead.

    Attributes:
        step: The number of the step that is in force; 0 for the rule as it is written.
        opens: The age of a lead at which that step opens.
        later: The rule as it is at each step that is still to come.

    Raises:
        ValidationError: A field was refused; every fault is listed.
        ConfigError: A term, a step or the steps of ``fallback`` cannot be read.

    Example:
        >>> Rule("everyone else", accept_within="5m").accept_within
        datetime.timedelta(seconds=300)
    """

    name: str = field(kw_only=False, metadata={"clean": ident})
    when: Condition | None = field(
        default=None, converter=given_condition, metadata={"clean": condition}
    )
    require: Condition | None = field(
        default=None, converter=given_condition, metadata={"clean": condition}
    )
    score: Scorer | None = cleaned(score)
    pool: str | None = cleaned(pool_name)
    segment: str | None = cleaned(ident)
    capacity_cost: int = cleaned(whole(0), default=1)
    release_on: ReleaseOn = cleaned(release_on, default="outcome")
    in_territory: bool = cleaned(flag, default=False)
    max_distance_km: float | None = cleaned(number(0))
    calling_hours: str | None = cleaned(weekly)
    min_shared_hours: float | None = cleaned(share)
    fallback: Fallback = field(default=Fallback(), converter=read_fallback)
    steps: Sequence[Step] = field(default=(), converter=as_steps)
    priority: int | None = cleaned(whole())
    step: int = field(default=0, init=False, eq=False)
    opens: timedelta = field(default=timedelta(0), init=False, eq=False)
    later: Sequence[Rule] = field(default=(), init=False, eq=False)

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        check_together(self)
        if self.fallback.no_rule_matched is not None:
            problem = "a rule cannot say what happens when no rule matched; say it in the router's fallback"
            raise ConfigError(problem, "fallback.no_rule_matched")
        for case, pool in self.fallback.pools():
            if pool == (self.pool or EVERYONE):
                problem = f"asks {pool!r} again, which is the rule's own pool; name another"
                raise ConfigError(problem, f"fallback.{case}")
        if self.steps:
            object.__setattr__(self, "later", _stages(self))

    def aged(self, age: timedelta) -> Rule:
        """The rule as it is for a lead of an age."""
        found = self
        for each in self.later:
            if each.opens <= age:
                found = each
        return found

    @property
    def counts_as(self) -> str:
        """The segment of its leads."""
        return self.segment or self.name


def _stages(rule: Rule) -> tuple[Rule, ...]:
    """The rule as it is at each of its steps."""
    check_steps(tuple(rule.steps))
    require, pool, found = rule.require, rule.pool, list[Rule]()
    for place, step in enumerate(rule.steps):
        before = require, pool or EVERYONE
        if step.require is not None:
            require = None if step.require == ALWAYS else step.require
        pool = pool if step.pool is None else step.pool
        if before == (require, pool or EVERYONE):
            problem = f"changes nothing: after {step} the same pool and requirement hold as before"
            raise ConfigError(
                f"{problem}; write another require or pool, or remove it", f"steps[{place}]"
            )
        asked = [case for case, name in rule.fallback.pools() if name == pool]
        if asked:
            problem = (
                f"opens the pool {pool!r}, which fallback.{asked[0]} asks again; remove it there"
            )
            raise ConfigError(problem, f"steps[{place}]")
        stage = evolve(rule, require=require, pool=pool, steps=())
        object.__setattr__(stage, "step", place + 1)
        object.__setattr__(stage, "opens", step.after)
        found.append(stage)
    for place, stage in enumerate(found, 1):
        object.__setattr__(stage, "later", tuple(found[place:]))
    return tuple(found)
