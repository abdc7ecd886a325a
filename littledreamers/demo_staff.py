"""The demo's staff login, which only `manage.py demo` makes."""

import secrets

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from privacy import policies
from privacy.models import StaffTraining

EMAIL = "staff@littledreamers.example"


def make_demo_staff() -> tuple[str, str]:
    """Make or find the demo's staff member; returns e-mail and password. Refused outside a demo installation."""
    if not settings.DEMO:
        raise RuntimeError("demo staff exist in demo installations only")
    path = settings.DATA_DIR / "demo-staff-password"
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_urlsafe(12))
    password = path.read_text()
    user = User.objects.filter(email=EMAIL).first()
    if user is None:
        user = User.objects.create_superuser(EMAIL, password, name="Demo staff")
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    policy = policies.current("privacy")
    StaffTraining.objects.get_or_create(user=user, policy=policy, defaults={"acknowledged_at": timezone.now()})
    return EMAIL, password
