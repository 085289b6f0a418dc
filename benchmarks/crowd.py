"""Many people at once: what a view costs the processor, how long 10, 25 and 50 people wait, on one process and two.

    python benchmarks/crowd.py [--people 10 25 50] [--workers 1 2] [--shops sample million] [--seconds 90] [--long 600]

Views first: processor seconds of the server for a repeated view of each page, and for a change whose answers are known
but not drawn yet (the same view in the other language), which is what a change of filter costs beyond its query.
Targets: 0.08 s and 0.15 s. Then the crowd: each person is a browser session (cookie, websocket, the messages that the
browser already has) that opens a page, thinks 5 to 10 s and opens the next; two of three look at one platform.
Targets: 25 people p95 1 s, 50 people p95 2.5 s, no error, memory flat over `--long` seconds (25 people; 0: left out).
In that run a person leaves after some pages and another one comes, so that what a session held must be given back.
The driver runs on the same machine; it says how much processor it took itself.

People come when the server says that it has opened its pages itself (`/ready`); the seconds until then are told. With
`--cold` they come as soon as it answers at all, while it still opens its pages.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import math
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VIEWED = ("overview", "weekly_review", "funnel", "ab_test", "customers", "inventory", "presale", "competitors")
OPENED = ("overview", "weekly_review", "funnel", "ab_test", "overview", "overview")
FILTERS = ("", "&platform=taobao", "&platform=douyin")
CHANGES = ("&span=d14&platform=taobao", "&span=d14&platform=douyin", "&span=d7")
"""Choices that the server does not open itself, so that nothing of them is drawn beforehand."""

LINES = 1_000_000
THINK = (5.0, 10.0)
REPEATS = 9
STAY = 10
"""Pages after which a person of the long run leaves."""

LONGEST_START = 600.0


@dataclass
class Seen:
    """What the people of one run saw: seconds of first and later pages, what went wrong, and MB every ten seconds."""

    first: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


class Browser:
    """One browser session: keeps its cookie and tells the server which messages it has.

    Attributes:
        picture: seconds until the first picture of the last view stood; NaN where it had none.
        on_picture: called when it stands.
    """

    def __init__(self, port: int) -> None:
        self.port, self.cookie, self.cached, self.socket = port, "", set(), None
        self.picture = math.nan
        self.on_picture: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Browser:
        import websockets

        self.cookie = await asyncio.to_thread(self._page)
        address = f"127.0.0.1:{self.port}"
        headers = {"Cookie": self.cookie} if self.cookie else {}
        self.socket = await websockets.connect(
            f"ws://{address}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            open_timeout=120,
            origin=f"http://{address}",
            additional_headers=headers,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    def _page(self) -> str:
        """Ask for the empty page, as a browser does first; the cookie that came with it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        told = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
        return "; ".join(cookie for cookie in told if cookie.startswith("ecops_worker="))

    async def view(self, page: str, query: str) -> tuple[float, list[str]]:
        """Seconds until a page is drawn to its end, and the errors on it."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        asked, errors = BackMsg(), []
        self.picture = math.nan
        asked.rerun_script.query_string, asked.rerun_script.page_name = query, page
        asked.rerun_script.cached_message_hashes.extend(self.cached)
        began = time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg()
            told.ParseFromString(await asyncio.wait_for(self.socket.recv(), 180))
            if told.hash and told.metadata.cacheable:
                self.cached.add(told.hash)
            if told.WhichOneof("type") == "delta":
                element = told.delta.new_element
                if element.WhichOneof("type") == "exception":
                    errors.append(element.exception.message[:100])
                if element.WhichOneof("type") == "plotly_chart" and math.isnan(self.picture):
                    self.picture = time.perf_counter() - began
                    self.on_picture()
                if element.WhichOneof("type") == "alert" and "our side" in element.alert.body:
                    errors.append(element.alert.body[:100])
            elif told.WhichOneof("type") == "script_finished" and told.script_finished == 0:
                return time.perf_counter() - began, errors


class Server:
    """The app on so many processes, on a folder of shops."""

    def __init__(self, home: Path, workers: int, cold: bool = False) -> None:
        began = time.monotonic()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "tools.workers", str(workers), "--port", str(self.port)]
        if workers == 1:
            command = [sys.executable, "-m", "streamlit", "run", "serve.py", "--server.address=127.0.0.1"]
            command.append(f"--server.port={self.port}")
        environment = {**os.environ, "ECOPS_HOME": str(home)}
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=self.log, stderr=self.log)
        self.pids: list[int] = []
        deadline = time.monotonic() + 120
        while len(self.pids) < workers or not self._all_answer():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.log.seek(0)
                raise SystemExit(f"the app did not start: {self.log.read().decode(errors='replace')[-500:]}")
            time.sleep(0.5)
            self.pids = [self.process.pid] if workers == 1 else _apps_of(self.process.pid)
        if not cold:
            self._wait(workers, began)

    def _wait(self, workers: int, began: float) -> None:
        """Wait until every process has opened its pages itself."""
        waiting = [f"ecops_worker=w{place}" for place in range(1, workers + 1)]
        while waiting and time.monotonic() - began < LONGEST_START:
            time.sleep(0.5)
            waiting = [cookie for cookie in waiting if not _answers(self.port, "/ready", cookie)]
        told = "not ready" if waiting else "every page opened"
        print(
            f"  {told} after {time.monotonic() - began:.0f} s, {self.cpu():.1f} processor seconds, "
            f"{self.memory():.0f} MB",
            flush=True,
        )

    def _all_answer(self) -> bool:
        cookies = [f"ecops_worker=w{place}" for place in range(1, len(self.pids) + 1)]
        return bool(cookies) and all(_answers(self.port, "/_stcore/health", cookie) for cookie in cookies)

    def cpu(self) -> float:
        """Processor seconds of all processes so far."""
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.pids)

    def memory(self) -> float:
        """Resident memory of all processes, MB."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids)
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


