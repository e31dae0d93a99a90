"""Units of money: integer nano-dollars inside, cents for budgets and micro-dollars for spending outside."""

NANOS_PER_CENT = 10_000_000
NANOS_PER_MICRO = 1_000
_NANOS_PER_DOLLAR = 100 * NANOS_PER_CENT
_SMALLEST_SHOWN = NANOS_PER_CENT // 100


def cents_to_nanos(cents: int) -> int:
    """Whole cents as nano-dollars."""
    return cents * NANOS_PER_CENT


def micros_up(nanos: int) -> int:
    """Nano-dollars as millionths of a dollar, rounded up for display (api.md, "Money")."""
    return -(-nanos // NANOS_PER_MICRO)


def dollars(nanos: int) -> str:
    """Nano-dollars as text, rounded up: to cents, below a dollar to hundredths of a cent where cents would hide something."""
    if nanos % NANOS_PER_CENT and nanos < _NANOS_PER_DOLLAR:
        return f"$0.{-(-nanos // _SMALLEST_SHOWN):04d}" if nanos <= _NANOS_PER_DOLLAR - _SMALLEST_SHOWN else "$1.00"
    cents = -(-nanos // NANOS_PER_CENT)
    return f"${cents // 100:,}.{cents % 100:02d}"
