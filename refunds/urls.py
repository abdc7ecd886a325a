"""Addresses of change requests and of what parents and staff decide."""

from django.urls import path

import orders.urls  # noqa: F401 - registers what an order number looks like in an address
from orders.views import order
from refunds import return_urls
from refunds.views import (
    credit_note,
    parent,
    parent_changes,
    parent_versions,
    queue,
    staff,
    staff_cases,
    staff_changes,
    staff_versions,
)

app_name = "refunds"
urlpatterns = [
    path("orders/<order:number>/books/<int:line_id>/ask/", parent_changes.ask_change, name="ask_change"),
    path("orders/<order:number>/books/<int:line_id>/compare/", parent_versions.compare, name="compare"),
    path("orders/<order:number>/books/<int:line_id>/take-again/", parent_versions.take_again, name="take_again"),
    path("orders/<order:number>/answer/", parent_changes.answer, name="answer"),
    path("orders/open/<str:token>/answer/", order.open_link, {"page": "refunds:answer"}, name="answer_link"),
    path("orders/<order:number>/credit-notes/<slug:document>.pdf", credit_note.credit_note, name="credit_note"),
    path("orders/<order:number>/cancel/", parent.cancel_mine, name="cancel_mine"),
    path("orders/<order:number>/books/<int:line_id>/cancel/", parent.cancel_book_mine, name="cancel_book_mine"),
    path("staff/queue/", queue.queue, name="queue"),
    path("staff/orders/<order:number>/cancel/", staff.cancel, name="cancel"),
    path("staff/orders/<order:number>/books/<int:line_id>/cancel/", staff.cancel_book, name="cancel_book"),
    path("staff/orders/<order:number>/goodwill/", staff.goodwill, name="goodwill"),
    path("staff/cases/<int:case_id>/", staff_cases.decide, name="decide"),
    path("staff/refunds/<int:refund_id>/again/", staff_cases.send_again, name="send_again"),
    path("staff/changes/<int:request_id>/", staff_changes.change, name="change"),
    path("staff/changes/<int:request_id>/compare/", staff_versions.compare, name="staff_compare"),
    path("staff/changes/<int:request_id>/propose/", staff_versions.propose, name="propose"),
    path(
        "staff/changes/<int:request_id>/versions/<int:number>/page-<int:page>.jpg",
        staff_versions.picture,
        name="version_page",
    ),
    path("staff/changes/<int:request_id>/versions/<int:number>/photo.jpg", staff_versions.photo, name="version_photo"),
    path(
        "staff/changes/<int:request_id>/versions/<int:number>/second-photo.jpg",
        staff_versions.photo,
        {"which": 2},
        name="version_second_photo",
    ),
    *return_urls.urlpatterns,
]
