"""The register: which data, for what, how long, on which ground, and who works for the shop (P17, P18, P36;
GDPR 28, 30).

The privacy policy prints these tables, and the purge uses the same constants.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

MESSAGE_RETENTION = timedelta(days=90)
ANSWER_WITHIN = timedelta(days=30)
ACCESS_LOG_RETENTION = timedelta(days=90)


@dataclass(frozen=True)
class Ground:
    """A lawful ground, in words and as the article of the GDPR."""

    words: str
    article: str


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


CONTRACT = Ground("Our contract with you", "6(1)(b)")
CONSENT = Ground("Your consent, which you can withdraw", "6(1)(a)")
LAW = Ground("The law requires it", "6(1)(c)")
INTEREST = Ground("Our interest in a safe shop, or in answering you", "6(1)(f)")


def purposes() -> tuple[PurposeOfProcessing, ...]:
    """What is kept, from the numbers that the purge uses."""
    days = settings.CHILD_RETENTION.days
    hours = int(settings.ABANDONED_RETENTION.total_seconds() // 3600)
    row = PurposeOfProcessing
    return (
        row(
            "Your child’s name, age in years, looks and dedication, the photo if you add one, and everything"
            " made from them: portrait, preview pages, digital copy, print files",
            "To make the one book you asked for",
            f"{days} days from the moment you send it; {hours} hours if you do not order",
            CONSENT,
        ),
        row(
            "Words about the book between you and us",
            "To put your book right before it is printed",
            f"Together with the book: {days} days from the moment you sent your child’s details",
            CONSENT,
        ),
        row(
            "That you consented: when, how, to which sentences, under which version of this policy",
            "To be able to prove your consent",
            "As long as it may have to be proved. It holds nothing about your child",
            LAW,
        ),
        row(
            "Who opened your child’s data, when and why",
            "So that you can see it",
            f"{ACCESS_LOG_RETENTION.days} days; typed reasons go with your child’s data",
            INTEREST,
        ),
        row(
            "A receipt of each deletion: when, and how many things went",
            "To prove that we keep our word",
            "For good. It holds nothing about anybody",
            LAW,
        ),
        row(
            "Your name, e-mail address, phone number and delivery address with each order",
            "To make, deliver and, if need be, replace or refund your order",
            "With the order, as long as bookkeeping law requires",
            CONTRACT,
        ),
        row(
            "What was ordered and paid: story, format, price, payment, refund",
            "Bookkeeping",
            "As long as bookkeeping law requires. It never names your child",
            LAW,
        ),
        row(
            "The text of mails we sent you",
            "To answer when something went wrong",
            f"{settings.MAIL_BODY_RETENTION.days} days",
            CONTRACT,
        ),
        row(
            "What you write through the contact form",
            "To answer you",
            f"{MESSAGE_RETENTION.days} days",
            INTEREST,
        ),
        row(
            "Your account, if you want one: e-mail address and, if you like, a name",
            "So that you can see your orders",
            "Until you ask us to delete it",
            CONTRACT,
        ),
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
