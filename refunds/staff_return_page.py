"""What staff see of a return, and every action they have: what it asks for, what it does, what the customer reads."""

import base64
import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from accounts.models import User
from books import photo
from orders import money_back
from privacy.purposes import Actor
from refunds import evidence, return_mails, returns, settling
from refunds.forms.returns import AppealDecisionForm, InspectionForm, MorePhotosForm
from refunds.models import Case, Return

State = Return.State
PICTURE_SIDE = 1600  # pixels
TYPED = "(what you write)"


@dataclass(frozen=True)
class Action:
    """One thing that can be done. `act` returns what to tell the member of staff; raises `refunds.returns.Refused`."""

    title: str
    says: str
    button: str
    permission: str
    act: Callable[[Return, User, Any], str]
    form: type[forms.Form] | None = None
    danger: bool = False


def _more(of: Return, user: User, form: Any) -> str:
    returns.ask_for_more(of, staff=user, what=form.cleaned_data["what"])
    return "The customer has been asked for more photos, by mail."


def _instruct(of: Return, user: User, _form: Any) -> str:
    returns.instruct(of, staff=user)
    return "The label and what to do with it have been mailed to the customer."


def _receive(of: Return, user: User, _form: Any) -> str:
    returns.receive(of, staff=user)
    return "Recorded: the parcel is here. The customer has been told. Inspect it now."


def _inspect(of: Return, user: User, form: Any) -> str:
    basis = Return.Basis.PARCEL if of.state == State.RECEIVED else Return.Basis.PHOTOS
    returns.inspect(of, staff=user, verified=form.yes, basis=basis, finding=form.cleaned_data["finding"])
    return "Recorded, and the customer has been told." + (" Now put it right, below." if form.yes else "")


def _appeal(of: Return, user: User, form: Any) -> str:
    returns.decide_appeal(of, staff=user, verified=form.yes, finding=form.cleaned_data["finding"])
    return "The appeal is decided, and the customer has been told."


def _refund(of: Return, user: User, _form: Any) -> str:
    case = settling.give_back(of, staff=user)
    if case.state == Case.State.PROPOSED:
        return "Proposed. Above the limit a second person has to agree; then the money goes back by itself."
    return "Decided: the money is on its way back, and the customer has been told by which day."


def _reprint(of: Return, user: User, _form: Any) -> str:
    made = settling.print_again(of, staff=user)
    if not made:
        return "The book is forgotten, so it cannot be printed again. The customer has been asked to choose."
    return "New copies are queued for the printer, and the customer has been told."


def _wish(wish: str) -> Callable[[Return, User, Any], str]:
    def act(of: Return, user: User, _form: Any) -> str:
        settling.choose(of, wish, actor=f"staff:{user.pk}")
        return f"Noted: the customer would like {Return.Wish(wish).label}."

    return act


CHANGE, INSPECT, MONEY = "refunds.change_return", "refunds.inspect_return", "refunds.add_case"
ACTIONS: dict[str, Action] = {
    "more": Action(
        "Ask for more photos", "The customer gets this mail, and adds them on the return’s page.",
        "Ask for photos", CHANGE, _more, MorePhotosForm,
    ),
    "instruct": Action(
        "Have it sent back", "The customer gets this mail with a link to the label.",
        "Send label and instructions", CHANGE, _instruct,
    ),
    "receive": Action(
        "The parcel is here", "Only when you have it in your hands. The customer gets this mail.",
        "Record the receipt", CHANGE, _receive,
    ),
    "inspect": Action(
        "Record the inspection",
        "If the fault is there, the money goes back or a new copy is made, in a second step. If not, the customer is"
        " told why and can have a colleague look again.",
        "Record what was found", INSPECT, _inspect, InspectionForm,
    ),
    "appeal": Action(
        "Decide the appeal", "You look with fresh eyes. After this there is no further appeal with us.",
        "Record what was found", INSPECT, _appeal, AppealDecisionForm,
    ),
    "refund": Action(
        "Give the money back", "To the card that paid, and nowhere else. It cannot be undone.",
        "Give back", MONEY, _refund, danger=True,
    ),
    "reprint": Action(
        "Print new copies", "From the stored book exactly as it was approved, to the same address, free of charge.",
        "Print new copies", CHANGE, _reprint,
    ),
    "want_refund": Action(
        "The customer would rather have the money", "Only when the customer said so, by mail or on the telephone.",
        "Note it", CHANGE, _wish(Return.Wish.REFUND),
    ),
    "want_reprint": Action(
        "The customer would rather have a new copy", "Only when the customer said so, by mail or on the telephone.",
        "Note it", CHANGE, _wish(Return.Wish.REPRINT),
    ),
}  # fmt: skip


