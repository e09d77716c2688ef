"""What the benchmark of reading reports."""

import json

from benchmarks import reading


def test_json(capsys, monkeypatch):
    """With --json the figures and the bars are one object; the bars themselves are for a quiet machine."""
    monkeypatch.setattr(reading, "WIDTHS", (5, 10))
    monkeypatch.setattr(reading, "LEADS", 20)
    monkeypatch.setattr(reading, "QUICK_ROWS", 60)
    monkeypatch.setattr(reading, "QUICK_SIZES", (50, 100))
    assert reading.main(["--quick", "--json"]) in (0, 1)
    found = json.loads(capsys.readouterr().out)
    assert [figure["name"] for figure in found["figures"]] == [
        "by_hand",
        "own_headers",
        "mapped",
        "columns_5",
        "columns_10",
        "names",
        "codes",
        "lead",
        "plain",
        "peak_mib_50",
        "peak_mib_100",
    ]
    assert [(bar["name"], bar["bound"]) for bar in found["bars"]] == [
        ("mapped_to_dict_reader", 1.5),
        ("mapped_to_own_headers", 1.3),
        ("unknown_columns", 15),
        ("names_to_codes", 1.3),
        ("lead_to_plain", 6),
        ("peak_ratio", 1.3),
    ]
    assert found["bars"][-1]["ok"]
