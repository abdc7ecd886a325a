"""What waits for staff, for the admin's first page."""

from django import template

from refunds import desk

register = template.Library()
register.simple_tag(desk.look, name="what_waits")
register.simple_tag(desk.elsewhere, name="under_way")
