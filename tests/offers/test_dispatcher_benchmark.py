"""The benchmark of the dispatcher runs, and its bars that are no times hold."""

import json

from benchmarks import dispatcher


def test_figures_and_bars_are_one_object(monkeypatch, capsys):
    """With --json: requests and the order at an opening do not depend on the machine, so they hold here too."""
    small = dispatcher.Sizes(
        waiting=60, due=60, few=30, lines=40, blocks=2, placed=1_500, pulled=100
    )
    monkeypatch.setattr(dispatcher, "QUICK", small)
    dispatcher.main(["--quick", "--json"])
    found = json.loads(capsys.readouterr().out)
    bars = {bar["name"]: bar for bar in found["bars"]}
    steady = [name for name in bars if name.endswith("_requests")] + ["places_to_a_lower_order"]
    assert len(steady) == 5
    assert all(bars[name]["ok"] for name in steady)
    assert {"submit_accept_timed_ratio", "breaches_ratio"} <= {*bars}
    assert {"submit_accept_ratio", "submit_accept_live_ratio", "worklist_ratio", "sweep_ratio"} <= {
        *bars
    }
    assert {"submit_accept_us", "lines_of_20_rules"} <= {each["name"] for each in found["figures"]}
