"""truths.toml for tests and TRUTHS.md for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from sample_data.shop import FIRST_DAY, LAST_DAY
from sample_data.truths import TEXTS, Truth


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return repr(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_toml(truths: list[Truth]) -> bytes:
    """truths.toml: one table a truth."""
    lines = [
        "# Written by `python -m sample_data.generate`. What is planted in the sample shop and how large it came out.",
        "# Money is in yuan, negative is a loss; rates are fractions; z compares the days of the effect with as many",
        "# days before.",
        f"first_day = {FIRST_DAY}",
        f"last_day = {LAST_DAY}",
    ]
    for truth in truths:
        head = {
            "area": TEXTS[truth.name]["area"],
            "subject": truth.subject,
            "start": truth.start,
            "end": truth.end,
            "files": TEXTS[truth.name]["files"],
        }
        lines += [
            "",
            f"[{truth.name}]",
            *(f"{key} = {_toml(value)}" for key, value in {**head, **truth.figures}.items()),
        ]
        lines += [f"zh = {_toml(truth.text('zh'))}", f"en = {_toml(truth.text('en'))}"]
    return ("\n".join(lines) + "\n").encode()


PREFACE = f"""# What is planted in the sample shop / 示例店铺里埋了什么

Written by `python -m sample_data.generate`; the figures are in `truths.toml`.
Shop, people, rivals and reviews are invented.
本页由生成器写出，数字见 `truths.toml`。店铺、人物、竞店、评价均为虚构。

Days {FIRST_DAY} to {LAST_DAY}. Which comparison shows what:

- 2026-11-02..2026-11-15 with the two weeks before: the payment failure and the stock-out, nothing else. Both weeks of
  the failure are equally bad: the last week alone shows it against 2026-10-26..2026-11-01, not against the week before.
- 2026-10-19..2026-11-15 with the four weeks before: the mix shift as well.
- The Double 11 of 2026 is no promotion in this shop (the calendar says so); the one of 2025 was one, so the same week a
  year before sold more.
- Everything else is quiet: no other channel, device, step, product, province, order value or refund rate moved
  by more than chance explains (no p-value is left below .05 after Benjamini-Hochberg). The streams of randomness
  were picked so.

用哪种对比看得到：

- 2026-11-02 至 11-15 环比前两周：支付异常与断货，别无其他。两周异常程度相同，
  所以只看最后一周要与 10-26 至 11-01 比，与前一周比看不出来。
- 2026-10-19 至 11-15 环比前四周：再加上流量结构变化。
- 本店 2026 年不参加双11（日历里有说明），2025 年参加了，所以去年同期更高。
- 其余一切正常：其他渠道、终端、步骤、商品、省份、客单价、退款率的波动都在随机范围内。

"""


def as_markdown(truths: list[Truth]) -> bytes:
    """TRUTHS.md for people, Chinese and English."""
    parts = [PREFACE]
    for truth in truths:
        texts = TEXTS[truth.name]
        cell = ", ".join(f"{key} = {value}" for key, value in truth.subject.items())
        parts.append(
            f"## {truth.name}\n\n{truth.text('zh')}\n\n{truth.text('en')}\n\n"
            f"- {cell}\n- {truth.start} .. {truth.end}\n- page / 页面: {texts['area']}\n"
            f"- files / 文件: {', '.join(texts['files'])}\n\n"
        )
    return "".join(parts).rstrip("\n").encode() + b"\n"
