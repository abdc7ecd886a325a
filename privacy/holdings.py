"""What is held about a child, in a parent's words: each thing with when it came and when it is forgotten (P6, P10).

Nothing here opens the vault. Apps above add what they keep themselves with `register`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from privacy import together
from privacy.access import expiry
from privacy.models import Child, Consent, VaultAccess, VaultItem
from privacy.purposes import Kind
from privacy.register import ACCESS_LOG_RETENTION, CONSENT_RETENTION


@dataclass(frozen=True)
class Holding:
    """One thing that is held. `until`: when it is forgotten; None for what stays, and then `stays` says how long and
    why."""

    name: str
    says: str
    since: datetime | None = None
    changed: datetime | None = None
    until: datetime | None = None
    stays: str = ""


@dataclass(frozen=True)
class _Group:
    """Kinds of the vault that are one thing for a parent. `one` and `many` say how much of it there is."""

    name: str
    kinds: tuple[Kind, ...]
    one: str
    many: str


_GROUPS = (
    _Group(
        "Name, age, looks and dedication",
        (Kind.PERSONALISATION,),
        "What you typed and chose.",
        "What you typed and chose, in {} versions: each change of the book keeps the one before.",
    ),
    _Group(
        "Photo",
        (Kind.PHOTO,),
        "Your photo, without the place, the camera or anything else that was hidden in the file.",
        "{} photos you sent, without the place, the camera or anything else that was hidden in the files.",
    ),
    _Group(
        "Storybook portrait",
        (Kind.PORTRAIT,),
        "A watercolour that we painted from your photo.",
        "{} watercolours that we painted from your photos.",
    ),
    _Group(
        "Drawn pages",
        (Kind.PREVIEW_PAGE, Kind.FULL_PAGE),
        "One picture of a page, for the screen.",
        "{} pictures of pages, for the screen.",
    ),
    _Group("Digital copy", (Kind.DIGITAL_COPY,), "The whole book as a PDF.", "The whole book as a PDF, {} times."),
    _Group(
        "Print files",
        (Kind.INTERIOR, Kind.COVER),
        "A file made for the printer.",
        "{} files made for the printer: the pages and the cover.",
    ),
    _Group(
        "Messages",
        (Kind.MESSAGE,),
        "One message between you and us about the book.",
        "{} messages between you and us about the book.",
    ),
    _Group(
        "Photos of the fault",
        (Kind.EVIDENCE,),
        "Your photo of what is wrong, without the place, the camera or anything else that was hidden in the file.",
        "{} photos of what is wrong, without the place, the camera or anything else that was hidden in the files.",
    ),
)

_MORE: list[Callable[[Child], Iterable[Holding]]] = []


def register(call: Callable[[Child], Iterable[Holding]]) -> None:
    """Add what another app holds in connection with a child."""
    if call not in _MORE:
        _MORE.append(call)


def until(child: Child) -> datetime:
    """The second from which nothing about the child can be read any more, as things stand."""
    end = expiry(child)
    return min(end, child.abandoned_at) if child.abandoned_at else end


def forgotten_with(child: Child) -> list[Holding]:
    """Everything that dies with the child's key."""
    end = until(child)
    # Both children of a book have a version of each: it is one for the parent.
    twice = Q(kind=Kind.PERSONALISATION) & ~Q(child=child)
    rows = VaultItem.objects.filter(child__in=together.everyone(child)).exclude(twice).values("kind")
    found = {row["kind"]: row for row in rows.annotate(n=Count("pk"), first=Min("created_at"), last=Max("created_at"))}
    held = []
    for group in _GROUPS:
        parts = [found[kind] for kind in group.kinds if kind in found]
        if not parts:
            continue
        count = sum(part["n"] for part in parts)
        first, last = min(part["first"] for part in parts), max(part["last"] for part in parts)
        held.append(
            Holding(
                name=group.name,
                says=group.one if count == 1 else group.many.format(count),
                since=first,
                changed=last if last - first > timedelta(minutes=1) else None,
                until=end,
            )
        )
    return held


def staying(child: Child) -> list[Holding]:
    """What outlives the child's key, and why. None of it says anything about the child (P35)."""
    both = together.everyone(child)
    consent = Consent.objects.filter(child__in=both).order_by("pk").first()
    looks = VaultAccess.objects.filter(child__in=both).aggregate(first=Min("hour"))["first"]
    held: list[Holding] = []
    if consent is not None:
        held.append(
            Holding(
                "Your consent" if len(both) == 1 else "Your consent for each child",
                f"That you agreed: when, beside which sentences, under version {consent.policy.version} of our privacy"
                " policy. Nothing about your child.",
                since=consent.given_at,
                stays=f"{CONSENT_RETENTION.days // 365} years, so that it can be proved.",
            )
        )
    if looks is not None:
        held.append(
            Holding(
                "Who looked",
                "The list further down: who, when and why. Reasons that our staff typed go together with your child’s"
                " data.",
                since=looks,
                stays=f"{ACCESS_LOG_RETENTION.days} days from each look.",
            )
        )
    for call in _MORE:
        held.extend(call(child))
    held.append(
        Holding(
            "A receipt",
            "Made when your child’s data is forgotten: the time, and how many things went. Nothing about anybody."
            if child.receipt is None
            else "When your child’s data was forgotten, and how many things went. Nothing about anybody.",
            since=child.receipt.at if child.receipt else None,
            stays="For good, so that we can prove that we kept our word.",
        )
    )
    return held


def left(end: datetime, now: datetime) -> str:
    """How long it is until then, in the two largest units that say something: "in 11 days 4 hours".

    The browser's countdown (static/privacy/countdown.js) says it in the same words.
    """
    seconds = int((end - now).total_seconds())
    if seconds <= 0:
        return "now"
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes = rest // 60
    parts: tuple[tuple[int, str], ...]
    if days:
        parts = ((days, "day"), (hours, "hour"))
    elif hours:
        parts = ((hours, "hour"), (minutes, "minute"))
    else:
        parts = ((minutes, "minute"),)
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return f"in {' '.join(said)}" if said else "in less than a minute"
