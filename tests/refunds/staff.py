"""Members of staff for tests, each with what they may do and nothing more."""

from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from privacy import policies
from privacy.models import StaffTraining


def member(*permissions: str, email: str = "staff@example.com", trained: bool = True) -> User:
    """A member of staff with permissions such as "refunds.add_case"."""
    user = User.objects.create_user(email, "a-long-password", is_staff=True)
    for name in permissions:
        app, _, codename = name.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    if trained:
        policy = policies.current("privacy")
        StaffTraining.objects.create(user=user, policy=policy, acknowledged_at=timezone.now())
    return User.objects.get(pk=user.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
