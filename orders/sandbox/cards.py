"""The test cards that Stripe documents, and what each of them does."""

from dataclasses import dataclass
from enum import StrEnum


class RefundFate(StrEnum):
    """What becomes of money sent back to a card."""

    ARRIVES = "arrives"
    FAILS_LATER = "fails later"
    ARRIVES_LATER = "arrives later"


@dataclass(frozen=True)
class TestCard:
    """`code` and `decline_code` are Stripe's; empty when the card pays. `words` are for the person at the page."""

    __test__ = False  # not a test case

    number: str
    label: str
    code: str = ""
    decline_code: str = ""
    words: str = ""
    challenge: bool = False
    refund: RefundFate = RefundFate.ARRIVES

    @property
    def spaced(self) -> str:
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))

    @property
    def last4(self) -> str:
        return self.number[-4:]


_ALL = (
    TestCard("4242424242424242", "Pays at once"),
    TestCard("4000002760003184", "Asks for confirmation (3-D Secure)", challenge=True),
    TestCard("4000002500003155", "Asks for confirmation, another bank", challenge=True),
    TestCard(
        "4000000000000002",
        "Is declined",
        code="card_declined",
        decline_code="generic_decline",
        words="The card was declined. Nothing was taken. Try another card, or ask your bank.",
    ),
    TestCard(
        "4000000000009995",
        "Has too little money on it",
        code="card_declined",
        decline_code="insufficient_funds",
        words="There is not enough money on this card. Nothing was taken. Try another card.",
    ),
    TestCard(
        "4000000000000069",
        "Has expired",
        code="expired_card",
        decline_code="expired_card",
        words="This card has expired. Nothing was taken. Check the date or try another card.",
    ),
    TestCard(
        "4000000000000127",
        "Has another security code",
        code="incorrect_cvc",
        decline_code="incorrect_cvc",
        words="The security code does not match the card. Nothing was taken. Check the code and try again.",
    ),
    TestCard("4000000000005126", "Pays; a refund fails later", refund=RefundFate.FAILS_LATER),
    TestCard("4000000000007726", "Pays; a refund takes a while", refund=RefundFate.ARRIVES_LATER),
)
CARDS: dict[str, TestCard] = {card.number: card for card in _ALL}
