"""What a customer tells us about a faulty book, and what staff decide about it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from books import photo
from books.photo import SanitisedPhoto
from orders import prices
from orders.models import Order, OrderLine
from privacy import consent
from privacy.models import Child
from refunds import evidence, returns
from refunds.models import Return

Reason, Wish = Return.Reason, Return.Wish
REASONS = [
    (Reason.PRINT, "Something is printed wrong: colours, smears, a page missing or upside down"),
    (Reason.BINDING, "The binding: loose pages, a crooked or open spine"),
    (Reason.TRANSPORT, "It was damaged on its way"),
    (Reason.WRONG, "It is not the book I approved"),
    (Reason.OTHER, "Something else"),
]
WISHES = [
    (Wish.REFUND, "My money back, with the delivery"),
    (Wish.REPRINT, "A new copy, free of charge"),
]


class SeveralFiles(forms.FileInput):
    """A field for several photos at once; a phone offers its camera."""

    allow_multiple_selected = True


class EvidenceForm(forms.Form):
    """Photos and words about a fault, and the consent without which neither is kept (P4, P25).

    `kept`: a subject that is open and takes them in. `agreed`: the consent for it has been given before.
    """

    words = forms.CharField(
        label="In your own words",
        required=False,
        max_length=evidence.MAX_WORDS,
        help_text="A sentence or two is enough. Please leave out names.",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": "Please use at most %(limit_value)s characters."},
    )
    photos = forms.Field(  # looked at in `clean`, each by itself
        label="Photos of it",
        required=False,
        help_text=f"Up to {evidence.MOST_PHOTOS}: the fault close by, and the whole page. Photograph the book, please,"
        " not your child.",
        widget=SeveralFiles(attrs={"accept": "image/*", "multiple": True}),
    )
    consent = forms.BooleanField(required=False)

    use_required_attribute = False
    needed = False  # whether photos or words are the point of the form

    def __init__(self, *args: Any, kept: Child | None = None, agreed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = kept
        self.accepted: list[SanitisedPhoto] = []
        self.fields["consent"].label = consent.evidence_sentence()
        if agreed:
            del self.fields["consent"]

    @property
    def agreed(self) -> bool:
        """Whether what was sent may be kept."""
        return "consent" not in self.fields or bool(self.cleaned_data.get("consent"))

    @property
    def held(self) -> list[int]:
        """The photos that are kept already and stay."""
        numbers = evidence.photo_numbers(self.kept) if self.kept is not None else []
        return [number for number in numbers if number not in self.removed]

    @property
    def removed(self) -> list[int]:
        """Kept photos that the customer takes out again."""
        raw = self.data.getlist("remove") if hasattr(self.data, "getlist") else []
        return [int(number) for number in raw if str(number).isdigit()]

    def clean(self) -> dict[str, Any]:
        uploads = self.files.getlist("photos") if hasattr(self.files, "getlist") else []
        said = bool(self.cleaned_data.get("words", "").strip())
        if (uploads or said) and not self.agreed:
            self.add_error(
                "consent",
                "Without your consent we may not keep your photos and words. Please tick the box, or leave them out.",
            )
            return self.cleaned_data  # nothing is done with the photos, not even opening them (P2)
        room = evidence.MOST_PHOTOS - len(self.held)
        for number, upload in enumerate(uploads, 1):
            self._take(upload, number, several=len(uploads) > 1, room=room)
        if self.needed and not (self.accepted or said or self.held):
            self.add_error("photos", "Please add a photo, or write what we should know.")
        return self.cleaned_data

    def _take(self, upload: "UploadedFile[bytes]", number: int, *, several: bool, room: int) -> None:
        if len(self.accepted) >= room:
            if len(self.accepted) == room:
                self.add_error("photos", f"At most {evidence.MOST_PHOTOS} photos, please. Take one out to add another.")
            return
        try:
            self.accepted.append(photo.sanitise(upload))
        except photo.PhotoRejected as error:
            self.add_error("photos", f"Photo {number}: {error}" if several else str(error))


class MoreForm(EvidenceForm):
    """The photos that we asked for."""

    needed = True


class AppealForm(EvidenceForm):
    """Why a colleague should look again; nothing of it is required."""


class ReturnForm(EvidenceForm):
    """Which books, what is wrong with them, and what the customer would like."""

    reason = forms.ChoiceField(
        label="What kind of fault is it?",
        choices=REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose what comes closest.", "invalid_choice": "Please choose one."},
    )
    wish = forms.ChoiceField(
        label="What would you like?",
        choices=WISHES,
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose one; you can still change it.", "invalid_choice": "Please choose."},
    )

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left: Mapping[OrderLine, int] = returns.returnable(order)
        if order.replaces_id is not None:  # it cost nothing: a person gives the money of the first one back
            wish = self.fields["wish"]
            assert isinstance(wish, forms.ChoiceField)
            wish.choices = WISHES[1:]
            wish.help_text = "If you would rather have your money back this time, please write to us."
        one = len(self.left) == 1
        for line, left in self.left.items():
            shape = prices.FORMATS[line.format].label.lower()
            self.fields[f"copies_{line.pk}"] = (
                forms.BooleanField(label=f"{line.title}, {shape}", required=False, initial=one)
                if left == 1
                else forms.IntegerField(
                    label=f"{line.title}, {shape}: how many copies?",
                    required=False,
                    min_value=0,
                    max_value=left,
                    help_text=f"Of {left}. Leave it at 0 if they are all fine." if not one else f"Of {left}.",
                    initial=0,
                    error_messages={
                        "max_value": f"There are {left} copies of this book.",
                        "invalid": "Please write a number.",
                        "min_value": "Please write a number.",
                    },
                )
            )

    def books(self) -> list[forms.BoundField]:
        """The fields of the books, in the order of the order."""
        return [self[f"copies_{line.pk}"] for line in self.left]

    def copies(self) -> dict[int, int]:
        """How many copies of which line. Call it on a cleaned form."""
        said = {line.pk: int(self.cleaned_data.get(f"copies_{line.pk}") or 0) for line in self.left}
        return {key: count for key, count in said.items() if count > 0}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        wrong = any(name.startswith("copies_") for name in self.errors)
        if not wrong and not self.copies():
            self.add_error(None, "Please tell us which book it is about.")
        return cleaned


# --- staff ------------------------------------------------------------------------------------------------------------

_PUBLIC = "The customer reads this, by mail and on the page. Not about the child: it stays with the return."


def _words(label: str, *, required: bool, hint: str = _PUBLIC) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=300,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Please write it: the customer wants to know."},
    )


class MorePhotosForm(forms.Form):
    """What staff need to see."""

    what = _words("What should the photos show?", required=True)


class InspectionForm(forms.Form):
    """What an inspection found."""

    verified = forms.ChoiceField(
        label="Is the fault there?",
        choices=[("yes", "Yes, the fault is there"), ("no", "No fault found")],
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose."},
    )
    finding = _words("What was found", required=False, hint=f"{_PUBLIC} Needed when no fault was found.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("verified") == "no" and not cleaned.get("finding", "").strip():
            raise ValidationError({"finding": "Please write it: the customer wants to know why."})
        return cleaned

    @property
    def yes(self) -> bool:
        return bool(self.cleaned_data["verified"] == "yes")


class AppealDecisionForm(InspectionForm):
    """What a colleague found on an appeal; always with words."""

    finding = _words("What was found", required=True)
