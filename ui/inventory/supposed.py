"""What a sale costs beside its goods, as the stock page supposes it: the shop's rates, open to change."""

from __future__ import annotations

import streamlit as st

from ecops.inventory.products.profit import ASSUMED, LABELS
from ecops.messages import Message
from ecops.metrics.money import rates as known
from ui.parts import rates
from ui.parts.text import _, plain
from ui.state import workspaces

_SHARES = ("commission", "promotion", "duty")


def unit_rates() -> dict[str, float]:
    """The rates of a unit for this look, by the keys of `ASSUMED`; they begin as the shop's own or assumed ones."""
    shop = workspaces.answer(known.unit_rates)
    found = {}
    folded = st.expander(_("Rates beside the goods"), key="stock_rates")
    folded.caption(
        _("Rates beside the goods, each with where it comes from. Changing one here is a supposition for this look.")
    )
    with folded, st.container(horizontal=True, gap="small"):
        for name in ("commission", "freight", "promotion", "return_cost", "duty"):
            scale = 100 if name in _SHARES else 1
            average = shop.get(name)
            origin = _origin(average.sources) if average is not None else plain(known.WORDS["assumed"])
            value = st.number_input(
                f"{plain(LABELS[name])}{' (%)' if name in _SHARES else ''} · {origin}",
                min_value=0.0,
                value=round((average.value if average is not None else ASSUMED[name]) * scale, 2),
                step=0.5,
                key=f"irate_{name}",
                width=190,
            )
            found[name] = float(value) / scale
    with folded:
        rates.box("inventory")
    return found


def _origin(sources: tuple[known.Source, ...]) -> str:
    words = [plain(known.WORDS[source]) for source in sources]
    return words[0] if len(words) == 1 else plain(Message("partly {first}", first=known.WORDS[sources[0]]))
