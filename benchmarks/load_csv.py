"""Loading one large order export: ours against pandas, side by side in one run.

    python benchmarks/load_csv.py                 # 1 M orders, GBK, 40 columns
    python benchmarks/load_csv.py --rows 100000
    python benchmarks/load_csv.py --gigabyte      # and a 1 GB UTF-8 file by its path: seconds and resident memory

Ours is what a load does before publishing: read in the worker (encoding, structure, parser agree), detect, convert to
canonical Parquet. The peer reads the same file with `pandas.read_csv` as text and cleans the same columns: wrappers and
spaces off, numbers, dates, status words, hashed buyers, duplicates out, Parquet. Each runs in a process of its own;
memory is the peak resident size of the largest process of a side. Ours works on two cores and pandas on one, so on a
busy machine the processor seconds say more than the seconds on the clock.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]

HEADER = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,"
    "买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,"
    "宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,"
    "发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,"
    "是否是O2O交易"
)
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


def ours(path: Path) -> dict[str, float]:
    """Read and convert, as a load does."""
    began = time.perf_counter()
    from ecops.sources import inspect

    imported = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, inspect(path) as found:
        read = time.perf_counter()
        grid, matches = found.sheets[0]
        done = found.convert(
            grid, matches[0].mapping, Path(folder) / "out.parquet", salt="s", currency="CNY", timezone="Asia/Shanghai"
        )
        ended = time.perf_counter()
    return {"rows": done.rows_kept, "import": imported - began, "inspect": read - imported, "convert": ended - read}


def peer(path: Path) -> dict[str, float]:
    """The same with pandas."""
    import hashlib

    import pandas as pd

    began = time.perf_counter()
    frame = pd.read_csv(path, encoding="gb18030", dtype=str, keep_default_na=False)
    read = time.perf_counter()
    frame.columns = frame.columns.str.strip()
    frame["订单编号"] = frame["订单编号"].str.replace(r'^="(.*)"$', r"\1", regex=True).str.strip()
    status = dict(zip(STATUS, ("completed", "closed", "shipped", "paid"), strict=True))
    clean = pd.DataFrame({"order_id": frame["订单编号"], "status": frame["订单状态"].str.strip().map(status)})
    for name, column in (
        ("freight", "买家应付邮费"),
        ("amount", "总金额"),
        ("paid_amount", "买家实际支付金额"),
        ("quantity", "宝贝总数量"),
    ):
        text = frame[column].str.replace(r"[,¥￥元\s]", "", regex=True)
        clean[name] = pd.to_numeric(text.where(~text.isin(["", "-", "--"])))
    for name, column in (("ordered_at", "订单创建时间"), ("paid_at", "订单付款时间")):
        clean[name] = pd.to_datetime(frame[column].str.strip(), format="%Y-%m-%d %H:%M:%S", errors="coerce")
    for name, column in (
        ("shop", "店铺名称"),
        ("title", "宝贝标题"),
        ("address", "收货地址"),
        ("closed_reason", "订单关闭原因"),
    ):
        clean[name] = frame[column].str.strip()
    buyers = frame["买家会员名"].str.strip()
    hashes = {buyer: hashlib.sha256(f"s{buyer}".encode()).hexdigest() for buyer in buyers.unique()}
    clean["buyer_id"] = buyers.map(hashes)
    clean = clean.drop_duplicates("order_id", keep="last")
    with tempfile.TemporaryDirectory() as folder:
        clean.to_parquet(Path(folder) / "out.parquet", compression="zstd")
    return {"rows": len(clean), "read": read - began, "clean": time.perf_counter() - read}


def measured(side: str, path: Path) -> dict[str, float]:
    """Run one side in a process of its own.

    Returns:
        Its own figures, wall seconds, processor seconds of all its processes, peak resident MB of its largest process.
    """
    began = time.perf_counter()
    code = (
        f"import sys, json, resource; sys.path[:0] = {[str(ROOT), str(ROOT / 'benchmarks')]!r}; import load_csv; "
        f"from pathlib import Path; figures = load_csv.{side}(Path({str(path)!r})); "
        "used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]; "
        "print(json.dumps({**figures, 'peak_mb': max(each.ru_maxrss for each in used) / 1024, "
        "'cpu': sum(each.ru_utime + each.ru_stime for each in used)}))"
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
        size = path.stat().st_size / 1e6
        mine, pandas = measured("ours", path), measured("peer", path)
        ratios = {
            "faster": pandas["wall"] / mine["wall"],
            "less_cpu": pandas["cpu"] / mine["cpu"],
            "memory": mine["peak_mb"] / pandas["peak_mb"],
        }
        for name, figures in (
            ("file", {"mb": size, "scan": scan_seconds(path)}),
            ("ecops", mine),
            ("pandas", pandas),
            ("ratios", ratios),
        ):
            print(name, json.dumps({key: round(value, 3) for key, value in figures.items()}))
        if options.gigabyte:
            path.unlink()
            write_orders(path, "utf-8", None, 1_000_000_000)
            print("1 GB", json.dumps({key: round(value, 3) for key, value in measured("ours", path).items()}))
    print("peak of this process", round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "MB")


if __name__ == "__main__":
    main()
