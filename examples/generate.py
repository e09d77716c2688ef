"""Write the example data again: 12 reps and 500 leads, the same bytes on every machine.

Usage: python generate.py [FOLDER]

The default folder is `data` in the current one, so run it from `examples/`.
Everything is invented. The leads come in over the two weeks from Monday, 2 March 2026. Only ``random()`` is used,
because Python promises its sequence for a seed, and that of no other method.
"""

import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

SEED = 20260302
LEADS = 500
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DAYS = 14

REPS = """
id,name,teams,level,skills,languages,countries,timezone,schedule,capacity,caps,weight,accounts
ada,Ada Okafor,americas,4,healthcare=0.9; analytics=0.8; software=0.6,en,US; CA,America/New_York,mon-fri 09:00-18:00,30,6 per day,1,A-100
bob,Bob Tran,americas,2,retail=0.8; payments=0.7,en; es,US,America/Chicago,mon-fri 08:00-17:00,30,8 per day,2,
carmen,Carmen Ruiz,americas,3,manufacturing=0.9; logistics=0.6; integrations=0.7,es; en,MX; US,America/Mexico_City,mon-fri 09:00-18:00,24,,1,
davi,Davi Lopes,americas,3,finance=0.7; payments=0.9,pt; en,BR,America/Sao_Paulo,"mon-fri 09:00-12:00,13:00-18:00",24,,1,
erin,Erin Walsh,americas,4,software=0.9; finance=0.8; analytics=0.5,en; fr,US; CA,America/Los_Angeles,mon-fri 08:00-17:00,20,5 per day,1,A-200
farid,Farid Haddad,emea,3,finance=0.9; payments=0.8,fr; en,FR; BE,Europe/Paris,mon-fri 09:00-18:00,24,,1,
greta,Greta Vogel,emea,4,manufacturing=0.9; logistics=0.8; integrations=0.9,de; en,DE; AT; CH,Europe/Berlin,"mon-thu 09:00-18:00; fri 09:00-16:00",26,6 per day,1,A-300
hugo,Hugo Weiss,emea,2,software=0.7; analytics=0.9,de; en,DE; CH,Europe/Zurich,mon-fri 08:30-17:30,26,,1,
ines,Ines Prado,emea,2,retail=0.9; payments=0.6,es; pt; en,ES; PT,Europe/Madrid,mon-fri 09:00-18:00,24,,1,
jack,Jack Doyle,emea,3,healthcare=0.8; software=0.7; analytics=0.6,en,GB; IE,Europe/London,mon-fri 09:00-17:30,28,30 per week,1,
keiko,Keiko Mori,apac,3,software=0.8; logistics=0.7; integrations=0.6,ja; en,JP; SG,Asia/Tokyo,mon-fri 09:00-18:00,24,,1,
liam,Liam Reid,apac,1,retail=0.6; healthcare=0.5,en,AU; SG,Australia/Sydney,mon-fri 09:00-17:00,18,,0.5,
"""  # noqa: E501 - a table

# Country, its language, and how many of a hundred leads come from there.
PLACES = (
    ("US", "en", 34),
    ("CA", "en", 7),
    ("MX", "es", 5),
    ("BR", "pt", 7),
    ("GB", "en", 11),
    ("DE", "de", 12),
    ("CH", "de", 3),
    ("FR", "fr", 7),
    ("ES", "es", 5),
    ("AU", "en", 4),
    ("JP", "ja", 3),
    ("SG", "en", 2),
)
INDUSTRIES = ("finance", "healthcare", "logistics", "manufacturing", "retail", "software")
SIZES = ((5, 20), (20, 100), (100, 500), (500, 2_500), (2_500, 9_000))
PRODUCTS = ("analytics", "integrations", "payments")
SOURCES = ("webinar", "search", "partner", "trade-fair", "referral", "newsletter")
CHANNELS = ("form", "form", "form", "chat", "phone")
ROLES = ("decision-maker", "influencer", "user")
GIVEN = tuple(
    "Alex Bea Chris Dana Eli Finn Gil Hana Ira Jo Kim Lee Max Noa Oli Pat Quinn Rui".split()
)
FAMILY = tuple(
    "Abara Berg Costa Diaz Evans Fox Goto Hart Ito Jung Klein Lund Meyer Novak Ortiz".split()
)
STEMS = tuple("Alder Birch Cedar Dune Ember Fjord Grove Harbor Iris Juniper Kestrel Lumen".split())
KINDS = tuple("Works Labs Foods Freight Health Credit Systems Partners".split())


T = TypeVar("T")


def pick(random: Random, options: Sequence[T]) -> T:
    """Return one of the options, each as likely as the others."""
    return options[int(random.random() * len(options))]


def place(random: Random) -> tuple[str, str]:
    """Return a country and its language, as often as leads come from there."""
    tickets = [(country, language) for country, language, share in PLACES for _ in range(share)]
    return pick(random, tickets)


def instants(random: Random) -> list[datetime]:
    """Return when the leads come in: most on working days."""
    found: list[datetime] = []
    while len(found) < LEADS:
        at = START + timedelta(seconds=int(random.random() * DAYS * 86_400))
        if at.weekday() < 5 or random.random() < 0.2:
            found.append(at)
    return sorted(found)


def written(at: datetime) -> str:
    """Return an instant as the files hold it."""
    return at.isoformat().replace("+00:00", "Z")


def signals(random: Random, at: datetime) -> str:
    """Return what the lead did before it asked: nothing, or minutes on the pricing page and a webinar."""
    found = []
    if random.random() < 0.35:
        seconds = 20 + int(random.random() * random.random() * 580)
        found.append(f"pricing_page@{written(at - timedelta(minutes=10))}={seconds}")
    if random.random() < 0.15:
        found.append(f"webinar@{written(at - timedelta(days=2))}")
    return "; ".join(found)


def leads(random: Random) -> Iterator[dict[str, object]]:
    """Yield the leads in the order in which they come in."""
    for number, at in enumerate(instants(random), 1):
        country, language = place(random)
        given, family = pick(random, GIVEN), pick(random, FAMILY)
        company = f"{pick(random, STEMS)} {pick(random, KINDS)}"
        domain = f"{company.replace(' ', '-').lower()}.example"
        least, most = pick(random, SIZES)
        employees = least + int(random.random() * (most - least))
        revenue = int(employees * (60 + 180 * random.random())) * 1_000
        budget = int(revenue * (0.002 + 0.01 * random.random()) / 100) * 100
        known = random.random
        account = pick(random, ("A-100", "A-200", "A-300")) if known() < 0.04 else ""
        yield {
            "id": f"L-{number:03}",
            "received_at": written(at),
            "name": f"{given} {family}",
            "email": f"{given}.{family}@{domain}".lower() if known() < 0.96 else "",
            "company": company,
            "country": country if known() < 0.97 else "",
            "language": language,
            "industry": pick(random, INDUSTRIES) if known() < 0.92 else "",
            "employees": employees if known() < 0.9 else "",
            "annual_revenue": revenue if known() < 0.85 else "",
            "budget": budget if known() < 0.88 else pick(random, ("", 0)),
            "product": pick(random, PRODUCTS),
            "source": pick(random, SOURCES),
            "channel": pick(random, CHANNELS),
            "role": pick(random, ROLES),
            "account_id": account,
            "signals": signals(random, at),
        }


def main(folder: Path = Path("data")) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reps.csv").write_text(REPS.lstrip(), encoding="utf-8", newline="\n")
    rows = list(leads(Random(SEED)))
    with (folder / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{REPS.count(chr(10)) - 2} reps and {len(rows)} leads in {folder}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
