"""A shop in which something of everything waits, about a child whose data is all canaries."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import OutgoingMail
from books import editions
from books.models import Edition, Revision
from books.personalisation import Crop, Personalisation
from books.photo import SanitisedPhoto
from books.story import Story
from orders import catalogue, links
from orders.models import BasketLine, Order, Payment, PrintJob, Refund, WebhookEvent
from privacy import children, contact
from privacy.consent import ConsentGiven
from privacy.masked import Masked
from privacy.models import Child, Receipt
from refunds import cases, changes, evidence
from refunds.amounts import Owed
from refunds.models import Case, ChangeRequest, Return, ReturnLine
from tests.books.making import LOOKS
from tests.books.small_story import portrait
from tests.faults.addresses import Address
from tests.orders.factories import make_line, make_order
from tests.refunds.staff import member

NAME = "Wilhelmina-Canary"
DEDICATION = "Dedication-Canary for a child who knows every star"
MESSAGE = "Message-Canary: please give her longer hair"
POSTED = "Posted-Canary"
CANARIES = (NAME, DEDICATION, MESSAGE, POSTED)


def canaries_in(text: str) -> list[str]:
    """Which canaries a text holds, as they are or as `repr` and JSON write them."""
    return [canary for canary in CANARIES if canary in text]


@dataclass
class Shop:
    """The things in it, by what an address or a task may ask for."""

    order: Order
    edition: Edition
    job: PrintJob
    asked: ChangeRequest
    returned: Return
    receipt: Receipt
    story: Story
    session: str  # of a browser that placed the order and is signed in as the owner of the shop

    def client(self) -> Client:
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        return client

    def fill(self, address: Address, gap: str) -> object:
        """What belongs into a gap of an address. KeyError: a kind of gap that this shop does not know yet."""
        if address.is_admin:
            return self._fill_admin(address, gap)
        link = links.order_link(self.order)
        if address.name == "printer":
            link = links.printer_link(self.job, "received")
        elif address.name.startswith("printer_files"):
            link = links.files_link(self.job).removesuffix("files/")
        story = address.route.startswith("stories/")
        return {
            "uuid:edition_id": self.edition.pk,
            "uuid:edition": self.edition.pk,
            "int:number": 1,
            "int:page": 1,
            "int:width": 720,
            "int:which": 1,
            "slug:of_return": self.returned.number,
            "int:photo": 1,
            "int:line_id": self.order.lines.get().pk,
            "int:request_id": self.asked.pk,
            "int:case_id": Case.objects.get().pk,
            "int:refund_id": Refund.objects.earliest("pk").pk,
            "int:name": 1,
            "int:index": 0,
            "order:number": self.order.number,
            "slug:slug": self.story.slug if story else "privacy",
            "slug:document": "C-1",
            "slug:layer": "background",
            "slug:table": "hairstyles",
            "slug:option": "bob",
            "slug:key": next(iter(catalogue.EXAMPLE_CHILDREN)),
            "slug:version": self.story.version,
            "str:version": "1",
            "str:token": link.rstrip("/").rpartition("/")[2],
            "str:sha256": self.receipt.sha256,
            "regex:key": "abc-def",
            "regex:uidb36": "1",
        }[gap]

    def _fill_admin(self, address: Address, gap: str) -> object:
        if gap in ("path:object_id", "int:pk"):
            return _first(address.model) if address.model else "1"
        return {
            "regex:url": "nowhere",
            "regex:app_label": "privacy",
            "path:content_type_id": ContentType.objects.get_for_model(Order).pk,
            "str:id": 1,
        }[gap]

    def ids(self) -> dict[str, int]:
        """What a task's argument of that name is."""
        return {
            "order_pk": self.order.pk,
            "revision_id": Revision.objects.get(edition=self.edition).pk,
            "job_id": self.job.pk,
            "refund_id": Refund.objects.earliest("pk").pk,
            "mail_id": OutgoingMail.objects.latest("pk").pk,
            "event_pk": WebhookEvent.objects.get().pk,
        }


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is done inside is undone afterwards: in the database, and in the folder of keys."""
    keys = Path(settings.KEY_STORE_DIR)
    before = _contents(keys)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        after = _contents(keys)
        for path in after.keys() - before.keys():
            path.unlink()
        for path, content in before.items():
            if after.get(path) != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def make_shop(story: Story) -> Shop:
    """One of each: an order with the parent, a job, a payment and a refund, mails, messages, a receipt."""
    edition = _edition(story)
    children.keep_for_order(edition.child)
    order = make_order(state=Order.State.IN_REVIEW, paid_at=timezone.now())
    line = make_line(order, edition=edition, title=story.short_title)
    Revision.objects.filter(edition=edition).update(full_wanted=True, full_ready_at=timezone.now())
    payment = Payment.objects.create(
        order=order, idempotency_key="p", amount=order.total, currency="eur", state="paid", intent_id="pi_1"
    )
    Refund.objects.create(payment=payment, amount=100, idempotency_key="r")
    colleague = member(email="colleague@example.com")
    cases.open_case(order, Owed((), order.total, 0, 0, (), ()), kind="goodwill", actor="staff:0", staff=colleague)
    Case.objects.update(state="proposed", proposed_by=colleague)
    WebhookEvent.objects.create(event_id="evt_1", type="checkout.session.completed", object_id="cs_1")
    asked = changes.ask(line, MESSAGE)
    changes.answer(asked, staff=member("refunds.change_changerequest"), text=MESSAGE)
    contact.receive(
        {"name": POSTED, "email": "a@example.test", "topic": "other", "order_number": "", "message": MESSAGE}
    )
    forgotten = _edition(story).child
    receipt = children.forget(forgotten, reason=Child.End.DELETED)
    in_basket = _edition(story)
    BasketLine.objects.create(basket="basket", edition=in_basket, format="softcover")
    job = PrintJob.objects.create(number="J-T-1", line=line, revision=1, profile="house", state="queued", page_count=24)
    owner = member(email="owner@example.com")
    owner.is_superuser = True
    owner.save()
    client = Client()
    session = client.session
    session.update({"orders": [order.number], "editions": [str(edition.pk), str(in_basket.pk)], "basket": "basket"})
    session.save()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    key = str(client.session.session_key)
    return Shop(order, edition, job, asked, _returned(order), receipt, story, key)


def _returned(order: Order) -> Return:
    """A return with a photo and words; the order is still with the parent, so it is written down by hand."""
    with transaction.atomic():
        child = evidence.begin(consent=ConsentGiven.for_evidence())
        evidence.add(child, photos=[SanitisedPhoto(Masked(portrait(400)), 400, 400)], words=MESSAGE)
    children.keep_for_order(child)
    returned = Return.objects.create(number="R-TTTTTT", order=order, reason="print", wish="refund", evidence=child)
    ReturnLine.objects.create(of=returned, line=order.lines.get(), copies=1)
    return returned


def _edition(story: Story) -> Edition:
    said = Personalisation(
        name=NAME, age=5, looks=LOOKS, dedication=DEDICATION, photo=None, crop=Crop(x=0.0, y=0.0, size=1.0)
    )
    photo = SanitisedPhoto(Masked(portrait(400)), 400, 400)
    return editions.start(story=story, personalisation=said, photo=photo, consent=ConsentGiven.now())


def _first(model: type[models.Model]) -> Any:
    found = model._base_manager.first()
    return found.pk if found is not None else 1
