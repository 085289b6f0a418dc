"""From dropped files to loaded tables: look, map, check, load. Nothing is half-loaded or guessed in silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

import ecops
from ecops import sources
from ecops.messages import Message, Percent
from ecops.store import Receipt, Wishes
from ui.data import asking, mapping, receipts
from ui.parts import errors
from ui.parts.text import _, escape, language, say
from ui.state import workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecops.sources import Grid, Inspection, Match
    from ecops.sources import Mapping as Plan

_QUEUE = "upload_queue"
_ROUND = "upload_round"
_WANTED = "upload_load"


@dataclass(slots=True)
class Check:
    """What a check of a file said.

    Attributes:
        plans: the mappings that were checked, as plain values.
        receipt: the report; None when the file was refused as a whole.
        bad_rows: sheet -> CSV of the cells behind the problems.
        error: why it was refused.
    """

    plans: dict[str, Any]
    receipt: Receipt | None = None
    bad_rows: Mapping[str, bytes] = field(default_factory=dict)
    error: ecops.EcopsError | None = None


@dataclass(slots=True)
class Intake:
    """One file on its way in, kept for the session.

    Attributes:
        name: what the reader calls it.
        inspection: what the worker read; None when it could not.
        error: why it could not.
        start: sheet -> the mapping that was remembered for its header, or that detection is sure of.
        check: the last check.
        receipt: after loading.
        dates_doubtful: whether the reader has to say which number of a date is the day.
        points_doubtful: whether she has to say what the point in amounts means.
        offers: what each of the likely reports would load, for sheets that may be several.
        wanted: reports that the page asks for; the file is taken for one of them when it can be.
    """

    name: str
    inspection: Inspection | None = None
    error: ecops.EcopsError | None = None
    start: dict[str, Plan] = field(default_factory=dict)
    check: Check | None = None
    receipt: Receipt | None = None
    wanted: tuple[str, ...] = ()
    dates_doubtful: bool = False
    points_doubtful: bool = False
    offers: dict[str, str] = field(default_factory=dict)


def queue() -> dict[str, Intake]:
    """The files of this session's drop zone by the id of their upload."""
    waiting: dict[str, Intake] = st.session_state.setdefault(_QUEUE, {})
    return waiting


def box(wanted: tuple[str, ...] = ()) -> None:
    """The privacy notice, the drop zone, and a card for each file.

    Args:
        wanted: reports that the page asks for, the usual one first; any when empty.
    """
    st.caption(
        _(
            "Files are read on this server only and stay in its workspace folder. Buyers' names are replaced by codes, "
            "telephone numbers and addresses are not stored, and nothing is sent anywhere."
        )
    )
    dropped = st.file_uploader(
        _("Drop the exports of your platforms here: CSV, Excel, or a zip of several, up to 200 MB each"),
        accept_multiple_files=True,
        key=f"files_{st.session_state.setdefault(_ROUND, 0)}",
    )
    st.caption(_("A larger file goes in by the command line: {command}", command=_command()))
    waiting = queue()
    kept = {file.file_id for file in dropped}
    for gone in [file_id for file_id in waiting if file_id not in kept]:
        _close(waiting.pop(gone))
    fresh = [file for file in dropped if file.file_id not in waiting]
    if fresh:
        _look(fresh, waiting, wanted)
    for file_id, intake in waiting.items():
        _card(file_id, intake)


def _command() -> str:
    """What loads a file into this shop from the command line, which takes the reader's own when none is named."""
    own = workspaces.current_name() == workspaces.OWN
    return "python -m ecops load FILE" + ("" if own else f" --workspace '{workspaces.current().folder}'")


def _look(files: list[Any], waiting: dict[str, Intake], wanted: tuple[str, ...]) -> None:
    """Read and check new files in the worker, saying which one is at work."""
    with st.status(_("Reading the files"), expanded=False) as status:
        for place, file in enumerate(files, 1):
            status.update(label=_("Reading {file} ({place} of {all})", file=file.name, place=place, all=len(files)))
            waiting[file.file_id] = _intake(file, wanted)
        status.update(label=_("{n} files read", n=len(files)), state="complete")


