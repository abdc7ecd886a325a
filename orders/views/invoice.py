"""The invoice of an order, as a PDF."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from orders import access, invoice_pdf, invoices


@never_cache
@require_GET
def invoice(request: HttpRequest, number: str) -> HttpResponse:
    """For whoever may open the order; everybody else gets the 404 of an order that does not exist (F20)."""
    order = access.order_for(request, number)
    try:
        made = invoices.make(order)
    except invoices.NothingToInvoice:
        raise Http404 from None
    return invoice_pdf.answer(invoice_pdf.of_invoice(made))
