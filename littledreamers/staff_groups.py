"""Who of the staff may do what: two groups, set up by `manage.py staff_groups`. Nobody needs to be a superuser."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

SERVICE = "Service"
LEAD = "Service lead"

_LOOK = (
    "orders.view_order",
    "orders.view_orderline",
    "orders.view_orderevent",
    "orders.view_payment",
    "orders.view_refund",
    "orders.view_invoice",
    "orders.view_printjob",
    "orders.view_printjobevent",
    "orders.view_coupon",
    "orders.view_pointsaccount",
    "orders.view_pointsentry",
    "refunds.view_case",
    "refunds.view_changerequest",
    "refunds.view_creditnote",
    "refunds.view_return",
    "privacy.view_contactmessage",
)
# Answering parents, deciding about returns and about money up to the limit, helping print jobs on.
_SERVE = (
    "refunds.add_case",
    "refunds.change_changerequest",
    "refunds.change_return",
    "refunds.inspect_return",
    "orders.change_printjob",
    "orders.change_payment",
    "privacy.change_contactmessage",
    "privacy.view_child_data",
)
# Agreeing to what a colleague proposed above the limit, giving points, making coupons; seeing what was mailed, and who
# looked at what.
_LEAD = (
    "refunds.approve_case",
    "orders.add_pointsentry",
    "orders.add_coupon",
    "orders.change_coupon",
    "accounts.view_outgoingmail",
    "privacy.view_vaultaccess",
    "privacy.view_stafftraining",
    "privacy.view_proof",
    "privacy.view_receipt",
)
GROUPS: dict[str, tuple[str, ...]] = {SERVICE: _LOOK + _SERVE, LEAD: _LOOK + _SERVE + _LEAD}


class Unknown(ValueError):
    """A group wants a permission that does not exist: it was renamed, or nothing is migrated yet."""


@transaction.atomic
def make_groups() -> dict[str, int]:
    """Make both groups, or give them exactly these permissions again; returns how many each has. Raises Unknown."""
    counts = {}
    for name, wanted in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(_permissions(wanted))
        counts[name] = len(wanted)
    return counts


def _permissions(wanted: tuple[str, ...]) -> list[Permission]:
    asked = Q(pk=None)
    for name in wanted:
        app, _, codename = name.partition(".")
        asked |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(asked).select_related("content_type"))
    missing = set(wanted) - {f"{one.content_type.app_label}.{one.codename}" for one in found}
    if missing:
        raise Unknown(f"no such permission: {', '.join(sorted(missing))}")
    return found
