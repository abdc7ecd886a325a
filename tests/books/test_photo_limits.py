"""How often one address may have a photo looked at (P53)."""

import pytest
from django.test import Client
from django.urls import reverse

from books import photo
from books.views import guesses, portrait
from tests.books import making
from tests.books.test_personalise import kept

DECLARED = {"guardian": "on", "consent": "on"}


@pytest.mark.django_db
@pytest.mark.parametrize(("view", "limit"), [("guesses", "GUESSES_PER_HOUR"), ("sample", "SAMPLES_PER_HOUR")])
def test_p53_a_machine_cannot_keep_ours_busy_with_photos(
    client: Client, monkeypatch: pytest.MonkeyPatch, view: str, limit: str
) -> None:
    monkeypatch.setattr(guesses if view == "guesses" else portrait, limit, 1)
    address = reverse(f"books:{view}")

    def look() -> int:
        return client.post(address, {"photo": making.photo(), **DECLARED}).status_code

    opened: list[object] = []
    assert look() == 200
    monkeypatch.setattr(photo, "read", lambda *seen, **_: opened.append(seen))
    assert (look(), opened, kept()) == (429, [], [])
