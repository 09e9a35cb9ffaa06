"""Small trees of other generators, like those of their starter templates."""

HUGO: dict[str, str | bytes] = {
    "hugo.toml": 'baseURL = "https://news.example.org/"\ntitle = "My New Hugo Site"\n',
    "content/_index.md": "---\ntitle: Home\n---\nWelcome.\n",
    "content/posts/_index.md": "---\ntitle: Posts\ndate: 2022-01-01\n---\n",
    "content/posts/first-post.md": """\
+++
title = 'First Post'
date = 2022-02-17T09:30:00+01:00
lastmod = 2022-02-18T10:00:00+01:00
draft = false
weight = 10
toc = true
description = 'What it says.'
categories = ['News']
tags = ['Mali', 'Sahel']
+++

Text with [a link]({{< ref "bundle" >}}) and ![a picture](/images/x.png).
""",
    "content/posts/bundle/index.md": """\
---
title: A Bundle
date: 2022-03-01T00:00:00Z
author: Ada Example
---
![A chart](chart.png) {{< youtube w7Ft2ymGmfc >}}
""",
    "content/posts/bundle/chart.png": b"png",
    "content/posts/bundle/notes.md": "---\ntitle: A resource\n---\nNo page.\n",
    "content/notes/First-Post.md": '{\n"title": "Same name",\n"date": "2022-03-02"\n}\nText.\n',
    "content/notes/placed.md": (
        "---\nTitle: Placed\nDate: 2022-03-03\nurl: /custom/place/\n---\nText.\n"
    ),
    "content/notes/slugged.md": "---\ntitle: Slugged\ndate: 2022-03-04\nslug: other\n---\nText.\n",
    "content/notes/draft.md": "---\ntitle: Draft\ndate: 2022-03-05\ndraft: true\n---\nText.\n",
    "content/about.md": "---\ntitle: About\nmenu: main\n---\nNo article.\n",
}

JEKYLL: dict[str, str | bytes] = {
    "_config.yml": "title: Your awesome title\nbaseurl: ''\nplugins:\n  - jekyll-feed\n",
    "index.markdown": "---\nlayout: home\n---\n",
    "about.markdown": "---\nlayout: page\ntitle: About\npermalink: /about/\n---\nText.\n",
    "node_modules/x/_posts/2022-01-01-no.md": "---\ntitle: No\n---\nText.\n",
    "_posts/2022-02-17-welcome-to-jekyll.markdown": """\
---
layout: post
title:  "Welcome to Jekyll!"
date:   2022-02-17 09:30:00 +0100
last_modified_at: 2022-02-18 10:00:00 +0100
categories: jekyll Update
tags: [Mali, Sahel]
---
You'll find this post in `_posts`. See [the other]({% post_url 2022-03-01-second %}).

{% highlight ruby %}
def print_hi(name)
  puts "Hi, #{name} & <b>"
end
{% endhighlight %}

Back to [the start]({{ site.baseurl }}/). {% include share.html %}
""",
    "_posts/2022-03-01-second.md": "---\ntitle: Second\n---\nText.\n",
    "_posts/2022-03-02-hidden.md": "---\ntitle: Hidden\npublished: false\n---\nText.\n",
    "travel/_posts/2022-03-03-Far Away.md": "---\ntitle: Far\ncategory: In Asia\n---\nText.\n",
    "_posts/2022-03-04-placed.md": (
        "---\ntitle: Placed\npermalink: /custom/place.html\n---\nText.\n"
    ),
    "_drafts/idea.md": "---\ntitle: Idea\n---\nText.\n",
}

