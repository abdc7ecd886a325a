"""What parents and staff write in a conversation about a digital copy, and why staff cancel."""

from django import forms

from privacy import reasons
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


class ReasonForm(forms.Form):
    """Why somebody looks at a child's data; the parent can read it (P12)."""

    reason = forms.CharField(
        label="Why do you need to see this?",
        max_length=200,
        help_text=reasons.HELP,
        error_messages={"required": "Please say why. It is logged and shown to the parent."},
    )

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        try:
            reasons.require_reason(reason)
        except reasons.NoReason as error:
            raise forms.ValidationError(str(error)) from error
        return reason


class CancelForm(forms.Form):
    """Cancelling an order and giving the money back."""

    note = forms.CharField(
        label="Note for colleagues",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Nothing about the child, please: this stays with the order.",
    )
    sure = forms.BooleanField(
        label="Cancel this order, forget the child's data now, and give back everything that was paid",
        error_messages={"required": "Please tick this to go on. It cannot be undone."},
    )
