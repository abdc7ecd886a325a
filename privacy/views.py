"""Pages about privacy: the policies, the contact form, and what a parent can do about a child's data."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from privacy import children, policies, rate_limits, register
from privacy.contact import ContactForm, receive
from privacy.forgetting import Forgotten
from privacy.models import Child, PolicyVersion, Receipt, VaultAccess

MESSAGES_PER_HOUR = 5


@require_GET
def policy(request: HttpRequest, slug: str, version: str = "") -> HttpResponse:
    """A policy as it is in force, or an earlier version (P31)."""
    try:
        in_force = policies.current(slug)
    except policies.NoSuchPolicy as error:
        raise Http404 from error
    shown = get_object_or_404(PolicyVersion, slug=slug, version=version) if version else in_force
    context = {
        "policy": shown,
        "title": policies.TITLES[slug],
        "in_force": in_force,
        "versions": PolicyVersion.objects.filter(slug=slug),
        "today": timezone.localdate(),
        "providers": register.providers() if slug == "privacy" else (),
    }
    return render(request, "privacy/policy.html", context)


@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """The contact form (P9). Works without an account."""
    form = ContactForm(request.POST or None, initial=_known(request))
    if request.method != "POST":
        return render(request, "privacy/contact.html", {"form": form, "answer_days": register.ANSWER_WITHIN.days})
    if not form.is_valid():
        return _contact_again(request, form, status=422)
    if form.is_spam:
        # A program filled in the field that people do not see; it learns nothing from the answer.
        return redirect("privacy:contact_received")
    if not rate_limits.allow(request, action="contact", limit=MESSAGES_PER_HOUR, seconds=3600):
        form.add_error(None, "That was a lot of messages in an hour. Please try again later, or write us an e-mail.")
        return _contact_again(request, form, status=429)
    message = receive(form.cleaned_data)
    request.session["contact_reference"] = message.reference
    return redirect("privacy:contact_received")


@require_GET
@never_cache
def contact_received(request: HttpRequest) -> HttpResponse:
    """The message has arrived."""
    context = {
        "reference": request.session.get("contact_reference", ""),
        "answer_days": register.ANSWER_WITHIN.days,
        "message_days": register.MESSAGE_RETENTION.days,
    }
    return render(request, "privacy/contact_received.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def forget(request: HttpRequest, edition: UUID) -> HttpResponse:
    """What we know about a child and who looked (P12); after a click on the button, nothing any more (P5,
    P8)."""
    child = children.find(request, edition)
    if child is None:
        raise Http404
    if request.method == "POST":
        return _receipt(children.forget(child, reason=Child.End.DELETED))
    if child.receipt is not None:
        return _receipt(child.receipt)
    if not children.is_open(child):
        raise Forgotten(Child.End(child.end_reason) if child.end_reason else Child.End.EXPIRED)
    context = {
        "child": child,
        "until": child.abandoned_at or child.expires_at,
        "accesses": _who_looked(child),
        "edition": edition,
    }
    return render(request, "privacy/forget.html", context)


@require_GET
def receipt(request: HttpRequest, sha256: str) -> HttpResponse:
    """The receipt of a forgetting. It holds nothing about anybody, so whoever has the address may see it."""
    return render(request, "privacy/receipt.html", {"receipt": get_object_or_404(Receipt, sha256=sha256)})


def _contact_again(request: HttpRequest, form: ContactForm, *, status: int) -> HttpResponse:
    context = {"form": form, "answer_days": register.ANSWER_WITHIN.days}
    return render(request, "privacy/contact.html", context, status=status)


def _known(request: HttpRequest) -> dict[str, Any]:
    """What the form can fill in by itself: who is signed in, and what a link to it says."""
    known: dict[str, Any] = {}
    for name in ("topic", "order_number"):
        if value := request.GET.get(name):
            known[name] = value[:12]
    if request.user.is_authenticated:
        known |= {"name": request.user.name, "email": request.user.email}
    return known


def _receipt(receipt: Receipt) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("privacy:receipt", args=[receipt.sha256]))


def _who_looked(child: Child) -> list[dict[str, Any]]:
    """The access log in words, the latest first. Staff are people with a number here, not with a name."""
    shown = []
    for access in VaultAccess.objects.filter(child=child).order_by("-hour", "-pk")[:200]:
        actor, _, which = access.actor.partition(":")
        who = {
            "parent": "You",
            "staff": f"Our staff (no. {which})",
            "system": "Our machine, by itself",
            "printer": "The printer",
        }.get(actor, actor)
        why = access.reason or PURPOSES.get(access.purpose, access.purpose)
        what = THINGS.get(access.kind, access.kind)
        shown.append({"who": who, "what": what, "why": why, "hour": access.hour, "count": access.count})
    return shown


THINGS = {
    "personalisation": "name, age, looks and dedication",
    "preview page": "pages of the preview",
    "full page": "pages of the digital copy",
    "interior": "print file of the pages",
    "cover": "print file of the cover",
    "message": "words between you and us",
}
PURPOSES = {
    "preview": "to show you your book",
    "render": "to draw your book",
    "print": "to print your book",
    "rights": "to do what you asked for",
}
