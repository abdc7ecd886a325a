from django.urls import path

from books.views import art, guesses, personalise, portrait, preview

app_name = "books"
urlpatterns = [
    path("stories/<slug:slug>/personalise/", personalise.personalise, name="personalise"),
    path("stories/<slug:slug>/cover-<slug:layer>.<str:version>.svg", art.cover_art, name="cover_art"),
    path("drawn-child.<str:version>.json", art.child_parts, name="child_parts"),
    path("photo-guesses/", guesses.guess, name="guesses"),
    path("photo-portrait/", portrait.sample, name="sample"),
    path("drawn-child/<slug:table>/<slug:option>.<str:version>.svg", art.option_picture, name="option_picture"),
    path("books/<uuid:edition_id>/", preview.preview, name="preview"),
    path("books/<uuid:edition_id>/edit/", personalise.edit, name="edit"),
    path("books/<uuid:edition_id>/photo-guesses/", guesses.guess_again, name="guesses_again"),
    path("books/<uuid:edition_id>/photo-portrait/", portrait.sample_again, name="sample_again"),
    path("books/<uuid:edition_id>/portrait-<int:which>", portrait.thumbnail, name="portrait"),
    path("books/<uuid:edition_id>/<int:number>/page-<int:page>.jpg", preview.page, name="page"),
    path("books/<uuid:edition_id>/<int:number>/page-<int:page>-<int:width>.jpg", preview.page, name="page_at"),
    path("books/<uuid:edition_id>/<int:number>/full-<int:page>.jpg", preview.full_page, name="full_page"),
    path(
        "books/<uuid:edition_id>/<int:number>/full-<int:page>-<int:width>.jpg", preview.full_page, name="full_page_at"
    ),
    path("books/<uuid:edition_id>/<int:number>/digital-copy.pdf", preview.digital_copy, name="digital_copy"),
    path("books/<uuid:edition_id>/<int:number>/photo.jpg", preview.photo, name="photo"),
    path("books/<uuid:edition_id>/<int:number>/second-photo.jpg", preview.photo, {"which": 2}, name="second_photo"),
]
