"""What staff see by the way: names of rows, histories, lists. A child is in none of them (P12)."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import OutgoingMail
from privacy.models import Child, ContactMessage
from refunds.models import ChangeRequest
from tests.faults.addresses import every
from tests.faults.whole_shop import DEDICATION, MESSAGE, NAME, Shop, canaries_in
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db
OF_THE_CHILD = {NAME, DEDICATION, MESSAGE}


def of_the_child(text: str) -> list[str]:
    return [canary for canary in canaries_in(text) if canary in OF_THE_CHILD]


def test_the_name_of_no_row_is_personal(shop: Shop) -> None:
    """`__str__` goes into the admin's history, its messages and every error."""
    named = 0
    for model in apps.get_models():
        for row in model._base_manager.all()[:50]:
            named += 1
            assert canaries_in(f"{row} {row!r}") == [], model
    assert named > 100


def test_no_table_of_the_shop_holds_a_word_of_the_child(shop: Shop) -> None:
    for model in apps.get_models():
        for row in model._base_manager.values_list():
            assert of_the_child(repr([bytes(v) if isinstance(v, memoryview) else v for v in row])) == [], model


def test_no_page_of_the_admin_shows_a_child(shop: Shop) -> None:
    """Opened by somebody who may do everything: only the vault opens, and not from here."""
    opened = 0
    for address in every():
        if address.is_admin:
            answer = shop.client().get(address.path(shop.fill), {"q": "a"}, follow=False)
            opened += answer.status_code == 200
            body = answer.content.decode(errors="replace")
            # What was written to us through the contact form is shown to those who answer it.
            assert of_the_child(body) == [] or address.model is ContactMessage, address.route
    assert opened > 40


def test_histories_and_messages_of_the_admin_name_fields_not_values(shop: Shop) -> None:
    owner = shop.client()
    for model in (Child, ContactMessage, ChangeRequest, OutgoingMail):
        if model not in admin.site._registry:
            continue
        row = model._base_manager.first()
        assert row is not None
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        owner.post(f"{base}{row.pk}/change/", {"name": NAME, "reason": MESSAGE, "_save": "1"})
        owner.post(base, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    for entry in LogEntry.objects.all():
        assert canaries_in(f"{entry.object_repr} {entry.change_message} {entry}") == []


def test_p12_staff_without_a_permission_get_nothing(shop: Shop) -> None:
    """Signed in, trained, and without any right: 403 or the way out on every page of staff, and no canary."""
    clerk = signed_in(member(email="clerk@example.com"))
    for address in every():
        if (address.is_admin and address.model is not None) or address.route.startswith("staff/"):
            answer = clerk.get(address.path(shop.fill))
            assert answer.status_code in (302, 403, 404) or not address.gaps, (address.route, answer.status_code)
            assert canaries_in(answer.text) == []
    assert Client().get(f"/staff/changes/{shop.asked.pk}/").status_code == 302
