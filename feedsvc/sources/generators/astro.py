"""Astro: collections of Markdown and MDX, whose paths fold to slugs; pages, whose do not."""

from posixpath import splitext

from feedsvc.sources.generators import mdx
from feedsvc.sources.generators.convention import Convention, File, Links, Own, github_slug, render
from feedsvc.sources.generators.detect import Program, scripts
from feedsvc.sources.generators.eleventy import without_collections

_ENDINGS = (".md", ".markdown", ".mdx")
_PAGES = "src/pages"
_KEYS = {
    "published": ("pubdate", "publishdate", "pubdatetime", "published", "date"),
    "updated": ("updateddate", "updated", "moddatetime", "modified", "lastmod"),
    "summary": ("summary", "description", "excerpt"),
    "tags": ("tags", "tag"),
    "categories": ("categories", "category"),
    "authors": ("authors", "author"),
    "language": ("lang", "language"),
    "image": ("heroimage", "image", "ogimage", "cover"),
}


def _complete(file: File, own: Own) -> None:
    without_collections(own)
    image = file.written.get("image")
    if isinstance(image, dict):  # the tutorial's form: its url and alt
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
    trees=("src/content", "src/pages", "src/data", "src"),
    package="astro",
    usual=lambda name: name,  # a collection: the tree is the folder above
)
