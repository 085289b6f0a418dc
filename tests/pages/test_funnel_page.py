"""The funnel page: what it must find in the sample shop, what it teaches, and a table that is only pasted."""

import datetime as dt
import re

import pytest

import ecops
from ecops.metrics.beside.benchmarks import Benchmark, write_benchmark
from tests.pages.test_pages import said

HAN = re.compile(r"[\u4e00-\u9fff]")
OFFERED = {"counts": ("all", "four_steps", "five_steps", "visitors"), "events": ("all", "four_steps", "five_steps")}
PASTED = "流量来源\t访客数\t加购人数\t支付买家数\n搜索\t{}\t{}\t{}\n推荐\t4,000\t200\t60"


@pytest.fixture
def pasting(open_app):
    """The page with its paste box."""
    app = open_app("funnel", "sample", "zh")
    return app.segmented_control(key="fsrc").set_value("paste").run()


def verdict(app) -> str:
    return app.header[0].value


def step_of(app, widget):
    """The choice of a step; its key names the steps it offers."""
    return next(box for box in app.selectbox if str(box.key).startswith(widget))


def frames(app) -> dict:
    """The tables of the page by the names of their columns."""
    return {tuple(table.value.columns): table.value for table in app.dataframe}


@pytest.mark.row(62)
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("抖音", "移动端", "下单→支付", "由 78% 降到 36%", "每周少收约 ¥5,0", "已确认")),
        ("en", ("Douyin", "mobile", "order to payment", "from 78% to 36%", "a week lost", "confirmed")),
    ],
)
def test_two_weeks_show_the_payment_failure_and_nothing_else(open_app, language, words):
    app = open_app("funnel", "sample", language, span="d14")
    assert all(word in verdict(app) for word in words), verdict(app)
    confirmed = [m.value for m in app.markdown if re.search(r"badge\[(已确认|Confirmed)\]", m.value)]
    assert len(confirmed) == 1
    texts = " ".join(said(app))
    # About 11,373 yuan over the two weeks lies inside the interval that is told.
    low, high = (7_853, "¥12.5k") if language == "en" else (7_853, "¥1.25 万")
    assert f"{low:,}" in texts
    assert high in texts
    products = next(table for names, table in frames(app).items() if "tier" in names)
    sure = products[products["tier"].isin(["已确认", "confirmed"])]
    assert sure["product"].tolist() == ["NW-E03"]


def test_four_weeks_show_the_cart_rate_of_taobao_and_the_payment_failure(open_app):
    app = open_app("funnel", "sample", "zh", span="d28")
    confirmed = [m.value for m in app.markdown if re.search(r"badge\[(已确认|Confirmed)\]", m.value)]
    assert len(confirmed) == 2
    assert any("抖音 · 移动端「下单→支付」转化率由 78% 降到 57%" in text for text in said(app))
    # Half of the four weeks were still well: the day on which it began is told with the rate since then.
    assert any(text.startswith("11月2日开始：之后为 36%，之前为 79%；此后每周约少收 ¥5,410") for text in said(app))
    assert verdict(app).startswith("淘宝「访客→加购」转化率按现在的流量结构本应 9.8%，实际 7.6%")
    # The mix of sources hid it: taken together nothing seems to have happened.
    assert any("由 7.7% 到 7.6%" in text for text in said(app))
    table = next(table for names, table in frames(app).items() if "went_on" in names).set_index("value")
    sources = table.loc[["手淘搜索", "手淘推荐", "我的淘宝"]]
    assert (sources["rate"] / sources["before"]).between(0.6, 0.9).all()


def test_the_scope_holds_on_this_page_too(open_app):
    app = open_app("funnel", "sample", "zh", span="d14", platform="taobao")
    assert "抖音" not in verdict(app)
    assert app.selectbox(key="span").value == "d14"


@pytest.mark.parametrize(
    ("source", "steps"), [(source, steps) for source, offered in OFFERED.items() for steps in offered]
)
def test_every_choice_of_steps_opens(open_app, source, steps):
    app = open_app("funnel", "sample", "zh", span="d14")
    app.segmented_control(key="fsrc").set_value(source).run()
    app.selectbox(key="fsteps" if source == "counts" else "fsteps_events").set_value(steps).run()
    assert verdict(app)
    assert not app.error


def test_a_slider_recomputes_and_goes_back(open_app):
    app = open_app("funnel", "sample", "en", span="d14")
    assert app.slider(key="fwi_points").value == 0
    app.button(key="fwi_before").click().run()
    assert app.slider(key="fwi_points").value == 42
    told = next(m.value for m in app.markdown if m.value.startswith("**It would bring"))
    # 232 orders x 42 points x the 104 yuan that a payment was worth there.
    assert re.search(r"¥(9[.,]\d|10\.\d)", told), told
    app.button(key="fwi_reset").click().run()
    assert app.slider(key="fwi_points").value == 0


@pytest.mark.row(86)
def test_a_step_and_a_dimension_are_chosen(open_app):
    app = open_app("funnel", "sample", "zh", span="d14")
    step_of(app, "fseg_step").set_value("cart").run()
    app.segmented_control(key="fseg_by").set_value("channel").run()
    table = next(table for names, table in frames(app).items() if "went_on" in names)
    assert len(table) > 10
    assert table["entered"].sum() == 46_209


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_shop_teaches_and_takes_a_pasted_table(open_app, language):
    app = open_app("funnel", "mine", language)
    assert len(app.header) == 0
    assert app.button(key="empty_sample")
    app.button(key="paste_example").click().run()
    assert "7.7%" in verdict(app)
    app.button(key="paste_clear").click().run()
    assert len(app.header) == 0


