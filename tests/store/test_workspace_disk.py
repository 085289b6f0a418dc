"""The workspace on a disk that fails, fills up or flips bits: all or nothing, and damage is named."""

from __future__ import annotations

import os

import pytest

import ecops
from ecops.errors import StoreError
from ecops.store import Workspace, manifest
from ecops.store import loading as loading_module
from tests.store.simple import (
    fingerprint,
    load_rows,
    order_rows,
)


def test_several_sheets_are_one_load_or_none(workspace, monkeypatch):
    load_rows(workspace, order_rows({(1, 1): 1}))
    before, version = fingerprint(workspace), workspace.version
    real = loading_module.Builder.segment

    def second_fails(self, source, name, load, sequence):
        if source.name == "1.parquet":
            raise StoreError(ecops.Message("The disk is full."))
        return real(self, source, name, load, sequence)

    monkeypatch.setattr(loading_module.Builder, "segment", second_fails)
    with pytest.raises(StoreError, match="disk is full"):
        load_rows(workspace, order_rows({(1, 1): 5}), order_rows({(2, 1): 5}))
    assert (fingerprint(workspace), workspace.version) == (before, version)
    _no_leftovers(workspace)


def _no_leftovers(workspace):
    known = workspace.state.known_files()
    files = {
        path.relative_to(workspace.folder / "data").as_posix()
        for path in (workspace.folder / "data").rglob("*")
        if path.is_file()
    }
    assert files == known
    assert not list(workspace.folder.glob("staging-*"))


@pytest.mark.parametrize("function", ["replace", "fsync"])
def test_every_failing_call_to_the_disk_leaves_all_as_it_was(workspace, monkeypatch, function):
    """The n-th call fails, for n = 1, 2, 3, ... until the load goes through."""
    load_rows(workspace, order_rows({(1, 1): 1, (2, 1): 2}))
    before = fingerprint(workspace)
    real = getattr(os, function)
    for failing in range(1, 40):
        calls = 0

        def fault(*args, failing=failing, **options):
            nonlocal calls
            calls += 1
            if calls == failing:
                raise OSError(28, "No space left on device")
            return real(*args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(os, function, fault)
            try:
                receipt = load_rows(workspace, order_rows({(1, 1): 5, (3, 1): 5}))
            except StoreError as error:
                assert "No space left" in str(error)  # noqa: PT017 - the load may also go through
            else:
                break
        assert fingerprint(workspace) == before
        assert workspace.problems() == []
        _no_leftovers(workspace)
    assert failing > 3
    workspace.undo(receipt)
    assert fingerprint(workspace) == before


def test_disk_full_for_real(tmp_path):
    """A state that cannot grow: the load is refused, the figures stay."""
    workspace = Workspace.open(tmp_path / "shop")
    load_rows(workspace, order_rows({(1, 1): 1}))
    before = fingerprint(workspace)
    with workspace.state.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    real = workspace.state.writing

    import contextlib

    @contextlib.contextmanager
    def full():
        with real() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("PRAGMA max_page_count=1073741823")

    workspace.state.writing = full
    with pytest.raises(StoreError, match="disk is full"):
        load_rows(workspace, order_rows({(order, 1): 1 for order in range(50)}), name="x" * 200_000)
    workspace.state.writing = real
    assert fingerprint(workspace) == before
    _no_leftovers(workspace)


def test_a_flipped_bit_is_named_and_never_read(workspace):
    load_rows(workspace, order_rows({(order, 1): order for order in range(50)}))
    (file,) = (workspace.folder / "data" / "order_lines").iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)
    name = f"order_lines/{file.name}"
    with pytest.raises(StoreError, match="damaged") as caught:
        workspace.query("select sum(paid_amount) from order_lines")
    assert caught.value.where["file"] == name
    assert [message.params["file"] for message in workspace.problems()] == [name]
    # What does not touch the file still answers.
    assert workspace.query("select sum(gross_sales) as g from daily_sales")["g"].to_pylist() == [sum(range(50))]
    with pytest.raises(StoreError, match="damaged"):
        load_rows(workspace, order_rows({(1, 1): 5}))
    file.unlink()
    with pytest.raises(StoreError, match="missing") as caught:
        workspace.query("order_lines")
    assert caught.value.where["file"] == name


def test_a_bit_flipped_before_this_process_opened_the_file_is_found_too(workspace):
    load_rows(workspace, order_rows({(1, 1): 1}))
    (file,) = (workspace.folder / "data" / "daily_sales").iterdir()
    content = bytearray(file.read_bytes())
    content[60] ^= 1
    file.write_bytes(content)
    manifest._checked.clear()
    with pytest.raises(StoreError, match="damaged"):
        workspace.query("daily_sales")
