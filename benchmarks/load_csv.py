"""Loading one large order export: ours against pandas, side by side in one run.

    python benchmarks/load_csv.py                 # 1 M orders, GBK, 40 columns
    python benchmarks/load_csv.py --rows 100000
    python benchmarks/load_csv.py --gigabyte      # and a 1 GB UTF-8 file by its path: seconds and resident memory

Ours is what a load does before publishing: hash of the file, reading in the worker (encoding, records counted, limits),
detection, conversion to canonical Parquet with every check of the validation report.

The peer reaches the same table with pandas, as a careful analyst would write it: `read_csv` as text (ids keep their
digits, "NA" stays a word), rows compared with the lines of the file, the same columns cleaned (wrappers, spaces, words
for nothing), numbers, times, status words, province of the address, hashed buyers, ids without digits looked for, money
of closed orders given back, repeated orders out, Parquet. It leaves out what is not needed for the table: limits,
sandbox, detection, all other checks. At the end both tables are compared cell by cell, else the run fails.
`pandas_quick` is the same cleaning behind pandas' other parser, told which columns it will need
(`engine="pyarrow", usecols=...`): the fastest that we know to write.

`limit` is the physical limit: DuckDB reads the needed columns of the file, already in UTF-8, as text, and throws them
away (`seconds`; the rest of its figures is the change to UTF-8).

Each runs in a process of its own; memory is the peak resident size of the largest process of a side. Ours works on two
cores and pandas on one (its other parser on two), so on a busy machine the processor seconds say more than the clock.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]

HEADER = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,"
    "买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,"
    "宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,"
    "发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,"
    "是否是O2O交易"
)
TEXTS = {
    "order_id": "订单编号",
    "buyer_id": "买家会员名",
    "shop": "店铺名称",
    "status": "订单状态",
    "device": "是否手机订单",
    "province": "收货地址 ",
}
NUMBERS = {
    "quantity": "宝贝总数量",
    "list_amount": "买家应付货款",
    "paid_amount": "买家实际支付金额",
    "freight": "买家应付邮费",
}
TIMES = {"ordered_at": "订单创建时间", "paid_at": "订单付款时间 "}
STATUS = ("交易成功", "交易关闭", "卖家已发货，等待买家确认", "买家已付款，等待卖家发货")


def write_orders(path: Path, encoding: str, rows: int | None, size: int | None = None) -> int:
    """Write a Taobao order report of `rows` rows, or of about `size` bytes; the number of rows."""
    random = np.random.default_rng(7)
    start = np.datetime64("2025-01-01T00:00:00")
    written = 0
    with path.open("wb") as out:
        out.write((HEADER + "\r\n").encode(encoding))
        while (rows is None or written < rows) and (size is None or out.tell() < size):
            count = 20_000 if rows is None else min(20_000, rows - written)
            cents = random.integers(1_000, 99_999, count)
            buyers, status = random.integers(0, 300_000, count), random.integers(0, 4, count)
            moments = np.datetime_as_string(start + random.integers(0, 86_400 * 90, count), unit="s")
            lines = []
            for i, (cent, buyer, word, instant) in enumerate(zip(cents, buyers, status, moments, strict=True)):
                number, amount, moment = written + i, f"{cent / 100:.2f}", str(instant).replace("T", " ")
                lines.append(
                    f'="{1_000_000_000_000_000_000 + number * 7}",买家{buyer},u{buyer}@example.com,{amount},0.00,0,'
                    f"{amount},0,{amount},0,{STATUS[word]},,张三{number % 97},"
                    f"浙江省 杭州市 西湖区 文三路{number % 500}号 ,快递,'0571-8{number % 9_999_999:07d},"
                    f"'138{buyer:08d},{moment},{moment},"
                    f'"夏季新款连衣裙,碎花{number % 1_000}",1,No:YT{number},圆通速递,,{number % 5 + 1},'
                    "123456,某某旗舰店,"
                    "订单未关闭,0元,0元,,是,,,,,,,0,否\r\n"
                )
            out.write("".join(lines).encode(encoding))
            written += count
    return written


def ours(path: Path, out: Path) -> dict[str, float]:
    """Read and convert, as a load does."""
    began = time.perf_counter()
    from ecops.sources import inspect
    from ecops.sources.template import Template

    # The readers are forked from a process that is no child of this one: what they use they tell themselves.
    used: list[tuple[float, int]] = []
    run = Template.run

    def told(*arguments: Any) -> Any:
        ended = run(*arguments)
        used.append((ended.seconds, ended.peak))
        return ended

    Template.run = told  # type: ignore[method-assign]
    imported = time.perf_counter()
    with inspect(path) as found:
        read = time.perf_counter()
        grid, matches = found.sheets[0]
        done = found.convert(grid, matches[0].mapping, out, salt="s", currency="CNY", timezone="Asia/Shanghai")
        ended = time.perf_counter()
    readers = {"reader_cpu": sum(one for one, _ in used), "reader_peak_mb": max(peak for _, peak in used) / 1024}
    spans = {"import": imported - began, "inspect": read - imported, "convert": ended - read}
    return {"rows": done.rows_kept, **spans, **readers}


def pandas(path: Path, out: Path) -> dict[str, float]:
    """The same table with pandas."""
    return _with_pandas(path, out)


def pandas_quick(path: Path, out: Path) -> dict[str, float]:
    """The same table with pandas' other parser and only the columns needed."""
    return _with_pandas(path, out, engine="pyarrow", usecols=[*TEXTS.values(), *NUMBERS.values(), *TIMES.values()])


