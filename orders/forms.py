"""The forms between a basket and an approval. Every message says what to do."""

import re
from collections.abc import Mapping
from typing import Any

import phonenumbers
from django import forms

from orders import prices, shipping
from orders.checkout import Delivery
from orders.models import Order

# What a postal code looks like, and how the country writes it; spaces and hyphens may be left out or added.
_POSTAL_CODES: dict[str, tuple[str, str, str]] = {
    "AT": (r"(\d{4})", r"\1", "1010"),
    "BE": (r"(\d{4})", r"\1", "1000"),
    "BG": (r"(\d{4})", r"\1", "1000"),
    "CY": (r"(\d{4})", r"\1", "1010"),
    "CZ": (r"(\d{3})(\d{2})", r"\1 \2", "110 00"),
    "DE": (r"(\d{5})", r"\1", "10115"),
    "DK": (r"(?:DK)?(\d{4})", r"\1", "2100"),
    "EE": (r"(\d{5})", r"\1", "10111"),
    "ES": (r"(\d{5})", r"\1", "28001"),
    "FI": (r"(?:FI)?(\d{5})", r"\1", "00100"),
    "FR": (r"(\d{5})", r"\1", "75001"),
    "GR": (r"(\d{3})(\d{2})", r"\1 \2", "105 57"),
    "HR": (r"(?:HR)?(\d{5})", r"\1", "10000"),
    "HU": (r"(\d{4})", r"\1", "1011"),
    "IE": (r"([AC-FHKNPRTV-Y]\d[0-9W])([0-9AC-FHKNPRTV-Y]{4})", r"\1 \2", "D02 AF30"),
    "IT": (r"(\d{5})", r"\1", "00118"),
    "LT": (r"(?:LT)?(\d{5})", r"LT-\1", "LT-01100"),
    "LU": (r"(?:L)?(\d{4})", r"L-\1", "L-1111"),
    "LV": (r"(?:LV)?(\d{4})", r"LV-\1", "LV-1010"),
    "MT": (r"([A-Z]{3})(\d{4})", r"\1 \2", "VLT 1117"),
    "NL": (r"(\d{4})([A-Z]{2})", r"\1 \2", "1012 AB"),
    "PL": (r"(\d{2})(\d{3})", r"\1-\2", "00-001"),
    "PT": (r"(\d{4})(\d{3})", r"\1-\2", "1000-001"),
    "RO": (r"(\d{6})", r"\1", "010011"),
    "SE": (r"(?:SE)?(\d{3})(\d{2})", r"\1 \2", "111 20"),
    "SI": (r"(?:SI)?(\d{4})", r"\1", "1000"),
    "SK": (r"(\d{3})(\d{2})", r"\1 \2", "811 01"),
}


class LineForm(forms.Form):
    """Which book, how many."""

    format = forms.ChoiceField(
        label="Binding",
        choices=[(key, made.label) for key, made in prices.FORMATS.items()],
        initial=prices.DEFAULT_FORMAT,
        error_messages={
            "required": "Please choose softcover or hardcover.",
            "invalid_choice": "Please choose softcover or hardcover.",
        },
    )
    quantity = forms.IntegerField(
        label="Copies",
        initial=1,
        min_value=1,
        max_value=prices.MAX_QUANTITY,
        error_messages={
            "required": "Please say how many copies you would like.",
            "invalid": "Please give the number of copies in figures.",
            "min_value": "Please order at least one copy, or take the book out.",
            "max_value": "We print at most %(limit_value)s copies in one order. For more, please write to us.",
        },
    )


def _text(
    label: str, missing: str, *, limit: int, autocomplete: str, required: bool = True, **attrs: str
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=limit,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete, **attrs}),
        error_messages={
            "required": missing,
            "max_length": "This is too long for a parcel label. Please use at most %(limit_value)s characters.",
        },
    )


class Preselected(forms.ChoiceField):
    """A choice that is never open: without an answer it is what was chosen from the start."""

    def clean(self, value: Any) -> Any:
        return super().clean(value or self.initial)


