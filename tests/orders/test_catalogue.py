"""The shop window: what it shows, how fast, and what happens while a book is still being printed."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from books import story
from books.story import Story
from orders import catalogue, prices
from orders.views import catalogue as views
from privacy.policies import Policy

SLUG = "night-post"
JPEG = b"\xff\xd8\xff\xe0 a sample"
PAIR = b"\xff\xd8\xff\xe0 a sample of two"


@pytest.fixture(autouse=True)
def fresh_window(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """An empty printing room, and nothing remembered from the test before."""
    settings.PUBLISHED_DIR = tmp_path / "published"
    catalogue.forget_shelf()
    views._KEPT.clear()
    yield
    catalogue.forget_shelf()
    views._KEPT.clear()


@pytest.fixture
def tale() -> Story:
    return story.load(SLUG)


@pytest.fixture
def published(tale: Story) -> Story:
    """The story with its samples, as publishing leaves them."""
    samples = tale.template_folder / "sample"
    samples.mkdir(parents=True)
    for page in (0, *tale.sample_pages, tale.page_count + 1):
        (samples / f"{page}.jpg").write_bytes(JPEG)
    for page in tale.pair_pages:
        (samples / f"pair-{page}.jpg").write_bytes(PAIR)
    (tale.template_folder / "index.json").write_text("{}")
    catalogue.forget_shelf()
    return tale


def test_a_book_that_is_being_printed_is_shown_but_not_sold(client: Client, tale: Story) -> None:
    home = client.get("/").content.decode()
    page = client.get(reverse("orders:story", args=[SLUG])).content.decode()
    for html in (home, page):
        assert tale.short_title in html
        assert "Being printed" in html
        assert reverse("books:personalise", args=[SLUG]) not in html
    assert "data-flipbook" not in page


def test_a_published_book_can_be_leafed_through_and_personalised(client: Client, published: Story) -> None:
    page = client.get(reverse("orders:story", args=[SLUG])).content.decode()
    assert reverse("books:personalise", args=[SLUG]) in page
    for number in (0, *published.sample_pages, published.page_count + 1):
        assert reverse("orders:sample", args=[SLUG, published.version, number]) in page
    assert "Being printed" not in page


def test_the_page_of_a_story_for_two_shows_a_book_of_two(client: Client, published: Story) -> None:
    address = reverse("orders:story", args=[SLUG])
    pictures = [reverse("orders:pair_sample", args=[SLUG, published.version, page]) for page in published.pair_pages]
    assert len(pictures) == 3
    page = client.get(address).content.decode()
    assert "For one child, or for two" in page
    assert all(picture in page for picture in pictures)
    first = client.get(pictures[0])
    assert b"".join(first) == PAIR
    assert first["ETag"] != client.get(reverse("orders:sample", args=[SLUG, published.version, 0]))["ETag"]
    # Half a book is no picture: then nothing is said of it.
    (published.template_folder / "sample" / f"pair-{published.pair_pages[1]}.jpg").unlink()
    catalogue.forget_shelf()
    views._KEPT.clear()
    assert "For one child, or for two" not in client.get(address).content.decode()


def test_a_published_book_with_missing_samples_does_not_break_the_window(client: Client, published: Story) -> None:
    for file in (published.template_folder / "sample").iterdir():
        file.unlink()
    catalogue.forget_shelf()
    assert client.get("/").status_code == 200
    assert client.get(reverse("orders:story", args=[SLUG])).status_code == 200


def test_both_pages_show_the_prices_that_are_charged(client: Client, published: Story) -> None:
    page = client.get(reverse("orders:story", args=[SLUG])).content.decode()
    for format in prices.FORMATS.values():
        assert format.label in page
        assert f"€{format.unit_price // 100}.{format.unit_price % 100:02d}" in page
    cheapest = min(format.unit_price for format in prices.FORMATS.values())
    assert catalogue.price_from() == cheapest
    assert f"€{cheapest // 100}.{cheapest % 100:02d}" in client.get("/").content.decode()


def test_p10_the_window_promises_the_days_that_the_vault_keeps(client: Client, published: Story) -> None:
    assert "14 days, then we forget" in client.get("/").content.decode()
    assert "Gone 14 days after you told us" in client.get(reverse("orders:story", args=[SLUG])).content.decode()


def test_an_unknown_story_is_not_found(client: Client) -> None:
    assert client.get(reverse("orders:story", args=["no-such-story"])).status_code == 404


def test_a_sample_is_kept_by_browsers_for_a_year(client: Client, published: Story) -> None:
    address = reverse("orders:sample", args=[SLUG, published.version, 0])
    first = client.get(address)
    assert b"".join(first) == JPEG
    assert first["Content-Type"] == "image/jpeg"
    assert first["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again["ETag"] == first["ETag"]


@pytest.mark.parametrize("page", [3, 999])
def test_a_page_that_is_no_sample_is_not_found(client: Client, published: Story, page: int) -> None:
    assert client.get(reverse("orders:sample", args=[SLUG, published.version, page])).status_code == 404


def test_a_page_opened_before_the_book_was_published_anew_keeps_its_pictures(
    client: Client, published: Story, tmp_path: Path
) -> None:
    older = published.template_folder.with_name(f"{SLUG}-0123456789ab")
    published.template_folder.rename(older)
    assert client.get(reverse("orders:sample", args=[SLUG, "0123456789ab", 0])).status_code == 200
    assert client.get(reverse("orders:sample", args=[SLUG, published.version, 0])).status_code == 404


def test_a_sample_of_another_version_is_not_found(client: Client, published: Story) -> None:
    assert client.get(reverse("orders:sample", args=[SLUG, "000000000000", 0])).status_code == 404
    assert client.get(reverse("orders:sample", args=["no-such-story", published.version, 0])).status_code == 404


def test_the_example_children_can_all_be_drawn(client: Client) -> None:
    for key in catalogue.EXAMPLE_CHILDREN:
        response = client.get(reverse("orders:example_child", args=[key, views._child_version(key)]))
        assert response.status_code == 200
        assert response["Content-Type"] == "image/svg+xml"
        assert response.content.startswith(b"<svg")
        again = client.get(
            reverse("orders:example_child", args=[key, views._child_version(key)]),
            headers={"If-None-Match": f"W/{response['ETag']}"},
        )
        assert again.status_code == 304
    assert client.get(reverse("orders:example_child", args=["nobody", "0"])).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["home", "story"])
def test_the_window_asks_no_database(
    client: Client, published: Story, name: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = reverse("orders:home") if name == "home" else reverse("orders:story", args=[SLUG])
    with django_assert_num_queries(0):
        first = client.get(address)
        second = client.get(address)
    assert first.content == second.content
    assert "Cookie" in first["Vary"]
    assert "Cookie" in second["Vary"]


@pytest.mark.django_db
def test_a_visitor_with_a_session_never_fills_or_gets_the_kept_page(client: Client, published: Story) -> None:
    session = client.session
    session["basket"] = "a-basket-key"
    session.save()
    client.get("/")
    assert views._KEPT == {}


def test_a_kept_page_changes_with_the_shelf(client: Client, published: Story) -> None:
    before = client.get("/").content
    (published.template_folder / "index.json").unlink()
    catalogue.forget_shelf()
    after = client.get("/").content
    assert before != after
    assert b"Being printed" in after


def test_the_shelf_is_looked_at_again_after_a_while(published: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    assert catalogue.book(SLUG).ready
    (published.template_folder / "index.json").unlink()
    assert catalogue.book(SLUG).ready
    monkeypatch.setattr(catalogue, "FRESH_FOR", -1.0)
    assert not catalogue.book(SLUG).ready


def policy(version: str, day: date, slug: str = "privacy") -> Policy:
    return Policy(slug, "Privacy policy", version, day, "policies/privacy-2.html")


def test_p32_a_changed_policy_is_announced_on_the_home_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = (policy("1", date(2026, 1, 1)), policy("2", date(2026, 6, 15)))
    monkeypatch.setattr(catalogue, "POLICIES", versions)
    assert catalogue.changed_policies(date(2026, 5, 15)) == ()
    assert catalogue.changed_policies(date(2026, 5, 16)) == (versions[1],)
    assert catalogue.changed_policies(date(2026, 7, 15)) == (versions[1],)
    assert catalogue.changed_policies(date(2026, 7, 16)) == ()
    monkeypatch.setattr(catalogue, "changed_policies", lambda today: (versions[1],))
    assert "Our privacy policy has a new version, from 15 June 2026" in client.get("/").content.decode()


def test_p32_the_first_version_of_a_policy_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        catalogue, "POLICIES", (policy("1", date(2026, 6, 15)), policy("1", date(2026, 6, 15), "cookies"))
    )
    assert catalogue.changed_policies(date(2026, 6, 15)) == ()
