"""Every parameter decides something: what it decides is different when it is."""

import pytest

from ecops.capability import capabilities
from ecops.handbook import parameters
from ecops.metrics.beside import benchmarks
from ecops.review.readers import readers
from tests.handbook import small


@pytest.mark.row(283)
@pytest.mark.parametrize("key", parameters())
def test_changing_a_parameter_changes_what_it_decides(key):
    value, outcome = small.VERDICTS[key]
    assert value != parameters()[key].value
    before = outcome(small.base())
    assert before, "the shop is made so that there is something to decide"
    assert outcome(small.with_own({key: value})) != before
    assert outcome(small.with_own({key: parameters()[key].value})) == before


def test_citations_agree_with_the_list_both_ways():
    cited = set(readers())
    assert cited <= parameters().keys(), "somebody cites what does not exist"
    missing = parameters().keys() - cited
    assert missing == set(), "nobody says that it reads these; name them in the `cites` of who does, or take them out"


def test_a_finding_names_only_what_its_capability_cites():
    from ecops.inventory import view

    for key in ("learned", "cover_days", "alarm_days", "least_units"):
        from ecops.inventory.spec import Spec

        for finding in view.told(small.base(), Spec(rule=key)):
            assert set(finding.parameters) <= set(capabilities()["inventory"].cites)


def test_reference_values_are_of_metrics_that_exist():
    assert set(benchmarks.CITES) == {key for key, entry in parameters().items() if entry.reference is not None}
