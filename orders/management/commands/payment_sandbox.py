"""Run the payment sandbox of a demo installation."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from orders.sandbox.server import Sandbox


class Command(BaseCommand):
    help = (
        "Run a small Stripe-compatible payment provider on 127.0.0.1, for demo installations: pay page, test cards, "
        "3-D Secure, refunds and signed webhooks, without any real money. It refuses to start beside live keys."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT, help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The payment sandbox is for demo installations (DEMO=true); this is a real shop.")
        if not settings.STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_")):
            raise CommandError("The payment sandbox refuses to run beside a live Stripe key. Remove STRIPE_SECRET_KEY.")
        try:
            sandbox = Sandbox(
                path=settings.DATA_DIR / "sandbox.sqlite3",
                port=options["port"],
                webhook_url=settings.SITE_URL + reverse("orders:webhook"),
                webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
                shop_name=settings.SHOP_NAME,
            )
        except OSError as error:
            raise CommandError(f"Port {options['port']} is taken ({error.strerror}). Try --port.") from error
        for sign in (signal.SIGTERM, signal.SIGINT):
            # `stop` waits for `run`, which is on this very thread: another one has to say it.
            signal.signal(sign, lambda *_: threading.Thread(target=sandbox.stop).start())
        self.stdout.write(f"Payment sandbox on {sandbox.url}")
        self.stdout.flush()
        sandbox.run()
