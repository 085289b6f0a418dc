"""The commands `sample`, `tables` and `undo`: what is loaded, and taking it back."""

from __future__ import annotations

from typing import Annotated

import typer

from ecops.errors import StoreError
from ecops.messages import Count, DateRange, Message
from ecops.terminal import (
    JsonOption,
    LanguageOption,
    StateOption,
    WorkspaceOption,
    existing,
    home,
    open_workspace,
    own,
    receipt_json,
    reported,
    say,
    say_json,
)

app = typer.Typer()


@app.command()
@reported
def sample(
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Load the sample shop into a workspace (./workspace/sample when none is given)."""
    target = open_workspace(workspace or home() / "sample", state, make=True)
    try:
        from sample_data import loading
    except ImportError:
        raise StoreError(
            Message("The sample shop was not shipped with this installation."),
            Message("Run it in the project's folder."),
        ) from None
    done = []
    for receipt in loading.load(target, loading.renew(target)):
        done.append(receipt)
        if not as_json:
            say(receipt.summary, language)
    if as_json:
        say_json({"workspace": str(target.folder), "receipts": [receipt_json(receipt, language) for receipt in done]})


@app.command()
@reported
def tables(
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show which tables there are, and every load."""
    from ecops.tables import table

    target = open_workspace(workspace or existing(), state)
    found = target.tables()
    receipts = target.receipts()
    if as_json:
        rows = {
            name: {"rows": info.rows, "first_day": info.first_day, "last_day": info.last_day, "files": info.files}
            for name, info in found.items()
        }
        plain = [receipt_json(receipt, language) for receipt in receipts]
        return say_json({"version": target.version, "currency": target.currency, "tables": rows, "receipts": plain})
    for name, info in found.items():
        span = DateRange(info.first_day, info.last_day) if info.first_day and info.last_day else ""
        say(Message("{table}: {rows} rows {span}", table=table(name).label, rows=Count(info.rows), span=span), language)
    for receipt in receipts:
        state_of = Message("taken back") if receipt.undone else Message("{rows} rows", rows=Count(receipt.rows))
        when = f"{receipt.loaded_at:%Y-%m-%d %H:%M}"
        say(
            Message(
                "{receipt}  {when}  {file}  {state}", receipt=receipt.id, when=when, file=receipt.file, state=state_of
            ),
            language,
        )
    return None


@app.command()
@reported
def undo(
    receipt: Annotated[str, typer.Argument(help="Id of the receipt, see the command tables.")],
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Take one load back."""
    target = open_workspace(workspace or own(), state)
    target.undo(receipt, actor="cli")
    if as_json:
        return say_json({"undone": receipt, "version": target.version})
    return say(Message("The load {receipt} was taken back.", receipt=receipt), language)
