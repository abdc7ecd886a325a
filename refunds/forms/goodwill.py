"""What staff give back because something went wrong, without anything coming back."""

from decimal import Decimal

from django import forms


class GoodwillForm(forms.Form):
    """How much, and why. `seen` is the order's newest case when the page was shown: a second click is the same case."""

    amount = forms.DecimalField(
        label="Amount",
        min_value=Decimal("0.01"),
        decimal_places=2,
        max_digits=8,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="In the order's currency, as in 5.00.",
        error_messages={
            "required": "Please say how much goes back.",
            "invalid": "Please write the amount in figures, as in 5.00.",
            "min_value": "Please give back one cent at least.",
            "max_decimal_places": "Please write whole cents, as in 5.00.",
        },
    )
    note = forms.CharField(
        label="Why, for colleagues",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Nothing about the child, please: this stays with the order. The customer does not read it.",
        error_messages={"required": "Please say why, so that colleagues understand it later."},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    @property
    def cents(self) -> int:
        """The amount in minor units."""
        return int(self.cleaned_data["amount"] * 100)
