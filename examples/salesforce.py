"""Route a Salesforce export: territories by state, weighted turns, daily caps and a catch-all."""

from pathlib import Path

from leadroute import Dispatcher, Lead, MemoryStore, Router, Rule, Territory, round_robin
from leadroute.formats import read_leads, read_reps

data = Path(__file__).parent / "data"
team, _ = read_reps(data / "salesforce_reps.csv")  # weights and daily caps
states = {"US-CA", "US-NV", "US-OR", "US-WA"}
west = Territory("west", regions=states, owners={"ada", "bob"})
east = Territory("east", regions={"US-MA", "US-NY"}, owners={"eve"})
rule = Rule("by state", in_territory=True, score=round_robin())
router = Router(rules=[rule], territories=[west, east], catch_all="sales-desk")
dispatcher = Dispatcher(router, team, MemoryStore())
export = data / "salesforce.csv"
leads = read_leads(
    export, columns="salesforce", timezone="America/New_York", dates="mdy", decimal="."
)
for row in leads:
    if isinstance(row, Lead):
        placement = dispatcher.submit(row)
        print(row.id, row.region, placement.status, placement.rep_id, placement.reason)
    else:
        print(row)
