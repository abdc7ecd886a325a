"""Addresses of returns; part of `refunds.urls`."""

from django.urls import path

from refunds.views import parent_returns, staff_returns

urlpatterns = [
    path("orders/<order:number>/return/", parent_returns.ask, name="return_ask"),
    path(
        "orders/<order:number>/return/draft/<str:token>/<int:photo>.jpg",
        parent_returns.draft_photo,
        name="draft_photo",
    ),
    path("orders/<order:number>/returns/<slug:of_return>/", parent_returns.show, name="return"),
    path("orders/<order:number>/returns/<slug:of_return>/do/", parent_returns.act, name="return_act"),
    path("orders/<order:number>/returns/<slug:of_return>/more/", parent_returns.more, name="return_more"),
    path("orders/<order:number>/returns/<slug:of_return>/appeal/", parent_returns.appeal, name="return_appeal"),
    path("orders/<order:number>/returns/<slug:of_return>/label.pdf", parent_returns.label, name="return_label"),
    path("orders/<order:number>/returns/<slug:of_return>/<int:photo>.jpg", parent_returns.photo, name="return_photo"),
    path("orders/open/<str:token>/returns/<slug:of_return>/", parent_returns.open_return, name="return_link"),
    path("staff/returns/<slug:of_return>/", staff_returns.staff_return, name="staff_return"),
]
