"""Meetings, the countdown to a promotion, checklists, requests, the hand-over sheet, awards, the tree of goals."""

import datetime as dt
import json
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from ecops.errors import SpecError
from ecops.handbook import roles
from ecops.metrics.registry import metrics
from ecops.review import goals
from ecops.review.meetings import checklists
from ecops.review.meetings.awards import awards
from ecops.review.meetings.handover import handover
from ecops.review.meetings.meeting import MOST, agenda, meeting, meetings
from ecops.review.meetings.requests import Requests
from ecops.store import Workspace
from ecops.store.inputs import open_data

START = dt.date(2026, 11, 11)


@pytest.fixture
def state(tmp_path):
    return Workspace.open(tmp_path / "shop").state


def promoted(state, **names):
    calendar = pd.DataFrame(
        [{"starts_on": START, "ends_on": START, "name": "双11", "name_en": "Double 11", "kind": "promotion", **names}]
    )
    data = open_data({"calendar": calendar})
    return SimpleNamespace(has=data.has, query=data.query, state=state)


@pytest.mark.row(55)
def test_the_countdown_counts_back_from_the_promotion(state):
    data = promoted(state)
    found = checklists.countdown(data, START - dt.timedelta(days=20))
    assert (found.start, found.end, found.name) == (START, START, "双11")
    due = {item.due for item in found.items}
    assert {START - dt.timedelta(days=30), START - dt.timedelta(days=15), START - dt.timedelta(days=13)} <= due
    assert [item.due for item in found.items] == sorted(item.due for item in found.items)
    page = next(item for item in found.items if item.due == START - dt.timedelta(days=13))
    assert page.role == "design"
    checklists.tick(state, found.subject, page.place, "anna")
    again = checklists.countdown(data, START)
    assert [item.place for item in again.items if item.done] == [page.place]
    checklists.tick(state, found.subject, page.place, "anna", done=False)
    assert not any(item.done for item in checklists.countdown(data, START).items)


@pytest.mark.row(303)
def test_opening_a_shop_has_six_stages_each_with_figures_that_exist(state):
    checklists.begin(state, "opening", START, "anna")
    (opening,) = checklists.begun(state)
    assert len(opening.items) == 6
    assert {key for item in opening.items for key in item.kpis} <= metrics().keys()
    assert {"visitors", "pay_conversion"} <= set(opening.items[4].kpis)


def test_no_countdown_before_sixty_days_nor_after_the_end_nor_for_another_kind(state):
    data = promoted(state)
    assert checklists.countdown(data, START - dt.timedelta(days=61)) is None
    assert checklists.countdown(data, START - dt.timedelta(days=60)) is not None
    assert checklists.countdown(data, START + dt.timedelta(days=1)) is None
    assert checklists.countdown(promoted(state, kind="failure"), START) is None


def test_a_promotion_that_runs_all_year_hides_no_other(state):
    year = {"starts_on": dt.date(2026, 1, 1), "ends_on": dt.date(2026, 12, 31), "name": "会员日", "kind": "promotion"}
    peak = {"starts_on": START, "ends_on": START + dt.timedelta(days=3), "name": "双11", "kind": "promotion"}
    data = open_data({"calendar": pd.DataFrame([year, peak])})
    both = SimpleNamespace(has=data.has, query=data.query, state=state)
    for day, name in ((-20, "双11"), (2, "双11"), (4, "会员日")):
        assert checklists.countdown(both, START + dt.timedelta(days=day)).name == name


@pytest.mark.row(44, 54)
def test_a_plan_and_a_procedure_are_begun_and_ticked(state):
    subject = checklists.begin(state, "three_phases", START, "anna")
    checklists.begin(state, "sop_page", START, "anna")
    plan, procedure = checklists.begun(state)
    assert plan.items[-1].due == START + dt.timedelta(days=300)
    assert {item.due for item in procedure.items} == {START}
    checklists.tick(state, subject, 0, "anna")
    assert [item.done for item in checklists.begun(state)[0].items] == [True] + [False] * (len(plan.items) - 1)
    checklists.close(state, subject, "anna")
    assert [one.key for one in checklists.begun(state)] == ["sop_page"]
    with pytest.raises(SpecError):
        checklists.begin(state, "nothing", START, "anna")


@pytest.mark.row(33, 58)
def test_requests_wait_until_they_are_settled(state):
    pool = Requests(state)
    late = pool.add("anna", "首页海报", "request", "operations", "design", START + dt.timedelta(days=9))
    soon = pool.add("anna", "详情页视频", "request", "operations", "design", START)
    trend = pool.add("anna", "直播合规新规", "policy", "compliance", "lead")
    assert [one.id for one in pool.open()] == [soon.id, late.id, trend.id]
    assert "Operations → Design" in soon.sentence.text("en")
    assert "2026" in soon.sentence.text("zh") or "11月11日" in soon.sentence.text("zh")
    pool.settle("ben", soon.id)
    assert [one.id for one in Requests(state).open()] == [late.id, trend.id]
    for bad in (("", "request", "lead", "lead"), ("x", "wish", "lead", "lead"), ("x", "request", "boss", "lead")):
        with pytest.raises(SpecError):
            pool.add("anna", *bad)
    with pytest.raises(SpecError):
        pool.settle("ben", "nothing")
    with pytest.raises(SpecError):
        Requests(None).add("anna", "x", "request", "lead", "lead")


def line(order, status, paid, **fields):
    return {
        "platform": "taobao", "shop": "one", "order_id": order, "line_id": "1", "ordered_at": paid, "paid_at": paid,
        "status": status, "sku": "cup", "title": "Cup", "quantity": 2.0, "paid_amount": 10.0, "currency": "CNY",
        **fields,
    }  # fmt: skip


