"""A child to test with: its row, its key and a consent."""

from collections.abc import Callable

import pytest
from django.db import transaction

from privacy import children
from privacy.consent import ConsentGiven
from privacy.models import Child

Collect = Callable[[], Child]


@pytest.fixture
def collect(db: None) -> Collect:
    """Collects one more child, now."""

    def one() -> Child:
        with transaction.atomic():
            return children.collect(consent=ConsentGiven.now())

    return one


@pytest.fixture
def child(collect: Collect) -> Child:
    return collect()
