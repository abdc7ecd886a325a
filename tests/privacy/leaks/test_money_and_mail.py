"""The payment provider and the post learn order numbers and story titles, and nothing about a child (P17)."""

from pathlib import Path

import pytest
import requests
from django.conf import settings

from accounts.models import OutgoingMail
from orders.models import Order, OrderEvent, OrderLine, Payment, Refund
from refunds import cancelling, payouts
from tests.faults.overheard import overheard
from tests.faults.whole_shop import Shop, canaries_in
from tests.orders import test_mails
from tests.orders.factories import CANARY
from tests.payment_sandbox import SandboxAtWork
from tests.refunds import test_return_mails
from tests.refunds.paying import paid_order

pytestmark = pytest.mark.django_db
# Mails that are tested with their own subject elsewhere: none of them is about one book.
ELSEWHERE = {
    "account",
    "contact_received",
    "data_deleted",
    "forgetting_alarm",
    "print_job",
    "print_job_link",
    "proof_failed",
    "receipts_head",
}
ELSEWHERE |= {"staff_task", "staff_training"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request that leaves for the payment provider: address, headers and body."""
    sent: list[str] = []
    whole = requests.Session.send

    def send(session: requests.Session, request: requests.PreparedRequest, **options: object) -> requests.Response:
        sent.append(f"{request.method} {request.url} {request.headers} {request.body!r}")
        return whole(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", send)
    return sent


def test_p17_the_payment_provider_never_hears_of_a_child(
    payment_sandbox: SandboxAtWork, told: list[str], tmp_path: Path
) -> None:
    """Paid, cancelled and refunded; every request, everything the provider stored, and what both logged about it."""
    with overheard() as said:
        order = paid_order(payment_sandbox)
        cancelling.cancel_alone(order)
        for refund in Refund.objects.all():
            payouts.execute(refund.pk)
    assert len(told) >= 3
    assert any("refunds" in request for request in told)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("sandbox.sqlite3*"))
    assert order.number.encode() in stored
    assert not any("telemetry" in request.lower() for request in told)
    for text in (*told, stored.decode(errors="replace"), said.getvalue()):
        assert CANARY not in text
        assert "Dedication" not in text
        assert str(order.lines.get().edition_id) not in text
    for model in (Order, OrderLine, OrderEvent, Payment, Refund):
        assert CANARY not in repr(list(model._base_manager.values_list()))


def test_every_kind_of_mail_is_one_whose_words_are_tested() -> None:
    folders = {path.name for path in (settings.BASE_DIR / "templates" / "emails").iterdir() if path.is_dir()}
    unknown = folders - set(test_mails.ALL) - set(test_return_mails.ALL) - ELSEWHERE
    assert not unknown, f"{unknown}: may they name a child? Test it, then name it here or in test_mails.py"


def test_no_template_of_a_mail_can_reach_a_child() -> None:
    """What opens the vault is never written in a mail's template."""
    for path in (settings.BASE_DIR / "templates" / "emails").rglob("*.*"):
        words = path.read_text()
        for forbidden in ("personalisation", "reveal", "dedication", "child.name", "edition.child", ".photo"):
            assert forbidden not in words, f"{path.name}: {forbidden}"


def test_mails_that_wait_name_no_child(shop: Shop) -> None:
    mails = OutgoingMail.objects.all()
    assert mails.exists()
    for mail in mails:
        assert (
            canaries_in(f"{mail.subject} {mail.text} {mail.html} {mail.recipient} {mail.message_id} {mail.key}") == []
        )
