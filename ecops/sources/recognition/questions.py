"""What is asked about a sheet that is not understood for certain, in sentences, and the reports to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecops.messages import Count, Message, Term
from ecops.sources.registry import source
from ecops.tables import table

if TYPE_CHECKING:
    from ecops.sources.recognition.detect import Match

CHOICES = 3
"""How many likely reports are laid side by side."""

_NAMED = 12


def likely(matches: Sequence[Match]) -> tuple[Match, ...]:
    """The reports to choose from, best first: each table once, those that lack nothing required before others."""
    first: dict[str, Match] = {}
    for match in sorted(matches, key=lambda match: (bool(match.missing), -match.confidence)):
        first.setdefault(match.table, match)
    return tuple(first.values())[:CHOICES]


def why(match: Match) -> tuple[Message, ...]:
    """Why a match is a question, one sentence a reason, worst first; () when it is certain."""
    said = {
        "headless": lambda: Message("The file has no header; what its columns are is a guess from what is in them."),
        "lacking": lambda: lacks(match.table, match.lacking),
        "doubtful": lambda: _doubtful(match),
        "absent": lambda: Message(
            "{report} has {columns}, and this file has not.",
            report=source(match.source).label,
            columns=_labels(match.table, match.absent),
        ),
        "unknown": lambda: (
            Message(
                "Of {n} columns nothing is known: {columns}.",
                n=Count(len(match.unknown)),
                columns=", ".join(match.unknown[:_NAMED]),
            )
            if match.unknown
            else Message("Too few of its columns are known.")
        ),
        "rivals": lambda: Message(
            "It may as well be {reports}.",
            reports=_joined([source(name).label for name in match.rivals[: CHOICES - 1]]),
        ),
        "unconfirmed": lambda: Message(
            "The columns of {report} are known from descriptions only. Check them once; the answer is remembered.",
            report=source(match.source).label,
        ),
    }
    return tuple(said[reason]() for reason in match.doubts)


def lacks(name: str, columns: Sequence[str]) -> Message:
    """The sentence that a file for the table `name` holds none of `columns`, without which its figures say little."""
    return Message("No column of the file is known to hold {columns}.", columns=_labels(name, columns))


def joined(sentences: Sequence[Message]) -> Message:
    """Several sentences as one message."""
    return Message(
        " ".join(f"{{s{place}}}" for place in range(len(sentences))),
        **{f"s{place}": sentence for place, sentence in enumerate(sentences)},
    )


def _doubtful(match: Match) -> Message:
    name = match.doubtful[0]
    place = match.mapping.columns.get(name)
    label = table(match.table)[name].label
    if place is None:
        return Message(
            "{column} would be unit price × quantity, while nobody knows what these hold: {columns}.",
            column=label,
            columns=", ".join(match.unknown[:_NAMED]),
        )
    return Message("It is a guess that the column {header} holds {column}.", header=match.header(name), column=label)


def _labels(name: str, columns: Sequence[str]) -> Message:
    return _joined([table(name)[column].label for column in columns])


def _joined(terms: Sequence[Term]) -> Message:
    return Message(
        ", ".join(f"{{n{place}}}" for place in range(len(terms))),
        **{f"n{place}": term for place, term in enumerate(terms)},
    )
