"""The CRM export of Maven Analytics as leads and reps, with everything that had to be repaired on the way."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from leadroute import Lead, Rep, Roster

COUNTRIES = {
    "Belgium": "BE",
    "Brazil": "BR",
    "China": "CN",
    "Germany": "DE",
    "Italy": "IT",
    "Japan": "JP",
    "Jordan": "JO",
    "Kenya": "KE",
    "Korea": "KR",
    "Norway": "NO",
    "Panama": "PA",
    "Philipines": "PH",
    "Poland": "PL",
    "Romania": "RO",
    "United States": "US",
}
SPELLINGS = {"technolgy": "technology", "GTXPro": "GTX Pro", "Philipines": "Philippines"}
NAMED_ACCOUNTS = ("Kan-code", "Konex", "Condax", "Hottechi")
CAPACITY = 300


@frozen
class Repair:
    """Something in a row that was put right, or is missing."""

    file: str
    line: int
    what: str


@frozen
class Import:
    """What came out of the files."""

    roster: Roster
    leads: tuple[Lead, ...]
    repairs: tuple[Repair, ...]


def read(folder: Path) -> Import:
    """Read the four files; every row becomes a rep or a lead, and every repair is listed."""
    repairs: list[Repair] = []
    pipeline = list(_rows(folder / "sales_pipeline.csv"))
    accounts = {row["account"]: row for _, row in _rows(folder / "accounts.csv")}
    for line, row in _rows(folder / "accounts.csv"):
        for column in ("sector", "office_location"):
            _respelled(row[column], "accounts.csv", line, repairs)
    leads = tuple(_lead(line, row, accounts, repairs) for line, row in pipeline)
    return Import(_roster(folder, [row for _, row in pipeline]), leads, tuple(repairs))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield reader.line_num, row


def _respelled(given: str, file: str, line: int, repairs: list[Repair]) -> str:
    if given in SPELLINGS:
        repairs.append(Repair(file, line, f"{given} is spelled {SPELLINGS[given]}"))
    return SPELLINGS.get(given, given)


def _lead(
    line: int, row: dict[str, str], accounts: dict[str, dict[str, str]], repairs: list[Repair]
) -> Lead:
    product = _respelled(row["product"], "sales_pipeline.csv", line, repairs)
    account = accounts.get(row["account"])
    if account is None:
        repairs.append(Repair("sales_pipeline.csv", line, "has no account"))
    if not row["engage_date"]:
        repairs.append(Repair("sales_pipeline.csv", line, "has no date"))
    engaged = row["engage_date"]
    return Lead(
        row["opportunity_id"],
        received_at=datetime.fromisoformat(engaged).replace(tzinfo=UTC) if engaged else None,
        product=product,
        **({} if account is None else _company(account)),
    )


def _company(account: dict[str, str]) -> dict[str, object]:
    return {
        "account_id": account["account"],
        "company": account["account"],
        "industry": SPELLINGS.get(account["sector"], account["sector"]),
        "country": COUNTRIES[account["office_location"]],
        "annual_revenue": float(account["revenue"]) * 1_000_000,
        "employees": int(account["employees"]),
    }


def _roster(folder: Path, pipeline: list[dict[str, str]]) -> Roster:
    deals = Counter(row["sales_agent"] for row in pipeline)
    sold: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in pipeline:
        sold[row["sales_agent"]][SPELLINGS.get(row["product"], row["product"])] += 1
    experienced = {agent for agent, _ in deals.most_common(12)}
    return Roster(
        Rep(
            row["sales_agent"],
            manager_id=row["manager"],
            level=3 if row["sales_agent"] in experienced else 1,
            skills={
                product: count / max(sold[row["sales_agent"]].values())
                for product, count in sold[row["sales_agent"]].items()
            },
            accounts=NAMED_ACCOUNTS if row["sales_agent"] in experienced else (),
            capacity=CAPACITY,
            attributes={"office": row["regional_office"]},
        )
        for _, row in _rows(folder / "sales_teams.csv")
    )
