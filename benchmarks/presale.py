"""How fast are the futures of a presale drawn, beside the bare random numbers they need? python -m benchmarks.presale

200 products in a running presale, three past ones of each, 10,000 futures of each product; the budget is 1 s.
"""

from __future__ import annotations

import datetime as dt
import time

import numpy as np

from ecops.presale import Demand, Economics, Series, Spec, order, predict

PRODUCTS, DRAWS, DAYS, ROUNDS = 200, 10_000, 20, 5
DAY = dt.date(2026, 10, 20)


def made(seed: int = 0) -> tuple[list[Series], dict[str, list[Series]]]:
    """Running series that are half way, and the past ones of each product."""
    random = np.random.default_rng(seed)
    weights = np.ones(DAYS)
    weights[:2] += 2
    weights[-2:] += 1.5
    running, past = [], {}
    for number in range(PRODUCTS):
        sku, level = f"P{number:03d}", int(random.integers(100, 900))
        past[sku] = [_series(random, f"past {place}", sku, level, weights) for place in range(3)]
        running.append(_series(random, "now", sku, level, weights).until(DAYS // 2))
    return running, past


def _series(random: np.random.Generator, name: str, sku: str, level: int, weights: np.ndarray) -> Series:
    units = random.poisson(level * weights / weights.sum()).astype(float)
    total = float(units.sum())
    paid = float(random.binomial(int(total), random.beta(80, 11)))
    return Series(name, sku, DAY, DAYS, tuple(units), DAY + dt.timedelta(DAYS), paid=paid, expired=total - paid,
                  spot=float(random.poisson(80)), base=8.0)  # fmt: skip


def fastest(work) -> float:
    """Processor seconds of the fastest of a few rounds: the others waited for somebody."""
    took = []
    for number in range(ROUNDS):
        start = time.process_time()
        work(number)
        took.append(time.process_time() - start)
    return min(took)


def main() -> None:
    running, past = made()
    demand, money = Demand(8.0), Economics(100.0, 55.0, 20.0, penalty=20.0)

    def futures(seed: int):
        # Another seed each round: what was drawn before is remembered.
        return [predict(one, past[one.sku], demand, Spec(draws=DRAWS, seed=seed)) for one in running]

    def bare(seed: int) -> None:
        random = np.random.default_rng(seed)
        for _product in range(PRODUCTS):
            random.standard_gamma(50.0, DRAWS)
            random.poisson(100.0, DRAWS)

    drawn = futures(99)
    floor, draw = fastest(bare), fastest(futures)
    decide = fastest(lambda _seed: [order(one, money) for one in drawn])
    print(f"{PRODUCTS} products x {DRAWS:,} futures, processor time")
    print(f"  one gamma and one Poisson number a future  {floor:8.3f} s")
    print(f"  whole futures                              {draw:8.3f} s   budget 1 s, {draw / floor:.1f} times the bare")
    print(f"  the order of each product                  {decide:8.3f} s")


if __name__ == "__main__":
    main()
