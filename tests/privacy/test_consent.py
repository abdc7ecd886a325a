"""Consent is explicit and recorded with the data, or there is no data (P2, P4)."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from privacy import children, consent, policies
from privacy.consent import ConsentGiven, ConsentMissing
from privacy.models import Child, Consent


def key_files() -> list[Path]:
    return [path for path in Path(settings.KEY_STORE_DIR).rglob("*.key") if path.parent.parent.name == "children"]


def test_p4_the_record_proves_what_was_agreed_to(child: Child) -> None:
    record = Consent.objects.get()
    assert record.child == child
    assert record.policy == policies.current("privacy")
    assert record.policy_sha256 == record.policy.sha256
    assert record.wording == f"{consent.guardian_declaration()}\n{consent.consent_sentence()}"
    assert "14 days" in record.wording
    assert record.method == "web form"
    assert record.given_at == child.collected_at
    assert (record.verified_at, record.withdrawn_at) == (None, None)


def test_p4_the_times_of_a_child_follow_from_the_settings(child: Child) -> None:
    assert child.expires_at - child.collected_at == settings.CHILD_RETENTION
    assert child.abandoned_at
    assert child.abandoned_at - child.collected_at == settings.ABANDONED_RETENTION


@pytest.mark.parametrize("wording", ["", "I agree", consent.GUARDIAN])
def test_p2_p4_without_both_sentences_nothing_is_collected(db: None, wording: str) -> None:
    given = ConsentGiven(policy=policies.current("privacy"), wording=wording)
    with pytest.raises(ConsentMissing), transaction.atomic():
        children.collect(consent=given)
    assert not Child.objects.exists()
    assert key_files() == []


def test_p4_consent_to_another_policy_does_not_count(db: None) -> None:
    given = ConsentGiven(policy=policies.current("cookies"), wording=consent.wording())
    with pytest.raises(ConsentMissing), transaction.atomic():
        children.collect(consent=given)


@pytest.mark.django_db(transaction=True)
def test_p4_data_and_proof_share_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        children.collect(consent=ConsentGiven.now())
    assert not Child.objects.exists()


def test_a_card_payment_verifies_once(child: Child) -> None:
    at = timezone.now()
    consent.verify(child, at)
    consent.verify(child, timezone.now())
    assert Consent.objects.get().verified_at == at
