"""Staff make, change and stop coupons, one or thousands; what was used stays what it is (P39)."""

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from orders import coupons
from orders.models import Coupon, CouponUse
from tests.orders.factories import make_coupon, make_order
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/coupon/"
ADD = f"{LIST}add/"
BATCH = f"{LIST}batch/"
COUPON = {"code": "spring 26", "percent": "12.5", "minimum": "30", "limit": "100", "per_customer": "1"}
CODES = {"stem": "winter", "count": "30", "amount": "5"}


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a-long-password"))
    return client


def page_of(coupon: Coupon, page: str = "change") -> str:
    return reverse(f"admin:orders_coupon_{page}", args=[coupon.pk])


def used() -> Coupon:
    coupon = make_coupon()
    coupons.take(coupons.Discount(coupon, 500), make_order())
    return coupon


def inline(posted: dict[str, Any]) -> dict[str, Any]:
    return {"uses-TOTAL_FORMS": "0", "uses-INITIAL_FORMS": "0", **posted}


# --- one coupon ----------------------------------------------------------------------------------------------------


def test_p39_a_coupon_is_made_in_per_cent_and_euros_as_people_write_them(boss: Client) -> None:
    days = {"first_day": "2026-12-01", "last_day": "2026-12-31"}
    page = boss.post(ADD, inline(COUPON | days), follow=True).text
    assert "12.5 % off the books, from €30.00, 100 times in all, once per customer" in page
    coupon = Coupon.objects.get()
    assert (coupon.code, coupon.kind, coupon.value, coupon.minimum) == ("SPRING26", "percent", 1250, 3000)
    assert (coupon.limit, coupon.per_customer, coupon.used) == (100, 1, 0)
    assert coupon.made_by is not None
    assert coupon.valid_from == timezone.make_aware(datetime(2026, 12, 1))
    assert coupon.valid_until == timezone.make_aware(datetime(2027, 1, 1))
    shown = boss.get(page_of(coupon)).text
    for kept in ('value="12.5"', 'value="2026-12-31"', 'value="2026-12-01"', 'value="SPRING26"'):
        assert kept in shown


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"percent": ""}, "Please fill in either per cent or euros."),
        ({"amount": "5"}, "Please fill in either per cent or euros."),
        ({"percent": "101"}, "less than or equal to 100"),
        ({"code": "S!"}, "Please use 3 to 24 letters"),
        ({"code": "taken"}, "There is a coupon with this code already."),
        ({"limit": "0"}, "Please give a number above zero"),
        ({"first_day": "2026-12-02", "last_day": "2026-12-01"}, "The last day comes before the first."),
    ],
)
def test_p39_a_coupon_that_makes_no_sense_is_refused(boss: Client, typed: dict[str, str], said: str) -> None:
    make_coupon("TAKEN")
    assert said in boss.post(ADD, inline(COUPON | typed)).text
    assert Coupon.objects.count() == 1


def test_p39_a_coupon_that_nobody_used_can_be_changed_and_its_count_is_never_written(boss: Client) -> None:
    coupon = make_coupon(used=7)
    answer = boss.post(page_of(coupon), inline(COUPON | {"percent": "", "amount": "4.50", "code": "SPRING"}))
    assert answer.status_code == 302
    coupon.refresh_from_db()
    assert (coupon.kind, coupon.value, coupon.minimum, coupon.used) == ("amount", 450, 3000, 7)


def test_p39_of_a_used_coupon_only_the_end_can_be_changed(boss: Client) -> None:
    coupon = used()
    page = boss.get(page_of(coupon)).text
    assert 'name="last_day"' in page
    assert 'name="amount"' not in page
    assert "LD-T" in page  # the order that used it
    answer = boss.post(page_of(coupon), inline(COUPON | {"last_day": "2026-12-31"}))
    assert answer.status_code == 302
    coupon.refresh_from_db()
    assert (coupon.code, coupon.kind, coupon.value, coupon.minimum, coupon.used) == ("SPRING", "amount", 500, 0, 1)
    assert coupon.valid_until == timezone.make_aware(datetime(2027, 1, 1))


def test_p39_a_coupon_is_stopped_after_a_question_and_never_deleted(boss: Client) -> None:
    coupon = used()
    page = boss.get(page_of(coupon, "stop")).text
    assert "Nobody can use this coupon any more: SPRING." in page
    assert "1 order that used it keeps what was taken off." in page
    boss.post(page_of(coupon, "stop"), {})
    assert not Coupon.objects.exclude(stopped_at=None).exists()
    boss.post(page_of(coupon, "stop"), {"sure": "1"})
    assert not Coupon.objects.filter(stopped_at=None).exists()
    assert 'name="_save"' not in boss.get(page_of(coupon)).text
    assert boss.post(page_of(coupon), inline({"last_day": ""})).status_code == 403
    assert boss.post(page_of(coupon, "delete"), {"post": "yes"}).status_code == 403
    assert CouponUse.objects.get().released_at is None


