"""A customer is not happy: change requests, cases, and the way back of the money."""
