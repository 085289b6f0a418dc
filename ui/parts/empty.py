"""Pages without data teach: what is missing, which export has it, how it looks, and a button for the sample shop."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ecops.messages import Message
from ecops.sources import Source, sources
from ui import navigation
from ui.parts.text import _, plain, say
from ui.state import workspaces


def show(
    missing: Message,
    tables: Sequence[str],
    example: Sequence[dict[str, str]] = (),
    key: str = "empty",
) -> None:
    """Explain what a page needs.

    Args:
        missing: one sentence that says what is not there.
        tables: canonical tables any of which would fill it; the reports that fill them are listed.
        example: a few rows that show how the file looks, header -> cell.
        key: names the place on its page.
    """
    st.markdown(f"**{say(missing)}**")
    reports(tables)
    if example:
        st.caption(_("It looks like this:"))
        st.dataframe(
            {plain(name): [row.get(name, "") for row in example] for name in example[0]},
            hide_index=True,
            key=f"{key}_example",
            width="content",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        navigation.link("data", _("Upload a file"))
        if not workspaces.is_sample():
            st.button(_("Look at the sample shop"), key=f"{key}_sample", on_click=workspaces.choose_sample)


def reports(tables: Sequence[str]) -> None:
    """Which exports fill any of these tables and where each platform keeps it: one a platform, its plainest."""
    first: dict[str, Source] = {}
    for report in sorted(
        sources().values(),
        key=lambda report: (tables.index(report.table) if report.table in tables else 99, len(report.columns)),
    ):
        if report.table in tables and report.platform:
            first.setdefault(report.platform, report)
    ordered = [first[name] for name in PLATFORM_ORDER if name in first]
    if ordered:
        st.markdown(_("You find it here:"))
        st.markdown("\n".join(f"- **{say(report.label)}**  {say(report.where)}" for report in ordered))


PLATFORM_ORDER = ("taobao", "douyin", "jd", "pdd", "youzan", "weimob", "shopify", "amazon")
"""Platforms named in an empty page, in this order; the glossary has every export."""


ORDER_EXAMPLE: tuple[dict[str, str], ...] = (
    {
        "订单编号": "3801…2291",
        "订单状态": "交易成功",
        "买家实际支付金额": "129.00",
        "订单付款时间": "2026-11-09 20:14:05",
    },
    {"订单编号": "3801…7310", "订单状态": "交易关闭", "买家实际支付金额": "0.00", "订单付款时间": ""},
)
"""Two rows of the order export most readers know."""
