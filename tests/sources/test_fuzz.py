"""Mutated files of every container: whatever they hold, reading ends in sheets or in an `EcopsError`.

The mutations run in a process of their own with the worker's memory limit, because a mutated workbook may end it;
such a file then goes through the worker, which must turn the death into an error.
"""

import gzip
import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecops.engine.duck import Engine
from ecops.errors import EcopsError, FileError
from ecops.sources.files.containers import read_grids
from ecops.sources.limits import Limits
from ecops.sources.sandbox import run_worker
from tests.sources.attacks import row, text_cell, xlsx

SMALL = Limits(inflated_bytes=20_000_000, cells=200_000, markup_bytes=2_000_000, wall_seconds=30)
ENGINE = Engine([tempfile.gettempdir()], threads=1)
KNOWN = frozenset({"订单编号", "商品名称", "总金额", "sku", "date", "amount"})


def seeds():
    """One small valid file of each container."""
    text = '订单编号,商品名称,总金额\n="123",连衣裙,"1,234.5"\n124,"a ""b""\nc",-\n合计,,3\n' * 3
    out = io.BytesIO()
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for line, values in enumerate([["sku", "date", "amount"], ["x", "2025-01-01", 3.5], ["y", "", 4]]):
        for column, value in enumerate(values):
            sheet.write(line, column, value)
    book.save(out)
    parquet = io.BytesIO()
    pq.write_table(pa.table({"sku": ["a", "b", None], "amount": [1.5, None, 2.0], "tags": [["x"], [], None]}), parquet)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("a.csv", text)
        target.writestr("b/c.tsv", "sku\tdate\n1\t2\n")
    rows = row(1, text_cell("A1", "sku"), text_cell("B1", "amount")) + row(
        2, text_cell("A2", "x"), '<c r="B2"><v>2</v></c>'
    )
    table = "<html><table><tr><th>sku</th><th>amount</th></tr><tr><td>中文</td><td>2</td></tr></table></html>"
    namespace = "urn:schemas-microsoft-com:office:spreadsheet"
    cells = '<Cell ss:Index="1"><Data ss:Type="String">sku</Data></Cell>'
    return {
        "utf-8": text.encode(),
        "gbk": text.encode("gbk"),
        "utf-16": text.encode("utf-16"),
        "tsv": text.replace(",", "\t").encode(),
        "gz": gzip.compress(text.encode()),
        "zip": archive.getvalue(),
        "xlsx": xlsx(rows),
        "xls": out.getvalue(),
        "parquet": parquet.getvalue(),
        "html": table.encode(),
        "xml": (
            f'<?xml version="1.0"?><Workbook xmlns="{namespace}" xmlns:ss="{namespace}"><Worksheet ss:Name="S"><Table>'
            f"<Row>{cells}{cells}</Row><Row>{cells}</Row></Table></Worksheet></Workbook>"
        ).encode(),
    }