def test_a_pasted_table_with_the_days_before_names_the_cause(pasting):
    app = pasting
    app.text_area(key="paste_now").set_value(PASTED.format("5,000", "250", "75"))
    app.text_area(key="paste_before").set_value(PASTED.format("5,000", "500", "150")).run()
    assert verdict(app).startswith("搜索「访客→加购」转化率由 10.0% 降到 5.0%")
    assert not app.error


def test_a_pasted_table_is_not_loaded(open_app, home):
    import ecops

    before = ecops.Workspace.open(home / "mine").version
    app = open_app("funnel", "mine", "zh")
    app.text_area(key="paste_now").set_value(PASTED.format(1, 1, 1)).run()
    assert ecops.Workspace.open(home / "mine").version == before


@pytest.mark.parametrize("text", ["hello", "a\tb\n1\t2", "流量来源\t访客数\t支付买家数\n<b>x</b>\t很多\t3", "=1+1"])
def test_nonsense_in_the_box_is_explained(pasting, text):
    app = pasting
    app.text_area(key="paste_now").set_value(text).run()
    assert len(app.error) == 1
    assert HAN.search(app.error[0].value)
    assert not app.exception


def test_hostile_names_stay_text(pasting):
    app = pasting
    name = "![x](http://outside.example/p.png)"
    for key, carts in (("paste_now", "250"), ("paste_before", "500")):
        app.text_area(key=key).set_value(PASTED.format("5,000", carts, "75").replace("搜索", name))
    app.run()
    assert "](http" not in verdict(app)
    assert "outside" in verdict(app)


def test_each_source_keeps_its_own_choices(open_app):
    app = open_app("funnel", "sample", "zh", span="d14")
    app.slider(key="fwi_points").set_value(19).run()
    counted = step_of(app, "fwi_step").options
    app.segmented_control(key="fsrc").set_value("events").run()
    assert app.slider(key="fwi_points_events").value == 0
    followed = step_of(app, "fwi_step").options
    # The log knows clicks, so its first step is another one under the same name.
    assert "访客 → 加购" in counted
    assert "点击 → 加购" in followed
    assert "访客 → 加购" not in followed
    app.slider(key="fwi_points_events").set_value(5).run()
    told = next(m.value for m in app.markdown if m.value.startswith("**这段时间"))
    assert re.search(r"这段时间多 \d+ 笔支付。", told), told
    app.segmented_control(key="fsrc").set_value("counts").run()
    assert app.slider(key="fwi_points").value == 19
    assert "访客 → 加购" in step_of(app, "fwi_step").options


def test_the_split_is_told_apart_from_the_overviews(open_app):
    app = open_app("funnel", "sample", "zh", span="d28")
    assert any(caption.value.startswith("这里的拆分与总览不同") for caption in app.caption)
    assert any("按漏斗步骤和渠道拆分" in text for text in said(app))


def figures_of(app):
    """The table of all figures, by what each is called."""
    return next(table for names, table in frames(app).items() if "others" in names).set_index("figure")


def test_the_figures_follow_the_language_the_scope_and_the_owners_benchmarks(own_sample, open_app):
    shop = ecops.Workspace.open(own_sample)
    whole = figures_of(open_app("funnel", "sample", "en", span="d14"))
    assert set(whole.index).isdisjoint(figures_of(open_app("funnel", "sample", "zh", span="d14")).index)
    part = figures_of(open_app("funnel", "sample", "en", span="d14", platform="taobao"))
    assert list(part.index) == list(whole.index)
    assert not part["value"].equals(whole["value"])
    assert not whole["others"].str.contains("my own books").any()
    day = dt.date(2026, 11, 1)
    write_benchmark(shop, Benchmark("search_conversion", 0.123, "industry", "", "median", day, "my own books", "own"))
    again = figures_of(open_app("funnel", "sample", "en", span="d14"))
    assert again["others"].str.contains("12.3%").sum() == 1
    assert again["others"].str.contains("my own books").sum() == 1
    assert again["value"].equals(whole["value"])


def test_an_amount_that_may_be_nothing_does_not_read_as_sure(open_app):
    app = open_app("funnel", "sample", "zh", span="month")
    texts = said(app)
    assert any(
        "每周少收约 ¥2,482（95% 区间：少收 ¥3,402 至多收 ¥388），变化已确认，金额待观察" in text for text in texts
    )
    assert ":grey[-¥2,482]" in [header.value for header in app.header]
    sure = open_app("funnel", "sample", "zh", span="d28")
    assert any("▼ -¥6,001" in header.value for header in sure.header)
    assert texts.count("区间含 0，也可能没有影响") == 1


def test_filters_that_do_not_meet_are_named(open_app):
    app = open_app("funnel", "sample", "zh", platform="taobao", channel="直播间")
    assert any("没有同时符合" in text for text in said(app))
    assert not app.header
    app.button(key="clear_filters").click().run()
    assert verdict(app)
