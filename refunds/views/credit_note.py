"""A credit note of an order, as a PDF."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from orders import access, invoice_pdf
from refunds import credit_notes
from refunds.models import CreditNote


@never_cache
@require_GET
def credit_note(request: HttpRequest, number: str, document: str) -> HttpResponse:
    """For whoever may open the order; everybody else gets the 404 of an order that does not exist (F20)."""
    order = access.order_for(request, number)
    note = CreditNote.objects.filter(invoice__order=order, number=document).first()
    if note is None:
        raise Http404
    return invoice_pdf.answer(credit_notes.sheet(note))
