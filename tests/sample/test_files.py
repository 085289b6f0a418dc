"""The shipped files are what the generator writes, small, in true shapes, and hold nobody's data."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path

import pytest

import sample_data
from sample_data.generate import produce

from .shipped import content, table

LIMIT = 3_000_000
Again = tuple[dict[str, bytes], dict[str, bytes]]
PROBE, PROBE_PACKED = "，".join(map(str, range(40_000))).encode("gbk"), 94335730
HEADERS = Path(__file__).with_name("headers.txt")


def unpacked(data: bytes) -> list[bytes]:
    """Contents without the compression, whose bytes depend on the version of zlib."""
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [part for name in archive.namelist() for part in (name.encode(), *unpacked(archive.read(name)))]
    return [zlib.decompress(data, 31)] if data[:2] == b"\x1f\x8b" else [data]


@pytest.fixture(scope="module")
def again() -> Again:
    return produce()


def test_the_generator_writes_exactly_the_shipped_files(
    again: Again,
) -> None:
    files, documents = again
    shipped = {path.name: path.read_bytes() for path in sample_data.FOLDER.iterdir()}
    assert sorted(files) == sorted(shipped)
    for name, data in files.items():
        assert unpacked(data) == unpacked(shipped[name]), name
    for name, data in documents.items():
        assert data == (sample_data.FOLDER.parent / name).read_bytes(), name


def test_the_bytes_are_equal_where_zlib_is(again: Again) -> None:
    if zlib.adler32(zlib.compress(PROBE, 9)) != PROBE_PACKED:
        pytest.skip("this zlib packs otherwise; the contents are compared by the other test")
    for name, data in again[0].items():
        assert data == (sample_data.FOLDER / name).read_bytes(), name


def test_another_seed_gives_another_shop() -> None:
    files, _ = produce(7)
    assert sorted(files) == sorted(sample_data.hints())
    assert files["taobao_orders.zip"] != (sample_data.FOLDER / "taobao_orders.zip").read_bytes()


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in sample_data.files()) < LIMIT


def test_every_file_is_named_and_hinted() -> None:
    names = [path.name for path in sample_data.files()]
    assert sorted(names) == sorted(path.name for path in sample_data.FOLDER.iterdir())
    assert names == list(sample_data.hints())


def expected_headers() -> dict[str, list[str]]:
    """Headers written down from the platforms, one file a line: name, then the headers with | between."""
    lines = HEADERS.read_text("utf-8").split("\n")
    return {name: headers.split("|") for name, headers in (line.split("\t") for line in lines if line)}


@pytest.mark.parametrize("name", sorted(expected_headers()))
def test_headers_are_the_platforms(name: str) -> None:
    assert list(table(name).columns) == expected_headers()[name]


def test_the_quirks_are_there() -> None:
    orders = content("taobao_orders.zip")
    assert '"=""' in orders[:2000].decode("gbk", "ignore")
    with pytest.raises(UnicodeDecodeError):
        orders.decode("utf-8")
    assert "\t," in content("douyin_orders.zip").decode("utf-8-sig")
    assert content("ga4_traffic.csv.gz").startswith(b"# ---")
    assert content("sycm_products_newest.xls")[:4] == b"\xd0\xcf\x11\xe0"
    assert table("taobao_orders.zip")["订单编号"].str.len().eq(19).all()
    assert table("taobao_orders.zip")["订单编号"].is_unique
    assert table("taobao_items.zip")["子订单编号"].is_unique
    assert table("douyin_orders.zip")["子订单编号"].is_unique
    shopify = table("shopify_orders.zip")
    assert (shopify["Financial Status"] == "").any()
    assert set(shopify["Currency"]) == {"CNY", ""}


@pytest.mark.parametrize("name", [path.name for path in sample_data.files()])
def test_nobody_real_is_in_the_files(name: str) -> None:
    cells = "\n".join(map(str, table(name).to_numpy().ravel()))
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", cells), "a telephone number"
    assert not re.search(r"[\w.]+@(?!example\.com)\w+", cells), "an address that may be someone's"
    assert not re.search(r"(?<!\d)\d{17}[\dXx](?!\d)", cells), "a number like an identity card"
