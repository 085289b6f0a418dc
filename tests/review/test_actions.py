"""Actions: nothing is lost, whoever writes at the same time."""

import datetime as dt
import math
import multiprocessing

import pytest
import sqlalchemy as sa

from ecops.errors import SpecError
from ecops.finding import Amount, Finding
from ecops.handbook import advice
from ecops.messages import Message
from ecops.periods import Period
from ecops.review.decisions.actions import ActionLog
from ecops.store.state import State

FINDING = Finding(
    area="funnel",
    kind="rate",
    subject={"platform": "douyin", "step": "pay"},
    metric="payment_rate",
    period=Period(dt.date(2026, 11, 2), dt.date(2026, 11, 15)),
    compare=None,
    before=0.76,
    after=0.37,
    ci=(-0.45, -0.33),
    q_value=0.0,
    n=400,
    confidence="confirmed",
    money=Amount(-84_000, -106_000, -62_000, "CNY", "period"),
    headline=Message("{text}", text="x"),
    evidence=Message("{text}", text="x"),
    action=advice("payment_low"),
)


@pytest.fixture
def log(tmp_path):
    return ActionLog(State(f"sqlite:///{tmp_path / 'state.sqlite'}"))


def test_an_action_takes_what_the_finding_knows(log):
    action = log.add_from(FINDING, "li", "检查支付通道", due=dt.date(2026, 11, 20))
    assert log.action(action.id) == log.actions()[0].__class__(
        **{f: getattr(action, f) for f in action.__slots__} | {"created": None}
    )
    assert (action.owner, action.metric, action.subject) == ("operations", "payment_rate", FINDING.subject)
    assert action.expected_weekly == 42_000
    assert action.troubled_since == dt.date(2026, 11, 2)
    assert action.overdue(dt.date(2026, 11, 21))
    assert not action.overdue(dt.date(2026, 11, 20))


def test_changes_are_kept_and_the_last_writer_of_a_field_wins(log):
    action = log.add("li", title="a", owner="design", metric="ctr")
    log.change(action.id, "wang", person="小王", due=dt.date(2026, 12, 1))
    log.change(action.id, "li", state="done", began=dt.date(2026, 11, 23))
    now = log.action(action.id)
    assert (now.person, now.due, now.state, now.began) == ("小王", dt.date(2026, 12, 1), "done", dt.date(2026, 11, 23))
    assert math.isnan(now.expected_weekly)
    assert [entry.actor for entry in log.history(action.id)] == ["li", "wang", "li"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"owner": "desing"}, "design"),
        ({"state": "finished"}, "state"),
        ({"state": "done"}, "first day"),
        ({"title": " "}, "title"),
        ({"colour": "red"}, "field"),
    ],
)
def test_what_is_not_allowed_is_said_and_not_written(log, fields, said):
    action = log.add("li", title="a", owner="design", metric="ctr")
    with pytest.raises(SpecError, match=said):
        log.change(action.id, "li", **fields)
    assert len(log.history(action.id)) == 1
    with pytest.raises(SpecError, match="does not exist"):
        log.change("nothing", "li", note="x")


def test_history_cannot_be_rewritten(log, tmp_path):
    log.add("li", title="a", owner="design", metric="ctr")
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")
    for statement in ("UPDATE ecops_journal SET actor = 'x'", "DELETE FROM ecops_journal"):
        with pytest.raises(sa.exc.IntegrityError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)


def _write(url, worker, id, times):
    log = ActionLog(State(url))
    for turn in range(times):
        if turn % 2:
            log.change(id, f"worker {worker}", note=f"{worker}-{turn}")
        else:
            log.add(f"worker {worker}", title=f"{worker}-{turn}", owner="design", metric="ctr")


def write_from_four_processes(url):
    log = ActionLog(State(url))
    shared = log.add("li", title="shared", owner="design", metric="ctr")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write, args=(url, worker, shared.id, 60)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert {action.title for action in log.actions()} == {"shared"} | {
        f"{w}-{t}" for w in range(4) for t in range(0, 60, 2)
    }
    notes = {entry.fields["note"] for entry in log.history(shared.id)[1:]}
    assert notes == {f"{w}-{t}" for w in range(4) for t in range(1, 60, 2)}


def test_two_hundred_and_forty_writes_from_four_processes_lose_nothing(tmp_path):
    write_from_four_processes(f"sqlite:///{tmp_path / 'state.sqlite'}")


def test_two_hundred_and_forty_writes_from_four_processes_lose_nothing_on_postgresql(postgres_url):
    write_from_four_processes(postgres_url)


@pytest.mark.row(31)
def test_a_small_trial_is_rolled_out_once_it_is_in_force(log):
    trial = log.add_from(FINDING, "li", "检查支付通道", extent="small")
    with pytest.raises(SpecError, match="in force"):
        log.roll_out(trial.id, "li")
    log.change(trial.id, "li", state="done", began=dt.date(2026, 11, 16))
    rolled = log.roll_out(trial.id, "li", dt.date(2026, 12, 1))
    assert (rolled.extent, rolled.after, rolled.state, rolled.began) == ("whole", trial.id, "open", None)
    assert (rolled.title, rolled.metric, rolled.subject) == (trial.title, trial.metric, trial.subject)
    assert rolled.due == dt.date(2026, 12, 1)
    assert log.action(trial.id).state == "done"
    with pytest.raises(SpecError, match="rolled out before"):
        log.roll_out(trial.id, "li")
    with pytest.raises(SpecError):
        log.roll_out(rolled.id, "li")
    with pytest.raises(SpecError):
        log.add_from(FINDING, "li", "x", extent="half")
