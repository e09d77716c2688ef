"""What a sales manager reads, situation by situation; the page of reasons has the same table."""

import io
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from leadroute import (
    LEAD,
    REP,
    Cap,
    Dispatcher,
    Factor,
    Lead,
    MemoryStore,
    Pool,
    Presence,
    Qualification,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    Territory,
    explain,
    free_capacity,
    scorer,
    skill_match,
    why_not,
)
from leadroute.cli import main
from leadroute.conditions import predicate
from leadroute.lead_scoring import FitCriterion, LeadGrade, LeadScoring
from leadroute.model.duration import to_micros
from leadroute.offers import Pause
from leadroute.scorers import fair_share, named_account
from leadroute.testing import ManualClock

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "reasons.md"
NOON = datetime(2026, 3, 9, 11, tzinfo=UTC)  # a Monday, 12:00 in Berlin
BERLIN = "Europe/Berlin"
OFFICE = "mon-fri 09:00-17:00"
ADA = Rep("ada", name="Ada Lovelace", weight=2)
BOB = Rep("bob", name="Bob Stone", timezone=BERLIN)
CALL = Lead("L-1")
DAY = "cap/bob/day/2026-03-09"


def ranked(rule=None, bob=None, *, lead=CALL, ada=ADA, team=(), counts=None, before=None, **policy):
    """The policy and the other arguments of a question about Ada and Bob."""
    rules = policy.pop("rules", None) or [Rule("all", **(rule or {}))]
    roster = Roster([*filter(None, [ada]), BOB.with_changes(**(bob or {})), *team])
    more = {"now": NOON, "snapshot": Snapshot(**(counts or {})), "previous_offers": before}
    return Router(rules=rules, **policy), lead, roster, more


def why(*situation, **more):
    """Why Bob does not get the lead."""
    router, lead, roster, given = ranked(*situation, **more)
    return why_not(router, lead, "Bob Stone", roster, **given).reason


def proposed(*situation, **more):
    """What would have given it to him."""
    router, lead, roster, given = ranked(*situation, **more)
    return str(why_not(router, lead, "bob", roster, **given)).splitlines()[2:]


def line(number, *situation, **more):
    """A line of the explanation."""
    router, lead, roster, given = ranked(*situation, **more)
    return str(explain(router, lead, roster, **given)).splitlines()[number].strip()


def term(name, *situation, **more):
    """The last term of the score of a rep."""
    router, lead, roster, given = ranked(*situation, **more)
    ranking = router.rank(lead, roster, **given)
    (found,) = (each for each in ranking.assignments if each.rep_id == name)
    return str(found.terms[-1])


def command(*words):
    """The last line that the command says, without the pace."""
    files = {
        "policy.toml": 'format = 1\n[[rule]]\nname = "all"\n',
        "reps.csv": "id\nada\n",
        "leads.csv": "id,budget\nL-1,5\nL-2,a lot\n",
    }
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as out:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        paths = [str(Path(folder) / word) if word in files else word for word in words]
        with redirect_stderr(out):
            main(paths)
    last = out.getvalue().splitlines()[-1]
    return re.sub(r"; (\S+ leads/s|at once)$", "", last).replace(f"{folder}/", "")


def placed(**bob):
    """What becomes of a lead that Bob alone could take."""
    roster = Roster([BOB.with_changes(**bob)])
    dispatcher = Dispatcher(Router(rules=[Rule("all")]), roster, MemoryStore(), ManualClock(NOON))
    return str(dispatcher.submit(CALL))


def licensed(lead, rep, now):
    """The rep is licensed in the lead's state."""
    return rep.id != "bob"


def broken(lead, rep, now):
    """Fail as a service does that cannot be reached."""
    raise TimeoutError("the service of licenses does not answer")


def noted():
    """The notes of an error that a predicate of the policy raised."""
    with pytest.raises(TimeoutError) as caught:
        why({"require": predicate("licensed")}, ada=None, predicates={"licensed": broken})
    return ", in ".join(caught.value.__notes__)


