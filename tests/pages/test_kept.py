"""What pages keep for the next reader, and for whom it is made anew."""

import json
import math
import threading
from types import SimpleNamespace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io
import pyarrow as pa
import pytest

from ecops.charts import Level, Look
from ecops.engine.answers import Answers
from ecops.errors import SpecError
from ecops.funnel import from_table
from ecops.messages import Message, Named, Percent
from ecops.store import Workspace, choices, journal
from ecops.store.state import State
from ui.funnel import funnelparts
from ui.parts import charts, kept, tables, text
from ui.state import workspaces

MADE = []


def counted(frame, word):
    MADE.append(word)
    return frame.assign(word=str(word))


@pytest.fixture(autouse=True)
def nothing_made(monkeypatch):
    MADE.clear()
    monkeypatch.setattr(kept, "look", lambda: Look("en"))


def test_the_same_result_is_made_once_and_an_equal_one_anew():
    frame = pd.DataFrame({"a": [1, 2]})
    first = kept.of(counted, frame, "x")()
    assert kept.of(counted, frame, "x")() is first
    assert kept.of(counted, frame, "y")() is not first
    kept.of(counted, frame.copy(), "x")()
    assert MADE == ["x", "y", "x"]


def test_levels_and_sentences_count_as_what_they_say():
    frame = pd.DataFrame({"a": [1]})

    def level(value, who="industry"):
        return (Level(Message("benchmark ({who})", who=who), value),)

    for across in (level(0.5), level(0.5), level(0.6), level(0.5, Named("n", "one")), level(0.5, Named("n", "two"))):
        kept.of(counted, frame, across)()
    assert len(MADE) == 4


def test_another_language_colour_or_role_is_made_anew(monkeypatch):
    frame = pd.DataFrame({"a": [1]})
    for seen in (Look("en"), Look("zh"), Look("en", dark=True), Look("en", red_up=True)):
        monkeypatch.setattr(kept, "look", lambda seen=seen: seen)
        kept.of(counted, frame, "x")()
    monkeypatch.setenv("ECOPS_ROLE", "owner")
    kept.of(counted, frame, "x")()
    assert len(MADE) == 5


def test_numbers_are_made_once_for_all_readers(monkeypatch):
    frame = pd.DataFrame({"a": [1]})
    found = []
    for seen in (Look("en"), Look("zh"), Look("en", dark=True)):
        monkeypatch.setattr(kept, "look", lambda seen=seen: seen)
        found.append(kept.numbers(counted, frame, "x"))
        kept.of(counted, found[-1], "y")()
    assert found[0] == found[1] == found[2]
    assert MADE == ["x", "y", "y", "y"]


def test_something_kept_is_an_argument_of_something_else():
    frame = pd.DataFrame({"a": [1]})
    inner = kept.of(counted, frame, "x")
    assert list(kept.of(counted, inner, "y")()["word"]) == ["y"]
    kept.of(counted, kept.of(counted, frame, "x"), "y")()
    assert MADE == ["x", "y"]


@pytest.mark.parametrize("kind", ["bar", "waterfall"])
def test_a_kept_figure_is_sent_as_plotly_would_send_it(kind):
    labels = ["short", "a long name of a factor"]
    figure = Look("en").figure(meta={"title": "T", "subtitle": "S"}, title={"text": "T"}, margin={"l": 3})
    add = {"bar": figure.add_bar, "waterfall": figure.add_waterfall}[kind]
    add(x=labels, y=[1.5, math.nan]).add_scatter(
        name="named", x=pd.Series(pd.to_datetime(["2026-11-01", None])), y=np.array([1, 2])
    )
    takeaway, subtitle, picture = charts._drawn(figure)
    sent = json.loads(plotly.io.to_json(picture.to_dict(), validate=False))
    assert (takeaway, subtitle) == ("T", "S")
    assert sent["data"][1].pop("x") == ["2026-11-01T00:00:00", None]
    assert sent["data"][1].pop("y") == [1, 2]
    plain = figure.plotly().update_layout(title=None, margin={"t": 16})
    plain.data[0].update(showlegend=False)
    plain.data[1].update(x=None, y=None)
    if kind == "waterfall":
        plain.data[0].update(x=["short", "a long<br>name of a<br>factor"])
    told = json.loads(plain.to_json())
    assert told["layout"].pop("title") == {}
    assert json.loads(go.Figure(sent).to_json()) == told
    assert figure.layout["title"] == {"text": "T"}
    assert "showlegend" not in figure.data[0]