class CheckoutForm(forms.Form):
    """Whom the books go to, and how (P34): every field that is missing or wrong is named."""

    name = _text("Your full name", "Please enter your name.", limit=120, autocomplete="name")
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        help_text="For your order, your digital copy and the tracking link. Nothing else.",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email", "spellcheck": "false"}),
        error_messages={
            "required": "Please enter your e-mail address: your digital copy goes there.",
            "invalid": "Please check the e-mail address. It should look like name@example.com.",
        },
    )
    phone = forms.CharField(
        label="Phone",
        max_length=40,
        help_text="Only for the carrier and for questions about this order.",
        widget=forms.TelInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        error_messages={
            "required": "Please enter a phone number where the carrier can reach you.",
            "max_length": "Please check the phone number: it is too long.",
        },
    )
    contact_by = Preselected(
        label="If the payment does not work, how may we reach you?",
        choices=[(Order.ContactBy.EMAIL, "Write to me"), (Order.ContactBy.PHONE, "Call me")],
        initial=Order.ContactBy.EMAIL,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Please choose whether we may write to you or call."},
    )
    country = forms.ChoiceField(
        label="Country",
        choices=list(shipping.COUNTRIES.items()),
        widget=forms.Select(attrs={"autocomplete": "country"}),
        error_messages={
            "required": "Please choose the country we deliver to.",
            "invalid_choice": "We do not deliver there yet. Please choose a country from the list.",
        },
    )
    street = _text(
        "Street and number", "Please enter street and house number.", limit=160, autocomplete="address-line1"
    )
    street_2 = _text("Flat, floor, care of", "", limit=160, autocomplete="address-line2", required=False)
    postal_code = _text("Postal code", "Please enter the postal code.", limit=16, autocomplete="postal-code")
    city = _text("Town or city", "Please enter the town or city.", limit=80, autocomplete="address-level2")
    shipping_method = forms.ChoiceField(
        label="Delivery",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Please choose how we send your parcel.",
            "invalid_choice": "This delivery is not offered there. Please choose another one.",
        },
    )
    # What these two are worth, and whether they may be used, is said by `orders.views.savings`, also before ordering.
    coupon = forms.CharField(
        label="Coupon code",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"max_length": "We do not know this code. Please check it for typing mistakes."},
    )
    points = forms.CharField(
        label="Points to use",
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"max_length": "Please give the number of points in figures."},
    )
    ticket = forms.CharField(widget=forms.HiddenInput, required=False, max_length=120)
    shown_total = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        field = self.fields["shipping_method"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(method.key, method.label) for method in shipping.methods(self.country_now).values()]
        self.fields["postal_code"].widget.attrs["placeholder"] = _POSTAL_CODES[self.country_now][2]
        if self.country_now not in ("IE", "MT", "NL", "LT", "LU", "LV", "PL", "PT"):
            self.fields["postal_code"].widget.attrs["inputmode"] = "numeric"

    @property
    def country_now(self) -> str:
        """The country chosen so far; home where none or an unknown one is."""
        given = str(self.data.get("country") if self.is_bound else self.initial.get("country") or "")
        return given if given in shipping.COUNTRIES else shipping.HOME

    @property
    def shipping_now(self) -> str:
        """The delivery chosen so far; the cheapest where none or an unknown one is."""
        offered = shipping.methods(self.country_now)
        given = self.data.get("shipping_method") if self.is_bound else self.initial.get("shipping_method")
        return str(given) if given in offered else next(iter(offered))

    def said(self, name: str) -> str:
        """What stands in a field, checked or not; without spaces around it."""
        given = self.data.get(name) if self.is_bound else self.initial.get(name)
        return str(given or "").strip()

    def clean_name(self) -> str:
        return _tidy(self.cleaned_data["name"])

    def clean_street(self) -> str:
        return _tidy(self.cleaned_data["street"])

    def clean_city(self) -> str:
        return _tidy(self.cleaned_data["city"])

    def clean_phone(self) -> str:
        """Stored as E.164, read as somebody in the delivery country would write it."""
        wrong = forms.ValidationError(
            "Please check the phone number. With the country code in front it should look like %(example)s.",
            params={"example": _example_phone(self.country_now)},
        )
        try:
            number = phonenumbers.parse(self.cleaned_data["phone"], self.country_now)
        except phonenumbers.NumberParseException:
            raise wrong from None
        if not phonenumbers.is_valid_number(number):
            raise wrong
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        country, code = data.get("country"), data.get("postal_code")
        if country and code:
            pattern, shape, example = _POSTAL_CODES[country]
            match = re.fullmatch(pattern, re.sub(r"[\s.\-–]", "", code).upper(), flags=re.ASCII)
            if match is None:
                self.add_error(
                    "postal_code",
                    f"Please check the postal code. In {shipping.COUNTRIES[country]} it looks like {example}.",
                )
            else:
                data["postal_code"] = match.expand(shape)
        return data

    def delivery(self) -> Delivery:
        """The checked answers. Call it on a valid form only."""
        data = self.cleaned_data
        return Delivery(
            name=data["name"],
            email=data["email"],
            phone=data["phone"],
            street=data["street"],
            street_2=_tidy(data["street_2"]),
            postal_code=data["postal_code"],
            city=data["city"],
            country=data["country"],
            shipping_method=data["shipping_method"],
            contact_by=data["contact_by"],
        )


class ApproveForm(forms.Form):
    """The parent's word that the book is printed exactly like this (P21)."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    seen = forms.BooleanField(
        label="I have looked at every page. Print it exactly like this.",
        error_messages={"required": "Please tick the box once you have looked at every page."},
    )


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _example_phone(country: str) -> str:
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        return "+45 32 12 34 56"
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
