"""What an upload asks before it offers to load: which report a file is, where its money is, what may be left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as MappingType
from typing import TYPE_CHECKING

import streamlit as st

import ecops
from ecops.messages import DateRange, Message, Money
from ecops.sources.conversion.report import DROPS
from ecops.sources.recognition import certainty, questions
from ecops.sources.registry import source, sources
from ecops.sources.text import normalise_header
from ecops.store import Receipt, SheetReceipt, Wishes
from ecops.tables import table as canonical_table
from ui.parts.text import _, escape, joined, plain, say
from ui.state import workspaces

if TYPE_CHECKING:
    from ecops.sources import Grid, Inspection, Mapping, Match

_OTHER = ""
"""Stands in the choice for a report that is not among the likely ones."""

_OF_REPORTS = {"headless", "unknown", "rivals", "unconfirmed"}
_OF_COLUMNS = {"doubtful", "absent"}


def is_open(matches: tuple[Match, ...]) -> bool:
    """Whether it has to be asked which report a sheet is."""
    return bool(matches) and bool(_OF_REPORTS & set(matches[0].doubts))


def fits(match: Match) -> bool:
    """Whether a sheet may be taken for what its page asks for: nothing is guessed and most of it is understood."""
    guessed = {"headless", "lacking", *_OF_COLUMNS} & set(match.doubts)
    return not guessed and match.understood >= certainty.FLOOR


def report(
    grid: Grid, matches: tuple[Match, ...], key: str, inspection: Inspection, offers: dict[str, str]
) -> str | None:
    """Ask which report a sheet is, the likely ones side by side with what each would load; None until answered.

    Args:
        grid: the sheet.
        matches: what it may be, best first.
        key: names the sheet on the page.
        inspection: the file.
        offers: what each report would load, worked out once.
    """
    likely = questions.likely(matches)
    st.warning(_("It is not certain what this file is. {why}", why=questions.joined(questions.why(matches[0]))))
    with st.spinner(_("Working out what each would load")):
        for match in likely:
            name = f"{key}_{match.source}"
            if name not in offers:
                offers[name] = _offer(grid, match, inspection)
    for place, match in zip(st.columns(len(likely)), likely, strict=True):
        with place.container(border=True):
            st.markdown(f"**{say(source(match.source).label)}**")
            st.caption(_("One row is: {grain}", grain=canonical_table(match.table).grain))
            st.markdown(offers[f"{key}_{match.source}"])
            if match.unknown:
                st.caption(_("Not known: {columns}", columns=", ".join(match.unknown)))
    labels = {match.source: plain(source(match.source).label) for match in likely} | {_OTHER: _("none of these")}
    chosen = st.radio(
        _("What is this file?"), list(labels), index=None, format_func=labels.__getitem__, key=f"{key}_report"
    )
    if chosen == _OTHER:
        others = {name: plain(entry.label) for name, entry in sources().items() if name not in labels}
        chosen = st.selectbox(
            _("Then it is"),
            list(others),
            index=None,
            format_func=others.__getitem__,
            placeholder=_("Choose a report"),
            key=f"{key}_other",
        )
    return chosen


def _offer(grid: Grid, match: Match, inspection: Inspection) -> str:
    """What a sheet would load as one of the reports, in a few words."""
    if match.missing:
        target = canonical_table(match.table)
        return _("It lacks {columns}.", columns=Message(joined(plain(target[name].label) for name in match.missing)))
    try:
        wishes = Wishes(mapping={grid.name: match.mapping}, sheets=[grid.name])
        receipt, _bad = workspaces.current().check(inspection, wishes)
    except ecops.EcopsError as error:
        return say(error.what)
    return loads(receipt.sheets[0])


def loads(sheet: SheetReceipt) -> str:
    """Rows, days and sums of what a sheet would load."""
    target = canonical_table(sheet.table)
    parts = [_("{kept} of {read} rows", kept=sheet.rows_kept, read=sheet.rows_read)]
    if sheet.first_day and sheet.last_day:
        parts.append(say(DateRange(sheet.first_day, sheet.last_day)))
    for name, amount in sheet.totals.items():
        value = Money(amount, sheet.currency) if target[name].type == "money" else amount
        parts.append(_("{column} {value}", column=target[name].label, value=value))
    lacking = [group[0] for group in target.measures if not set(group) & {*sheet.totals, *sheet.mapping["columns"]}]
    if lacking:
        parts.append(_("without {columns}", columns=Message(joined(plain(target[name].label) for name in lacking))))
    return "  \n".join(parts)


def measures(grid: Grid, mapping: Mapping, headers: list[str], key: str) -> Mapping | None:
    """Ask for the column of each measure that no column was found for; None while one is neither found nor waived."""
    plain_headers = [normalise_header(header) for header in grid.columns]
    for name in certainty.lacking_measures(mapping, plain_headers):
        field = canonical_table(mapping.table)[name].label
        header = st.selectbox(
            _("Which column holds this: {field}?", field=field),
            headers,
            index=None,
            placeholder=_("Choose a column"),
            key=f"{key}_measure_{mapping.source}_{name}",
        )
        if header is not None:
            free = {other: at for other, at in mapping.columns.items() if at != headers.index(header)}
            mapping = dataclasses.replace(mapping, columns={**free, name: headers.index(header)})
        elif st.checkbox(
            _("The file does not hold it: load it without {field}", field=field),
            key=f"{key}_without_{mapping.source}_{name}",
        ):
            told = [*filter(None, mapping.options.get("without", "").split(",")), name]
            mapping = mapping.with_options(without=",".join(told))
    return None if certainty.lacking_measures(mapping, plain_headers) else mapping


def columns_checked(match: Match | None, key: str) -> bool:
    """Ask that guessed columns are looked at; True when there are none."""
    if match is None or not _OF_COLUMNS & set(match.doubts):
        return True
    doubts = dataclasses.replace(match, lacking=(), unknown=(), understood=1.0, rivals=())
    st.warning(say(questions.joined(questions.why(doubts))))
    return st.checkbox(_("I have looked at the columns above, and they are right"), key=f"{key}_checked_{match.source}")


def leave_out(found: Receipt, key: str) -> bool:
    """Ask whether many rows may be left out; True when there are not many."""
    for sheet, dropped in found.much_left_out.items():
        reasons = joined(f"{plain(DROPS[reason])} {count:,}" for reason, count in dropped.items())
        rows: MappingType[str, int] = {one.sheet: one.rows_read for one in found.sheets}
        st.warning(
            _(
                "{n} of {all} rows would be left out: {reasons}. That is more than an export usually has; the wrong "
                "report or column is the usual cause.",
                n=sum(dropped.values()),
                all=rows[sheet],
                reasons=Message(escape(reasons)),
            )
        )
    if not found.much_left_out:
        return True
    return st.checkbox(_("Leave them out and load the other {rows} rows", rows=found.rows), key=f"leave_out_{key}")
