"""What the presale page is asked, and its answer: which day, which product, which suppositions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import streamlit as st

from ecops import door
from ecops.errors import EcopsError
from ecops.finding import Finding
from ecops.messages import DateRange, Message, Percent
from ecops.presale import Item, Presale, Spec, view
from ui.parts import empty, errors
from ui.parts.text import _, clean, plain, say
from ui.state import address, scope, workspaces

NEEDED = ("presale_deposits",)
AUTO = "auto"
COVER_DAYS = ("3", "5", "7", "10", "14", "21", "28")
UPLIFTS = (AUTO, "0.8", "1.0", "1.2", "1.5", "2.0", "2.5", "3.0", "4.0")
MARGINS = (AUTO, "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8")
SALVAGES = (AUTO, "0.0", "0.2", "0.35", "0.5", "0.65", "0.8", "0.95")
PENALTIES = (AUTO, "0.0", "0.1", "0.2", "0.3", "0.5", "1.0")
SERVICES = (AUTO, "0.5", "0.8", "0.9", "0.95", "0.98", "0.99")
SHARES = ("0.0", "0.02", "0.05", "0.1", "0.15", "0.2", "0.3", "0.5")

CHOICES: dict[str, tuple[tuple[str, ...], str]] = {
    "pcover": (COVER_DAYS, "7"),
    "puplift": (UPLIFTS, AUTO),
    "pmargin": (MARGINS, AUTO),
    "psalvage": (SALVAGES, AUTO),
    "ppenalty": (PENALTIES, AUTO),
    "pservice": (SERVICES, AUTO),
    "phalo": (SHARES, "0.0"),
    "pcannibal": (SHARES, "0.0"),
    "pcancel": ((AUTO, *SHARES), AUTO),
}
"""Key of the slider -> what it offers, and what it stands at first."""

EXAMPLE = (
    {"预售活动": "2026双11", "商家编码": "NW-S06", "日期": "2026-10-20", "定金件数": "42", "尾款件数": "",
     "定金开始日": "2026-10-20", "定金截止日": "2026-11-08", "尾款开始日": "2026-11-09"},
    {"预售活动": "2025双11", "商家编码": "NW-S06", "日期": "2025-10-20", "定金件数": "31", "尾款件数": "28",
     "定金开始日": "2025-10-20", "定金截止日": "2025-11-08", "尾款开始日": "2025-11-09"},
)  # fmt: skip
"""A row of a running presale and one of a past presale."""


@dataclass(frozen=True)
class Asked:
    """One question and its answer.

    Attributes:
        found: the answer.
        base: the answer as it was before anybody moved a slider.
        item: the product looked at; None when no presale runs.
        before: the same product in `base`.
        spec: what was chosen.
        today: the day looked at; None for the last one there is.
    """

    found: Presale
    base: Presale
    item: Item | None
    before: Item | None
    spec: Spec
    today: dt.date | None


def ask() -> Asked | None:
    """The answer for the reader's choices; teach and return None when there is nothing to answer from."""
    chosen = scope.current()
    if not there():
        empty.show(
            Message("There are no presale deposits yet: one row a campaign, product and day, past presales too."),
            NEEDED, EXAMPLE,
        )  # fmt: skip
        return None
    # A shop of deposits alone has no orders or visits from which a period could be chosen.
    today = chosen.period.end if chosen is not None and st.session_state.get("span") == "custom" else None
    spec = read()
    try:
        base = workspaces.answer(view.presale, Spec(), today)
        found = workspaces.answer(view.presale, spec, today)
    except EcopsError as error:
        errors.show(error)
        return None
    item = pick(found)
    before = next((one for one in base.items if item is not None and _same(one, item)), None)
    return Asked(found, base, item, before, spec, today)


def _same(one: Item, other: Item) -> bool:
    return (one.series.campaign, one.series.sku) == (other.series.campaign, other.series.sku)


def there() -> bool:
    """Whether the shop has presale deposits."""
    return bool(workspaces.answer(has_deposits))


def has_deposits(data: object) -> bool:
    """Whether there are presale deposits, for `workspaces.answer`."""
    return bool(data.has("presale_deposits"))  # type: ignore[attr-defined]


def read() -> Spec:
    """The choices as they stand in the reader's session or address."""
    for key, (options, default) in CHOICES.items():
        address.adopt_one(key, options, default)
    state = st.session_state
    margin = state["pmargin"] if sees_cost() else AUTO
    return Spec(
        cover_days=int(state["pcover"]),
        uplift=_told(state["puplift"]),
        margin=_told(margin),
        salvage=_told(state["psalvage"]),
        penalty=_told(state["ppenalty"]),
        service=_told(state["pservice"]),
        halo=float(state["phalo"]),
        cannibal=float(state["pcannibal"]),
        cancel=_told(state["pcancel"]),
        lead_days=_told(state.get("plead") or AUTO),
    )


def _told(choice: object) -> float | None:
    return None if choice == AUTO else float(str(choice))


def sees_cost() -> bool:
    """Whether the reader may see what goods cost, and so margins and profits."""
    return door.may_see(("products.cost",), door.reader())


def pick(found: Presale) -> Item | None:
    """The product looked at: the one with the most deposits until another is chosen."""
    if len(found.items) < 2:
        return found.items[0] if found.items else None
    labels = [clean(f"{item.name} · {item.series.campaign}") for item in found.items]
    place = st.selectbox(
        _("Product"), range(len(labels)), format_func=labels.__getitem__, key="pitem", persist_state="session",
        width=420,
    )  # fmt: skip
    return found.items[place if place is not None and place < len(labels) else 0]


def publish() -> None:
    """Write the sliders into the address."""
    for key, (_options, default) in CHOICES.items():
        chosen = str(st.session_state[key])
        address.publish(key, [chosen] if chosen != default else [])


def slider(key: str, label: str, meaning: str, kind: str = "share") -> None:
    """One slider of `CHOICES`."""
    st.select_slider(
        label,
        CHOICES[key][0],
        format_func=lambda value: _written(value, kind),
        key=key,
        persist_state="session",
        width=220,
        help=meaning,
    )


def _written(value: str, kind: str) -> str:
    if value == AUTO:
        return _("as set up") if kind == "set" else _("as the data say")
    if kind in {"share", "set"}:
        return plain(Percent(float(value)))
    return f"{float(value):g} x" if kind == "factor" else value


def line(asked: Asked) -> None:
    """The small line under the title: which day, which campaign."""
    found = asked.found
    parts = [_("as of {day}", day=DateRange(found.today, found.today))]
    if asked.item is not None:
        series = asked.item.series
        parts += [
            say(series.campaign),
            _("deposits {window}", window=DateRange(series.opens, series.closes)),
            _("balances from {day}", day=series.balance_from),
        ]
    if workspaces.is_sample():
        parts.append(_("sample shop"))
    st.caption(" · ".join(parts))


def notes(asked: Asked) -> None:
    """What was supposed or left out; loud when there is no past presale."""
    if asked.item is not None and asked.item.prediction.campaigns == 0:
        for note in asked.found.notes:
            st.warning(say(note))
    else:
        for note in asked.found.notes:
            st.caption(say(note))
    for note in asked.item.notes if asked.item is not None else ():
        st.caption(say(note))


def told(asked: Asked) -> tuple[Finding, ...]:
    """The findings of the day, without suppositions of the reader."""
    found: tuple[Finding, ...] = workspaces.answer(view.told, Spec(), asked.today)
    return found
