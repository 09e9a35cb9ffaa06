"""The sanitiser: an allow-list over the parsed HTML, and every URL made absolute.

Forms no URL itself: the caller says what each one means.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from html import escape

import nh3

from feedsvc.html import embeds
from feedsvc.html.depth import is_too_deep, without_tags
from feedsvc.html.text import names, plain, xml_safe

# All of them pass the W3C feed validator; `bdo`, `rtc`, `map` and MathML do not, or need a page.
_TAGS = names(
    "a abbr acronym address article aside audio b bdi big blockquote br caption center cite code "
    "col colgroup data dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 "
    "header hgroup hr i img ins kbd li main mark nav ol p picture pre q rp rt ruby s samp section "
    "small source span strike strong sub summary sup table tbody td tfoot th thead time tr track "
    "tt u ul var video wbr"
)
# Gone with what they hold; other elements that are not allowed leave their content behind.
_DROPPED = names(
    "annotation annotation-xml applet button canvas datalist embed iframe noembed noframes "
    "noscript object optgroup option script select style svg template textarea title"
)
_CELL = {"abbr", "align", "colspan", "headers", "rowspan", "scope"}
# Ids are kept as they are, so that fragments find them. They cannot clobber what scripts use in
# an article's page, as its policy admits no script that reads names.
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
# The language of code, and the footnotes that excerpts leave out.
_CLASS = re.compile(r"language-\S+|footnotes?(?:-\S+)?")
_URLS = frozenset({"cite", "href", "poster", "src", "srcset"})
_DROPPED_IN_URLS = dict.fromkeys(map(ord, "\t\n\r"))
_WEB = re.compile(r"(?i)https?://[^\s/?#]\S*")
_ELSEWHERE = ("mailto:", "tel:")
_CANDIDATE = re.compile(r"[\s,]*+(\S*[^\s,])(?:\s+([^,]*))?")


class _Links:
    """Decides on the URLs of one text; keeps what went wrong, as nh3 would swallow it."""

    def __init__(self, resolve: Callable[[str], str]) -> None:
        self._resolve = resolve
        self.error: Exception | None = None

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
        # Browsers drop these characters before they look for a scheme (URL Standard 4.4).
        url = url.strip().translate(_DROPPED_IN_URLS)
        absolute = self._resolve(url).replace(" ", "%20")
        return absolute if _WEB.fullmatch(absolute) else None

    def _absolute_set(self, candidates: str) -> str | None:
        found = []
        for url, descriptor in _CANDIDATE.findall(candidates.strip(" \t\n\r\f,")):
            absolute = self._absolute(url)
            if absolute and not absolute.endswith(","):
                found.append(f"{absolute} {' '.join(descriptor.split())}".rstrip())
        return ", ".join(found) or None


# A Cleaner is dear to make and wants its callback beforehand, so the callback looks up whose
# links it decides on.
_links: ContextVar[_Links] = ContextVar("_links")


def _decide(_tag: str, name: str, value: str) -> str | None:
    if name in _URLS:
        return _links.get().attribute(name, value)
    if name == "class":
        return " ".join(each for each in value.split() if _CLASS.fullmatch(each)) or None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED,
    attributes=_ATTRIBUTES,
    attribute_filter=_decide,
    # Without autoplay, which is not allowed, a player without controls would be dead.
    set_tag_attribute_values={"audio": {"controls": ""}, "video": {"controls": ""}},
    link_rel=None,
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="pass_through",
)


def sanitise(html: str, resolve: Callable[[str], str]) -> str:
    """Return HTML that any reader may show: well-formed, without scripts, every URL absolute.

    resolve: given a URL as written, relative or not, returns it absolute, or '' to drop it. It is
    asked for each URL except mailto: and tel: links, and may be asked for its own answers again.
    What it raises is raised here. Of what nests too deeply to be parsed, the text alone is left.
    """
    html = embeds.rewrite(xml_safe(html), resolve)
    if is_too_deep(html):
        return xml_safe(without_tags(html))
    links = _Links(resolve)
    token = _links.set(links)
    try:
        cleaned = _clean_until_stable(html)
    finally:
        _links.reset(token)
    if links.error:
        raise links.error
    return cleaned


_NAME = re.compile(r"</?[a-z][^\s/>]*")
_PATIENCE = 10


def _clean_until_stable(html: str) -> str:
    """Clean until cleaning changes nothing more, so that no reader's parser sees another tree.

    Parsing HTML mends it, and what it mends can nest in ways that the next parser mends again.
    Where the same tags came out as went in there was nothing to mend, which spares the next pass.
    """
    cleaned = _clean(html)
    if _NAME.findall(html) == _NAME.findall(cleaned):
        return cleaned
    for _ in range(_PATIENCE):
        again = _clean(cleaned)
        if again == cleaned:
            return cleaned
        cleaned = again
    return escape(plain(cleaned), quote=False)


_PRE_START = re.compile(r"(<pre(?:\s[^>]*)?>)\n+")


def _clean(html: str) -> str:
    # References can spell characters that XML has not, or carriage returns; parsers drop the first
    # line feed in pre, each time.
    cleaned = xml_safe(_CLEANER.clean(html)).replace("\r", "\n")
    return _PRE_START.sub(r"\1", cleaned) if "<pre" in cleaned else cleaned
