"""Background work on books. Messages carry ids; the rows say what has to be done."""

from celery import shared_task

from books import rendering


@shared_task(name="books.render_revision")
def render_revision(revision_id: int) -> None:
    """Make one revision's pages, and its digital copy where one is due."""
    rendering.make(revision_id)


@shared_task(name="books.sweep_revisions")
def sweep_revisions() -> None:
    """Make the revisions whose message was lost or whose worker died, a few at a time."""
    rendering.give_up_dead(limit=10)
    for revision_id in rendering.overdue(limit=10):
        rendering.make(revision_id)
