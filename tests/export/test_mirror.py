"""Builds in object stores: only changes are written, in order, by one build at a time."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import MemoryStore, from_url

from feedsvc.errors import FeedsvcError
from feedsvc.export import manifest, mirror
from feedsvc.export.bucket import Bucket, is_url
from feedsvc.export.plan import BuildOptions
from tests.cli.test_commands import run
from tests.export.places import PNG, Place
from tests.serving import PATIENCE, free_port
from tests.sites import article, make_site

OPTIONS = BuildOptions(codings=())
FILES: dict[str, str | bytes] = {
    "one.md": article("One", "2022-02-17", "![](a.png)", tags=["c++", "x"]),
    "two.md": article("Two", "2022-02-18", tags=["x"]),
    "a.png": PNG,
}


class Shop:
    """A site with builds in a store in memory. log: the calls that changed the store."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place = Place(folder, "", FILES)
        self.store = MemoryStore()
        self.log: list[str] = []
        monkeypatch.setattr("obstore.store.from_url", lambda url: self.store)
        put, delete = obstore.put, obstore.delete

        def log_put(store: MemoryStore, key: str, *args: Any, **options: Any) -> object:
            self.log.append(key)
            return put(store, key, *args, **options)

        def log_delete(store: MemoryStore, keys: list[str]) -> None:
            self.log += [f"-{key}" for key in keys]
            delete(store, keys)

        monkeypatch.setattr("obstore.put", log_put)
        monkeypatch.setattr("obstore.delete", log_delete)

    def build(self, grace: int = mirror.GRACE) -> mirror.MirrorReport:
        """Build, and copy the build to the store."""
        self.log.clear()
        self.place.build(OPTIONS)
        built = manifest.load(self.place.out)
        assert built
        return mirror.mirror(self.place.out, built, Bucket("s3://shop"), grace)

    @property
    def keys(self) -> set[str]:
        """The keys of all objects."""
        return {each["path"] for some in obstore.list(self.store) for each in some}

    def index(self) -> mirror.Index:
        """Return the index of the store."""
        return mirror._parse("", bytes(obstore.get(self.store, mirror.INDEX).bytes()))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(tmp_path, monkeypatch)


def test_objects_have_the_path_content_and_header_fields_of_the_response(shop: Shop) -> None:
    """Scale 9."""
    shop.build()
    found = obstore.get(shop.store, "feeds/tag/c++.rss")
    assert bytes(found.bytes()) == (shop.place.out / "feeds/tag/c++.rss").read_bytes()
    assert found.attributes["Content-Type"] == "application/rss+xml; charset=utf-8"
    resource = shop.place.manifest.paths["/feeds/tag/c%2B%2B.rss"]
    assert found.attributes["Cache-Control"] == resource.cache_control
    assert {"index.html", "articles/one", "feeds/tag/x/index.html", "404.html"} <= shop.keys
    assert "Content-Encoding" not in found.attributes


def test_targets_of_links_are_written_first(shop: Shop) -> None:
    """Scale 9: media, archives, feeds, index; the index of objects first and last."""
    shop.build()
    order = ["files/a.png", "articles/one", "feeds/all.rss", "feeds.opml", "index.html"]
    assert [key for key in shop.log if key in order] == order
    assert shop.log[0] == shop.log[-1] == mirror.INDEX


def test_only_changes_are_written(shop: Shop) -> None:
    """Scale 9."""
    first = shop.build()
    assert first.written == first.objects == len(shop.keys) - 1
    assert shop.build().written == 0
    shop.place.save("two.md", article("Other", "2022-02-18", tags=["x"]))
    written = shop.build().written
    assert 0 < written < first.written
    assert "feeds/tag/c++.rss" not in shop.log
    assert "articles/two" in shop.log


def test_equal_content_with_another_time_is_not_written(shop: Shop) -> None:
    """As after a checkout, which changes the times of all files."""
    shop.build()
    for file in shop.place.settings.content.iterdir():
        file.touch()
    shop.place.sync()
    assert shop.build().written == 0


def test_a_removed_or_replaced_object_is_written_again(shop: Shop) -> None:
    shop.build()
    obstore.delete(shop.store, ["feeds/all.rss"])
    obstore.put(shop.store, "feeds/all.atom", b"something else")
    assert shop.build().written == 2
    assert bytes(obstore.get(shop.store, "feeds/all.atom").bytes()).startswith(b"<?xml")


def test_the_page_of_a_withdrawn_article_is_removed_at_once(shop: Shop) -> None:
    shop.build()
    shop.place.withdraw("one.md")
    assert shop.build().removed == 1
    assert "articles/one" not in shop.keys
    assert "files/a.png" in shop.keys
    assert shop.index().gone == ("/articles/one",)


def test_unneeded_objects_are_removed_after_the_grace_period(shop: Shop) -> None:
    """Scale 9."""
    shop.build()
    shop.place.save("one.md", article("One", "2022-02-17", tags=["c++", "x"]))
    shop.build()
    assert "files/a.png" in shop.keys
    assert set(shop.index().obsolete) == {"files/a.png"}
    shop.build(grace=0)
    assert "files/a.png" not in shop.keys
    assert shop.index().obsolete == {}


def test_objects_that_are_needed_again_are_not_removed(shop: Shop) -> None:
    shop.build()
    shop.place.save("one.md", article("One", "2022-02-17", tags=["c++", "x"]))
    shop.build()
    shop.place.save("one.md", FILES["one.md"])  # type: ignore[arg-type]
    assert shop.build(grace=0).removed == 0
    assert "files/a.png" in shop.keys


