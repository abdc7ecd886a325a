"""Staff read the rules and say so themselves; without that nothing opens (P14, P15)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import OutgoingMail, User
from littledreamers.celery import app as celery
from privacy import policies, tasks, training
from privacy.models import PolicyVersion, StaffTraining

VERSION = next(policy.version for policy in policies.POLICIES if policy.slug == "privacy")
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
PASSWORD = "correct horse battery"
ADDRESS = "/staff/privacy/"


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        PolicyVersion.objects.update(published_at=NOW)
        yield clock


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("staff@example.test", PASSWORD, is_staff=True, name="Mia Lund")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def form(**changes: object) -> dict[str, object]:
    return {"policy": policies.current("privacy").pk, "read": "on", "password": PASSWORD, **changes}


def new_policy(version: str = "3", effective_from: date | None = None) -> PolicyVersion:
    return PolicyVersion.objects.create(
        slug="privacy",
        version=version,
        effective_from=effective_from or NOW.date(),
        html="<p>Another text</p>",
        sha256="2" * 64,
        published_at=datetime.now(UTC),
    )


def test_p14_somebody_reads_both_and_acknowledges_for_themselves(staff: User) -> None:
    client = signed_in(staff)
    page = client.get(ADDRESS)
    assert page.status_code == 200
    assert "cannot open children’s data:" in page.text
    assert "What we ask about your child" in page.text, "the policy itself"
    assert "Take nothing out." in page.text, "the rules for staff"
    assert client.post(ADDRESS, form()).status_code == 302
    row = StaffTraining.objects.get()
    assert (row.user, row.policy, row.acknowledged_at) == (staff, policies.current("privacy"), NOW)
    assert (
        f"have acknowledged version {VERSION} on 23 November 2026. It holds until 23 November 2027"
        in client.get(ADDRESS).text
    )


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"read": ""}, 422, "Please tick this"),
        ({"password": ""}, 422, "Please type your password"),
        ({"password": "not my password"}, 422, "This is not your password."),
        ({"policy": "0"}, 409, "A new version of the policy came into force"),
        ({"policy": "x"}, 422, ""),
    ],
)
def test_p14_without_tick_password_or_the_policy_in_force_nothing_is_noted(
    staff: User, change: dict[str, str], status: int, words: str
) -> None:
    answer = signed_in(staff).post(ADDRESS, form(**change))
    assert answer.status_code == status
    assert words in answer.text
    assert PASSWORD not in answer.text
    assert not StaffTraining.objects.exists()


def test_p14_nobody_does_it_for_somebody_else(staff: User) -> None:
    boss = User.objects.create_superuser("boss@example.test", PASSWORD)
    client = signed_in(boss)
    client.post(ADDRESS, form(user=staff.pk))
    assert [row.user for row in StaffTraining.objects.all()] == [boss]
    assert client.post("/admin/privacy/stafftraining/add/", {"user": staff.pk}).status_code == 403
    assert client.post(ADDRESS, form(password="another password")).status_code == 422


def test_p14_customers_and_strangers_are_sent_to_the_login() -> None:
    customer = User.objects.create_user("karen@example.test", PASSWORD)
    for client in (Client(), signed_in(customer)):
        for answer in (client.get(ADDRESS), client.post(ADDRESS, form())):
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/admin/login/")
    with pytest.raises(ValueError, match="Only staff"):
        training.acknowledge(customer, policies.current("privacy"))
    assert not StaffTraining.objects.exists()


def test_p53_a_password_is_not_guessed_here(staff: User) -> None:
    client = signed_in(staff)
    for _ in range(10):
        assert client.post(ADDRESS, form(password="wrong password")).status_code == 422
    assert client.post(ADDRESS, form()).status_code == 429
    assert not StaffTraining.objects.exists()


def test_p14_an_acknowledgement_holds_for_a_year(staff: User, now: time_machine.Traveller) -> None:
    training.acknowledge(staff, policies.current("privacy"))
    now.move_to(NOW + YEAR - timedelta(seconds=1))
    assert training.state_of(staff).valid
    now.move_to(NOW + YEAR)
    state = training.state_of(staff)
    assert (state.valid, state.missing) == (False, "the acknowledgement is older than a year")
    training.acknowledge(staff, policies.current("privacy"))
    assert training.state_of(staff).valid


def test_p14_neither_an_older_policy_nor_a_day_to_come_counts(staff: User) -> None:
    first = policies.current("privacy")
    StaffTraining.objects.create(user=staff, policy=first, acknowledged_at=NOW + timedelta(days=1))
    assert not training.state_of(staff).valid
    training.acknowledge(staff, first)
    assert training.state_of(staff).valid
    second = new_policy()
    assert training.state_of(staff).missing == "version 3 of the privacy policy is not acknowledged"
    with pytest.raises(ValueError, match="not the privacy policy in force"):
        training.acknowledge(staff, first)
    training.acknowledge(staff, second)
    assert training.state_of(staff).valid


def test_p14_who_is_missing_is_seen_by_those_who_may(staff: User) -> None:
    other = User.objects.create_user("ole@example.test", PASSWORD, is_staff=True, name="Ole Berg")
    training.acknowledge(other, policies.current("privacy"))
    assert "Ole Berg" not in signed_in(staff).get(ADDRESS).text
    staff.user_permissions.add(Permission.objects.get(codename="view_stafftraining"))
    page = signed_in(staff).get(ADDRESS).text
    assert page.index("Mia Lund</th>") < page.index("Ole Berg</th>"), "who is missing comes first"
    assert f"version {VERSION} of the privacy policy is not acknowledged" in page


def test_p14_the_admin_says_what_is_missing(staff: User) -> None:
    client = signed_in(staff)
    assert f'href="{ADDRESS}">Read and acknowledge it here' in client.get("/admin/").text
    training.acknowledge(staff, policies.current("privacy"))
    assert "Read and acknowledge it here" not in client.get("/admin/").text


def mails() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("subject", flat=True))


def test_p15_each_new_policy_is_announced_once(staff: User, now: time_machine.Traveller) -> None:
    User.objects.create_user("karen@example.test", PASSWORD)
    User.objects.create_user("left@example.test", PASSWORD, is_staff=True, is_active=False)
    for _ in range(3):
        training.remind()
    assert mails() == [f"Please read: version {VERSION} of our privacy policy"]
    assert OutgoingMail.objects.get().recipient == "staff@example.test"
    training.acknowledge(staff, policies.current("privacy"))
    new_policy(effective_from=NOW.date() + timedelta(days=14))
    training.remind()
    text = OutgoingMail.objects.order_by("pk").last().text  # type: ignore[union-attr]
    assert "comes into force on 7 December 2026" in text
    assert f"Your acknowledgement of version {VERSION} holds until" in text
    now.shift(timedelta(days=14))
    for _ in range(2):
        training.remind()
    assert mails()[1:] == ["Please read: version 3 of our privacy policy"] * 2
    assert "you cannot open children’s data" in OutgoingMail.objects.order_by("pk").last().text  # type: ignore[union-attr]
    training.acknowledge(staff, policies.current("privacy"))
    now.shift(timedelta(days=89))
    training.remind()
    assert len(mails()) == 3


def test_p15_a_reminder_every_ninety_days_and_once_each(staff: User, now: time_machine.Traveller) -> None:
    training.acknowledge(staff, policies.current("privacy"))
    ninety, second = timedelta(days=90), timedelta(seconds=1)
    for times in (1, 2):
        now.move_to(NOW + times * ninety - second)
        training.remind()
        assert len(mails()) == times - 1
        now.move_to(NOW + times * ninety)
        training.remind()
        training.remind()
        assert len(mails()) == times
    assert set(mails()) == {"A reminder: how we look after children’s data"}
    training.acknowledge(staff, policies.current("privacy"))
    now.shift(ninety - second)
    training.remind()
    assert len(mails()) == 2
    now.shift(second)
    training.remind()
    assert len(mails()) == 3


def test_p15_the_reminders_run_by_beat(staff: User) -> None:
    beat = {entry["task"]: entry["schedule"] for entry in celery.conf.beat_schedule.values()}
    assert beat[tasks.remind_staff.name] == 3600
    tasks.remind_staff()
    assert len(mails()) == 1
