"""What the shop promises, as numbers: settings, which pages, policies and code read. No environment changes them."""

from datetime import timedelta

CHILD_RETENTION = timedelta(days=14)  # P10
ABANDONED_RETENTION = timedelta(hours=48)  # a personalisation that nobody ordered
RETURN_WINDOW = timedelta(days=7)  # P24
REFUND_BUSINESS_DAYS = (10, 14)  # P29
SECOND_PERSON_ABOVE = 10_000  # minor units: what a member of staff does not give back alone
RETURN_PARCEL_WITHIN = timedelta(days=30)  # how long a returned book may take to reach us
POINT_VALUE = 5  # minor units that a reward point is worth (P40)
POINTS_PER = 100  # minor units paid by card for books that earn one point
MAIL_BODY_RETENTION = timedelta(days=30)
MAIL_MARK_RETENTION = timedelta(days=365)  # that a mail was sent, without its text and address
BOOKKEEPING_YEARS = 5  # after the end of the year of the order (Danish Bookkeeping Act, section 12)
UNPAID_RETENTION = timedelta(days=30)  # name and address of an order that nobody paid
PAYMENT_EVENT_RETENTION = timedelta(days=90)
LOGIN_ATTEMPT_RETENTION = timedelta(hours=24)
STAFF_LOG_RETENTION = timedelta(days=365)
STAFF_TRAINING_VALID = timedelta(days=365)  # P14
STAFF_REMINDER_EVERY = timedelta(days=90)  # P15
