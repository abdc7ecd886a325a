"""The conversation about a digital copy and its versions, for the parent's pages."""

from typing import Any

from django import template
from django.urls import reverse

from books import revisions
from books.page_images import page_in_words
from orders.models import OrderLine
from privacy.forgetting import Forgotten, NotInVault
from privacy.purposes import Actor
from refunds import changes
from refunds.forms.change import empty_wish

register = template.Library()


@register.inclusion_tag("refunds/conversation.html", takes_context=True)
def conversation(context: dict[str, Any], line: OrderLine) -> dict[str, Any]:
    """What was said about a book, and the form to say more while it can be changed. Once the child is forgotten so are
    the words (P10, P35): the page around them still shows."""
    try:
        said = changes.conversation(line, actor=Actor.parent())
    except (Forgotten, NotInVault):
        said = []
    request = context.get("request")
    edition = line.edition
    assert edition is not None
    story = revisions.story_of(edition)
    newest = revisions.latest(edition).number
    page = request.GET.get("page") if request is not None else None
    return {
        "line": line,
        "order": line.order,
        "messages": [
            {
                "said": one,
                "about": None if one.page is None else page_in_words(story, one.page),
                "picture": None if one.page is None else reverse("books:page", args=[edition.pk, newest, one.page]),
                "before": one.version - 1 if one.version else None,
            }
            for one in said
        ],
        "open": changes.changeable(line),
        "wishes": [empty_wish(story, page=page, auto_id=f"ask-{line.pk}-%s")],
        "edit": reverse("books:edit", args=[edition.pk]),
        "csrf_token": context.get("csrf_token"),
    }
