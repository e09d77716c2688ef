"""The clock of a lead: what is known of its time zone, and the working hours it shares with a rep.

* A zone is named only when it is certain. Else every zone that it may be is listed, with the
  reason, and nothing is guessed.
* What is said most exactly decides: a zone that was given, then the region, then the country, then the phone number.
* A phone number tells its country at most, and never appears in a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from attrs import field, frozen

from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.model.timezone_data import DIAL_CODES, ZONES
from leadroute.model.validation import is_zone, known, must_be
from leadroute.model.working_hours import AllOf, Hours, overlap

# ISO 3166-2 regions of the countries with several clocks; a region that spans two lists both.
_REGIONS = """
America/New_York US-CT US-DC US-DE US-FL US-GA US-IN US-KY US-MA US-MD US-ME US-MI US-NC US-NH US-NJ US-NY US-OH US-PA
 US-RI US-SC US-TN US-VA US-VT US-WV;
America/Chicago US-AL US-AR US-FL US-IA US-IL US-IN US-KS US-KY US-LA US-MI US-MN US-MO US-MS US-ND US-NE US-OK US-SD
 US-TN US-TX US-WI;
America/Denver US-CO US-ID US-KS US-MT US-ND US-NE US-NM US-NV US-OR US-SD US-TX US-UT US-WY;
America/Phoenix US-AZ; America/Denver US-AZ;
America/Los_Angeles US-CA US-ID US-NV US-OR US-WA;
America/Anchorage US-AK; America/Adak US-AK; Pacific/Honolulu US-HI;
America/St_Johns CA-NL; America/Halifax CA-NB CA-NL CA-NS CA-PE CA-QC;
America/Toronto CA-NU CA-ON CA-QC; America/Winnipeg CA-MB CA-NU CA-ON;
America/Regina CA-SK; America/Edmonton CA-AB CA-BC CA-NT CA-NU CA-SK;
America/Vancouver CA-BC; America/Dawson_Creek CA-BC; America/Whitehorse CA-YT; America/Panama CA-NU CA-ON;
Australia/Sydney AU-ACT AU-NSW AU-TAS AU-VIC; Australia/Brisbane AU-QLD; Australia/Adelaide AU-NSW AU-SA;
Australia/Darwin AU-NT; Australia/Perth AU-WA; Australia/Eucla AU-WA; Australia/Lord_Howe AU-NSW;
America/Sao_Paulo BR-AL BR-AP BR-BA BR-CE BR-DF BR-ES BR-GO BR-MA BR-MG BR-PA BR-PB BR-PE BR-PI BR-PR BR-RJ BR-RN
 BR-RS BR-SC BR-SE BR-SP BR-TO;
America/Manaus BR-AM BR-MS BR-MT BR-RO BR-RR; America/Rio_Branco BR-AC BR-AM; America/Noronha BR-PE
"""

# ISO 3166-2 regions that are countries of ISO 3166-1 too, with clocks of their own.
_OVERSEAS = """
AS US-AS; GU US-GU; MP US-MP; PR US-PR; VI US-VI; HK CN-HK; MO CN-MO; AW NL-AW; CW NL-CW; SX NL-SX; BQ NL-BQ1 NL-BQ2
 NL-BQ3; GP FR-GP FR-971; MQ FR-MQ FR-972; GF FR-GF FR-973; RE FR-RE FR-974; YT FR-YT FR-976; BL FR-BL; MF FR-MF;
PM FR-PM; WF FR-WF; PF FR-PF; NC FR-NC; TF FR-TF
"""

_DIGITS = frozenset("0123456789")
_LONGEST_CODE = 7


@frozen
class ZoneGuess:
    """What is known about a lead's time zone."""

    zone: str | None
    candidates: tuple[str, ...]
    reason: str


@cache
def _table(text: str) -> dict[str, tuple[str, ...]]:
    keys: dict[str, list[str]] = {}
    for entry in text.split(";"):
        key, *codes = entry.split()
        for code in codes:
            keys.setdefault(code, []).append(key)
    return {code: tuple(found) for code, found in keys.items()}


@cache
def _dial_codes() -> dict[str, tuple[str, ...]]:
    codes = (entry.split() for entry in DIAL_CODES.split(";"))
    return {code: tuple(countries) for code, *countries in codes}


