"""Archives, Parquet and other kinds of files made to kill or fool a reader: bombs, lying headers, damage."""

import gzip
import io
import os
import pickle
import random
import struct
import time
import zipfile
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.attacks import inspect, refused


def archive(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members:
            target.writestr(name, content)
    return out.getvalue()


GOOD = b"sku,date\n1,2\n"


def test_names_that_climb_out_are_only_shown(tmp_path):
    names = [
        "../../evil.csv",
        "/etc/evil.csv",
        "a\\..\\..\\b.csv",
        "..",
        "C:\\c.csv",
        "\u202egnp.csv",
        "x" * 5_000 + ".csv",
    ]
    grids = inspect(tmp_path, archive([(name, GOOD) for name in names]), "a.zip")
    assert [grid.name for grid in grids][:5] == [
        "a.zip › evil.csv",
        "a.zip › evil.csv",
        "a.zip › b.csv",
        "a.zip › ..",
        "a.zip › c.csv",
    ]
    assert grids[5].name == "a.zip › gnp.csv"
    assert all(len(grid.name) < 220 and grid.path.parent == tmp_path / "work" for grid in grids)


@pytest.mark.slow
def test_zip_header_that_lies_about_the_size(tmp_path):
    data = bytearray(archive([("a.csv", b"sku,date\n" + b"1,2\n" * 30_000_000)]))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 1_000)
    refused(tmp_path, bytes(data), "a.zip")


@pytest.mark.parametrize("name", ["a.zip", "a.csv.gz"])
def test_bombs(tmp_path, name):
    bomb = b"sku,date\n" + b"1,2\n" * 50_000_000
    data = archive([("a.csv", bomb)]) if name == "a.zip" else gzip.compress(bomb, 9)
    assert len(data) < 300_000
    began = time.monotonic()
    assert "unpacks to far more" in refused(tmp_path, data, name).what.id
    assert time.monotonic() - began < 10


@pytest.mark.slow
def test_many_members_share_one_count(tmp_path):
    part = b"sku,date\n" + b"1,2\n" * 1_500_000
    data = archive([(f"{i}.csv", part) for i in range(30)])
    assert "unpacks" in refused(tmp_path, data, "a.zip").what.id


def test_too_many_members(tmp_path):
    assert (
        refused(tmp_path, archive([(f"{i}.csv", GOOD) for i in range(201)]), "a.zip").what.params["members"].value
        == 201
    )


def test_archives_inside_archives(tmp_path):
    inner = archive([("a.csv", GOOD)])
    for data, name in (
        (archive([("b.zip", inner)]), "a.zip"),
        (archive([("b.gz", gzip.compress(GOOD))]), "a.zip"),
        (gzip.compress(gzip.compress(GOOD)), "a.gz"),
        (gzip.compress(inner), "a.gz"),
    ):
        assert "inside an archive" in refused(tmp_path, data, name).what.id


def test_password_and_damage_of_archives(tmp_path):
    good = archive([("a.csv", GOOD)])
    locked = bytearray(good)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + offset] |= 1
    assert "password" in refused(tmp_path, bytes(locked), "a.zip").what.id
    assert "damaged" in refused(tmp_path, good[:-30], "a.zip").what.id
    assert "no report" in refused(tmp_path, archive([]), "a.zip").what.id
    assert "no report" in refused(tmp_path, archive([("a.pdf", b"%PDF-1.4")]), "a.zip").what.id
    packed = gzip.compress(GOOD * 1_000)
    assert "damaged" in refused(tmp_path, packed[:-20], "a.gz").what.id
    flipped = bytearray(packed)
    flipped[len(packed) // 2] ^= 0xFF
    assert "damaged" in refused(tmp_path, bytes(flipped), "a.gz").what.id


def parquet(rows=1_000):
    out = io.BytesIO()
    pq.write_table(
        pa.table({"sku": [f"s{i}" for i in range(rows)], "amount": list(range(rows))}), out, write_page_checksum=True
    )
    return out.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-50],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1",
        lambda data: data[:-40] + os.urandom(32) + data[-8:],
        lambda data: data[:100] + bytes([data[100] ^ 4]) + data[101:],
    ],
)
def test_damaged_parquet(tmp_path, damage):
    assert "damaged" in refused(tmp_path, damage(parquet()), "a.parquet").what.id


def test_parquet_with_a_giant_dictionary(tmp_path):
    out = io.BytesIO()
    text = "x" * 1_000_000
    pq.write_table(pa.table({"sku": pa.DictionaryArray.from_arrays(pa.array([0] * 20_000), pa.array([text]))}), out)
    assert len(out.getvalue()) < 3_000_000
    refused(tmp_path, out.getvalue(), "a.parquet")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pickle.dumps({"a": 1}), "pickle"),
        (b"\0" * 8 + b"DUCK" + b"\0" * 100, "DuckDB"),
        (b"MZ\x90\0" + b"\0" * 200, "Windows program"),
        (b"\x7fELF\x02" + b"\0" * 200, "program"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"SQLite format 3\0" + b"\0" * 100, "SQLite"),
        (b'[{"sku": "a"}]', "JSON"),
        (b"Rar!\x1a\x07\0", "RAR"),
    ],
)
def test_other_kinds_are_named(tmp_path, data, kind):
    assert refused(tmp_path, data, "orders.csv").what.params["kind"] == kind


def test_sign_in_page_instead_of_a_report(tmp_path):
    error = refused(tmp_path, b"<!DOCTYPE html><html><body><form>login</form></body></html>", "orders.xls")
    assert "sign-in page" in error.hint.id


def test_wrong_extension_does_not_matter(tmp_path):
    (grid,) = inspect(tmp_path, gzip.compress(GOOD), "a.xlsx")
    assert grid.rows == 1
    (grid,) = inspect(tmp_path, parquet(10), "a.csv")
    assert (grid.container, grid.rows) == ("parquet", 10)


def test_noise_is_not_a_table(tmp_path):
    noise = random.Random(3).randbytes(50_000)
    refused(tmp_path, noise)
    refused(tmp_path, zlib.compress(noise))
