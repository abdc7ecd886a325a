"""The page on which a member of staff reads the policy and the rules, and acknowledges them for themselves (P14)."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import User
from privacy import access, policies, rate_limits, training

TRIES_PER_HOUR = 10


class AcknowledgeForm(forms.Form):
    """Read, understood, and it is really you. `policy` is the version that was shown."""

    policy = forms.IntegerField(widget=forms.HiddenInput)
    read = forms.BooleanField(
        label="I have read the privacy policy and these rules, and I will keep to them",
        error_messages={"required": "Please tick this once you have read both."},
    )
    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Please type your password: nobody else can acknowledge this for you."},
    )


@never_cache
@staff_member_required
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Show the policy in force and the rules; record that whoever is signed in has read them."""
    assert isinstance(request.user, User)
    user, policy = request.user, policies.current("privacy")
    form = AcknowledgeForm(request.POST if request.method == "POST" else None, initial={"policy": policy.pk})
    status = 200
    if request.method == "POST":
        status = _check(request, form, user, policy.pk)
        if status == 200:
            training.acknowledge(user, policy)
            messages.success(request, "Thank you. It is noted that you have read and acknowledged them.")
            return redirect("privacy:training")
    if status == 409:
        form = AcknowledgeForm(initial={"policy": policy.pk})
    page = {
        **admin.site.each_context(request),
        "title": "How we look after children’s data",
        "policy": policy,
        "form": form,
        "state": training.state_of(user),
        "may_look": user.has_perm(access.PERMISSION),
        "changed": status == 409,
        "colleagues": training.colleagues() if user.has_perm("privacy.view_stafftraining") else (),
    }
    return render(request, "privacy/training.html", page, status=status)


def _check(request: HttpRequest, form: AcknowledgeForm, user: User, policy: int) -> int:
    """200 if everything is in order; otherwise the status of the answer, with the errors in the form."""
    if not form.is_valid():
        return 422
    if form.cleaned_data["policy"] != policy:
        return 409  # a new version came into force while this one was read
    if not rate_limits.allow(request, action="training", limit=TRIES_PER_HOUR, seconds=3600):
        form.add_error(None, "That was a lot of tries in an hour. Please try again later.")
        return 429
    found = authenticate(request, username=user.email, password=form.cleaned_data["password"])
    if found is None or found.pk != user.pk:
        form.add_error("password", "This is not your password.")
        return 422
    return 200