def zones_of(
    country: str | None = None,
    region: str | None = None,
    phone: str | None = None,
    timezone: str | None = None,
) -> ZoneGuess:
    """Return the time zones that a lead may be in.

    Args:
        country: An ISO 3166-1 alpha-2 code in upper case.
        region: An ISO 3166-2 code, with the country (``US-TX``) or without it (``TX``).
        phone: A number in international form, starting with ``+`` or ``00``; any other tells nothing.
        timezone: The zone itself, when the lead has given it.

    Raises:
        FieldTypeError: Something is not text.

    Example:
        >>> zones_of("DE").zone
        'Europe/Berlin'
        >>> zones_of("US", "TX").reason
        'region US-TX has 2 clocks'
        >>> zones_of(phone="+44 20 7946 0000").zone
        'Europe/London'
    """
    given = {"country": country, "region": region, "phone": phone, "timezone": timezone}
    must_be(str, **{name: value for name, value in given.items() if value is not None})
    if timezone is not None:
        return ZoneGuess(timezone, (timezone,), f"time zone {timezone}")
    if region is not None:
        code = region if "-" in region else f"{country}-{region}"
        owners = _table(_OVERSEAS).get(code)
        found = _distinct(owners) if owners else _table(_REGIONS).get(code)
        if found is not None:
            return _guess(found, f"region {code}")
        prefix = code.partition("-")[0]
        if country is None and prefix in _table(ZONES):
            country = prefix
    if country is not None:
        return _guess(_table(ZONES).get(country, ()), f"country {country}")
    return _by_phone(phone)


def _by_phone(phone: str | None) -> ZoneGuess:
    plain = "".join(phone.split()) if phone else ""
    digits = plain[1:] if plain.startswith("+") else plain[2:] if plain.startswith("00") else ""
    number = "".join(filter(_DIGITS.__contains__, digits))
    for length in range(min(_LONGEST_CODE, len(number)), 0, -1):
        countries = _dial_codes().get(number[:length])
        if countries:
            return _guess(_distinct(countries), f"dial code +{number[:length]}")
    return ZoneGuess(None, (), "no zone, country, region or international phone number is known")


def _distinct(countries: Iterable[str]) -> tuple[str, ...]:
    zones = (zone for country in countries for zone in _table(ZONES).get(country, ()))
    return tuple(dict.fromkeys(zones))


def _guess(candidates: tuple[str, ...], source: str) -> ZoneGuess:
    if len(candidates) == 1:
        return ZoneGuess(candidates[0], candidates, source)
    return ZoneGuess(None, candidates, f"{source} has {len(candidates) or 'no known'} clocks")


def calling_hours(week: str, guess: ZoneGuess) -> Hours | None:
    """Return the schedule of calling hours on the lead's own clock.

    Where the zone is uncertain, only the hours that suit every zone that it may be; ``None`` when
    nothing is known, or no zone of this machine.

    Args:
        week: Weekly windows such as ``"mon-fri 09:00-20:00; sat 10:00-18:00"``.
        guess: The result of ``zones_of``.

    Raises:
        ValidationError: ``week`` cannot be read.

    Example:
        >>> str(calling_hours("mon-fri 09:00-20:00", zones_of("PT")))
        '(mon-fri 09:00-20:00; in Europe/Lisbon) & (mon-fri 09:00-20:00; in Atlantic/Azores)'
    """
    if not all(map(is_zone, guess.candidates)):
        return None
    parts = [Schedule(week, ZoneInfo(zone)) for zone in guess.candidates]
    return None if not parts else parts[0] if len(parts) == 1 else AllOf(parts)


OFFICE = "mon-fri 09:00-17:00"  # the working hours of a lead of whom nothing else is said

_WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)
_hours = lru_cache(maxsize=4_096)(calling_hours)


def clock_of(lead: Lead) -> ZoneGuess:
    """What is known of the lead's time zone."""
    return zones_of(lead.country, lead.region, lead.phone, lead.timezone)


def lead_hours(lead: Lead, week: str = OFFICE) -> Hours | None:
    """Weekly hours on the lead's own clock; ``None`` when nothing is known of it."""
    return _hours(week, clock_of(lead))


@frozen
class Shared:
    """How much of the lead's working hours in the seven days from an instant reps work too."""

    hours: Hours
    week: str
    now: datetime
    whole: timedelta = field(init=False)
    _found: dict[Hours, timedelta] = field(factory=dict, init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        whole = self.hours.open_between(self.now, self.now + _WEEK)
        object.__setattr__(self, "whole", whole)

    def share(self, rep: Rep) -> float | None:
        """Between 0 and 1; ``None`` when the rep's hours are unknown, or the lead has none now."""
        own = self._of(rep)
        if own is None or not self.whole:
            return None
        return self._together(own) / self.whole

    def reason(self, rep: Rep) -> str:
        """How many hours they share, of how many."""
        own = self._of(rep)
        if own is None:
            return "the rep's time zone is not known"
        hours, whole = self._together(own) / _HOUR, self.whole / _HOUR
        return f"{hours:.0f} of the lead's {whole:.0f} working hours in the next week"

    def _of(self, rep: Rep) -> Hours | None:
        if rep.hours is not None or rep.timezone is None:
            return rep.hours
        return Schedule(self.week, ZoneInfo(rep.timezone))

    def _together(self, own: Hours) -> timedelta:
        if own not in self._found:
            self._found[own] = overlap(self.hours, own, self.now, self.now + _WEEK)
        return self._found[own]


def shared_hours(lead: Lead, week: str, now: datetime | None) -> Shared | None:
    """The comparison for one lead; ``None`` when nothing is known of the lead's time zone."""
    hours = lead_hours(lead, week)
    return None if hours is None else Shared(hours, week, known(now))
