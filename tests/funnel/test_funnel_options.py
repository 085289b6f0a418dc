"""Which options of a funnel go together, every combination of them, and the limits of each."""

import datetime as dt
import itertools

import pytest

from ecops.errors import SpecError
from ecops.funnel import FunnelSpec, Step
from ecops.funnel.spec import MAX_STEPS, as_steps, seconds
from ecops.messages import Term

KINDS = {
    "plain": list("ABC"),
    "optional": ["A", Step("B", optional=True), "C"],
    "repeated": ["A", "B", Step("again", events=("B",))],
}


def refused(kind, order, window, window_from, attribution, excluded, ties, matured):  # noqa: PLR0911
    """The hint of the first rule that is broken, in words of the rule; None where all of them are kept."""
    ordered = order == "ordered"
    if excluded and not ordered:
        return "Exclusions need the order ordered."
    if excluded and (kind == "repeated" or window_from == "previous"):
        return "Exclusions need steps with different events and a window from the first step."
    if ties == "grace:2s" and not (ordered and kind != "repeated"):
        return "Grace needs the order ordered and different events."
    if window_from == "previous" and order not in ("ordered", "strict"):
        return "A window from the previous step needs the order ordered or strict."
    if order == "strict" and kind == "optional":
        return "Optional steps need the order ordered, any or count."
    if attribution.startswith("step") and (not ordered or excluded):
        return "Attribution to a step needs the order ordered and no exclusions."
    if attribution == "step:2" and kind == "optional":
        return "Attribution to a step needs a step that everybody must take."
    if attribution == "entry" and order in ("any", "count"):
        return "Attribution to the entry needs the order ordered or strict."
    return "Matured cohorts need a window." if matured and window is None else None


@pytest.mark.parametrize("order", ["ordered", "strict", "any", "count"])
@pytest.mark.parametrize("kind", KINDS)
def test_options_that_go_together(kind, order):
    choices = itertools.product(
        ("7d", None), ("first", "previous"), ("first_touch", "entry", "step:1", "step:2"), (False, True),
        ("allow", "strict", "grace:2s"), (False, True),
    )  # fmt: skip
    told = set()
    for window, window_from, attribution, excluded, ties, matured in choices:
        options = {
            "order": order, "window": window, "window_from": window_from, "attribution": attribution, "ties": ties,
            "matured_only": matured, "exclusions": [("x", 1, 3)] if excluded else [],
        }  # fmt: skip
        expected = refused(kind, order, window, window_from, attribution, excluded, ties, matured)
        told.add(expected)
        if expected is None:
            assert FunnelSpec(KINDS[kind], **options).order == order
        else:
            with pytest.raises(SpecError) as caught:
                FunnelSpec(KINDS[kind], **options)
            assert expected in str(caught.value)
    assert None in told or (order, kind) == ("strict", "optional")


@pytest.mark.parametrize(("number", "right"), [(1, False), (2, True), (MAX_STEPS, True), (MAX_STEPS + 1, False)])
def test_a_funnel_has_two_to_twenty_steps(number, right):
    assert MAX_STEPS == 20
    names = [f"s{n}" for n in range(number)]
    if right:
        assert len(FunnelSpec(names).steps) == number
    else:
        with pytest.raises(SpecError, match=f"has 2 to 20 steps, this one has {number}"):
            FunnelSpec(names)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("1.5h", 5_400), (" 2 d ", 172_800), ("2w", 1_209_600), ("3min", 180), ("3m", 180), ("0s", 0), (0, 0),
        (0.25, 0.25), (7, 7), (dt.timedelta(seconds=1.5), 1.5), (-0.001, None), (float("inf"), None),
        (float("nan"), None), (True, None), (None, None), ("-1d", None), ("d", None), ("1.d", None), ("1y", None),
        (dt.timedelta(-1), None),
    ],
)  # fmt: skip
def test_the_limits_of_a_length_of_time(length, expected):
    if expected is None:
        with pytest.raises(SpecError, match="is not a length of time"):
            seconds(length)
    else:
        assert seconds(length) == expected


