"""Territories: a named geography, vertical or list of accounts, and whose it is.

* A fact that the lead does not have fits nothing that is said about it.
* Accounts and domains are one thing: the lead's account is named, or its domain is. A domain holds its subdomains.
* A child says what is different from its parent. Whatever it does not say, it has from the parent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from functools import lru_cache, partial
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, TypeAlias

from attrs import evolve, field, fields, frozen

from leadroute.errors import FieldError, ValidationError
from leadroute.model.geography import country, covered_region, language, meeting
from leadroute.model.given import Refused, domain, shown
from leadroute.model.guidance import guided, without_defaults
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import (
    Cleaner,
    as_names,
    clean_fields,
    cleaned,
    ident,
    names,
    number,
    text,
    upper,
    whole,
)

EARTH_KM = 6371.0088  # the mean radius of the earth (IUGG)

Position: TypeAlias = tuple[float, float]

_LATITUDE, _LONGITUDE = number(-90, 90), number(-180, 180)


def position(given: Any) -> Position:
    """A cleaner for positions: a pair of latitude and longitude in degrees."""
    pair = given if isinstance(given, tuple | list) else ()
    if len(pair) != 2:
        raise Refused(f"is {shown(given)}; write (latitude, longitude) such as (52.52, 13.405)")
    return float(_LATITUDE(pair[0])), float(_LONGITUDE(pair[1]))


def position_of(attributes: Mapping[str, Any]) -> Position | None:
    """The position in the attributes ``lat`` and ``lon``; ``None`` when none that can be right."""
    try:
        return position((attributes.get("lat"), attributes.get("lon")))
    except Refused:
        return None


def distance_km(one: Position, other: Position) -> float:
    """The distance in kilometers by the haversine formula (Sinnott 1984); within 0.6 %."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


_REMEDY = "write a beginning such as 'DE:10', or a range such as 'DE:10000..19999'"


def squashed(code: str) -> str:
    """A postal code without spaces and hyphens."""
    return code.replace(" ", "").replace("-", "")


@frozen(order=True)
class Stretch:
    """Postal codes from ``first`` to ``last`` of one country, or of any."""

    country: str
    first: str
    last: str

    @property
    def prefix(self) -> str:
        """How all of them begin."""
        shared = 0
        for one, other in zip(self.first, self.last, strict=False):
            if one != other:
                break
            shared += 1
        return self.first[:shared]

    def holds(self, country: str | None, code: str) -> bool:
        """Whether a code of a country is one of them. O(1)."""
        if not code or (self.country and self.country != country):
            return False
        if self.counted and not (len(code) >= len(self.last) and code[: len(self.last)].isdigit()):
            return False
        return self.first <= code and (code <= self.last or code.startswith(self.last))

    @property
    def counted(self) -> bool:
        """Whether it is a range of numbers of the same length."""
        both = self.first + self.last
        return self.first != self.last and len(self.first) == len(self.last) and both.isdigit()

    def meets(self, other: Stretch) -> bool:
        """Whether some code can be in both."""
        if self.country and other.country and self.country != other.country:
            return False
        return self.first <= other.last + "\uffff" and other.first <= self.last + "\uffff"

    def __str__(self) -> str:
        codes = self.first if self.first == self.last else f"{self.first}..{self.last}"
        return f"{self.country}:{codes}" if self.country else codes


def postal(given: Any) -> str:
    """A cleaner for beginnings and ranges of postal codes."""
    head, colon, rest = (upper(given) or "").rpartition(":")
    code = country(head) if colon else ""
    first, dots, last = map(squashed, rest.partition(".."))
    last = last if dots else first
    plain = (first + last).isalnum() and (first + last).isascii() and bool(first) and bool(last)
    if code is None or not plain:
        raise Refused(f"hold {shown(given)}; {_REMEDY}")
    if first > last:
        raise Refused(f"hold {shown(given)}, which ends before it begins; {_REMEDY}")
    return str(Stretch(code, first, last))


