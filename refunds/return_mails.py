"""Every mail about a return: what was decided, what comes next, and by when. None names the child."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.models import OutgoingMail
from orders import business_days, links, mails
from orders.models import Order
from refunds.models import Case, Return

INSPECT_WITHIN = 3  # business days


def received(of: Return) -> OutgoingMail:
    """We have been told, and look at it."""
    return _send(of, "return_received")


def more_photos(of: Return, *, what: str) -> OutgoingMail:
    """We need to see more; `what` says what."""
    return _send(of, "return_more_photos", str(of.events.count()), what=what, by=parcel_by())


def instructions(of: Return) -> OutgoingMail:
    """How to send it back, with the label behind the link."""
    return _send(of, "return_instructions", by=parcel_by())


def reminder(of: Return, *, since: datetime) -> OutgoingMail:
    """The parcel or the photos have not come; ten days are left."""
    by = timezone.localdate(since + settings.RETURN_PARCEL_WITHIN)
    return _send(of, "return_reminder", since.strftime("%Y%m%d"), by=by, parcel=of.state == Return.State.INSTRUCTED)


def lapsed(of: Return) -> OutgoingMail:
    """Nothing came; how it can still be put right."""
    return _send(
        of,
        "return_lapsed",
        str(of.events.count()),
        parcel=of.instructed_at is not None,
        within=settings.RETURN_PARCEL_WITHIN.days,
    )


def parcel_received(of: Return) -> OutgoingMail:
    """The parcel is here and is inspected now."""
    return _send(of, "return_parcel_received", str(of.events.count()), inspected_by=inspected_by(of))


def verified(of: Return) -> OutgoingMail:
    """There is a fault: money or a new copy follows (P26)."""
    return _send(of, "return_verified", parcel=of.basis == Return.Basis.PARCEL)


def rejected(of: Return) -> OutgoingMail:
    """No fault was found: why, and how to have a colleague look again."""
    return _send(of, "return_rejected", parcel=of.basis == Return.Basis.PARCEL)


def appeal_decided(of: Return) -> OutgoingMail:
    """What the colleague found."""
    return _send(of, "return_appeal_decided", yes=of.state == Return.State.VERIFIED)


def money(of: Return, *, case: Case, by: date) -> OutgoingMail:
    """The money is on its way back, and is there by this day (P29)."""
    return _send(of, "return_money_back", str(case.pk), case=case, by=by)


def reprint_begun(of: Return) -> OutgoingMail:
    """New copies are being made from the stored book (P43)."""
    return _send(of, "return_reprint", str(of.events.count()))


def choose_again(of: Return) -> OutgoingMail:
    """The stored book is forgotten, so no new copy can be made from it: make it anew, or the money back (P43)."""
    return _send(of, "return_choose_again", str(of.events.count()))


def new_copy_begun(of: Return, replacement: Order) -> OutgoingMail:
    """The parent has made the book anew: its digital copy comes first, as with every book."""
    return _send(of, "return_new_book", replacement.number, replacement=replacement, link=links.order_link(replacement))


def appeal_for_staff(of: Return) -> OutgoingMail:
    """For us: somebody else than the first inspector has to look."""
    link = settings.SITE_URL + reverse("refunds:staff_return", args=[of.number])
    return mails.staff_task(key=f"return:{of.number}:appeal", what=f"the customer of {of.number} appeals", link=link)


def return_link(of: Return) -> str:
    """The address that opens a return for whoever has the mail, as long as a link to its order."""
    return f"{links.order_link(of.order)}returns/{of.number}/"


def preview(of: Return, template: str, **context: Any) -> str:
    """What a mail would say, for staff before they decide; what they are still to type is marked."""
    return render_to_string(f"emails/{template}/body.txt", {**_context(of), **context}).partition("\n\nOpen your ")[0]


def parcel_by() -> date:
    """The day by which something that is asked for today should have come."""
    return timezone.localdate() + settings.RETURN_PARCEL_WITHIN


def inspected_by(of: Return) -> date:
    """The day by which a parcel that comes today is inspected."""
    return business_days.after(timezone.localdate(), INSPECT_WITHIN, of.order.country)


def _send(of: Return, template: str, about: str = "", **context: Any) -> OutgoingMail:
    order = of.order
    return mail.queue(
        key=":".join(part for part in ("return", of.number, template, about) if part),
        template=template,
        to=order.email,
        context={**_context(of), **context},
    )


def _context(of: Return) -> dict[str, Any]:
    return {
        "order": of.order,
        "ret": of,
        "lines": list(of.lines.select_related("line")),
        "refund": of.wish == Return.Wish.REFUND,
        "link": return_link(of),
        "link_days": links.ORDER_LINK_VALID.days,
        "controller": settings.CONTROLLER,
        "retention_days": settings.CHILD_RETENTION.days,
    }