def _answers(port: int, path: str, cookie: str) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", path, headers={"Cookie": cookie})
        return connection.getresponse().status == 200
    except OSError:
        return False


def _apps_of(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            ppid = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if ppid == parent and b"streamlit" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


async def costs(server: Server, shop: str) -> None:
    """Processor seconds of a repeated view and of one that is known but not drawn, page by page."""
    print(f"{shop}: processor seconds of a view, one process")
    print(f"  {'page':16}{'repeated':>10}{'not drawn yet':>15}")
    for page in VIEWED:
        async with Browser(server.port) as browser:

            async def cost(query: str, page: str = page, browser: Browser = browser) -> float:
                await asyncio.sleep(0.2)
                before = server.cpu()
                _seconds, errors = await browser.view(page, query)
                await asyncio.sleep(0.1)
                for error in errors:
                    print(f"  {page}: {error}")
                return server.cpu() - before

            for _warm in range(2):
                await cost(f"ws={shop}&lang=zh")
            repeated = [await cost(f"ws={shop}&lang=zh") for _again in range(REPEATS)]
            changed = []
            for choices in CHANGES:
                await cost(f"ws={shop}&lang=zh{choices}")
                changed.append(await cost(f"ws={shop}&lang=en{choices}"))
            print(f"  {page:16}{statistics.median(repeated):10.3f}{statistics.median(changed):15.3f}")


async def crowd(server: Server, shop: str, people: int, seconds: float, stay: int = 0) -> Seen:
    """So many people for so many seconds, each in a new session after every `stay` pages; 0: all the time in one."""
    seen, end = Seen(), time.monotonic() + seconds

    async def person(number: int) -> None:
        chance = random.Random(number)
        await asyncio.sleep(chance.random() * min(20.0, people / 2, seconds / 3))
        pages = seen.first
        try:
            while time.monotonic() < end:
                async with Browser(server.port) as browser:
                    left = stay or math.inf
                    while time.monotonic() < end and left > 0:
                        query = f"ws={shop}&lang={'zh' if number % 3 else 'en'}{chance.choice(FILTERS)}"
                        took, errors = await browser.view(chance.choice(OPENED), query)
                        pages.append(took)
                        seen.errors.extend(errors)
                        pages, left = seen.later, left - 1
                        await asyncio.sleep(chance.uniform(*THINK))
        except Exception as error:  # noqa: BLE001 - whatever a reader meets is counted and shown
            seen.errors.append(f"{type(error).__name__}: {error}"[:120])

    async def watch() -> None:
        while time.monotonic() < end:
            seen.memory.append(server.memory())
            await asyncio.sleep(10)

    await asyncio.gather(watch(), *(person(number) for number in range(people)))
    return seen


def report(name: str, server: Server, seen: Seen, used: float, driver: float) -> None:
    waits = sorted([*seen.first, *seen.later])
    if not waits:
        print(f"  {name:28} nobody saw a page: {seen.errors[:3]}")
        return
    p95 = waits[max(0, int(0.95 * len(waits)) - 1)]
    print(
        f"  {name:28}{len(waits):6}{statistics.median(waits):8.2f}{p95:8.2f}{waits[-1]:8.2f}{len(seen.errors):8}"
        f"{server.memory():9.0f}{used / len(waits):10.3f}{driver / len(waits):10.3f}",
        *(f"\n    {error}" for error in seen.errors[:3]),
        flush=True,
    )


def measured(server: Server, shop: str, people: int, seconds: float, stay: int = 0) -> tuple[Seen, float, float]:
    """What people saw, and the processor seconds of the server and of this driver."""
    before, own = server.cpu(), time.process_time()
    seen = asyncio.run(crowd(server, shop, people, seconds, stay))
    return seen, server.cpu() - before, time.process_time() - own


def grown(seen: Seen) -> None:
    """How memory went: the mean of each fifth of the run, and what a session left behind by the slope of the rest."""
    fifth = max(1, len(seen.memory) // 5)
    parts = [statistics.fmean(seen.memory[place : place + fifth]) for place in range(0, 5 * fifth, fifth)]
    sessions = (len(seen.first) + len(seen.later)) / STAY
    print(
        f"    memory in fifths of the run: {', '.join(f'{part:.0f}' for part in parts)} MB; the last over the second: "
        f"{parts[-1] - parts[1]:+.1f} MB, {(parts[-1] - parts[1]) / max(1.0, sessions * 0.6):+.3f} MB a session",
        flush=True,
    )


def made(base: Path, shop: str) -> Path:
    """A folder of shops that holds this one alone, since a server opens the pages of every shop it finds.

    Args:
        base: folder of such folders; what is there is kept.
        shop: "sample", or "million" for one of a million generated order lines.
    """
    home = base / shop
    home.mkdir(parents=True, exist_ok=True)
    if shop == "sample":
        command, environment = [sys.executable, "-m", "ecops", "sample"], {**os.environ, "ECOPS_HOME": str(home)}
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    elif not (home / shop).exists():
        with tempfile.TemporaryDirectory(dir=home) as folder:
            for step in ("generate", "build"):
                command = [sys.executable, str(ROOT / "benchmarks" / "overview_scale.py"), "--step", step]
                command += ["--folder", folder, "--rows", str(LINES)]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            (Path(folder) / "shop").rename(home / shop)
    return home


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="*", default=[10, 25, 50])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--shops", nargs="+", default=["sample", "million"], choices=["sample", "million"])
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--cold", action="store_true", help="people come while the server still opens its pages")
    parser.add_argument("--no-views", action="store_true", help="leave out what a view costs")
    parser.add_argument("--long", type=float, default=600, help="seconds of the run that watches the memory")
    parser.add_argument("--home", type=Path, help="where the shops are kept; a temporary folder by default")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        homes = {shop: made(chosen.home or Path(folder), shop) for shop in chosen.shops}
        for shop in chosen.shops if not chosen.no_views else ():
            server = Server(homes[shop], 1)
            try:
                asyncio.run(costs(server, shop))
            finally:
                server.stop()
        head = f"{'pages':>6}{'p50':>8}{'p95':>8}{'worst':>8}{'errors':>8}{'MB':>9}{'cpu/page':>10}{'driver':>10}"
        print(f"\n  {'seconds a page':28}{head}")
        for shop in chosen.shops:
            for workers in chosen.workers:
                server = Server(homes[shop], workers, chosen.cold)
                try:
                    for people in chosen.people:
                        name = f"{shop}, {workers} x, {people} people"
                        report(name, server, *measured(server, shop, people, chosen.seconds))
                    if chosen.long and workers == max(chosen.workers):
                        name = f"{shop}, {workers} x, 25 for {chosen.long:.0f} s"
                        seen, used, driver = measured(server, shop, 25, chosen.long, STAY)
                        report(name, server, seen, used, driver)
                        grown(seen)
                finally:
                    server.stop()


if __name__ == "__main__":
    main()
