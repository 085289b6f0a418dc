"""How the tests are shared out among the workers of `make test`."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the app does; each worker has a core of its own

TESTS = Path(__file__).parent
TOGETHER = ("e2e", "pages", "review", "sample")
"""Folders whose tests share a server or a shop that is dear to make. One worker runs all of a folder, so each is made
once, and they come first: where a long part comes last, one core waits for the other."""


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _place(item.nodeid))


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
            return _folder(nodeid) if _folder(nodeid) in TOGETHER else super()._split_scope(nodeid)

    return Parts(config, log)


def _place(nodeid):
    return TOGETHER.index(_folder(nodeid)) if _folder(nodeid) in TOGETHER else len(TOGETHER)


def _folder(nodeid):
    """The folder below tests/; "" for what is elsewhere."""
    return nodeid.removeprefix("tests/").split("/")[0] if nodeid.startswith("tests/") else ""
