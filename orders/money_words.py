"""Amounts of money as people write them, where no template does it."""


def price(amount: int, currency: str) -> str:
    """Minor units as people write them: 2490 is "€24.90"."""
    sign = {"eur": "€"}.get(currency, currency.upper() + " ")
    whole, part = divmod(abs(amount), 100)
    return f"{'−' if amount < 0 else ''}{sign}{whole:,}.{part:02}"
