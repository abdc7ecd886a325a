"""What parents and staff write in a conversation about a digital copy."""

from django import forms

from refunds.changes import MAX_LENGTH


def _words(label: str, hint: str, missing: str, rows: int) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": missing, "max_length": "Please use at most %(limit_value)s characters."},
    )


class AskForm(forms.Form):
    """A parent's message."""

    text = _words(
        "Your message to us",
        "We answer within a working day, here on this page, and tell you by e-mail. "
        "What you write is forgotten with everything else about the child.",
        "Please write what we can do for you.",
        4,
    )


class AnswerForm(forms.Form):
    """A member of staff's answer."""

    text = _words(
        "Answer",
        "The parent is told by mail and reads it on the order’s page.",
        "Write an answer.",
        6,
    )
