"""One shop's data in one folder: load exports, take loads back, ask questions.

Many readers and one loader at a time, over threads and processes. A reader keeps the version it started with.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import os
import shutil
import tempfile
import threading
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ecops import workfolders
from ecops.engine.duck import Engine, flush
from ecops.errors import StoreError, near
from ecops.messages import Message
from ecops.store import audit, choices, journal, lock, manifest, reading
from ecops.store.answers import check_currency
from ecops.store.data import Data, known_names, workspace_data
from ecops.store.loading import Loader, Upload, added_up
from ecops.store.reading import Wishes
from ecops.store.receipt import Receipt
from ecops.store.state import File, State

if TYPE_CHECKING:
    from ecops.sources import Inspection
    from ecops.sources.recognition.mapping import Mapping as ColumnMapping

Progress = Callable[[Message], None]

_engines: weakref.WeakValueDictionary[Path, Engine] = weakref.WeakValueDictionary()
_opening = threading.Lock()
_NOTE = "workspace.json"
_READERS = 2
"""Files that are read at once by `load_many`; each in a process of its own."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """How much of one table there is.

    Attributes:
        rows: number of rows, each key counted once.
        first_day, last_day: span, None for a table without days.
        files: number of Parquet files.
    """

    rows: int
    first_day: dt.date | None
    last_day: dt.date | None
    files: int


class Workspace:
    """The tables of one shop or brand.

    Open one with `Workspace.open`. Safe to share between threads.

    Attributes:
        folder: where it lies.
        read_only: nothing can be loaded or undone through this object.
        state: what it remembers beside the tables; the ground of journals.
    """

    def __init__(self, folder: Path, state: State, read_only: bool) -> None:
        self.folder = folder
        self.read_only = read_only
        self.state = state
        self._data = folder / "data"
        self._tables: tuple[int, dict[str, TableInfo]] | None = None
        with _opening:
            # One DuckDB for all who have the same folder open: a private one each costs ten times the memory.
            self._engine = _engines.get(self._data) or Engine([self._data])
            _engines[self._data] = self._engine

    @classmethod
    def open(cls, path: Path | str, *, state_url: str | None = None, read_only: bool = False) -> Workspace:
        """Open the workspace at `path`; a new one is made when there is none.

        Args:
            path: a folder.
            state_url: SQLAlchemy URL of the state, for example "postgresql+psycopg://..."; SQLite when None.
            read_only: refuse to change anything.

        Raises:
            StoreError: the folder or the state cannot be used, the folder is the home of other workspaces, or the state
                belongs to another workspace.
        """
        folder = Path(path).expanduser().resolve()
        _no_home(folder)
        try:
            (folder / "data").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                Message("The folder of the workspace cannot be used: {reason}.", reason=error.strerror or str(error)),
                Message("Choose a folder you may write to."),
                {"file": str(folder)},
            ) from error
        state = State(state_url or f"sqlite:///{folder / 'state.sqlite'}")
        _same_workspace(folder, state)
        return cls(folder, state, read_only)

    def load(
        self,
        file: Path | str | bytes,
        source: str | Mapping[str, str] | None = None,
        mapping: ColumnMapping | Mapping[str, ColumnMapping] | None = None,
        name: str | None = None,
        sheets: Collection[str] | None = None,
        *,
        actor: str = "",
        progress: Progress | None = None,
    ) -> Receipt:
        """Load one export; all its sheets or nothing. The same or an overlapping export never counts twice.

        Args:
            file: a path, or the bytes of an upload.
            source: name of the report, for all sheets or by sheet name; detected when None.
            mapping: columns, for all sheets or by sheet name; detected, or as last time for the same header, when None.
            name: what the user calls the file; needed for bytes.
            sheets: names of the sheets to load; all that are recognised when None.
            actor: who, for the audit log.
            progress: told what is being done.

        Returns:
            The receipt. `already_loaded` when the same bytes are in the workspace: then nothing was changed.

        Raises:
            EcopsError: the file cannot be read, mapped or stored, or another load is running. Nothing was changed.
        """
        wishes = Wishes(source, mapping, sheets)
        with self.inspect(file, name) as inspection:
            return self.load_inspected(inspection, wishes, actor=actor, progress=progress)

    def load_inspected(
        self, inspection: Inspection, wishes: Wishes | None = None, *, actor: str = "", progress: Progress | None = None
    ) -> Receipt:
        """`load` for a file that was inspected before (the guided upload); same arguments, results and errors."""
        with self._loading(progress or _silent) as loader:
            return self._publish(loader, self._read(loader, inspection, wishes, loader.staging), actor)

    def load_many(
        self, files: Sequence[Path], wish: Callable[[Inspection], Wishes | None], *, actor: str = ""
    ) -> Iterator[Receipt]:
        """Load files one after the other while the next ones are being read, and add up by day once at the end.

        Args:
            files: in the order in which to load them.
            wish: what the user decided about a file; it is not remembered for the other files of the same call.
            actor: who, for the audit log.

        Yields:
            The receipt of each file as soon as it is in.

        Raises:
            EcopsError: a file cannot be loaded; those before it stay.
        """

        def read(number: int, file: Path) -> Receipt | tuple[Upload, reading.Reading]:
            staging = loader.staging / str(number)
            staging.mkdir()
            with self.inspect(file) as inspection:
                return self._read(loader, inspection, wish(inspection), staging)

        with self._loading(_silent) as loader, ThreadPoolExecutor(_READERS) as readers:
            loader.adds_up = False
            jobs: deque[Future[Receipt | tuple[Upload, reading.Reading]]] = deque()
            waiting = deque(enumerate(files))
            while waiting or jobs:
                # The first money decides the currency by which all files after it are read.
                ahead = _READERS + 1 if self.currency else 1
                while waiting and len(jobs) < ahead:
                    jobs.append(readers.submit(read, *waiting.popleft()))
                yield self._publish(loader, jobs.popleft().result(), actor)
            loader.add_up(actor)

    def _read(
        self, loader: Loader, inspection: Inspection, wishes: Wishes | None, staging: Path
    ) -> Receipt | tuple[Upload, reading.Reading]:
        """The converted sheets of a file, or the receipt of the load that did the same before."""
        for earlier in self.receipts():
            if earlier.sha256 == inspection.sha256 and not earlier.undone and _covers(earlier, wishes):
                return earlier.seen_again()
        wishes = wishes or Wishes()
        done = reading.convert(inspection, wishes, self.state, staging, loader.progress)
        reading.refuse_unsaid(done, wishes)
        return Upload(inspection.file, inspection.sha256, inspection.size), done

    def _publish(self, loader: Loader, read: Receipt | tuple[Upload, reading.Reading], actor: str) -> Receipt:
        if isinstance(read, Receipt):
            return read
        upload, done = read
        load = uuid.uuid4().hex[:12]
        return loader.publish_load(load, upload, done.converted, done.skipped, done.remember, actor)

    def check(
        self, inspection: Inspection, wishes: Wishes | None = None, *, progress: Progress | None = None
    ) -> tuple[Receipt, dict[str, bytes]]:
        """What `load_inspected` would find in a file, without changing anything.

        Returns:
            A receipt with version 0 whose `unknown_values` have to be explained before a load, and for each sheet with
            offending cells a CSV of them.
        """
        with tempfile.TemporaryDirectory(prefix=workfolders.prefix()) as staging:
            done = reading.convert(inspection, wishes or Wishes(), self.state, Path(staging), progress or _silent)
            sheets = tuple(item.receipt for item in done.converted)
            bad = {item.sheet: item.conversion.bad_rows for item in done.converted}
            rows = {sheet: path.read_bytes() for sheet, path in bad.items() if path is not None}
            now = dt.datetime.now(dt.UTC)
            receipt = Receipt("", inspection.file, inspection.sha256, inspection.size, now, 0, sheets, done.skipped)
            return receipt, rows

    def inspect(self, file: Path | str | bytes, name: str | None = None) -> Inspection:
        """Look into a file without loading it; to be closed after use (`with`).

        Raises:
            FileError: it cannot be read.
        """
        from ecops import sources

        return sources.inspect(file if isinstance(file, bytes) else Path(file), name)

    def undo(self, receipt: Receipt | str, *, actor: str = "", progress: Progress | None = None) -> None:
        """Take one load back; the tables become what they would be had it never been loaded.

        Args:
            receipt: of the load, or its id.
            actor: who, for the audit log.
            progress: told what is being done.

        Raises:
            StoreError: no such load, or it was taken back before, or another load is running. Nothing was changed.
        """
        wanted = receipt.id if isinstance(receipt, Receipt) else receipt
        with self._loading(progress or _silent) as loader:
            loader.publish_undo(self._standing(wanted), actor)

    def add_up(self, *, actor: str = "", progress: Progress | None = None) -> None:
        """Add up by day anew where an update of the program does it differently; nothing is done otherwise.

        Until then answers are right but slow: they add up on the spot.

        Raises:
            StoreError: a load is running, or the workspace cannot be written.
        """
        if not added_up(self.state.settings()):
            with self._loading(progress or _silent) as loader:
                loader.add_up(actor)

    def receipts(self) -> tuple[Receipt, ...]:
        """The receipts of all loads, oldest first; `undone` says which were taken back."""
        return tuple(
            replace(Receipt.from_dict(json.loads(text)), undone=undone) for text, undone in self.state.receipts()
        )

    def tables(self) -> dict[str, TableInfo]:
        """Every canonical table that has rows."""
        version = self.state.version()
        known = self._tables
        if known is None or known[0] != version:
            groups: dict[str, list[File]] = {}
            version, files = self.state.shown()
            for file in files:
                if file.kind != "rollup":
                    groups.setdefault(file.table, []).append(file)
            self._tables = known = (version, {name: _info(files) for name, files in groups.items()})
        return dict(known[1])

    @property
    def version(self) -> str:
        """Changes with every load, undo and choice; the key for caches, different for every folder, copies too."""
        return self._name(self.state.version(), choices.newest(self.state))

    @property
    def currency(self) -> str:
        """ISO code of the money; "" while nothing says it. A workspace has one; set it first where files name none."""
        return self.state.settings().get("currency", "")

    def data(self) -> Data:
        """The tables as they are now; loads that come later do not change them."""
        number, files = self.state.shown()
        settings = self.state.settings()
        newest, chosen = choices.held(self.state)
        if not added_up(settings):
            files = [file for file in files if file.kind != "rollup"]
        return workspace_data(
            self._engine,
            self._data,
            self.state,
            files,
            self._name(number, newest),
            currency=settings.get("currency", ""),
            choices=chosen,
        )

    def query(self, query: str | Path, **params: Any) -> pa.Table:
        """The answer to a question about the tables as they are now.

        Args:
            query: the name of a table or roll-up, a SELECT in DuckDB's dialect, or the path of an .sql file.
            params: values for `$name` in the SELECT.

        Raises:
            StoreError: it cannot be answered.
        """
        if isinstance(query, Path):
            query = query.read_text("utf-8")
        if query.isidentifier():
            if query not in known_names():
                raise StoreError(
                    Message("There is no table called {name}.", name=query),
                    Message(
                        "Did you mean {names}?", names=", ".join(near(query, known_names()) or sorted(self.tables()))
                    ),
                )
            query = f"SELECT * FROM {query}"  # noqa: S608 - a name we know
        return self.data().query(query, params)

    def setting(self, name: str, default: str = "") -> str:
        """One setting: "timezone", "currency", or whatever was remembered under `name`."""
        return self.state.settings().get(name, default)

    def set_setting(self, name: str, value: str, *, actor: str = "") -> None:
        """Remember one setting.

        Raises:
            StoreError: the setting belongs to the workspace itself, or the workspace is read-only.
            DataError: the time zone or the currency does not exist.
        """
        self._writable()
        if name in {"id", "salt", "schema", "rollups"} or (name == "currency" and self.currency and self.tables()):
            raise StoreError(Message("The setting {name} cannot be changed once there is data.", name=name))
        check = {"timezone": reading.check_timezone, "currency": check_currency}.get(name)
        kept = check(value) if check else value
        self.state.remember(name, kept, actor)
        # What is kept by version (answers of pages, findings) was worked out with the setting as it was.
        journal.append(self.state, choices.STREAM, f"setting/{name}", {"value": kept, "removed": False}, actor)

    def record(self, action: str, detail: Mapping[str, Any], *, actor: str = "") -> None:
        """One line for the audit log (an export, a sign-in, an edit); no personal values."""
        self.state.record(actor, action, detail)

    def audit_trail(self) -> list[audit.AuditLine]:
        """The audit log, oldest first."""
        return self.state.trail()

    def problems(self, audit_head: tuple[int, str] | None = None) -> list[Message]:
        """What is wrong with the files and the audit log; empty when all is well. Reads every file.

        Args:
            audit_head: number and hash of an audit line noted down elsewhere.
        """
        found = audit.verify(self.state.trail(), audit_head)
        files = {file.path: file for file in (*self.state.shown()[1], *self.state.segments())}
        for file in files.values():
            try:
                manifest.verified(self._data, file, again=True)
            except StoreError as error:
                found.append(Message("{what} File: {file}.", what=error.what, file=file.path))
        return found

    @contextlib.contextmanager
    def _loading(self, progress: Progress) -> Iterator[Loader]:
        """The loader's lock and a loader with an empty staging folder; leftovers of killed loads are removed first."""
        self._writable()
        with lock.loading(self.state.engine) as token:
            for leftover in self.folder.glob("staging-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            staging = self._new_staging()
            try:
                loader = Loader(self.state, self._data, staging, token, progress)
                loader.tidy()
                yield loader
            finally:
                shutil.rmtree(staging, ignore_errors=True)

    def _new_staging(self) -> Path:
        staging = self.folder / f"staging-{uuid.uuid4().hex[:12]}"
        try:
            staging.mkdir()
        except OSError as error:
            raise StoreError(
                Message("The folder of the workspace cannot be used: {reason}.", reason=error.strerror or str(error)),
                Message("Free some disk space or check the permissions of the folder, then try again."),
            ) from error
        return staging

    def _writable(self) -> None:
        if self.read_only:
            raise StoreError(
                Message("This workspace is for reading only."), Message("Load your files into a workspace of your own.")
            )

    def _standing(self, wanted: str) -> Receipt:
        receipts = {receipt.id: receipt for receipt in self.receipts()}
        if wanted not in receipts:
            raise StoreError(
                Message("There is no receipt {receipt}.", receipt=wanted),
                Message("Look at the list of receipts."),
                {"receipt": wanted},
            )
        if receipts[wanted].undone:
            raise StoreError(Message("This load was taken back before."), where={"receipt": wanted})
        return receipts[wanted]

    def _name(self, number: int, newest: int) -> str:
        return f"{self._id}-{number}" + (f".{newest}" if newest else "")

    @functools.cached_property
    def _id(self) -> str:
        return self.state.settings()["id"][:8] + uuid.uuid5(uuid.NAMESPACE_URL, str(self.folder)).hex[:8]


def _silent(_: Message) -> None:
    """For callers who do not want to be told."""


def _covers(earlier: Receipt, wishes: Wishes | None) -> bool:
    """Whether an earlier load of the same bytes did what is wished now."""
    if wishes is None:
        return True
    if wishes.answers is not None:
        return False
    used = {sheet.sheet: sheet for sheet in earlier.sheets}
    if wishes.sheets is not None and not set(wishes.sheets) <= used.keys():
        return False
    for name, sheet in used.items():
        mapping = wishes.mapping.get(name) if isinstance(wishes.mapping, Mapping) else wishes.mapping
        source = wishes.source.get(name) if isinstance(wishes.source, Mapping) else wishes.source
        if mapping is not None and mapping.to_dict() != sheet.mapping:
            return False
        if mapping is None and source is not None and source != sheet.source:
            return False
    return True


def _info(files: list[File]) -> TableInfo:
    first = min((file.first_day for file in files if file.first_day), default=None)
    last = max((file.last_day for file in files if file.last_day), default=None)
    return TableInfo(
        rows=sum(file.rows for file in files),
        first_day=dt.date.fromisoformat(first) if first else None,
        last_day=dt.date.fromisoformat(last) if last else None,
        files=len(files),
    )


def is_workspace(folder: Path) -> bool:
    """Whether a folder is a workspace; a folder of other things is not, nor is one that does not exist."""
    return (folder / _NOTE).is_file()


def _no_home(folder: Path) -> None:
    """Refuse to make a workspace around others: its own folders would look like one more of them."""
    if is_workspace(folder) or not folder.is_dir():
        return
    try:
        inside = next((child for child in sorted(folder.iterdir()) if is_workspace(child)), None)
    except OSError:
        return  # said better by whoever uses the folder next
    if inside is not None:
        raise StoreError(
            Message("This folder holds workspaces, such as {name}, and cannot be one itself.", name=inside.name),
            Message("Name a folder inside it, for example {folder}.", folder=str(folder / "mine")),
            {"file": str(folder)},
        )


def _same_workspace(folder: Path, state: State) -> None:
    """A folder and a state belong together: mixing them up would show one shop's figures as another's."""
    note = folder / _NOTE
    if not note.exists():
        draft = folder / f".{uuid.uuid4().hex}.tmp"
        draft.write_text(json.dumps({"id": uuid.uuid4().hex}), "utf-8")
        flush(draft)
        with contextlib.suppress(FileExistsError):
            os.link(draft, note)
        draft.unlink()
    if state.claim(json.loads(note.read_text("utf-8"))["id"]):
        return
    raise StoreError(
        Message("The state belongs to another workspace."),
        Message("Give every workspace a state of its own."),
        {"file": str(note)},
    )
