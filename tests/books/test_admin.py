"""Staff see states and dates of books, never a word about the child (P12)."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.books.making import NAME, made, story

__all__ = ["story"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("story")]


def test_p12_the_admin_shows_books_without_the_child_and_changes_nothing(client: Client, story: object) -> None:
    edition = made(story)  # type: ignore[arg-type]
    client.force_login(User.objects.create_superuser("boss@example.com", "a-long-password"))
    for address in (
        reverse("admin:books_edition_changelist"),
        reverse("admin:books_edition_change", args=[edition.pk]),
        reverse("admin:books_revision_changelist"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert NAME.encode() not in answer.content
        assert str(edition.pk)[:8].encode() in answer.content
    assert client.get(reverse("admin:books_edition_add")).status_code == 403
    assert client.post(reverse("admin:books_edition_delete", args=[edition.pk])).status_code == 403
    client.post(reverse("admin:books_edition_change", args=[edition.pk]), {"story": "other"})
    edition.refresh_from_db()
    assert edition.story == "moon-wave"
