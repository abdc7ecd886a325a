"""Many coupons at once, each with a code of its own that works once (P39)."""

import csv
import io
import secrets
from datetime import datetime

from django.db import transaction

from accounts.models import User
from orders import numbers
from orders.models import Coupon

CODE_LENGTH = 8  # 208 thousand million codes for each beginning: not to be guessed


@transaction.atomic
def make(
    *,
    batch: str,
    stem: str,
    count: int,
    kind: str,
    value: int,
    minimum: int,
    valid_until: datetime | None,
    note: str,
    staff: User,
) -> int:
    """Make `count` coupons under the name `batch`; returns how many, 0 when the batch was made already."""
    User.objects.select_for_update(no_key=True).get(pk=staff.pk)  # two clicks of one person wait for each other
    if Coupon.objects.filter(batch=batch).exists():
        return 0
    taken = set(Coupon.objects.filter(code__startswith=f"{stem}-").values_list("code", flat=True))
    codes: list[str] = []
    while len(codes) < count:
        code = f"{stem}-" + "".join(secrets.choice(numbers.ALPHABET) for _ in range(CODE_LENGTH))
        if code not in taken:
            taken.add(code)
            codes.append(code)
    common = {"kind": kind, "value": value, "minimum": minimum, "valid_until": valid_until, "note": note}
    Coupon.objects.bulk_create(
        [Coupon(code=code, batch=batch, limit=1, per_customer=1, made_by=staff, **common) for code in codes],
        batch_size=500,
    )
    return len(codes)


def as_csv(batch: str) -> str:
    """The codes of a batch as a table: code, and whether it was used or stopped."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["code", "state"])
    for coupon in Coupon.objects.filter(batch=batch).order_by("pk").iterator():
        state = "stopped" if coupon.stopped_at else "used" if coupon.used else "free"
        table.writerow([coupon.code, state])
    return out.getvalue()
