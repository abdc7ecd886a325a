"""What parents and staff write in a conversation about a digital copy."""

from collections.abc import Sequence
from itertools import zip_longest

from django import forms
from django.http import QueryDict

from books import editions
from books.story import Story
from refunds.changes import MAX_LENGTH, Wish

MOST_WISHES = 8
WHOLE_BOOK = "book"
_MISSING = "Please write what we can do for you."


def _page(choice: str) -> int | None:
    return None if choice == WHOLE_BOOK else int(choice)


def _words(label: str, hint: str, missing: str, rows: int) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": missing, "max_length": "Please use at most %(limit_value)s characters."},
    )


class AskForm(forms.Form):
    """One wish of a parent: what it is about, and the words. Several of them are sent in one go, each with fields of
    the same names."""

    page = forms.TypedChoiceField(label="What is it about?", coerce=_page)
    text = _words("Your message to us", "", _MISSING, 4)

    use_required_attribute = False

    def __init__(self, *args: object, story: Story, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        pages = [(page, editions.page_label(story, page)) for page in editions.page_numbers(story)]
        choice = self.fields["page"]
        assert isinstance(choice, forms.TypedChoiceField)
        choice.choices = [(WHOLE_BOOK, "The whole book, or something else"), *pages]
        for wrong in ("required", "invalid_choice"):
            choice.error_messages[wrong] = "Please choose one of the pages."

    @property
    def wish(self) -> Wish:
        """What was asked for. Call it on a valid form only."""
        return Wish(self.cleaned_data["text"], self.cleaned_data["page"])


def empty_wish(story: Story, *, page: str | None = None, auto_id: str = "ask-%s") -> AskForm:
    """A wish still to be written, with a page chosen already where the address names one."""
    return AskForm(story=story, initial={"page": page} if page else {}, auto_id=auto_id)


def wishes_in(data: QueryDict, story: Story) -> list[AskForm]:
    """The wishes that were sent, at most `MOST_WISHES`, as many as there are words; without any, one that complains."""
    sent = zip_longest(data.getlist("text"), data.getlist("page"))
    rows = [(text, page or WHOLE_BOOK) for text, page in sent if text and text.strip()]
    rows = rows or [("", data.get("page", WHOLE_BOOK))]
    return [
        AskForm({"text": text, "page": page}, story=story, auto_id=f"ask-{number}-%s")
        for number, (text, page) in enumerate(rows[:MOST_WISHES])
    ]


def all_valid(forms_: Sequence[AskForm]) -> bool:
    """Whether every wish can be sent; looks at each of them, so that each shows its error."""
    for form in forms_:
        form.full_clean()
    return all(form.is_valid() for form in forms_)


class AnswerForm(forms.Form):
    """A member of staff's answer."""

    text = _words(
        "Answer",
        "The parent is told by mail and reads it on the order’s page.",
        "Write an answer.",
        6,
    )


class ProposalForm(forms.Form):
    """What a member of staff writes with a new version; `seen` is the version that they changed."""

    text = _words(
        "What have you changed?",
        "The parent reads it beside the new version, and approves it or goes back. Do not name the child here.",
        "Tell the parent what you have changed.",
        4,
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    use_required_attribute = False


class CompareForm(forms.Form):
    """Which two versions lie side by side; a number that is none is left out."""

    left = forms.IntegerField(required=False, min_value=1, max_value=10**6)
    right = forms.IntegerField(required=False, min_value=1, max_value=10**6)
