"""What people said of pairs: the same product or not; remembered in the workspace's journal and never overwritten."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ecops.errors import StoreError
from ecops.messages import Message
from ecops.store import journal
from ecops.store.state import State

STREAM = "product_pairs"


def remember(state: State | None, shop: str, pair: tuple[str, str], same: bool | None, actor: str) -> None:
    """Write down an answer.

    Args:
        state: of the workspace.
        shop: the rival.
        pair: id of our product and of theirs.
        same: whether they are one product; None takes an earlier answer back.
        actor: who says so.

    Raises:
        StoreError: there is no workspace, or it cannot be written.
    """
    if state is None:
        raise StoreError(
            Message("Answers can only be remembered in a shop of your own."), Message("Choose or make a shop first.")
        )
    subject = json.dumps([shop, *pair], ensure_ascii=False)
    journal.append(state, STREAM, subject, {"same": same}, actor)


def remembered(state: State | None) -> Mapping[str, Mapping[tuple[str, str], bool]]:
    """The answers that hold: rival -> (our id, their id) -> the same or not."""
    found: dict[str, dict[tuple[str, str], bool]] = {}
    if state is None:
        return found
    for subject, fields in journal.fold(journal.read(state, STREAM)).items():
        shop, ours, theirs = json.loads(subject)
        if fields.get("same") is not None:
            found.setdefault(shop, {})[(ours, theirs)] = bool(fields["same"])
    return found


def newest(state: State | None) -> int:
    """Position of the newest answer, the key of what is worked out from them; 0 without any."""
    entries = [] if state is None else journal.read(state, STREAM)
    return entries[-1].seq if entries else 0
