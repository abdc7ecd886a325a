"""What a second person says to a proposal."""

from django import forms


class DeclineForm(forms.Form):
    """Why a proposal is not carried out."""

    why = forms.CharField(
        label="Why not",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For colleagues. Nothing about the child, please.",
        error_messages={"required": "Please say why, so that your colleague understands it."},
    )
