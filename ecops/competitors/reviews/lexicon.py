"""Words that judge without naming anything, in Chinese and English: the cold start of sentiment, and never a topic."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Lexicon:
    """Sets of words.

    Attributes:
        positive, negative: words that judge whatever is sold.
        negators: words that turn the next one round.
        stop: words that carry no meaning of their own.
    """

    positive: frozenset[str]
    negative: frozenset[str]
    negators: frozenset[str]
    stop: frozenset[str]

    @property
    def generic(self) -> frozenset[str]:
        """Words that are no topic."""
        return self.positive | self.negative | self.negators | self.stop


@functools.cache
def lexicon() -> Lexicon:
    """The lexicon of the package."""
    told = tomllib.loads((Path(__file__).parent / "lexicon.toml").read_text("utf-8"))
    parts = ("positive", "negative", "negators", "stop")
    return Lexicon(*(frozenset(" ".join(told[part].values()).split()) for part in parts))
