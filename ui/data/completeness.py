"""How complete the data of the shop is: kinds of sources, and how many of their fields are filled."""

from __future__ import annotations

import streamlit as st

from ecops.metrics.told.completeness import completeness
from ecops.tables import table as canonical_table
from ui.parts import tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain, say
from ui.state import workspaces


def panel() -> None:
    """The verdict in one line; kinds of sources and the emptiest fields folded."""
    st.subheader(_("Data completeness"), anchor=False)
    found = workspaces.answer(completeness)
    st.markdown(say(found.verdict))
    more = st.expander(_("Which sources and which fields"), key="completeness", on_change="rerun")
    if not more.open:
        return
    with more:
        sources = found.sources.assign(kind=[plain(kind) for kind in found.sources["kind"]])
        shapes = {
            "kind": Shape(_("Kind of source")),
            "loaded": Shape(_("Loaded"), "flag"),
            "rows": Shape(_("Rows"), "count"),
            "share": Shape(_("Fields filled"), "percent"),
        }
        tables.show(sources[list(shapes)], "completeness_sources", shapes)
        lacking = found.fields[found.fields["share"] < 1]
        if len(lacking):
            st.caption(_("Fields that are not filled everywhere, the emptiest first."))
            named = lacking.assign(
                field=[plain(canonical_table(row.table)[row.field].label) for row in lacking.itertuples()],
                table=[plain(canonical_table(name).label) for name in lacking["table"]],
            )
            fields = {
                "table": Shape(_("Table")),
                "field": Shape(_("Field")),
                "share": Shape(_("Fields filled"), "percent"),
            }
            tables.show(named[list(fields)], "completeness_fields", fields)
