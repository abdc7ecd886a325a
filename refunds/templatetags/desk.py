"""What waits for staff, for the admin's first page."""

from django import template

from refunds import desk

register = template.Library()
register.simple_tag(desk.waiting, name="what_waits")
