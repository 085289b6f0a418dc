import datetime as dt

import pytest

from ecops.errors import EcopsError, SpecError
from ecops.funnel import FunnelSpec, Step, from_events, presets
from ecops.funnel.spec import seconds
from tests.funnel.oracle import frame


def test_presets_are_the_handbooks_funnels():
    names = {key: [step.name for step in preset.steps] for key, preset in presets().items()}
    assert names["four_steps"] == ["exposure", "click", "cart", "pay"]
    assert names["five_steps"] == ["exposure", "click", "cart", "order", "pay"]
    assert names["six_nodes"] == ["exposure", "click", "cart", "pay", "repeat", "recommend"]
    assert names["growth"] == ["acquisition", "activation", "retention", "conversion"]
    for preset in presets().values():
        assert all(step.label is not None for step in preset.steps)
        assert FunnelSpec(preset.steps).steps == preset.steps


@pytest.mark.row(61)
def test_a_repeat_purchase_is_a_second_payment():
    log = {
        "once": [(0, "exposure"), (1, "click"), (2, "cart"), (3, "pay")],
        "twice": [(0, "exposure"), (1, "click"), (2, "cart"), (3, "pay"), (9, "pay"), (10, "share")],
    }
    assert from_events(frame(log), FunnelSpec.preset("six_nodes")).distinct.tolist() == [2, 2, 2, 2, 1, 1]


@pytest.mark.parametrize(
    ("window", "expected"),
    [("7d", 604_800), ("1h", 3_600), ("30m", 1_800), ("2min", 120), ("45s", 45), ("1w", 604_800), (90, 90), (0.5, 0.5),
     (dt.timedelta(hours=2), 7_200)],
)  # fmt: skip
def test_lengths_of_time(window, expected):
    assert seconds(window) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"steps": ["A"]}, "2 to 20 steps"),
        ({"order": "orderd"}, "Did you mean ordered?"),
        ({"unit": "sesion"}, "Did you mean session?"),
        ({"window": "7 days"}, "not a length of time"),
        ({"window": -1}, "not a length of time"),
        ({"window": True}, "not a length of time"),
        ({"window_from": "frist"}, "Did you mean first?"),
        ({"attribution": "first_tuch"}, "Did you mean first_touch"),
        ({"attribution": "step:9"}, "step 9 does not exist"),
        ({"ties": "grace:2x"}, "not a length of time"),
        ({"ties": "strickt"}, "Did you mean strict?"),
        ({"exclusions": [("X", 1, 1)]}, "must go from a step to a later one"),
        ({"exclusions": [("X", 2, 1)]}, "must go from a step to a later one"),
        ({"exclusions": [("X", 1, 4)]}, "must go from a step to a later one"),
        ({"exclusions": [("A", 1, 2)]}, "both a step and an exclusion"),
        ({"exclusions": [("X", 1, 2)], "order": "any"}, "Exclusions need the order ordered"),
        ({"ties": "grace:2s", "order": "strict"}, "Grace needs"),
        ({"window_from": "previous", "order": "any"}, "needs the order ordered or strict"),
        ({"steps": ["A", Step("B", optional=True), "C"], "order": "strict"}, "Optional steps"),
        ({"steps": [Step("A", optional=True), "B"]}, "cannot be optional"),
        ({"steps": [Step("A", events=("x", "y")), Step("B", events=("y", "z"))]}, "share an event"),
        ({"attribution": "entry", "order": "count"}, "entry"),
        ({"attribution": "step:2", "order": "any"}, "Attribution to a step"),
        ({"matured_only": True, "window": None}, "need a window"),
    ],
)
def test_a_wrong_argument_is_named(arguments, said):
    with pytest.raises(SpecError) as caught:
        FunnelSpec(**{"steps": ["A", "B", "C"], **arguments})
    assert said in str(caught.value)
    assert caught.value.text("zh") != str(caught.value)


def test_an_unknown_preset_names_its_neighbours():
    with pytest.raises(SpecError, match="four_steps"):
        FunnelSpec.preset("four_step")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.drop(columns="user_id"), "no column for"),
        (lambda d: d.rename(columns={"event": "what"}), "no column for"),
        (lambda d: d.iloc[:0], "empty"),
        (lambda d: d.assign(user_id=None), "an id and a time"),
        (lambda d: d.assign(happened_at="soon"), "an id and a time"),
        (lambda d: d.assign(event="other"), "No step of the funnel"),
        (lambda _: 42, "not known"),
        (lambda _: "missing.csv", "cannot be read"),
        (lambda _: "missing.parquet", "cannot be read"),
    ],
)
def test_a_log_that_cannot_be_used_is_refused(change, said):
    data = frame({"u": [(0, "A"), (1, "B")]})
    with pytest.raises(EcopsError) as caught:
        from_events(change(data), FunnelSpec(["A", "B"]))
    assert said in str(caught.value)


def test_unknown_dimensions_and_values_are_named():
    data = frame({"u": [(0, "A"), (1, "B")]})
    with pytest.raises(EcopsError, match="Did you mean channel"):
        from_events(data, FunnelSpec(["A", "B"]), by="chanel")
    table = from_events(data, FunnelSpec(["A", "B"]), by="channel")
    with pytest.raises(EcopsError, match="device"):
        table.along("device")
    with pytest.raises(EcopsError, match="does not exist"):
        table.count("pay")
