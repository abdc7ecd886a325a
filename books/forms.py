"""What a parent tells about one child: the form of "Personalise this book", or one half of it in a book about two.

It is filled in by hand and shown again only in the answer to its own POST; nothing of it is kept anywhere else.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from books import looks, names, palette, photo
from books.looks import Looks
from books.palette import Option
from books.personalisation import Crop, Personalisation, Picture
from books.photo import SanitisedPhoto
from books.story import Story
from privacy.masked import Masked

AGES = range(13)
COVERED = "covered"  # the group of hairstyles that hide the hair
SMALLEST_CROP = 0.04  # of the photo's width
# In the order in which they are offered.
PICTURES = (
    Option(Picture.PORTRAIT, "Storybook portrait", {}),
    Option(Picture.PHOTO, "The photo as it is", {}),
    Option(Picture.DRAWN, "Only the drawn child", {}),
)
LEGAL = ("guardian", "consent")
_AGE_MESSAGE = "Our books are for children from 0 to 12. Please pick the age in whole years."


class ChoiceOf(forms.ChoiceField):
    """One key of the palette; anything else gets `message`."""

    def __init__(self, *, message: str, required: bool = True, initial: str | None = None) -> None:
        super().__init__(
            required=required, initial=initial, error_messages={"required": message, "invalid_choice": message}
        )


class ChildForm(forms.Form):
    """Name, age, looks, photo and the two declarations for one child.

    `kept`: what the vault has of this child, in a book that is being changed; the declarations have been given then.
    """

    name = forms.CharField(
        strip=False, error_messages={"required": "Please tell us the name that belongs in the book."}
    )
    age = forms.CharField(error_messages={"required": "Please pick the age."})
    skin = ChoiceOf(message="Please pick a skin colour: we never guess it.")
    hairstyle = ChoiceOf(message="Please pick one of the hairstyles.")
    hair_colour = ChoiceOf(message="Please pick one of the hair colours.")
    eyes = ChoiceOf(message="Please pick one of the eye colours.")
    glasses = ChoiceOf(message="Please pick one of these glasses, or none.", required=False)
    extras = forms.MultipleChoiceField(
        required=False, error_messages={"invalid_choice": "Please pick from the extras shown here."}
    )
    wrap = ChoiceOf(message="Please pick one of these colours.", required=False)
    outfit = ChoiceOf(message="Please pick one of the coats.")
    photo = forms.FileField(required=False, allow_empty_file=True)
    remove_photo = forms.BooleanField(required=False)
    picture = ChoiceOf(
        message="Please pick one of the pictures for the frame.", required=False, initial=Picture.PORTRAIT
    )
    # Set by dragging, not typed: what makes no sense is ignored (see _crop), not complained about.
    crop_x = forms.CharField(required=False)
    crop_y = forms.CharField(required=False)
    crop_size = forms.CharField(required=False)
    guardian = forms.BooleanField(
        error_messages={"required": "Only a parent or guardian may make this book. Please tick the box if you are one."}
    )
    consent = forms.BooleanField(
        error_messages={"required": "Without your consent we may not use this data. Please tick the box to go on."}
    )

    use_required_attribute = False  # our own words at the field, not the browser's bubbles

    def __init__(self, *args: Any, story: Story, kept: Masked[Personalisation] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.story = story
        self.kept = kept
        self.sanitised_photo: SanitisedPhoto | None = None  # the new one, once it was opened
        self.palette = palette.load()
        if kept is not None:
            for field in LEGAL:
                del self.fields[field]
        for field, options in {
            "skin": self.palette.skins,
            "hairstyle": self.palette.hairstyles,
            "hair_colour": self.palette.hair_colours,
            "eyes": self.palette.eyes,
            "glasses": self.glasses_options,
            "extras": self.extras_options,
            "wrap": self.palette.wraps,
            "outfit": self.outfit_options,
            "picture": PICTURES,
        }.items():
            choice = self.fields[field]
            assert isinstance(choice, forms.ChoiceField)
            choice.choices = [(option.key, option.label) for option in options]

    @property
    def glasses_options(self) -> list[Option]:
        """Extras of which a face has at most one."""
        return [option for option in self.palette.extras if option.kind == "glasses"]

    @property
    def extras_options(self) -> list[Option]:
        """Extras that go together."""
        return [option for option in self.palette.extras if option.kind != "glasses"]

    @property
    def outfit_options(self) -> list[Option]:
        """The colours in which the story's own outfit comes."""
        own = self.story.outfit
        return [o for o in self.palette.outfits if o.key == own or o.key.startswith(f"{own}-")]

    def clean_name(self) -> Masked[str]:
        try:
            return Masked(names.clean(self.cleaned_data["name"]))
        except names.UnprintableName as error:
            raise ValidationError(str(error)) from None

    def clean_age(self) -> int:
        raw = self.cleaned_data["age"].strip()
        if not (raw.isascii() and raw.isdigit() and len(raw) <= 2 and int(raw) in AGES):
            raise ValidationError(_AGE_MESSAGE)
        return int(raw)

    @property
    def declared(self) -> bool:
        """Whether both declarations were given for this child (P2)."""
        return not any(field in self.errors for field in LEGAL)

    def open_photo(self) -> None:
        """Open the photo that was sent, if there is one and a page will show it (P1); a refusal becomes an error at its
        field. Nobody may call it before everything that has to be declared is (P2)."""
        upload: UploadedFile[bytes] | None = self.cleaned_data.get("photo")
        if upload is None or self.wished_picture is Picture.DRAWN:
            return
        try:
            self.sanitised_photo = photo.sanitise(upload)
        except photo.PhotoRejected as error:
            self.add_error("photo", str(error))

    def typed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What the page sent for this form's controls, unchecked: to show it again."""
        return {
            name: field.widget.value_from_datadict(data, {}, self.add_prefix(name))
            for name, field in self.fields.items()
            if self.add_prefix(name) in data
        }

    def errors_by_control(self) -> dict[str, list[str]]:
        """Errors by the names that the controls have in the page."""
        return {self.add_prefix(field): [str(error) for error in errors] for field, errors in self.errors.items()}

    def personalisation(self) -> Masked[Personalisation]:
        """What was said, ready for the vault. Call it on a valid form only."""
        data = self.cleaned_data
        return Masked(
            Personalisation(
                name=data["name"].reveal(),
                age=data["age"],
                looks=Looks(
                    skin=data["skin"],
                    hairstyle=data["hairstyle"],
                    hair_colour=data["hair_colour"],
                    eyes=data["eyes"],
                    extras=tuple(key for key in (data["glasses"], *data["extras"]) if key),
                    wrap=self._wrap(),
                    outfit=data["outfit"],
                ),
                photo=self._kept_photo(),
                crop=self._crop(),
                picture=self.wished_picture,
            )
        )

    @property
    def wished_picture(self) -> Picture:
        """What goes into the frame. Where nothing was said (an older page, a program) it stays as it was, and is the
        photo as it is in a new book: nothing is painted that nobody asked for."""
        said = self.cleaned_data.get("picture")
        return Picture(said) if said else self.kept.reveal().picture if self.kept is not None else Picture.PHOTO

    def _kept_photo(self) -> int | None:
        drawn = self.cleaned_data["remove_photo"] or self.wished_picture is Picture.DRAWN
        if self.kept is None or drawn or self.sanitised_photo is not None:
            return None
        return self.kept.reveal().photo

    def _wrap(self) -> str:
        """The colour of a headscarf, patka or cap; of nothing else."""
        style: str = self.cleaned_data["hairstyle"]
        if self.palette.find("hairstyles", style).group != COVERED:
            return ""
        return self.cleaned_data["wrap"] or self.palette.wraps[0].key

    def _crop(self) -> Crop | None:
        """The parent's crop; the middle of a new photo where there is none, or none that makes sense."""
        if self.sanitised_photo is None and self._kept_photo() is None:
            return None
        try:
            x, y, size = (float(self.cleaned_data[f"crop_{part}"]) for part in ("x", "y", "size"))
            if size >= SMALLEST_CROP:
                return Crop(x=x, y=y, size=min(size, 1 - x))
        except ValueError:
            pass
        if self.sanitised_photo is not None:
            return middle(self.sanitised_photo.width, self.sanitised_photo.height)
        return self.kept.reveal().crop if self.kept is not None else None


