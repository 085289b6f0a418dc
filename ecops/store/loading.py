"""From converted sheets to a new version of the tables: segments, parts, roll-ups, one transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ecops.engine.duck import Engine, View, cannot_write, flush, parquet_sql
from ecops.errors import DataError, StoreError
from ecops.messages import Count, Message
from ecops.sources.conversion.report import Conversion, Issue
from ecops.store import manifest, rollups
from ecops.store.receipt import MISSING_DAYS_SHOWN, Receipt, SheetReceipt
from ecops.store.segments import Builder, Keys, Parts
from ecops.store.state import Change, File, State, as_json
from ecops.tables import table

Progress = Callable[[Message], None]

_LEFT_OUT = "none"
"""What the setting `rollups` says while loads leave the roll-ups to the last of them."""

COLLECT_AFTER_SECONDS = 3600.0
"""How long files of old versions are kept for readers in other processes."""


@dataclass(frozen=True, slots=True)
class Converted:
    """One sheet after its conversion: a typed Parquet file and all that is to be told about it."""

    conversion: Conversion
    sheet: str
    mapping: Mapping[str, Any]
    notes: tuple[Message, ...] = ()

    @property
    def receipt(self) -> SheetReceipt:
        """The sheet's receipt as far as it is known before the rows meet the table."""
        return SheetReceipt.of(self.sheet, self.conversion, self.mapping, self.notes)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in: name as the user knows it, hash and size of its bytes."""

    file: str
    sha256: str
    size: int


class Loader:
    """Changes the tables of one workspace; to be used while the loader's lock is held.

    Args:
        state: of the workspace.
        folder: data folder of the workspace.
        staging: folder for drafts, on the same disk.
        token: of the lock.
        progress: told what is being done.

    Attributes:
        adds_up: make the roll-ups anew with every change. Without, they are left to whoever asks, until `add_up` or
            the next change with it.
    """

    def __init__(self, state: State, folder: Path, staging: Path, token: str, progress: Progress) -> None:
        self.state = state
        self.folder = folder
        self.staging = staging
        self.token = token
        self.progress = progress
        self.adds_up = True
        self.engine = Engine([folder, staging], memory_limit="600MB", temp=staging, keep_order=False)
        self.builder = Builder(self.engine, folder, progress)

    def publish_load(
        self,
        load: str,
        upload: Upload,
        converted: Sequence[Converted],
        skipped: Mapping[str, Message],
        remember: Mapping[str, str],
        actor: str,
    ) -> Receipt:
        """Put converted sheets on top of the tables, all of them or none.

        Raises:
            StoreError: a file cannot be written, or another load took over. Nothing is changed.
            DataError: the money is in another currency than the workspace's.
        """
        settings = self.state.settings()
        currency = self._currency(converted, settings)
        version, shown = self.state.shown()
        try:
            segments, sheets = self._segments(load, converted, shown)
            changed: dict[str, Parts] = {}
            self.progress(Message("Comparing with what is there."))
            for name in dict.fromkeys(file.table for file in segments):
                current = [file for file in shown if file.table == name and file.kind != "rollup"]
                new = [file for file in segments if file.table == name]
                changed[name] = self.builder.after_load(name, current, new)
            receipt = Receipt(
                load, upload.file, upload.sha256, upload.size, dt.datetime.now(dt.UTC), version + 1, sheets, skipped
            )
            change = self._change("load", load, changed, shown, segments)
            detail = {"load": load, "file": upload.file, "sha256": upload.sha256, "rows": receipt.rows}
            self._publish(
                replace(
                    change,
                    load=(load, upload.sha256, as_json(receipt.to_dict())),
                    settings={**change.settings, **({"currency": currency} if currency else {})},
                    mappings=remember,
                    actor=actor,
                    detail=detail,
                )
            )
        except OSError as error:
            self._discard()
            raise cannot_write(self.folder, error) from error
        except BaseException:
            self._discard()
            raise
        return receipt

    def publish_undo(self, receipt: Receipt, actor: str) -> None:
        """Take a load back: the tables become what they would be had it never been loaded.

        Raises:
            StoreError: a file that is needed is damaged or cannot be written. Nothing is changed.
        """
        _, shown = self.state.shown()
        segments = self.state.segments()
        gone = [file for file in segments if file.load == receipt.id]
        changed: dict[str, Parts] = {}
        try:
            for name in dict.fromkeys(file.table for file in gone):
                current = [file for file in shown if file.table == name and file.kind != "rollup"]
                remaining = [file for file in segments if file.table == name and file not in gone]
                removed = [file for file in gone if file.table == name]
                changed[name] = self.builder.after_undo(name, current, remaining, removed)
            change = self._change("undo", receipt.id, changed, shown, ())
            detail = {"load": receipt.id, "file": receipt.file, "sha256": receipt.sha256}
            self._publish(replace(change, undone=receipt.id, actor=actor, detail=detail))
        except OSError as error:
            self._discard()
            raise cannot_write(self.folder, error) from error
        except BaseException:
            self._discard()
            raise

    def add_up(self, actor: str) -> None:
        """Make the roll-ups that earlier loads left out, or that other queries than today's have made."""
        self.adds_up = True
        if added_up(self.state.settings()):
            return
        try:
            change = self._change("load", "", {}, self.state.shown()[1], ())
            self._publish(replace(change, actor=actor, detail={"rollups": rollups.fingerprint()}))
        except BaseException:
            self._discard()
            raise

    def tidy(self) -> None:
        """Remove what killed loads left, and files that no version has shown for an hour."""
        known = self.state.known_files()
        for leftover in self.folder.glob("*/*"):
            if leftover.relative_to(self.folder).as_posix() not in known:
                leftover.unlink(missing_ok=True)
        old = [path for path in self.state.outdated(COLLECT_AFTER_SECONDS) if not manifest.leased(self.folder / path)]
        with suppress(OSError):
            for path in old:
                (self.folder / path).unlink(missing_ok=True)
            self.state.forget(old)

    def _discard(self) -> None:
        """Remove what was written, unless it was published and only the answer got lost."""
        with suppress(StoreError, OSError):
            self.builder.discard(self.state.known_files())

    def _publish(self, change: Change) -> None:
        for parent in {(self.folder / file.path).parent for file in change.files}:
            flush(parent)
        self.state.publish(self.token, change)

    def _currency(self, converted: Sequence[Converted], settings: Mapping[str, str]) -> str:
        """The currency to remember, "" when it is known already or nothing says it."""
        known = settings.get("currency", "")
        found = {item.conversion.currency for item in converted if item.conversion.currency}
        for currency in sorted(found - {known}):
            if known or len(found) > 1:
                raise DataError(
                    Message(
                        "The file is in {currency}, the workspace in {known}.",
                        currency=currency,
                        known=known or min(found - {currency}),
                    ),
                    Message(
                        'Load it into a shop of its own ("New shop" under the list of shops, --workspace on the '
                        "command line): money of two currencies cannot be added."
                    ),
                )
        if found and not known:
            self._refuse_beside_bare_money(next(iter(found)))
        return "" if known else next(iter(found), "")

    def _refuse_beside_bare_money(self, currency: str) -> None:
        """Amounts that were loaded without a currency must not become money of `currency` in silence.

        Raises:
            DataError: there are some.
        """
        standing = (Receipt.from_dict(json.loads(text)) for text, undone in self.state.receipts() if not undone)
        bare = next((receipt.file for receipt in standing if receipt.currency_unknown), None)
        if bare is not None:
            raise DataError(
                Message(
                    "The file is in {currency}, and nothing says in which {file} is.", currency=currency, file=bare
                ),
                Message("Say the currency of the shop in its settings, or take that load back first."),
            )

    def _segments(
        self, load: str, converted: Sequence[Converted], shown: Sequence[File]
    ) -> tuple[list[File], tuple[SheetReceipt, ...]]:
        sequence = self.state.next_sequence()
        segments: list[File] = []
        sheets = []
        for item in converted:
            name, path = item.conversion.table, item.conversion.path
            assert path is not None
            segment, repeated = self.builder.segment(path, name, load, sequence + len(segments))
            sheet = item.receipt
            current = [file for file in shown if file.table == name and file.kind != "rollup"]
            keys = self.builder.compare(name, [segment], current)
            kept = 0
            if keys.back:
                segment, kept = self._beneath(name, segment, current, segments)
                replaced = self.builder.compare(name, [segment], _under(current, segment)).replaced
                keys = replace(keys, replaced=replaced, unchanged=keys.replaced + keys.unchanged - replaced)
            beside = [file for file in segments if file.table == name]
            differs = sum(self.builder.compare(name, [segment], [file]).replaced for file in beside)
            dropped = {**sheet.dropped, **({"repeated key": repeated} if repeated else {})}
            sheets.append(
                replace(
                    sheet,
                    rows_kept=segment.rows,
                    dropped=dropped,
                    keys_new=keys.new,
                    keys_replaced=keys.replaced,
                    keys_unchanged=keys.unchanged,
                    issues=(
                        *_other_shop(name, keys),
                        *_sheets_differ(differs),
                        *self._led(segment, current),
                        *_older(kept),
                        *sheet.issues,
                    ),
                    first_day=_day(segment.first_day),
                    last_day=_day(segment.last_day),
                    **self._missing_days(segment),
                )
            )
            segments.append(segment)
        return segments, tuple(sheets)

    def _led(self, segment: File, current: Sequence[File]) -> tuple[Issue, ...]:
        """A note on orders that an ERP and their platform both export: which of the two leads."""
        if segment.table != "order_lines" or not current:
            return ()
        paths = [manifest.verified(self.folder, file) for file in current]
        relations = {"order_lines": paths, "fresh": View(parquet_sql("order_lines", [self.folder / segment.path]))}
        own = "SELECT count(recorded_by) AS n FROM "
        if not sum(self.engine.query(own + name, tables=relations, timeout=None)["n"][0].as_py() for name in relations):
            return ()  # nothing of an ERP, which the columns of the files tell at once
        erp = "coalesce({side}.recorded_by, '') = 'erp'"
        (found,) = self.engine.query(
            "SELECT count(DISTINCT n.order_id) AS n FROM fresh AS n JOIN order_lines AS o USING (order_id) "  # noqa: S608
            f"WHERE ({erp.format(side='n')}) <> ({erp.format(side='o')})",
            tables=relations,
            timeout=None,
        ).to_pylist()
        if not found["n"]:
            return ()
        told = Message(
            "{n} orders are known from their platform and from an ERP. They count once: the platform's file leads, the "
            "ERP's gives the cost.",
            n=Count(found["n"]),
        )
        return (Issue("led", "info", "order_id", found["n"], (), (), told),)

    def _beneath(self, name: str, segment: File, current: Sequence[File], fresh: Sequence[File]) -> tuple[File, int]:
        """The segment of an older export, put beneath the later ones, and how many of its orders they hold."""
        taken = [file.sequence for file in (*self.state.segments(), *fresh)]
        segment = replace(segment, sequence=self.builder.place(name, segment, current, taken))
        above = [file for file in current if file.sequence > segment.sequence]
        return segment, segment.rows - self.builder.compare(name, [segment], above).new if above else 0

    def _missing_days(self, segment: File) -> dict[str, Any]:
        date = table(segment.table).date
        if not date or not segment.first_day or not segment.last_day:
            return {}
        sql = f"SELECT DISTINCT CAST({date} AS DATE) AS day FROM {segment.table} WHERE {date} IS NOT NULL"  # noqa: S608 - names of ecops.tables
        paths = [self.folder / segment.path]
        present = set(self.engine.query(sql, tables={segment.table: paths}, timeout=None)["day"].to_pylist())
        first, last = dt.date.fromisoformat(segment.first_day), dt.date.fromisoformat(segment.last_day)
        span = (last - first).days + 1
        missing: list[dt.date] = []
        for offset in range(min(span, 36_600)):
            day = first + dt.timedelta(days=offset)
            if day not in present and len(missing) < MISSING_DAYS_SHOWN:
                missing.append(day)
        return {"missing_days": tuple(missing), "missing_day_count": span - len(present)}

    def _change(
        self,
        action: Literal["load", "undo"],
        load: str,
        changed: Mapping[str, Parts],
        shown: Sequence[File],
        segments: Sequence[File],
    ) -> Change:
        """The change that shows new parts, and new roll-ups where their inputs changed."""
        show = [file for parts in changed.values() for file in parts.show]
        hide = [file for parts in changed.values() for file in parts.hide]
        files = [*segments, *(file for parts in changed.values() for file in parts.written)]
        settings = {}
        touched = any(name in changed for name in rollups.INPUTS)
        if touched and not self.adds_up:
            hide += [file for file in shown if file.kind == "rollup"]
            settings["rollups"] = _LEFT_OUT
        elif touched or (self.adds_up and not added_up(self.state.settings())):
            self.progress(Message("Adding up by day."))
            made = self._roll_up(changed, shown, load)
            show += made
            files += made
            hide += [file for file in shown if file.kind == "rollup"]
            settings["rollups"] = rollups.fingerprint()
        return Change(action, show, hide, files, settings=settings)

    def _roll_up(self, changed: Mapping[str, Parts], shown: Sequence[File], load: str) -> list[File]:
        """Every roll-up of the tables as they become; what most are made of is worked out once and thrown away."""
        tables: dict[str, Sequence[Path]] = {}
        for name in rollups.INPUTS:
            there = [file for file in shown if file.table == name and file.kind != "rollup"]
            files = changed[name].current if name in changed else there
            tables[name] = [manifest.verified(self.folder, file) for file in files]
        base = self.staging / f"{rollups.BASE}.parquet"
        self.engine.copy(rollups.sql(rollups.BASE), base, tables=tables, lasting=False)
        tables = {rollups.BASE: [base]}
        made = []
        for name in rollups.NAMES:
            made.append(self.builder.rollup(rollups.sql(name), name, tables, load))
            tables[name] = [self.folder / made[-1].path]
        base.unlink()
        return made


