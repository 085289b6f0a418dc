"""What a dashboard copies is understood as people mean it, or refused with what is wanted."""

import pytest

from ecops.errors import DataError, EcopsError
from ecops.funnel import from_table
from ecops.funnel.reading import sheet

HEAD = "流量来源\t{}\t加购人数\t支付买家数\n"


def read(text):
    return sheet.read_sheet(text.encode(), "table.csv")


@pytest.mark.parametrize("header", ["访客数", "访客数(人)", "访客数（人）", "访客人数", "店铺访客数", "UV"])
def test_the_visitors_are_found_whatever_a_dashboard_calls_them(header):
    found = sheet.sheet_funnel(read(HEAD.format(header) + "搜索\t5,000\t250\t75\n推荐\t4,000\t200\t60\n"))
    assert found.after.names == ("visit", "cart", "pay")
    assert list(found.after.distinct) == [9000, 450, 135]


def test_fewer_than_ten_is_one_to_nine_and_said():
    table = from_table(read(HEAD.format("访客数") + "搜索\t5000\t250\t<10\n推荐\t4000\t200\t60\n"))
    assert list(table.distinct) == [9000, 450, 65]
    (issue,) = [issue for issue in table.issues if issue.kind == "fewer"]
    assert issue.message.text("en").startswith("1 cell")


@pytest.mark.parametrize("sign", ["—", "-", "--", "N/A"])
def test_a_number_that_is_not_said_is_unknown_and_no_zero(sign):
    table = from_table(read(HEAD.format("访客数") + f"搜索\t5000\t250\t75\n推荐\t4000\t{sign}\t60\n"))
    assert list(table.distinct) == [5000, 250, 75]
    (issue,) = [issue for issue in table.issues if issue.kind == "unknown"]
    assert "没有计入" in issue.message.text("zh")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("访客数\n5000\n加购人数\n250\n支付买家数\n75\n", "only one column"),
        ("你好\t世界\n今天\t天气\n很好\t吗\n", "no column of numbers"),
    ],
)
def test_garbage_is_refused_with_what_is_wanted(text, why):
    with pytest.raises(DataError, match=why) as error:
        sheet.sheet_funnel(read(text))
    assert error.value.hint is not None


def test_a_table_that_python_hands_over_as_text_says_what_is_wrong_with_it():
    with pytest.raises(EcopsError):
        from_table("来源,访客数,支付买家数\n搜索,1,234,5\n推荐,2,3\n")