def middle(width: int, height: int) -> Crop:
    """The largest square of a photo, a little above the middle, where faces are."""
    side = min(width, height)
    return Crop(x=(width - side) / 2 / width, y=(height - side) * 0.35 / height, size=side / width)


def first_answers(outfit: str) -> dict[str, Any]:
    """What is picked before anybody has picked anything: never the skin."""
    drawn = looks.DEFAULT
    return {
        "hairstyle": drawn.hairstyle,
        "hair_colour": drawn.hair_colour,
        "eyes": drawn.eyes,
        "wrap": drawn.wrap,
        "glasses": "",
        "extras": [],
        "outfit": outfit,
    }


def initial_of(said: Masked[Personalisation]) -> dict[str, Any]:
    """The form's fields as the vault has them, for changing something."""
    kept = said.reveal()
    drawn = kept.looks
    glasses = [option.key for option in palette.load().extras if option.kind == "glasses"]
    return {
        "name": kept.name,
        "age": str(kept.age),
        "skin": drawn.skin,
        "hairstyle": drawn.hairstyle,
        "hair_colour": drawn.hair_colour,
        "eyes": drawn.eyes,
        "glasses": next((key for key in drawn.extras if key in glasses), ""),
        "extras": [key for key in drawn.extras if key not in glasses],
        "wrap": drawn.wrap,
        "outfit": drawn.outfit,
        "picture": Picture.PORTRAIT if kept.photo is None else kept.picture,
        **({} if kept.crop is None else {"crop_x": kept.crop.x, "crop_y": kept.crop.y, "crop_size": kept.crop.size}),
    }
