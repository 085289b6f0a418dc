"""Rivals on the command line: the gaps in money, the price index, what rivals did, strengths and weaknesses."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from ecops import terminal
from ecops.errors import SpecError, unknown_name
from ecops.messages import Message, Money
from ecops.terminal import JsonOption, LanguageOption, StateOption, WorkspaceOption

app = typer.Typer()


@app.command(name="competitors")
@terminal.reported
def competitors_command(
    tier: Annotated[str, typer.Option("--tier", help="Compare with the shops of this tier alone.")] = "",
    platform: Annotated[str, typer.Option("--platform", help="Whose peers, for example taobao.")] = "",
    price: Annotated[str | None, typer.Option("--price", help="Read one price text and stop.")] = None,
    plan: Annotated[
        str | None,
        typer.Option("--plan", help="Write the test of this name down as planned; see `ideas` in the answer."),
    ] = None,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Say on which figure peers are ahead and what that is worth, how prices stand, what rivals did."""
    from ecops.competitors import view
    from ecops.competitors.market.view import market
    from ecops.competitors.reviews.view import opinions
    from ecops.competitors.telling import findings as told
    from ecops.competitors.telling.strengths import of_reviews, swot

    if price is not None:
        _one_price(price, language, as_json)
        return
    shop = terminal.open_workspace(workspace or terminal.existing(), state)
    data = shop.data()
    if plan is not None:
        _plan(shop, data, plan, language, as_json)
        return
    standing = view.standing(data, tier=view.checked_tier(data, tier), platform=platform)
    prices, around = view.prices(data), market(data)
    sides = swot(standing, prices, around, of_reviews(opinions(data)))
    if as_json:
        terminal.say_json(_answer(standing, prices, around, sides, language) | _more(data, language))
        return
    terminal.say(told.verdict(standing), language)
    if standing is not None:
        for row in standing.gaps.table.to_dict("records"):
            terminal.say(told.gap_line(row, standing), language)
    for lines in sides.values():
        for line in lines:
            terminal.say(Message("{side}: {text}", side=line.side, text=line.text), language)


def _plan(shop: Any, data: Any, name: str, language: str, as_json: bool) -> None:
    """Plan the test of one idea with whoever keeps tests."""
    from ecops.capability import capabilities
    from ecops.competitors.telling.asking import to_try

    known = {idea.trial.name: idea.trial for idea in to_try(data) if idea.trial is not None}
    if name not in known:
        raise unknown_name(Message("The test"), name, known)
    planner = next((guest.plan for guest in capabilities().values() if guest.plan is not None), None)
    if planner is None:
        raise SpecError(Message("Nobody here keeps tests."), Message("Write the test down by hand."))
    planned = planner(shop.state, known[name], "command", language)
    if as_json:
        terminal.say_json({"planned": planned})
    else:
        terminal.say(Message("The test {name} is planned.", name=planned), language)


def _one_price(text: str, language: str, as_json: bool) -> None:
    from ecops.competitors.pricing.text import parse_price

    found = parse_price(text, language)
    if as_json:
        terminal.say_json(
            {name: _plain(getattr(found, name)) for name in
             ("amount", "currency", "high", "list_amount", "pieces", "unit_price", "per", "kind")}
            | {"reductions": [[one.threshold, one.off, one.kind, one.unit] for one in found.reductions]}
        )  # fmt: skip
        return
    terminal.say(
        Message("{amount} for one piece", amount=Money(found.unit_price, found.currency))
        if math.isfinite(found.unit_price)
        else Message("The text names no price."),
        language,
    )


def _answer(standing: Any, prices: Any, around: Any, sides: Any, language: str) -> dict[str, Any]:
    from ecops.competitors.telling import findings as told

    held = around.by_shop
    return {
        "verdict": told.verdict(standing).text(language),
        "platform": standing and standing.spans.platform,
        "tier": standing and standing.peer_set.tier,
        "span": standing and [standing.spans.newest.start, standing.spans.newest.end],
        "peers": standing and list(standing.gaps.peers),
        "chosen": standing and {shop: why.text(language) for shop, why in standing.peer_set.reasons.items()},
        "gaps": [_row(row) for row in standing.gaps.table.to_dict("records")] if standing else [],
        "together": standing and standing.whole and dict(standing.whole.parts),
        "price_index": {
            kind: {name: _plain(getattr(index, name)) for name in _INDEX}
            for kind, index in (prices.indexes.items() if prices else ())
        },
        "positions": [_row(row) for row in prices.places.to_dict("records")] if prices else [],
        "promotions": [_row(row) for row in prices.episodes.to_dict("records")] if prices else [],
        "changes": [_row(row) for row in prices.changes.to_dict("records")] if prices else [],
        "bands": [_row(row) for row in around.bands.to_dict("records")],
        "concentration": held
        and {name: getattr(held, name) for name in ("cr1", "cr3", "cr10", "hhi", "n", "label", "leaders")},
        "search_words": [_row(row) for row in around.terms.to_dict("records")],
        "swot": {
            side: [{"text": line.text.text(language), "evidence": line.evidence, "value": _plain(line.value)}
                   for line in lines]
            for side, lines in sides.items()
        },
        "notes": [note.text(language) for note in standing.notes] if standing else [],
    }  # fmt: skip


def _more(data: Any, language: str) -> dict[str, Any]:
    """Tests to plan, searched words against titles, new complaints, the leading shops, launches."""
    from ecops.competitors import view
    from ecops.competitors.market.coverage import coverage
    from ecops.competitors.market.view import market
    from ecops.competitors.reviews.view import opinions
    from ecops.competitors.telling.asking import to_try
    from ecops.competitors.telling.profiles import profiles

    covered, said, around = coverage(data), opinions(data), market(data)
    return {
        "ideas": [
            {"kind": idea.kind, "sku": idea.sku, "text": idea.text.text(language),
             "test": idea.trial and idea.trial.name, "sample": idea.trial and idea.trial.sample}
            for idea in to_try(data)
        ],
        "title_coverage": covered
        and {"share": covered.share, "words": [_row(row) for row in covered.table.to_dict("records")]},
        "new_complaints": [_row(row) for row in said.new.to_dict("records")] if said else [],
        "launches": [_row(row) for row in around.rhythm.to_dict("records")],
        "leading": [
            {"shop": one.shop, **{key: [line.text(language) for line in lines] for key, lines in one.parts.items()}}
            for one in profiles(view.standing(data), view.prices(data), around, said)
        ],
    }  # fmt: skip


_INDEX = ("value", "low", "high", "n", "suspicious", "coverage")


def _plain(value: Any) -> Any:
    """A value as JSON knows it: no number is null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.date() if hasattr(value, "date") and hasattr(value, "hour") else value


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items()}