def _intake(file: Any, wanted: tuple[str, ...]) -> Intake:
    intake = Intake(file.name, wanted=wanted)
    try:
        intake.inspection = sources.inspect(file.getvalue(), file.name)
        # Without wishes the store takes what was confirmed for the same header before, then what detection is sure of.
        intake.check = _check(intake.inspection, None)
        if not _is_wanted(intake.check, wanted):
            plans = _wanted_plans(intake.inspection, wanted)
            intake.check = _check(intake.inspection, plans) if plans else intake.check
    except ecops.EcopsError as error:
        intake.error = error
    else:
        if intake.check.receipt is not None:
            plans = {sheet.sheet: sheet.mapping for sheet in intake.check.receipt.sheets}
            intake.start = {name: sources.Mapping.from_dict(plan) for name, plan in plans.items()}
            intake.check.plans = {name: plan.to_dict() for name, plan in intake.start.items()}
    return intake


def _is_wanted(check: Check, wanted: tuple[str, ...]) -> bool:
    """Whether a file was taken for what the page asks for."""
    sheets = check.receipt.sheets if check.receipt is not None else ()
    return not wanted or any(sheet.mapping["source"] in wanted for sheet in sheets)


def _wanted_plans(inspection: Inspection, wanted: tuple[str, ...]) -> dict[str, Plan]:
    """The sheets that may be what the page asks for, with all that is needed."""
    found: dict[str, Plan] = {}
    for grid, matches in inspection.sheets:
        for match in matches:
            if match.source in wanted and not match.missing and asking.fits(match):
                found.setdefault(grid.name, match.mapping)
    return found


def _close(intake: Intake) -> None:
    if intake.inspection is not None:
        intake.inspection.close()


def _card(file_id: str, intake: Intake) -> None:
    with st.container(border=True, key=f"intake_{file_id}"):
        st.subheader(escape(intake.name), anchor=False)
        if intake.error is not None:
            errors.show(intake.error)
        elif intake.receipt is not None:
            receipts.done(intake.receipt, f"done_{file_id}")
        elif intake.inspection is not None:
            with errors.explained():
                _review(file_id, intake, intake.inspection)


def _review(file_id: str, intake: Intake, inspection: Inspection) -> None:
    """Every sheet with its mapping, the report of the check, and the button that loads."""
    plans, answered = _plans(file_id, intake, inspection)
    if not answered:
        st.info(_("Answer what is asked above, then the file can be checked."))
        return
    if not plans:
        st.caption(_("No sheet of this file is chosen."))
        return
    if any(mapping.missing_columns(plan) for plan in plans.values()):
        st.info(_("Fill in what is missing above, then the file can be checked."))
        return
    plain = {name: plan.to_dict() for name, plan in plans.items()}
    if intake.check is None or intake.check.plans != plain:
        with st.status(_("Checking {file}", file=inspection.file), expanded=False) as status:
            intake.check = _check(inspection, plans)
            status.update(label=_("Checked"), state="complete")
    if intake.check.receipt is None:
        _refused(intake, intake.check.error)
        return
    _decide(file_id, intake, intake.check.receipt, plans)


def _refused(intake: Intake, error: ecops.EcopsError | None) -> None:
    """Why a file cannot be loaded; what the reader can answer is asked above on the next run."""
    if error is not None and error.asks == "date_order" and not intake.dates_doubtful:
        intake.dates_doubtful = True
        st.rerun()
    if error is not None and error.asks == "decimal" and not intake.points_doubtful:
        intake.points_doubtful = True
        st.rerun()
    if error is not None:
        errors.show(error)


def _plans(file_id: str, intake: Intake, inspection: Inspection) -> tuple[dict[str, Plan], bool]:
    """The mapping of every sheet that is wanted, as the reader leaves it, with her answers to unknown words.

    Also whether everything that is asked about the sheets is answered.
    """
    plans = {}
    answered = True
    words: dict[str, dict[str, dict[str, str]]] = st.session_state.setdefault("upload_words", {})
    for place, (grid, matches) in enumerate(inspection.sheets):
        key = f"{file_id}_{place}"
        if len(inspection.sheets) > 1:
            wanted = grid.name in intake.start or (not intake.start and bool(matches))
            if not st.checkbox(_("Load {sheet}", sheet=grid.name), value=wanted, key=f"{key}_wanted"):
                continue
        start = intake.start.get(grid.name)
        wanted = intake.wanted if start is None or start.source in intake.wanted else ()
        fitting = tuple(match for match in matches if match.source in wanted or not wanted)
        plan = _sheet(grid, fitting, key, intake, inspection)
        if plan is None:
            answered = False
            continue
        for column, answers in words.get(f"{file_id}/{grid.name}", {}).items():
            plan = plan.with_values(column, answers)
        plans[grid.name] = plan
    order = mapping.ask_date_order(f"{file_id}_dates") if intake.dates_doubtful else None
    point = mapping.ask_decimal(f"{file_id}_points") if intake.points_doubtful else None
    said = {name: answer for name, answer in (("date_order", order), ("decimal", point)) if answer}
    return {name: plan.with_options(**said) for name, plan in plans.items()}, answered


