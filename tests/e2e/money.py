"""What the payment provider knows."""

import json
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.installation import Installation


def refunds(shop: Installation) -> list[dict[str, Any]]:
    """The refunds that the payment sandbox knows, newest first."""
    port = (urlsplit(shop.url).port or 0) + 1
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/refunds?limit=10", headers={"Authorization": "Bearer sk_test_sandbox"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        found: list[dict[str, Any]] = json.load(answer)["data"]
    return found
