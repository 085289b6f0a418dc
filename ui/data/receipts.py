"""What a check or a load says: counts, problems with their rows, what was left out and why, and how to take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import streamlit as st

from ecops.messages import DateRange, Message
from ecops.sources import source
from ecops.sources.conversion.report import DROPS, Issue
from ecops.store import Receipt, SheetReceipt
from ecops.store.reading import DEFAULT_TIMEZONE
from ecops.tables import table as canonical_table
from ui import navigation
from ui.parts import errors, tables
from ui.parts.text import _, escape, plain, say
from ui.state import workspaces


def report(receipt: Receipt, key: str, bad_rows: Mapping[str, bytes] | None = None) -> None:
    """What was read, kept, left out and found, sheet by sheet.

    Args:
        receipt: of a check or a load.
        key: names the report on its page.
        bad_rows: sheet -> CSV of the cells behind the problems, offered for download.
    """
    for place, sheet in enumerate(receipt.sheets):
        _sheet(sheet, f"{key}_{place}", titled=len(receipt.sheets) > 1)
        if bad_rows and sheet.sheet in bad_rows:
            rows = bad_rows[sheet.sheet]
            st.download_button(
                _("Download the rows with problems"),
                data=lambda rows=rows: tables.defused(rows),
                file_name="problem_rows.csv",
                mime="text/csv",
                key=f"bad_{key}_{place}",
                on_click="ignore",
                type="tertiary",
            )
    for name, reason in receipt.skipped.items():
        st.caption(_("{sheet} is left out: {reason}", sheet=name, reason=reason))


def done(receipt: Receipt, key: str) -> None:
    """The receipt right after a load; also when it was taken back since, here or in the list of loads."""
    undone = any(entry.id == receipt.id and entry.undone for entry in workspaces.current().receipts())
    if undone:
        st.info(_("{file}: this load was taken back. The figures are what they were before it.", file=receipt.file))
    else:
        st.success(say(receipt.summary))
    with st.container(horizontal=True, vertical_alignment="center"):
        navigation.link("overview", _("See what changed"))
        if not receipt.already_loaded and not undone:
            st.button(_("Undo this load"), key=f"undo_{key}", on_click=undo, args=(receipt.id,), type="tertiary")
    with st.expander(_("Receipt"), key=f"{key}_sheets"):
        body(receipt, key)


def loaded_before(receipt: Receipt) -> None:
    """Say before a load that the same file is in already.

    Args:
        receipt: of a check.
    """
    same = [one for one in workspaces.current().receipts() if one.sha256 == receipt.sha256 and not one.undone]
    if same:
        st.info(_("This very file was loaded before, {when}. Nothing will count twice.", when=_clock(same[-1])))


def undo(receipt_id: str) -> None:
    """Take a load back (for callbacks); what went wrong is shown on the next run."""
    with errors.kept():
        workspaces.current().undo(receipt_id)


def body(receipt: Receipt, key: str) -> None:
    """Everything a receipt knows."""
    st.caption(
        _(
            "SHA-256 {hash}, {size} bytes, loaded {day}",
            hash=receipt.sha256[:8],
            size=receipt.size,
            day=_clock(receipt),
        )
    )
    report(receipt, key)


def history(receipts: Sequence[Receipt], key: str) -> None:
    """Every load, newest first, and one of them in full with its undo."""
    if not receipts:
        st.caption(_("Nothing has been loaded yet."))
        return
    newest = {receipt.id: receipt for receipt in reversed(receipts)}
    st.dataframe(
        {
            _("File"): [plain(receipt.file) for receipt in newest.values()],
            _("Loaded at"): [_clock(receipt) for receipt in newest.values()],
            _("Rows"): [receipt.rows for receipt in newest.values()],
            _("State"): [_("taken back") if receipt.undone else _("in use") for receipt in newest.values()],
        },
        hide_index=True,
        key=f"{key}_loads",
        height=min(38 + 35 * len(newest), 260),
        column_config={_("Rows"): st.column_config.NumberColumn(format="%,.0f")},
    )
    with st.expander(_("Receipt of one load"), key=f"{key}_one"):
        labels = {name: f"{plain(entry.file)}  {_clock(entry)}" for name, entry in newest.items()}
        # What can be taken back stands first.
        chosen = st.selectbox(
            _("Load"),
            sorted(newest, key=lambda name: newest[name].undone),
            format_func=labels.__getitem__,
            key=f"{key}_chosen",
        )
        receipt = newest[chosen]
        body(receipt, f"{key}_{receipt.id}")
        if not receipt.undone and not workspaces.is_sample():
            st.button(_("Undo this load"), key=f"undo_{key}_{receipt.id}", on_click=undo, args=(receipt.id,))


def _clock(receipt: Receipt) -> str:
    """When a load was made, by the clock of the shop."""
    zone = ZoneInfo(workspaces.current().setting("timezone", DEFAULT_TIMEZONE))
    return f"{receipt.loaded_at.astimezone(zone):%Y-%m-%d %H:%M}"


def _sheet(sheet: SheetReceipt, key: str, *, titled: bool) -> None:
    if titled:
        st.markdown(f"**{escape(sheet.sheet)}**")
    st.markdown(_line(sheet))
    if sheet.dropped:
        reasons = " · ".join(f"{say(DROPS[reason])} {count:,}" for reason, count in sheet.dropped.items())
        st.caption(_("Left out: {reasons}", reasons=Message(reasons)))
    if sheet.missing_day_count:
        days = " ".join(plain(day) for day in sheet.missing_days[:8])
        st.caption(_("{n} days inside the span have no row: {days}", n=sheet.missing_day_count, days=days))
    for note in sheet.notes:
        st.caption(say(note))
    if sheet.issues:
        _issues(sheet.issues, key)


def _line(sheet: SheetReceipt) -> str:
    """The counts of a sheet as one sentence."""
    told = _(
        "{report} into {table}: {read} rows read, {kept} kept",
        report=source(sheet.source).label,
        table=canonical_table(sheet.table).label,
        read=sheet.rows_read,
        kept=sheet.rows_kept,
    )
    parts = [told]
    if sheet.first_day and sheet.last_day:
        parts.append(say(DateRange(sheet.first_day, sheet.last_day)))
    if sheet.currency:
        parts.append(sheet.currency)
    return " · ".join(parts)


def _issues(issues: Sequence[Issue], key: str) -> None:
    st.dataframe(
        {
            _("Weight"): [severity_label(issue.severity) for issue in issues],
            _("What was found"): [plain(issue.message) for issue in issues],
            _("Rows affected"): [issue.count for issue in issues],
            _("First rows"): [", ".join(str(row) for row in issue.rows) for issue in issues],
            _("Examples"): [plain(" / ".join(issue.examples)) for issue in issues],
        },
        hide_index=True,
        key=f"{key}_issues",
        height="content",
        column_config={_("What was found"): st.column_config.TextColumn(width="large")},
    )


def severity_label(severity: str) -> str:
    """How much an issue weighs."""
    return {"error": _("rows left out"), "warning": _("look at it"), "info": _("for information")}[severity]