def test_a_build_during_another_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scale 9: conditional puts against two builders."""

    def interrupted(*_: object) -> str:
        with pytest.raises(FeedsvcError, match="another `feedsvc build` is writing there; wait"):
            shop.build()
        raise FeedsvcError("interrupted")

    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "put", interrupted)
        patched.setattr(mirror._Claim, "finish", lambda *_: None)  # as if the build had been killed
        with pytest.raises(FeedsvcError, match="interrupted"):
            shop.build()
    with pytest.raises(FeedsvcError, match="if it was killed, until 2"):
        shop.build()
    claimed = shop.index()
    monkeypatch.setattr(time, "time", lambda: claimed.until + 1)
    assert shop.build().written == len(shop.keys) - 1


def test_a_failed_build_can_be_repeated_at_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Bucket.put

    def fail(self: Bucket, key: str, *more: Any) -> str:
        if key == "feeds/all.rss":
            raise FeedsvcError("the network is down")
        return put(self, key, *more)

    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "put", fail)
        with pytest.raises(FeedsvcError, match="the network is down"):
            shop.build()
    assert shop.index().builder == ""
    assert shop.build().objects == len(shop.keys) - 1
    assert shop.build().written == 0


def test_unneeded_objects_of_a_concurrent_build_are_removed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scale 9: every object is in the index."""
    shop.place.save("one.md", article("One", "2022-02-17", tags=["c++", "x"]))
    read = Bucket.read
    calls: list[str] = []

    def another_comes_first(self: Bucket, key: str) -> Any:
        calls.append(key)
        if len(calls) == 1:
            shop.place.save("one.md", FILES["one.md"])  # type: ignore[arg-type]
            shop.build()
        return read(self, key)

    monkeypatch.setattr(Bucket, "read", another_comes_first)
    shop.build(grace=0)
    assert shop.keys == {*shop.index().objects, mirror.INDEX}


def test_one_of_two_concurrent_claims_fails(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scale 9."""
    tags = Bucket.tags
    calls: list[Bucket] = []

    def another_comes_first(self: Bucket) -> dict[str, str]:
        found = tags(self)
        if not calls:
            calls.append(self)
            assert shop.build().written
        return found

    shop.place.build(OPTIONS)
    monkeypatch.setattr(Bucket, "tags", another_comes_first)
    read = Bucket.read
    monkeypatch.setattr(Bucket, "read", lambda self, key: read(self, key) if calls[1:] else None)
    with pytest.raises(FeedsvcError, match="another `feedsvc build` has written there meanwhile"):
        shop.build()


def test_a_store_with_other_objects_is_rejected(shop: Shop) -> None:
    obstore.put(shop.store, "holiday.jpg", b"")
    with pytest.raises(FeedsvcError, match="is not empty and was not written by `feedsvc build`"):
        shop.build()
    assert shop.keys == {"holiday.jpg"}


def test_an_index_of_another_program_is_rejected(shop: Shop) -> None:
    obstore.put(shop.store, mirror.INDEX, b"[]")
    with pytest.raises(FeedsvcError, match="that this version of feedsvc did not write"):
        shop.build()


@pytest.mark.parametrize("target", ["s3://b", "gs://b/x", "az://c", "S3://b"])
def test_urls_of_stores_are_recognised(target: str) -> None:
    assert is_url(target)


@pytest.mark.parametrize("target", ["public", "/srv/s3", "s3:/b", "file:///x", "c://b"])
def test_other_targets_are_folders(target: str) -> None:
    assert not is_url(target)


def test_codings_are_rejected_for_a_store(tmp_path: Path) -> None:
    make_site(tmp_path, {})
    result = run("build", "--site", tmp_path, "s3://b", "--codings", "br")
    assert result.exit_code == 2
    assert "object stores do not negotiate; leave --codings out" in result.stderr


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The endpoint of an S3 server with the bucket `news`."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        endpoint = f"http://127.0.0.1:{port}"
        end = time.monotonic() + PATIENCE
        try:
            while True:
                bucket = urllib.request.Request(f"{endpoint}/news", method="PUT")
                try:
                    urllib.request.urlopen(bucket)
                    break
                except OSError:
                    assert time.monotonic() < end
                    time.sleep(0.1)
            yield endpoint
        finally:
            server.terminate()  # or a failure would wait for it


def test_a_site_is_built_into_s3(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scale 9: the command, over HTTP, with the variables that other tools use."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3,
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    make_site(tmp_path, FILES)
    result = run("build", "--site", tmp_path, "s3://news/blog")
    assert result.exit_code == 0, result.output
    assert "s3://news/blog: " in result.stdout
    again = run("build", "--site", tmp_path, "s3://news/blog")
    assert "0 written, 0 removed." in again.stdout
    missing = run("build", "--site", tmp_path, "s3://elsewhere")
    assert missing.exit_code == 1
    assert missing.stderr.startswith("Error: s3://elsewhere")
    assert "Traceback" not in missing.stderr
    store = from_url("s3://news/blog")
    found = obstore.get(store, "feeds/all.json")
    assert found.attributes["Content-Type"] == "application/feed+json"
    assert [item["title"] for item in json.loads(bytes(found.bytes()))["items"]] == ["Two", "One"]
