"""Returns: told within seven days, sent back, inspected, and only then settled (P24-P26)."""

from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import OutgoingMail, User
from orders.models import Order, Refund
from privacy import children
from privacy.models import Child
from refunds import cases, evidence, returns, settling, tasks
from refunds.models import Case, Return, ReturnEvent
from refunds.returns import CannotReturn, Refused, TooManyCopies
from tests.orders.factories import CANARY as NAME
from tests.refunds.returning import CANARY, ask, delivered, draft, photos
from tests.refunds.staff import member

pytestmark = pytest.mark.django_db
State = Return.State
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def mails() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", flat=True))


def kinds(of: Return) -> list[str]:
    return list(ReturnEvent.objects.filter(of=of).order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def staff() -> User:
    return member("refunds.inspect_return")


@pytest.fixture
def colleague() -> User:
    return member("refunds.inspect_return", email="colleague@example.com")


# --- the table --------------------------------------------------------------------------------------------------------


def test_every_state_has_a_row_and_closed_ones_lead_nowhere_but_a_late_parcel_is_looked_at() -> None:
    assert set(returns.TRANSITIONS) == set(State)
    ends = {state for state in State if not returns.TRANSITIONS[state]}
    assert ends == {State.UPHELD, State.SETTLED, State.WITHDRAWN}
    assert returns.TRANSITIONS[State.LAPSED] == {State.RECEIVED}


def test_p26_every_way_to_the_end_leads_through_an_inspection() -> None:
    before = {state for state, after in returns.TRANSITIONS.items() if State.VERIFIED in after}
    assert {state for state, after in returns.TRANSITIONS.items() if State.SETTLED in after} == {State.VERIFIED}
    assert before == {State.ASKED, State.MORE_ASKED, State.RECEIVED, State.APPEALED}


def test_the_door_lets_through_what_the_table_says_and_nothing_else() -> None:
    of = ask(delivered(), evidence=False)
    for old, new in product(State, State):
        if old == new:
            continue
        Return.objects.filter(pk=of.pk).update(state=old, closed_at=None)
        of.refresh_from_db()
        before = kinds(of)
        if new in returns.TRANSITIONS[old]:
            returns._move(of, new, actor="test")
            of.refresh_from_db()
            assert (of.state, kinds(of)) == (new, [*before, new])
            assert (of.closed_at is not None) == (new in returns.CLOSED)
        else:
            with pytest.raises(Refused):
                returns._move(of, new, actor="test")
            of.refresh_from_db()
            assert (of.state, kinds(of), of.closed_at) == (old, before, None)


def test_of_two_who_move_it_at_once_one_wins_and_writes_one_event(staff: User) -> None:
    of = ask(delivered())
    other = Return.objects.get(pk=of.pk)
    returns.instruct(of, staff=staff)
    with pytest.raises(Refused, match="has just changed"):
        returns.instruct(other, staff=staff)
    assert kinds(of) == [State.ASKED, State.INSTRUCTED]
    assert mails().count("return_instructions") == 1


# --- within seven days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_p24_day_7_is_accepted_and_day_8_refused_by_the_customer_s_calendar(hour: int) -> None:
    came = datetime(2026, 3, 2, hour, 30, tzinfo=COPENHAGEN)
    with time_machine.travel(came, tick=False):
        order = delivered(days_ago=0)
    for day, minute in ((9, 0), (9, 24 * 60 - 1)):
        at = datetime(2026, 3, day, tzinfo=COPENHAGEN) + timedelta(minutes=minute)
        with time_machine.travel(at, tick=False):
            assert returns.may_return(order), at
    with time_machine.travel(datetime(2026, 3, 10, tzinfo=COPENHAGEN), tick=False):
        assert not returns.may_return(order)
        with pytest.raises(CannotReturn) as refused:
            ask(order)
        assert refused.value.last_day == datetime(2026, 3, 9).date()
    assert not Return.objects.exists()
    with time_machine.travel(datetime(2026, 3, 9, 23, 59, tzinfo=COPENHAGEN), tick=False):
        assert ask(order, evidence=False).state == State.ASKED


@pytest.mark.parametrize("state", Order.State)
def test_p24_only_what_has_been_sent_can_be_returned(state: str) -> None:
    order = delivered()
    Order.objects.filter(pk=order.pk).update(state=state, delivered_at=None)
    order.refresh_from_db()
    assert returns.may_return(order) == (state in ("in_print", "shipped", "delivered", "completed"))  # it was sent


def test_copies_over_all_returns_of_a_book_never_exceed_what_was_bought() -> None:
    order = delivered(quantity=3)
    first = ask(order, copies=2)
    with pytest.raises(TooManyCopies) as refused:
        ask(order, copies=2)
    assert (refused.value.left, Return.objects.count()) == (1, 1)
    ask(order, copies=1)
    with pytest.raises(TooManyCopies):
        ask(order, copies=1)
    returns.withdraw(first)
    assert returns.copies_left(order.lines.get()) == 2
    assert ask(order, copies=2).state == State.ASKED


@pytest.mark.parametrize("copies", [{}, {0: 1}, {10**9: 1}])
def test_a_return_is_about_books_of_this_order(copies: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="which books"):
        returns.ask(order=delivered(), copies=copies, reason="print", wish="refund")


# --- photos and words -------------------------------------------------------------------------------------------------


def test_p25_photos_and_words_lie_in_the_vault_under_a_key_and_a_clock_of_their_own() -> None:
    order = delivered()
    book = order.lines.get().edition
    assert book is not None
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        of = ask(order)
    child = of.evidence
    assert child is not None
    assert child.pk != book.child_id
    assert child.expires_at == child.collected_at + timedelta(days=14)
    assert child.collected_at - book.child.collected_at > timedelta(days=2)
    assert child.abandoned_at is None
    assert CANARY not in str(Return.objects.values()[0]) + str(list(ReturnEvent.objects.values()))


def test_p25_the_evidence_dies_at_its_own_second_and_the_return_goes_on(staff: User) -> None:
    of = ask(delivered(days_ago=0))
    child = of.evidence
    assert child is not None
    returns.instruct(of, staff=staff)
    with time_machine.travel(child.expires_at - timedelta(seconds=1), tick=False):
        assert evidence.is_open(child)
        assert evidence.photo_numbers(child) == [1]
    with time_machine.travel(child.expires_at, tick=False):
        assert not evidence.is_open(child)
        from privacy import retention

        retention.purge()
        child.refresh_from_db()
        assert child.receipt is not None
        returns.receive(of, staff=staff)
        returns.inspect(of, staff=staff, verified=True, basis="parcel")
        assert of.state == State.VERIFIED


def test_p25_a_draft_that_nobody_sends_is_forgotten_after_48_hours_and_one_that_was_sent_is_not() -> None:
    alone, sent = draft(), ask(delivered(days_ago=0)).evidence
    assert sent is not None
    with time_machine.travel(timezone.now() + timedelta(hours=48, seconds=1), tick=False):
        assert not children.is_open(alone)
        assert children.is_open(sent)


def test_p25_more_photos_join_what_is_there_and_die_with_it(staff: User) -> None:
    of = ask(delivered(days_ago=0))
    child = of.evidence
    assert child is not None
    returns.ask_for_more(of, staff=staff, what="The spine, from the side, please.")
    assert "The spine, from the side, please." in OutgoingMail.objects.get(template="return_more_photos").text
    returns.add_photos(of, photos=photos(2), words="Here it is")
    assert (of.state, evidence.photo_numbers(child)) == (State.ASKED, [1, 2, 3])
    child.refresh_from_db()
    assert child.expires_at == child.collected_at + timedelta(days=14)
    returns.ask_for_more(of, staff=staff, what="One more, please.")
    with pytest.raises(evidence.TooManyPhotos):
        returns.add_photos(of, photos=photos(3))
    of.refresh_from_db()
    assert (of.state, evidence.photo_numbers(child)) == (State.MORE_ASKED, [1, 2, 3])


def test_p25_after_the_first_photos_are_forgotten_new_ones_begin_a_new_clock(staff: User) -> None:
    of = ask(delivered(days_ago=0))
    first = of.evidence
    returns.ask_for_more(of, staff=staff, what="The spine, please.")
    returns.forget_evidence(of)
    returns.add_photos(of, photos=[], draft=draft())
    assert of.evidence != first
    assert of.evidence is not None
    assert of.evidence.abandoned_at is None


def test_p8_a_parent_who_has_the_photos_forgotten_keeps_the_return() -> None:
    of = ask(delivered())
    returns.forget_evidence(of)
    of.refresh_from_db()
    assert of.evidence is not None
    assert (of.state, of.evidence.end_reason) == (State.ASKED, Child.End.DELETED)
    assert of.evidence.receipt is not None


def test_a_return_taken_back_forgets_its_photos(django_capture_on_commit_callbacks: object) -> None:
    of = ask(delivered())
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        returns.withdraw(of)
    assert of.evidence is not None
    of.evidence.refresh_from_db()
    assert of.evidence.receipt is not None
    assert of.state == State.WITHDRAWN


# --- inspected --------------------------------------------------------------------------------------------------------


def test_p26_no_money_and_no_new_copy_before_an_inspection(staff: User) -> None:
    of = ask(delivered())
    with pytest.raises(cases.CannotDecide):
        cases.decide_return(of, staff=staff, actor="staff:1")
    for state in set(State) - {State.VERIFIED}:
        Return.objects.filter(pk=of.pk).update(state=state)
        for act in (settling.give_back, settling.print_again):
            with pytest.raises(Refused):
                act(of, staff=staff)
    assert not Case.objects.exists()
    assert not Refund.objects.exists()


def test_p26_the_database_refuses_a_case_without_an_inspection() -> None:
    of = ask(delivered())
    case = Case.objects.create(order=of.order, kind=Case.Kind.RETURN)
    with pytest.raises(IntegrityError), transaction.atomic():
        Return.objects.filter(pk=of.pk).update(case=case)
    with pytest.raises(IntegrityError), transaction.atomic():
        Return.objects.filter(pk=of.pk).update(replacement=delivered())
    Return.objects.filter(pk=of.pk).update(case=case, inspected_at=timezone.now())


def test_p26_received_inspected_verified_and_everything_comes_back_with_the_delivery(staff: User) -> None:
    order = delivered()
    of = ask(order)
    returns.instruct(of, staff=staff)
    with pytest.raises(Refused, match="has not come back"):
        returns.inspect(of, staff=staff, verified=True, basis="parcel")
    returns.receive(of, staff=staff)
    returns.inspect(of, staff=staff, verified=True, basis="parcel", finding="Page 5 is torn.")
    assert (of.inspected_by, of.basis) == (staff, "parcel")
    back = settling.would_go_back(of)
    assert back is not None
    assert (back.money, back.shipping) == (3480, 490)
    case = settling.give_back(of, staff=staff)
    assert (case.amount, case.shipping, case.state) == (3480, 490, Case.State.APPROVED)
    assert Refund.objects.get().amount == 3480
    assert of.state == State.SETTLED
    assert kinds(of) == ["asked", "instructed", "received", "verified", "settled"]
    assert mails() == [
        "return_received", "return_instructions", "return_parcel_received", "return_verified", "return_money_back",
    ]  # fmt: skip
    text = OutgoingMail.objects.get(template="return_money_back").text
    assert "€34.80" in text
    assert "€4.90 of it for the delivery" in text
    with pytest.raises(Refused):
        settling.give_back(of, staff=staff)
    assert Refund.objects.count() == 1


def test_p26_photos_that_prove_it_are_enough_and_nothing_travels(staff: User) -> None:
    of = ask(delivered())
    returns.inspect(of, staff=staff, verified=True, basis="photos")
    assert (of.state, of.instructed_at) == (State.VERIFIED, None)
    assert "You need not send anything back" in OutgoingMail.objects.get(template="return_verified").text
    without = ask(delivered(), evidence=False)
    with pytest.raises(Refused, match="no photos"):
        returns.inspect(without, staff=staff, verified=True, basis="photos")


def test_a_large_sum_waits_for_a_second_person_and_then_settles_by_itself(staff: User, colleague: User) -> None:
    from refunds import second_person

    of = ask(delivered(quantity=4), copies=4)
    returns.inspect(of, staff=staff, verified=True, basis="photos")
    case = settling.give_back(of, staff=staff)
    assert (case.state, case.amount) == (Case.State.PROPOSED, 4 * 2990 + 490)
    assert (of.state, Refund.objects.count()) == (State.VERIFIED, 0)
    assert list(settling.waiting_for_staff()) == []
    second_person.agree(case, staff=colleague)
    tasks.sweep_returns()
    of.refresh_from_db()
    assert (of.state, Refund.objects.get().amount) == (State.SETTLED, 4 * 2990 + 490)


def test_a_proposal_that_was_declined_leaves_the_return_with_staff(staff: User, colleague: User) -> None:
    from refunds import second_person

    of = ask(delivered(quantity=4), copies=4)
    returns.inspect(of, staff=staff, verified=True, basis="photos")
    second_person.decline(settling.give_back(of, staff=staff), staff=colleague, why="Look again")
    tasks.sweep_returns()
    of.refresh_from_db()
    assert of.state == State.VERIFIED
    assert list(settling.waiting_for_staff()) == [of]


# --- rejected, and looked at again ------------------------------------------------------------------------------------


def rejected(staff: User) -> Return:
    of = ask(delivered())
    returns.instruct(of, staff=staff)
    returns.receive(of, staff=staff)
    with pytest.raises(Refused, match="what you found"):
        returns.inspect(of, staff=staff, verified=False, basis="parcel")
    returns.inspect(of, staff=staff, verified=False, basis="parcel", finding="All pages are whole.")
    return of


def test_a_rejection_says_why_and_an_appeal_is_decided_by_somebody_else(staff: User, colleague: User) -> None:
    of = rejected(staff)
    assert "All pages are whole." in OutgoingMail.objects.get(template="return_rejected").text
    returns.appeal(of, words="Look at page five")
    with pytest.raises(Refused, match="by a colleague"):
        returns.decide_appeal(of, staff=staff, verified=True, finding="Oh")
    returns.decide_appeal(of, staff=colleague, verified=True, finding="There is a tear on page 5.")
    assert (of.state, of.inspected_by) == (State.VERIFIED, colleague)
    assert "There is a tear on page 5." in OutgoingMail.objects.get(template="return_appeal_decided").text
    assert settling.give_back(of, staff=staff).amount == 3480


def test_an_appeal_that_finds_nothing_ends_it_without_money(staff: User, colleague: User) -> None:
    of = rejected(staff)
    returns.appeal(of)
    returns.decide_appeal(of, staff=colleague, verified=False, finding="Nothing is torn.")
    assert of.state == State.UPHELD
    with pytest.raises(Refused):
        returns.appeal(of)
    with pytest.raises(Refused):
        settling.give_back(of, staff=staff)
    assert "Your statutory rights stay as they are" in OutgoingMail.objects.get(template="return_appeal_decided").text


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_parcel_that_never_comes_is_reminded_of_and_then_closed_and_still_looked_at_when_it_comes(
    staff: User,
) -> None:
    of = ask(delivered(days_ago=0))
    returns.instruct(of, staff=staff)
    start = timezone.now()
    for day, expected in ((19, []), (20, ["return_reminder"]), (29, ["return_reminder"])):
        with time_machine.travel(start + timedelta(days=day, hours=1), tick=False):
            tasks.sweep_returns()
        assert [name for name in mails() if name in ("return_reminder", "return_lapsed")] == expected
    with time_machine.travel(start + timedelta(days=30, hours=1), tick=False):
        tasks.sweep_returns()
        tasks.sweep_returns()
        of.refresh_from_db()
        assert (of.state, mails()[-1]) == (State.LAPSED, "return_lapsed")
        returns.receive(of, staff=staff)
        assert (of.state, of.closed_at) == (State.RECEIVED, None)


def test_no_mail_about_a_return_names_the_child_or_repeats_what_the_customer_wrote(staff: User) -> None:
    of = ask(delivered())
    returns.ask_for_more(of, staff=staff, what="The spine, please.")
    returns.add_photos(of, photos=photos())
    returns.instruct(of, staff=staff)
    returns.receive(of, staff=staff)
    returns.inspect(of, staff=staff, verified=True, basis="parcel", finding="Torn.")
    settling.give_back(of, staff=staff)
    sent = list(OutgoingMail.objects.all())
    assert len(sent) == 6
    for mail in sent:
        whole = mail.subject + mail.text + mail.html
        assert NAME not in whole
        assert "torn on page five" not in whole
        assert of.number in mail.subject
        assert f"/returns/{of.number}/" in mail.text
        assert "&#x27;" not in mail.text


@pytest.mark.django_db(transaction=True)
def test_f13_many_clicks_on_give_back_at_once_send_the_money_once() -> None:
    """PostgreSQL lets them in at once, SQLite one after another."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    staff = member("refunds.inspect_return")
    of = ask(delivered())
    returns.inspect(of, staff=staff, verified=True, basis="photos")

    def click(_: int) -> bool:
        try:
            settling.give_back(Return.objects.get(pk=of.pk), staff=staff)
        except Refused:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(click, range(20)))
    assert done.count(True) == 1
    assert (Refund.objects.count(), Refund.objects.get().amount) == (1, 3480)
    assert kinds(of).count(State.SETTLED) == 1
