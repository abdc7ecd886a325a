"""The hosted pay page: what a customer sees between the shop and the money."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.template import Context, Engine

from orders.sandbox import checkout
from orders.sandbox.card_form import CardForm
from orders.sandbox.cards import CARDS
from orders.sandbox.errors import ApiError
from orders.sandbox.intents import NOT_CONFIRMED
from orders.sandbox.provider import Provider
from orders.sandbox.store import Json

FOLDER = Path(__file__).resolve().parent / "pages"
ASSETS = {"sandbox.css": "text/css", "pay.js": "text/javascript", "icon.svg": "image/svg+xml"}
_SYMBOLS = {"eur": "€", "gbp": "£", "usd": "$"}
_REFUSED_FIELD = {"incorrect_cvc": "cvc", "expired_card": "expiry"}


@dataclass(frozen=True)
class Page:
    """An answer for a browser."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


class PayPages:
    """The pages of one sandbox. `shop_name` is whom the customer pays."""

    def __init__(self, provider: Provider, *, shop_name: str) -> None:
        self._provider = provider
        self._shop_name = shop_name
        self._engine = Engine(dirs=[str(FOLDER)])

    def asset(self, name: str) -> Page:
        """Style, script and icon."""
        if name not in ASSETS:
            return self.not_found()
        headers = {"Cache-Control": "no-cache"}
        return Page(200, (FOLDER / name).read_bytes(), ASSETS[name] + "; charset=utf-8", headers)

    def pay(self, key: str, typed: str | None = None) -> Page:
        """The card form; with `typed`, what became of it. A second click on "Pay" ends where the first one did."""
        with self._provider.store.transaction():
            session = self._session(key)
            if session is None:
                return self.not_found()
            if session["status"] != "open":
                return self._over(session, redirect=typed is not None)
            if typed is None:
                return self._form(session, CardForm())
            today = datetime.fromtimestamp(self._provider.clock.now(), UTC).date()
            form = CardForm.read(dict(parse_qsl(typed)), today=today)
            if form.errors or form.card is None:
                return self._form(session, form, status=422)
            try:
                intent = checkout.pay(self._provider, key, form.card)
            except ApiError as error:
                details = error.body["error"]
                form.notice = details["message"]
                form.refused = _REFUSED_FIELD.get(details.get("code", ""), "number")
                return self._form(session, form, status=402)
            if intent["status"] == "requires_action":
                return self._redirect(f"/c/pay/{key}/challenge")
            return self._redirect(self._success_url(session))

    def challenge(self, key: str, typed: str | None = None) -> Page:
        """The bank's page of 3-D Secure; with `typed`, its answer."""
        with self._provider.store.transaction():
            session = self._session(key)
            if session is None:
                return self.not_found()
            if session["status"] != "open":
                return self._over(session, redirect=typed is not None)
            if not checkout.awaits_challenge(self._provider, key):
                return self._redirect(f"/c/pay/{key}")
            if typed is None:
                return self._render("challenge.html", session)
            confirmed = dict(parse_qsl(typed)).get("answer") == "complete"
            intent = checkout.challenge(self._provider, key, confirmed=confirmed)
            if intent["status"] == "succeeded":
                return self._redirect(self._success_url(session))
            return self._form(session, CardForm(notice=NOT_CONFIRMED, refused="number"), status=402)

    def not_found(self) -> Page:
        return self._render("not_found.html", None, status=404)

    def _session(self, key: str) -> Json | None:
        checkout.expire_due(self._provider)
        try:
            return checkout.retrieve(self._provider, key)
        except ApiError:
            return None

    def _over(self, session: Json, *, redirect: bool) -> Page:
        paid = session["status"] == "complete"
        if paid and redirect:
            return self._redirect(self._success_url(session))
        back = self._success_url(session) if paid else session["cancel_url"]
        return self._render("over.html", session, status=200 if paid else 410, paid=paid, back=back)

    def _form(self, session: Json, form: CardForm, *, status: int = 200) -> Page:
        lines = [
            {
                "name": item["price_data"]["product_data"]["name"],
                "quantity": item.get("quantity", 1),
                "total": money(item["price_data"]["unit_amount"] * item.get("quantity", 1), session["currency"]),
            }
            for item in checkout.items(self._provider, session["id"])
        ]
        return self._render("pay.html", session, status=status, form=form, lines=lines, cards=list(CARDS.values()))

    def _render(self, template: str, session: Json | None, *, status: int = 200, **more: Any) -> Page:
        context: dict[str, Any] = {"shop_name": self._shop_name, "session": session, **more}
        origins = ""
        if session is not None:
            context["total"] = money(session["amount_total"], session["currency"])
            # Browsers hold the redirect after a form to the same rule as the form.
            origins = f" {_origin(session['success_url'])}"
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none';"
            f" frame-ancestors 'none'; form-action 'self'{origins}"
        )
        body = self._engine.get_template(template).render(Context(context)).encode()
        return Page(status, body, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})

    def _redirect(self, url: str) -> Page:
        return Page(303, headers={"Location": url, "Cache-Control": "no-store"})

    def _success_url(self, session: Json) -> str:
        url: str = session["success_url"]
        return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def money(amount: int, currency: str) -> str:
    """`3990, "eur"` as `€39.90`."""
    value = f"{amount // 100}.{amount % 100:02d}"
    return f"{_SYMBOLS[currency]}{value}" if currency in _SYMBOLS else f"{value} {currency.upper()}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
