"""Every mail about a return: it names the return and the order, says what comes next, and nothing about the child."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import OutgoingMail
from orders import mails
from orders.models import PrintJob
from refunds import return_mails
from refunds.models import Case, Return
from tests.orders.factories import CANARY as NAME
from tests.refunds.returning import CANARY, ask, delivered

pytestmark = pytest.mark.django_db
Send = Callable[[Return], OutgoingMail]


def money(of: Return) -> OutgoingMail:
    case, _ = Case.objects.get_or_create(order=of.order, kind=Case.Kind.RETURN, amount=3480, shipping=490)
    return return_mails.money(of, case=case, by=timezone.localdate())


def new_copies(send: Callable[..., OutgoingMail]) -> Send:
    def sent(of: Return) -> OutgoingMail:
        return send(of.order, job=PrintJob.objects.get(line__order=of.order))

    return sent


ALL: dict[str, tuple[Send, str]] = {
    "return_received": (return_mails.received, "look"),
    "return_more_photos": (lambda of: return_mails.more_photos(of, what="the spine, please"), "the spine, please"),
    "return_instructions": (return_mails.instructions, "label"),
    "return_reminder": (lambda of: return_mails.reminder(of, since=timezone.now()), str(timezone.localdate().year)),
    "return_lapsed": (return_mails.lapsed, "30 days"),
    "return_parcel_received": (return_mails.parcel_received, "inspect"),
    "return_verified": (return_mails.verified, "fault"),
    "return_rejected": (return_mails.rejected, "look again"),
    "return_appeal_decided": (return_mails.appeal_decided, "colleague"),
    "return_money_back": (money, "€34.80"),
    "return_reprint": (return_mails.reprint_begun, "new cop"),
    "return_choose_again": (return_mails.choose_again, "forg"),
    "return_new_book": (lambda of: return_mails.new_copy_begun(of, of.order), "digital copy"),
    "reprint_in_print": (new_copies(mails.reprint_in_print), "new cop"),
    "reprint_on_its_way": (new_copies(mails.reprint_on_its_way), "new cop"),
}


@pytest.mark.parametrize("template", ALL)
def test_p25_p26_a_mail_about_a_return_names_what_it_is_about_and_never_the_child(template: str) -> None:
    send, words = ALL[template]
    back = ask(delivered())
    back.inspected_at = timezone.now()
    mail = send(back)
    assert mail.template == template
    assert mail.recipient == back.order.email
    assert back.number in mail.subject or "LD-" in mail.subject
    for part in (mail.text, mail.html):
        assert words in part
        for never in (NAME, CANARY, "Wilhelmina"):
            assert never not in f"{mail.subject}{part}"
        assert "/orders/open/" in part
    assert send(back) == mail  # decided twice, sent once