def test_a_kept_table_is_sent_as_the_frame_would_be():
    frame = pd.DataFrame({"title": ["a\u202eb", None], "rate": [0.5, None], "n": [1, 2]})
    visible, sent = tables._arrow(frame, "manager", "", (("rate", "percent"),))
    shown = tables._prepared(frame, {"title": "text", "rate": "percent", "n": "count"})
    assert sent.equals(pa.Table.from_pandas(shown))
    assert sent.to_pandas()["rate"].iloc[0] == 50
    assert sent.to_pandas()["title"].iloc[0] == "ab"
    assert visible["rate"].iloc[0] == 0.5


def test_the_quick_way_through_clean_text_is_the_slow_one():
    for data in ("plain", "两 个", "a  b", "a\u00a0b", "a\u200bb", "\ud800", "tab\there", "e\u0301", "\ue000", " x "):
        folded = text._FOLDED.sub(" ", data)
        slow = "".join(c for c in folded if text.unicodedata.category(c) not in {"Cf", "Cc", "Co", "Cs"})
        assert text.clean(data) == slow


def test_many_who_ask_at_once_wait_for_one():
    answers, begun, go_on, worked = Answers(4), threading.Event(), threading.Event(), []

    def work():
        worked.append(1)
        begun.set()
        go_on.wait(5)
        return "answer"

    found = []
    readers = [threading.Thread(target=lambda: found.append(answers.get("key", work))) for _reader in range(5)]
    for reader in readers:
        reader.start()
    begun.wait(5)
    go_on.set()
    for reader in readers:
        reader.join(5)
    assert found == ["answer"] * 5
    assert len(worked) == 1


def test_an_error_is_not_remembered_and_the_oldest_answer_goes():
    answers = Answers(2)
    with pytest.raises(ZeroDivisionError):
        answers.get("a", lambda: 1 / 0)
    assert [answers.get(key, lambda key=key: key) for key in "abca"] == list("abca")
    again = []
    answers.get("b", lambda: again.append("b"))
    answers.get("a", lambda: again.append("a"))
    assert again == ["b"]


def test_what_another_process_wrote_is_seen_at_once(tmp_path):
    mine, other = Workspace.open(tmp_path), Workspace.open(tmp_path)
    assert journal.read(mine.state, "actions") == []
    journal.append(other.state, "actions", "1", {"title": "x"}, "other")
    assert [entry.fields["title"] for entry in journal.read(mine.state, "actions")] == ["x"]
    journal.append(mine.state, "actions", "2", {"title": "y"}, "me")
    assert [entry.subject for entry in journal.read(other.state, "actions")] == ["1", "2"]
    assert [entry.subject for entry in journal.read(other.state, "actions", "2")] == ["2"]


