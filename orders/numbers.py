"""Order numbers, as in LD-7K3M9Q: short enough to read out on the telephone."""

import secrets

# No vowels, so that no words appear, and nothing that looks like something else.
ALPHABET = "23456789BCDFGHJKMNPQRTVWXZ"
LENGTH = 6


def fresh() -> str:
    """A random number; whether it is free is for the caller to see. There are 308 million."""
    return "LD-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


class OrderNumberConverter:
    """An order number in an address. Anything else is no address of ours and never reaches the database."""

    regex = f"LD-[0-9A-Z]{{{LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
