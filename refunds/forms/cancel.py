"""Why an order is cancelled: what a parent may say, and what staff note."""

from django import forms

from refunds.models import Case

_IN_THEIR_WORDS = {
    Case.Reason.NOT_PUT_RIGHT: "It could not be put right",
    Case.Reason.NOT_LIKED: "It is not what we hoped for",
    Case.Reason.TOO_LATE: "It would come too late",
    Case.Reason.MISTAKE: "I ordered it by mistake",
    Case.Reason.OTHER: "Another reason",
}


class WhyForm(forms.Form):
    """Why a parent cancels. Nothing is required and nothing chosen for them; their own words are not asked for, because
    they would speak of the child."""

    reason = forms.ChoiceField(
        label="Would you like to tell us why?",
        required=False,
        choices=[(str(reason), words) for reason, words in _IN_THEIR_WORDS.items()],
        widget=forms.RadioSelect,
        help_text="It helps us to make better books. You get your money back whatever you choose.",
        error_messages={"invalid_choice": "Please choose one of these reasons, or none."},
    )


class CancelForm(forms.Form):
    """Staff cancel an order or a book, and give the money back."""

    note = forms.CharField(
        label="Note for colleagues",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Nothing about the child, please: this stays with the order.",
    )
    sure = forms.BooleanField(
        label="I have read what will happen",
        error_messages={"required": "Please tick this to go on. It cannot be undone."},
    )