PELICAN: dict[str, str | bytes] = {
    "pelicanconf.py": (
        "AUTHOR = 'Ada'\nSITENAME = 'Site'\nSITEURL = 'https://news.example.org'\n"
        "PATH = 'content'\nTIMEZONE = 'Europe/Paris'\nDEFAULT_LANG = 'en'\n"
        "FEED_ALL_ATOM = 'feeds/all.atom.xml'\nraise SystemExit('it was run')\n"
    ),
    "content/first.md": """\
Title: My super title – “quoted” Élection
Date: 2010-12-03 10:20
Modified: 2010-12-05 19:30
Category: Python
Tags: pelican, publishing
Authors: Alexis Example, Ada Example
Summary: Short *version* for index
    and feeds

Text with [a link]({filename}science/second.rst#there) and [a file]({static}/images/a.png).
""",
    "content/images/a.png": b"png",
    "content/science/second.rst": """\
My second title
###############

:date: 2010-10-03 10:20
:tags: thats, awesome
:slug: second-slug
:author: Ada Example

Text `a link <{filename}/first.md>`_ and ``code``.

There
=====

More.
""",
    "content/hidden.md": "Title: Hidden\nDate: 2011-01-01\nStatus: hidden\n\nText\n",
    "content/draft.md": "Title: Draft\nDate: 2011-01-01\nStatus: draft\n\nText\n",
    "content/2012-03-04-dated.md": "Title: Dated Name\n\nText\n",
    "content/pages/about.md": "Title: About\n\nText\n",
}

ELEVENTY: dict[str, str | bytes] = {
    "eleventy.config.js": "export const config = { dir: { input: 'content' } };\n",
    "content/index.njk": "---\nlayout: home\n---\n",
    "content/about.md": "---\nlayout: layouts/base.njk\ntitle: About Me\n---\nText.\n",
    "content/blog/firstpost.md": """\
---
title: This is my first post.
description: This is a post on My Blog.
date: 2018-05-01
tags:
  - posts
  - another tag
layout: layouts/post.njk
eleventyNavigation:
  key: first
---
Text {{ metadata.title }} and [a link](thirdpost.md).
""",
    "content/blog/thirdpost.md": (
        "---\ntitle: Third\ndate: 2018-08-24\ntags: posts\n"
        "permalink: /blog/{{ page.fileSlug }}/deep/\n---\nText.\n"
    ),
    "content/blog/2018-09-30-fourth/fourth.md": (
        "---\ntitle: Fourth\ndate: 2018-09-30\neleventyExcludeFromCollections: true\n---\nText.\n"
    ),
    "content/blog/2019-01-02-dated.md": "---\ntitle: Dated\n---\nText.\n",
    "content/blog/off.md": "---\ntitle: Off\ndate: 2018-01-01\npermalink: false\n---\nText.\n",
}

ASTRO_PAGE = """\
---
export async function getStaticPaths() {
  const posts = await getCollection('blog');
  return posts.map((post) => ({ params: { slug: post.id }, props: post }));
}
---
"""
ASTRO: dict[str, str | bytes] = {
    "src/pages/blog/[...slug].astro": ASTRO_PAGE,
    "src/pages/rss.xml.js": "return rss({items: posts.map((post) => ({\n"
    "  ...post.data,\n  link: `/blog/${post.id}/`,\n}))});\n",
    "astro.config.mjs": "export default defineConfig({ site: 'https://news.example.org' });\n",
    "src/content/blog/first-post.md": """\
---
title: 'First post'
description: 'Lorem ipsum dolor sit amet'
pubDate: 'Jul 08 2022'
updatedDate: 'Aug 08 2022'
heroImage: '/blog-placeholder-3.jpg'
tags: [posts, Mali]
---
Lorem ipsum.
""",
    "src/content/blog/Using MDX!.mdx": """\
---
title: 'Using MDX'
pubDate: 'Jun 01 2024'
heroImage: '../../assets/blog-placeholder-5.jpg'
---
import HeaderLink from '../../components/HeaderLink.astro';

Text with `{code}` and {1 + 1}.

<HeaderLink href="#" onclick={() => alert('clicked!')}>
  Embedded **component** in MDX
</HeaderLink>

```js
import kept from 'code';
```
""",
    "src/content/blog/deep/index.md": "---\ntitle: Deep\npubDate: 2022-07-02\n---\nText.\n",
}
