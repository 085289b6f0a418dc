"""What was made for one reader is kept for the next: a figure, a table, a list of words, as long as its sources live.

Analyses are already worked out once for each version of the data (`ui.state.workspaces.answer`); what a page makes of
their results costs the processor more than the results themselves when many people look at the same page.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from ecops import door
from ecops.charts import Look
from ecops.engine.answers import Answers
from ecops.messages import Message, Named
from ecops.periods import Period
from ui.parts.text import look

_MOST = 2048
"""Things kept; each is a figure or a table as it is sent, some tens of kilobytes."""

_made = Answers(_MOST)
"""What was made, for all readers; who wants what is just being made for another one waits for it."""

_VALUES = (str, int, float, bool, type(None), dt.date, Period, Look)


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A result that is known again by being the same object; results are frozen, and comparing them would be slow."""

    it: Any

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.it is self.it


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that is made when it is first wanted, and not again for the same arguments, language and colours.

    Attributes:
        seen: the reader's language and colours, and her role; None where they make no difference.
        function: makes it; depends on nothing but its arguments and the reader's look.
        arguments: as the function gets them, those that are no plain values as `_Same`.
    """

    seen: tuple[Look, door.Role] | None
    function: Callable[..., Any]
    arguments: tuple[Hashable, ...]

    def __call__(self) -> Any:
        """What the function returns; it is shared, so nobody changes it."""
        return _made.get(self, lambda: self.function(*map(_given, self.arguments)))


def of(function: Callable[..., Any], *arguments: Any) -> Kept:
    """`function(*arguments)`, to be made when it is wanted.

    Args:
        function: of a module, no lambda: it is part of the key.
        arguments: plain values and tuples and frozen records of them count as they are, everything else as the object
            it is, so only results that are kept themselves are found again. A `Kept` stands for what it makes, and
            what `same` was given counts as the object it is.
    """
    return Kept((look(), door.reader()), function, tuple(_known(argument) for argument in arguments))


def numbers(function: Callable[..., Any], *arguments: Any) -> Kept:
    """As `of`, for what holds no words and no colours: it is the same for all readers, and made once for them."""
    return Kept(None, function, tuple(_known(argument) for argument in arguments))


def same(result: Any) -> _Same:
    """A result as an argument of `of`: known by being the same object, where its values are many and looked at long."""
    return _Same(result)


def _known(argument: Any) -> Hashable:
    return argument if isinstance(argument, Kept | _Same) or _plain(argument) else _Same(argument)


def _plain(argument: Any) -> bool:
    """Whether an argument is what it says: a value, or a sentence, a tuple or a frozen record of such."""
    if isinstance(argument, _VALUES):
        # A name that somebody gave is equal to another one of the same letters, whatever it is called in English.
        return not isinstance(argument, Named)
    if isinstance(argument, Message):
        return all(map(_plain, argument.params.values()))
    if isinstance(argument, tuple):
        return all(map(_plain, argument))
    names = _fields(type(argument))
    if names is None:
        return False
    values = [getattr(argument, name) for name in names]
    # Most records that are no plain values hold an array or a table: that is seen before anything is looked into.
    return all(map(_may_be_plain, values)) and all(map(_plain, values))


def _may_be_plain(value: Any) -> bool:
    return isinstance(value, (*_VALUES, Message, tuple)) or _fields(type(value)) is not None


@functools.cache
def _fields(kind: type) -> tuple[str, ...] | None:
    """The fields of a frozen record, None for anything else."""
    frozen = dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    return tuple(one.name for one in dataclasses.fields(kind)) if frozen else None


def _given(argument: Any) -> Any:
    if isinstance(argument, _Same):
        return argument.it
    return argument() if isinstance(argument, Kept) else argument
