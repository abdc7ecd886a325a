"""The small published story is at hand in every test of the books."""

from tests.books.press_profile import press_profile
from tests.books.small_story import small_library, small_story

__all__ = ["press_profile", "small_library", "small_story"]
