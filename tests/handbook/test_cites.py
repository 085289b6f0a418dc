"""A finding names the parameters that decided it: what a parameter changes about a finding, the finding cites."""

import functools
import json
import shutil

import pytest
from typer.testing import CliRunner

from ecops import terminal
from ecops.capability import capabilities
from ecops.commands.app import app
from ecops.finding import Finding
from ecops.periods import Period
from tests.handbook import small

TODAY = small.TODAY.date()
WEEK = Period(TODAY.replace(day=TODAY.day - 6), TODAY)


def heard(data) -> list[Finding]:
    """What every guest finds in the small shop, before anybody ranks it."""
    return [
        finding
        for guest in capabilities().values()
        if guest.findings is not None and guest.speaks(data)
        for finding in guest.findings(data, WEEK, "previous")
    ]


def said(finding: Finding) -> str:
    told = terminal.finding_json(finding, "en")
    return repr({name: told[name] for name in ("headline", "evidence", "before", "after", "confidence", "notes")})


@pytest.fixture(scope="module")
def shop(sample_shop, tmp_path_factory):
    return shutil.copytree(sample_shop, tmp_path_factory.mktemp("cites") / "shop")


@functools.cache
def usual() -> dict[str, Finding]:
    return {said(finding): finding for finding in heard(small.base())}


@pytest.mark.row(283)
@pytest.mark.parametrize("key", sorted({key for guest in capabilities().values() for key in guest.cites}))
def test_what_a_parameter_changes_cites_it(key):
    value, _ = small.VERDICTS[key]
    now = {said(finding): finding for finding in heard(small.with_own({key: value}))}
    changed = [finding for text, finding in (*usual().items(), *now.items()) if (text in now) != (text in usual())]
    for finding in changed:
        assert key in finding.parameters, f"{finding.headline.text('en')} changes with {key} and does not say so"


def test_the_small_shop_is_told_findings_that_cite():
    cited = {key for finding in usual().values() for key in finding.parameters}
    assert {"inventory.dead_stock_days", "supplier.delay_max", "competitor.price_anchor_band"} <= cited


@pytest.mark.row(283)
def test_json_of_a_finding_tells_the_value_that_held():
    data = small.with_own({"inventory.dead_stock_days": 80})
    (dead,) = (one for one in heard(data) if one.parameters == ("inventory.dead_stock_days",))
    (told,) = terminal.finding_json(dead, "en", data)["parameters"]
    assert told == {
        "key": "inventory.dead_stock_days", "value": 80.0, "own": True,
        "told": "Days without a sale that make dead stock: 80 days (your own)",
    }  # fmt: skip
    assert terminal.finding_json(dead, "en")["parameters"][0]["value"] == 90.0


@pytest.mark.row(283)
@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (["presale"], {"inventory.presale_uplift", "inventory.presale_base_days"}),
        (["inventory"], {"supplier.delay_max", "supplier.defect_max", "inventory.dead_stock_days"}),
    ],
)
def test_commands_tell_the_parameters_of_their_findings(shop, arguments, keys):
    told = json.loads(CliRunner().invoke(app, [*arguments, "-w", str(shop), "--json"]).output)
    assert keys <= {one["key"] for finding in told["findings"] for one in finding["parameters"]}


@pytest.mark.row(283)
def test_the_report_tells_them_too(shop, tmp_path):
    asked = ["report", "--out", str(tmp_path), "-w", str(shop), "--json"]
    told = json.loads(CliRunner().invoke(app, asked).output)["findings"]
    assert told
    assert {"supplier.delay_max"} <= {one["key"] for finding in told for one in finding["parameters"]}
