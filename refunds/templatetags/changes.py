"""The conversation about a digital copy, for the parent's pages."""

from typing import Any

from django import template

from orders.models import OrderLine
from privacy.forgetting import Forgotten, NotInVault
from privacy.purposes import Actor
from refunds import changes
from refunds.forms.change import AskForm

register = template.Library()


@register.inclusion_tag("refunds/conversation.html", takes_context=True)
def conversation(context: dict[str, Any], line: OrderLine) -> dict[str, Any]:
    """What was said about a book, and the form to say more. Once the child is forgotten so are the words (P10, P35):
    the page around them still shows."""
    try:
        said = changes.conversation(line, actor=Actor.parent())
    except (Forgotten, NotInVault):
        said = []
    return {
        "line": line,
        "order": line.order,
        "messages": said,
        "form": AskForm(auto_id=f"ask-{line.pk}-%s"),
        "csrf_token": context.get("csrf_token"),
    }
