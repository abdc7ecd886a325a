"""Photos and words about a fault as the parent's data: whose they are, where they are kept, what deleting them does,
and their part of the ZIP (P6, P8, P12)."""

from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from orders import access
from orders.models import Order
from privacy import vault
from privacy.choices import Consequence, Place
from privacy.exports import File, Part
from privacy.masked import Masked
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose
from refunds.models import Return

_PARENT = Actor.parent()


def of(child: Child) -> Return | None:
    """The return that a subject's photos and words are about."""
    return Return.objects.select_related("order").filter(evidence=child).first()


def find(request: HttpRequest, subject: UUID) -> Child | None:
    """For `privacy.children`: whoever may open the order may decide about the evidence of its return."""
    found = Return.objects.select_related("order", "evidence").filter(evidence=subject).first()
    may = access.allowed(request, found.order if found is not None else Order())
    return found.evidence if found is not None and may else None


def place(child: Child) -> Place | None:
    """For `privacy.choices`: the return's page."""
    found = of(child)
    if found is None:
        return None
    return Place(
        back=reverse("refunds:return", args=[found.order.number, found.number]),
        back_label=f"Return {found.number}",
        order_number=found.order.number,
    )


def consequence(child: Child) -> Consequence | None:
    """For `privacy.choices`: the return goes on without them."""
    found = of(child)
    return Consequence("refunds/if_evidence_forgotten.html", {"of": found}) if found is not None else None


def part(child: Child) -> Part | None:
    """For `privacy.exports`: the photos as we keep them, and the words."""
    found = of(child)
    if found is None:
        return None
    words = [_read(child, Kind.MESSAGE, number).reveal().decode() for number in vault.numbers(child, Kind.MESSAGE)]
    data = {"return": found.number, "order": found.order.number, "asked_at": found.asked_at, "words": words}
    files = [
        File(f"fault-{number}.jpg", _read(child, Kind.EVIDENCE, number), "your photo of the fault, as we keep it")
        for number in vault.numbers(child, Kind.EVIDENCE)
    ]
    return Part("return", "what you told us about a fault, oldest first", Masked(data), files)


def _read(child: Child, kind: Kind, number: int) -> Masked[bytes]:
    return vault.read(child, kind, number, purpose=Purpose.RIGHTS, actor=_PARENT)
