"""The reason without which staff see nothing of a child."""

from django import forms

from privacy import reasons


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
