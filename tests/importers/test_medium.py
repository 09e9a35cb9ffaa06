"""Exports of Medium.

Sources of the format: the fixtures and reader of TryGhost/migrate (mg-medium-export);
bgadrian/medium-to-hugo.
"""

from pathlib import Path

from feedsvc.model import Kind, Person
from tests.importers.desk import Site, codes
from tests.importers.exports import MORNING, imported, labels, unpack, zipped

MEDIUM = """<!DOCTYPE html><html><head><title>{title}</title></head><body>
<article class="h-entry"><header><h1 class="p-name">{title}</h1></header>{subtitle}
<section data-field="body" class="e-content"><section class="section section--body">
<div class="section-divider"><hr class="section-divider"></div>{body}</section></section>
<footer>{footer}<p>Exported from <a href="https://medium.com">Medium</a> on May 1, 2022.</p>
</footer></article></body></html>"""
FOOTER = (
    '<p>Tagged in <a href="https://medium.com/tag/x" class="p-tag">Things</a></p><p>By '
    '<a href="https://medium.com/@ada" class="p-author h-card">Ada</a> on '
    '<a href="https://medium.com/p/abcd1234"><time class="dt-published" '
    'datetime="2022-02-17T08:30:00.123Z">February 17, 2022</time></a>.</p><p><a '
    'href="https://medium.com/@ada/a-post-abcd1234" class="p-canonical">Canonical link</a></p>'
)
HEADLINE = '<h3 class="graf graf--h3 graf--leading graf--title">{}</h3>'
PARAGRAPH = '<p class="graf graf--p">{}</p>'


def medium(title: str = "A post", body: str = "", subtitle: str = "", footer: str = FOOTER) -> str:
    """Return a post."""
    if subtitle:
        subtitle = f'<section data-field="subtitle" class="p-summary">\n{subtitle}</section>'
    body = body or HEADLINE.format(title) + PARAGRAPH.format("Text.")
    return MEDIUM.format(title=title, body=body, subtitle=subtitle, footer=footer)


def test_a_post_of_medium_keeps_the_id_of_its_feed(tmp_path: Path) -> None:
    body = (
        f"{HEADLINE.format('A post')}<h4 class='graf--subtitle'>Sub</h4>{PARAGRAPH.format('Text.')}"
        '<figure><img data-is-featured="true" src="https://cdn.example/a.png"></figure>'
    )
    files = {
        "posts/2022-02-17_A-post-abcd1234.html": medium(body=body, subtitle="Sub"),
        "profile/profile.html": "<html><p>private</p></html>",
        "ips/ips-0001.html": "<html><p>192.0.2.1, Thursday February 17, 2022</p></html>",
    }
    report, articles = imported(tmp_path, "export.zip", zipped(files), site="")
    assert (codes(report), list(articles)) == ([], ["A post"])
    article = articles["A post"]
    assert article.id == "https://medium.com/p/abcd1234"
    assert (article.path, article.published) == ("2022/a-post.html", MORNING)
    assert (article.summary, article.authors) == ("Sub", (Person("Ada"),))
    assert labels(article, Kind.TAG) == ["Things"]
    assert article.image == "https://cdn.example/a.png"
    assert "<p>Text.</p><figure><img src=" in article.html
    # The same, unpacked: the other folders contain private data.
    site = Site(tmp_path / "unpacked")
    assert site.run(unpack(tmp_path / "export", files)).written == 1


def test_drafts_of_medium_require_a_date(tmp_path: Path) -> None:
    undated = '<p><a href="https://medium.com/p/abcd">View original.</a></p>'
    files = {
        "posts/draft_A-abcd.html": medium("A", footer=undated),
        "posts/draft_B-abcd1234.html": medium("B"),
    }
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert report.skipped == {"draft without a date": 1}
    assert articles["B"].draft
    report, articles = imported(tmp_path, "b.zip", zipped(files), date=MORNING)
    assert articles["A"].draft
    assert articles["A"].id == "https://medium.com/p/abcd"


def test_responses_of_medium_become_drafts(tmp_path: Path) -> None:
    """Only their missing headline distinguishes them from posts."""
    text = PARAGRAPH.format("I agree with every word of this.")
    files = {
        "posts/2022_I-agree-abcd1234.html": medium("I agree with every word…", text),
        "posts/2022_B-abcd1234.html": medium("Short", PARAGRAPH.format("A text."), "Sub",
                                             FOOTER.replace("/p/abcd1234", "/p/b")),
    }  # fmt: skip
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert codes(report) == ["maybe-response"]
    assert {title: each.draft for title, each in articles.items()} == {
        "I agree with every word…": True, "Short": False,
    }  # fmt: skip
