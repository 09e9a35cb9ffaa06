// A JSON Feed of all articles, which feedsvc reads. `id` is the URL, as in feeds that @astrojs/rss
// writes. Set the name of your collection, the fields of its articles and their URLs here.
import { getCollection } from "astro:content";

const COLLECTION = "blog";
const path = (post) => `/blog/${post.id}/`;

const list = (value) => (value === undefined || value === null ? [] : [value].flat());

export async function GET({ site }) {
  if (!site) throw new Error("articles.json needs `site` in astro.config");
  const base = import.meta.env.BASE_URL.replace(/\/$/, "");
  const posts = await getCollection(COLLECTION, ({ data }) => !data.draft);
  const items = posts.map((post) => {
    if (post.rendered === undefined) {
      throw new Error(`${post.id} has no HTML in its collection (MDX has none); feedsvc needs it`);
    }
    const { title, description, author, authors, lang, tags, categories } = post.data;
    const published = post.data.pubDate ?? post.data.date ?? post.data.published;
    const updated = post.data.updatedDate ?? post.data.updated ?? published;
    const url = new URL(base + path(post), site).href;
    return {
      id: url,
      url,
      title,
      date_published: new Date(published).toISOString(),
      date_modified: new Date(updated).toISOString(),
      content_html: post.rendered.html,
      summary: description,
      language: lang,
      authors: list(authors ?? author).map((each) => (each.name ? each : { name: each })),
      tags: list(tags),
      _feedsvc: { categories: list(categories) },
    };
  });
  const feed = {
    version: "https://jsonfeed.org/version/1.1",
    title: "Articles",
    home_page_url: new URL(`${base}/`, site).href,
    items,
  };
  return new Response(JSON.stringify(feed), { headers: { "Content-Type": "application/feed+json" } });
}
