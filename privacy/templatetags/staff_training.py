"""What a member of staff still has to read: `{% load staff_training %}{% my_training user as mine %}`."""

from django import template

from accounts.models import User
from privacy import training

register = template.Library()


@register.simple_tag
def my_training(user: User) -> training.State:
    """The state of whoever is signed in."""
    return training.state_of(user)
