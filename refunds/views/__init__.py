"""Pages of refunds and change requests."""
