"""Why staff cancel an order."""

from django import forms


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
