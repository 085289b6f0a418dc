"""How the tests are shared out among the workers of `make test`."""

import contextlib
import fcntl
import gc
import os
import shutil
from pathlib import Path

import pytest

from ecops.charts import Figure

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the app does; each worker has a core of its own
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4e9:
    # Thousands of small workspaces, each flushed to the disk: waiting for it took a fifth of the time of their tests.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

TESTS = Path(__file__).parent
FIRST = ("e2e", "pages", "review", "sample")
"""Folders whose tests take long: where a long part comes last, one core waits for the other.

One worker runs all of such a folder: what its tests share (a shop, a browser) is made once, and while one worker waits
for a browser the others have work that needs none.
"""


class Shared:
    """A folder that all workers of a run see.

    Attributes:
        folder: where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def locked(self, name: str):
        """One worker at a time inside."""
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    folder = tmp_path_factory.getbasetemp()
    return Shared(folder if worker_id == "master" else folder.parent)


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """One for all files of a worker: making it takes longer than reading most of them."""
    from ecops.engine.duck import Engine

    return Engine([tmp_path_factory.getbasetemp(), TESTS])


@pytest.fixture(scope="session")
def sample_shop(shared):
    """The folder of the sample shop, loaded once for all workers; to be copied, never to be written to."""
    folder = shared.folder / "sample_shop"
    with shared.locked("sample_shop"):
        if not folder.exists():
            from ecops import Workspace
            from sample_data import loading

            draft = shared.folder / "sample_shop_draft"
            workspace = Workspace.open(draft)
            for _ in loading.load(workspace, loading.renew(workspace)):
                pass
            workspace.add_up()
            draft.rename(folder)
    return folder


@pytest.fixture(autouse=True)
def known_to_plotly(monkeypatch):
    """All that a test draws is known to Plotly: on its way to a page nobody looks at it any more."""
    drawn, begin = [], Figure.__init__

    def remembered(figure, **layout):
        begin(figure, **layout)
        drawn.append(figure)

    monkeypatch.setattr(Figure, "__init__", remembered)
    yield
    for figure in drawn:
        figure.plotly()


def pytest_collection_finish():
    """What is imported stays to the end, so it need not be looked at again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure():
    gc.unfreeze()


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):  # noqa: ARG001 - the hook's own
    """One more than there are cores: browsers, servers and readers of files are often waited for."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """`--dist loadfile` with the folders above as one file each.

    The marks of `--dist loadgroup` do nothing under this pytest.
    """
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Parts(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return _folder(nodeid) if _folder(nodeid) in FIRST else super()._split_scope(nodeid)

    return Parts(config, log)


def _place(nodeid):
    return FIRST.index(_folder(nodeid)) if _folder(nodeid) in FIRST else len(FIRST)


def _folder(nodeid):
    """The folder below tests/; "" for what is elsewhere."""
    return nodeid.removeprefix("tests/").split("/")[0] if nodeid.startswith("tests/") else ""
