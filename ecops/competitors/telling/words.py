"""How figures of the comparison are written, and what their verdicts are called."""

from __future__ import annotations

from collections.abc import Mapping

from ecops.competitors.standing.gaps import Kpi, kpis
from ecops.messages import Count, Message, Money, Percent, Term, Value

VERDICTS: Mapping[str, Term] = {
    "ahead": Term(en="ahead", zh="领先"),
    "behind": Term(en="behind", zh="落后"),
    "no_evidence": Term(en="no evidence", zh="无法断定"),
    "few": Term(en="too few peers", zh="同行太少"),
    "unknown": Term(en="not known", zh="数据不足"),
}
KINDS: Mapping[str, Term] = {
    "direct": Term(en="direct rival", zh="直接竞店"),
    "lost_to": Term(en="takes our buyers", zh="流失竞店"),
    "rising": Term(en="rising", zh="黑马竞店"),
    "leading": Term(en="leading", zh="头部店铺"),
    "": Term(en="", zh=""),
}
PLACES: Mapping[str, Term] = {
    "below": Term(en="below the band", zh="低于区间"),
    "inside": Term(en="inside the band", zh="区间内"),
    "parity": Term(en="same price", zh="基本同价"),
    "above": Term(en="above the band", zh="高于区间"),
    "unknown": Term(en="not known", zh="无竞品价"),
}
STEPS: Mapping[str, Term] = {
    "": Term(en="leave it", zh="不动"),
    "raise": Term(en="raise", zh="提价"),
    "hold": Term(en="hold", zh="保持"),
    "test": Term(en="test", zh="测试"),
    "lower": Term(en="lower", zh="降价"),
    "floor": Term(en="cannot reach it", zh="够不到"),
}
CHANGES: Mapping[str, Term] = {
    "price_cut": Term(en="cut its price", zh="降价"),
    "price_rise": Term(en="raised its price", zh="涨价"),
    "out_of_stock": Term(en="is out of stock", zh="断货"),
}
SUBJECTS: Mapping[str, Term] = {
    "page": Term(en="detail page", zh="详情页"),
    "live_script": Term(en="live script", zh="直播话术"),
    "live_rhythm": Term(en="live rhythm", zh="直播节奏"),
    "live_activity": Term(en="live activity", zh="直播活动"),
    "claim": Term(en="claim", zh="主图卖点"),
    "service": Term(en="service", zh="服务"),
    "community": Term(en="private community", zh="私域"),
    "tone": Term(en="brand tone", zh="品牌调性"),
}
SUPPORT: Mapping[str, Term] = {
    "supported": Term(en="supported", zh="有依据"),
    "no_evidence": Term(en="no evidence yet", zh="缺依据，先别上图"),
    "no_figure": Term(en="no figure of ours", zh="我方无数据"),
}
WORD_KINDS: Mapping[str, Term] = {
    "keep": Term(en="keep", zh="保留"),
    "add": Term(en="add", zh="补上"),
    "exclusive": Term(en="ours alone", zh="我们独有"),
}
STATISTICS: Mapping[str, Term] = {
    "average": Term(en="average", zh="平均"),
    "median": Term(en="median", zh="中位"),
    "top": Term(en="top", zh="优秀"),
    "": Term(en="", zh=""),
}
EVIDENCE: Mapping[str, Term] = {
    "kpi": Term(en="peer figures", zh="同行指标"),
    "price": Term(en="history of prices", zh="价格历史"),
    "index": Term(en="price index", zh="价格指数"),
    "band": Term(en="price bands", zh="价格带"),
    "concentration": Term(en="listings", zh="商品货架"),
    "word": Term(en="search words", zh="市场搜索词"),
    "topic": Term(en="reviews", zh="评价"),
}
BANDS: Mapping[str, Term] = {
    "fragmented": Term(en="fragmented", zh="分散"),
    "moderate": Term(en="moderate", zh="中等"),
    "concentrated": Term(en="concentrated", zh="集中"),
}


def figure(name: str, value: float, currency: str) -> Value:
    """A key figure ready for a sentence."""
    entry: Kpi = kpis()[name]
    if entry.is_rate:
        return Percent(value)
    return Count(value) if name == "visitors" else Money(value, currency)


def platform(name: str) -> Value:
    """A platform as people call it."""
    from ecops.metrics.daily import NAMES

    return NAMES.get(name, name)


def evidence(reference: str) -> Value:
    """What a line rests on, for people: the kind of table, and which row of it."""
    kind, _colon, name = reference.partition(":")
    if kind == "kpi" and name in kpis():
        return Message("{table}: {row}", table=EVIDENCE[kind], row=kpis()[name].label)
    if kind in {"price", "word", "topic"}:
        return Message("{table}: {row}", table=EVIDENCE[kind], row=name)
    return EVIDENCE.get(kind, reference)


def horizon(name: str) -> Message:
    """The span of an amount."""
    return {"week": Message("a week"), "month": Message("a month")}.get(name, Message("over the span"))
