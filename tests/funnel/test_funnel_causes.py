"""Which cells are told of a shop: hand-made shops, and random ones against the same choice made with sets and loops."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ecops.funnel.causes.cells import Guards, Step2x2, causes, examined, nodes, watched
from ecops.funnel.causes.daily import Spread

GUARDS = Guards(0.05, 0.045, 0.05, 0.0, np.array([1.0, 1.0]))


def made(by, segments, step, swing=(1.0, np.inf)):
    places = nodes(by, segments)
    return examined(places, [step], [[Spread(*swing)] * len(places)])[0]


class Naive:
    """The choice of `causes` for one step, segment by segment; a place is a set of numbers of segments."""

    def __init__(self, cells, step, guards):
        self.step, self.guards = step, guards
        self.all = [(frozenset(np.flatnonzero(cell.node.members).tolist()), cell) for cell in cells]

    def sums(self, place):
        """Weighted change, its variance, the weight and the units gained: Cochran, Mantel and Haenszel by hand."""
        u = v = weight = gained = 0.0
        for x0, n0, x1, n1 in (tuple(float(part[i]) for part in self.step[:4]) for i in place):
            if self.step.rate is not None:
                u, v = u + x1 - n1 * self.step.rate, v + n1 * self.step.rate * (1 - self.step.rate)
                weight, gained = weight + n1, gained + x1 - n1 * self.step.rate
            elif n0 and n1:
                own, change, pooled = n0 * n1 / (n0 + n1), x1 / n1 - x0 / n0, (x0 + x1) / (n0 + n1)
                u, v = u + own * change, v + own * pooled * (1 - pooled)
                weight, gained = weight + own, gained + n1 * change
        return u, v, weight, gained

    def chance(self, statistic, cell):
        return 2 * (stats.norm.sf(abs(statistic)) if math.isinf(cell.df) else stats.t.sf(abs(statistic), cell.df))

    @staticmethod
    def price(cell):
        return 2 * math.log(cell.node.siblings) + 6 * max(0, len(cell.node.subject) - 1)

    def left(self, place, cell, closed):
        """The score of what is open of a place; None where it is another change or none."""
        if not place & closed:
            return cell.score
        u, v, _, gained = self.sums(place - closed)
        if gained * cell.gained <= 0 or abs(gained) < 0.8 * abs(cell.gained):
            return None
        x0, n0, x1, n1 = (sum(float(part[i]) for i in place - closed) for part in self.step[:4])
        score = u * u / (v * cell.dispersion)
        p_value, expected = self.chance(math.sqrt(score), cell), x1 / n1 - gained / n1
        rate = (x0 + x1) / (n0 + n1)
        if self.step.rate is None and min(rate, 1 - rate) * min(n0, n1) < 5:
            p_value = max(p_value, stats.fisher_exact([[x0, n0 - x0], [x1, n1 - x1]])[1])
        large = expected <= 0 or abs(x1 / n1 / expected - 1) >= self.guards.min_effect
        return score if large and p_value < self.guards.alpha else None

    def narrowed(self, best, alive):
        place, cell = best
        options = []
        for part, other in alive:
            if part < place and other.gained * cell.gained >= 0.8 * cell.gained**2:
                (u, v, w, _), (ru, rv, rw, _) = self.sums(part), self.sums(place - part)
                p_value = 1.0
                if w and rw:
                    error = math.sqrt((v / w**2 + rv / rw**2) * cell.dispersion)
                    p_value = self.chance((u / w - ru / rw) / error, cell)
                options.append((p_value, len(other.node.subject), other.node.subject, (part, other)))
        if not options or min(options)[0] >= self.guards.alpha:
            return best
        return self.narrowed(min(options)[3], alive)

    def pair(self, best, alive):
        place, cell = best
        options = []
        for (one, a), (two, b) in itertools.combinations([(part, c) for part, c in alive if part <= place], 2):
            alike = a.gained * cell.gained > 0 < b.gained * cell.gained
            if not alike or a.node.family != b.node.family or a.node.siblings < 3:
                continue
            gain = a.score + b.score - self.price(a) - self.price(b) - 6
            u, v, *_ = self.sums(place - one - two)
            moved = v and u * cell.gained > 0 and self.chance(u / math.sqrt(v * cell.dispersion), cell) < 0.05
            if (
                gain > cell.score - self.price(cell)
                and abs(a.gained + b.gained) >= 0.8 * abs(cell.gained)
                and not moved
            ):
                options.append((gain, [(one, a), (two, b)]))
        return max(options, key=lambda option: option[0])[1] if options else [best]

    def merged(self, taken):
        for place, parent in sorted(self.all, key=lambda one: len(one[1].node.subject)):
            same = [one for one in taken if one[0] < place and one[1].gained * parent.gained > 0]
            most = abs(sum(cell.gained for _, cell in same)) >= 0.8 * abs(parent.gained)
            large = abs(parent.effect) >= self.guards.min_effect and parent.q_value < self.guards.false_discovery
            if len(same) >= 3 and most and large:
                return self.merged(
                    [one for one in taken if one not in same and one[1] is not parent] + [(place, parent)]
                )
        return taken

    def told(self):
        rest = [
            (place, cell)
            for place, cell in self.all
            if cell.q_value < self.guards.false_discovery and abs(cell.effect) >= self.guards.min_effect
        ]
        taken, closed = [], frozenset()
        while rest:
            scores = [(self.left(place, cell, closed), (place, cell)) for place, cell in rest]
            alive = [one for score, one in scores if score is not None]
            if not alive:
                break
            _, _, _, best = max(
                (score - self.price(one[1]), -len(one[1].node.subject), one[1].node.subject, one)
                for score, one in scores
                if score is not None
            )
            chosen = self.pair(self.narrowed(best, alive), alive)
            taken += chosen
            closed = closed.union(*(place for place, _ in chosen))
            rest = [one for one in alive if one not in chosen]
        return {cell.node.subject for _, cell in self.merged(taken)}

    def texts(self):
        return sorted("".join(value for _, value in subject) for subject in self.told())


def shop(random, fixed):
    """A shop of one or two dimensions in which up to three places moved; of some segments nobody came once."""
    sizes = [int(random.integers(2, 6)) for _ in range(random.integers(1, 3))]
    segments = tuple(tuple("abcde"[i] for i in places) for places in np.ndindex(*sizes))
    usual = np.full(len(segments), 0.4) if fixed else random.choice([0.0, 0.05, 0.2, 0.5, 1.0], len(segments))
    usual = np.where(random.random() < 0.7, np.full(len(segments), 0.2), usual)
    now = usual.copy()
    for _ in range(random.integers(0, 4)):
        where = int(random.integers(len(sizes)))
        here = np.array([segment[where] == random.choice(list("abc")) for segment in segments])
        now[here & (random.random(len(segments)) < 0.7)] *= random.choice([0.3, 0.6, 0.8, 1.5])
    now = np.clip(now + random.choice([0, 0, 0.1, -0.05]), 0, 1)
    before, after = (np.exp(random.normal(6, 1.5, len(segments))).round() * (random.random(len(segments)) > 0.03)
                     for _ in range(2))  # fmt: skip
    x0, x1 = (random.binomial(n.astype(int), rate).astype(float) for n, rate in ((before, usual), (after, now)))
    nobody = np.zeros(len(segments))
    step = Step2x2(nobody, nobody, x1, after, 0.2) if fixed else Step2x2(x0, before, x1, after)
    return tuple("pq"[: len(sizes)]), segments, step


@pytest.mark.parametrize("fixed", [False, True])
def test_random_shops_against_sets_and_loops(fixed):
    random = np.random.default_rng(31)
    numbers = []
    for _ in range(70):
        by, segments, step = shop(random, fixed)
        swing = (1.0, np.inf) if fixed or random.random() < 0.7 else (1.5, 12.0)
        cells = made(by, segments, step, swing)
        guards = GUARDS._replace(min_effect=float(random.choice([0.01, 0.05, 0.3])))
        found = [cell.node.subject for cell in causes(cells, [step], guards)]
        assert len(found) == len(set(found))
        assert set(found) == Naive(cells, step, guards).told()
        numbers.append(len(found))
    assert max(numbers) >= 3


def test_each_step_has_causes_of_its_own():
    random = np.random.default_rng(32)
    both = 0
    for _ in range(20):
        by, segments, one = shop(random, fixed=False)
        size = len(segments)
        other = Step2x2(
            np.full(size, 200.0), np.full(size, 1e3), np.where(random.random(size) < 0.3, 90.0, 200.0), one.n0 * 0 + 1e3
        )
        places = nodes(by, segments)
        cells, _ = examined(places, [one, other], [[Spread(1.0, np.inf)] * len(places)] * 2)
        found = causes(cells, [one, other], GUARDS)
        for place, step in enumerate((one, other)):
            subjects = {cell.node.subject for cell in found if cell.step == place}
            assert subjects == Naive([cell for cell in cells if cell.step == place], step, GUARDS).told()
        both += {cell.step for cell in found} == {0, 1}
    assert both >= 3


def channels(swing=(1.0, np.inf), **rates):
    """Cells of a shop of channels, each (entered, rate before, rate after), and the step."""
    entered, before, after = (np.array(part) for part in zip(*rates.values(), strict=True))
    step = Step2x2(entered * before, entered * 1.0, entered * after, entered * 1.0)
    return made(("c",), tuple((name,) for name in rates), step, swing), step


def told(cells, step, **changes):
    found = [cell.node.subject for cell in causes(cells, [step], GUARDS._replace(**changes))]
    return sorted("".join(value for _, value in subject) for subject in found)


DOWN, UP = (1_000, 0.5, 0.1), (2_000, 0.2, 0.45)


def test_three_that_make_most_of_a_change_are_told_as_the_whole():
    # 1,200 lost in three channels, 500 gained in one: 1,200 of 700. The rest is large and stood still.
    cells, step = channels(a=DOWN, b=DOWN, c=DOWN, d=UP, f=(40_000, 0.2, 0.2))
    assert told(cells, step) == ["", "d"]
    # The whole lost 8 % of its buyers: told by its parts where that is too little.
    assert told(cells, step, min_effect=0.1) == ["a", "b", "c", "d"]
    two, step = channels(a=DOWN, b=DOWN, d=(1_600, 0.2, 0.45), f=(40_000, 0.2, 0.2))
    assert told(two, step) == ["a", "b", "d"]


def test_a_whole_that_moved_beside_its_parts_is_told_once():
    # 1,000 lost in the rest and 1,200 in three channels, 1,000 gained in two; chosen in the order d, a, e, b, c, whole.
    some = (1_300, 0.5, 0.5 - 400 / 1_300)
    cells, step = channels(a=DOWN, b=some, c=some, d=(1_000, 0.2, 0.7), e=UP, f=(40_000, 0.2, 0.175))
    assert told(cells, step) == ["", "d", "e"]


def test_what_is_left_of_a_rate_from_nothing_is_still_a_change():
    # Nobody went on before; two channels began, one far more than the other.
    cells, step = channels(a=(1_000, 0.0, 0.5), b=(20_000, 0.0, 0.12))
    assert told(cells, step) == Naive(cells, step, GUARDS).texts()


def test_a_whole_that_changed_without_gaining_or_losing_anybody_is_no_fault():
    # A quarter lost in five channels and gained in five of which few came before, so that they weigh less.
    names = tuple((name,) for name in "abcdefghij")
    before, after = np.repeat([1_000.0, 20.0], 5), np.repeat([25.0, 75.0], 5)
    step = Step2x2(before / 2, before, after, np.full(10, 100.0))
    cells = made(("c",), names, step)
    assert (cells[0].gained, cells[0].effect) == (0, 0)
    assert set(told(cells, step, min_effect=0.0)) <= {"", *"abcdefghij"}
    assert "" not in told(cells, step, min_effect=0.01)


def test_three_that_fell_are_not_told_as_a_whole_that_did_not():
    # 1,200 lost and 1,000 gained, of a shop in which 190 are no more than chance.
    cells, step = channels(a=DOWN, b=DOWN, c=DOWN, d=UP, e=UP, f=(40_000, 0.2, 0.2))
    assert cells[0].q_value > 0.045
    assert abs(cells[0].effect) > 0.01
    assert told(cells, step, min_effect=0.01) == list("abcde")


def test_whether_the_rest_stood_still_is_asked_of_its_days():
    # The rest fell by 1.4 deviations of independent people; days that vary twice as much make it one.
    cells, step = channels((2.0, np.inf), a=(1_000, 0.2, 0.05), b=(1_000, 0.2, 0.05), c=(1_000, 0.2, 0.175))
    assert told(cells, step) == ["a", "b"]
    cells, step = channels((1.0, np.inf), a=(1_000, 0.2, 0.05), b=(1_000, 0.2, 0.05), c=(1_000, 0.2, 0.16))
    assert told(cells, step) == Naive(cells, step, GUARDS).texts()


def test_of_two_pairs_the_one_that_explains_more():
    segments = (("a", "x"), ("b", "y"), ("c", "z"), ("c", "x"), ("c", "y"))
    entered = np.array([1_000.0, 1_000, 1_000, 60, 60])
    step = Step2x2(entered * 0.2, entered, entered * np.array([0.05, 0.05, 0.2, 0.2, 0.2]), entered)
    cells = made(("p", "q"), segments, step)
    assert told(cells, step) == Naive(cells, step, GUARDS).texts() == ["a", "b"]


def test_a_whole_is_tested_inside_its_segments_only():
    # Both channels lost five points while people moved to the better one: as many went on as before.
    step = Step2x2(*(np.array(part, dtype=float) for part in ([200, 250], [2_000, 500], [85, 360], [1_700, 800])))
    whole = made(("c",), (("a",), ("b",)), step)[0]
    assert whole.p_value == pytest.approx(2 * stats.norm.sf(math.sqrt(whole.score)))
    assert whole.p_value < 1e-6


def test_where_nobody_or_everybody_goes_on_nothing_changed():
    for rate in (0.0, 1.0):
        (cell, *_), _ = channels(a=(1_000, rate, rate))
        assert (cell.score, cell.p_value, cell.gained) == (0, 1, 0)


def test_what_is_told_already_hides_nothing_from_those_who_watch():
    cells, _ = channels(a=(1_000, 0.2, 0.1), b=(1_000, 0.2, 0.15))
    told_one, watched_one = replace(cells[1], q_value=0.01), replace(cells[2], q_value=0.1)
    assert watched([told_one, watched_one], [told_one], GUARDS) == [watched_one]
