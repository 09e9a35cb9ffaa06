"""The targets of a build: a folder, or an object store."""

from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from feedsvc.config.settings import Settings
from feedsvc.export import build, manifest, mirror
from feedsvc.export.bucket import Bucket, is_url
from feedsvc.export.build import BuildReport
from feedsvc.export.plan import BuildOptions
from feedsvc.publication import Publication


class Target:
    """A folder that a build is written to."""

    def __init__(self, settings: Settings, folder: Path, options: BuildOptions) -> None:
        self._settings = settings
        self._folder = folder
        self._options = options

    def check(self) -> None:
        """Validate the target before anything is published. Raises FeedsvcError."""
        build.check(self._settings, self._folder)

    def update(self, publication: Publication) -> tuple[BuildReport, str]:
        """Bring the target up to date; return the report and a summary. Raises FeedsvcError."""
        report = build.build(self._settings, publication, self._folder, self._options)
        return report, (
            f"{self._folder}: {report.paths} URLs in {report.files} files of revision "
            f"{report.revision}; {report.written} written, {report.removed} removed."
        )


class _StoreTarget(Target):
    """An object store. The site is first built into a folder of its own, without codings."""

    def __init__(self, settings: Settings, url: str, options: BuildOptions, grace: int) -> None:
        name = blake2b(url.encode(), digest_size=8).hexdigest()
        folder = build.private_folder(settings) / name
        super().__init__(settings, folder, replace(options, codings=()))
        self._grace = grace
        self._bucket = Bucket(url)

    def check(self) -> None:
        super().check()
        self._bucket.read(mirror.INDEX)

    def update(self, publication: Publication) -> tuple[BuildReport, str]:
        report, _ = super().update(publication)
        built = manifest.load(self._folder) or manifest.Manifest()
        changed = mirror.mirror(self._folder, built, self._bucket, self._grace)
        return report, (
            f"{self._bucket.url}: {changed.objects} objects of revision {report.revision}; "
            f"{changed.written} written, {changed.removed} removed."
        )


def create(settings: Settings, out: str, options: BuildOptions, grace: int) -> Target:
    """Return the target at a path or URL. grace: see mirror.GRACE. Raises FeedsvcError."""
    if is_url(out):
        return _StoreTarget(settings, out, options, grace)
    return Target(settings, Path(out), options)
