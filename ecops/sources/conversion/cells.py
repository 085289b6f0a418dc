"""How the text of a cell becomes a value: SQL expressions over columns whose names come from the tables alone.

Values, word lists and user text are parameters (`$hidden`, `$words_status_from`, ...), never part of the SQL.
"""

from __future__ import annotations

import datetime as dt

from ecops.sources.conversion.dates import ZONES, DateRule
from ecops.sources.text import HIDDEN_CHARACTERS

MISSING_TEXT = ("-", "--", "—", "——", "/", "null", "N/A", "n/a")
"""Texts that mean an empty cell. "NA" and "None" are not among them: a country, and a channel name."""

_ZERO_DATES = ("0000-00-00", "0000-00-00 00:00:00")
MISSING_VALUE = (
    *MISSING_TEXT[:-2],
    "n/a",
    *_ZERO_DATES,
    "na",
    "none",
    "nan",
    "nat",
    "#n/a",
    "#div/0!",
    "#value!",
    "#ref!",
    "无",
    "暂无",
)
"""The same for numbers and dates, compared in lower case."""

_FIRST_YEAR = 2000

MOST = "1e12"
"""No number of a shop is larger: beyond it a cell holds a slip of the keyboard, a code or a test of ours."""

_WIDE = "０１２３４５６７８９．，－−–（）％＋￥："
_PLAIN = "0123456789.,---()%+¥:"
_UNITS = r"us\$|hk\$|nt\$|ca\$|rmb|cny|usd|eur|gbp|jpy|hkd|twd|[¥$€£₩₹元块人件次个单笔条天小时]|\s|''|\+$"
_NUMBER = r"^(\()?([+-]?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(e[+-]?\d+)?([万亿千wkm]?)([%‰]?)(\))?(-)?$"
_PARTS = "['open', 'sign', 'digits', 'exponent', 'scale', 'percent', 'close', 'tail']"

SCIENTIFIC = r"^\d([.,]\d+)?[eE]\+?\d{2,3}$"
"""An id that a spreadsheet has turned into a number: its last digits are gone from the file."""

_BLANK = " \t\r\n\v\f\u00a0\u3000"

PARAMETERS = {
    "hidden": HIDDEN_CHARACTERS,
    "blank": _BLANK,
    "unclean_pattern": f"^[{_BLANK}]|[{_BLANK.removeprefix(' ')}] *$|[{HIDDEN_CHARACTERS}]",
    "wrapped_pattern": f'(?s)^="[{_BLANK}]|[{_BLANK}]"$|"".',
    "wide": _WIDE,
    "plain": _PLAIN,
    "units": _UNITS,
    "number_pattern": _NUMBER,
}
"""What the expressions of this module need bound."""


def trimmed(cell: str) -> str:
    """The cell without hidden characters and without space around it.

    Most cells need nothing or lose a plain space, and looking is cheap: `translate`, and `trim` with a list, alone
    would each take longer than reading the file. Columns of plain numbers and times have nothing left here at all.
    """
    return (
        f"CASE WHEN {cell} IS NULL THEN NULL WHEN strlen({cell}) = length({cell}) "
        f"THEN CASE WHEN {cell} < '!' OR {cell}[-1] <= ' ' THEN trim({cell}, $blank) ELSE {cell} END "
        f"WHEN NOT regexp_matches({cell}, $unclean_pattern) "
        f"THEN CASE WHEN ends_with({cell}, ' ') THEN trim({cell}) ELSE {cell} END "
        f"WHEN NOT regexp_matches(trim({cell}), $unclean_pattern) THEN trim({cell}) "
        f"ELSE trim(translate({cell}, $hidden, ''), $blank) END"
    )


def unwrapped(cell: str) -> str:
    """The cell without what keeps spreadsheets from counting an id: `="..."`, a leading apostrophe or backtick."""
    inside = f"substr({cell}, 3, length({cell}) - 3)"
    return (
        f"CASE WHEN {cell} IS NULL THEN NULL WHEN ascii({cell}) NOT IN (39, 61, 96) THEN {cell} "
        f"WHEN starts_with({cell}, '=\"') AND ends_with({cell}, '\"') "
        f"THEN CASE WHEN regexp_matches({cell}, $wrapped_pattern) "
        f"THEN trim(replace({inside}, '\"\"', '\"'), $blank) ELSE {inside} END "
        f"WHEN ascii({cell}) IN (39, 96) THEN trim(substr({cell}, 2), $blank) ELSE {cell} END"
    )


