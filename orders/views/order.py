"""An order's own page, the digital copy and its approval, and the link in the mails."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from books import editions, page_addresses, page_images, revisions
from books.models import Edition, Revision
from books.page_images import page_in_words
from orders import access, links, mails, money_back, papers, prices, printing, review, shipping, timeline
from orders.forms import ApproveForm
from orders.models import Order, OrderLine
from orders.views.delivery import arrival
from privacy import children, together

# The first of these that exists: messages between parent and staff, or how to write to us.
CHANGES = ["refunds/changes.html", "orders/write_to_us.html"]


@dataclass(frozen=True)
class Book:
    """A line of an order with what its page shows. Holds nothing about the child."""

    line: OrderLine
    format: prices.Format
    edition: Edition | None
    open: bool
    latest: Revision | None
    total: int

    @property
    def cancelled(self) -> bool:
        """This book alone was cancelled; the others of its order go on (P23)."""
        return self.line.cancelled_at is not None

    @property
    def approved(self) -> bool:
        return self.line.approved_revision is not None

    @property
    def ready(self) -> bool:
        """The digital copy of the newest revision has been made."""
        return self.open and self.latest is not None and self.latest.full_ready_at is not None

    @property
    def approve_by(self) -> datetime | None:
        return review.approve_by(self.edition) if self.edition and self.open else None

    @cached_property
    def two(self) -> bool:
        """Whether the book is about two children."""
        return self.edition is not None and together.second(self.edition.child) is not None

    @property
    def days_left(self) -> int:
        """Whole days until the child's data is forgotten."""
        return max(0, (self.edition.child.expires_at - timezone.now()).days) if self.edition else 0

    @property
    def forgotten_at(self) -> datetime | None:
        """When the child was forgotten; the exact second of the expiry also before the purge has come by (P10)."""
        if self.edition is None or self.open:
            return None
        child = self.edition.child
        return min(filter(None, (child.ended_at, child.abandoned_at, child.expires_at)))

    @property
    def photo_stands_in(self) -> bool:
        """Whether a storybook portrait was wished for and could not be painted."""
        return self.edition is not None and editions.photo_stands_in(self.edition)

    @property
    def history(self) -> list[Revision]:
        return list(self.edition.revisions.order_by("-number")) if self.edition else []


@never_cache
@require_GET
def open_link(request: HttpRequest, token: str, page: str = "orders:order") -> HttpResponse:
    """The link in a mail: remembers that this browser may open the order, leaves the token behind, and goes on to
    the order or to another page of it."""
    try:
        number = links.read_order(token)
    except links.ExpiredLink:
        days = links.ORDER_LINK_VALID.days
        return render(request, "orders/link_expired.html", {"token": token, "days": days}, status=410)
    except links.BadLink:
        raise Http404 from None
    order = Order.objects.filter(number=number).first()
    if order is None:
        raise Http404
    access.grant(request, order)
    return redirect(page, order.number)


@never_cache
@require_POST
def fresh_link(request: HttpRequest, token: str) -> HttpResponse:
    """Mail a new link to the order's own address, once an hour at most; the answer is always the same."""
    try:
        number = links.expired_order(token)
    except links.BadLink:
        raise Http404 from None
    order = Order.objects.filter(number=number).first()
    if order is not None:
        mails.fresh_link(order)
    return render(request, "orders/link_sent.html")


@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    """The order: where it is, its books, where it goes and what it cost."""
    order = access.order_for(request, number)
    if order.state == Order.State.AWAITING_PAYMENT:  # also where the payment page's "back" leads
        return redirect("orders:pay", order.number)
    books = [_book(line) for line in order.lines.select_related("edition__child")]
    return render(
        request,
        "orders/order.html",
        {
            "order": order,
            "said": timeline.said(order),
            "steps": timeline.steps(order),
            "books": books,
            "living": [book for book in books if not book.cancelled],
            "lines": [book.line for book in books],
            "open_books": [book for book in books if book.open and not book.cancelled],
            "country": shipping.COUNTRIES.get(order.country, order.country),
            "shipping_label": shipping.method(order.shipping_method, order.country).label,
            "arrival": arrival(order),
            "money_back": money_back.of_order(order),
            "papers": papers.of_order(order),
            "unprintable": printing.unprintable(order),
        },
    )


