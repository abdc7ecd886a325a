"""The form of "Personalise this book": one child or two, and what is said once for the whole book."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from books import names
from books.forms import ChildForm, ChoiceOf, first_answers, initial_of
from books.personalisation import OLDER, YOUNGER, Personalisation
from books.photo import SanitisedPhoto
from books.story import Story
from privacy.masked import Masked

ONE, TWO = "one", "two"
SECOND = "second"  # before the names of the second child's controls


class BookForm(forms.Form):
    """How many children, whose age the words fit, and the dedication, around a `ChildForm` for each child.

    What comes with the second child's controls counts in a book about two only: otherwise it is neither checked nor
    opened nor kept (P1). `kept`: what the vault has of a book that is being changed; it stays about as many children.
    """

    about = ChoiceOf(message="Please say whether the book is about one child or two.", required=False, initial=ONE)
    told_to = ChoiceOf(message="Please pick whose age the words should fit.", required=False, initial=YOUNGER)
    dedication = forms.CharField(required=False, strip=False)

    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: "MultiValueDict[str, UploadedFile[bytes]] | None" = None,
        *,
        story: Story,
        kept: Masked[Personalisation] | None = None,
    ) -> None:
        said = kept.reveal() if kept is not None else None
        initial = {"dedication": said.dedication, "told_to": said.told_to} if said is not None else {}
        super().__init__(data, files, initial=initial)
        self.story = story
        self.kept = kept
        for field, choices in {"about": (ONE, TWO), "told_to": (YOUNGER, OLDER)}.items():
            choice = self.fields[field]
            assert isinstance(choice, forms.ChoiceField)
            choice.choices = [(key, key) for key in choices]
        each = said.children if said is not None else (None,) * story.children
        if kept is not None or story.children == 1:
            del self.fields["about"]
        if len(each) == 1:
            del self.fields["told_to"]
        self.count = len(each)
        if "about" in self.fields:
            self.count = 2 if self["about"].value() == TWO else 1
        # All who are in the page, whether or not the second is asked for.
        self.child_forms = [self._child(child, number) for number, child in enumerate(each, 1)]

    def _child(self, said: Personalisation | None, number: int) -> ChildForm:
        kept = Masked(said) if said is not None else None
        prefix = SECOND if number == 2 else None
        asked = number <= self.count
        data, files = (self.data, self.files) if self.is_bound and asked else (None, None)
        form = ChildForm(data, files, story=self.story, kept=kept, prefix=prefix)
        if kept is not None:
            form.initial = initial_of(kept)
        else:
            # Two siblings begin in coats of different colours.
            form.initial = first_answers(form.outfit_options[(number - 1) % len(form.outfit_options)].key)
        if self.is_bound and not asked:
            # What was typed before the parent decided for one child comes back with the page, and goes nowhere else.
            form.initial |= form.typed(self.data)
        return form

    @property
    def children(self) -> list[ChildForm]:
        """Those who are asked for."""
        return self.child_forms[: self.count]

    @property
    def declared(self) -> bool:
        """Whether both declarations were given for each child (P2)."""
        return all(child.declared for child in self.children)

    def clean_dedication(self) -> Masked[str]:
        try:
            return Masked(names.clean_dedication(self.cleaned_data["dedication"]))
        except names.UnprintableName as error:
            raise ValidationError(str(error)) from None

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.declared:
            # Without all declarations nothing is done with anybody's photo, not even opening it (P2).
            for child in self.children:
                child.open_photo()

    def is_valid(self) -> bool:
        return super().is_valid() and all(child.is_valid() for child in self.children)

    def errors_by_control(self) -> dict[str, list[str]]:
        """Every error of the book and its children, by the names that the controls have in the page."""
        found: dict[str, list[str]] = {}
        for child in self.children:
            found |= child.errors_by_control()
        return found | {field: [str(error) for error in errors] for field, errors in self.errors.items()}

    @property
    def photos(self) -> tuple[SanitisedPhoto | None, SanitisedPhoto | None]:
        """The new photo of the first child and of the second, where there are such."""
        first, second = [*(child.sanitised_photo for child in self.children), None][:2]
        return first, second

    def personalisation(self) -> Masked[Personalisation]:
        """What was said, ready for the vault. Call it on a valid form only."""
        first, *others = (child.personalisation().reveal() for child in self.children)
        said = replace(first, dedication=self.cleaned_data["dedication"].reveal())
        if others:
            told_to = self.cleaned_data["told_to"] or YOUNGER
            both = replace(said, sibling=others[0], told_to=told_to)
            # Where the same words fit both, nothing was asked.
            said = both if both.band != replace(both, told_to=YOUNGER).band else replace(both, told_to=YOUNGER)
        return Masked(said)
