"""The overview: filters that do not meet, what the days held, and how figures are written."""

from tests.pages.test_pages import said


def test_filters_that_do_not_meet_are_named_and_can_be_cleared(open_app):
    app = open_app("overview", "sample", "zh", platform="taobao", channel="直播间")
    texts = said(app)
    (told,) = (text for text in texts if "没有同时符合" in text)
    assert "平台 淘宝 · 渠道 直播间" in told
    assert not app.metric
    assert not any("没有上传" in text or "没有超出正常波动" in text for text in texts)
    app.button(key="clear_filters").click().run()
    assert app.metric
    assert not any("没有同时符合" in text for text in said(app))
    assert app.multiselect(key="platform").value == app.multiselect(key="channel").value == []
    assert "platform" not in app.query_params


def test_filters_that_meet_leave_the_page_alone(open_app):
    app = open_app("overview", "sample", "zh", platform="douyin", channel="直播间")
    assert app.metric
    assert not any(button.key == "clear_filters" for button in app.button)
