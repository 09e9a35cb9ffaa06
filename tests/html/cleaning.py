"""Sanitises HTML as an article of a site."""

from urllib.parse import urljoin

from hypothesis import strategies as st

from feedsvc import html

BASE = "https://news.example.org/articles/one"


def resolve(url: str) -> str:
    try:
        return urljoin(BASE, url)
    except ValueError:
        return ""


def clean(raw: str) -> str:
    return html.sanitise(raw, resolve)


NAMES = """
a b i p div table tr td li ul h1 pre ruby rt svg math mi title style script select button textarea
img br iframe object embed noscript template video source details figure font
"""
TAGS = st.sampled_from(NAMES.split())
ATTRIBUTES = st.sampled_from(
    ("", ' href="x"', " src=/y", ' title="a>b"', ' srcset="a 1x,b 2x"', ' data-src="z"', " /")
)
FRAGMENTS = (
    st.builds("<{}{}>".format, TAGS, ATTRIBUTES)
    | st.builds("</{}>".format, TAGS)
    | st.sampled_from(("<!--", "-->", "&#11;", "&#13;", "&lt;", "<![CDATA[", "\n\n", "- ", "> "))
    | st.text(max_size=5)
)
HOSTILE = st.lists(FRAGMENTS, max_size=30).map("".join)
