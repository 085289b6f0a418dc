"""Which orders stand: netting, returns, and lines that cannot be used."""

import numpy as np
import pandas as pd
import pytest

from ecops import customers
from ecops.errors import DataError, SpecError
from tests.customers.conftest import shop


def amounts(book):
    return {
        name: book.amount[book.start[place] : book.start[place + 1]].round(2).tolist()
        for place, name in enumerate(book.customers.to_pylist())
    }


@pytest.mark.data
def test_uci_clean_counts(uci_clean):
    ledger = uci_clean.ledger
    assert (len(uci_clean.customers), len(uci_clean.day), round(ledger.gross, 2)) == (4338, 18532, 8911407.90)
    assert (ledger.lines, ledger.nameless_lines) == (541_909, 135_080)
    assert "24.9%" in str(uci_clean.notes[0]) or "25%" in str(uci_clean.notes[0])


@pytest.mark.data
def test_uci_customer_12346_nets_to_nothing(uci_clean, uci_matched):
    assert amounts(uci_clean)["12346"] == [77183.60]
    assert "12346" not in uci_matched.customers.to_pylist()


@pytest.mark.data
def test_uci_every_refund_is_in_the_ledger(uci_lines, uci_matched):
    ledger = uci_matched.ledger
    # The published net of all rows with a customer.
    assert ledger.gross - ledger.matched - ledger.netted - ledger.orphan == pytest.approx(8_300_065.81, abs=0.01)
    net = customers.order_book(uci_lines.drop(columns="Country"), refunds="net").ledger
    assert net.netted + net.orphan == pytest.approx(ledger.matched + ledger.netted + ledger.orphan, abs=0.01)


def test_a_cancellation_takes_the_oldest_open_line_before_it():
    book = customers.order_book(
        shop(
            [
                ("ann", "2026-01-01", 30, "1", "cup", 2),
                ("ann", "2026-01-03", 30, "2", "cup", 2),
                ("ann", "2026-01-02", -30, "C1", "cup", 2),
                ("ann", "2026-01-05", 9, "3", "tea", 1),
            ]
        )
    )
    assert amounts(book) == {"ann": [30, 9]}
    assert book.ledger.returned_orders == 1
    assert (book.ledger.matched, book.ledger.netted, book.ledger.orphan) == (30, 0, 0)
    assert len(book.credits.amount) == 0


def test_a_cancellation_before_its_sale_is_an_orphan_and_one_without_a_twin_lowers_the_money_only():
    book = customers.order_book(
        shop(
            [
                ("ann", "2026-01-02", -30, "C1", "cup", 2),
                ("ann", "2026-01-03", 30, "2", "cup", 2),
                ("ann", "2026-01-05", -4, "C2", "cup", 1),
                ("bob", "2026-01-05", -7, "C3", "cup", 1),
            ]
        )
    )
    assert amounts(book) == {"ann": [30]}
    assert (book.ledger.matched, book.ledger.netted, book.ledger.orphan) == (0, 4, 37)
    table = customers.rfm(book)
    assert (table.frequency.tolist(), table.money.tolist()) == ([1], [26])
    assert book.ledger.net == 26


@pytest.mark.parametrize("refunds", ["match", "net"])
def test_money_that_came_back_on_the_day_of_the_first_order_lowers_it_and_before_that_does_not(refunds):
    book = customers.order_book(
        shop(
            [
                ("ann", "2026-01-03", -5, "C1", "cup", 1),
                ("ann", "2026-01-03", 30, "1", "tea", 1),
                ("ann", "2026-01-02", -2, "C2", "cup", 1),
                ("bob", "2026-01-01", 20, "2", "tea", 1),
                ("eve", "2026-01-09", -7, "C3", "cup", 1),  # nobody after her in the book either
            ]
        ),
        refunds=refunds,
    )
    assert amounts(book) == {"ann": [30], "bob": [20]}
    assert (book.ledger.netted, book.ledger.orphan) == (5, 9)
    assert (book.credits.customer.tolist(), book.credits.amount.tolist()) == ([0], [5])