def added_up(settings: Mapping[str, str]) -> bool:
    """Whether the roll-ups are those that this program makes of the tables; also when there is nothing to add up."""
    return settings.get("rollups", rollups.fingerprint()) == rollups.fingerprint()


def _other_shop(name: str, keys: Keys) -> tuple[Issue, ...]:
    """A warning when orders of another day were replaced: two shops of a platform may both have an order #1001."""
    if name not in ("orders", "order_lines") or not keys.moved:
        return ()
    told = Message(
        "{n} rows replaced orders placed on another day: two shops may use the same order numbers. "
        "If so, take this load back and load the file again with the name of its shop.",
        n=Count(keys.moved),
    )
    return (Issue("other_shop", "warning", "order_id", keys.moved, (), (), told),)


def _sheets_differ(rows: int) -> tuple[Issue, ...]:
    """A warning when two sheets of one file say different things about the same rows."""
    if not rows:
        return ()
    told = Message(
        "{n} rows stand in an earlier sheet of this file with other figures; this sheet counts. If it should not, take "
        "the load back and load the other sheet alone.",
        n=Count(rows),
    )
    return (Issue("sheets_differ", "warning", "", rows, (), (), told),)


def _under(parts: Sequence[File], segment: File) -> list[File]:
    return [file for file in parts if file.sequence < segment.sequence]


def _older(kept: int) -> tuple[Issue, ...]:
    """A note that the file is an older export, whose orders later ones know better."""
    if not kept:
        return ()
    told = Message(
        "{n} rows are in a later export that was loaded before, with orders further on (finished, here only paid): "
        "this file is the older one, and those rows stay as they are.",
        n=Count(kept),
    )
    return (Issue("older_export", "warning", "status", kept, (), (), told),)


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
