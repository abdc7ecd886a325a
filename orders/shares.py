"""Spreading a whole over parts, to the cent."""

from collections.abc import Sequence


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in shares as the weights stand to each other, by largest remainder; they add up to `total`.

    Of equal remainders the earlier one gets the unit. Raises ValueError for a negative number, and when there is
    something to spread and nothing to spread it over.
    """
    whole = sum(weights)
    if total < 0 or any(weight < 0 for weight in weights) or (total and not whole):
        raise ValueError("shares need a whole and weights that are not negative")
    if not whole:
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: -(total * weights[at] % whole))
    for at in by_remainder[: total - sum(shares)]:
        shares[at] += 1
    return shares
