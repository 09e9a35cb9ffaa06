"""Astro: collections of Markdown and MDX, whose paths become slugs, and pages."""

from posixpath import splitext

from feedsvc.sources.generators import mdx
from feedsvc.sources.generators.configs import scripts
from feedsvc.sources.generators.convention import KEYS, Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import Program
from feedsvc.sources.generators.eleventy import without_collections
from feedsvc.sources.generators.patterns import github_slug

_ENDINGS = (".md", ".markdown", ".mdx")
_PAGES = "src/pages"
_KEYS = KEYS | {
    "published": ("pubdate", "publishdate", "pubdatetime", "published", "date"),
    "updated": ("updateddate", "updated", "moddatetime", "modified", "lastmod"),
    "image": ("heroimage", "image", "ogimage", "cover"),
}


def _complete(file: File, own: Own) -> None:
    without_collections(own)
    image = file.written.get("image")
    if isinstance(image, dict):  # url and alt, as in Astro's tutorial
        own["image"] = image.get("url") or image.get("src") or ""


def _url(file: File, _own: Own) -> str:
    path = splitext(file.path)[0]
    if file.tree == _PAGES:
        return f"/{path}".removesuffix("/index") + "/"
    collection, name = path.split("/", 1) if "/" in path else ("", path)
    slug = file.text("slug")
    if not slug:
        slug = "/".join(map(github_slug, name.split("/"))).removesuffix("/index")
    return f"/{f'{collection}/{slug}'.strip('/')}/"


def _markup(file: File, body: str, links: Links) -> str:
    return render(file, mdx.reduce(body, links) if file.path.endswith(".mdx") else body)


_CONVENTION = Convention(
    keys=_KEYS,
    url=_url,
    complete=_complete,
    markup=_markup,
    endings=_ENDINGS,
)

GENERATOR = Program(
    name="astro",
    layout=_CONVENTION,
    configs=scripts("astro.config"),
    wanted=frozenset({"calls"}),
    calls={
        "trailingSlash never": "URLs",
        "format file": "URLs",
        "format preserve": "URLs",
        "i18n": "URLs of translated articles",
    },
    trees=("src/content", "src/pages", "src/data", "src"),
    package="astro",
    usual=lambda name: name,  # a collection, so the tree is its parent folder
)
