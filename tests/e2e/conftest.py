"""A real server on a free port of this machine, with its own folder of workspaces, and a real browser."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # see `prepared`
]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(ROOT / "tests" / "e2e"):
            item.add_marker(pytest.mark.e2e)


def chromium() -> str | None:
    """The browser; the one that has no window to draw takes two thirds of the time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One running app.

    Attributes:
        url: where it answers.
        home: its folder of workspaces.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = home / "server.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "streamlit",
                    "run",
                    "serve.py",
                    "--server.address=127.0.0.1",
                    f"--server.port={port}",
                ],
                cwd=ROOT,
                env={**os.environ, "ECOPS_HOME": str(home / "shops"), "ECOPS_VISITS": "0"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.read() == b"ok":
                        return
            except OSError:
                time.sleep(0.2)
            if self.process.poll() is not None:
                break
        self.stop()
        raise RuntimeError(self.log.read_text("utf-8", "replace"))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


@dataclass(frozen=True)
class Running:
    """A server that another worker may have started."""

    url: str
    home: Path


@pytest.fixture(scope="session")
def server(shared, sample_shop):
    """The app that all workers visit: who comes first starts it, who goes last stops it."""
    if chromium() is None:
        pytest.skip("no chromium on this machine; `make test` installs one where it may")
    home = shared.folder / "ecops"
    note = home / "running.json"
    with shared.locked("server"):
        if not home.exists():
            shutil.copytree(sample_shop, home / "shops" / "sample")
        if note.exists():
            told = json.loads(note.read_text("utf-8"))
        else:
            started = Server(home)
            told = {"url": started.url, "process": started.process.pid, "visitors": 0}
        told["visitors"] += 1
        note.write_text(json.dumps(told), "utf-8")
    yield Running(told["url"], home)
    with shared.locked("server"):
        told = json.loads(note.read_text("utf-8"))
        told["visitors"] -= 1
        note.write_text(json.dumps(told), "utf-8")
        if not told["visitors"]:
            note.unlink()
            os.kill(told["process"], signal.SIGTERM)


@pytest.fixture
def fresh_server(tmp_path, sample_shop):
    """A server that nobody has visited yet."""
    if chromium() is None:
        pytest.skip("no chromium on this machine; `make test` installs one where it may")
    shutil.copytree(sample_shop, tmp_path / "shops" / "sample")
    running = Server(tmp_path)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    path = chromium()
    if path is None:
        pytest.skip("no chromium on this machine; `make test` installs one where it may")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        # One profile for all visitors: a browser need not compile the scripts of the app again for each of them.
        running = driver.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path=path, args=FLAGS, locale="zh-CN", accept_downloads=True
        )
        yield running
        running.close()


class Visitor:
    """One reader in a window of her own; remembers every host that was asked and every script error."""

    def __init__(
        self, browser, server: Server | Running, width: int = 1440, height: int = 900, dark: bool = False
    ) -> None:
        self.server = server
        self.page = browser.new_page()
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str = "/") -> None:
        self.page.goto(f"{self.server.url}{path}")
        self.settle()

    def settle(self, timeout: float = 60_000) -> None:
        """Wait until the server's script has run to its end and the page has drawn it."""
        # Before the first run the page is as quiet as after it, but has no heading yet.
        self.page.wait_for_selector("h1", timeout=timeout)
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=timeout)
        self.page.wait_for_timeout(400)
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=timeout)

    def figures(self) -> list[str]:
        """The values of the figure cards, once they are drawn."""
        self.page.wait_for_selector("[data-testid=stMetric]", timeout=60_000)
        self.settle()
        return self.page.locator("[data-testid=stMetricValue]").all_inner_texts()

    def text(self) -> str:
        return self.page.inner_text("[data-testid=stMain]")

    def foreign(self) -> list[str]:
        own = (self.server.url, self.server.url.replace("http", "ws"), "data:", "blob:")
        return [url for url in self.asked if not url.startswith(own)]

    def close(self) -> None:
        self.page.close()


@pytest.fixture(scope="session")
def prepared(server, browser):
    """The shared server once its sample shop is built, which takes a moment the first time.

    One page of it stays open. All pages of a site share a process, which ends with the last of them, and the next would
    compile the scripts of the app anew: that takes as long as all that the page then does.
    """
    waiting = browser.new_page()
    waiting.goto(f"{server.url}/_stcore/health")
    visitor = Visitor(browser, server)
    visitor.page.goto(server.url)
    visitor.page.wait_for_selector("[data-testid=stMetric]", timeout=240_000)
    visitor.settle(120_000)
    visitor.close()
    yield server
    waiting.close()


@pytest.fixture
def visit(browser, prepared):
    """Make a visitor of the shared server; closed at the end of the test."""
    made = []

    def make(**options) -> Visitor:
        made.append(Visitor(browser, options.pop("at", prepared), **options))
        return made[-1]

    yield make
    for visitor in made:
        visitor.close()
