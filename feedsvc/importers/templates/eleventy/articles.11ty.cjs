// A JSON Feed of all articles, which feedsvc reads. `id` is the URL, as in feeds that
// @11ty/eleventy-plugin-rss writes; change it if your feed has another.
const BASE = "@BASE_URL@";

// The articles: those with the tag `posts` or `post`, else all pages with a date in front matter.
function articles(collections) {
  return collections.posts ?? collections.post ?? collections.all.filter((page) => page.data.date);
}

const list = (value) => (value === undefined || value === null ? [] : [value].flat());
const absolute = (url) => new URL(url, `${BASE}/`).href;

exports.data = { permalink: "/articles.json", eleventyExcludeFromCollections: true };

exports.render = ({ collections }) => {
  const items = articles(collections).map((page) => {
    const { title, description, author, authors, lang, image, categories, tags } = page.data;
    const updated = page.data.updated ?? page.data.lastmod ?? page.data.modified;
    return {
      id: BASE + page.url,
      url: BASE + page.url,
      title,
      date_published: page.date.toISOString(),
      date_modified: (updated ? new Date(updated) : page.date).toISOString(),
      content_html: page.templateContent,
      summary: description,
      image: image ? absolute(image) : undefined,
      language: lang,
      authors: list(authors ?? author).map((each) => (each.name ? each : { name: each })),
      tags: list(tags).filter((tag) => !["all", "post", "posts"].includes(tag)),
      _feedsvc: { categories: list(categories) },
    };
  });
  return JSON.stringify({
    version: "https://jsonfeed.org/version/1.1",
    title: "Articles",
    home_page_url: `${BASE}/`,
    items,
  });
};
