"""What is dear to make and the same for all tests is made once a run, whatever the number of workers, and copied."""

import fcntl
import os
import shutil

import pytest


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """A copy for this worker of a folder that the first worker to ask for it makes: (name, make) -> Path.

    `make` is called with the folder to fill; it must leave nothing open in it.
    """
    own = tmp_path_factory.getbasetemp()
    # Workers of one run have their folders side by side.
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own

    def get(name, make):
        made, draft = shared / f"made_{name}", shared / f"draft_{name}"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                make(draft)
                draft.rename(made)
        return shutil.copytree(made, tmp_path_factory.mktemp(name) / name)

    return get
