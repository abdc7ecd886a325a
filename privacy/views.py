"""Pages about privacy for everybody: the policies and the contact form. The parent's own page is in `data_views`."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from privacy import policies, rate_limits, register
from privacy.contact import ContactForm, receive
from privacy.models import PolicyVersion

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
