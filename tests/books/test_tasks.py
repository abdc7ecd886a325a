"""What the worker does: once, by a lease, found again by the sweeper, silent about the child (F1, F22)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import OutgoingMail
from books import composing, digital_copies, editions, page_images, rendering, tasks
from books.models import Edition, Revision
from books.personalisation import Personalisation
from books.story import Story
from privacy import children, vault
from privacy.models import Child
from privacy.purposes import Actor, Kind
from tests.books.making import LOOKS, NAME, made, story

__all__ = ["story"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("story")]
State = Revision.State
START = datetime.fromisoformat("2026-11-22T10:00:00+00:00")


@pytest.fixture
def edition(story: Story) -> Edition:
    return made(story)


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the revisions that were announced."""
    told: list[int] = []
    monkeypatch.setattr(digital_copies, "_WHEN_READY", [])
    editions.on_full_ready(lambda revision: told.append(revision.number))
    return told


def fresh(edition: Edition) -> Revision:
    return editions.latest(edition)


def sweep_later() -> None:
    """When messages under way and the first pause after a failure are over."""
    with time_machine.travel(datetime.now().astimezone() + timedelta(minutes=2)):
        tasks.sweep_revisions()


def break_drawing(monkeypatch: pytest.MonkeyPatch, what: Callable[[], None]) -> None:
    def drawn(*_args: Any, **_kwargs: Any) -> Any:
        what()
        return iter(())

    monkeypatch.setattr(page_images, "make", drawn)


def test_the_worker_draws_all_pages_and_no_digital_copy_before_an_order(edition: Edition, ready: list[int]) -> None:
    tasks.render_revision(fresh(edition).pk)
    revision = fresh(edition)
    assert (revision.state, revision.tries, revision.lease_until) == (State.READY, 1, None)
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE) == list(range(1000, 1008))
    assert vault.numbers(edition.child, Kind.FULL_PAGE) == vault.numbers(edition.child, Kind.DIGITAL_COPY) == []
    assert ready == []


def test_an_order_has_the_digital_copy_made_and_announced_once(edition: Edition, ready: list[int]) -> None:
    editions.want_full(fresh(edition))
    for _ in range(3):
        tasks.render_revision(fresh(edition).pk)
    revision = fresh(edition)
    assert (revision.state, revision.tries) == (State.READY, 1)
    assert revision.full_ready_at is not None
    assert vault.numbers(edition.child, Kind.FULL_PAGE) == list(range(1000, 1008))
    assert vault.numbers(edition.child, Kind.DIGITAL_COPY) == [1000]
    assert ready == [1]
    editions.want_full(revision)  # a second order event changes nothing
    assert fresh(edition).state == State.READY
    # Approved: everything is made again without a watermark, and nobody is told again.
    editions.lock(edition)
    tasks.render_revision(revision.pk)
    assert vault.numbers(edition.child, Kind.DIGITAL_COPY) == [1500]
    assert vault.numbers(edition.child, Kind.FULL_PAGE) == list(range(1500, 1508))
    assert ready == [1]


def test_an_order_after_the_preview_was_drawn_wakes_the_worker_again(edition: Edition, ready: list[int]) -> None:
    tasks.render_revision(fresh(edition).pk)
    editions.want_full(fresh(edition))
    assert fresh(edition).state == State.NEW
    sweep_later()
    assert ready == [1]


