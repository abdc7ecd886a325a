"""A pass: what a member of staff has opened with a typed reason, the pages that belong to it may show as well.

Pictures and the pages behind a conversation are asked for by address, where nobody types. Their addresses carry a pass:
a signed number of the row in the access log in which the reason stands. The reason itself is in no address, session or
log line; a pass is for one child and one member of staff, and every look through it is checked and logged like the
first (P12, P14).
"""

from datetime import timedelta

from django.core import signing

from accounts.models import User
from privacy.access import AccessRefused
from privacy.models import Child, VaultAccess

VALID = timedelta(hours=1)
_SALT = "privacy.passes"


class NoPass(AccessRefused):
    """There is no pass, or it is over: the reason has to be typed again."""

    def __init__(self) -> None:
        super().__init__("Please say again why you need to see this.")


def issue(child: Child, *, user: User, reason: str) -> str:
    """A pass for what has just been opened with `reason`. Raises NoPass if nothing was."""
    opened = VaultAccess.objects.filter(child=child, actor=f"staff:{user.pk}", reason=reason.strip()[:200])
    newest = opened.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        raise NoPass
    return signing.dumps([newest, user.pk], salt=_SALT, compress=False)


def reason(token: str, child: Child, *, user: User) -> str:
    """The reason that was typed for the pass. Raises NoPass for one that is over, of somebody else, for another child,
    or made up."""
    try:
        row, whose = signing.loads(token, salt=_SALT, max_age=VALID)
    except (signing.BadSignature, ValueError, TypeError):
        raise NoPass from None
    opened = VaultAccess.objects.filter(pk=row, child=child, actor=f"staff:{user.pk}").first()
    if opened is None or whose != user.pk:
        raise NoPass
    return opened.reason
