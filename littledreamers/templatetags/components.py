"""Template tags of the shop's components. Builtins: no page needs a `{% load %}`.

`{% field form.name %}`, `{% button "Pay" %}`, `{% icon "owl" %}`, `{% money 2490 "eur" %}`, `{{ 2490|money }}`,
`{% stepper "preview" %}`, `{% external_link "https://..." "DHL" %}`.
"""

from functools import cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.template.loader import get_template
from django.utils.safestring import SafeString

register = template.Library()

# The components' sheets, in the order they are laid on top of each other: files of static/css/components/.
SHEETS = (
    "site-header",
    "site-footer",
    "button",
    "field",
    "notice",
    "card",
    "price",
    "badge",
    "page-header",
    "breadcrumbs",
    "stepper",
    "timeline",
    "definition-list",
    "empty-state",
    "bar",
    "flipbook",
)

# Symbol before or after the amount, and how many minor units make one.
CURRENCIES = {
    "eur": ("€{}", 100),
    "gbp": ("£{}", 100),
    "usd": ("${}", 100),
    "dkk": ("{} kr.", 100),
    "sek": ("{} kr", 100),
    "nok": ("{} kr", 100),
}
STEPS = (
    ("personalise", "Personalise"),
    ("preview", "Preview"),
    ("basket", "Basket"),
    ("pay", "Pay"),
    ("copy", "Your copy"),
)
KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "choices"),
    (forms.RadioSelect, "choices"),
    (forms.CheckboxInput, "checkbox"),
    (forms.FileInput, "file"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.NumberInput, "number"),
)


@register.filter(name="money")
def money(amount: int | None, currency: str = "") -> str:
    """`2490|money` is "€24.90". The amount is in minor units; None (nothing to show) is an empty text."""
    if amount is None:
        return ""
    shape, unit = CURRENCIES[(currency or settings.CURRENCY).lower()]
    whole, part = divmod(abs(int(amount)), unit)
    return ("−" if amount < 0 else "") + shape.format(f"{whole:,}.{part:02d}")


@register.simple_tag(name="money")
def money_tag(amount: int | None, currency: str = "") -> str:
    """The same as a tag, for a currency that comes from a variable."""
    return money(amount, currency)


def _component(name: str, context: dict[str, Any]) -> SafeString:
    return SafeString(get_template(f"components/{name}.html").render(context))


@cache
def _icon(name: str) -> SafeString:
    return SafeString(get_template(f"components/icons/{name}.svg").render().strip())


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing of our own from `components/icons/`, hidden from screen readers: words always stand beside it."""
    return _icon(name)


@register.simple_tag
def button(label: str, **props: Any) -> SafeString:
    """A button, or a link that looks like one when `href` is given. The props are in `components/button.html`."""
    return _component("button", {"label": label, "kind": "primary", "type": "submit"} | props)


def _kind(field: BoundField) -> str:
    for widget, kind in KINDS:
        if isinstance(field.field.widget, widget):
            return kind
    return "text"


def _control(field: BoundField, kind: str, described: str, attrs: dict[str, Any]) -> SafeString:
    """The control itself, wired to its hint and its error. Values that were typed stay, passwords and files do not."""
    wanted = {name.replace("_", "-"): value for name, value in attrs.items()} | {"class": f"control control--{kind}"}
    if described:
        wanted["aria-describedby"] = described
    return field.as_widget(attrs=wanted)


@register.simple_tag
def field(bound: BoundField, **props: Any) -> SafeString:
    """A form field with label, hint, control and error. `label`, `hint` and `details` override the form's own;
    other keyword arguments become attributes of the control (`autocomplete="email"`, `data_counts="300"`)."""
    if bound.is_hidden:
        return SafeString(str(bound))
    label = props.pop("label", bound.label)
    hint = props.pop("hint", bound.help_text)
    details = props.pop("details", {})
    kind = _kind(bound)
    ids = [f"{bound.auto_id}-hint"] * bool(hint) + [f"{bound.auto_id}-error"] * bool(bound.errors)
    context: dict[str, Any] = {
        "bound": bound,
        "id": bound.id_for_label or bound.auto_id,
        "name": bound.auto_id,
        "kind": kind,
        "label": label,
        "hint": hint,
        "errors": bound.errors,
        "required": bound.field.required,
        "described": " ".join(ids),
    }
    if kind == "choices":
        context["choices"] = [(choice, details.get(choice.data["value"], "")) for choice in bound.subwidgets]
    else:
        context["control"] = _control(bound, kind, context["described"], props)
    return _component("field", context)


@register.simple_tag
def stepper(here: str, **hrefs: str) -> SafeString:
    """The way to a book, standing at step `here`; keyword arguments give done steps an address (`personalise=url`)."""
    keys = [key for key, _ in STEPS]
    at = keys.index(here)
    steps = [
        {
            "key": key,
            "label": label,
            "state": "done" if index < at else "here" if index == at else "ahead",
            "href": hrefs.get(key, "") if index < at else "",
        }
        for index, (key, label) in enumerate(STEPS)
    ]
    return _component("stepper", {"steps": steps})


@register.simple_tag
def external_link(href: str, label: str) -> SafeString:
    """A link that leaves the shop, marked as such (P65)."""
    return _component("external_link", {"href": href, "label": label})


@register.simple_tag
@cache
def stylesheets() -> SafeString:
    """The links to every sheet of the house. The same for every page, so made once per process."""
    return _component("stylesheets", {"components": SHEETS})


@register.simple_tag
@cache
def site_footer() -> SafeString:
    """The footer with the controller (P44). The same for every visitor, so made once per process."""
    return _component("site_footer", {"controller": settings.CONTROLLER})
