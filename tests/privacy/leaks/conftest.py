"""What the tests of this folder share: a whole shop around one child."""

import pytest

from books.story import Story
from tests.books.small_story import small_library, small_story
from tests.faults.whole_shop import Shop, make_shop
from tests.payment_sandbox import payment_sandbox

__all__ = ["payment_sandbox", "small_library", "small_story"]


@pytest.fixture
def shop(small_story: Story) -> Shop:
    return make_shop(small_story)
