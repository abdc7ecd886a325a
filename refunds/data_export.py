"""What was said about a child's book, for the parent's ZIP (P6)."""

from django.utils import timezone

from books import editions, revisions
from books.models import Edition
from privacy import vault
from privacy.exports import File, Part
from privacy.masked import Masked
from privacy.models import Child
from privacy.purposes import Actor, Kind, Purpose
from refunds.models import ChangeMessage


def part(child: Child) -> Part | None:
    """For `privacy.exports`: the messages between parent and staff, oldest first."""
    edition = Edition.objects.filter(child=child).first()
    if edition is None:
        return None
    story = revisions.story_of(edition)
    said = []
    text = []
    for one in ChangeMessage.objects.filter(request__line__edition__child=child).order_by("pk"):
        words = _words(child, one.number)
        said.append(
            {"sent_at": one.sent_at, "from": "us" if one.from_staff else "you", "page": one.page, "text": words}
        )
        when = timezone.localtime(one.sent_at).strftime("%Y-%m-%d %H:%M")
        about = "" if one.page is None else f", about: {editions.page_label(story, one.page)}"
        text.append(f"{'We' if one.from_staff else 'You'}, {when}{about}\n{words}\n")
    says = "what you and we wrote about the book"
    files = [File("messages.txt", Masked("\n".join(text).encode()), says)] if said else []
    return Part("messages", f"{says}, oldest first", Masked(said), files)


def _words(child: Child, number: int) -> str:
    read = vault.read(child, Kind.MESSAGE, number, purpose=Purpose.RIGHTS, actor=Actor.parent())
    return read.reveal().decode()
