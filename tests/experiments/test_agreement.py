"""One test has one verdict and one advice: on the page, on the command line and in the weekly review."""

import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from ecops import Workspace
from ecops.commands.app import app
from ecops.experiments import decide, tally_of
from ecops.experiments.reading.workspace import experiments_in
from ecops.experiments.records.judging import asked, judge
from ecops.experiments.records.register import UNNAMED, Register
from ecops.experiments.records.trials import trial_findings
from ecops.experiments.telling.report import readable, report
from ecops.periods import Period
from tests.experiments.shops import shop

WEEK = Period(dt.date(2026, 11, 16), dt.date(2026, 11, 22))
DAYS = 14
ORDERS = "order_id,order_time,pay_time,amount\n" + "".join(
    f"{day}-{at},2026-11-{day:02} 10:00,2026-11-{day:02} 10:01,100\n" for day in range(2, 23) for at in range(20)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("agreement")


@pytest.fixture(scope="module", params=[0.04, 0.6], ids=["small", "better"])
def opened(request, folder):
    """A shop whose orders go on for more than a week after the last user of the test, and the file of the test."""
    users = shop(6_000, DAYS, lift=request.param, rate=0.1, seed=9)
    users["exposed_at"] -= dt.timedelta(days=1)  # 1 to 14 November
    file = folder / f"ab_{request.param}.csv"
    users.drop(columns="pre_value").to_csv(file, index=False)
    workspace = Workspace.open(folder / f"shop_{request.param}")
    workspace.load(file, name="ab.csv")
    workspace.set_setting("currency", "CNY", actor="li")
    workspace.load(ORDERS.encode(), name="orders.csv")
    return workspace, file


def told(workspace, file, *options):
    """Headline, advice and interval as the page, the command and the review say them."""
    (held,) = experiments_in(workspace.data())
    name = held.name or UNNAMED
    trial = Register(workspace.state).trial(name)
    judged = judge(tally_of(workspace.data(), asked(held, trial)), held, trial)
    decision = decide(judged.readout)
    effect = decision.result.effect
    assert report(judged.readout, decision).verdict.text("en") == readable(decision.headline).text("en")
    page = (in_words(decision.headline), decision.action.text.text("en"), (effect.low, effect.high))

    answer = CliRunner().invoke(app, ["experiment", str(file), *options, "--json"])
    assert answer.exit_code == 0, answer.output
    command = json.loads(answer.stdout)
    goal = next(metric for metric in command["metrics"] if metric["role"] == "goal")
    (found,) = trial_findings(workspace.data(), WEEK)
    said = in_words(found.headline).removeprefix(f"{name}: ")
    review = (said, found.action.text.text("en"), found.ci)
    return decision.kind, page, (command["headline"], command["advice"], (goal["low"], goal["high"])), review


def in_words(sentence):
    """Without the sign of the currency, which the shop knows and the file alone does not."""
    return readable(sentence).text("en").replace("¥", "")


def agree(found):
    kind, page, command, review = found
    assert command[:2] == review[:2] == page[:2], kind
    assert command[2] == review[2] == pytest.approx(page[2])
    return kind


def test_the_shop_goes_on_after_the_test(opened):
    workspace, _file = opened
    assert workspace.tables()["order_lines"].last_day == WEEK.end
    (held,) = experiments_in(workspace.data())
    assert (held.first_day, held.last_day) == (dt.date(2026, 11, 1), dt.date(2026, 11, 14))


def test_all_three_agree_without_a_plan_and_with_one(opened):
    workspace, file = opened
    kinds = [agree(told(workspace, file))]
    register = Register(workspace.state)
    (held,) = experiments_in(workspace.data())
    name = held.name or UNNAMED
    # Whoever opens the page leaves a look behind; the same data seen again is the same look.
    assert register.look(name, "li", 6_000, kinds[0], held.last_day)
    assert not register.look(name, "wang", 6_000, kinds[0], held.last_day)
    kinds.append(agree(told(workspace, file)))
    assert kinds[0] == kinds[1]
    register.restart(name, "li", "a new test")
    register.write(name, "li", planned_sample=9_000.0)
    kinds.append(agree(told(workspace, file, "--planned", "9000")))
    register.look(name, "li", 3_000, "continue")
    kinds.append(agree(told(workspace, file, "--planned", "9000", "--look", "3000")))
    assert len(set(kinds)) == 1 or set(kinds) == {"continue", kinds[0]}


def test_all_three_agree_on_a_second_look_without_a_plan(opened):
    workspace, file = opened
    fresh = Workspace.open(workspace.folder.with_name(f"{workspace.folder.name}_again"))
    fresh.load(file, name="ab.csv")
    (held,) = experiments_in(fresh.data())
    Register(fresh.state).look(held.name or UNNAMED, "li", 3_000, "continue")
    agree(told(fresh, file, "--look", "3000"))
    Register(fresh.state).write(held.name or UNNAMED, "li", whole=True)
    assert agree(told(fresh, file, "--over", "--look", "3000")) in {"ship", "stop", "flat"}


def test_an_open_result_has_no_winner_to_roll_out(opened):
    workspace, file = opened
    fresh = Workspace.open(workspace.folder.with_name(f"{workspace.folder.name}_whole"))
    fresh.load(file, name="ab.csv")
    (held,) = experiments_in(fresh.data())
    Register(fresh.state).write(held.name or UNNAMED, "li", whole=True)
    found = told(fresh, file, "--over")
    if agree(found) == "flat":
        assert "winner" not in found[1][1]
        assert "better bet" not in found[1][0] or found[1][1].startswith("This is a bet")
