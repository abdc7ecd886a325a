"""How the SDK writes nested parameters in a form: `line_items[0][quantity]=2`."""

import re
from typing import Any
from urllib.parse import parse_qsl

from orders.sandbox.errors import invalid


def decode(text: str) -> dict[str, Any]:
    """Nested dictionaries with strings in them; lists keep their numbers as keys. Raises the API's 400."""
    decoded: dict[str, Any] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=500)
    except ValueError as error:
        raise invalid("Invalid form body", remember=False) from error
    for key, value in pairs:
        path = re.findall(r"[^\[\]]+", key)
        if not path:
            raise invalid("Invalid parameter name", remember=False)
        place = decoded
        for part in path[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise invalid(f"Invalid object: {key}", remember=False)
        last = path[-1]
        if key.endswith("[]"):
            place = place.setdefault(last, {})
            last = str(len(place))
        place[last] = value
    return decoded
