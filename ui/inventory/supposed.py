"""What a sale costs beside its goods, as the stock page supposes it: the shop's rates, open to change."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ecops.inventory.products.profit import ASSUMED, LABELS
from ecops.messages import Message
from ecops.metrics.money import rates as known
from ui.parts import rates
from ui.parts.text import _, plain
from ui.state import workspaces

_NAMES = ("commission", "freight", "promotion", "return_cost", "duty")
_SHARES = ("commission", "promotion", "duty")


def unit_rates() -> dict[str, float]:
    """The rates of a unit for this look, by the keys of `ASSUMED`; they begin as the shop's own or assumed ones."""
    shop: Mapping[str, known.Average] = workspaces.answer(known.unit_rates)
    folded = st.expander(_("Rates beside the goods"), key="stock_rates", on_change="rerun")
    if folded.open:
        with folded:
            _inputs(shop)
            rates.box("inventory")
    # What was typed stays when the fold is closed again; until then the shop's own rates hold.
    return {name: float(st.session_state.get(f"irate_{name}", _begins(shop, name))) / _scale(name) for name in _NAMES}


def _inputs(shop: Mapping[str, known.Average]) -> None:
    st.caption(
        _("Rates beside the goods, each with where it comes from. Changing one here is a supposition for this look.")
    )
    with st.container(horizontal=True, gap="small"):
        for name in _NAMES:
            origin = _origin(shop[name].sources) if name in shop else plain(known.WORDS["assumed"])
            st.number_input(
                f"{plain(LABELS[name])}{' (%)' if name in _SHARES else ''} · {origin}",
                min_value=0.0,
                value=_begins(shop, name),
                step=0.5,
                key=f"irate_{name}",
                persist_state="session",
                width=190,
            )


def _scale(name: str) -> int:
    return 100 if name in _SHARES else 1


def _begins(shop: Mapping[str, known.Average], name: str) -> float:
    """A rate as its box shows it before anybody changes it."""
    return round((shop[name].value if name in shop else ASSUMED[name]) * _scale(name), 2)


def _origin(sources: tuple[known.Source, ...]) -> str:
    words = [plain(known.WORDS[source]) for source in sources]
    return words[0] if len(words) == 1 else plain(Message("partly {first}", first=known.WORDS[sources[0]]))