@never_cache
@require_GET
def copy(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """The digital copy: every page, the PDF, and the decision about it (P21)."""
    order, line = _line(request, number, line_id)
    return _copy_page(request, order, line)


@never_cache
@require_GET
def copy_progress(request: HttpRequest, number: str, line_id: int) -> JsonResponse:
    """How far the digital copy has come: pictures made, of how many, and whether the whole copy is ready."""
    order, line = _line(request, number, line_id)
    book = _book(line)
    if book.latest is None:
        raise Http404
    editions.require_open(book.latest.edition.child)
    made, of = page_images.progress(book.latest)
    return JsonResponse({"made": made, "of": of, "ready": book.ready and order.state != Order.State.PAID})


@never_cache
@require_http_methods(["POST"])
def approve(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Approve the revision that the parent was looking at."""
    order, line = _line(request, number, line_id)
    form = ApproveForm(request.POST)
    if not form.is_valid():
        return _copy_page(request, order, line, form=form, status=422)
    try:
        newly = review.approve(line, form.cleaned_data["revision"], actor="customer")
    except review.Outdated:
        return _copy_page(request, order, line, problem="outdated", status=409)
    except review.NotReady:
        return _copy_page(request, order, line, problem="not_ready", status=409)
    except review.NotPaid:
        return _copy_page(request, order, line, problem="not_paid", status=409)
    if newly:
        messages.success(request, "Thank you. The book is approved and will be printed exactly as you saw it.")
    return redirect("orders:order", order.number)


def _copy_page(
    request: HttpRequest,
    order: Order,
    line: OrderLine,
    *,
    form: ApproveForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    line.refresh_from_db()
    order.refresh_from_db()
    if line.cancelled_at is not None:
        return render(request, "orders/book_cancelled.html", {"order": order, "line": line}, status=410)
    book = _book(line)
    if book.edition is None:
        raise Http404
    editions.require_open(book.edition.child)  # 410 once it is forgotten (P10)
    assert book.latest is not None
    can_change = order.state in (Order.State.PAID, Order.State.IN_REVIEW) and not book.approved
    return render(
        request,
        "orders/review.html",
        {
            "order": order,
            "line": line,
            "book": book,
            "pages": _pages(line, book.edition, book.latest, can_change=can_change),
            "form": form or ApproveForm(initial={"revision": book.latest.number}),
            "problem": problem,
            "can_approve": order.state == Order.State.IN_REVIEW and book.ready and not book.approved,
            "can_change": can_change,
            "making": page_images.progress(book.latest) if can_change and not book.ready else None,
            "changes_template": CHANGES,
        },
        status=status,
    )


def _pages(line: OrderLine, edition: Edition, revision: Revision, *, can_change: bool) -> list[dict[str, object]]:
    """Each page with its picture and, while something can be changed, the way to say something about it."""
    story = revisions.story_of(edition)
    here = reverse("orders:review", args=[line.order.number, line.pk])
    return [
        {
            **page_addresses.sources(revision, page, full=True),
            "alt": editions.page_label(story, page),
            "number": page,
            "about": f"{here}?page={page}#ask-{line.pk}" if can_change else "",
            "about_label": f"Something about {page_in_words(story, page)}",
        }
        for page in editions.page_numbers(story)
    ]


def _line(request: HttpRequest, number: str, line_id: int) -> tuple[Order, OrderLine]:
    order = access.order_for(request, number)
    line = order.lines.select_related("edition__child").filter(pk=line_id).first()
    if line is None:
        raise Http404
    return order, line


def _book(line: OrderLine) -> Book:
    edition = line.edition
    return Book(
        line=line,
        format=prices.FORMATS[line.format],
        edition=edition,
        open=edition is not None and children.is_open(edition.child),
        latest=editions.latest(edition) if edition else None,
        total=line.unit_price * line.quantity,
    )
