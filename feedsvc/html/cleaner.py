"""The sanitiser: filters parsed HTML by allow-lists and makes every URL absolute."""

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape

import nh3

from feedsvc.html import embeds
from feedsvc.html.depth import shallow
from feedsvc.html.text import names, plain, xml_safe

# The W3C feed validator accepts these. `bdo`, `rtc`, `map` and MathML are invalid or need a page.
_TAGS = names(
    "a abbr acronym address article aside audio b bdi big blockquote br caption center cite code "
    "col colgroup data dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 "
    "header hgroup hr i img ins kbd li main mark nav ol p picture pre q rp rt ruby s samp section "
    "small source span strike strong sub summary sup table tbody td tfoot th thead time tr track "
    "tt u ul var video wbr"
)
# Removed with their content; other disallowed elements are replaced by their content.
_DROPPED = names(
    "annotation annotation-xml applet button canvas datalist embed iframe noembed noframes "
    "noscript object optgroup option script select style svg template textarea title"
)
_CELL = {"abbr", "align", "colspan", "headers", "rowspan", "scope"}
# Ids are kept unchanged for fragments. DOM clobbering is no concern, as the content security
# policy of article pages admits no script that looks up names.
_ATTRIBUTES = {
    "*": {"class", "dir", "id", "lang", "title"},
    "a": {"href", "hreflang", "name", "type"},
    "audio": {"controls", "loop", "muted", "preload", "src"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "data": {"value"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"alt", "height", "sizes", "src", "srcset", "width"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "source": {"height", "media", "sizes", "src", "srcset", "type", "width"},
    "td": _CELL,
    "th": _CELL,
    "time": {"datetime"},
    "track": {"default", "kind", "label", "src", "srclang"},
    "video": {"controls", "height", "loop", "muted", "poster", "preload", "src", "width"},
}
# Classes for the language of code blocks, and for footnotes, which excerpts skip.
_CLASS = re.compile(r"language-\S+|footnotes?(?:-\S+)?|reversefootnote|footnoteBackLink")
# Other programs' classes for links to a footnote and back, and those that NetNewsWire expects.
_OF_LINKS = {
    "footnote-ref": "footnote",
    "footnote-reference": "footnote",
    "footnote-backref": "footnote-return",
}
_URLS = frozenset({"cite", "href", "poster", "src", "srcset"})
_WEB = re.compile(r"(?i)https?://[^\s/?#]\S*")
_ELSEWHERE = ("mailto:", "tel:")
_CANDIDATE = re.compile(r"[\s,]*+(\S*[^\s,])(?:\s+([^,]*))?")


@dataclass(slots=True)
class _Urls:
    """Makes the URLs of one text absolute. error: the first exception, which nh3 would swallow."""

    resolve: Callable[[str], str]
    error: Exception | None = None

    def attribute(self, name: str, value: str) -> str | None:
        """Return the value to publish, or None to drop the attribute."""
        if name == "href" and value.lstrip()[:7].lower().startswith(_ELSEWHERE):
            return value
        try:
            return self._absolute_set(value) if name == "srcset" else self._absolute(value)
        except Exception as error:  # noqa: BLE001
            self.error = self.error or error
            return None

    def _absolute(self, url: str) -> str | None:
        # Browsers drop these characters before they parse the scheme (URL Standard 4.4).
        url = url.strip().replace("\t", "").replace("\n", "").replace("\r", "")
        absolute = self.resolve(url).replace(" ", "%20")
        return absolute if _WEB.fullmatch(absolute) else None

    def _absolute_set(self, candidates: str) -> str | None:
        kept = []
        for url, descriptor in _CANDIDATE.findall(candidates.strip(" \t\n\r\f,")):
            absolute = self._absolute(url)
            if absolute and not absolute.endswith(","):
                kept.append(f"{absolute} {' '.join(descriptor.split())}".rstrip())
        return ", ".join(kept) or None


# A Cleaner is expensive to construct and takes its callback at construction, so the callback finds
# the URLs of the current text in a context variable.
_urls: ContextVar[_Urls] = ContextVar("_urls")


def _filter(tag: str, name: str, value: str) -> str | None:
    if name in _URLS:
        return _urls.get().attribute(name, value)
    if name == "class":
        kept = [each for each in value.split() if _CLASS.fullmatch(each)]
        if tag == "a":
            kept = [_OF_LINKS.get(each, each) for each in kept]
        return " ".join(kept) or None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED,
    attributes=_ATTRIBUTES,
    attribute_filter=_filter,
    # Autoplay is removed, so a player without controls could not be started.
    set_tag_attribute_values={"audio": {"controls": ""}, "video": {"controls": ""}},
    link_rel=None,
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="pass_through",
)


def sanitise(html: str, resolve: Callable[[str], str]) -> str:
    """Return HTML that is safe to display: well-formed, without scripts, every URL absolute.

    resolve: returns the absolute form of a URL, or '' to drop it. It is called for each URL except
    mailto: and tel: links, and must accept its own results. Its exceptions propagate. HTML that
    nests too deeply to be parsed is simplified; see `shallow`.
    """
    html, _ = shallow(embeds.rewrite(xml_safe(html), resolve))
    urls = _Urls(resolve)
    token = _urls.set(urls)
    try:
        cleaned = _clean_until_stable(html)
    finally:
        _urls.reset(token)
    if urls.error:
        raise urls.error
    return cleaned


_NAME = re.compile(r"</?[a-z][^\s/>]*")
_MAX_PASSES = 10


def _clean_until_stable(html: str) -> str:
    """Clean until the result is stable, so that every parser builds the same tree from it.

    Parsers repair HTML, and the result may need repair again. If the tags did not change, nothing
    was repaired and one pass is enough.
    """
    cleaned = _clean(html)
    if _NAME.findall(html) == _NAME.findall(cleaned):
        return cleaned
    for _ in range(_MAX_PASSES):
        again = _clean(cleaned)
        if again == cleaned:
            return cleaned
        cleaned = again
    return escape(plain(cleaned), quote=False)


_PRE_START = re.compile(r"(<pre(?:\s[^>]*)?>)\n+")


def _clean(html: str) -> str:
    # Character references may stand for carriage returns or characters that XML excludes. Each
    # parse drops the first line feed in pre.
    cleaned = xml_safe(_CLEANER.clean(html)).replace("\r", "\n")
    return _PRE_START.sub(r"\1", cleaned) if "<pre" in cleaned else cleaned
