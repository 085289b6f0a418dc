"""What can go wrong because of what a user gave, said so that she can go on.

Every error says what happened, where (file, sheet, rows, column) and what to do next. Bad input
raises nothing but an `EcopsError`; anything else that escapes is a defect of ours.

>>> str(EcopsError(Message("The file is empty."), Message("Export it again."), where={"file": "a.csv"}))
'The file is empty. (file: a.csv) Export it again.'
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping

from ecops.messages import Message, Value


class EcopsError(Exception):
    """Base of every error that bad input can raise.

    Args:
        what: what happened.
        hint: what to do next.
        where: any of file, sheet, rows, column, table, in the order they should be read.
        asks: the answer of people that would mend it: currency, date_order, decimal, status, level, columns,
            source, left_out; "" when none.
    """

    def __init__(
        self,
        what: Message,
        hint: Message | None = None,
        where: Mapping[str, Value] | None = None,
        asks: str = "",
    ) -> None:
        self.what = what
        self.hint = hint
        self.where = dict(where or {})
        self.asks = asks
        super().__init__(self.text("en"))

    def text(self, language: str = "en", escape: Callable[[str], str] | None = None) -> str:
        """The whole error as one line in `language`."""
        from ecops.locale import place_label, separator

        parts = [self.what.text(language, escape)]
        if self.where:
            clean = escape or (lambda data: data)
            places = separator(language).join(
                f"{place_label(place, language)}: {clean(str(value))}" for place, value in self.where.items()
            )
            parts.append(f"({places})" if language == "en" else f"（{places}）")
        if self.hint is not None:
            parts.append(self.hint.text(language, escape))
        return (" " if language == "en" else "").join(parts)

    def at(self, **where: Value) -> EcopsError:
        """The same error with more of the place filled in; what is already known stays."""
        self.where = {**where, **self.where}
        self.args = (self.text("en"),)
        return self


class FileError(EcopsError):
    """A file cannot be read: empty, damaged, too large, of a kind we do not know, or hostile."""


class MappingError(EcopsError):
    """Columns or values of a file could not be matched with what the product needs."""


class DataError(EcopsError):
    """The data was read but cannot be used: mixed currencies, impossible dates, text where counts should be."""


class SpecError(EcopsError):
    """An argument of an analysis is not valid."""


class StoreError(EcopsError):
    """A workspace cannot do what was asked: damaged file, busy loader, no such table or receipt."""


def near(name: str, available: Iterable[str], limit: int = 3) -> list[str]:
    """The names of `available` that look like `name`, best first."""
    names = list(available)
    by_fold = {candidate.casefold(): candidate for candidate in names}
    found = difflib.get_close_matches(name.casefold(), by_fold, n=limit, cutoff=0.6)
    return [by_fold[fold] for fold in found]


def unknown_name(kind: Message, name: str, available: Iterable[str]) -> SpecError:
    """The error for a name that is not one of `available`, with its nearest neighbours as the hint."""
    names = sorted(available)
    close = near(name, names)
    hint = (
        Message("Did you mean {names}?", names=", ".join(close))
        if close
        else Message("Known are: {names}.", names=", ".join(names))
    )
    return SpecError(Message("{kind} {name} does not exist.", kind=kind, name=name), hint)
