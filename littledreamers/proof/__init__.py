"""The proof that the shop forgets: what `manage.py prove_forgetting` does (docs/proof.md)."""
