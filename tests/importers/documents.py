"""RSS documents and WordPress exports, for tests."""

ITEM = "<item><title>T{0}</title><guid>urn:x:{0}</guid><pubDate>2022-02-17</pubDate>{1}</item>\n"
EXPORT = (
    '<rss xmlns:wp="http://wordpress.org/export/1.2/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{}</channel></rss>'
)
POST = (
    "<item><title>T</title><guid>urn:x:1</guid><wp:post_date>2022-02-17 09:30:00</wp:post_date>"
    "<wp:post_type>post</wp:post_type>{}</item>"
)


def rss(*inside: str, before: str = "") -> str:
    items = "".join(ITEM.format(number, each) for number, each in enumerate(inside))
    return f'{before}<rss version="2.0"><channel>\n{items}</channel></rss>'
