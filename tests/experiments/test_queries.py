"""The queries are portable and hold nothing of the user but quoted identifiers."""

import sqlglot

from ecops.experiments import Experiment, analyse
from ecops.experiments.analysis import wanted
from ecops.experiments.reading.measure import measure, quoted
from ecops.experiments.reading.source import Source, open_source
from tests.experiments.shops import shop

SPEC = Experiment(goal="uv_value", guardrails=(("aov", 0.1),), segments=("device",), covariates=("pre_value",))


def asked(frame):
    """Every statement of one measurement."""
    inner = open_source(frame, ())
    seen = []

    def ask(sql, params):
        seen.append(sql)
        return inner.query(sql, params)

    measure(Source(inner.table, inner.schema, "CNY", ask), wanted(SPEC, inner.schema.names))
    return seen


def test_every_query_can_be_carried_to_spark():
    users = shop(2_000)
    statements = asked(users) + asked(users.loc[users.index.repeat(2)])
    assert len(statements) >= 12
    for sql in statements:
        (spark,) = sqlglot.transpile(sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        assert "SELECT" in spark


def test_moments_are_one_grouped_query():
    statements = asked(shop(2_000))
    assert sum("grouping sets" in sql for sql in statements) == 1


def test_names_are_quoted():
    assert quoted('a"b') == '"a""b"'
    evil = 'x" from given; drop table given; --'
    users = shop(2_000).rename(columns={"device": evil})
    readout = analyse(users, Experiment(segments=(evil,)))
    assert {effect.value for effect in readout.segments} == {"mobile", "desktop"}
