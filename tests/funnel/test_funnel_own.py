"""Steps of one's own: events are named once, funnels are saved, and what is no step is told."""

import pytest

from ecops import Workspace
from ecops.errors import DataError, SpecError
from ecops.funnel.reading.own import Own, log_spec, steps_with, unused


@pytest.fixture
def own(tmp_path):
    return Own(Workspace.open(tmp_path / "shop").state)


def names(spec):
    return [step.name for step in spec.steps]


def test_a_log_of_unknown_events_is_asked_about_and_then_understood(own):
    events = ["look", "want", "bought", "dance"]
    with pytest.raises(DataError, match="no two steps"):
        log_spec(events, words=own.words())
    for event, step in {"look": "click", "want": "cart", "bought": "pay"}.items():
        own.name("li", event, step)
    spec = log_spec(events, words=own.words())
    assert names(spec) == ["click", "cart", "pay"]
    assert unused({"look": 9, "want": 5, "bought": 2, "dance": 4}, {"look", "want", "bought"}, own.words()) == (
        ("dance", 4),
    )
    own.name("li", "dance", "none")
    assert unused({"look": 9, "want": 5, "bought": 2, "dance": 4}, {"look", "want", "bought"}, own.words()) == ()


def test_the_last_word_about_an_event_counts_and_can_be_taken_back(own):
    own.name("li", "view", "exposure")
    own.name("wu", "view", "click")
    assert own.words() == (("view", "click"),)
    own.name("wu", "view", "")
    assert own.words() == ()


def test_an_event_that_moved_to_another_step_has_left_its_own():
    known = steps_with((("view", "exposure"),))
    assert "view" in known["exposure"].events
    assert "view" not in known["click"].events
    assert names(log_spec(["view", "pv", "buy"], words=(("view", "exposure"),))) == ["exposure", "click", "pay"]


def test_funnels_are_saved_replaced_and_forgotten(own):
    own.save("li", "from the live room", ["live", "look?", "bought"])
    assert own.funnels() == {"from the live room": "live,look?,bought"}
    spec = log_spec(["live", "look", "bought"], own.funnels()["from the live room"], "1d", "any")
    assert [(step.name, step.optional) for step in spec.steps] == [("live", False), ("look", True), ("bought", False)]
    assert (spec.window, spec.order) == ("1d", "any")
    own.save("li", "from the live room", ["live", "bought"])
    assert own.funnels() == {"from the live room": "live,bought"}
    own.save("li", "from the live room", [])
    assert own.funnels() == {}


@pytest.mark.parametrize(("name", "steps"), [(" ", ["a", "b"]), ("x", ["a"]), ("x", ["", "b"])])
def test_what_is_no_funnel_is_not_saved(own, name, steps):
    with pytest.raises(SpecError):
        own.save("li", name, steps)
    assert own.funnels() == {}


def test_a_step_that_does_not_exist_is_refused(own):
    with pytest.raises(SpecError, match="click"):
        own.name("li", "look", "klick")


def test_data_without_a_workspace_remembers_nothing():
    assert Own(None).words() == ()
    with pytest.raises(SpecError, match="remembers nothing"):
        Own(None).name("li", "look", "click")