def _with_pandas(path: Path, out: Path, **options: Any) -> dict[str, float]:
    import pandas as pd

    began = time.perf_counter()
    frame = pd.read_csv(path, encoding="gb18030", dtype=str, keep_default_na=False, **options)
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1
    if lines != len(frame):
        raise ValueError(f"{len(frame)} rows of {lines}")
    read = time.perf_counter()
    clean = _cleaned(frame)
    clean.to_parquet(out, compression="zstd")
    return {"rows": len(clean), "read": read - began, "clean": time.perf_counter() - read}


def _cleaned(frame: Any) -> Any:
    """The canonical columns of the report's text."""
    import pandas as pd

    clean = pd.DataFrame({"platform": "taobao", "currency": "CNY"}, index=frame.index)
    for name, header in TEXTS.items():
        text = frame[header].str.strip().str.replace(r'^="(.*)"$', r"\1", regex=True).str.removeprefix("'").str.strip()
        clean[name] = text.mask(text.isin(["", "-", "--", "—", "/", "null", "N/A"]))
    for name, header in NUMBERS.items():
        text = frame[header].str.replace(r"[,¥￥元\s]", "", regex=True)
        clean[name] = pd.to_numeric(text.mask(text.isin(["", "-", "--"])))
    for name, header in TIMES.items():
        clean[name] = pd.to_datetime(frame[header].str.strip(), format="%Y-%m-%d %H:%M:%S", errors="coerce")
    if clean["order_id"].str.fullmatch(r"\d(\.\d+)?[eE]\+?\d{2}").any():
        raise ValueError("order numbers have lost their digits")
    words = clean["status"]
    clean["status"] = words.map(dict(zip(STATUS, ("completed", "closed", "shipped", "paid"), strict=True)))
    if clean["status"].isna().any() and words.notna().any():
        raise ValueError("unknown status")
    clean["device"] = clean["device"].map({"是": "mobile", "否": "desktop"}).fillna("desktop")
    province = r"^(.{2,8}?(?:省|自治区|特别行政区)|(?:北京|上海|天津|重庆)市?)"
    clean["province"] = clean["province"].str.extract(province, expand=False)
    hashes = {buyer: hashlib.sha256(f"s{buyer}".encode()).hexdigest()[:32] for buyer in clean["buyer_id"].unique()}
    clean["buyer_id"] = clean["buyer_id"].map(hashes)
    clean["paid_at"] = clean["paid_at"].where(
        clean["paid_at"].notna() | (clean["status"] == "closed"), clean["ordered_at"]
    )
    given_back = (clean["status"] == "closed") & clean["paid_at"].notna() & (clean["paid_amount"] > 0)
    clean["refund_amount"] = clean["paid_amount"].where(given_back)
    clean = clean[clean["order_id"].notna() & clean["ordered_at"].notna()]
    return clean.drop_duplicates(["platform", "shop", "order_id"], keep="last")


