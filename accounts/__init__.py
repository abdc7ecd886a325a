"""Who: customers (the e-mail address is the login), staff, and the mail that reaches them."""