def possible(of: Return) -> list[str]:
    """What can be done now, the most likely first."""
    if of.state in (State.ASKED, State.MORE_ASKED):
        photos = evidence.is_open(of.evidence) and of.evidence is not None and evidence.photo_numbers(of.evidence)
        return [*(["inspect"] if photos else []), "instruct", *(["more"] if of.state == State.ASKED else [])]
    if of.state in (State.INSTRUCTED, State.LAPSED):
        return ["receive"]
    if of.state == State.RECEIVED:
        return ["inspect"]
    if of.state == State.APPEALED:
        return ["appeal"]
    if of.state != State.VERIFIED or settling.money_under_way(of) or settling.replacement(of) is not None:
        return []
    if of.wish == Return.Wish.REFUND:
        return ["refund", *(["want_reprint"] if settling.can_reprint(of) else [])]
    return [*(["reprint"] if settling.can_reprint(of) and not settling.jobs(of) else []), "want_refund"]


def context(of: Return, user: User, **more: Any) -> dict[str, Any]:
    """Everything on the page. Nothing of the vault is opened here."""
    bound = more.pop("bound", {})
    child = of.evidence
    actions = [
        {
            "key": key,
            "it": ACTIONS[key],
            "form": bound.get(key) or (form(auto_id=f"{key}-%s") if (form := ACTIONS[key].form) is not None else None),
            "allowed": user.has_perm(ACTIONS[key].permission),
            "own": key == "appeal" and of.inspected_by_id == user.pk,
            "mails": _mails(of, key),
            "back": _back(of) if key == "refund" else None,
        }
        for key in possible(of)
    ]
    return {
        "title": f"Return {of.number}",
        "of": of,
        "order": of.order,
        "lines": list(of.lines.select_related("line", "reprint")),
        "until": returns.return_until(of.order),
        "events": list(of.events.all()),
        "open": evidence.is_open(child),
        "photo_count": len(evidence.photo_numbers(child)) if child is not None and evidence.is_open(child) else 0,
        "actions": actions,
        "must_choose": settling.must_choose(of),
        "jobs": settling.jobs(of),
        "replacement": settling.replacement(of),
        "promised": money_back.promised_from_today(of.order.country),
        **more,
    }


def opened(of: Return, user: User, reason: str) -> dict[str, Any]:
    """Photos and words for the eyes of one member of staff. Raises AccessRefused, Forgotten, NotInVault.

    The pictures are inside the page, so that no address of them can be opened without a reason.
    """
    if of.evidence is None:
        return {"photos": [], "words": []}
    seen = evidence.open_all(of.evidence, actor=Actor.staff(user), reason=reason)
    return {
        "photos": [(number, _inside(jpeg.reveal())) for number, jpeg in seen.photos],
        "words": [words.reveal() for words in seen.words],
    }


def _inside(jpeg: bytes) -> str:
    small = photo.shrink(jpeg, side=PICTURE_SIDE)
    return "data:image/jpeg;base64," + base64.b64encode(small).decode()


def _mails(of: Return, key: str) -> list[tuple[str, str]]:
    """The mails that an action may send: when, and the words."""
    marked = copy.copy(of)
    marked.finding = TYPED
    parcel = of.state == State.RECEIVED
    by = return_mails.parcel_by()
    if key == "more":
        return [("", return_mails.preview(of, "return_more_photos", what=TYPED, by=by))]
    if key == "instruct":
        return [("", return_mails.preview(of, "return_instructions", by=by))]
    if key == "receive":
        inspected = return_mails.inspected_by(of)
        return [("", return_mails.preview(of, "return_parcel_received", inspected_by=inspected))]
    if key == "inspect":
        return [
            ("If the fault is there", return_mails.preview(marked, "return_verified", parcel=parcel)),
            ("If not", return_mails.preview(marked, "return_rejected", parcel=parcel)),
        ]
    if key == "appeal":
        return [
            ("If the fault is there", return_mails.preview(marked, "return_appeal_decided", yes=True)),
            ("If not", return_mails.preview(marked, "return_appeal_decided", yes=False)),
        ]
    if key == "refund" and (back := settling.would_go_back(of)) is not None:
        sums = {"amount": back.money, "shipping": back.shipping, "points": back.points}
        day = money_back.promised_from_today(of.order.country)
        return [("", return_mails.preview(of, "return_money_back", case=sums, by=day))]
    if key == "reprint":
        return [("", return_mails.preview(of, "return_reprint"))]
    return []


def _back(of: Return) -> Any:
    return settling.would_go_back(of)
