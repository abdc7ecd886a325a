"""What the tests of the shop share."""

from tests.books.small_story import small_library, small_story
from tests.payment_sandbox import payment_sandbox

__all__ = ["payment_sandbox", "small_library", "small_story"]
