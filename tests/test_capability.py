"""A capability announces itself: the example of docs/new-capability.md, built as a package that nobody here knows."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ecops.capability import capabilities
from ecops.metrics import metrics
from ecops.tables import tables
from ui import navigation

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

LOOK = """
import datetime as dt, json, sys
import pandas as pd
from streamlit.testing.v1 import AppTest
from ecops import Workspace
from ecops.capability import capabilities
from ecops.handbook import rules
from ecops.metrics import metrics
from ecops.periods import Period
from ecops.reports.write import render
from ecops.review import collect, report, weekly
from ecops.review.alarms import default_rules
from ecops.review.collecting import sections
from ui import navigation

days = pd.date_range("2026-08-01", "2026-09-27")
rows = pd.DataFrame({"date": days.date, "platform": "web", "visitors": 1000, "pay_buyers": 50,
                     "pay_amount": [900.0 if day.isoweekday() == 6 else 500.0 for day in days]})
workspace = Workspace.open(sys.argv[1])
workspace.load(rows.to_csv(index=False).encode(), name="traffic.csv", source="generic_funnel")
week = Period(dt.date(2026, 9, 21), dt.date(2026, 9, 27))
review = weekly(workspace, week=week)
page = AppTest.from_file("app.py", default_timeout=60)
page.query_params["ws"], page.query_params["lang"] = "mine", "en"
page.run()
page.switch_page(str(navigation.path("weekdays"))).run()
print(json.dumps({
    "order": list(capabilities()),
    "menu": {stem: label.en for stem, label in navigation.pages().items()},
    "findings": [[f.headline.text("en"), f.evidence.text("en")]
                 for f in collect(workspace, week) if f.area == "weekdays"],
    "deck": [s.title.text("en") for s in sections(workspace, week)],
    "html": "Saturday" in render(report(review, sections=sections(workspace, week)), "html", "en").decode(),
    "metric": metrics()["best_weekday_sales"].label.en if "best_weekday_sales" in metrics() else "",
    "alerts": [rule.metric for rule in default_rules()],
    "advice": "weekday_best" in rules(),
    "titles": [title.value for title in page.title],
    "markdown": [text.value for text in page.markdown],
    "exceptions": [error.value for error in page.exception],
    "defects": [f.headline.text("en") for f in review.defects],
}))
"""


def build(folder: Path, **changed: str) -> None:
    """The package of the guide, as pip would install it; `changed` replaces whole files by their stem."""
    for name, text in BLOCK.findall((ROOT / "docs" / "new-capability.md").read_text("utf-8")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed.get(path.stem, text), "utf-8")
    (folder / "ecops_weekdays" / "queries" / "__init__.py").touch()
    (folder / "ecops_weekdays" / "__init__.py").touch()
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    info = folder / "ecops_weekdays-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    (group,) = project["entry-points"].items()
    lines = "\n".join(f"{name} = {target}" for name, target in group[1].items())
    (info / "entry_points.txt").write_text(f"[{group[0]}]\n{lines}\n")


def run(folder: Path, *arguments: str) -> str:
    home = {"ECOPS_HOME": str(folder / "home"), "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **home}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guest")
    build(folder)
    told = json.loads(run(folder, "-c", LOOK, str(folder / "home" / "mine")).splitlines()[-1])
    command = run(folder, "-m", "ecops", "weekdays", "2026-08-31..2026-09-27", "-w", str(folder / "home" / "mine"))
    return told, json.loads(command)


def test_a_stranger_stands_behind_the_others_and_in_the_menu(seen):
    told, _ = seen
    assert told["order"] == [*capabilities(), "weekdays"]
    assert list(told["menu"]) == [*list(navigation.pages())[:-3], "weekdays", "data", "settings", "glossary"]
    assert told["menu"]["weekdays"] == "Weekdays"


def test_its_finding_reaches_the_review_once(seen):
    told, _ = seen
    # Saturdays sell 900.
    assert told["findings"] == [["One weekday sells best.", "Saturday · 900"]]


def test_it_has_its_part_of_the_deck_the_glossary_the_alerts_and_the_advice(seen):
    told, _ = seen
    assert told["deck"][-1] == "Weekdays"
    assert told["html"]
    assert told["metric"] == "Sales of the best weekday"
    assert told["alerts"][-1] == "visitors"
    assert told["advice"]


def test_its_page_and_its_command_answer(seen):
    told, command = seen
    assert told["exceptions"] == []
    assert told["titles"] == ["星期几卖得最好？"]
    assert "**周六**" in told["markdown"]
    assert command == {"best": 6}


FAILING = """
from ecops.capability import Capability
from ecops.messages import Term

def findings(data, period, compare):
    return 1 / 0

CAPABILITY = Capability("weekdays", Term(en="Weekdays", zh="星期"), Term(en="?", zh="？"), 80,
                        findings=findings, section=lambda data, period: 1 / 0)
"""

ASK = """
import datetime as dt, json
import pandas as pd
from ecops.capability import capabilities
from ecops.periods import Period
from ecops.review import collect
from ecops.review.collecting import sections
from ecops.store.inputs import open_data
days = pd.date_range("2026-08-01", "2026-09-27")
data = open_data(pd.DataFrame({"date": days.date, "platform": "web", "visitors": [1000] * 51 + [100] * 7,
    "pay_buyers": [50] * 51 + [5] * 7, "pay_amount": [5000.0] * 51 + [500.0] * 7}), table="traffic_daily")
week = Period(dt.date(2026, 9, 21), dt.date(2026, 9, 27))
print(json.dumps({"heard": [[f.area, f.headline.text("en")] for f in collect(data, week)],
                  "deck": [[s.title.text("en"), s.blocks[0].items[0].text("zh")] for s in sections(data, week)]}))
"""


@pytest.mark.parametrize(
    ("code", "why"),
    [(FAILING, "ZeroDivisionError"), ("import nothing_like_it", "The package cannot be imported: ModuleNotFoundError")],
)
def test_one_that_fails_is_told_in_one_line_and_takes_nobody_with_it(tmp_path, code, why):
    build(tmp_path, capability=code)
    told = json.loads(run(tmp_path, "-c", ASK).splitlines()[-1])
    (failed,) = (headline for area, headline in told["heard"] if area == "weekdays")
    assert "could not be worked out" in failed
    assert why in failed
    assert any(area == "growth" for area, _ in told["heard"])
    if code == FAILING:
        assert told["deck"][-1] == ["Weekdays", "“星期”这次没算出来：ZeroDivisionError"]


@pytest.mark.parametrize("guest", capabilities().values(), ids=lambda guest: guest.key)
def test_what_a_capability_announces_exists(guest):
    assert guest.label.zh
    assert guest.question.zh
    assert set(guest.needs) <= set(tables())
    assert guest.page in navigation.pages()
    assert navigation.pages()[guest.page] == guest.label
    assert len(set(guest.rows)) == len(guest.rows)
    assert all(path.is_file() for path in (guest.metrics, guest.alerts, guest.advice) if path is not None)


def test_what_a_metric_contains_exists_and_no_metric_contains_itself():
    def inside(key: str, seen: tuple[str, ...] = ()) -> set[str]:
        assert key not in seen
        return {part for name in metrics()[key].contains for part in (name, *inside(name, (*seen, key)))}

    for key, entry in metrics().items():
        assert inside(key) <= set(entry.contains), "what a part contains the whole contains as well"
