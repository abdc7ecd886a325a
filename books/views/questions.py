"""What the page with the questions about a child needs, whoever answers them: a parent, or staff for a parent."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from books import artwork, editions, looks
from books.forms import AGES, PersonaliseForm
from books.models import Edition
from books.names import DEDICATION_MAX, MAX_NAME
from books.palette import Option
from books.story import Story
from privacy import consent, policies


def context(story: Story, form: PersonaliseForm, edition: Edition | None = None) -> dict[str, Any]:
    """For the template `books/personalise.html`. `edition`: the book that is being changed."""
    said = form.kept.reveal() if form.kept is not None else None
    has_photo = said is not None and said.photo is not None
    photo_url = ""
    if edition is not None and has_photo:
        photo_url = reverse("books:photo", args=[edition.pk, editions.latest(edition).number])
    return {
        "story": story,
        "form": form,
        "edition": edition,
        "has_photo": has_photo,
        "photo_url": photo_url,
        "photo_lost": form.is_bound and bool(form.files),
        "photo_max_bytes": settings.PHOTO_MAX_BYTES,
        "upload": True,
        "ages": [str(age) for age in AGES],
        "swatches": {
            "skin": _swatches(form.palette.skins),
            "hair_colour": _swatches(form.palette.hair_colours),
            "wrap": _swatches(form.palette.wraps),
            "eyes": _swatches(form.palette.eyes),
            "outfit": _swatches(form.outfit_options),
        },
        "hair_groups": _hair_groups(form),
        "plain_hairstyle": looks.DEFAULT.hairstyle,
        "max_name": MAX_NAME,
        "max_dedication": DEDICATION_MAX,
        "parts_version": artwork.parts().version,
        "cover": artwork.live_cover(story),
        "abandoned_hours": int(settings.ABANDONED_RETENTION.total_seconds() // 3600),
        "policy": policies.current("privacy"),
        "guardian_wording": consent.guardian_declaration(),
        "consent_wording": consent.consent_sentence(),
    }


def _swatches(options: Iterable[Option]) -> list[dict[str, str]]:
    """Each option with its colour and the shade of it."""
    return [
        dict(zip(("swatch", "shade"), option.colours.values(), strict=False))
        | {"key": option.key, "label": option.label}
        for option in options
    ]


def _hair_groups(form: PersonaliseForm) -> list[dict[str, Any]]:
    """The hairstyles under their headings, in the palette's order."""
    groups: dict[str, list[Option]] = {}
    for option in form.palette.hairstyles:
        groups.setdefault(option.group, []).append(option)
    return [
        {"key": key, "label": key.replace("-", " ").capitalize(), "options": options} for key, options in groups.items()
    ]
