"""Which words do the titles of those who sell share, which of them do we lack, and which are ours alone?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import numpy as np

from ecops.competitors.reviews.segmentation import segment

if TYPE_CHECKING:
    import pandas as pd

COMMON = 0.2
"""A word in at least a fifth of the peers' titles, by sales, is common."""

_LONGEST = 200
_PARAMETER = re.compile(r"\s*[;；|\n]\s*")
_PAIR = re.compile(r"\s*[:：=]\s*")


def title_words(title: object) -> tuple[str, ...]:
    """The words of a title, each once, in order; single letters are left out.

    >>> title_words("316 Stainless flask <b>500ml</b>")
    ('316', 'stainless', 'flask', '500ml')
    """
    words = segment(str(title or "")[:_LONGEST])
    return tuple(dict.fromkeys(word for word in words if len(word) > 1))


def titles(own: Iterable[object], peers: pd.DataFrame, most: int = 40, leave_out: Collection[str] = ()) -> pd.DataFrame:
    """The words of our titles against those of peers.

    Args:
        own: our titles.
        peers: `title`; optional `sales`, by which titles count.
        most: words of each kind.
        leave_out: words that nobody can copy, such as the names of brands.

    Returns:
        word, peers_share (share of peers' titles, by sales, that have it), own_share (of ours), kind: "keep" (common
        there and ours), "add" (common there, hardly in ours), "exclusive" (ours, in no title of
        theirs), the strongest first.
    """
    import pandas as pd

    ours = [set(title_words(title)) for title in own]
    theirs = [set(title_words(title)) for title in peers["title"]]
    weight = np.ones(len(theirs))
    if "sales" in peers:
        sales = np.nan_to_num(peers["sales"].to_numpy(dtype=np.float64, na_value=np.nan))
        weight = np.maximum(sales, 0) if sales.sum() > 0 else weight
    names = ["word", "peers_share", "own_share", "kind"]
    if not ours or not theirs:
        return pd.DataFrame({name: [] for name in names})
    heavy: Counter[str] = Counter()
    for words, each in zip(theirs, weight / weight.sum(), strict=True):
        heavy.update(dict.fromkeys(words, float(each)))
    mine = Counter(word for words in ours for word in words)
    rows = []
    for word in sorted({*heavy, *mine} - set(leave_out)):
        there, here = float(heavy.get(word, 0.0)), mine.get(word, 0) / len(ours)
        kind = _kind(there, here, word not in heavy)
        if kind:
            rows.append((word, there, here, kind))
    table = pd.DataFrame(rows, columns=names)
    strength = table["peers_share"].where(table["kind"] != "exclusive", table["own_share"])
    table = table.assign(strength=strength).sort_values(["strength", "word"], ascending=[False, True], kind="stable")
    return table.groupby("kind").head(most).drop(columns="strength").reset_index(drop=True)


def _kind(there: float, here: float, alone: bool) -> str:
    if there >= COMMON:
        return "keep" if here >= there / 2 else "add"
    return "exclusive" if alone else ""


def parameters(text: object) -> dict[str, str]:
    """Parameters as a page writes them: "材质:316;容量:500ml" -> name -> value.

    >>> parameters("Material: steel; Volume: 500ml; nonsense")
    {'Material': 'steel', 'Volume': '500ml'}
    """
    found: dict[str, str] = {}
    for part in _PARAMETER.split(str(text or "")[:4000]):
        pair = _PAIR.split(part.strip(), maxsplit=1)
        if len(pair) == 2 and pair[0] and pair[1]:
            found.setdefault(pair[0], pair[1])
    return found


def parameter_table(products: pd.DataFrame) -> pd.DataFrame:
    """Products side by side, one row a parameter.

    Args:
        products: `name` (a column each) and `parameters`.

    Returns:
        parameter, then a column a product ("" where it does not say), differs; the parameters that most name first.
    """
    import pandas as pd

    read = {str(name): parameters(text) for name, text in zip(products["name"], products["parameters"], strict=True)}
    counted = Counter(name for told in read.values() for name in told)
    order = sorted(counted, key=lambda name: (-counted[name], name))
    columns = {name: [told.get(key, "") for key in order] for name, told in read.items()}
    table = pd.DataFrame({"parameter": order, **columns})
    table["differs"] = [len({value for value in row if value}) > 1 for row in table[list(columns)].to_numpy()]
    return table


def claims(practices: pd.DataFrame) -> pd.DataFrame:
    """Claims with numbers and whether they are supported.

    Args:
        practices: rows of `rival_practices` of the subject "claim": shop, practice, figure, our_figure, evidence.

    Returns:
        practice, figure (theirs), our_figure, evidence, support: "supported" (our figure and its evidence are there),
        "no_evidence" (a number of ours without any: do not print it), "no_figure" (we have none to set against it).
    """
    rows = practices[practices["subject"] == "claim"]
    mine, evidence = rows["our_figure"].notna(), rows["evidence"].fillna("").str.strip() != ""
    support = np.select([mine & evidence, mine], ["supported", "no_evidence"], "no_figure")
    return rows.assign(support=support)[
        ["shop", "practice", "figure", "our_figure", "evidence", "support"]
    ].reset_index(drop=True)
