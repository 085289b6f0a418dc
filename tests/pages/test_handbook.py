"""Rows of the handbooks that a reader sees on a page and that no other test of the page tells."""

import re

import pytest

import ecops
from ecops import growth
from ecops.handbook import roles
from ecops.review import weekly
from tests.pages.test_pages import said


@pytest.mark.row(46)
def test_the_hours_of_the_week_are_on_the_overview(open_app, home):
    app = open_app("overview", "sample", "en", span="d28")
    app.session_state["data_hours"] = True
    app.run()
    table = next(frame.value for frame in app.dataframe if "hour" in frame.value.columns)
    assert len(table) == 7 * 24
    (known,) = (
        ecops.Workspace.open(home / "sample")
        .query(
            "select count(distinct (platform, order_id)) as n from order_lines "
            "where cast(paid_at as date) between '2026-10-19' and '2026-11-15' and paid_amount > 0"
        )["n"]
        .to_pylist()
    )
    assert table["orders"].sum() == known
    assert table["hour"].nunique() == 24


@pytest.mark.row(29, 278)
def test_an_action_is_owned_by_one_of_the_handbooks_roles(open_app, home):
    app = open_app("weekly_review", "sample", "zh")
    app.button(key="act_review_0").click().run()
    owner = app.selectbox(key="action_owner_review_0")
    assert set(owner.options) >= {"运营", "美工设计", "客服", "产品", "供应链", "仓储", "数据分析", "财务", "合规"}
    assert len(owner.options) == len(roles())
    first = weekly(ecops.Workspace.open(home / "sample")).findings[0]
    assert owner.value == first.action.owner


@pytest.mark.row(279)
def test_the_glossary_names_the_owner_of_each_metric(open_app):
    told = "\n".join(said(open_app("glossary", "sample", "zh")))
    owners = dict(re.findall(r"^- \*\*(.+?)\*\*.*\n.*负责人：(.+?)。", told, re.MULTILINE))
    assert (owners["支付转化率"], owners["点击率"], owners["缺货率"]) == ("运营", "美工设计", "供应链")
    assert set(owners) == {entry.label.zh for entry in growth.metrics().values()}