def mutate(data, dice):
    """A few random cuts, flips, repeats and inserts of bytes that mean something to some reader."""
    spice = [
        b'"',
        b"\0",
        b"\n",
        b"\r",
        b",",
        b"\xff",
        b"\x81",
        b"\xef\xbb\xbf",
        b"<",
        b"9" * 8,
        b"\x00\x00\x00\x80",
        b"PK",
    ]
    changed = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(changed) + 1)
        match dice.randrange(6):
            case 0 if changed:
                changed[at % len(changed)] ^= 1 << dice.randrange(8)
            case 1:
                del changed[at : at + dice.choice([1, 3, 40, 4_000])]
            case 2:
                changed[at:at] = dice.choice(spice)
            case 3:
                changed[at:at] = changed[at : at + dice.randrange(200)] * dice.choice([1, 2, 50])
            case 4:
                changed[at:at] = dice.randbytes(dice.randrange(1, 20))
            case 5:
                changed[at : at + 4] = dice.choice([b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"])
    return bytes(changed)


def mutate_inside(data, dice):
    """As `mutate`, but the parts inside a zip file, so that the archive itself stays whole."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        names = source.namelist()
        chosen = dice.choice([name for name in names if "sheet" in name or "workbook" in name or name.endswith("sv")])
        for name in names:
            content = source.read(name)
            target.writestr(name, mutate(content, dice) if name == chosen else content)
    return out.getvalue()


def mutated(kind, number):
    data, dice = seeds()[kind], random.Random(f"{kind}{number}")
    if kind in ("xlsx", "zip") and number % 2:
        return mutate_inside(data, dice)
    return mutate(data, dice)


def tell(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def run(kind, start, stop, work):
    """Read the mutations `start` to `stop`; one line of JSON each. Runs in a process of its own."""
    resource.setrlimit(resource.RLIMIT_AS, (SMALL.memory_bytes, SMALL.memory_bytes))
    data, inside = seeds()[kind], kind in ("xlsx", "zip")
    for number in range(start, stop):
        tell(["try", number])
        dice = random.Random(f"{kind}{number}")
        path = Path(work) / "input"
        path.write_bytes(mutate_inside(data, dice) if inside and number % 2 else mutate(data, dice))
        grids, refusal = [], None
        try:
            grids = read_grids(path, Path(work), SMALL, "input", KNOWN, ENGINE)
        except EcopsError as error:
            refusal = error
        if refusal is None:
            outcome = ["read", sum(grid.rows for grid in grids)]
            assert all(grid.rows == grid.lines > 0 for grid in grids)
        else:
            assert isinstance(refusal, FileError)
            assert refusal.where["file"].startswith("input")
            outcome = ["refused", refusal.what.id, repr(refusal.__cause__)[:300]]
        tell(outcome)


@pytest.mark.parametrize("kind", sorted(seeds()))
def test_mutated_files_give_sheets_or_one_clear_error(tmp_path, kind):
    total = 80
    outcomes, deaths, start = [], [], 0
    while start < total:
        code = f"import sys; sys.path[:0] = {[str(Path.cwd()), str(Path(__file__).parent)]!r}; import test_fuzz; "
        code += f"test_fuzz.run({kind!r}, {start}, {total}, {str(tmp_path)!r})"
        environment = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode <= 0, done.stderr[-3_000:]  # an exception of any other kind ends it with 1
        outcomes += [line for line in lines if line[0] != "try"]
        start = lines[-1][1] + 1 if lines[-1][0] == "try" else total
        if lines[-1][0] == "try":
            deaths.append(lines[-1][1])
    assert len(outcomes) + len(deaths) == total
    assert len(deaths) <= total / 20
    assert any(outcome[0] == "refused" for outcome in outcomes)
    for number in deaths:
        path = tmp_path / "input"
        path.write_bytes(mutated(kind, number))
        with pytest.raises(FileError):
            run_worker({"do": "inspect", "path": str(path), "work": str(tmp_path), "name": "input"}, SMALL)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.binary(max_size=300))
def test_any_bytes(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("bytes")
    path = folder / "input"
    path.write_bytes(data)
    try:
        grids = read_grids(path, folder, SMALL, "input", KNOWN, ENGINE)
    except FileError:
        return
    assert all(grid.rows == grid.lines > 0 for grid in grids)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    st.text(alphabet=st.sampled_from(list("ab1,;\t\"\n\r=' 中é\u200b")), max_size=120),
    st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
def test_any_text_loses_no_line(tmp_path_factory, text, encoding):
    """What is read accounts for every letter and digit that was written."""
    folder = tmp_path_factory.mktemp("text")
    path = folder / "input"
    path.write_bytes(f"sku,date,amount\n1,2,3\n{text}\n".encode(encoding))
    try:
        (grid,) = read_grids(path, folder, SMALL, "input", KNOWN, ENGINE)
    except FileError:
        return
    assert grid.rows == grid.lines > 0
    table = ENGINE.query(f"SELECT * FROM {grid.scan_sql()}", grid.scan_parameters())
    found = [*grid.columns, *grid.preamble, *(cell or "" for row in table.to_pylist() for cell in row.values())]
    assert letters("".join(found)) == letters(f"sku,date,amount123{text}")


def letters(text):
    return sorted(character for character in text if character.isalnum())
