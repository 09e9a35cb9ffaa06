"""The cache of documents, entries and representations."""

from concurrent.futures import ThreadPoolExecutor

from feedsvc.lru import LRUCache


def cache(maxsize: int = 10) -> LRUCache[str, str]:
    """Return a cache whose values are as large as they are long."""
    return LRUCache(maxsize, len)


def test_the_least_recently_used_value_makes_room() -> None:
    kept = cache()
    for key in "abc":
        kept.put(key, key * 3)
    assert kept.get("a") == "aaa"
    kept.put("d", "ddd")
    assert [kept.get(key) for key in "abcd"] == ["aaa", None, "ccc", "ddd"]


def test_listing_the_keys_uses_none_of_them() -> None:
    kept = cache()
    for key in "ab":
        kept.put(key, key * 5)
    assert sorted(kept.keys()) == ["a", "b"]
    kept.put("c", "c")
    assert kept.get("a") is None


def test_a_value_that_is_too_large_still_replaces_the_one_before() -> None:
    kept = cache()
    kept.put("a", "aaaaa")
    kept.put("b", "bbbbb")
    kept.put("b", "b" * 11)
    assert kept.get("b") is None, "the one before it is out of date"
    assert kept.get("a") == "aaaaa"


def test_a_cache_of_size_zero_keeps_nothing() -> None:
    kept = cache(0)
    kept.put("a", "a")
    assert kept.get("a") is None


def test_a_key_that_is_dropped_makes_room_and_may_be_dropped_twice() -> None:
    kept = cache()
    kept.put("a", "aaaaaa")
    kept.drop("a")
    kept.drop("a")
    kept.put("b", "bbbb")
    kept.put("c", "cccccc")
    assert [kept.get(key) for key in "abc"] == [None, "bbbb", "cccccc"]


def test_threads_share_it() -> None:
    kept = LRUCache[int, bytes](50, len)

    def work(seed: int) -> None:
        for step in range(2000):
            key = (seed * step) % 20
            kept.put(key, bytes(key))
            kept.get((key + 7) % 20)
            kept.drop((key + 3) % 20)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(1, 5)))
    sizes = [len(kept.get(key) or b"") for key in kept.keys()]  # noqa: SIM118 - not a mapping
    assert sum(sizes) == kept.currsize <= 50
