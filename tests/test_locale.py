"""Every sentence has its Chinese, with the same fields."""

import ast
import datetime as dt
import pickle
import re
from pathlib import Path

import pytest

from ecops import locale
from ecops.errors import DataError
from ecops.messages import Count, DateRange, Message, Money, MoneyRange, Named, Number, Percent, Points, Term, write

ROOT = Path(__file__).resolve().parents[1]
FIELD = re.compile(r"\{(\w+)\}")
SAYING = {"Message", "say", "_", "text"}


def sentences() -> dict[str, str]:
    """Every sentence of the code that reaches people -> where it stands."""
    found = {}
    for path in [ROOT / "app.py", *(p for folder in ("ecops", "ui", "pages") for p in (ROOT / folder).rglob("*.py"))]:
        if not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if name in SAYING and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found[first.value] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def wordless(sentence: str) -> bool:
    return not re.search(r"[A-Za-z]", FIELD.sub("", sentence))


def test_every_sentence_has_its_chinese():
    chinese = locale.catalogue("zh")
    missing = {
        s: where for s, where in sentences().items() if s not in chinese and not wordless(s) and s not in {"zh", "en"}
    }
    assert missing == {}


def test_translations_keep_the_fields():
    wrong = {
        english: chinese
        for english, chinese in locale.catalogue("zh").items()
        if not set(FIELD.findall(chinese)) <= set(FIELD.findall(english))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (Money(-42_130, "CNY"), "-¥4.21 万", "-¥42.1k"),
        (Money(1.35e8, "USD"), "$1.35 亿", "$135M"),
        (Money(9_876, "CNY"), "¥9,876", "¥9,876"),
        (Money(-42_130), "-4.21 万", "-42.1k"),
        (MoneyRange(31_000, 53_000, ""), "3.1 万 至 5.3 万", "31k to 53k"),
        (Money(float("nan")), "—", "—"),
        (MoneyRange(31_000, 53_000, "CNY"), "¥3.1 万 至 ¥5.3 万", "¥31k to ¥53k"),
        (Percent(0.0312), "3.1%", "3.1%"),
        (Percent(-0.5, signed=True), "-50%", "-50%"),
        (Points(-0.012), "-1.2 个百分点", "-1.2 points"),
        (Count(123_456), "12.3 万", "123,456"),
        (dt.date(2026, 11, 9), "11月9日", "9 Nov"),
        (DateRange(dt.date(2026, 11, 9), dt.date(2026, 11, 15)), "2026年11月9日–15日", "9–15 Nov 2026"),
        (
            DateRange(dt.date(2025, 12, 29), dt.date(2026, 1, 4)),
            "2025年12月29日–2026年1月4日",
            "29 Dec 2025 – 4 Jan 2026",
        ),
        (Term(en="Douyin", zh="抖音"), "抖音", "Douyin"),
    ],
)
def test_values_are_written_as_people_write_them(value, zh, en):
    assert Message("{value}", value=value).text("zh") == zh
    assert Message("{value}", value=value).text("en") == en


@pytest.mark.parametrize(
    ("message", "en"),
    [
        (Message("{n} files read", n=1), "1 file read"),
        (Message("{n} files read", n=0), "0 files read"),
        (Message("{n} users", n=Count(1)), "1 user"),
        (Message("{n} users", n=Count(1_001)), "1,001 users"),
        (
            Message("{n} words of {field} are not known. Say what each means; the file waits until then.", n=1,
                    field="Status"),
            "1 word of Status is not known. Say what it means; the file waits until then.",
        ),
        (
            Message("{file}: {rows} rows loaded ({new} new, {replaced} updated, {unchanged} unchanged).", file="1.csv",
                    rows=Count(2), new=Count(1), replaced=Count(1), unchanged=Count(0)),
            "1.csv: 2 rows loaded (1 new, 1 updated, 0 unchanged).",
        ),
        (
            Message("{n} customers, {orders} orders; {repeat} ordered again.", n=Count(1), orders=Count(1),
                    repeat=Percent(0)),
            "1 customer, 1 order; 0% ordered again.",
        ),
        (Message("{n} new products are {days} days old", n=Count(1), days=Number(2, 0)), "1 new product is 2 days old"),
        (Message("{n} of {all} points are ready", n=Count(1), all=Count(5)), "1 of 5 points are ready"),
        (Message("{days} days in {rate} of the rows", days=Number(1.2, 1), rate=1), "1.2 days in 1 of the rows"),
        (
            Message("{n} orders came back whole and count for nothing; in all {money} was given back.", n=Count(1),
                    money=Money(10, "CNY")),
            "1 order came back whole and counts for nothing; in all ¥10 was given back.",
        ),
    ],
)  # fmt: skip
def test_one_thing_is_spoken_of_as_one(message, en):
    assert message.text("en") == en


def test_every_singular_belongs_to_a_sentence_and_keeps_its_fields():
    constants = {
        node.value
        for folder in ("ecops", "ui", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(locale.singulars()) <= constants
    assert all(set(FIELD.findall(many)) == set(FIELD.findall(one)) for many, one in locale.singulars().items())


def test_data_is_escaped_and_words_are_not():
    message = Message("{title} {n}", title="<b>", n=Count(3))
    assert message.text("en", escape=lambda data: data.replace("<", "&lt;")) == "&lt;b> 3"


def test_a_name_in_two_languages_is_data_in_both():
    name = pickle.loads(pickle.dumps(Named("双11", "Double *11*")))
    told = Message("This period holds: {events}.", events=Named.joined([name, "春节", name]))
    assert name == "双11"
    assert told.text("zh") == "本期有：双11, 春节。"
    assert told.text("en", lambda text: text.replace("*", "")) == "This period holds: Double 11, 春节."
    assert write(Named("双11"), "en") == "双11"


def test_an_error_says_what_where_and_what_next():
    error = DataError(
        Message("{n} rows", n=Count(2)), Message("{n} rows", n=Count(1)), where={"file": "订单.csv", "rows": "3, 7"}
    )
    assert error.text("en") == "2 rows (file: 订单.csv, rows: 3, 7) 1 row"
    assert "（文件: 订单.csv，行: 3, 7）" in error.text("zh")
