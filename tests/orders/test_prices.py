"""Prices, VAT and delivery: to the cent, for every country."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import prices, shipping, vat


@dataclass
class Copies:
    format: str
    quantity: int


lines = st.lists(
    st.builds(Copies, st.sampled_from(sorted(prices.FORMATS)), st.integers(1, prices.MAX_QUANTITY)),
    min_size=1,
    max_size=12,
)
countries = st.sampled_from(sorted(shipping.COUNTRIES))
methods = st.sampled_from(["standard", "express"])


def test_p48_formats_carry_what_the_printer_needs() -> None:
    assert {key: (made.unit_price, made.binding, made.size) for key, made in prices.FORMATS.items()} == {
        "softcover": (2990, "softcover", "21 × 21 cm"),
        "hardcover": (3990, "hardcover", "21 × 21 cm"),
    }


@pytest.mark.parametrize(
    ("order", "method", "country", "expected"),
    [
        ([Copies("softcover", 1)], "standard", "DK", (2990, 490, 3480, 2500, 696)),
        ([Copies("hardcover", 1)], "express", "DK", (3990, 990, 4980, 2500, 996)),
        ([Copies("hardcover", 2), Copies("softcover", 1)], "standard", "DE", (10970, 690, 11660, 700, 763)),
        ([Copies("softcover", 3)], "express", "PT", (8970, 1990, 10960, 600, 620)),
        ([Copies("softcover", 1)], "standard", "IE", (2990, 890, 3880, 0, 0)),
        ([Copies("hardcover", 20)], "standard", "FI", (79800, 690, 80490, 1350, 9574)),
    ],
)
def test_totals_to_the_cent(
    order: list[Copies], method: str, country: str, expected: tuple[int, int, int, int, int]
) -> None:
    sums = prices.totals(order, method, country)
    assert (sums.items, sums.shipping, sums.total, sums.vat_rate_bp, sums.vat) == expected


@given(lines, methods, countries)
def test_f14_sums_always_add_up(order: list[Copies], method: str, country: str) -> None:
    sums = prices.totals(order, method, country)
    assert sums.items == sum(prices.FORMATS[line.format].unit_price * line.quantity for line in order)
    assert sums.total == sums.items + sums.shipping
    assert 0 <= sums.vat <= sums.total
    assert sums.net + sums.vat == sums.total
    assert sums.currency == "eur"
    # One more copy costs exactly its price and never less VAT.
    more = prices.totals([*order, Copies("softcover", 1)], method, country)
    assert more.total - sums.total == 2990
    assert more.vat >= sums.vat


@given(st.integers(0, 10_000_000), st.integers(0, 3000))
def test_vat_is_the_exact_share_with_halves_up(gross: int, rate: int) -> None:
    exact = Fraction(gross * rate, 10_000 + rate)
    found = vat.contained(gross=gross, rate_bp=rate)
    assert -Fraction(1, 2) <= exact - found < Fraction(1, 2)


def test_vat_halves_go_up() -> None:
    assert vat.contained(gross=3, rate_bp=2000) == 1  # exactly 0.5
    assert vat.contained(gross=9, rate_bp=2000) == 2  # exactly 1.5


@pytest.mark.parametrize(("gross", "rate"), [(-1, 100), (1, -100)])
def test_vat_of_less_than_nothing_is_refused(gross: int, rate: int) -> None:
    with pytest.raises(ValueError):
        vat.contained(gross=gross, rate_bp=rate)


@pytest.mark.parametrize("quantity", [-1, 0, 21])
def test_quantities_out_of_range_have_no_price(quantity: int) -> None:
    with pytest.raises(ValueError):
        prices.line_total(Copies("softcover", quantity))


def test_every_country_has_vat_and_two_ways_to_send() -> None:
    assert len(shipping.COUNTRIES) == 27
    assert set(vat.BOOK_RATES_BP) == set(shipping.COUNTRIES)
    for country in shipping.COUNTRIES:
        standard, express = shipping.methods(country).values()
        assert (standard.key, express.key) == ("standard", "express")
        assert 0 < standard.price < express.price
        assert express.days[1] <= standard.days[1]


def test_only_the_countries_of_the_list_are_served() -> None:
    for country in ("GB", "US", "", "dk"):
        with pytest.raises(shipping.CannotDeliver):
            shipping.methods(country)
    with pytest.raises(shipping.CannotDeliver):
        shipping.method("drone", "DK")


def test_arrival_counts_working_days_of_printer_and_carrier() -> None:
    standard = shipping.method("standard", "DK")  # printed in 3 to 5, sent in 1 to 3
    friday = date(2026, 11, 20)
    assert shipping.arrival(by=standard, approved_on=friday) == (date(2026, 11, 26), date(2026, 12, 2))


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), countries, methods)
def test_arrival_is_never_on_a_weekend_and_never_backwards(day: date, country: str, method: str) -> None:
    first, last = shipping.arrival(by=shipping.method(method, country), approved_on=day)
    assert day + timedelta(days=4) <= first <= last
    assert first.weekday() < 5
    assert last.weekday() < 5
