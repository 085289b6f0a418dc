"""How fast are price texts, the index, the gap table, bands and promotions? python -m benchmarks.competitors

Price texts stand beside `price-parser`, the index beside one pass over its ratios, in the same run. The budget of the
gap table is 50 ms. Seconds are CPU seconds: walls of a busy machine say nothing.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from price_parser import Price

from ecops import competitors
from ecops.competitors.pricing.text import parse_price
from ecops.competitors.standing.gaps import kpis

ROUNDS = 5
TEXTS = ("¥199.00", "券后 89 元", "原价 299 现价 199", "3件99元", "99-199元", "$15.99", "1.2万", "12.8元/500g")


def fastest(work) -> float:
    """CPU seconds of the fastest of a few rounds."""
    took = []
    for _round in range(ROUNDS):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def main() -> None:
    random = np.random.default_rng(0)
    texts = [text for text in TEXTS for _copy in range(500)]
    ours = fastest(lambda: [parse_price(text) for text in texts])
    theirs = fastest(lambda: [Price.fromstring(text) for text in texts])
    pairs = pd.DataFrame({"own_price": random.lognormal(3, 0.4, 1_000), "rival_price": random.lognormal(3, 0.4, 1_000)})
    once = fastest(lambda: np.median(pairs["own_price"] / pairs["rival_price"]))
    index = fastest(lambda: competitors.price_index(pairs))
    peers = pd.DataFrame(
        {"shop": [f"s{n}" for n in range(60)], **{name: random.uniform(0.02, 0.4, 60) for name in kpis()}}
    )
    own = {name: competitors.Own(0.1, 0.09, 0.11) for name in kpis()}
    gaps = fastest(lambda: competitors.compare_kpis(own, peers))
    shelf = pd.DataFrame({"price": random.lognormal(4, 1, 20_000), "own": False, "sales": random.poisson(20, 20_000)})
    bands = fastest(lambda: competitors.price_bands(shelf))
    prices = random.choice([80.0, 100.0], 36_000, p=[0.1, 0.9])
    history = pd.DataFrame(
        {"date": np.tile(pd.date_range("2026-01-01", periods=180), 200), "shop": "r",
         "sku": np.repeat([f"k{n}" for n in range(200)], 180), "price": prices}
    )  # fmt: skip
    episodes = fastest(lambda: competitors.promotions(history))
    print(f"  {len(texts):,} price texts             {ours * 1000:8.1f} ms   price-parser {theirs * 1000:8.1f} ms")
    print(f"  index of 1,000 pairs, 2,000 draws {index * 1000:7.1f} ms   one median   {once * 1000:8.2f} ms")
    print(f"  gap table, 60 peers x {len(kpis())} figures  {gaps * 1000:6.1f} ms   budget 50 ms")
    print(f"  price bands of 20,000 products  {bands * 1000:8.1f} ms")
    print(f"  promotions, 200 products x 180 days {episodes * 1000:6.1f} ms")


if __name__ == "__main__":
    main()
