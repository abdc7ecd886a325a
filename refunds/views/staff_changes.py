"""Staff read what a parent asked for, after saying why, and answer. Reached from the admin."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from books import editions, revisions
from books.models import Edition
from books.page_images import page_in_words
from orders.views.staff_frame import framed, member, staff_only
from privacy import passes
from privacy.purposes import Actor
from privacy.vault import AccessRefused, Forgotten, NotInVault
from refunds import answer_deadlines, changes
from refunds.forms.change import AnswerForm
from refunds.models import ChangeRequest
from refunds.views.staff_pass import FIELD, opening


def asked_for(request_id: int) -> tuple[ChangeRequest, Edition | None]:
    """A change request with its book, or Http404."""
    asked = get_object_or_404(
        ChangeRequest.objects.select_related("line__order", "line__edition__child"), pk=request_id
    )
    return asked, asked.line.edition


@staff_only("refunds.change_changerequest")
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def change(request: HttpRequest, request_id: int) -> HttpResponse:
    """Read what a parent asked for, after saying why, and answer. What was typed stays when it is refused."""
    asked, edition = asked_for(request_id)
    user = member(request)
    page: dict[str, Any] = {
        "title": f"Change request for {asked.line.order.number}",
        "asked": asked,
        "answer_by": answer_deadlines.answer_by(asked),
        "late": answer_deadlines.overdue().filter(pk=asked.pk).exists(),
        "changeable": changes.changeable(asked.line),
    }
    if edition is None:
        return _page(request, {**page, "forgotten": True}, 410)
    look = opening(request, edition.child)
    page["reason"] = look.form
    status = look.status
    answer = AnswerForm(request.POST if "text" in request.POST else None)
    if look.reason:
        try:
            editions.require_open(edition.child)
            said = changes.conversation(asked.line, actor=Actor.staff(user), reason=look.reason)
            page |= {
                "answer": answer,
                **_told(asked, edition, said, passes.issue(edition.child, user=user, reason=look.reason)),
            }
            status = 422 if answer.errors else 200
            if answer.is_bound and answer.is_valid():
                changes.answer(asked, staff=user, text=answer.cleaned_data["text"])
                messages.success(request, "Sent. The parent has been told by mail.")
                return redirect("admin:refunds_changerequest_changelist")
        except changes.CannotAsk:
            page["over"], status = True, 409
        except AccessRefused as error:
            page["refused"], status = error, 403
        except (Forgotten, NotInVault):
            page["forgotten"], status = True, 410
    return _page(request, page, status)


def _told(asked: ChangeRequest, edition: Edition, said: list[changes.Message], token: str) -> dict[str, Any]:
    """The conversation, each message with the page it is about, and the ways on from it."""
    story = revisions.story_of(edition)
    history = list(edition.revisions.order_by("-number"))
    query = f"?{FIELD}={token}"

    def picture(page: int) -> str:
        return reverse("refunds:version_page", args=[asked.pk, history[0].number, page]) + query

    return {
        "said": [
            {
                "message": one,
                "about": None if one.page is None else page_in_words(story, one.page),
                "picture": None if one.page is None else picture(one.page),
            }
            for one in said
        ],
        "pass": token,
        "history": history,
        "compare": reverse("refunds:staff_compare", args=[asked.pk]) + query,
        "propose": reverse("refunds:propose", args=[asked.pk]) + query,
        "cover": picture(0),
    }


def _page(request: HttpRequest, page: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "refunds/staff_change.html", framed(request, page), status=status)
