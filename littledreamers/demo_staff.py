"""The demo's staff logins, which only `manage.py demo` makes: the owner, and a colleague who can be a second person."""

import secrets

from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import User
from littledreamers import staff_groups
from privacy import policies
from privacy.models import StaffTraining

EMAIL = "staff@littledreamers.example"
COLLEAGUE = "colleague@littledreamers.example"


def make_demo_staff() -> tuple[str, str]:
    """Make or find the demo's members of staff; returns the owner's e-mail and the password of both. The owner may do
    everything; the colleague leads the service and is no superuser. Refused outside a demo installation."""
    if not settings.DEMO:
        raise RuntimeError("demo staff exist in demo installations only")
    path = settings.DATA_DIR / "demo-staff-password"
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_urlsafe(12))
    password = path.read_text()
    staff_groups.make_groups()
    _member(EMAIL, password, name="Demo staff", is_superuser=True)
    colleague = _member(COLLEAGUE, password, name="Demo colleague", is_superuser=False)
    colleague.groups.set([Group.objects.get(name=staff_groups.LEAD)])
    return EMAIL, password


def _member(email: str, password: str, *, name: str, is_superuser: bool) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, is_staff=True, is_superuser=is_superuser)
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    policy = policies.current("privacy")
    StaffTraining.objects.get_or_create(user=user, policy=policy, defaults={"acknowledged_at": timezone.now()})
    return user
