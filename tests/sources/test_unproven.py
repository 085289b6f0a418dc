"""Large texts are parsed once only, by the conversion: it must find what the reader finds in small ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecops.errors import FileError
from ecops.sources.conversion.report import Conversion
from ecops.sources.files import delimited
from ecops.sources.files.grid import Grid

Load = Callable[..., tuple[Conversion, list[dict[str, Any]]]]
HEADER = "Order ID,Created at,SKU,Quantity,Price,Paid amount\n"
ROW = "A{n},2026-05-0{n} 10:00:00,S{n},{n},10,20\n"


def rows(*numbers: int) -> str:
    return "".join(ROW.format(n=n) for n in numbers)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + rows(1, 2, 3),
        HEADER + rows(1, 2) + "合计\n",
        HEADER + rows(1, 2) + "Total,,,3\n\n\n",
        HEADER + rows(1) + "A2,2026-05-02 10:00:00,S2,1,10,20,\n" + rows(3),
        HEADER + rows(1) + 'A2,2026-05-02 10:00:00,"a "b" c",1,10,20\n' + rows(3),
        HEADER + rows(1) + 'A2,2026-05-02 10:00:00,"a\nb",1,10,20\n' + rows(3),
        HEADER + rows(1).replace("\n", "\r\n") + rows(2),
        "店铺：甲\n\n" + HEADER + rows(1, 2, 3),
    ],
)
def test_both_ways_are_one(sheet: Callable[..., Grid], load: Load, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    proven = sheet(text)
    before, expected = load(text)
    monkeypatch.setattr(delimited, "_COUNT_LATER_BYTES", 0)
    unproven = sheet(text)
    assert (unproven.reading, unproven.rows) == ("unproven", proven.rows)
    after, found = load(text)
    assert found == expected
    told = [issue for issue in after.issues if issue.kind != "repaired"]
    assert (told, after.dropped, after.rows_read) == (list(before.issues), before.dropped, before.rows_read)
    repaired = [issue.message for issue in after.issues if issue.kind == "repaired"]
    assert repaired == list(proven.notes)


def test_rows_that_the_parser_does_not_find_are_told(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_COUNT_LATER_BYTES", 0)
    counted = delimited.pass_over

    def one_more(*text: Any) -> Any:
        found = counted(*text)
        return type(found)(found.records + 1, found.blanks)

    monkeypatch.setattr(delimited, "pass_over", one_more)
    with pytest.raises(FileError) as caught:
        load(HEADER + rows(1, 2, 3))
    assert "The file has 4 rows but 3 could be read." in caught.value.what.text("en")