@pytest.mark.parametrize(
    ("attribution", "step"),
    [
        ("first_touch", None), ("last_touch", None), ("entry", None), ("all_events", None), ("step:1", 0),
        ("step:3", 2), ("step:C", 2), ("step:A", 0), ("step:0", "does not exist"), ("step:4", "does not exist"),
        ("step:x", "does not exist"), ("step:", "attribution"), ("stop:1", "attribution"), ("step", "attribution"),
        ("level:1", "attribution"),
    ],
)  # fmt: skip
def test_attribution_to_a_step(attribution, step):
    if isinstance(step, str):
        with pytest.raises(SpecError, match=step):
            FunnelSpec(list("ABC"), attribution=attribution)
    else:
        assert FunnelSpec(list("ABC"), attribution=attribution).attribution_step == step


@pytest.mark.parametrize(
    ("ties", "grace"), [("allow", 0), ("strict", -1), ("grace:2s", 2), ("grace:1m", 60), ("grace:0s", 0)]
)
def test_grace_in_seconds(ties, grace):
    assert FunnelSpec(list("AB"), ties=ties).grace_seconds == grace


def test_what_each_step_is_counted_from():
    spec = FunnelSpec(["A", Step("B", optional=True), Step("C", optional=True), "D", Step("E", optional=True), "F"])
    assert spec.base == (-1, 0, 0, 0, 3, 3)
    assert spec.required == (0, 3, 5)
    assert not spec.repeats
    assert FunnelSpec(["A", "B", Step("again", events=("A",))]).repeats
    assert FunnelSpec(list("AB"), window=None).window_seconds is None
    assert FunnelSpec(list("AB"), window="2m").window_seconds == 120


@pytest.mark.parametrize("place", [0, 2])
def test_only_steps_in_between_can_be_left_out(place):
    steps = [Step(name, optional=at == place) for at, name in enumerate("ABC")]
    with pytest.raises(SpecError, match="cannot be optional"):
        FunnelSpec(steps)


@pytest.mark.parametrize(
    ("events", "shared"),
    [
        ((("x",), ("y",), ("z",)), None),
        ((("x", "y"), ("z",), ("x", "y")), None),
        ((("x", "y"), ("z",), ("y",)), ("A", "C")),
        ((("x",), ("z", "w"), ("z",)), ("B", "C")),
        ((("x", "y"), ("y", "x"), ("z",)), ("A", "B")),
    ],
)
def test_steps_share_all_events_or_none(events, shared):
    steps = [Step(name, events=names) for name, names in zip("ABC", events, strict=True)]
    if shared is None:
        assert len(FunnelSpec(steps).steps) == 3
    else:
        with pytest.raises(SpecError, match=f"The steps {shared[0]} and {shared[1]} share an event"):
            FunnelSpec(steps)


@pytest.mark.parametrize("start", [-1, 0, 1, 2, 3, 4, 1.0])
@pytest.mark.parametrize("stop", [0, 1, 2, 3, 4, 5, 2.0])
def test_an_exclusion_goes_from_a_step_to_a_later_one(start, stop):
    right = (
        isinstance(start, int) and isinstance(stop, int) and start in (1, 2, 3) and stop in (2, 3, 4) and start < stop
    )
    if right:
        assert FunnelSpec(list("ABCD"), exclusions=[("x", start, stop)]).exclusions == (("x", start, stop),)
    else:
        with pytest.raises(SpecError, match=r"from a step to a later one, both between 1 and 4\."):
            FunnelSpec(list("ABCD"), exclusions=[("x", start, stop)])


@pytest.mark.parametrize(("ends", "right"), [((1, 2), False), ((2, 3), False), ((1, 3), True), ((3, 4), True)])
def test_an_exclusion_begins_and_ends_at_steps_that_everybody_must_take(ends, right):
    steps = ["A", Step("B", optional=True), "C", "D"]
    if right:
        assert len(FunnelSpec(steps, exclusions=[("x", *ends)]).exclusions) == 1
    else:
        with pytest.raises(SpecError, match="optional step"):
            FunnelSpec(steps, exclusions=[("x", *ends)])


def test_steps_from_names():
    assert [step.name for step in as_steps("A, B，C > D→E")] == list("ABCDE")
    assert Step("A").events == ("A",)
    assert Step("A", events="x").events == ("x",)
    assert Step("A", events=["x", "y"], columns=["a"]).columns == ("a",)
    label = Term(en="Paid", zh="支付")
    assert (Step("pay").term, Step("pay", label=label).term) == ("pay", label)
    for name in ("", 5):
        with pytest.raises(SpecError, match="needs a name"):
            Step(name)
