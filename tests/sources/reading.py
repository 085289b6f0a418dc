"""A file from bytes, read in this process: what the tests of the reader start from."""

import csv
import functools
import io

from ecops.engine.duck import Engine
from ecops.sources.files.containers import read_grids
from ecops.sources.limits import Limits
from ecops.sources.text import normalise_header

KNOWN = frozenset(
    normalise_header(header)
    for header in (
        *("订单编号", "买家会员名", "总金额", "订单创建时间", "订单付款时间", "统计日期", "商品ID", "商品名称"),
        *("商品访客数", "支付金额", "日期", "date", "sku", "sessions", "units ordered", "order-id", "title", "amount"),
        *("訂單編號", "會員名稱", "注文番号", "商品名", "金額", "Numéro", "Prix", "Quantité"),
    )
)


HEADER = ["订单编号", "买家会员名", "总金额", "订单创建时间"]


ROWS = [
    ["123456789012345678", "张三", "12.50", "2025-01-01 10:00:00"],
    ["123456789012345679", "NA", "1.2万", "2025-01-02 11:00:00"],
    ["123456789012345680", "李四, 女", "", "2025-01-03 12:00:00"],
]


@functools.cache
def engine(folder):
    """One for all files below: making it takes longer than reading most of them."""
    return Engine([folder])


def read(tmp_path, data, name="a.csv", known=KNOWN, limits=None):
    path = tmp_path / "in" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    return read_grids(path, work, limits or Limits(), name, known, engine(tmp_path.parent) if limits is None else None)


def cells(grid):
    """What DuckDB makes of a grid."""
    table = engine(grid.path.parents[2]).query(f"SELECT * FROM {grid.scan_sql()}", grid.scan_parameters())
    return [list(row.values()) for row in table.to_pylist()]


def as_csv(rows, delimiter=",", line_end="\r\n"):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return out.getvalue()


def expected(rows=ROWS):
    return [[cell or None for cell in row] for row in rows]
