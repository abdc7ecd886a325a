"""Who may open the vault, and the log of who did (P3, P12, P14)."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from privacy import training
from privacy.keystore import hour_of
from privacy.models import Child, VaultAccess
from privacy.purposes import Actor, Kind, Purpose
from privacy.reasons import NoReason, require_reason

PERMISSION = "privacy.view_child_data"
FOR_THE_PRINTER = frozenset({Kind.INTERIOR, Kind.COVER})
# What shows a fault is looked at, or given back to the parent; no book is made of it (P25).
FOR_EVIDENCE = frozenset({Purpose.PREVIEW, Purpose.RIGHTS})
# Nobody but a machine of ours makes print files.
PURPOSES_OF = {
    "parent": frozenset({Purpose.PREVIEW, Purpose.RENDER, Purpose.RIGHTS}),
    "staff": frozenset({Purpose.PREVIEW, Purpose.RENDER, Purpose.RIGHTS}),
    "printer": frozenset({Purpose.PRINT}),
    "system": frozenset(Purpose),
}


class PurposeRefused(PermissionDenied):
    """The vault does not open for this purpose (P3)."""


class AccessRefused(PermissionDenied):
    """This person may not look at a child's data; the message says what is missing (P12, P14)."""

    to_training = False


class NotTrained(AccessRefused):
    """The page where this can be put right is `privacy:training`."""

    to_training = True


def expiry(child: Child) -> datetime:
    """The second from which nothing opens. A later date written into the row does not extend it (P7, P10)."""
    return min(child.expires_at, child.collected_at + settings.CHILD_RETENTION)


def check(kind: Kind, *, purpose: Purpose, actor: Actor, reason: str) -> None:
    """Raises PurposeRefused or AccessRefused."""
    if not isinstance(purpose, Purpose):
        raise PurposeRefused("A child's data is used to make the book and for nothing else.")
    if actor.label == "printer" and (purpose is not Purpose.PRINT or kind not in FOR_THE_PRINTER):
        raise PurposeRefused("The printer gets the print files and nothing else.")
    if kind is Kind.EVIDENCE and purpose not in FOR_EVIDENCE:
        raise PurposeRefused("Photos of a fault are for deciding about it and for nothing else.")
    if purpose not in PURPOSES_OF.get(actor.role, frozenset()):
        raise PurposeRefused("Nobody of this kind opens a child's data for this.")
    if actor.is_staff:
        check_staff(actor.user)
        try:
            require_reason(reason)
        except NoReason as error:
            raise AccessRefused(str(error)) from error


def check_staff(user: User | None) -> None:
    """Whether this person may look at what speaks of a child, for whatever reason. Raises AccessRefused."""
    if user is None or not user.is_active or not user.is_staff or not user.has_perm(PERMISSION):
        raise AccessRefused("Your account may not look at children's data. Ask a colleague who may.")
    if not training.state_of(user).valid:
        raise NotTrained("First read and acknowledge the privacy policy that is in force and the rules for staff.")


def record(child: Child, kind: Kind, *, purpose: Purpose, actor: Actor, reason: str) -> None:
    """Count one look, in one row per child, kind, purpose, actor, reason and hour."""
    place = {
        "child": child,
        "kind": str(kind),
        "purpose": str(purpose),
        "actor": actor.label,
        "reason": reason.strip()[:200],
        "hour": hour_of(timezone.now()),
    }
    if VaultAccess.objects.filter(**place).update(count=F("count") + 1):
        return
    try:
        with transaction.atomic():
            VaultAccess.objects.create(**place)
    except IntegrityError:  # somebody else made the row at this moment
        VaultAccess.objects.filter(**place).update(count=F("count") + 1)