def test_an_order_while_the_pages_are_drawn_is_not_lost(
    edition: Edition, ready: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        break_drawing(patch, lambda: editions.want_full(editions.latest(edition)))
        assert rendering.make(fresh(edition).pk) is False
    assert (fresh(edition).state, ready) == (State.NEW, [])
    sweep_later()
    assert (fresh(edition).state, ready) == (State.READY, [1])


def test_two_workers_never_make_the_same_revision_at_once(edition: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: list[bool] = []
    break_drawing(monkeypatch, lambda: seconds.append(rendering.make(fresh(edition).pk)))
    assert rendering.make(fresh(edition).pk) is True
    assert seconds == [False]
    assert fresh(edition).tries == 1


def test_f1_a_worker_that_dies_is_replaced_when_its_lease_is_over(
    story: Story, ready: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        edition = made(story)
        editions.want_full(fresh(edition))

        def killed() -> None:
            raise SystemExit  # not an Exception: nothing tidies up, as after SIGKILL

        with monkeypatch.context() as patch:
            break_drawing(patch, killed)
            with pytest.raises(SystemExit):
                rendering.make(fresh(edition).pk)
        assert fresh(edition).state == State.RENDERING
        clock.shift(rendering.LEASE - timedelta(seconds=1))
        tasks.sweep_revisions()
        assert fresh(edition).state == State.RENDERING
        clock.shift(timedelta(seconds=2))
        tasks.sweep_revisions()
        assert (fresh(edition).state, fresh(edition).tries, ready) == (State.READY, 2, [1])


def test_the_sweeper_finds_what_no_message_told_and_leaves_fresh_ones_to_theirs(story: Story) -> None:
    with time_machine.travel(START, tick=False) as clock:
        edition = made(story)
        # created_at comes from the same clock
        tasks.sweep_revisions()
        assert fresh(edition).state == State.NEW
        clock.shift(rendering.HINT_GRACE + timedelta(seconds=1))
        tasks.sweep_revisions()
        assert fresh(edition).state == State.READY


def test_f22_a_failure_is_tried_again_a_few_times_and_logs_no_word(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []

    def failing() -> None:
        tries.append(1)
        raise ValueError(f"{NAME} does not fit")

    break_drawing(monkeypatch, failing)
    with time_machine.travel(START, tick=False) as clock:
        edition = made(story)
        for _ in range(60):
            clock.shift(timedelta(minutes=5))
            tasks.sweep_revisions()
        assert fresh(edition).state == State.FAILED
        assert len(tries) == fresh(edition).tries == rendering.MAX_TRIES == 3
    (mail,) = OutgoingMail.objects.filter(template="staff_task")  # once, with the kind of the error and no word of it
    assert "a book could not be made (ValueError)" in mail.text
    assert f"/books/revision/{fresh(edition).pk}/change/" in mail.text
    assert NAME not in mail.subject + mail.text + mail.html
    written = capsys.readouterr()
    assert NAME not in caplog.text + written.out + written.err
    assert "ValueError" in caplog.text + written.out + written.err


def test_a_book_at_which_workers_die_is_given_up_too_and_stops_no_other(story: Story) -> None:
    with time_machine.travel(START, tick=False) as clock:
        deadly, other = made(story), made(story)
        Revision.objects.filter(pk=fresh(deadly).pk).update(
            state=State.RENDERING, tries=rendering.MAX_TRIES, lease_until=timezone.now() + rendering.LEASE
        )
        tasks.sweep_revisions()
        assert fresh(deadly).state == State.RENDERING
        clock.shift(rendering.LEASE + timedelta(seconds=1))
        tasks.sweep_revisions()
        tasks.sweep_revisions()
        assert (fresh(deadly).state, fresh(other).state) == (State.FAILED, State.READY)
    (mail,) = OutgoingMail.objects.filter(template="staff_task")
    assert "a book could not be made (its worker died)" in mail.text


def test_a_failing_announcement_is_not_lost(edition: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    def listener(revision: Revision) -> None:
        told.append(revision.number)
        if len(told) == 1:
            raise OSError("no room for the mail")

    monkeypatch.setattr(digital_copies, "_WHEN_READY", [listener])
    editions.want_full(fresh(edition))
    rendering.make(fresh(edition).pk)
    assert (fresh(edition).state, fresh(edition).full_ready_at) == (State.FAILED, None)
    sweep_later()
    assert fresh(edition).full_ready_at is not None
    assert told == [1, 1]


def test_a_superseded_revision_is_not_drawn_nor_announced(edition: Edition, ready: list[int]) -> None:
    old = fresh(edition)
    editions.want_full(old)
    editions.revise(edition, personalisation=Personalisation(name="Ada", age=4, looks=LOOKS))
    tasks.render_revision(old.pk)
    assert vault.numbers(edition.child, Kind.PREVIEW_PAGE) == []
    assert ready == []
    tasks.render_revision(fresh(edition).pk)
    assert ready == [2]
    assert vault.numbers(edition.child, Kind.DIGITAL_COPY) == [2000]


def test_p10_the_sweeper_leaves_forgotten_children_alone(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(START, tick=False) as clock:
        expired, deleted, living = made(story), made(story), made(story)
        children.forget(deleted.child, reason=Child.End.DELETED)
        children.keep_for_order(living.child)
        clock.shift(timedelta(hours=48))
        assert rendering.overdue(limit=10) == [fresh(living).pk]
        assert rendering.make(fresh(expired).pk) is False
        assert rendering.make(fresh(deleted).pk) is False
        assert fresh(expired).tries == fresh(deleted).tries == 0


def test_a_child_forgotten_while_the_worker_draws_ends_the_work(edition: Edition, ready: list[int]) -> None:
    original = composing.digital_copy
    editions.want_full(fresh(edition))

    def forgetting(*args: Any, **kwargs: Any) -> bytes:
        children.forget(edition.child, reason=Child.End.DELETED)
        return original(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composing, "digital_copy", forgetting)
        assert rendering.make(fresh(edition).pk) is False
    assert ready == []
    assert vault.numbers(edition.child, Kind.DIGITAL_COPY) == []
    assert rendering.overdue(limit=10) == []


def test_a_sweep_takes_a_few_at_a_time(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(START, tick=False) as clock:
        books = [made(story) for _ in range(12)]
        clock.shift(timedelta(minutes=1))
        break_drawing(monkeypatch, lambda: None)
        tasks.sweep_revisions()
        assert Revision.objects.filter(state=State.READY).count() == 10
        tasks.sweep_revisions()
        assert Revision.objects.filter(state=State.READY).count() == len(books)


def test_messages_carry_an_id_and_nothing_else(
    story: Story, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.render_revision, "apply_async", lambda args, **_: sent.append(args))
    edition = made(story)
    with django_capture_on_commit_callbacks(execute=True):
        editions.want_full(fresh(edition))
    assert sent == [(fresh(edition).pk,)]


def test_the_actor_in_the_log_is_our_machine(edition: Edition) -> None:
    tasks.render_revision(fresh(edition).pk)
    from privacy.models import VaultAccess

    assert set(VaultAccess.objects.values_list("actor", flat=True)) == {Actor.system("preview").label}