def test_refunds_that_stand_in_their_own_order():
    rows = shop([("ann", "2026-01-01", 30), ("ann", "2026-01-03", 50), ("bob", "2026-01-03", 20)])
    rows["refund_amount"] = [30.0, 10.0, 0.0]
    assert amounts(customers.order_book(rows)) == {"ann": [40], "bob": [20]}
    assert amounts(customers.order_book(rows, refunds="ignore")) == {"ann": [30, 50], "bob": [20]}
    net = customers.order_book(rows, refunds="net")
    assert amounts(net) == {"ann": [30, 50], "bob": [20]}
    assert customers.rfm(net).money.tolist() == [40, 20]


def test_lines_of_one_order_are_one_order_and_codes_can_be_left_out():
    rows = shop(
        [
            ("ann", "2026-01-01", 30, "1", "cup", 2),
            ("ann", "2026-01-01", 12, "1", "tea", 1),
            ("ann", "2026-01-01", 5, "1", "POST", 1),
        ]
    )
    assert amounts(customers.order_book(rows)) == {"ann": [47]}
    book = customers.order_book(rows, drop_codes=["post"])
    assert amounts(book) == {"ann": [42]}
    assert (book.ledger.dropped_lines, book.ledger.dropped_money) == (1, 5)


def test_a_clock_in_the_future_moves_no_recency():
    book = customers.order_book(shop([("ann", "2026-01-01", 30), ("ann", "2099-01-01", 30)]))
    assert amounts(book) == {"ann": [30]}
    assert "dated in the future" in str(book.notes[-1])
    assert customers.rfm(book).days_since_last.tolist() == [1]


@pytest.mark.parametrize("refunds", ["match", "net", "ignore"])
def test_the_order_of_rows_does_not_matter(refunds):
    generator = np.random.default_rng(5)
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(generator.integers(0, 60, 400), "D")
    money = np.where(generator.random(400) < 0.2, -1, 1) * generator.integers(1, 4, 400) * 10.0
    rows = shop(
        [
            (f"b{who}", day, amount, f"o{number}", "cup", 1)
            for who, day, amount, number in zip(
                generator.integers(0, 25, 400), days, money, generator.integers(0, 300, 400), strict=True
            )
        ]
    ).assign(line_id=[str(n) for n in range(400)])
    first = customers.order_book(rows, refunds=refunds)
    second = customers.order_book(rows.sample(frac=1, random_state=1), refunds=refunds)
    assert first.customers.equals(second.customers)
    assert np.array_equal(first.day, second.day)
    assert np.allclose(first.amount, second.amount)
    assert first.ledger.netted == pytest.approx(second.ledger.netted)


def test_orders_hold_together_where_a_streamed_piece_ends_and_where_their_lines_lie_apart(monkeypatch):
    monkeypatch.setattr("ecops.engine.duck._PIECE", 2048)
    number = np.arange(6000) // 3  # three lines an order, and 2048 is no multiple of three
    number[-1] = 0  # the last line belongs to the first order
    names = [f"a-long-buyer-name-{who:02d}" for who in number % 25]
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(number % 60, "D")
    rows = shop([(name, day, 10, f"o{n}") for name, day, n in zip(names, days, number, strict=True)])
    book = customers.order_book(rows)
    assert book.customers.to_pylist() == sorted(set(names))
    assert len(book.day) == 2000
    assert sorted(book.amount.tolist()) == [20.0, *[30.0] * 1998, 40.0]


def test_bad_input_is_said():
    rows = shop([("ann", "2026-01-01", 30)])
    with pytest.raises(DataError, match="who bought"):
        customers.order_book(rows.assign(buyer_id=None))
    with pytest.raises(DataError, match="no paid order"):
        customers.order_book(rows.assign(paid_amount=0.0))
    with pytest.raises(SpecError, match="match"):
        customers.order_book(rows, refunds="matched")
    with pytest.raises(DataError, match="currencies"):
        customers.order_book(pd.concat([rows, rows]).assign(currency=["CNY", "USD"]))