@lru_cache(maxsize=65_536)
def stretch(written: str) -> Stretch:
    """The stretch that a cleaned text stands for."""
    head, _, rest = written.rpartition(":")
    first, dots, last = rest.partition("..")
    return Stretch(head, first, last if dots else first)


OWNER: Final = "owner"
OVERLAY: Final = "overlay"
BACKUP: Final = "backup"


def _sided(clean: Cleaner) -> Cleaner:
    """A cleaner for names of which some may be left out with ``!``."""

    def clean_one(given: Any) -> str | None:
        plain = text(given)
        if plain is None:
            return None
        left_out = plain.startswith("!")
        found = clean(plain.removeprefix("!"))
        if found is None:
            raise Refused("have '!' without a name; write it like '!AT'")
        return f"!{found}" if left_out else str(found)

    return names(clean_one)


def _regions_in(given: Any, countries: Set[str] = frozenset()) -> frozenset[str]:
    wanted = [each for each in countries if not each.startswith("!")]
    found: frozenset[str] = _sided(partial(covered_region, countries=wanted))(given)
    return found


@frozen
class Place:
    """What territories ask about a lead, read once."""

    account: str | None
    domains: tuple[str, ...]
    postal: str
    regions: tuple[str, ...]
    country: str | None
    industry: str | None
    languages: tuple[str, ...]
    employees: int | None
    position: Position | None

    def values(self, name: str) -> tuple[str, ...]:
        """What the lead has for a field of territories, such as regions or languages."""
        if name == "languages":
            return self.languages
        if name == "regions":
            return self.regions
        found: str | None = getattr(self, _SINGULAR[name])
        return (found,) if found else ()

    @classmethod
    def of(cls, lead: Lead) -> Place:
        """The place of a lead."""
        region_country = (lead.region or "").partition("-")[0]
        tag = lead.language
        return cls(
            lead.account_id,
            domains_of(lead),
            squashed(lead.postal_code or ""),
            _regions(lead),
            lead.country or (region_country if len(region_country) == 2 else None),
            lead.industry,
            () if tag is None else meeting(tag),
            lead.employees,
            position_of(lead.attributes),
        )


def domains_of(lead: Lead) -> tuple[str, ...]:
    """The lead's domain, and each domain that holds it; that of its e-mail when it names none."""
    host = lead.domain or (lead.email.rpartition("@")[2] if lead.email else "")
    labels = host.split(".") if host else []
    return tuple(".".join(labels[start:]) for start in range(len(labels) - 1))


def _regions(lead: Lead) -> tuple[str, ...]:
    if lead.region is None:
        return ()
    whole = lead.country is None or "-" in lead.region
    return (lead.region,) if whole else (lead.region, f"{lead.country}-{lead.region}")


_NONE: Final[frozenset[str]] = frozenset()
_SINGULAR: Final = {"countries": "country", "industries": "industry"}
_PLAIN: Final = ("regions", *_SINGULAR, "languages")
_SETS: Final = ("accounts", "domains", "postal", "regions", "countries", "industries", "languages")
_MORE: Final = ("min_employees", "max_employees", "center", "radius_km")
_REPS: Final = ("owners", "overlays", "backups")


