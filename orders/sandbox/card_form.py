"""What somebody typed into the card form, and what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from orders.sandbox.cards import CARDS, TestCard

REAL_CARD = "This is a sandbox: please use one of the test cards below. Never type a real card here."


@dataclass
class CardForm:
    """Only name and expiry are shown again after an error; number and security code never are.

    `errors` are about what was typed, one per field; `notice` is what the bank said, about the field `refused`.
    """

    name: str = ""
    expiry: str = ""
    card: TestCard | None = None
    errors: dict[str, str] = field(default_factory=dict)
    notice: str = ""
    refused: str = ""

    @property
    def troubled(self) -> bool:
        return bool(self.errors or self.notice)

    @classmethod
    def read(cls, typed: Mapping[str, str], *, today: date) -> "CardForm":
        """Check everything at once, so that every wrong field is named."""
        form = cls(name=typed.get("name", "").strip()[:120], expiry=typed.get("expiry", "").strip()[:9])
        number = re.sub(r"[\s-]", "", typed.get("number", ""))
        form.card = CARDS.get(number)
        if not number:
            form.errors["number"] = "Enter a card number, for example 4242 4242 4242 4242."
        elif form.card is None:
            form.errors["number"] = REAL_CARD
        form._check_expiry(today)
        if not re.fullmatch(r"[0-9]{3,4}", typed.get("cvc", "").strip()):
            form.errors["cvc"] = "Enter three digits, for example 123."
        if not form.name:
            form.errors["name"] = "Enter the name on the card."
        return form

    def _check_expiry(self, today: date) -> None:
        match = re.fullmatch(r"(0?[1-9]|1[0-2])\s*[/ ]?\s*(?:20)?([0-9]{2})", self.expiry)
        if not match:
            self.errors["expiry"] = "Enter month and year, for example 12 / 34."
        elif (2000 + int(match[2]), int(match[1])) < (today.year, today.month):
            self.errors["expiry"] = "This date is in the past."
