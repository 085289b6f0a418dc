"""The list of what is mutated is of today, and a mutant is really put in."""

import pytest

from ecops.statistics import changes, days
from tools import mutate


def test_every_equivalent_mutant_is_of_a_line_that_stands_there():
    for one in mutate.subjects()["equivalent"]:
        lines = [line.strip() for line in (mutate.ROOT / one["module"]).read_text("utf-8").splitlines()]
        assert one["before"] in lines
        assert one["before"] != one["after"]
        assert one["reason"]


def test_every_subject_has_modules_and_tests():
    for subject in mutate.subjects()["subject"].values():
        assert mutate.modules_of(subject)
        for path in (*subject["tests"], *subject.get("slow", ())):
            assert (mutate.ROOT / path.split("::")[0]).exists()


@pytest.mark.parametrize(
    ("module", "before", "after", "seen"),
    [
        ("ecops/statistics/changes.py", "np.nan)\n\n\ndef compare_sums", "7.0)\n\n\ndef compare_sums", 7.0),
        ("ecops/statistics/days.py", "DENSE = 5.0", "DENSE = 6.0", 6.0),
    ],
)
def test_a_changed_function_or_constant_is_what_runs(tmp_path, module, before, after, seen):
    source = (mutate.ROOT / module).read_text("utf-8")
    line = source[: source.index(before)].count("\n") + 1
    changed = mutate.Mutant(module, line, before, after, source.replace(before, after, 1))

    def work():
        import numpy as np

        mutate.put_in(changed)
        return 0 if seen in (float(changes.ratio(np.ones(1), np.zeros(1))[0]), days.DENSE) else 1

    assert mutate.in_fork(work, tmp_path / "log") == 0
    assert days.DENSE == 5.0


def test_tests_that_reach_the_line_come_first_and_long_ones_not_at_all():
    reached = {"lines": {"m.py": {"3": ["slow", "b", "a"], "9": ["c"]}}, "seconds": {"slow": 9.0, "b": 0.2, "a": 0.1}}
    assert mutate.tests_of(mutate.Mutant("m.py", 3, "", "", ""), reached) == ["a", "b"]
    assert mutate.tests_of(mutate.Mutant("m.py", 1, "", "", ""), reached) == ["c", "a", "b"]
    assert mutate.tests_of(mutate.Mutant("n.py", 1, "", "", ""), reached) == []