def test_a_version_is_new_at_once_after_a_write_here_and_soon_after_one_elsewhere(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(workspaces.time, "monotonic", lambda: clock[0])
    shop = Workspace.open(tmp_path)
    first = workspaces.version(shop)
    choices.choose(shop.state, "parameter", "x", {"value": 1}, "me")
    second = workspaces.version(shop)
    assert second == shop.version != first
    # Another process does not count its transactions here.
    monkeypatch.setattr(State, "written", State.written)
    counted = State.written
    choices.choose(shop.state, "parameter", "x", {"value": 2}, "another process")
    State.written = counted
    assert workspaces.version(shop) == second
    clock[0] += 0.2
    assert workspaces.version(shop) == shop.version != second


def test_a_page_knows_its_reader_anew_each_time_it_is_drawn(monkeypatch):
    def reader(theme, colours):
        monkeypatch.setattr(text.st, "context", SimpleNamespace(theme=SimpleNamespace(type=theme)))
        monkeypatch.setattr(text.st, "session_state", {"colours": colours})

    def drawn(language):
        text.speak(language)
        text.paint()
        return text.look()

    reader("dark", "auto")
    assert drawn("en") == Look("en", dark=True)
    assert drawn("zh") == Look("zh", dark=True, red_up=True)
    reader("light", "green")
    assert drawn("zh") == Look("zh")
    # Between the language and the colours nothing of the page before is left.
    reader("dark", "red")
    text.speak("en")
    assert text.look() == Look("en", dark=True, red_up=True)


def test_a_what_if_is_kept_for_its_funnel_its_step_and_its_place():
    def table(pays):
        days = pd.DataFrame({"date": ["2026-11-01"] * 2, "channel": ["a", "b"], "visit": [100, 50], "pay": pays})
        return from_table(days, ["visit", "pay"], by="channel")

    first, second = table([10, 5]), table([20, 5])
    raised = funnelparts._raised(first, "pay", 0.1, {})
    assert funnelparts._raised(first, "pay", 0.1, {}) is raised
    asked = [(first, 0.1, {}), (first, 0.2, {}), (first, 0.1, {"channel": "b"}), (second, 0.1, {})]
    found = [funnelparts._raised(funnel, "pay", points, where) for funnel, points, where in asked]
    assert [case.scenario for case in found] == pytest.approx([30, 45, 20, 40])
    with pytest.raises(SpecError):
        funnelparts._raised(first, "pay", 0.1, {"channel": "c"})


def test_records_are_plain_only_where_all_that_they_hold_is():
    plain = Level(Message("goal of {n}", n=3), 0.5)
    assert kept._plain(plain)
    assert not kept._plain(Level(Message("goal of {n}", n=Named("n", "three")), 0.5))
    table = from_table(pd.DataFrame({"date": ["2026-11-01"], "visit": [9], "pay": [1]}), ["visit", "pay"])
    assert not kept._plain(table)
    assert kept._plain((plain, "x", 1.0))
    assert not kept._plain((plain, pd.DataFrame()))


def test_columns_of_a_kept_result_are_found_again():
    frame = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
    told = tables.only(frame, ["c", "a"])
    assert list(told().columns) == ["c", "a"]
    assert tables.only(frame, ["c", "a"])() is told()
    assert tables.only(frame.copy(), ["c", "a"])() is not told()


def test_what_counts_as_the_same_object_is_not_compared():
    first = (1, 2)
    second = (*first[:1], 2)
    made = kept.of(str, kept.same(first))
    assert made() == "(1, 2)"
    assert made == kept.of(str, kept.same(first)) != kept.of(str, kept.same(second))


def test_a_column_is_told_as_streamlit_would_tell_it():
    from streamlit.elements.lib.dicttools import remove_none_values

    shape = tables.Shape("Sales", "money", "What came in.")
    told = tables._config(shape, "CNY")
    whole = tables.st.column_config.NumberColumn("Sales (¥)", help="What came in.", format="%,.0f")
    assert told == remove_none_values(whole)


def test_a_value_and_its_interval_are_one_cell():
    text.speak("en")
    rows = pd.DataFrame({"rate": [0.125, math.nan], "low": [0.1, 0.0], "high": [0.15, 1.0]})
    columns = ("rate", "low", "high")
    assert tables.intervals(rows, columns, Percent) == ["12.5% (10.0% to 15.0%)", "—"]
    assert tables.intervals(rows.head(1), columns, tables.twice) == ["0.12 (0.10 to 0.15)"]
    text.speak("zh")
    assert tables.intervals(rows, columns, Percent) == ["12.5%（10.0% 到 15.0%）", "—"]
    assert tables.intervals(rows.head(0), columns, Percent) == []