def _sheet(grid: Grid, matches: tuple[Match, ...], key: str, intake: Intake, inspection: Inspection) -> Plan | None:
    """What the sheet was taken for, and the reader's corrections; None while a question about it is open."""
    start = intake.start.get(grid.name)
    asked = start is None and asking.is_open(matches)
    if asked:
        pass  # said with the question
    elif matches:
        best = matches[0]
        st.markdown(
            _(
                "Recognised as {report}, {confidence} sure",
                report=sources.source(best.source).label,
                confidence=Percent(best.confidence, 0),
            )
        )
    else:
        st.warning(_("No export we know has these columns. Say below what the file is and which column is which."))
    header = [_("header in row {n}", n=grid.header_line + 1)] if grid.header_line >= 0 else []
    facts = [_("{rows} rows", rows=grid.rows), *header]
    if grid.container == "csv":  # the cells of workbooks are no bytes that a reader could check
        facts.insert(1, _("encoding {encoding}", encoding=grid.encoding.upper()))
    st.caption(" · ".join(facts))
    for note in grid.notes:
        st.caption(say(note))
    if asked:
        name = asking.report(grid, matches, key, inspection, intake.offers)
    else:
        name = mapping.choose_source(matches, key, start, intake.wanted)
    if name is None:
        return None
    plan = mapping.edit(grid, name, key, start)
    chosen = next((match for match in matches if match.source == name), None) if start is None else None
    checked = asking.columns_checked(chosen, key)
    return plan if checked else None


def _check(inspection: Inspection, plans: dict[str, Plan] | None) -> Check:
    """Convert without publishing: what would be loaded, and what is wrong with it."""
    told = {name: plan.to_dict() for name, plan in (plans or {}).items()}
    wishes = Wishes(mapping=plans, sheets=list(plans)) if plans is not None else None
    try:
        receipt, bad_rows = workspaces.current().check(inspection, wishes)
    except ecops.EcopsError as error:
        return Check(told, error=error)
    return Check(told, receipt, bad_rows)


def _decide(file_id: str, intake: Intake, receipt: Receipt, plans: dict[str, Plan]) -> None:
    """The report, then either words to be explained or the button that loads."""
    done = True
    for place, (sheet, unknown) in enumerate(receipt.unknown_values.items()):
        answers, complete = mapping.ask_words(plans[sheet], unknown, f"{file_id}_{place}")
        done = done and complete
        if complete:
            st.session_state["upload_words"].setdefault(f"{file_id}/{sheet}", {}).update(answers)
    if receipt.unknown_values:
        # The answers become part of the plan on the next run, which checks the file again.
        st.button(_("Check again with these answers"), key=f"again_{file_id}", disabled=not done, type="primary")
        return
    receipts.report(receipt, f"report_{file_id}", intake.check.bad_rows if intake.check else {})
    receipts.loaded_before(receipt)
    agreed = asking.leave_out(receipt, file_id)
    asked = receipt.currency_unknown and not workspaces.current().currency
    currency = mapping.ask_currency(f"currency_{file_id}") if asked else ""
    st.button(
        _("Load {rows} rows", rows=receipt.rows),
        key=f"load_{file_id}",
        type="primary",
        disabled=currency is None or not agreed,
        on_click=_want,
        args=(file_id,),
    )
    if st.session_state.get(_WANTED) == file_id:
        st.session_state[_WANTED] = None
        _load(intake, plans, currency or "")


def _want(file_id: str) -> None:
    st.session_state[_WANTED] = file_id


def _load(intake: Intake, plans: dict[str, Plan], currency: str) -> None:
    assert intake.inspection is not None
    with st.status(_("Loading {file}", file=intake.name), expanded=False) as status:

        def tell(step: Message) -> None:
            status.update(label=step.text(language(), escape))

        # The button is there only when it was said that the rows may be left out.
        wishes = Wishes(mapping=plans, sheets=list(plans), currency=currency, bare_money=False, leave_out=True)
        intake.receipt = workspaces.current().load_inspected(intake.inspection, wishes, progress=tell)
        status.update(label=_("Loaded"), state="complete")
    _close(intake)
    st.rerun()


def finish() -> None:
    """Forget the files of this round and show an empty drop zone (for callbacks)."""
    for intake in queue().values():
        _close(intake)
    st.session_state[_QUEUE] = {}
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
