"""A small payment provider for demo installations and tests: the parts of Stripe's API that the shop uses.

Its own process, its own database, 127.0.0.1 only. The shop talks to it through the real SDK, and what goes in and out
is held to the SDK's generated types. No money moves here and no real card is accepted.
"""
