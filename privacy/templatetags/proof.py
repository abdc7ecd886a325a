"""How we prove that we forget, for the privacy policy's page: `{% load proof %}{% how_we_prove_it as proof %}`."""

from dataclasses import dataclass
from datetime import datetime

from django import template

from privacy import proofs, receipts
from privacy.models import Proof, Receipt

register = template.Library()
MIB = 1024 * 1024


@dataclass(frozen=True)
class HowWeProveIt:
    """The chain as it is now, and the latest proof (None: there was none on this installation)."""

    receipts: int
    head: str
    last_at: datetime | None
    proof: Proof | None

    @property
    def mib(self) -> int | None:
        """MiB that the latest proof searched; None if it does not say."""
        size = self.proof.summary.get("bytes") if self.proof else None
        return round(size / MIB) if isinstance(size, int | float) else None


@register.simple_tag
def how_we_prove_it() -> HowWeProveIt:
    """What the box on the policy page shows. It lies outside the versioned text: its numbers change every day."""
    last = Receipt.objects.order_by("-pk").first()
    return HowWeProveIt(
        receipts=Receipt.objects.count(),
        head=last.sha256 if last else receipts.START,
        last_at=last.at if last else None,
        proof=proofs.latest(),
    )
