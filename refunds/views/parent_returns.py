"""What a customer does about a faulty book: tells us, follows it, and chooses (P24-P26, P43).

Photos and words go straight into the vault; nothing of them is kept anywhere else, and what was typed is shown again
only in the answer to its own POST.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from books import photo as photos
from books.views.private import private
from orders import access
from orders.models import Order
from orders.views.order import open_link
from privacy import policies, rate_limits
from privacy.consent import ConsentGiven
from privacy.models import Child
from privacy.purposes import Actor
from refunds import evidence, return_label, return_page, returns
from refunds.forms.returns import AppealForm, EvidenceForm, MoreForm, ReturnForm
from refunds.models import Return
from refunds.returns import CannotReturn, Refused, TooManyCopies

POSTS_PER_HOUR = 20
PICTURE_SIDE = 1200  # pixels
TOO_OFTEN = "That was a lot of photos in an hour. Please try again later; what we have is kept."


@never_cache
def open_return(request: HttpRequest, token: str, of_return: str) -> HttpResponse:
    """The link in a mail: as the order's own link, and then on to the return."""
    answer = open_link(request, token)
    if answer.status_code != 302:
        return answer
    return redirect(f"{answer['Location']}returns/{of_return}/")


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@private
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Tell us about a fault within 7 days of delivery (P24). Wrong input loses nothing: words are in the answer, photos
    that were accepted wait in the vault."""
    order = access.order_for(request, number)
    if order.state not in returns.ARRIVED and not order.lines.exclude(print_jobs__shipped_at=None).exists():
        return redirect("orders:order", order.number)
    if not returns.may_return(order):
        return _too_late(request, order, 409 if request.method == "POST" else 200)
    draft = evidence.draft(request.POST.get("draft", ""), order)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ReturnForm(*data, order=order, kept=draft)
    if request.method != "POST":
        return _ask_page(request, order, form)
    if not rate_limits.allow(request, action="return", limit=POSTS_PER_HOUR, seconds=3600):
        form.add_error(None, TOO_OFTEN)
        return _ask_page(request, order, form, status=429)
    good = form.is_valid()
    with transaction.atomic():
        draft = _store(form, words=good)
        if good:
            try:
                with transaction.atomic():
                    asked = returns.ask(
                        order=order,
                        copies=form.copies(),
                        reason=form.cleaned_data["reason"],
                        wish=form.cleaned_data["wish"],
                        draft=draft,
                    )
            except CannotReturn:
                return _too_late(request, order, 409)
            except TooManyCopies as error:
                form.add_error(f"copies_{error.line.pk}", "Some of these copies are part of another return already.")
            else:
                messages.success(request, "Thank you. We look at it within two working days and write to you.")
                return redirect("refunds:return", order.number, asked.number)
    return _ask_page(request, order, form, status=400 if "consent" in form.errors else 422)


def _store(form: EvidenceForm, *, words: bool) -> Child | None:
    """Keep the photos that were accepted, and the words once everything is right; the subject, if there is any."""
    child = form.kept
    if child is not None and form.agreed:
        for number in form.removed:
            evidence.remove_photo(child, number)
    text = form.cleaned_data.get("words", "") if words else ""
    if form.agreed and (form.accepted or text.strip()):
        child = child or evidence.begin(consent=ConsentGiven.for_evidence())
        evidence.add(child, photos=form.accepted, words=text)
        form.kept = child
        form.accepted = []
    return child


@require_GET
@private
def draft_photo(request: HttpRequest, number: str, token: str, photo: int) -> HttpResponse:
    """A photo of a return that is still being filled in."""
    order = access.order_for(request, number)
    child = evidence.draft(token, order)
    if child is None:
        raise Http404
    return _picture(child, photo)


@require_GET
@private
def show(request: HttpRequest, number: str, of_return: str) -> HttpResponse:
    """A return: where it is, what comes next, photos and words, who looked, and what the customer can do."""
    found = _find(request, number, of_return)
    return render(request, "refunds/return.html", return_page.context(found))


@require_GET
@private
def photo(request: HttpRequest, number: str, of_return: str, photo: int) -> HttpResponse:
    """A photo of the fault; 410 once it is forgotten (P25)."""
    found = _find(request, number, of_return)
    if found.evidence is None:
        raise Http404
    return _picture(found.evidence, photo)


@require_GET
@never_cache
def label(request: HttpRequest, number: str, of_return: str) -> HttpResponse:
    """The label for the parcel, as a PDF."""
    found = _find(request, number, of_return)
    if not return_page.has_label(found):
        raise Http404
    return return_label.answer(found)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@private
def more(request: HttpRequest, number: str, of_return: str) -> HttpResponse:
    """Add the photos that we asked for (P25)."""
    return _evidence(
        request, _find(request, number, of_return), MoreForm, "refunds/return_more.html", returns.add_photos
    )


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@private
def appeal(request: HttpRequest, number: str, of_return: str) -> HttpResponse:
    """Have a colleague look again."""

    def send(of: Return, *, photos: Any, words: str, draft: Child | None) -> None:
        returns.appeal(of, words=words, draft=draft)
        if photos and of.evidence is not None:
            evidence.add(of.evidence, photos=photos)

    return _evidence(request, _find(request, number, of_return), AppealForm, "refunds/return_appeal.html", send)


def _evidence(
    request: HttpRequest, found: Return, form_class: type[EvidenceForm], template: str, send: Any
) -> HttpResponse:
    """More photos or words for a return: into what is open, or into a new subject with its own consent and clock."""
    open_one = found.evidence if evidence.is_open(found.evidence) else None
    draft = evidence.draft(request.POST.get("draft", ""), found.order)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = form_class(*data, kept=open_one or draft, agreed=open_one is not None)
    status = 200
    if request.method == "POST":
        good = form.is_valid()
        if not rate_limits.allow(request, action="return", limit=POSTS_PER_HOUR, seconds=3600):
            form.add_error(None, TOO_OFTEN)
            good = False
        if good:
            try:
                with transaction.atomic():
                    child = form.kept
                    if child is None and form.agreed and (form.accepted or form.cleaned_data["words"].strip()):
                        child = evidence.begin(consent=ConsentGiven.for_evidence())
                    send(found, photos=form.accepted, words=form.cleaned_data["words"], draft=child)
            except Refused:
                messages.warning(request, "This return has moved on meanwhile. Here is where it is now.")
            else:
                messages.success(request, "Thank you, we have it.")
            return redirect("refunds:return", found.order.number, found.number)
        if open_one is None:
            with transaction.atomic():
                _store(form, words=False)
        status = 400 if "consent" in form.errors else 429 if TOO_OFTEN in form.non_field_errors() else 422
    return render(request, template, return_page.context(found) | _form_page(found.order, form), status=status)


@require_http_methods(["POST"])
@never_cache
def act(request: HttpRequest, number: str, of_return: str) -> HttpResponse:
    """The buttons of a return's page: withdraw it, choose another solution, forget the photos, make the book anew."""
    found = _find(request, number, of_return)
    try:
        return return_page.act(request, found)
    except Refused:
        messages.warning(request, "This return has moved on meanwhile. Here is where it is now.")
    return redirect("refunds:return", found.order.number, found.number)