@pytest.mark.row(35)
def test_the_sheet_for_the_warehouse_holds_what_is_paid_and_not_shipped():
    now = dt.datetime(2026, 11, 15)
    old = now - dt.timedelta(hours=50)
    lines = pd.DataFrame(
        [
            line("late", "paid", old),
            line("fresh", "paid", now - dt.timedelta(hours=3)),
            line("promised", "paid", old, promised_at=now + dt.timedelta(hours=5), sku="pot"),
            line("gone", "shipped", old, shipped_at=now),
            line("back", "closed", old),
            line("never", "unpaid", old),
            line("ancient", "paid", now - dt.timedelta(days=40)),
            # This platform never says that anything was shipped: everything would seem to wait.
            line("silent", "paid", old, platform="shopify"),
        ]
    )
    found = handover(lines, now)
    assert (found.orders, found.late) == (3, 1)
    cup, pot = found.table.to_dict("records")
    assert (cup["sku"], cup["quantity"], cup["orders"], cup["late"]) == ("cup", 4.0, 2, 2.0)
    assert cup["due_first"] == old + dt.timedelta(hours=48)
    assert (pot["sku"], pot["late"], pot["due_first"]) == ("pot", 0.0, now + dt.timedelta(hours=5))
    assert "3 paid orders" in found.sentence.text("en")
    nothing = handover(lines[lines["status"] == "shipped"], now)
    assert (nothing.orders, nothing.sentence.text("en")) == (0, "No paid order waits to be shipped.")
    # Orders of which nobody has paid one yet.
    assert handover(lines.assign(paid_at=pd.NaT)).orders == 0


@pytest.mark.row(32, 34, 36)
def test_every_meeting_has_people_that_exist_and_points_that_can_be_looked_up():
    assert {"goals", "cases", "process", "product", "departments", "innovation"} <= set(meetings())
    for kind in meetings().values():
        assert set(kind.people) <= roles().keys()
        assert {key for point in kind.points for key in point.kpis} <= metrics().keys()
    with pytest.raises(SpecError):
        meeting("party")


@pytest.mark.row(32, 33, 34, 35, 36)
def test_an_agenda_brings_figures_findings_and_requests(shop_with_orders):
    from ecops.review import weekly

    review, data = weekly(shop_with_orders), shop_with_orders.data()
    for key in meetings():
        for told in agenda(key, data, review):
            assert len(told.lines) <= MOST
    week = {told.point.looks: told.lines for told in agenda("weekly", data, review)}
    gmv = next(row for row in review.kpis if row.metric.key == "gmv")
    assert any("GMV" in text.text("en") and f"{gmv.value / 1000:.1f}k" in text.text("en") for text in week["figures"])
    assert [text.text("en") for text in week["findings"]] == [one.headline.text("en") for one in review.findings[:MOST]]
    (sheet,) = agenda("handover", data, review)[0].lines
    assert sheet.text("en") == handover(data).sentence.text("en")


@pytest.mark.row(51)
def test_awards_go_by_proven_money():
    def item(owner, standing, began, due, money=None):
        action = SimpleNamespace(owner=owner, began=began, due=due)
        earned = SimpleNamespace(value=money) if money is not None else None
        return SimpleNamespace(action=action, standing=standing, outcome=SimpleNamespace(earned=earned))

    day = dt.timedelta(days=1)
    found = awards([
        item("design", "worked", START, START, 100.0),
        item("design", "no_evidence", START + day, START),
        item("service", "worked", START, START + day, 300.0),
        item("operations", "open", None, START),
    ])  # fmt: skip
    assert [one.owner for one in found] == ["service", "design", "operations"]
    design = found[1]
    assert (design.in_force, design.on_time, design.due, design.proven, design.money) == (2, 1, 2, 1, 100.0)
    assert found[2].in_force == 0


def test_no_factor_is_told_to_lose_where_the_agreed_ones_bring_enough():
    values = {"gmv": 1000.0, "visitors": 100.0, "pay_conversion": 0.1, "value_per_buyer": 100.0}
    due = START + dt.timedelta(days=70)
    wanted = [goals.Target("gmv", 1200.0, due, START, 1000.0), goals.Target("visitors", 200.0, due, START, 100.0)]
    tree = {branch.metric: branch for branch in goals.goal_tree(values, wanted, START)}
    assert tree["pay_conversion"].goal == pytest.approx(0.1)
    assert tree["value_per_buyer"].goal == pytest.approx(100.0)


def test_the_commands_speak(shop_with_orders):
    from typer.testing import CliRunner

    from ecops.commands.app import app

    run = CliRunner().invoke
    told = run(app, ["meeting", "weekly", "--workspace", str(shop_with_orders.folder), "--json"])
    assert told.exit_code == 0, told.output
    assert '"points"' in told.output
    sheet = run(app, ["handover", "--workspace", str(shop_with_orders.folder)])
    assert "paid orders wait" in sheet.output
    assert run(app, ["meeting", "party", "--workspace", str(shop_with_orders.folder)]).exit_code == 2


def test_the_hand_over_of_a_shop_without_orders_names_no_day(tmp_path):
    from ecops.commands.app import app

    Workspace.open(tmp_path / "shop")
    told = json.loads(CliRunner().invoke(app, ["handover", "--workspace", str(tmp_path / "shop"), "--json"]).output)
    assert told == {"asked": None, "orders": 0, "late": 0, "lines": []}
