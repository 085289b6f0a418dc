"""What a shop chose holds for whoever opens its data next, and is part of the version that answers are kept by."""

from __future__ import annotations

import json

import pytest

from ecops import Workspace
from ecops.store import choices
from ecops.store.inputs import open_data


@pytest.fixture
def shop(tmp_path):
    return Workspace.open(tmp_path / "shop")


def test_a_choice_makes_a_new_version_and_an_open_reader_keeps_what_it_began_with(shop):
    before, version = shop.data(), shop.version
    choices.choose(shop.state, "rate", "commission", {"value": 0.05, "reason": "contract"}, "Li")
    after = shop.data()
    assert before.choices == {}
    assert after.choices == {"rate": {"commission": {"value": 0.05, "reason": "contract"}}}
    assert len({version, shop.version}) == 2
    assert (before.version, after.version) == (version, shop.version)
    assert open_data({}).choices == {}


def test_two_readers_of_the_same_choices_share_a_version(shop):
    choices.choose(shop.state, "rate", "commission", {"value": 0.05}, "")
    assert Workspace.open(shop.folder).version == shop.version == shop.data().version


def test_the_last_one_holds_until_it_is_taken_back_and_all_stay_in_the_history(shop):
    for value in (0.05, 0.06):
        choices.choose(shop.state, "rate", "commission", {"value": value, "reason": "contract"}, "Li")
    choices.choose(shop.state, "parameter", "a.b", {"value": 1}, "Wang")
    assert shop.data().choices["rate"]["commission"]["value"] == 0.06
    versions = {shop.version}
    choices.take_back(shop.state, "rate", "commission", "Li", "typing error")
    assert shop.data().choices == {"parameter": {"a.b": {"value": 1}}}
    assert shop.version not in versions
    told = choices.history(shop.state, "rate")
    assert [(name, entry.actor, entry.fields.get("value")) for name, entry in told] == [
        ("commission", "Li", 0.05),
        ("commission", "Li", 0.06),
        ("commission", "Li", None),
    ]
    assert choices.history(shop.state, "rate", "freight") == []
    # Chosen again it holds again, with what it says now.
    choices.choose(shop.state, "rate", "commission", {"value": 0.07, "reason": ""}, "Li")
    assert shop.data().choices["rate"]["commission"] == {"value": 0.07, "reason": ""}


def test_other_entries_of_the_journal_change_no_version(shop):
    from ecops.store import journal

    version = shop.version
    journal.append(shop.state, "actions", "a1", {"state": "open"}, "Li")
    assert shop.version == version


def test_every_choice_is_a_line_of_the_audit_log(shop):
    choices.choose(shop.state, "rate", "commission", {"value": 0.05}, "Li")
    line = shop.audit_trail()[-1]
    assert (line.actor, line.action, json.loads(line.detail)["subject"]) == ("Li", "choice", "rate/commission")
    assert shop.problems() == []
