"""Approved books on their way to the printer, for tests: real ones of the small story."""

from dataclasses import replace
from typing import Any

from django.utils import timezone

from books import editions, photo
from books.models import Edition, Revision
from books.personalisation import Crop
from books.story import Story
from orders import review
from orders.models import Order, PrintJob
from privacy import children
from privacy.consent import ConsentGiven
from tests.books import making
from tests.books.making import made
from tests.books.small_story import of_two
from tests.orders.factories import CANARY, make_line, make_order


def book(story: Story) -> Edition:
    """A book of the child with the canary name, kept for an order, with its digital copy ready."""
    edition = made(story, name=CANARY, dedication=f"For {CANARY}")
    children.keep_for_order(edition.child)
    Revision.objects.update(full_wanted=True, full_ready_at=timezone.now())
    return edition


def book_of_two(story: Story, *, second: str) -> Edition:
    """The same with a second child and a photo of each."""
    said = of_two(sibling=second, age=2).personalisation
    assert said.sibling is not None
    crop = Crop(0.0, 0.0, 0.5)
    edition = editions.start(
        story=story,
        personalisation=replace(said, name=CANARY, crop=crop, sibling=replace(said.sibling, crop=crop)),
        photo=photo.sanitise(making.photo()),
        sibling_photo=photo.sanitise(making.photo("#4060c0")),
        consent=ConsentGiven.now(),
        sibling_consent=ConsentGiven.now(which=2),
    )
    children.keep_for_order(edition.child)
    Revision.objects.update(full_wanted=True, full_ready_at=timezone.now())
    return edition


def in_review(story: Story, *, books: int = 1, **fields: Any) -> Order:
    """A paid order whose digital copies wait for the parent."""
    order = make_order(state=Order.State.IN_REVIEW, paid_at=timezone.now(), **fields)
    for _ in range(books):
        make_line(order, edition=book(story), title="The Moon")
    return order


def approve(order: Order) -> list[PrintJob]:
    """The parent approves every book as it is; returns the queued jobs."""
    for line in order.lines.select_related("edition__child"):
        assert line.edition is not None
        assert review.approve(line, editions.latest(line.edition).number, actor="customer")
    order.refresh_from_db()
    assert order.state == Order.State.APPROVED
    return list(PrintJob.objects.filter(line__order=order).order_by("pk"))


def queued(story: Story, **fields: Any) -> PrintJob:
    """The job of an approved order of one book."""
    (job,) = approve(in_review(story, **fields))
    return job


def job_at_the_printer(order: Order, *, number: str = "J-T-1", state: str = PrintJob.State.SENT) -> PrintJob:
    """A job row as it is after the mail has left; nothing is drawn."""
    line = order.lines.order_by("pk")[0]
    line.approved_revision, line.approved_at = 1, timezone.now()
    line.save()
    return PrintJob.objects.create(
        number=number, line=line, revision=1, profile="house", state=state, page_count=24, sent_at=timezone.now()
    )