def present(cell: str, value: bool, own_words: str | None) -> str:
    """The cell, NULL where it says that nothing is there.

    Args:
        cell: the text.
        value: whether it is a number or a date.
        own_words: name of the parameter with words of this report that mean nothing is there.
    """
    words = MISSING_VALUE if value else MISSING_TEXT
    listed = ", ".join(f"'{word}'" for word in ("", *words))
    tested = f"lower({cell})" if value else cell
    tests = [f"WHEN {cell} IS NULL OR (strlen({cell}) < 20 AND {tested} IN ({listed})) THEN NULL"]
    if own_words:
        tests.append(f"WHEN list_contains(${own_words}, {cell}) THEN NULL")
    return f"CASE {' '.join(tests)} ELSE {cell} END"


def quick_number(cell: str, decimal: str) -> str:
    """The number where the text is plainly one, else NULL."""
    plain = f"replace(replace({cell}, '.', ''), ',', '.')" if decimal == "," else cell
    cast = f"TRY_CAST({plain} AS DOUBLE)"
    return f"CASE WHEN abs({cast}) <= {MOST} AND NOT contains({cell}, '_') THEN {cast} END"


def number_parts(cell: str, quick: str, decimal: str) -> str:
    """The parts of a number with currency, thousands, 万, %, or accounting brackets; NULL where `quick` knows it."""
    plain = f"translate(lower({cell}), $wide, $plain)"
    if decimal == ",":
        plain = f"replace(replace({plain}, '.', ''), ',', '.')"
    stripped = f"regexp_replace({plain}, $units, '', 'g')"
    return (
        f"CASE WHEN {cell} IS NOT NULL AND {quick} IS NULL "
        f"THEN regexp_extract({stripped}, $number_pattern, {_PARTS}) END"
    )


def slow_number(parts: str) -> str:
    """The number that `number_parts` found; NULL where it found none."""
    # Powers of ten are written into the text: 5.8 % is the double nearest 0.058, and 5.8 / 100 is not.
    power = (
        f"CASE WHEN {parts}.percent = '%' THEN 'e-2' WHEN {parts}.percent = '‰' THEN 'e-3' "
        f"WHEN {parts}.scale IN ('万', 'w') THEN 'e4' WHEN {parts}.scale = '亿' THEN 'e8' "
        f"WHEN {parts}.scale IN ('千', 'k') THEN 'e3' WHEN {parts}.scale = 'm' THEN 'e6' ELSE {parts}.exponent END"
    )
    digits = f"TRY_CAST(replace({parts}.digits, ',', '') || {power} AS DOUBLE)"
    negative = f"{parts}.sign = '-' OR {parts}.tail = '-' OR ({parts}.open = '(' AND {parts}.close = ')')"
    whole = f"({parts}.open = '(') = ({parts}.close = ')')"
    return f"CASE WHEN {whole} THEN CASE WHEN {negative} THEN -1 ELSE 1 END * {digits} END"


def clock_seconds(cell: str) -> str:
    """Seconds of a duration written h:m:s or m:s, else NULL."""
    parts = f"list_transform(string_split({cell}, ':'), lambda part: TRY_CAST(part AS DOUBLE))"
    seconds = f"list_reduce({parts}, lambda total, part: total * 60 + part)"
    return f"CASE WHEN regexp_matches({cell}, '^\\d+(:\\d{{1,2}}){{1,2}}$') THEN {seconds} END"


def identifier(cell: str) -> str:
    """The id with every digit; "17850.0", as table programs write whole numbers, is 17850."""
    whole = f"ends_with({cell}, '.0') AND regexp_matches({cell}, '^\\d+\\.0$')"
    return f"CASE WHEN {whole} THEN substr({cell}, 1, length({cell}) - 2) ELSE {cell} END"


def person(cell: str) -> str:
    """A salted hash of 32 hex digits; mail addresses are compared in lower case."""
    name = identifier(cell)
    return f"left(sha256($salt || CASE WHEN contains({cell}, '@') THEN lower({cell}) ELSE {name} END), 32)"


def boolean(cell: str) -> str:
    """True or false in the usual words, else NULL."""
    return (
        f"CASE WHEN lower({cell}) IN ('true', 't', '1', '1.0', 'yes', 'y', '是', '有', '好评', '在售') THEN true "
        f"WHEN lower({cell}) IN ('false', 'f', '0', '0.0', 'no', 'n', '否', '没有', '差评', '下架') THEN false END"
    )


