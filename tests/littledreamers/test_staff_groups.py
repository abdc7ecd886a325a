"""The groups of staff: enough for the work, and no more."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse

from accounts.models import User
from littledreamers import staff_groups
from orders.models import Order
from refunds import desk
from tests.orders.factories import make_ordered
from tests.refunds.staff import member, signed_in

pytestmark = pytest.mark.django_db


def of_group(name: str) -> User:
    user = member(email=f"{name.replace(' ', '')}@example.com")
    user.groups.add(Group.objects.get(name=name))
    return User.objects.get(pk=user.pk)


def test_the_command_gives_each_group_exactly_its_permissions_again(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("staff_groups")
    too_much = Permission.objects.get(codename="delete_user")
    Group.objects.get(name=staff_groups.SERVICE).permissions.add(too_much)
    call_command("staff_groups")
    said = capsys.readouterr().out
    for name, wanted in staff_groups.GROUPS.items():
        assert of_group(name).get_all_permissions() == set(wanted)
        assert said.count(f"{name}: {len(wanted)} permissions") == 2
    assert staff_groups.GROUPS[staff_groups.SERVICE] == tuple(
        one for one in staff_groups.GROUPS[staff_groups.LEAD] if one in staff_groups.GROUPS[staff_groups.SERVICE]
    )


def test_service_sees_the_whole_desk_and_only_the_lead_agrees() -> None:
    staff_groups.make_groups()
    service, lead = of_group(staff_groups.SERVICE), of_group(staff_groups.LEAD)
    assert desk.sources(service) == desk.sources(lead) == desk.sources(User(is_superuser=True))
    assert (service.has_perm("refunds.approve_case"), lead.has_perm("refunds.approve_case")) == (False, True)
    order = make_ordered(state=Order.State.IN_REVIEW)
    for user in (service, lead):
        client = signed_in(user)
        for address in (
            reverse("admin:index"),
            reverse("refunds:queue"),
            reverse("refunds:cancel", args=[order.number]),
            reverse("admin:orders_order_change", args=[order.pk]),
        ):
            assert client.get(address).status_code == 200, address


def test_no_group_can_change_what_was_decided_by_hand() -> None:
    staff_groups.make_groups()
    for name in staff_groups.GROUPS:
        user = of_group(name)
        for forbidden in ("accounts.change_user", "orders.change_order", "refunds.change_case", "orders.change_refund"):
            assert not user.has_perm(forbidden), (name, forbidden)


def test_a_permission_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(staff_groups.GROUPS, staff_groups.SERVICE, ("refunds.approve_everything",))
    with pytest.raises(staff_groups.Unknown, match="approve_everything"):
        staff_groups.make_groups()
