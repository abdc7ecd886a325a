"""The shop: basket, checkout, prices, payments, printing and shipping."""
