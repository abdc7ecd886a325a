"""The pages of the shop. Each validates with a form, calls one rule, and answers."""
