"""Apps driven without a browser: three shops (empty, sample, one uploaded export), two languages."""

import contextlib
import functools
import logging
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, local_script_runner

import ecops
from ecops.store import journal
from tests.pages import exports

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 120


@pytest.fixture(scope="session")
def home(tmp_path_factory, sample_shop):
    """A folder of workspaces: `mine` is empty, `loaded` holds one uploaded order export, and the sample shop."""
    folder = tmp_path_factory.mktemp("shops")
    shutil.copytree(sample_shop, folder / "sample")
    workspace = ecops.Workspace.open(folder / "loaded")
    workspace.load(exports.taobao_orders(), name="ExportOrderList.csv")
    workspace.load(exports.taobao_items(), name="ExportItemList.csv")
    ecops.Workspace.open(folder / "mine")
    return folder


@pytest.fixture(autouse=True)
def own_main(monkeypatch):
    """AppTest makes app.py the main module; processes that later tests spawn would run it as theirs."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def framed(monkeypatch):
    """Run pages inside app.py: AppTest forgets before each run that the app has a menu of its own.

    How the very first deep link of a server is framed is tested in a browser (tests/e2e).
    """
    begin = PagesManager.__init__

    def init(self, *args, **options):
        begin(self, *args, **options)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init)


@pytest.fixture(autouse=True, scope="session")
def scanned_once():
    """AppTest looks through all installed packages for components before each run; they do not change meanwhile."""
    scan = manifest_scanner.scan_component_manifests
    manifest_scanner.scan_component_manifests = functools.cache(scan)
    yield
    manifest_scanner.scan_component_manifests = scan


@pytest.fixture(autouse=True, scope="session")
def waited_for():
    """AppTest asks a thousand times a second whether a page is drawn, and the page waits for each question."""
    ask = local_script_runner.require_widgets_deltas

    def wait(runner, timeout=3):
        runner._script_thread.join(timeout)
        ask(runner, timeout)

    local_script_runner.require_widgets_deltas = wait
    yield
    local_script_runner.require_widgets_deltas = ask


@pytest.fixture
def open_app(home, monkeypatch, caplog):
    """Open a page as a reader would; fails when a page had to apologise for a defect of ours."""
    monkeypatch.setenv("ECOPS_HOME", str(home))
    monkeypatch.chdir(ROOT)
    caplog.set_level(logging.ERROR)

    def run(page: str, shop: str = "sample", language: str = "zh", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT)
        app.query_params["ws"] = shop
        app.query_params["lang"] = language
        for name, value in query.items():
            app.query_params[name] = value
        if page != "overview":
            app.switch_page(f"pages/{page}.py")
        app.run()
        sound(app, caplog)
        return app

    yield run
    assert [record.message for record in caplog.records if record.name == "ecops.ui"] == []


def sound(app: AppTest, caplog) -> None:
    assert not app.exception, app.exception
    assert [record.exc_text for record in caplog.records if record.name == "ecops.ui"] == []


class Lent:
    """A sample shop to write to, lent to one test after the other, so that its answers are worked out once.

    What was written down in it is forgotten when it comes back. A shop whose tables or choices changed is not lent
    again: what was worked out for it holds no longer.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        self._source, self._folder = source, folder
        self._copies = 0
        self._home: Path | None = None

    def out(self) -> Path:
        """The folder of workspaces with `sample` in it."""
        if self._home is None:
            self._copies += 1
            self._home = self._folder / str(self._copies)
            shutil.copytree(self._source, self._home / "sample")
            self._version = ecops.Workspace.open(self._home / "sample").version
        return self._home

    def back(self) -> None:
        workspace = ecops.Workspace.open(self._home / "sample")
        if workspace.version != self._version:
            self._home = None
            return
        reached = journal.last(workspace.state)
        files = [sqlite3.connect(folder / "state.sqlite") for folder in (self._source, self._home / "sample")]
        with contextlib.closing(files[0]), contextlib.closing(files[1]), files[1]:
            files[0].backup(files[1])
            # Answers go by the position of the newest entry, so none may be given a second time.
            files[1].execute(
                "insert into ecops_journal values (?, 'scenarios', 'lent', '2000-01-01', '', '{\"removed\": true}')",
                (reached + 1,),
            )


@pytest.fixture(scope="session")
def lent(home, tmp_path_factory):
    return Lent(home / "sample", tmp_path_factory.mktemp("lent"))


@pytest.fixture
def own_sample(lent, open_app, monkeypatch):  # noqa: ARG001 - sets its own home first
    """The folder of a sample shop to write to; `open_app` opens it."""
    home = lent.out()
    monkeypatch.setenv("ECOPS_HOME", str(home))
    yield home / "sample"
    lent.back()


@pytest.fixture
def writable_home(home, tmp_path):
    """A private copy of the shops, for tests that change them."""
    folder = tmp_path / "shops"
    shutil.copytree(home, folder)
    return folder
