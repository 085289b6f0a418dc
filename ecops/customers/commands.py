"""Customers on the command line: one export, one answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ecops import terminal
from ecops.errors import FileError
from ecops.messages import Count, Message, Money, Percent
from ecops.terminal import JsonOption, LanguageOption, StateOption, WorkspaceOption

app = typer.Typer()


@app.command(name="customers")
@terminal.reported
def customers_command(  # noqa: PLR0913, PLR0917 - the options of a command
    file: Annotated[Path | None, typer.Argument(help="An order export; the workspace when not given.")] = None,
    scheme: Annotated[str, typer.Option("--scheme", help="grid11 or cn8.")] = "grid11",
    ladder: Annotated[str, typer.Option("--ladder", help="orders, cards or value.")] = "orders",
    refunds: Annotated[str, typer.Option("--refunds", help="match, net or ignore.")] = "match",
    days: Annotated[int, typer.Option("--days", help="Days the forecast looks ahead.")] = 90,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Say who the customers are: segments, repeat purchases, tiers, forecast, and what each segment gets."""
    from ecops.store.inputs import open_data

    if file is not None:
        if not file.is_file():
            raise FileError(Message("There is no such file."), Message("Check the path."), {"file": str(file)})
        data: Any = open_data(file)
    else:
        data = terminal.open_workspace(workspace or terminal.existing(), state).data()
    answer = _answer(data, (scheme, ladder, refunds), days)
    if as_json:
        terminal.say_json(_json(answer, language))
    else:
        _tell(answer, language)


def _answer(data: Any, asked: tuple[str, str, str], days: int) -> dict[str, Any]:
    from ecops import customers
    from ecops.customers.answers import earned
    from ecops.handbook import get

    scheme, ladder, refunds = asked
    book = customers.order_book(data, refunds=refunds)  # type: ignore[arg-type]
    segmented = customers.segment(customers.score(customers.rfm(book)), scheme)
    value = customers.fit_value(book, horizon_days=days)
    return {
        "book": book,
        "segmented": segmented,
        "repeat": customers.repeat(book, window_days=int(get("customer.repurchase_window_days", data))),
        "cohorts": customers.cohorts(book),
        "tiers": customers.tiers(book, ladder, thresholds=earned(data, ladder)),
        "value": value,
        "forecast": value.predict(days) if value.purchases is not None else None,
        "plan": customers.plan(book, segmented),
    }


def _json(answer: dict[str, Any], language: str) -> dict[str, Any]:
    from dataclasses import asdict

    book, segmented, value, forecast = (answer[name] for name in ("book", "segmented", "value", "forecast"))
    found = answer["cohorts"]
    cuts = segmented.scores.cuts
    return {
        "customers": len(book.customers),
        "orders": len(book.day),
        "first_day": book.first_day,
        "last_day": book.last_day,
        "currency": book.currency,
        "ledger": asdict(book.ledger),
        "segments": segmented.table().to_dict("records"),
        "rule": segmented.rule and segmented.rule.text(language),
        "cuts": {"recency": cuts.recency, "frequency": cuts.frequency, "money": cuts.money},
        "repeat": asdict(answer["repeat"]),
        "cohorts": {"first": found.first, "size": found.size.tolist(), "customers": found.values.tolist()},
        "tiers": answer["tiers"].table().to_dict("records"),
        "value": {
            "status": value.status,
            "reason": value.reason and value.reason.text(language),
            "model": value.model,
            "parameters": value.purchases and dict(value.purchases.parameters),
            "orders": forecast and float(forecast.orders.sum()),
            "money": forecast and forecast.total,
            "low": forecast and forecast.low,
            "high": forecast and forecast.high,
            "days": forecast and forecast.horizon_days,
        },
        "plan": [
            {
                "action": entry.play.key,
                "text": entry.play.text.zh if language == "zh" else entry.play.text.en,
                "segments": entry.segments,
                "customers": len(entry.customers),
                "money": entry.money,
                "coupon": entry.what_if and asdict(entry.what_if),
            }
            for entry in answer["plan"]
        ],
        "notes": [note.text(language) for note in (*book.notes, *cuts.notes, *value.notes)],
    }


def _tell(answer: dict[str, Any], language: str) -> None:
    from ecops.customers.value.forecast import in_words

    book, segmented, value, forecast = (answer[name] for name in ("book", "segmented", "value", "forecast"))
    found = answer["repeat"]
    terminal.say(
        Message(
            "{n} customers, {orders} orders; {repeat} ordered again.",
            n=Count(len(book.customers)),
            orders=Count(len(book.day)),
            repeat=Percent(found.repeat.value),
        ),
        language,
    )
    for entry, row in zip(segmented.scheme.segments, segmented.table().to_dict("records"), strict=True):
        if row["customers"]:
            terminal.say(
                Message(
                    "{segment}: {n} customers, {money}",
                    segment=entry.label,
                    n=Count(row["customers"]),
                    money=Money(row["money"], book.currency),
                ),
                language,
            )
    if value.reason is not None:
        terminal.say(value.reason, language)
    if forecast is not None:
        terminal.say(in_words(value, forecast), language)
    for note in (*book.notes, *segmented.scores.cuts.notes, *value.notes):
        terminal.say(note, language)
