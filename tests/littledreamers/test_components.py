"""The components of the house: forms are wired for everyone, money is right, the frame names who is responsible."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from books import webfonts
from littledreamers.shop_window import shop
from littledreamers.templatetags import components

TEMPLATES = Path(settings.BASE_DIR) / "templates"
STATIC = Path(settings.BASE_DIR) / "static"


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def one(self, tag: str) -> dict[str, str | None]:
        (attrs,) = [attrs for name, attrs in self.found if name == tag]
        return attrs


class ExampleForm(forms.Form):
    email = forms.EmailField(label="E-mail address", help_text="For your order’s mails.")
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    binding = forms.ChoiceField(
        label="Binding", choices=[("soft", "Softcover"), ("hard", "Hardcover")], widget=forms.RadioSelect
    )
    agreed = forms.BooleanField(label="I agree")
    key = forms.CharField(widget=forms.HiddenInput)


def render(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (2490, "eur", "€24.90"),
        (5, "eur", "€0.05"),
        (0, "eur", "€0.00"),
        (123456789, "gbp", "£1,234,567.89"),
        (29900, "dkk", "299.00 kr."),
        (-490, "eur", "−€4.90"),
    ],
)
def test_money_is_written_to_the_cent(amount: int, currency: str, shown: str) -> None:
    assert components.money(amount, currency) == shown
    assert render("{% money amount currency %}", amount=amount, currency=currency) == shown


def test_money_of_an_unknown_currency_is_refused() -> None:
    with pytest.raises(KeyError):
        components.money(100, "xyz")


def test_price_uses_the_shops_currency_when_none_is_given() -> None:
    html = render('{% include "components/price.html" with amount=2990 from=True only %}')
    assert re.sub(r"<[^>]+>", "", html).split() == ["from", "€29.90", "incl.", "VAT"]


def test_a_field_is_wired_to_label_hint_and_error() -> None:
    form = ExampleForm({"email": "nobody", "key": "k"})
    html = render("{% field form.email autocomplete='email' %}", form=form)
    elements = Elements(html)
    control = elements.one("input")
    assert elements.one("label")["for"] == control["id"] == "id_email"
    assert control["aria-describedby"] == "id_email-hint id_email-error"
    assert control["aria-invalid"] == "true"
    assert control["autocomplete"] == "email"
    assert control["value"] == "nobody"
    ids = [attrs.get("id") for _, attrs in elements.found]
    assert "id_email-hint" in ids
    assert "id_email-error" in ids
    assert "Enter a valid email address." in html


def test_a_field_without_error_claims_none() -> None:
    control = Elements(render("{% field form.email %}", form=ExampleForm())).one("input")
    assert control["aria-describedby"] == "id_email-hint"
    assert "aria-invalid" not in control


def test_an_optional_field_says_so() -> None:
    assert "optional" in render("{% field form.note %}", form=ExampleForm())
    assert "optional" not in render("{% field form.email %}", form=ExampleForm())


def test_choices_stand_in_a_fieldset_with_a_label_each() -> None:
    form = ExampleForm({"binding": "hard", "key": "k"})
    elements = Elements(render("{% field form.binding details=details %}", form=form, details={"hard": "Sturdy"}))
    assert [tag for tag, _ in elements.found].count("fieldset") == 1
    radios = [attrs for tag, attrs in elements.found if tag == "input"]
    labels = [attrs["for"] for tag, attrs in elements.found if tag == "label"]
    assert [radio["id"] for radio in radios] == labels
    assert ["checked" in radio for radio in radios] == [False, True]


def test_p04_a_consent_box_starts_unticked() -> None:
    assert "checked" not in Elements(render("{% field form.agreed %}", form=ExampleForm())).one("input")


def test_a_hidden_field_is_only_its_control() -> None:
    html = render("{% field form.key %}", form=ExampleForm(initial={"key": "k"}))
    assert html == '<input type="hidden" name="key" value="k" id="id_key">'


def test_what_was_typed_is_escaped() -> None:
    form = ExampleForm({"email": '"><script>', "key": "k"})
    assert "<script" not in render("{% field form.email %}", form=form)
    assert "<script" not in render("{% button label href=label %}", label='"><script>')


def test_a_button_is_a_link_only_with_an_address() -> None:
    assert Elements(render("{% button 'Pay' busy='Wait' %}")).one("button")["data-busy"] == "Wait"
    assert Elements(render("{% button 'Home' href='/' kind='quiet' %}")).one("a")["href"] == "/"


def test_the_stepper_marks_where_one_is() -> None:
    html = render("{% stepper 'basket' personalise='/p' pay='/never' %}")
    elements = Elements(html)
    steps = [attrs for tag, attrs in elements.found if tag == "li"]
    assert [step.get("aria-current") for step in steps] == [None, None, "step", None, None]
    assert [attrs["href"] for tag, attrs in elements.found if tag == "a"] == ["/p"]


def test_p65_a_link_that_leaves_is_marked() -> None:
    html = render("{% external_link 'https://carrier.example/' 'Carrier' %}")
    link = Elements(html).one("a")
    assert link["rel"] == "external noopener noreferrer"
    assert "another site" in html


def every_template() -> Iterator[Path]:
    yield from sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("path", every_template(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_p19_p65_templates_ask_nobody_else_for_anything(path: Path) -> None:
    source = path.read_text()
    for tag, attrs in Elements(source).found:
        if tag in {"script", "img", "iframe", "source"}:
            assert not (attrs.get("src") or "").startswith(("http:", "https:", "//")), (tag, attrs)
        if tag == "link":
            assert not (attrs.get("href") or "").startswith(("http:", "https:", "//")), attrs
        if tag == "a" and (attrs.get("href") or "").startswith(("http:", "https:", "//")):
            assert "external" in (attrs.get("rel") or ""), attrs


@pytest.mark.parametrize(
    "path",
    # Mails have no content security policy and need what mail programs understand.
    [path for path in every_template() if "emails" not in path.parts and "print" not in path.parts],
    ids=lambda path: str(path.relative_to(TEMPLATES)),
)
def test_templates_pass_the_content_security_policy(path: Path) -> None:
    for tag, attrs in Elements(path.read_text()).found:
        assert "style" not in attrs, (tag, attrs)
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
        assert tag != "style"
        if tag == "script":
            assert attrs.get("src") or attrs.get("type") == "application/json", attrs


def test_p19_sheets_and_scripts_ask_nobody_else() -> None:
    for path in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        assert not re.search(r"""(url\(|import\s|from\s|fetch\()\s*["']?(https?:)?//""", path.read_text()), path


def test_every_sheet_of_the_house_exists() -> None:
    links = [attrs["href"] for tag, attrs in Elements(components.stylesheets()).found if tag == "link"]
    assert len(links) == len(components.SHEETS) + 2
    assert sorted(path.stem for path in (STATIC / "css/components").glob("*.css")) == sorted(components.SHEETS)


@pytest.mark.parametrize("font", webfonts.FONTS, ids=lambda font: font.name)
def test_the_fonts_are_found_and_small(font: webfonts.WebFont) -> None:
    found = finders.find(font.path)
    assert found is not None
    file = Path(found)
    assert file.read_bytes()[:4] == b"wOF2"
    assert file.stat().st_size < 80_000
    listed = {name for finder in finders.get_finders() for name, _ in finder.list([])}
    assert font.path in listed


def test_the_fonts_can_write_the_names_of_europe() -> None:
    from fontTools.ttLib import TTFont

    for font in webfonts.FONTS:
        found = finders.find(font.path)
        assert found is not None
        with TTFont(found) as file:
            letters = file.getBestCmap()
        assert [letter for letter in "ÅåØøÆæŁłŞşĞğȘșŐőŽžßñçÐþ€–’“”…" if ord(letter) not in letters] == []


def test_p44_every_page_names_the_controller(client: Client) -> None:
    for address in ("/", "/account/login/", "/no-such-page/"):
        html = client.get(address).content.decode()
        for fact in settings.CONTROLLER.values():
            assert fact in html, (address, fact)


@pytest.mark.parametrize("kind", ["html", "txt"])
def test_p44_p55_every_mail_names_the_controller_and_asks_for_no_secret(kind: str) -> None:
    from django.template.loader import render_to_string

    words = render_to_string(
        f"emails/base.{kind}",
        {"shop_name": settings.SHOP_NAME, "site_url": settings.SITE_URL, "controller": settings.CONTROLLER},
    )
    for fact in settings.CONTROLLER.values():
        assert fact in words
    assert "never ask for a password or a card number" in words


def test_mails_hold_no_picture_and_no_tracking() -> None:
    for path in sorted((TEMPLATES / "emails").rglob("*.html")):
        assert "<img" not in path.read_text(), path


def test_the_error_page_stands_alone() -> None:
    html = render((TEMPLATES / "500.html").read_text())
    elements = Elements(html)
    assert not [tag for tag, _ in elements.found if tag in {"link", "script", "style", "img"}]
    assert "{%" not in (TEMPLATES / "500.html").read_text()


def test_p30_a_visitor_gets_no_cookie_for_looking(client: Client) -> None:
    assert client.get("/").cookies == {}


@pytest.mark.django_db
def test_the_frame_asks_no_database_for_a_visitor_without_basket(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = rf.get("/")
    request.session = SessionStore()
    with django_assert_num_queries(0):
        assert shop(request)["basket_count"] == 0
