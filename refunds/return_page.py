"""What a customer reads on a return's page, and what its buttons do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from books import access as book_access
from books.models import Edition
from orders import access, money_back
from privacy import access_log, holdings
from privacy.purposes import Actor
from privacy.vault import Forgotten, NotInVault
from refunds import evidence, returns, settling
from refunds.models import Case, Return

State = Return.State
SESSION_KEY = "new_copy"  # the number of the return for which a book is being made anew, and nothing else


@dataclass(frozen=True)
class Said:
    """A state in a short title and a sentence about what comes next."""

    title: str
    next: str


_SAID: dict[str, Said] = {
    State.ASKED: Said(
        "We are looking at it",
        "We answer within two working days, by e-mail and here. Please do not send anything yet.",
    ),
    State.MORE_ASKED: Said("May we see a little more?", "Please add the photos we asked for. Then we decide."),
    State.INSTRUCTED: Said(
        "Please send it back",
        "Print the label, stick it on the parcel and hand it in. It costs you nothing. When it has arrived, we write to"
        " you.",
    ),
    State.RECEIVED: Said("Your parcel is here", "We inspect it and write to you within three working days."),
    State.VERIFIED: Said("You are right: there is a fault", "We are sorry. We are putting it right now."),
    State.REJECTED: Said("We did not find the fault", "Here is what we found. If you see it differently, tell us."),
    State.APPEALED: Said(
        "A colleague looks again", "Somebody who has not seen it before decides, within five working days."
    ),
    State.UPHELD: Said("We still do not find the fault", "Your statutory rights stay as they are."),
    State.SETTLED: Said("Put right", "Thank you for your patience."),
    State.WITHDRAWN: Said("You took this return back", "Nothing more happens with it."),
    State.LAPSED: Said(
        "Closed, because nothing came",
        "Should your parcel still arrive, we inspect it all the same. Your statutory rights stay as they are.",
    ),
}
_STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("You told us", (State.ASKED, State.MORE_ASKED)),
    ("On its way back to us", (State.INSTRUCTED,)),
    ("Inspected", (State.RECEIVED, State.APPEALED)),
    ("Put right", (State.VERIFIED,)),
)


def has_label(of: Return) -> bool:
    """Whether a parcel is (still) expected."""
    return of.state in (State.INSTRUCTED, State.LAPSED) and of.instructed_at is not None


def context(of: Return) -> dict[str, Any]:
    """Everything on the page. Photos are named, not opened; the words are opened, and logged."""
    child = of.evidence
    is_open = evidence.is_open(child)
    order = of.order
    return {
        "of": of,
        "order": order,
        "lines": list(of.lines.select_related("line", "reprint")),
        "said": _said(of),
        "steps": steps(of),
        "events": list(of.events.all()),
        "asked_for": _asked_for(of),
        "open": is_open,
        "photos": evidence.photo_numbers(child) if child is not None and is_open else [],
        "words": _words(of) if is_open else [],
        "until": holdings.until(child) if child is not None and is_open else None,
        "left": holdings.left(holdings.until(child), timezone.now()) if child is not None and is_open else "",
        "looks": access_log.of(child) if child is not None else None,
        "label": has_label(of),
        "send_by": _send_by(of),
        "can_withdraw": State.WITHDRAWN in returns.TRANSITIONS[of.state],
        "can_appeal": of.state == State.REJECTED,
        "must_choose": settling.must_choose(of),
        "can_make_anew": settling.to_make_anew(of) is not None,
        "can_change_wish": of.state in (State.ASKED, State.MORE_ASKED, State.INSTRUCTED, State.RECEIVED),
        "other_wish": Return.Wish.REPRINT if of.wish == Return.Wish.REFUND else Return.Wish.REFUND,
        "jobs": settling.jobs(of),
        "replacement": settling.replacement(of),
        "case": of.case,
        "proposed": of.case is not None and of.case.state == Case.State.PROPOSED,
        "money": money_back.of_order(order) if of.case is not None else [],
    }


def steps(of: Return) -> list[tuple[str, str]]:
    """The stops of a return: label and place (done, now, next); none for one that is over without a result."""
    if of.state in (State.WITHDRAWN, State.LAPSED, State.UPHELD):
        return []
    if of.state == State.REJECTED:
        here = 2
    else:
        here = next((rank for rank, (_, states) in enumerate(_STEPS) if of.state in states), len(_STEPS))
    stops = list(enumerate(_STEPS))
    if of.instructed_at is None and here > 1:  # decided on the photos: nothing travelled
        stops = [stop for stop in stops if stop[0] != 1]
    return [(label, "done" if rank < here else "now" if rank == here else "next") for rank, (label, _) in stops]


def act(request: HttpRequest, of: Return) -> HttpResponse:
    """What the pressed button says. Raises `refunds.returns.Refused`."""
    button = request.POST.get("do", "")
    if button == "withdraw":
        returns.withdraw(of)
        messages.success(request, "Your return is taken back. Photos and words are forgotten.")
    elif button == "forget":
        returns.forget_evidence(of)
        messages.success(request, "Photos and words are forgotten, for good. Your return goes on without them.")
    elif button in ("refund", "reprint"):
        settling.choose(of, button, actor=returns.CUSTOMER)
        messages.success(request, "Noted: you would like " + Return.Wish(button).label + ".")
    elif button == "anew":
        return _begin_anew(request, of)
    elif button == "use":
        return _use(request, of)
    else:
        raise Http404
    return redirect("refunds:return", of.order.number, of.number)


def anew_for(request: HttpRequest, edition: Edition) -> Return | None:
    """The return for which this visitor makes the book anew, if this edition is of the same story and free."""
    number = request.session.get(SESSION_KEY)
    if not number:
        return None
    of = Return.objects.select_related("order", "replacement").filter(number=number).first()
    if of is None or not access.allowed(request, of.order) or hasattr(edition, "order_line"):
        return None
    line = settling.to_make_anew(of)
    return of if line is not None and line.edition is not None and line.edition.story == edition.story else None


def _begin_anew(request: HttpRequest, of: Return) -> HttpResponse:
    line = settling.to_make_anew(of)
    if line is None or line.edition is None:
        raise returns.Refused("not waiting for a new book")
    request.session[SESSION_KEY] = of.number
    messages.info(
        request, "Make the book as you like it. At its end, press “Use this for my new copy”: it costs you nothing."
    )
    return redirect("books:personalise", line.edition.story)


def _use(request: HttpRequest, of: Return) -> HttpResponse:
    try:
        edition = book_access.edition_for(request, UUID(request.POST.get("edition", "")))
    except ValueError:
        raise Http404 from None
    order = settling.make_anew(of, child=edition.child)
    request.session.pop(SESSION_KEY, None)
    access.grant(request, order)
    messages.success(request, "Thank you. We are making your digital copy; we write to you when it is ready.")
    return redirect("orders:order", order.number)


def _said(of: Return) -> Said:
    if of.state == State.VERIFIED and settling.must_choose(of):
        return Said(
            "Please choose: make it anew, or your money back",
            "Everything about the child has been forgotten, as promised, so we cannot print from the first book.",
        )
    return _SAID[of.state]


def _words(of: Return) -> list[str]:
    assert of.evidence is not None
    try:
        return [one.reveal() for one in evidence.words(of.evidence, actor=Actor.parent())]
    except (Forgotten, NotInVault):
        return []


def _asked_for(of: Return) -> str:
    if of.state != State.MORE_ASKED:
        return ""
    return of.events.filter(kind=State.MORE_ASKED).latest("pk").detail


def _send_by(of: Return) -> datetime | None:
    since = returns.waits_since(of)
    return since + settings.RETURN_PARCEL_WITHIN if since is not None else None