# --- many ----------------------------------------------------------------------------------------------------------


def test_p39_one_time_codes_are_made_in_bulk_after_saying_what_will_happen(boss: Client) -> None:
    page = boss.post(BATCH, CODES | {"minimum": "20", "last_day": "2099-12-31"}).text
    assert "This makes 30 codes." in page
    assert "€5.00 off the books, from €20.00, once in all, until 31 December 2099" in page
    assert "They can take off €150.00 in all." in page
    assert not Coupon.objects.exists()
    label = page.split('name="batch" value="')[1].split('"')[0]
    sure = CODES | {"minimum": "20", "last_day": "2099-12-31", "batch": label, "sure": "1"}
    assert "30 codes made" in boss.post(BATCH, sure, follow=True).text
    assert "These codes were made a moment ago" in boss.post(BATCH, sure, follow=True).text
    made = list(Coupon.objects.all())
    assert len({coupon.code for coupon in made}) == 30
    assert {(coupon.value, coupon.limit, coupon.minimum, coupon.batch) for coupon in made} == {(500, 1, 2000, label)}
    assert all(coupon.code.startswith("WINTER-") and coupons.is_code(coupon.code) for coupon in made)
    Coupon.objects.filter(pk=made[0].pk).update(used=1)
    answer = boss.get(f"{LIST}codes.csv", {"batch": label})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["code", "state"]
    assert {code for code, _ in rows[1:]} == {coupon.code for coupon in made}
    assert [state for _, state in rows[1:]].count("used") == 1
    assert boss.get(f"{LIST}codes.csv", {"batch": "unknown"}).status_code == 404
    assert "Download these codes" in boss.get(LIST, {"batch": label}).text


@pytest.mark.parametrize(
    "typed", [{"count": "5001"}, {"count": "0"}, {"stem": "A-B"}, {"amount": ""}, {"last_day": "2020-01-01"}]
)
def test_p39_a_batch_that_makes_no_sense_is_refused(boss: Client, typed: dict[str, str]) -> None:
    assert boss.post(BATCH, CODES | typed | {"sure": "1"}).status_code == 422
    assert not Coupon.objects.exists()


def test_p39_five_thousand_codes_are_made_and_stopped_together(boss: Client) -> None:
    boss.post(BATCH, CODES | {"count": "5000", "sure": "1"})
    assert Coupon.objects.count() == 5000
    action = {"action": "stop_selected", "select_across": "1", "_selected_action": [Coupon.objects.first().pk]}  # type: ignore[union-attr]
    page = boss.post(LIST, action).text
    assert "Stop 5,000 coupons" in page
    assert not Coupon.objects.exclude(stopped_at=None).exists()
    assert "5,000 coupons stopped." in boss.post(LIST, action | {"sure": "1"}, follow=True).text
    assert not Coupon.objects.filter(stopped_at=None).exists()


# --- who may -------------------------------------------------------------------------------------------------------


def test_f19_coupons_need_their_permissions() -> None:
    coupon = make_coupon(batch="B")
    assert Coupon in admin.site._registry
    looking = signed_in(member("orders.view_coupon"))
    assert looking.get(LIST).status_code == 200
    assert 'name="_save"' not in looking.get(page_of(coupon)).text
    for address in (BATCH, ADD, page_of(coupon, "stop")):
        assert looking.get(address).status_code == 403
        assert looking.post(address, CODES | {"sure": "1"}).status_code == 403
    other = signed_in(member("orders.view_order", email="other@example.com"))
    for address in (LIST, BATCH, f"{LIST}codes.csv?batch=B", page_of(coupon)):
        assert other.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    coupon.refresh_from_db()
    assert (coupon.stopped_at, Coupon.objects.count()) == (None, 1)


def test_the_list_asks_the_same_number_of_questions_for_one_coupon_and_for_four(boss: Client) -> None:
    used()
    boss.get(LIST)
    asked = []
    for codes in ((), ("TWO", "THREE", "FOUR")):
        for code in codes:
            make_coupon(code, batch="B")
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(LIST).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]
    for works in ("now", "stopped", "over"):
        assert boss.get(LIST, {"works": works}).status_code == 200
