"""Staff read the privacy policy and the rules, and say so themselves; otherwise the vault stays shut (P14, P15)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.models import User
from privacy import policies
from privacy.models import PolicyVersion, StaffTraining

# For how long after its publication, or after somebody begins here, a policy is announced.
ANNOUNCED_FOR = timedelta(days=30)


@dataclass(frozen=True)
class State:
    """Whether somebody may look at children's data, as far as reading the rules goes. `until` is the last moment of a
    valid acknowledgement, also of one that is over; None if the policy in force was never acknowledged."""

    policy: PolicyVersion
    acknowledged_at: datetime | None
    until: datetime | None
    valid: bool

    @property
    def missing(self) -> str:
        """What is missing, in words; empty if nothing is."""
        if self.valid:
            return ""
        if self.acknowledged_at is None:
            return f"version {self.policy.version} of the privacy policy is not acknowledged"
        return "the acknowledgement is older than a year"


def state_of(user: User, *, now: datetime | None = None) -> State:
    """The acknowledgement of the policy in force (P14): the latest one counts, for `STAFF_TRAINING_VALID`, and one
    from the future counts for nothing."""
    at = now or timezone.now()
    policy = policies.current("privacy")
    trainings = StaffTraining.objects.filter(user=user, policy=policy, acknowledged_at__lte=at)
    last = trainings.order_by("-acknowledged_at").values_list("acknowledged_at", flat=True).first()
    until = last + settings.STAFF_TRAINING_VALID if last else None
    return State(policy, last, until, valid=until is not None and at < until)


def acknowledge(user: User, policy: PolicyVersion, *, now: datetime | None = None) -> StaffTraining:
    """This member of staff has read a policy and the rules: for themselves, and only for the policy in force. Raises
    ValueError."""
    if not (user.is_active and user.is_staff):
        raise ValueError("Only staff acknowledge the rules for staff.")
    if policy != policies.current("privacy"):
        raise ValueError("This is not the privacy policy in force.")
    return StaffTraining.objects.create(user=user, policy=policy, acknowledged_at=now or timezone.now())


def colleagues() -> list[tuple[User, State]]:
    """Everybody who works here, with what is missing; those without a valid acknowledgement first."""
    staff = [(user, state_of(user)) for user in _staff()]
    return sorted(staff, key=lambda pair: (pair[1].valid, pair[0].get_full_name()))


def remind(*, now: datetime | None = None) -> int:
    """Queue the reminders that are due (P15): for each new policy when it is published and when it comes into force,
    and one 90 days after the last acknowledgement and every 90 days after that. Each is sent once however often this
    is called. Returns how many are due at this moment, sent before or now."""
    at = now or timezone.now()
    newest = PolicyVersion.objects.filter(slug="privacy").order_by("-published_at", "-pk").first()
    if newest is None:
        return 0
    count = 0
    for user in _staff():
        begun = max(newest.published_at, user.date_joined)
        in_force = newest == policies.current("privacy")
        if in_force:
            begun = max(begun, timezone.make_aware(datetime.combine(newest.effective_from, time())))
        read = StaffTraining.objects.filter(user=user, policy=newest).exists()
        if at - begun < ANNOUNCED_FOR and not read:
            _mail(user, f"policy:{newest.pk}:{'in force' if in_force else 'coming'}", newest=newest, now=at)
            count += 1
        last = StaffTraining.objects.filter(user=user, acknowledged_at__lte=at).order_by("-acknowledged_at").first()
        since = last.acknowledged_at if last else begun
        times = (at - since) // settings.STAFF_REMINDER_EVERY
        if times > 0:
            _mail(user, f"{since:%Y%m%d%H%M%S}:{times}", newest=None, now=at)
            count += 1
    return count


@transaction.atomic
def _mail(user: User, about: str, *, newest: PolicyVersion | None, now: datetime) -> None:
    mail.queue(
        key=f"training:{user.pk}:{about}",
        template="staff_training",
        to=user.email,
        context={
            "newest": newest,
            "state": state_of(user, now=now),
            "link": settings.SITE_URL + reverse("privacy:training"),
            "every_days": settings.STAFF_REMINDER_EVERY.days,
        },
    )


def _staff() -> list[User]:
    return list(User.objects.filter(is_staff=True, is_active=True).order_by("pk"))
