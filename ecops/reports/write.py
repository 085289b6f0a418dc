"""Which writer makes which file."""

from __future__ import annotations

import os
from pathlib import Path

from ecops.errors import unknown_name
from ecops.messages import Message
from ecops.reports.model import Report

FORMATS = ("html", "xlsx", "pptx")


def write(report: Report, path: Path | str, language: str = "zh") -> Path:
    """Write `report` to `path`, whole or not at all; the ending chooses the format (.html, .xlsx, .pptx).

    Raises:
        SpecError: the ending is none of these.
    """
    target = Path(path)
    content = render(report, target.suffix.removeprefix("."), language)
    draft = target.with_name(f".{target.name}.tmp")
    draft.write_bytes(content)
    os.replace(draft, target)
    return target


def render(report: Report, form: str, language: str = "zh") -> bytes:
    """The bytes of `report` as "html", "xlsx" or "pptx".

    Raises:
        SpecError: any other `form`.
    """
    # The writers bring heavy packages with them; only the one asked for is imported.
    if form == "html":
        from ecops.reports import html

        return html.render(report, language)
    if form == "xlsx":
        from ecops.reports import xlsx

        return xlsx.render(report, language)
    if form == "pptx":
        from ecops.reports import pptx

        return pptx.render(report, language)
    raise unknown_name(Message("The report format"), form, FORMATS)
