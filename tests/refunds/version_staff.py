"""A member of staff who may look at versions of a book and propose one."""

import pytest
from django.test import Client

from accounts.models import User
from tests.refunds.staff import member, signed_in

WHY = "The parent asked about page five"
MAY = ("refunds.change_changerequest", "refunds.view_changerequest", "privacy.view_child_data")


@pytest.fixture
def user() -> User:
    return member(*MAY)


@pytest.fixture
def client(user: User) -> Client:
    return signed_in(user)