def province(cell: str) -> str:
    """The province of an address that begins with it, else its first word; the street is never kept."""
    pattern = "^(.{2,8}?(?:省|自治区|特别行政区)|(?:北京|上海|天津|重庆)市?)"
    first = f"left(split_part(split_part({cell}, ' ', 1), ',', 1), 12)"
    return f"coalesce(nullif(regexp_extract({cell}, '{pattern}', 1), ''), {first})"


def city_tier(cell: str, tiers: tuple[str, ...]) -> str:
    """The tier of a city, or of the city in an address; patterns of its cities are bound as `tier_0`, `tier_1`, ..."""
    found = " ".join(f"WHEN regexp_matches({cell}, $tier_{place}) THEN '{tier}'" for place, tier in enumerate(tiers))
    return f"CASE WHEN {cell} IS NULL THEN NULL {found} ELSE 'tier 3 and below' END"


def quick_moment(cell: str) -> str:
    """The timestamp where the text is plainly a local day or time of our years in the order of ISO, else NULL."""
    return in_our_years(f"try_strptime({cell}, ['%Y-%m-%d %H:%M:%S', '%Y-%m-%d'])")


def in_our_years(moment: str) -> str:
    """The timestamp, NULL where no online shop can have been: before 2000 or after next year."""
    years = f"{_FIRST_YEAR} AND {dt.date.today().year + 1}"
    return f"CASE WHEN year({moment}) BETWEEN {years} THEN {moment} END"


def in_this_century(moment: str) -> str:
    """The timestamp of the end of a paper; what ends after the century, as 9999-12-31 in many systems, ends with it."""
    last = "TIMESTAMP '2100-12-31'"
    return f"CASE WHEN year({moment}) >= {_FIRST_YEAR} THEN least({moment}, {last}) END"


def until_next_year(moment: str) -> str:
    """The timestamp of an end; what ends later than next year, as 9999-12-31 in many systems, ends with next year."""
    last = dt.date.today().year + 1
    return (
        f"CASE WHEN year({moment}) > {last} THEN TIMESTAMP '{last}-12-31' "
        f"WHEN year({moment}) >= {_FIRST_YEAR} THEN {moment} END"
    )


def beyond_reason(cell: str, number: str) -> str:
    """The condition that a cell holds a number, and one that no shop can have."""
    return f"coalesce(abs({number}) > {MOST}, regexp_matches(lower({cell}), '^[+-]?inf(inity)?$'), false)"


def moment(cell: str, rule: DateRule) -> str:
    """A local timestamp by the rule of its column, NULL where the text is none of its formats."""
    text = f"translate({cell}, $wide, $plain)"
    if rule.span:
        first, last = (f"trim(split_part(replace({text}, '至', '~'), '~', {part}))" for part in (1, 2))
        text = f"CASE WHEN {last} = '' OR {first} = {last} THEN {first} END"
    if rule.noon:
        text = f"regexp_replace({text}, '\\s?(上午|下午)\\s?(.*)$', ' \\2 \\1')"
        text = f"replace(replace({text}, '上午', 'AM'), '下午', 'PM')"
    found = []
    if rule.naive:
        found.append(f"try_strptime({text}, [{_formats(rule.naive)}])")
    if rule.offset:
        zoned = text
        for name, shift in ZONES.items():
            zoned = f"regexp_replace({zoned}, '\\s?{name}$', ' {shift}')"
        found.append(f"timezone($timezone, try_strptime({zoned}, [{_formats(rule.offset)}]))")
    if rule.serial:
        days = f"CASE WHEN regexp_matches({cell}, '^\\d{{5}}(\\.\\d+)?$') THEN TRY_CAST({cell} AS DOUBLE) END"
        found.append(f"TIMESTAMP '1899-12-30' + to_microseconds(CAST(round(({days}) * 86400) AS BIGINT) * 1000000)")
    if rule.epoch:
        number = f"TRY_CAST({cell} AS DOUBLE)"
        seconds = f"CASE length({cell}) WHEN 10 THEN {number} WHEN 13 THEN {number} / 1000 END"
        found.append(f"timezone($timezone, to_timestamp({seconds}))")
    if not found:
        return "CAST(NULL AS TIMESTAMP)"
    return f"coalesce({', '.join(found)})"


def _formats(formats: tuple[str, ...]) -> str:
    """Formats of our own (see dates.py) as SQL strings."""
    return ", ".join(f"'{text}'" for text in formats)
