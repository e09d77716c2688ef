"""A million placements of the past, made on the server itself, for `stores.py`.

Their ids rise with time, as those of the new leads do, and are less.
"""

import psycopg
from psycopg.sql import quote

RECORDS = """
INSERT INTO {0}_record (key, version, status, owner, due, data)
SELECT kind || '/R-' || lpad(n::text, 9, '0'), 1, CASE kind WHEN 'placement' THEN 'closed' ELSE '' END,
    CASE kind WHEN 'placement' THEN 'rep ' || lpad((n % 20)::text, 3, '0') ELSE '' END,
    9223372036854775807,
    replace(CASE kind WHEN 'placement' THEN {1} ELSE {2} END, 'L-template', 'R-' || lpad(n::text, 9, '0'))
FROM generate_series(1, {3}) AS n, unnest(ARRAY['lead', 'placement']) AS kind
"""
EVENTS = """
INSERT INTO {0}_event (lead, n, type, at, change, data)
SELECT 'R-' || lpad(n::text, 9, '0'), step, (ARRAY['received', 'assigned', 'closed'])[step],
    1767603600000000 + n, md5(n::text), {1}
FROM generate_series(1, {2}) AS n, generate_series(1, 3) AS step
"""


def fill(url, prefix, number, template):
    """Make so many placements like that of a change, with their leads and three events each."""
    texts = {op.key.partition("/")[0]: op.data for op in template.ops if hasattr(op, "expect")}
    event = next(op.data for op in template.ops if hasattr(op, "lead") and op.n == 2)
    with psycopg.connect(url, autocommit=True) as connection:
        placement, lead, log = (quote(text) for text in (texts["placement"], texts["lead"], event))
        connection.execute(RECORDS.format(prefix, placement, lead, number))
        connection.execute(EVENTS.format(prefix, log, number))
        for table in ("record", "event"):
            connection.execute(f"VACUUM (ANALYZE) {prefix}_{table}")