def limit(path: Path, out: Path) -> dict[str, float]:
    """The needed columns of the file, changed to UTF-8 before, as text."""
    from ecops.engine.duck import Engine

    utf8 = out.with_suffix(".csv")
    with path.open(encoding="gb18030", newline="") as source, utf8.open("w", encoding="utf-8", newline="") as target:
        while block := source.read(1 << 20):
            target.write(block)
    headers = HEADER.split(",")
    columns = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(len(headers)))
    needed = [headers.index(header) for header in (*TEXTS.values(), *NUMBERS.values(), *TIMES.values())]
    lengths = ", ".join(f"max(strlen(c{position}))" for position in needed)
    engine = Engine([path.parent])
    began = time.perf_counter()
    engine.query(
        f"SELECT {lengths} FROM read_csv($path, auto_detect=false, header=false, skip=1, columns={{{columns}}})",
        {"path": str(utf8)},
        timeout=None,
    )
    utf8.unlink()
    return {"seconds": time.perf_counter() - began}


def differences(mine: Path, theirs: Path) -> list[str]:
    """The columns of the peer's table in which ours has other values; the order of rows does not matter."""
    import pandas as pd

    left, right = (pd.read_parquet(path).sort_values("order_id", ignore_index=True) for path in (mine, theirs))
    if len(left) != len(right):
        return ["rows"]
    return [
        name for name in right if not ((left[name] == right[name]) | (left[name].isna() & right[name].isna())).all()
    ]


def measured(side: str, path: Path, out: Path) -> dict[str, float]:
    """Run one side in a process of its own.

    Returns:
        Its own figures, wall seconds, processor seconds of all its processes, peak resident MB of its largest process.
    """
    began = time.perf_counter()
    code = (
        f"import sys, json, resource; sys.path[:0] = {[str(ROOT), str(ROOT / 'benchmarks')]!r}; import load_csv; "
        f"from pathlib import Path; figures = load_csv.{side}(Path({str(path)!r}), Path({str(out)!r})); "
        "used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]; "
        "peak = max(*(each.ru_maxrss / 1024 for each in used), figures.pop('reader_peak_mb', 0)); "
        "spent = sum(each.ru_utime + each.ru_stime for each in used) + figures.pop('reader_cpu', 0); "
        "print(json.dumps({**figures, 'peak_mb': peak, 'cpu': spent}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": time.perf_counter() - began}


def scan_seconds(path: Path) -> float:
    """The physical floor: reading the bytes once."""
    began = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass
    return time.perf_counter() - began


def main() -> None:
    """Print the figures as lines of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--gigabyte", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        write_orders(path, "gbk", options.rows)
        outs = {side: Path(folder) / f"{side}.parquet" for side in ("ours", "pandas", "pandas_quick", "limit")}
        found = {side: measured(side, path, out) for side, out in outs.items()}
        _print("file", {"mb": path.stat().st_size / 1e6, "scan": scan_seconds(path)})
        for side, figures in found.items():
            _print(side, figures)
        for side in ("pandas", "pandas_quick"):
            if others := differences(outs["ours"], outs[side]):
                raise SystemExit(f"{side} made other values: {others}")
            ratios = {
                "faster": found[side]["wall"] / found["ours"]["wall"],
                "less_cpu": found[side]["cpu"] / found["ours"]["cpu"],
                "memory": found["ours"]["peak_mb"] / found[side]["peak_mb"],
            }
            _print(f"ours against {side}", ratios)
        if options.gigabyte:
            path.unlink()
            write_orders(path, "utf-8", None, 1_000_000_000)
            _print("1 GB", measured("ours", path, outs["ours"]))


def _print(name: str, figures: dict[str, float]) -> None:
    print(name, json.dumps({key: round(value, 3) for key, value in figures.items()}), flush=True)


if __name__ == "__main__":
    main()
