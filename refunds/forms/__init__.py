"""What parents and staff fill in when a customer is not happy: a file per noun."""
