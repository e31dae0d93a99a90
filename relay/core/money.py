"""Units of money: integer nano-dollars inside, cents for budgets and micro-dollars for spending outside."""

NANOS_PER_CENT = 10_000_000
NANOS_PER_MICRO = 1_000


def cents_to_nanos(cents: int) -> int:
    """Whole cents as nano-dollars."""
    return cents * NANOS_PER_CENT


def micros_up(nanos: int) -> int:
    """Nano-dollars as millionths of a dollar, rounded up for display (api.md, "Money")."""
    return -(-nanos // NANOS_PER_MICRO)
