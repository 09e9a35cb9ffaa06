"""Numbers of subscribers: statistics 2, 4, 5, 6, 7 and 9."""

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from feedsvc.audience import figures
from feedsvc.audience.figures import ONE_DAY, POLLING, TOTAL, Cell, Day, Figures
from feedsvc.audience.rows import Direct, Reported

START = 20_000
_FAMILY = {"key": "k", "feed": "all", "format": "rss", "known": True}


def report(day: int, number: int | None, family: str = "Feedly", **other: object) -> Reported:
    """Return the count of a service. day: from 0."""
    values = _FAMILY | other
    return Reported(
        day=START + day,
        family=family,
        number=number,
        seen=day * 86_400,
        **values,  # type: ignore[arg-type]
    )


def reader(day: int, readers: int, family: str = "", format: str = "", feed: str = "all") -> Direct:
    """Return a number of direct readers."""
    return Direct(START + day, feed, format, family, readers)


def at_end(
    rows: Sequence[Reported], direct: Iterable[Direct] = (), end: int = 6
) -> dict[Cell, Figures]:
    """Return the figures of the window ending with a day; all days from 0 have polls."""
    days = [
        Day(
            START + day,
            [row for row in rows if row.day == START + day],
            figures.by_cell(row for row in direct if row.day == START + day),
        )
        for day in range(end + 1)
    ]
    ((_, cells),) = figures.windows(days, {START + end})
    return cells


def total(*rows: Reported, end: int = 6) -> Figures:
    return at_end(rows, end=end).get(TOTAL, Figures())


def test_the_last_number_is_used_and_not_a_sum() -> None:
    """Statistics 4."""
    found = total(*(report(day, 100 + day) for day in range(7)))
    assert (found.subscribers, found.total) == (106, 106)


def test_numbers_of_ids_and_formats_are_added_and_listed_separately() -> None:
    """Statistics 4, 5."""
    rows = [report(6, 30, key="a"), report(6, 12, key="b"), report(6, 5, key="a", format="atom")]
    found = at_end([report(0, 30, key="a"), *rows])
    assert found["family", "Feedly"].total == found["feed", "all"].total == 47
    assert (found["format", "rss"].total, found["format", "atom"].total) == (42, 5)
    assert found[POLLING].subscribers == 3


def test_a_service_keeps_its_number_for_three_days() -> None:
    """Statistics 6."""
    rows = report(0, 100), report(3, 100)
    assert total(*rows, end=6).subscribers == 100
    assert total(*rows, end=7) == Figures(lost=100)


def test_a_service_without_a_number_counts_once_per_feed() -> None:
    """Statistics 2b."""
    found = total(report(6, None, "Superfeedr"), report(6, None, "Superfeedr", feed="b"))
    assert (found.at_least, found.total) == (2, 2)


def test_a_more_than_tenfold_increase_is_only_claimed() -> None:
    """Statistics 6: the service keeps its last accepted number."""
    rows = report(4, 50), report(5, 51), report(6, 511)
    assert total(*rows)[:4] == (51, 0, 0, 511)
    assert total(*rows[:2], report(6, 510)).subscribers == 510
    assert total(*rows, report(7, 52), end=7)[:4] == (52, 0, 0, 0)


def test_an_increase_that_lasts_for_a_window_is_accepted() -> None:
    """Statistics 6."""
    rows = [report(0, 50), *(report(day, 999) for day in range(1, 8))]
    assert total(*rows, end=6).claimed == 999
    assert total(*rows, end=7)[:4] == (999, 0, 0, 0)


def test_numbers_of_unknown_programs_are_only_claimed() -> None:
    """Statistics 6: any client can send 999999."""
    found = at_end([report(6, 999_999, "RankBooster", known=False), report(6, 7)])
    assert found[TOTAL][:4] == (7, 0, 0, 999_999)
    assert found["family", "RankBooster"].total == 0


def test_large_numbers_of_new_ids_and_services_are_only_claimed() -> None:
    """Statistics 6."""
    history = [report(day, 50) for day in range(7)]
    assert total(*history, report(6, 999_999, key="other"))[:4] == (50, 0, 0, 999_999)
    many = [report(6, 400, key=f"k{number}") for number in range(9)]
    assert total(*history, *many)[:4] == (50 + 400, 0, 0, 8 * 400)
    assert total(*history, report(6, 999_999, "Feedbin"))[:4] == (50, 0, 0, 999_999)
    assert total(*history, report(6, 9, "Feedbin")).subscribers == 59
    assert total(*history, report(1, 300, "Feedbin"), report(6, 301, "Feedbin")).subscribers == 351


def test_direct_readers_are_the_median_of_seven_days() -> None:
    """Statistics 7: salts change daily, so that days cannot be merged."""
    numbers = (10, 12, 8, 100, 11, 9, 13)
    direct = [
        *(reader(day, number, family="Reeder") for day, number in enumerate(numbers)),
        *(reader(day, number, format="rss") for day, number in enumerate(numbers)),
        reader(6, 4, family="Newsboat"),
    ]
    found = at_end([], direct)
    assert found[TOTAL].direct == found["feed", "all"].direct == 11
    assert found["family", "Reeder"].direct == found["format", "rss"].direct == 11
    assert found["family", "Newsboat"].direct == 0
    assert found[ONE_DAY].direct == 17


def test_gained_and_lost_subscribers_are_counted_separately() -> None:
    """Statistics 9."""
    rows = [
        *(report(2, 90), report(5, 100), report(6, 103)),
        *(report(2, 40, "Inoreader"), report(6, 38, "Inoreader")),
        *(report(6, 2, "BazQux"), report(2, None, "Slack")),
    ]
    found = at_end(rows)
    assert found[TOTAL][4:] == (5, 3)
    assert found["family", "Feedly"][4:] == (3, 0)
    assert found["family", "Slack"][4:] == (0, 1)


_rows = st.builds(
    report,
    day=st.integers(0, 9),
    number=st.none() | st.integers(0, 10**9),
    family=st.sampled_from(["Feedly", "Feedbin"]),
    key=st.sampled_from("ab"),
    feed=st.sampled_from(["all", "tag/x"]),
    format=st.sampled_from(["rss", "json"]),
    known=st.booleans(),
)


@given(st.lists(_rows, max_size=20, unique_by=lambda row: (row.day, *row[1:5])))
def test_every_split_adds_up_to_the_total(rows: list[Reported]) -> None:
    found = at_end(rows, end=9)
    for dimension in ("feed", "family", "format"):
        members = [each for (name, _), each in found.items() if name == dimension]
        sums = [sum(column) for column in zip(*members, strict=True)] or [0] * 6
        assert tuple(sums) == found.get(TOTAL, Figures())
    assert all(number >= 0 for each in found.values() for number in each)
