"""What the page with the questions about a child, or two, needs; whoever answers them: a parent, or staff for one."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from books import artwork, editions, looks, palette
from books.book_form import SECOND, BookForm
from books.forms import AGES, ChildForm
from books.models import Edition
from books.names import DEDICATION_MAX, MAX_NAME
from books.palette import Option
from books.story import Story
from privacy import consent, policies

_CALLED = ("First child", "Second child")
# The addresses of the first child's photo and the second's: of the parent's own pages.
PHOTOS = ("books:photo", "books:second_photo")


def context(
    story: Story,
    form: BookForm,
    edition: Edition | None = None,
    *,
    photo_address: Callable[[int], str] | None = None,
) -> dict[str, Any]:
    """For the template `books/personalise.html`. `edition`: the book that is being changed; `photo_address`: where its
    first photo (1) or its second (2) is seen, for others than its parent."""
    if photo_address is None and edition is not None:
        photo_address = _photo_address(edition)
    children = [
        _child(child, number, form, photo_address if edition is not None else None)
        for number, child in enumerate(form.child_forms, 1)
    ]
    return {
        "story": story,
        "form": form,
        "edition": edition,
        "children": children,
        "two": form.count == 2,
        "choice": "about" in form.fields,
        "wrong": [child for child in children[: form.count] if child["form"].errors] if form.is_bound else [],
        "any_wrong": form.is_bound and bool(form.errors_by_control()),
        "photo_lost": any(child["photo_lost"] for child in children[: form.count]),
        "photo_max_bytes": settings.PHOTO_MAX_BYTES,
        "upload": True,
        "ages": [str(age) for age in AGES],
        "swatches": {
            "skin": _swatches(palette.load().skins),
            "hair_colour": _swatches(palette.load().hair_colours),
            "wrap": _swatches(palette.load().wraps),
            "eyes": _swatches(palette.load().eyes),
            "outfit": _swatches(form.child_forms[0].outfit_options),
        },
        "hair_groups": _hair_groups(),
        "plain_hairstyle": looks.DEFAULT.hairstyle,
        "max_name": MAX_NAME,
        "max_dedication": DEDICATION_MAX,
        "parts_version": artwork.parts().version,
        "cover": artwork.live_cover(story),
        "abandoned_hours": int(settings.ABANDONED_RETENTION.total_seconds() // 3600),
        "policy": policies.current("privacy"),
    }


def _child(child: ChildForm, number: int, form: BookForm, photo_address: Callable[[int], str] | None) -> dict[str, Any]:
    """One child's part of the page. `pre` begins the names of its controls and the ids of its places."""
    has_photo = child.kept is not None and child.kept.reveal().photo is not None
    return {
        "form": child,
        "number": number,
        "pre": f"{SECOND}-" if number == 2 else "",
        "wrap_field": f"{SECOND}-wrap-field" if number == 2 else "wrap-field",
        "unnamed": _CALLED[number - 1],
        "asked": number <= form.count,
        "has_photo": has_photo,
        "photo_url": photo_address(number) if photo_address is not None and has_photo else "",
        "photo_lost": child.is_bound and child.add_prefix("photo") in child.files,
        "guardian_wording": consent.guardian_declaration(number),
        "consent_wording": consent.consent_sentence(number),
    }


def _photo_address(edition: Edition) -> Callable[[int], str]:
    newest = editions.latest(edition).number
    return lambda which: reverse(PHOTOS[which - 1], args=[edition.pk, newest])


def _swatches(options: Iterable[Option]) -> list[dict[str, str]]:
    """Each option with its colour and the shade of it."""
    return [
        dict(zip(("swatch", "shade"), option.colours.values(), strict=False))
        | {"key": option.key, "label": option.label}
        for option in options
    ]


def _hair_groups() -> list[dict[str, Any]]:
    """The hairstyles under their headings, in the palette's order."""
    groups: dict[str, list[Option]] = {}
    for option in palette.load().hairstyles:
        groups.setdefault(option.group, []).append(option)
    return [
        {"key": key, "label": key.replace("-", " ").capitalize(), "options": options} for key, options in groups.items()
    ]