@guided
@frozen(kw_only=True, repr=False)
class Territory:
    """A named geography, vertical or list of accounts.

    Args:
        name: The territory's name, 1 to 80 characters.
        countries: ISO 3166-1 alpha-2 codes.
        regions: ISO 3166-2 codes, or your own region codes.
        postal: Beginnings of postal codes, ``"DE:10"``, and ranges, ``"DE:10000..19999"``; without
            a country, in any that ``countries`` allows. Compared as text, so leading zeros count;
            spaces and hyphens do not.
        industries: Industries, in your own words.
        min_employees: The smallest company, in heads.
        max_employees: The largest company, in heads.
        languages: Language tags; ``pt`` holds ``pt-BR``.
        accounts: Accounts of your CRM.
        domains: Internet domains of companies; ``example.com`` holds ``eu.example.com``.
        center: A position, (latitude, longitude) in degrees; leads have ``lat`` and ``lon``.
        radius_km: The radius around it in kilometers.
        priority: Among territories that fit equally closely, the higher goes first; default 0.
        parent: The name of the territory from which it has what it does not say.
        owners: Ids of the reps whose territory it is; also reps who name it in ``Rep.territories``.
        overlays: Ids of reps who work there beside the owner, such as specialists.
        backups: Ids of reps who stand in.

    Raises:
        ValidationError: A field was refused; every fault is listed.

    Example:
        >>> berlin = Territory("berlin", countries={"de"}, postal={"10", "12", "!12529"})
        >>> berlin.fit(Place.of(Lead("L-1", country="DE", postal_code="10115")))
        ('postal code 10', 'country DE')
    """

    name: str = field(kw_only=False, metadata={"clean": ident})
    countries: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": _sided(country)}
    )
    regions: Set[str] = field(
        default=frozenset(),
        converter=as_names,
        metadata={"clean": _regions_in, "within": "countries"},
    )
    postal: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": _sided(postal)}
    )
    industries: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": _sided(text)}
    )
    min_employees: int | None = cleaned(whole(0))
    max_employees: int | None = cleaned(whole(0))
    languages: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": _sided(language)}
    )
    accounts: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": _sided(text)}
    )
    domains: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": _sided(domain)}
    )
    center: Position | None = cleaned(position)
    radius_km: float | None = cleaned(number(0, 20_100))
    priority: int | None = cleaned(whole())
    parent: str | None = cleaned(ident)
    owners: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": names(ident)}
    )
    overlays: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": names(ident)}
    )
    backups: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": names(ident)}
    )
    _wanted: dict[str, frozenset[str]] = field(init=False, eq=False, repr=False)
    _unwanted: dict[str, frozenset[str]] = field(init=False, eq=False, repr=False)
    _asked: tuple[str, ...] = field(init=False, eq=False, repr=False)
    _names_companies: bool = field(init=False, eq=False, repr=False)
    _stretches: tuple[tuple[Stretch, ...], tuple[Stretch, ...]] = field(
        init=False, eq=False, repr=False
    )

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        if (self.center is None) != (self.radius_km is None):
            raise self._refused("center", "and radius_km go together; write both or neither")
        low, high = self.min_employees, self.max_employees
        if low is not None and high is not None and low > high:
            raise self._refused("min_employees", f"is {low}, above max_employees {high}; swap them")
        wanted, unwanted = {}, {}
        for name in _SETS:
            said: Set[str] = getattr(self, name)
            if said:
                wanted[name] = frozenset(each for each in said if not each.startswith("!"))
                unwanted[name] = frozenset(each[1:] for each in said if each.startswith("!"))
        sides = wanted.get("postal", _NONE), unwanted.get("postal", _NONE)
        derived = {
            "_asked": tuple(name for name in _PLAIN if getattr(self, name)),
            "_names_companies": bool(self.accounts or self.domains),
            "_wanted": wanted,
            "_unwanted": unwanted,
            "_stretches": tuple(tuple(map(stretch, sorted(side))) for side in sides),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def _refused(self, name: str, problem: str) -> ValidationError:
        return ValidationError("Territory", self.name, (FieldError(name, problem),))

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self) -> tuple[Callable[..., Territory], tuple[()]]:
        return partial(Territory, **{name: getattr(self, name) for name in _GIVEN}), ()

    def wanted(self, name: str) -> frozenset[str]:
        """Return the values that a field names, without the excluded ones.

        Example:
            >>> sorted(Territory("dach", countries={"DE", "AT", "!CH"}).wanted("countries"))
            ['AT', 'DE']
        """
        return self._wanted.get(name, _NONE)

    def unwanted(self, name: str) -> frozenset[str]:
        """Return the values that a field excludes."""
        return self._unwanted.get(name, _NONE)

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The stretches of postal codes that it holds."""
        return self._stretches[0]

    def under(self, parent: Territory) -> Territory:
        """The same territory with what it does not say taken from ``parent``.

        Example:
            >>> dach = Territory("dach", countries={"DE", "AT"}, owners={"ada"})
            >>> health = Territory("dach health", industries={"health"}, parent="dach").under(dach)
            >>> sorted(health.countries), sorted(health.owners)
            (['AT', 'DE'], ['ada'])
        """
        inherited = {
            name: getattr(parent, name)
            for name in (*_SETS, *_MORE, *_REPS, "priority")
            if getattr(self, name) in (None, frozenset())
        }
        return evolve(self, **inherited)

    def role(self, rep: Rep) -> str | None:
        """Return the role of a rep: ``owner``, ``overlay``, ``backup`` or ``None``."""
        if rep.id in self.owners or self.name in rep.territories:
            return OWNER
        if rep.id in self.overlays:
            return OVERLAY
        return BACKUP if rep.id in self.backups else None

    def fit(self, place: Place) -> tuple[str, ...] | None:
        """Return why a lead is in the territory, closest reason first.

        ``None`` when it is not in it. O(1), except for postal ranges.

        A territory that says nothing holds every lead, for no reason.
        """
        found = self.closeness(place)
        return None if found is None else worded(found[1])

    def closeness(self, place: Place) -> tuple[tuple[int, ...], tuple[str, ...]] | None:
        """Return how closely a lead fits, as numbers to compare.

        Each comes with the value that fits; ``None`` when the lead is not in the territory.
        """
        named = ""
        if self._names_companies:
            account = self._among("accounts", (place.account,) if place.account else ())
            held = self._among("domains", place.domains)
            if account is None or held is None:
                return None
            named = account or held
            if not named and (self.wanted("accounts") or self.wanted("domains")):
                return None
        code, near, sized = self._postal(place), self._near(place), self._sized(place)
        if code is None or near is None or sized is None:
            return None
        whats = {"regions": "", "countries": "", "industries": "", "languages": ""}
        for name in self._asked:
            found = self._among(name, place.values(name))
            if found is None or (self._wanted[name] and not found):
                return None
            whats[name] = found
        region, country, industry, spoken = whats.values()
        fitted = (named, code[1], near, region, country, industry, sized, spoken)
        levels = tuple([1 if what else 0 for what in fitted])
        return (levels[0], code[0], *levels[2:]), fitted

    def _among(self, name: str, values: tuple[str, ...]) -> str | None:
        """Which of the values a field names, ``""`` when none; ``None`` when it leaves one out."""
        if not self.unwanted(name).isdisjoint(values):
            return None
        wanted = self.wanted(name)
        return next((value for value in values if value in wanted), "")

    def _postal(self, place: Place) -> tuple[int, str] | None:
        wanted, unwanted = self._stretches
        if not (wanted or unwanted):
            return 0, ""
        if any(each.holds(place.country, place.postal) for each in unwanted):
            return None
        if not wanted:
            return 0, ""
        holding = [each for each in wanted if each.holds(place.country, place.postal)]
        best = max(holding, key=lambda each: len(each.prefix), default=None)
        return None if best is None else (1 + len(best.prefix), str(best))

    def _near(self, place: Place) -> str | None:
        if self.center is None or self.radius_km is None:
            return ""
        if place.position is None:
            return None
        away = distance_km(self.center, place.position)
        return f"{away:.0f} km away" if away <= self.radius_km else None

    def _sized(self, place: Place) -> str | None:
        low, high, size = self.min_employees, self.max_employees, place.employees
        if low is None and high is None:
            return ""
        if size is None or (low is not None and size < low) or (high is not None and size > high):
            return None
        return f"{size} employees"


_GIVEN: Final = tuple(each.name for each in fields(Territory) if each.init)


_WORDS: Final = (
    "named: {}",
    "postal code {}",
    "{}",
    "region {}",
    "country {}",
    "industry {}",
    "{}",
    "language {}",
)


def worded(fitted: tuple[str, ...]) -> tuple[str, ...]:
    """What a lead fits, closest first, in words."""
    return tuple(each.format(what) for each, what in zip(_WORDS, fitted, strict=True) if what)
