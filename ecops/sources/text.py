"""Text of other people's files: how headers are compared and which invisible characters are taken out of cells."""

from __future__ import annotations

import functools
import re
import unicodedata

HIDDEN_CHARACTERS = (
    "\u00ad\u061c\u180e"  # soft hyphen, Arabic letter mark, Mongolian vowel separator
    "\u200b\u200c\u200d\u200e\u200f"  # zero-width space and joiners, direction marks
    "\u202a\u202b\u202c\u202d\u202e"  # embeddings and overrides, among them the right-to-left override
    "\u2060\u2061\u2062\u2063\u2064"  # word joiner, invisible operators
    "\u2066\u2067\u2068\u2069"  # isolates
    "\ufeff\ufff9\ufffa\ufffb"  # byte order mark, interlinear annotation
)
"""Characters that nobody sees and that make two equal titles differ or show text backwards.

For SQL: bind it as a parameter, `translate(cell, $hidden, '')` takes all of them out.
"""

_DROP_HIDDEN = str.maketrans("", "", HIDDEN_CHARACTERS)
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_SPACES = re.compile(r"\s+")
_EXCEL_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)


def strip_hidden(text: str) -> str:
    r"""`text` without the characters of `HIDDEN_CHARACTERS`.

    >>> strip_hidden("sku\u200b\u202e")
    'sku'
    """
    return text.translate(_DROP_HIDDEN)


def clean_cell(text: str) -> str:
    r"""A cell as people see it: no hidden characters, no `="..."`, no `'` or backtick before it, no space around.

    >>> clean_cell('="0012"'), clean_cell("'138 "), clean_cell("商品ID\t")
    ('0012', '138', '商品ID')
    """
    text = strip_hidden(text).strip()
    wrapped = _EXCEL_TEXT.match(text)
    if wrapped:
        text = wrapped.group(1).replace('""', '"').strip()
    return (text[1:] if text[:1] in ("'", "`") else text).strip()


@functools.lru_cache(maxsize=65_536)
def normalise_header(text: str) -> str:
    r"""The form in which two headers are compared: NFKC, no hidden characters, single spaces, plain dash, lower case.

    >>> normalise_header(" 商品总价（元）\t"), normalise_header("Sessions – Total"), normalise_header("ＳＫＵ")
    ('商品总价(元)', 'sessions - total', 'sku')
    """
    text = unicodedata.normalize("NFKC", clean_cell(text))
    text = _DASHES.sub("-", strip_hidden(text))
    return _SPACES.sub(" ", text).strip().strip('"').strip().casefold()
