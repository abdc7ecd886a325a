"""Staff pages about privacy show times and counts, never a child (P12)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from privacy import children, contact, policies, proofs, training, vault
from privacy.models import Child, Consent, ContactMessage, PolicyVersion, Proof, Receipt, StaffTraining, VaultAccess
from privacy.purposes import Actor, Kind, Purpose
from tests.privacy.conftest import Collect

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.privacy.urlconf")]
READ_ONLY = (Child, Consent, PolicyVersion, Proof, Receipt, StaffTraining, VaultAccess)
SAID = {"name": "Jo", "email": "jo@example.test", "topic": "other", "order_number": "", "message": "About <Zephyrine>"}


@pytest.fixture
def boss(client: Client) -> Client:
    user = User.objects.create_superuser("boss@example.test", "correct horse battery")
    training.acknowledge(user, policies.current("privacy"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def rows(collect: Collect) -> Child:
    child, gone = collect(), collect()
    vault.put(child, Kind.PERSONALISATION, 1, b"Zephyrine")
    vault.read(child, Kind.PERSONALISATION, 1, purpose=Purpose.RENDER, actor=Actor.system("render"))
    children.forget(gone, reason=Child.End.DELETED)
    contact.receive(SAID)
    proofs.record(at=timezone.now(), passed=True, summary={"files": 1})
    return child


@pytest.mark.parametrize("model", [*READ_ONLY, ContactMessage])
def test_lists_and_pages_open_and_name_no_child(boss: Client, rows: Child, model: type) -> None:
    where = f"/admin/privacy/{model.__name__.lower()}/"
    answer = boss.get(where)
    assert answer.status_code == 200
    assert "Zephyrine" not in answer.content.decode()
    row = model.objects.first()  # type: ignore[attr-defined]
    page = boss.get(f"{where}{row.pk}/change/")
    assert page.status_code == 200
    assert ("&lt;Zephyrine&gt;" in page.content.decode()) is (model is ContactMessage)


@pytest.mark.parametrize("model", READ_ONLY)
def test_nobody_changes_what_proves_something(boss: Client, rows: Child, model: type) -> None:
    row = model.objects.first()  # type: ignore[attr-defined]
    where = f"/admin/privacy/{model.__name__.lower()}/"
    assert boss.get(f"{where}add/").status_code == 403
    assert boss.post(f"{where}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert boss.post(f"{where}{row.pk}/change/", {}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()  # type: ignore[attr-defined]


def test_a_message_is_marked_as_answered_and_nothing_else(boss: Client, rows: Child) -> None:
    message = ContactMessage.objects.get()
    where = f"/admin/privacy/contactmessage/{message.pk}/change/"
    answered = timezone.localtime() - timedelta(minutes=1)
    form = {"answered_at_0": f"{answered:%Y-%m-%d}", "answered_at_1": f"{answered:%H:%M:%S}", "name": "Changed"}
    assert boss.post(where, form).status_code == 302
    message.refresh_from_db()
    assert message.answered_at is not None
    assert message.name == "Jo"


def test_p9_a_message_deleted_by_hand_loses_its_key_too(boss: Client, rows: Child) -> None:
    message = ContactMessage.objects.get()
    assert boss.post(f"/admin/privacy/contactmessage/{message.pk}/delete/", {"post": "yes"}).status_code == 302
    assert contact.words(message) is None
    contact.receive(SAID)
    message = ContactMessage.objects.get()
    form = {"action": "delete_selected", "_selected_action": [message.pk], "post": "yes"}
    assert boss.post("/admin/privacy/contactmessage/", form).status_code == 302
    assert contact.words(message) is None
    assert not ContactMessage.objects.exists()


def test_p12_the_permission_exists_to_be_given(db: None) -> None:
    assert Permission.objects.filter(codename="view_child_data", content_type__app_label="privacy").exists()