def _find(request: HttpRequest, number: str, of_return: str) -> Return:
    order = access.order_for(request, number)
    found = Return.objects.select_related("order", "evidence", "replacement", "case").filter(
        order=order, number=of_return
    )
    for one in found:
        return one
    raise Http404


def _picture(child: Child, number: int) -> HttpResponse:
    jpeg = evidence.photo(child, number, actor=Actor.parent()).reveal()
    return HttpResponse(photos.shrink(jpeg, side=PICTURE_SIDE), content_type="image/jpeg")


def _form_page(order: Order, form: EvidenceForm) -> dict[str, Any]:
    """What a form with photos shows. A draft is named by its token, and its photos are shown."""
    token = evidence.token(form.kept, order) if form.kept is not None and "consent" in form.fields else ""
    return {
        "order": order,
        "form": form,
        "draft": token,
        "kept": [
            (number, reverse("refunds:draft_photo", args=[order.number, token, number])) for number in form.held
        ] if token else [],
        "most": evidence.MOST_PHOTOS,
        "policy": policies.current("privacy"),
    }  # fmt: skip


def _ask_page(request: HttpRequest, order: Order, form: ReturnForm, *, status: int = 200) -> HttpResponse:
    page = _form_page(order, form) | {
        "until": returns.return_until(order),
        "window": settings.RETURN_WINDOW.days,
        "others": list(order.returns.order_by("pk")),
    }
    return render(request, "refunds/return_ask.html", page, status=status)


def _too_late(request: HttpRequest, order: Order, status: int) -> HttpResponse:
    """Day 8: our promise is over, the law's is not, and a person can be reached (P24, P43)."""
    contact = reverse("privacy:contact")
    page = {
        "order": order,
        "until": returns.return_until(order),
        "window": settings.RETURN_WINDOW.days,
        "today": timezone.localdate(),
        "complain": f"{contact}?topic=complaint&order_number={order.number}",
        "write": f"{contact}?topic=return&order_number={order.number}",
    }
    return render(request, "refunds/return_too_late.html", page, status=status)
