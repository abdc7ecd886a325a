"""The parent's or guardian's declaration and consent: the words beside the boxes and the record of them (P2, P4).

There are two: for making a book, and for looking at photos and words about a faulty one (P25).
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from privacy import policies, together
from privacy.models import Child, Consent, PolicyVersion
from privacy.register import CONSENT_RETENTION

GUARDIAN = "I am this child’s parent or legal guardian, and I am an adult."
CONSENT = (
    "I agree that {shop} uses my child’s name, age and looks, and the photo if I add one, to make this book,"
    " and deletes all of it {days} days after I send it. I can withdraw this at any time."
)
# In a book about two siblings each child has a consent of its own; these are the words beside the second one's boxes.
SECOND_GUARDIAN = "I am this second child’s parent or legal guardian too, and I am an adult."
SECOND_CONSENT = (
    "I agree that {shop} uses this second child’s name, age and looks, and the photo if I add one, to make this book,"
    " and deletes all of it {days} days after I send it. I can withdraw this at any time."
)
EVIDENCE = (
    "I agree that {shop} keeps the photos and words I send about this return, looks at them to decide about it, and"
    " deletes them {days} days after I send the first of them. If they show or name a child, I am its parent or legal"
    " guardian. I can withdraw this at any time."
)


def guardian_declaration(which: int = 1) -> str:
    """The sentence beside the first box. `which`: for the first child of a book or the second."""
    return GUARDIAN if which == 1 else SECOND_GUARDIAN


def consent_sentence(which: int = 1) -> str:
    """The sentence beside the second box, with the numbers that the purge uses."""
    sentence = CONSENT if which == 1 else SECOND_CONSENT
    return sentence.format(shop=settings.SHOP_NAME, days=settings.CHILD_RETENTION.days)


def wording(which: int = 1) -> str:
    """Both sentences as shown: what is stored as proof."""
    return f"{guardian_declaration(which)}\n{consent_sentence(which)}"


def evidence_sentence() -> str:
    """The sentence beside the one box under photos and words about a faulty book (P25)."""
    return EVIDENCE.format(shop=settings.SHOP_NAME, days=settings.CHILD_RETENTION.days)


@dataclass(frozen=True)
class ConsentGiven:
    """Every box was ticked by hand, beside this wording and under this policy."""

    policy: PolicyVersion
    wording: str
    method: str = "web form"

    @classmethod
    def now(cls, *, which: int = 1, method: str = "web form") -> "ConsentGiven":
        """Given just now, under the privacy policy in force, with the sentences as they are shown today. `which`: for
        the first child of a book or the second."""
        return cls(policy=policies.current("privacy"), wording=wording(which), method=method)

    @classmethod
    def for_evidence(cls, *, method: str = "web form") -> "ConsentGiven":
        """Given just now to keep photos and words about a faulty book, and nothing else."""
        return cls(policy=policies.current("privacy"), wording=evidence_sentence(), method=method)


class ConsentMissing(Exception):
    """Nothing is collected without the guardian's declaration and consent (P2, P4)."""


def record(child: Child, given: ConsentGiven, *, at: datetime) -> Consent:
    """Store the proof, in the transaction of the data it is about. Raises ConsentMissing."""
    if given.wording not in (wording(), wording(2), evidence_sentence()) or given.policy.slug != "privacy":
        raise ConsentMissing("Both boxes must be ticked, beside the sentences that are in force.")
    return Consent.objects.create(
        child=child,
        policy=given.policy,
        policy_sha256=given.policy.sha256,
        wording=given.wording,
        method=given.method,
        given_at=at,
    )


def verify(child: Child, at: datetime) -> None:
    """A card payment confirmed that an adult consents (COPPA). The first one counts."""
    unverified = Consent.objects.filter(verified_at=None, withdrawn_at=None)
    unverified.filter(child__in=together.everyone(child)).update(verified_at=at)


def forget_old(*, now: datetime, batch: int) -> int:
    """Drop proofs of consent given longer ago than `CONSENT_RETENTION`, of children who are forgotten; returns how
    many. At most `batch` of them."""
    due = Consent.objects.filter(given_at__lte=now - CONSENT_RETENTION, child__purged_at__isnull=False)
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:batch])
    return Consent.objects.filter(pk__in=pks).delete()[0]
