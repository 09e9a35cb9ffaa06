"""What was used most recently is kept, up to a number of bytes."""

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.recent import Recent

KEYS = st.sampled_from("abcd")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers(0, 12)),
        st.tuples(st.just("get"), KEYS, st.just(0)),
        st.tuples(st.just("drop"), KEYS, st.just(0)),
    ),
    max_size=40,
)


def test_what_was_not_used_for_longest_makes_room() -> None:
    kept = Recent[str, str](10)
    for key in "abc":
        kept.put(key, key.upper(), 3)
    assert kept.get("a") == "A"
    kept.put("d", "D", 3)
    assert [kept.get(key) for key in "abcd"] == ["A", None, "C", "D"]


def test_an_item_put_again_has_its_new_size() -> None:
    kept = Recent[str, str](10)
    kept.put("a", "A", 9)
    kept.put("a", "B", 2)
    kept.put("b", "B", 8)
    assert (kept.get("a"), kept.get("b")) == ("B", "B")
    kept.put("b", "B", 9)
    assert kept.get("a") is None


def test_an_item_larger_than_the_room_leaves_the_others_where_they_are() -> None:
    kept = Recent[str, str](10)
    kept.put("a", "A", 5)
    kept.put("b", "B", 5)
    kept.put("b", "grown", 11)
    assert kept.get("b") is None, "the one before it is out of date"
    assert kept.get("a") == "A"


def test_what_is_dropped_makes_room_and_what_is_not_kept_can_be_dropped() -> None:
    kept = Recent[str, str](10)
    kept.put("a", "A", 6)
    kept.drop("a")
    kept.drop("a")
    kept.put("b", "B", 4)
    kept.put("c", "C", 6)
    assert [kept.get(key) for key in "abc"] == [None, "B", "C"]


@pytest.mark.parametrize("item", ["", 0, None])
def test_any_item_takes_its_room(item: object) -> None:
    kept = Recent[str, object](10)
    kept.put("a", item, 6)
    assert kept.get("a") == item
    kept.put("b", item, 6)
    kept.put("c", item, 4)
    assert kept._size == 10


@given(STEPS)
def test_it_keeps_what_a_simple_model_keeps(steps: list[tuple[str, str, int]]) -> None:
    kept = Recent[str, int](20)
    model: OrderedDict[str, int] = OrderedDict()
    for index, (step, key, size) in enumerate(steps):
        if step == "put":
            kept.put(key, index, size)
            model.pop(key, None)
            model[key] = size
            while sum(model.values()) > 20:
                model.popitem(last=False)
        elif step == "get":
            assert (kept.get(key) is None) == (key not in model)
            if key in model:
                model.move_to_end(key)
        else:
            kept.drop(key)
            model.pop(key, None)
        assert kept._size == sum(model.values())
        assert list(kept._kept) == list(model)


def test_threads_share_it() -> None:
    kept = Recent[int, int](50)

    def work(seed: int) -> None:
        for step in range(2000):
            key = (seed * step) % 20
            kept.put(key, step, key)
            kept.get((key + 7) % 20)
            kept.drop((key + 3) % 20)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(1, 5)))
    assert kept._size == sum(size for _, size in kept._kept.values()) <= 50
