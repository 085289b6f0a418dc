"""The shipped files read with plain pandas: nothing here uses ecops."""

from __future__ import annotations

import csv
import functools
import gzip
import io
import zipfile

import pandas as pd

import sample_data


def content(name: str) -> bytes:
    """Bytes of a file, out of its zip or gzip where it has one."""
    data = (sample_data.FOLDER / name).read_bytes()
    if name.endswith(".gz"):
        return gzip.decompress(data)
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (member,) = archive.namelist()
            return archive.read(member)
    return data


@functools.cache
def table(name: str) -> pd.DataFrame:
    """A file as text cells under its own header, ="..." and tails stripped."""
    data = content(name)
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        grid = pd.read_excel(io.BytesIO(data), engine="calamine", header=None, dtype=str, keep_default_na=False)
        start = next(number for number, row in enumerate(grid.to_numpy().tolist()) if row[1] not in ("", "nan"))
        frame = grid.iloc[start + 1 :].set_axis(grid.iloc[start].tolist(), axis=1).reset_index(drop=True)
        return frame.fillna("")
    text = data.decode("gbk" if name.startswith(("taobao", "wanxiangtai", "sycm")) else "utf-8-sig")
    rows = [row for row in csv.reader(io.StringIO(text)) if not row[0].startswith("# ") and row[0] != "#"]
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    return frame.apply(lambda column: column.str.strip("\t").str.replace(r'^="(.*)"$', r"\1", regex=True))


def number(column: pd.Series) -> pd.Series:
    """Text like "1,234.50" or "12.3%" as numbers; "-" and "" as missing."""
    clean = column.astype(str).str.replace(",", "").str.rstrip("%")
    return pd.to_numeric(clean.where(~clean.isin(["-", ""])), errors="raise")


def day(column: pd.Series) -> pd.Series:
    """Day of a time in any of the files' forms, as text 2026-11-15."""
    return column.str.slice(0, 10)
