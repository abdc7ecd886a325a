"""Who may look, and that every look is written down (P12, P14)."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import User
from privacy import policies, vault
from privacy.models import Child, PolicyVersion, StaffTraining, VaultAccess
from privacy.purposes import Actor, Kind, Purpose

WHY = "The parent asked why the hat is blue"


@pytest.fixture
def staff(db: None) -> User:
    user = User.objects.create_user("staff@example.test", "correct horse battery", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_child_data"))
    StaffTraining.objects.create(user=user, policy=policies.current("privacy"), acknowledged_at=timezone.now())
    return User.objects.get(pk=user.pk)


@pytest.fixture
def photo(child: Child) -> Child:
    vault.put(child, Kind.PHOTO, 1, b"photo")
    return child


def look(child: Child, user: User, reason: str = WHY) -> bytes:
    actor = Actor.staff(user)
    return vault.read(child, Kind.PHOTO, 1, purpose=Purpose.PREVIEW, actor=actor, reason=reason).reveal()


def test_p12_staff_with_permission_training_and_reason_may_look(photo: Child, staff: User) -> None:
    assert look(photo, staff) == b"photo"
    access = VaultAccess.objects.get()
    assert (access.actor, access.kind, access.purpose, access.reason, access.count) == (
        f"staff:{staff.pk}",
        "photo",
        "preview",
        WHY,
        1,
    )
    assert staff.email not in f"{access.actor}{access.reason}"


def test_p12_staff_without_the_permission_may_not(photo: Child, staff: User) -> None:
    staff.user_permissions.clear()
    with pytest.raises(vault.AccessRefused):
        look(photo, User.objects.get())
    assert not VaultAccess.objects.exists()


@pytest.mark.parametrize("field", ["is_staff", "is_active"])
def test_p12_former_staff_may_not(photo: Child, staff: User, field: str) -> None:
    setattr(staff, field, False)
    staff.save()
    with pytest.raises(vault.AccessRefused):
        look(photo, User.objects.get())


def test_p12_even_a_superuser_needs_the_training(photo: Child) -> None:
    with pytest.raises(vault.AccessRefused):
        look(photo, User.objects.create_superuser("boss@example.test", "correct horse battery"))


@pytest.mark.parametrize("reason", ["", "   ", "look", " x   "])
def test_p12_staff_without_a_reason_may_not(photo: Child, staff: User, reason: str) -> None:
    with pytest.raises(vault.AccessRefused):
        look(photo, staff, reason)


def test_p12_a_label_alone_makes_nobody_staff(photo: Child) -> None:
    with pytest.raises(vault.AccessRefused):
        vault.read(photo, Kind.PHOTO, 1, purpose=Purpose.PREVIEW, actor=Actor("staff:1"), reason=WHY)


def test_p14_no_training_no_access(photo: Child, staff: User) -> None:
    StaffTraining.objects.all().delete()
    with pytest.raises(vault.AccessRefused):
        look(photo, staff)


def test_p14_a_new_policy_needs_a_new_training(photo: Child, staff: User) -> None:
    new = PolicyVersion.objects.create(
        slug="privacy",
        version="99",
        effective_from=timezone.localdate(),
        html="<p>New</p>",
        sha256="0" * 64,
        published_at=timezone.now(),
    )
    with pytest.raises(vault.AccessRefused):
        look(photo, staff)
    StaffTraining.objects.create(user=staff, policy=new, acknowledged_at=timezone.now())
    assert look(photo, staff) == b"photo"


def test_p14_a_training_for_a_coming_policy_is_not_asked_for_yet(photo: Child, staff: User) -> None:
    PolicyVersion.objects.create(
        slug="privacy",
        version="99",
        effective_from=date(2999, 1, 1),
        html="<p>New</p>",
        sha256="0" * 64,
        published_at=timezone.now(),
    )
    assert look(photo, staff) == b"photo"


def test_p12_looks_are_counted_by_the_hour(child: Child) -> None:
    vault.put(child, Kind.PHOTO, 1, b"photo")
    start = child.collected_at.replace(minute=10)
    with time_machine.travel(start, tick=False) as clock:
        for minute, actor in ((11, "a"), (30, "a"), (59, "a"), (59, "b")):
            clock.move_to(start.replace(minute=minute))
            vault.read(child, Kind.PHOTO, 1, purpose=Purpose.RENDER, actor=Actor.system(actor))
        clock.move_to(start.replace(minute=59).astimezone(UTC))
        clock.shift(60)
        vault.read(child, Kind.PHOTO, 1, purpose=Purpose.RENDER, actor=Actor.system("a"))
    counts = VaultAccess.objects.order_by("hour", "actor").values_list("actor", "count")
    assert list(counts) == [("system:a", 3), ("system:b", 1), ("system:a", 1)]
    hours = set(VaultAccess.objects.values_list("hour", flat=True))
    assert all(hour == datetime(hour.year, hour.month, hour.day, hour.hour, tzinfo=UTC) for hour in hours)


def test_p12_a_look_that_was_refused_opens_and_logs_nothing(child: Child) -> None:
    with pytest.raises(vault.NotInVault):
        vault.read(child, Kind.PHOTO, 1, purpose=Purpose.PREVIEW, actor=Actor.parent())
    assert not VaultAccess.objects.exists()
