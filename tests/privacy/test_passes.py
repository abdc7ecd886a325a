"""A pass opens what its reason opened: for one child, one member of staff, and not for long (P12)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from books.models import Edition
from privacy import children, passes, vault
from privacy.models import Child, VaultAccess
from privacy.purposes import Actor, Kind, Purpose
from tests.orders.factories import make_edition
from tests.refunds.staff import member

pytestmark = pytest.mark.django_db
WHY = "The parent asked about page five"


@pytest.fixture
def edition() -> Edition:
    return make_edition()


def look(edition: Edition, user: object, why: str = WHY) -> None:
    actor = Actor.staff(user)  # type: ignore[arg-type]
    vault.read(edition.child, Kind.PERSONALISATION, 1, purpose=Purpose.PREVIEW, actor=actor, reason=why)


def test_p12_a_pass_leads_to_the_reason_that_was_typed_and_does_not_hold_it(edition: Edition) -> None:
    user = member("privacy.view_child_data")
    look(edition, user, "Something else about the book")
    look(edition, user)
    token = passes.issue(edition.child, user=user, reason=WHY)
    assert passes.reason(token, edition.child, user=user) == WHY
    assert WHY not in token
    assert VaultAccess.objects.filter(actor=f"staff:{user.pk}").count() == 2


def test_p12_nobody_gets_a_pass_for_what_was_not_opened(edition: Edition) -> None:
    user = member("privacy.view_child_data")
    look(edition, user)
    with pytest.raises(passes.NoPass):
        passes.issue(edition.child, user=user, reason="Another reason altogether")
    with pytest.raises(passes.NoPass):
        passes.issue(make_edition().child, user=user, reason=WHY)


def test_p12_a_pass_is_for_one_person_one_child_and_an_hour(edition: Edition) -> None:
    user, other = member("privacy.view_child_data"), member("privacy.view_child_data", email="other@example.com")
    sibling = make_edition()
    for each in (user, other):
        look(edition, each)
        look(sibling, each)
    token = passes.issue(edition.child, user=user, reason=WHY)
    for given, child, whose in (
        (token, edition.child, other),
        (token, sibling.child, user),
        (token + "x", edition.child, user),
        ("", edition.child, user),
        (WHY, edition.child, user),
    ):
        with pytest.raises(passes.NoPass):
            passes.reason(given, child, user=whose)
    with time_machine.travel(timezone.now() + passes.VALID - timedelta(seconds=2), tick=False):
        assert passes.reason(token, edition.child, user=user) == WHY
    with (
        time_machine.travel(timezone.now() + passes.VALID + timedelta(seconds=2), tick=False),
        pytest.raises(passes.NoPass),
    ):
        passes.reason(token, edition.child, user=user)


def test_p10_a_pass_outlives_no_child(edition: Edition) -> None:
    """The vault refuses whatever the pass says; and the reason is forgotten with the child."""
    user = member("privacy.view_child_data")
    look(edition, user)
    token = passes.issue(edition.child, user=user, reason=WHY)
    children.forget(edition.child, reason=Child.End.DELETED)
    assert passes.reason(token, edition.child, user=user) != WHY
    with pytest.raises(vault.Forgotten):
        look(edition, user, passes.reason(token, edition.child, user=user) + " about the book")
