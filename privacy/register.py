"""The register: which data, for what, how long, on which ground, and who works for the shop (P17, P18, P36;
GDPR 28, 30).

The privacy policy prints these tables, and the purge uses the same constants. What is kept about whom stands in the
`personal_data.py` of every app; `privacy.inventory` puts it together.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from accounts.claims import Ground

MESSAGE_RETENTION = timedelta(days=90)
ANSWER_WITHIN = timedelta(days=30)
ACCESS_LOG_RETENTION = timedelta(days=90)
CONSENT_RETENTION = timedelta(days=5 * 365)  # from the day it was given: as long as a claim may have to be answered


@dataclass(frozen=True)
class PurposeOfProcessing:
    """One row of the table of what is kept, why, for how long and on which ground."""

    data: str
    why: str
    how_long: str
    ground: Ground


@dataclass(frozen=True)
class Role:
    """A kind of company that works for the shop, and the most it ever gets."""

    key: str
    title: str
    gets: str
    never_gets: str


@dataclass(frozen=True)
class Provider:
    """A company that fills a role today."""

    role: Role
    name: str
    does: str


@dataclass(frozen=True)
class Cookie:
    """One cookie the shop may set."""

    name: str
    purpose: str
    how_long: str


def purposes() -> tuple[PurposeOfProcessing, ...]:
    """What is kept, as the privacy policy prints it: from what every app claims, with the numbers of the purge."""
    from privacy import inventory

    return tuple(
        PurposeOfProcessing(record.data, record.why, inventory.how_long(record), record.ground)
        for record in inventory.records()
        if record.public and record.ground is not None
    )


PRINTER = Role(
    "printer",
    "The printer",
    "The print files of an approved book, the number of copies, and the name and address it goes to, encrypted",
    "Your e-mail address, your payment, the photo you uploaded, any book you have not approved",
)
PAYMENT = Role(
    "payment",
    "The payment provider",
    "Your e-mail address, the amount, the story’s title and our order number; your card details go to it directly",
    "Anything about your child",
)
CARRIER = Role(
    "carrier",
    "The carrier",
    "The name and address on the parcel, and a phone number where it needs one to deliver",
    "Anything about what is inside",
)
MAIL = Role(
    "mail",
    "The mail provider",
    "Your e-mail address and our mails, which speak of the order",
    "Your child’s name, the photo, the book",
)
ROLES: tuple[Role, ...] = (PRINTER, PAYMENT, CARRIER, MAIL)


def providers() -> tuple[Provider, ...]:
    """Who fills these roles in this installation, as its settings say."""
    printer = str(settings.PRINT_PARTNER["name"])
    sandbox = bool(settings.STRIPE_API_BASE)
    payment = "our own payment sandbox (no real money)" if sandbox else "Stripe"
    mail = "none: mails stay in this installation" if settings.DEMO else str(getattr(settings, "EMAIL_HOST", ""))
    return (
        Provider(PRINTER, printer, "Prints and binds the books"),
        Provider(PAYMENT, payment, "Takes payments and pays refunds back"),
        Provider(
            CARRIER,
            f"The carrier {printer} hands the parcel to; its name is in the shipping mail",
            "Delivers",
        ),
        Provider(MAIL, mail, "Delivers our mails"),
    )


def cookies() -> tuple[Cookie, ...]:
    """Every cookie the shop sets (P56)."""
    days = settings.SESSION_COOKIE_AGE // 86400
    return (
        Cookie(
            "session",
            "Remembers your basket, the books you are making and whether you are signed in",
            f"{days} days, or until you sign out",
        ),
        Cookie("csrf", "Makes sure that a form was sent by you and not by another site", "1 year"),
    )
