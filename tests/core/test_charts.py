"""Charts: the same numbers drawn, as a table and in words, and never more colours than can be told apart."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relay.core.charts import MOST_SERIES, OTHERS, stacked

DAYS = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]


def test_the_largest_series_comes_first_and_the_table_has_the_newest_day_first() -> None:
    chart = stacked(DAYS, {"Small": [0, 1_000_000, 0], "Large": [2_000_000, 1_500_000, 0]}, "usd")
    assert chart.drawn == {
        "labels": ["2026-11-01", "2026-11-02", "2026-11-03"],
        "series": [{"name": "Large", "values": [2_000_000, 1_500_000, 0]}, {"name": "Small", "values": [0, 1_000_000, 0]}],
        "unit": "usd",
    }
    assert [(row.label, row.cells, row.total) for row in chart.rows] == [
        ("3 Nov 2026", ["$0.00", "$0.00"], "$0.00"),
        ("2 Nov 2026", ["$1.50", "$1.00"], "$2.50"),
        ("1 Nov 2026", ["$2.00", "$0.00"], "$2.00"),
    ]
    assert chart.summary == "$4.50 in 3 days; most on 2 November: $2.50."


def test_counts_are_counts() -> None:
    chart = stacked(DAYS, {"Calls": [1200, 0, 34]}, "count")
    assert chart.summary == "1,234 in 3 days; most on 1 November: 1,200."


def test_nothing_at_all_says_so() -> None:
    assert stacked(DAYS, {"Calls": [0, 0, 0]}, "count").is_empty
    assert stacked(DAYS, {}, "usd").summary == "Nothing in these 3 days."


def test_the_first_day_of_a_month_is_one_day() -> None:
    assert stacked(DAYS[:1], {"Calls": [2]}, "count").summary == "2 in one day; most on 1 November: 2."
    assert stacked(DAYS[:1], {}, "count").summary == "Nothing on this day."


numbers = st.lists(st.integers(min_value=0, max_value=10**12), min_size=3, max_size=3)


@given(st.dictionaries(st.text(min_size=1, max_size=8), numbers, max_size=20))
def test_many_series_lose_no_amount(values: dict[str, list[int]]) -> None:
    chart = stacked(DAYS, values, "count")
    assert len(chart.series) == min(len(values), MOST_SERIES)
    assert chart.totals == [sum(series[at] for series in values.values()) for at in range(3)]
    assert len(chart.rows) == len(DAYS)
    assert len(values) <= MOST_SERIES or chart.series[-1].name == OTHERS


def test_the_busiest_day_of_two_alike_is_the_later() -> None:
    days = [DAYS[0] + timedelta(days=at) for at in range(2)]
    assert "most on 2 November" in stacked(days, {"Calls": [5, 5]}, "count").summary
