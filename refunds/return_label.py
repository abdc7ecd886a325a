"""The label for a parcel that comes back: a page to print, drawn when it is opened and not kept."""

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string

from books import fonts
from orders import shipping
from refunds.models import Return


def draw(of: Return) -> bytes:
    """The page as a PDF: our address, the return's number in large letters, the sender. Nothing of the child."""
    import weasyprint
    from weasyprint.urls import URLFetcher

    faces = list(dict.fromkeys((*fonts.chain(fonts.TEXT, "nunito"), *fonts.chain(fonts.DISPLAY))))
    context = {
        "of": of,
        "order": of.order,
        "lines": list(of.lines.select_related("line")),
        "country": shipping.COUNTRIES.get(of.order.country, of.order.country),
        "shop_name": settings.SHOP_NAME,
        "controller": settings.CONTROLLER,
        "address": [part.strip() for part in str(settings.CONTROLLER["address"]).split(",")],
        "faces": [(face.family, fonts.file(face).as_uri()) for face in faces],
        "text_families": ", ".join(face.family for face in fonts.chain(fonts.TEXT, "nunito")),
        "title_families": ", ".join(face.family for face in fonts.chain(fonts.DISPLAY)),
    }
    # Fonts come from files; nothing comes from anywhere else.
    nothing_else = URLFetcher(allowed_protocols={"file"})
    html = render_to_string("print/return_label.html", context)
    return bytes(weasyprint.HTML(string=html, url_fetcher=nothing_else).write_pdf())


def answer(of: Return) -> HttpResponse:
    """The page for a browser, named after the return."""
    return HttpResponse(
        draw(of),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{of.number}-label.pdf"'},
    )
