"""The cache of documents, entries and representations."""

from concurrent.futures import ThreadPoolExecutor

from feedsvc.lru import LRUCache


def cache(maxsize: int = 10) -> LRUCache[str, str]:
    """Return a cache in which the size of a value is its length."""
    return LRUCache(maxsize, len)


def test_the_least_recently_used_value_is_evicted() -> None:
    kept = cache()
    for key in "abc":
        kept.put(key, key * 3)
    assert kept.get("a") == "aaa"
    kept.put("d", "ddd")
    assert [kept.get(key) for key in "abcd"] == ["aaa", None, "ccc", "ddd"]


def test_listing_keys_does_not_count_as_use() -> None:
    kept = cache()
    for key in "ab":
        kept.put(key, key * 5)
    assert sorted(kept.keys()) == ["a", "b"]
    kept.put("c", "c")
    assert kept.get("a") is None


def test_a_value_that_is_too_large_still_removes_its_predecessor() -> None:
    kept = cache()
    kept.put("a", "aaaaa")
    kept.put("b", "bbbbb")
    kept.put("b", "b" * 11)
    assert kept.get("b") is None, "the one before it is out of date"
    assert kept.get("a") == "aaaaa"


def test_a_cache_of_size_zero_stores_no_values() -> None:
    kept = cache(0)
    kept.put("a", "a")
    assert kept.get("a") is None


def test_dropping_a_key_frees_space_and_is_idempotent() -> None:
    kept = cache()
    kept.put("a", "aaaaaa")
    kept.drop("a")
    kept.drop("a")
    kept.put("b", "bbbb")
    kept.put("c", "cccccc")
    assert [kept.get(key) for key in "abc"] == [None, "bbbb", "cccccc"]


def test_a_cache_is_thread_safe() -> None:
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