@scorer
def speaks(context, rep, tag):
    """Speaks the language asked for."""
    known = " and ".join(sorted(rep.languages))
    return float(tag in rep.languages), f"speaks {known}" if known else ""


GERMANY = Territory("germany", countries={"DE"}, owners={"ada"})
TERRITORIES = {"rule": {"in_territory": True}, "territories": [GERMANY]}
PLACE = {"lat": 52.5, "lon": 13.4}
LATE = datetime(2026, 3, 9, 20, tzinfo=UTC)
SCORING = LeadScoring(
    fit=[
        FitCriterion("large", LEAD.employees >= 500, 30),
        FitCriterion("budget", LEAD.budget > 0, 30),
    ],
    grades=[LeadGrade("hot", 0.5, respond_within="5m")],
)


class Situation(NamedTuple):
    """A situation, where it is read, the sentence, and what the library says."""

    what: str
    sentence: str
    told: Callable[[], str]


SITUATIONS = [
    Situation(
        "A requirement is not met",
        "level is 2; the rule asks for 3 or more",
        lambda: why({"require": REP.level >= 3}, {"level": 2}),
    ),
    Situation(
        "One of three parts of a requirement fails",
        "languages are en and fr; the rule asks for de",
        lambda: why(
            {
                "require": (REP.level >= 1)
                & REP.languages.contains("de")
                & REP.teams.contains("emea")
            },
            {"level": 2, "languages": {"fr", "en"}, "teams": {"emea"}},
        ),
    ),
    Situation(
        "Two of three parts fail",
        "level is 2; the rule asks for 3 or more; and teams are emea; the rule asks for vip",
        lambda: why(
            {"require": (REP.level >= 3) & REP.teams.contains("vip") & (REP.active == True)},  # noqa: E712
            {"level": 2, "teams": {"emea"}},
        ),
    ),
    Situation(
        "Neither side of an `or` holds",
        "level is 2 and teams are emea; the rule requires that the rep's level is at least 3 "
        "or the rep's teams include vip",
        lambda: why(
            {"require": (REP.level >= 3) | REP.teams.contains("vip")},
            {"level": 2, "teams": {"emea"}},
        ),
    ),
    Situation(
        "What a `not` forbids is there",
        "teams are emea and vip; the rule asks for anybody without vip",
        lambda: why({"require": ~REP.teams.contains("vip")}, {"teams": {"vip", "emea"}}),
    ),
    Situation(
        "The rep's value is missing",
        "level is not known; the rule asks for 3 or more",
        lambda: why({"require": REP.level >= 3}),
    ),
    Situation(
        "A skill is missing",
        "level in sap is not known; the rule asks for 0.5 or more",
        lambda: why({"require": REP.skills["sap"] >= 0.5}, {"skills": {"crm": 1}}),
    ),
    Situation(
        "A custom attribute is another one",
        "segment is smb; the rule asks for enterprise",
        lambda: why(
            {"require": REP["segment"] == "enterprise"}, {"attributes": {"segment": "smb"}}
        ),
    ),
    Situation(
        "The rep does not speak the lead's language",
        "languages are en; the rule asks for the lead's language (de)",
        lambda: why(
            {"require": LEAD.language.in_(REP.languages)},
            {"languages": {"en"}},
            lead=Lead("L-1", language="German"),
        ),
    ),
    Situation(
        "The lead's language is missing",
        "languages are en; the rule asks for the lead's language (not known)",
        lambda: why({"require": LEAD.language.in_(REP.languages)}, {"languages": {"en"}}),
    ),
    Situation(
        "Your predicate says no",
        "the rule requires that the rep is licensed in the lead's state",
        lambda: why({"require": predicate("licensed")}, predicates={"licensed": licensed}),
    ),
    Situation("The rep is not active", "is not active", lambda: why({}, {"active": False})),
    Situation(
        "The rep has weight 0",
        "has weight 0, so never takes a lead",
        lambda: why({}, {"weight": 0}),
    ),
    Situation(
        "The rep is not in the pool",
        "is not in the pool 'emea'",
        lambda: why({"pool": "emea"}, pools=[Pool("emea", reps={"ada"})]),
    ),
    Situation(
        "The lead's territory is another rep's",
        "has no part in the lead's territory 'germany' (country DE)",
        lambda: why(**TERRITORIES, lead=Lead("L-1", country="DE")),
    ),
    Situation(
        "The lead is in no territory",
        "no territory holds US-NY",
        lambda: why(**TERRITORIES, lead=Lead("L-1", country="US", region="NY")),
    ),
    Situation(
        "Nobody in the pool works the lead's territory",
        "no rep of the pool has a part in the lead's territory 'germany' (country DE)",
        lambda: why(**TERRITORIES, lead=Lead("L-1", country="DE"), ada=None),
    ),
    Situation(
        "The lead has no place",
        "no territory holds the lead, of which neither country nor region is known",
        lambda: why(**TERRITORIES),
    ),
    Situation(
        "The rep is too far away",
        "is 506 km away; the rule asks for 100 km or less",
        lambda: why(
            {"max_distance_km": 100},
            {"attributes": {"lat": 48.1, "lon": 11.6}},
            lead=Lead("L-1", attributes=PLACE),
        ),
    ),
    Situation(
        "The rep's place is missing",
        "the distance is not known, as the rep has no lat and lon; the rule asks for 100 km or less",
        lambda: why({"max_distance_km": 100}, lead=Lead("L-1", attributes=PLACE)),
    ),
    Situation(
        "The rep was offered the lead before",
        "was offered this lead before: timed out",
        lambda: why(before={"bob": "timed_out"}),
    ),
    Situation(
        "It is outside the rep's hours",
        "is not working until Tue 2026-03-10 09:00 CET",
        lambda: why({}, {"schedule": "tue-fri 09:00-17:00"}),
    ),
    Situation(
        "The rep has no hours at all",
        "has no working hours from now on",
        lambda: why({}, {"schedule": "never"}),
    ),
    Situation(
        "The rep is busy since this morning",
        "has been busy since 09:12 CET",
        lambda: why(
            counts={"presence": {"bob": Presence("busy", NOON - timedelta(hours=2, minutes=48))}}
        ),
    ),
    Situation(
        "The rep went offline on another day",
        "has been offline since Fri 2026-03-06 17:30 CET",
        lambda: why(
            counts={
                "presence": {"bob": Presence("offline", datetime(2026, 3, 6, 16, 30, tzinfo=UTC))}
            }
        ),
    ),
    Situation(
        "The rep is paused",
        "is paused until Mon 2026-03-09 13:00 CET: training",
        lambda: why(counts={"paused": {"bob": Pause(NOON + timedelta(hours=1), "training")}}),
    ),
    Situation(
        "The rep is paused after missed offers",
        "is paused: 3 missed offers in a row",
        lambda: why(counts={"paused": {"bob": Pause(missed=3)}}),
    ),
    Situation(
        "The rep cools down after a declined offer",
        "gets no offer until 12:00:30 CET, after the last one",
        lambda: why(counts={"cooling": {"bob": to_micros(NOON + timedelta(seconds=30))}}),
    ),
    Situation(
        "The rep's last call ended a moment ago",
        "is wrapping up until 12:03:00 CET",
        lambda: why(
            counts={"contacted": {"bob": to_micros(NOON - timedelta(minutes=2))}}, wrap_up="5m"
        ),
    ),
    Situation(
        "Rep and lead work at other hours",
        "shares 15 of the lead's 40 working hours in the next week; the rule asks for 50% or more",
        lambda: why(
            {"min_shared_hours": 0.5},
            {"schedule": OFFICE},
            lead=Lead("L-1", timezone="America/New_York"),
        ),
    ),
    Situation(
        "It is night where the lead is",
        "the lead may not be called until Mon 2026-03-09 09:00 EDT (time zone America/New_York)",
        lambda: why(
            {"calling_hours": "mon-fri 09:00-20:00"},
            lead=Lead("L-1", timezone="America/New_York"),
        ),
    ),
    Situation(
        "The rep is full",
        "is full: 5 of 5 open",
        lambda: why({}, {"capacity": 5}, counts={"open": {"bob": 5}}),
    ),
    Situation(
        "The rep has a capacity of 0",
        "has a capacity of 0",
        lambda: why({}, {"capacity": 0}),
    ),
    Situation(
        "The rep has no room for a large lead",
        "is full: 4 of 5 open, and this lead takes 2",
        lambda: why({"capacity_cost": 2}, {"capacity": 5}, counts={"open": {"bob": 4}}),
    ),
    Situation(
        "The rep is full of leads of one segment",
        "is full for 'enterprise': 2 of 2 open",
        lambda: why(
            {"segment": "enterprise"},
            {"capacity_by_segment": {"enterprise": 2}},
            counts={"used": {"segment/bob/enterprise": 2}},
        ),
    ),
    Situation(
        "A cap of the day is reached",
        "has had 5 of 5 today",
        lambda: why({}, {"caps": [Cap(5, "day")]}, counts={"used": {DAY: 5}}),
    ),
    Situation(
        "A rolling cap of one source is reached",
        "has had 10 of 10 in the last 7 days (source webinar)",
        lambda: why(
            {},
            {"caps": ["10 per week, rolling, source webinar"]},
            lead=Lead("L-1", source="webinar"),
            counts={"used": rolling("10 per week, rolling, source webinar", 10)},
        ),
    ),
    Situation(
        "A paced cap allows no more by now",
        "has had 9 of 9 so far this month (the cap is 30 per month, paced)",
        lambda: why(
            {}, {"caps": ["30 per month, paced"]}, counts={"used": {"cap/bob/month/2026-03": 9}}
        ),
    ),
    Situation(
        "A paced cap allows no more on one day",
        "has had 2 of 2 today (the cap is 30 per month, paced)",
        lambda: why(
            {},
            {"caps": ["30 per month, paced"]},
            counts={"used": {"cap/bob/month day/2026-03-09": 2}},
        ),
    ),
    Situation(
        "A new rep's cap still grows",
        "has had 5 of 5 so far this week (the cap is 20 per week, ramp 8w)",
        lambda: why(
            {},
            {"caps": ["20 per week, ramp 8w"], "joined_at": NOON - timedelta(weeks=2)},
            counts={"used": {"cap/bob/week/2026-W11": 5}},
        ),
    ),
    Situation(
        "A cap of 0",
        "has a cap of 0 per day",
        lambda: why({}, {"caps": ["0 per day"]}),
    ),
    Situation(
        "The team's cap is reached",
        "the team has had 50 of 50 today",
        lambda: why(caps=["50 per day"], counts={"used": {"total/day/2026-03-09": 50}}),
    ),
    Situation(
        "Several things stand in the way",
        "level is 2; the rule asks for 3 or more; is not working until Tue 2026-03-10 09:00 CET",
        lambda: why({"require": REP.level >= 3}, {"level": 2, "schedule": "tue-fri 09:00-17:00"}),
    ),
    Situation(
        "Another rep scores more",
        "is number 2 with 0.50, behind Ada Lovelace with 1.00",
        lambda: why({"score": free_capacity()}, {"capacity": 4}, counts={"open": {"bob": 2}}),
    ),
    Situation(
        "Equal scores: the last lead decides",
        "ties with Ada Lovelace at 1.00, and the last lead of Ada Lovelace is longer ago",
        lambda: why({"score": free_capacity()}, counts={"last_assigned": {"ada": 1, "bob": 2}}),
    ),
    Situation(
        "Equal scores: the first has had none",
        "ties with Ada Lovelace at 1.00, and Ada Lovelace has not had a lead yet",
        lambda: why({"score": free_capacity()}, counts={"last_assigned": {"bob": 2}}),
    ),
    Situation(
        "Equal scores, and nothing else tells the two apart",
        "ties with Ada Lovelace at 1.00, and 'ada' comes before 'bob' in the order of the ids",
        lambda: why({"score": free_capacity()}),
    ),
    Situation(
        "Whose turn it is",
        "round_robin() 1.00: 1 turn taken, weight 2",
        lambda: term("ada", counts={"turns": {"everyone": {"ada": 1, "bob": 1}}}),
    ),
    Situation(
        "A rep is ahead of a fair share",
        "fair_share(free_capacity(), 1) 0.25: 0 open of no limit; held back: "
        "1.3 turns ahead of their share with this lead",
        lambda: term(
            "bob",
            {"score": fair_share(free_capacity(), 1)},
            counts={"turns": {"everyone": {"bob": 1}}},
        ),
    ),
    Situation(
        "A term of a score",
        "skill_match('industry') 0.40 x2: sap at level 0.4",
        lambda: term(
            "bob",
            {"score": 2 * skill_match("industry")},
            {"skills": {"sap": 0.4}},
            lead=Lead("L-1", industry="sap"),
        ),
    ),
    Situation(
        "A term has no answer",
        "skill_match('industry') no answer: the lead has no industry",
        lambda: term("bob", {"score": skill_match("industry")}),
    ),
    Situation(
        "A term does not count",
        "free_capacity().when(lead.budget > 5) no answer: does not count here: "
        "not true that budget is more than 5",
        lambda: term("bob", {"score": free_capacity().when(LEAD.budget > 5)}),
    ),
    Situation(
        "The owner of the account cannot take the lead",
        "named_account() no answer: the lead belongs to Ada Lovelace, who cannot take it",
        lambda: term(
            "bob",
            {"score": named_account()},
            lead=Lead("L-1", account_id="acme"),
            ada=ADA.with_changes(accounts={"acme"}, active=False),
        ),
    ),
    Situation(
        "Your scorer gives its reason",
        "speaks('de') 0.00: speaks en",
        lambda: term("bob", {"score": speaks("de")}, {"languages": {"en"}}),
    ),
    Situation(
        "Your scorer gives no points and no reason",
        "speaks('de') 0.00: gives no points",
        lambda: term("bob", {"score": speaks("de")}),
    ),
    Situation(
        "Your predicate fails",
        "predicate('licensed'), lead 'L-1', rep 'bob', in rule 'all', lead 'L-1'",
        noted,
    ),
    Situation(
        "What the lead is worth",
        "Lead score 1.00 (hot, respond within 5m), 50% of the facts known: +30 large",
        lambda: line(1, lead=Lead("L-1", employees=800), lead_scoring=SCORING),
    ),
    Situation(
        "Why an earlier rule did not match",
        "'germany': not true that country is DE (country is US)",
        lambda: line(
            -1,
            lead=Lead("L-1", country="US"),
            rules=[Rule("germany", when=LEAD.country == "DE"), Rule("rest")],
        ),
    ),
    Situation(
        "Neither part of an earlier rule matched",
        "'large': not true that (country is DE or budget is more than 5) "
        "(country is US, budget is not known)",
        lambda: line(
            -1,
            lead=Lead("L-1", country="US"),
            rules=[Rule("large", when=(LEAD.country == "DE") | (LEAD.budget > 5)), Rule("rest")],
        ),
    ),
    Situation(
        "No rule matched",
        "Lead L-1 goes to nobody: no rule matched",
        lambda: line(0, rules=[Rule("germany", when=LEAD.country == "DE")]),
    ),
    Situation(
        "The lead does not qualify",
        "Lead L-1 goes to nobody: disqualified: not true that budget is more than 0",
        lambda: line(0, qualify=LEAD.budget > 0),
    ),
    Situation(
        "What the lead has that does not qualify",
        "not true that budget is more than 0 (budget is not known)",
        lambda: line(-1, qualify=LEAD.budget > 0),
    ),
    Situation(
        "The lead does not meet a factor with a reason",
        "Lead L-1 goes to nobody: disqualified: has no budget yet",
        lambda: line(
            0,
            qualify=Qualification([Factor("budget", LEAD.budget > 0, reason="has no budget yet")]),
        ),
    ),
    Situation(
        "The pool has no reps",
        "Lead L-1 goes to nobody (rule 'all'): the pool 'emea' is empty",
        lambda: line(0, {"pool": "emea"}, pools=[Pool("emea", reps={"eve"})]),
    ),
    Situation(
        "Nobody may take the lead",
        "Lead L-1 goes to nobody (rule 'all'): nobody is eligible",
        lambda: line(0, {"require": REP.level >= 3}),
    ),
    Situation(
        "Nobody is at work, and the lead waits",
        "A rep is back at 2026-03-10 08:00 UTC",
        lambda: line(-1, {}, {"schedule": "tue-fri 09:00-17:00"}, ada=None),
    ),
    Situation(
        "A step asks another pool",
        "Pool 'emea': nobody is eligible",
        lambda: line(
            3,
            {"pool": "emea", "require": REP.id == "ada", "fallback": {"none_eligible": "pool all"}},
            pools=[Pool("emea", reps={"bob"}), Pool("all", reps={"ada"})],
        ),
    ),
    Situation(
        "A step ignores who is at work",
        "Lead L-1 goes to Bob Stone (rule 'all'), though nobody is available",
        lambda: line(
            0,
            {"fallback": {"none_available": "ignore_availability"}},
            {"schedule": "tue-fri 09:00-17:00"},
            ada=None,
        ),
    ),
    Situation(
        "The lead's time zone is missing",
        "Note: the time zone of the lead is not known: no zone, country, region or "
        "international phone number is known; it may be called at any time",
        lambda: line(-1, {"calling_hours": "mon-fri 09:00-20:00"}),
    ),
    Situation(
        "One change would have done",
        "It would have gone to Bob Stone if the rep's level was 3",
        lambda: " ".join(
            map(str.strip, proposed({"require": REP.level >= 3}, {"level": 2, "weight": 3}))
        ),
    ),
    Situation(
        "Two changes would have done",
        "It would have gone to Bob Stone if the rep's languages included 'de' and the lead had "
        "not been offered to Bob Stone before",
        lambda: " ".join(
            map(
                str.strip,
                proposed({"require": REP.languages.contains("de")}, before={"bob": "declined"})[:2],
            )
        ),
    ),
    Situation(
        "A submitted lead waits",
        "lead L-1 is waiting: nobody is available now",
        lambda: placed(schedule="tue-fri 09:00-17:00"),
    ),
    Situation(
        "The summary of `leadroute route`",
        "1 lead: 1 offered; 1 bad row",
        lambda: command(
            *("route", "--policy", "policy.toml", "--reps", "reps.csv", "--leads", "leads.csv")
        ),
    ),
    Situation(
        "The summary of `leadroute check`",
        "leads.csv: 1 lead, 1 bad row",
        lambda: command("check", "--leads", "leads.csv"),
    ),
]


def rolling(cap, used):
    """The counters of a rolling cap of Bob."""
    return {bound.key: used for bound in BOB.bounds(Cap.parse(cap), NOON)}


@pytest.mark.parametrize("situation", SITUATIONS, ids=[each.what for each in SITUATIONS])
def test_what_a_sales_manager_reads(situation):
    """Each situation is told with its whole sentence."""
    assert situation.told() == situation.sentence


def test_there_are_forty_situations():
    """No situation stands twice, and there are forty or more."""
    assert len({each.what for each in SITUATIONS}) == len(SITUATIONS) >= 40


def test_the_page_has_the_same_table():
    """The page of reasons has every situation with its sentence, in the same order."""
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows[1:] == [(each.what, each.sentence) for each in SITUATIONS]
