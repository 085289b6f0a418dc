"""The page of supported exports in the documentation, written from the registry so that it cannot fall behind."""

from __future__ import annotations

from ecops.locale import Language
from ecops.messages import write
from ecops.sources.registry import Source, sources
from ecops.tables import Table, table, tables

_HEADS = {
    "zh": ("报表", "导出位置", "载入的表", "编码", "需要补充"),
    "en": ("Report", "Where to export it", "Table it fills", "Encodings", "What you fill in"),
}
_TITLES = {"zh": "支持的导出文件", "en": "Supported exports"}
_COLUMN_HEADS = {
    "zh": ("字段", "必需", "含义", "可识别的表头"),
    "en": ("Column", "Required", "Meaning", "Headers it is known by"),
}
_TABLES = {"zh": "自己准备的文件", "en": "Files of your own"}
_NOTES = {
    "zh": "其他文件也可以载入：表头是下列写法之一时自动对应，其余的在载入页面上手动对应一次，之后同样的表头自动套用。",
    "en": "Any other file loads as well: columns under one of these headers are found by themselves; map the others "
    "once on the upload page, and the same header is remembered.",
}


def supported_exports(language: Language) -> str:
    """The reports we know and the headers of every table, as Markdown in `language`."""
    lines = [f"## {_TITLES[language]}", "", *_head(_HEADS[language])]
    named = [entry for entry in sources().values() if not entry.generic]
    lines += [_row(_cells(entry, language)) for entry in named]
    lines += ["", f"## {_TABLES[language]}", "", _NOTES[language]]
    for entry in tables().values():
        lines += ["", f"### {write(entry.label, language)} `{entry.name}`", "", write(entry.meaning, language), ""]
        lines += [*_head(_COLUMN_HEADS[language]), *_columns(entry, language)]
    return "\n".join(lines) + "\n"


def page() -> str:
    """The whole page `docs/sources.md`, Chinese first."""
    note = "<!-- Written from ecops/sources/platforms and ecops/tables; `make docs` writes it again. -->"
    return f"# 支持的文件 · Supported files\n\n{note}\n\n{supported_exports('zh')}\n---\n\n{supported_exports('en')}"


def _cells(entry: Source, language: Language) -> tuple[str, ...]:
    target = table(entry.table)
    asked = ", ".join(write(target[name].label, language) for name in entry.asks if name not in entry.preamble)
    encodings = entry.container if entry.container != "csv" else ", ".join(entry.encodings)
    return write(entry.label, language), write(entry.where, language), write(target.label, language), encodings, asked


def _columns(entry: Table, language: Language) -> list[str]:
    rows = []
    own = sources().get(f"generic_{entry.name}")
    optional = own.optional if own is not None else ()
    for column in entry.columns:
        if column.header_of:
            continue  # filled in on load
        label, meaning = write(column.label, language), write(column.meaning, language)
        needed = "✓" if column.required and column.name not in optional else ""
        rows.append(_row((label, needed, meaning, ", ".join(column.synonyms))))
    return rows


def _head(titles: tuple[str, ...]) -> list[str]:
    return [_row(titles), _row(("---",) * len(titles))]


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
