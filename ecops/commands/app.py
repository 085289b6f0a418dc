"""The command line: load exports, look at tables, take loads back, read the figures; for people, cron and pipelines.

Every command takes `--json`. What goes wrong because of the input is one line on standard error and exit code 2.
"""

from __future__ import annotations

import typer

from ecops.capability import capabilities
from ecops.commands import loading, parameters, review, workspace

app = typer.Typer(
    name="ecops", help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
for part in (workspace.app, loading.app, review.app, parameters.app):
    app.add_typer(part)
for guest in capabilities().values():
    if guest.commands is not None:
        app.add_typer(guest.commands())


def main() -> None:
    """Entry point of `python -m ecops`."""
    app()
