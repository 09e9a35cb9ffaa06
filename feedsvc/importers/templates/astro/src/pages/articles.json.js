// A JSON Feed of all articles, which feedsvc reads. `id` is the URL, as in feeds that @astrojs/rss
// writes. Set the name of your collection, the fields of its articles and their URLs here. If
// articles are in MDX, or contain components of a framework, add the renderers of its integrations:
//   import { getContainerRenderer as mdx } from "@astrojs/mdx";
//   const RENDERERS = [mdx()];
import { experimental_AstroContainer } from "astro/container";
import { loadRenderers } from "astro:container";
import { getCollection, render } from "astro:content";

const COLLECTION = "blog";
const RENDERERS = [];
const path = (post) => `/blog/${post.slug ?? post.id}/`;

const list = (value) => (value === undefined || value === null ? [] : [value].flat());

async function html(container, post) {
  if (post.rendered) return post.rendered.html;
  try {
    const { Content } = await render(post);
    return await container.renderToString(Content);
  } catch (error) {
    throw new Error(`${post.id} has no HTML; does it need one of RENDERERS in articles.json.js?`, {
      cause: error,
    });
  }
}

async function item(container, post, site) {
  const { title, description, author, authors, lang, tags, categories } = post.data;
  const published = post.data.pubDate ?? post.data.date ?? post.data.published;
  const updated = post.data.updatedDate ?? post.data.updated ?? published;
  const url = new URL(import.meta.env.BASE_URL.replace(/\/$/, "") + path(post), site).href;
  return {
    id: url,
    url,
    title,
    date_published: new Date(published).toISOString(),
    date_modified: new Date(updated).toISOString(),
    content_html: await html(container, post),
    summary: description,
    language: lang,
    authors: list(authors ?? author).map((each) => (each.name ? each : { name: each })),
    tags: list(tags),
    _feedsvc: { categories: list(categories) },
  };
}

export async function GET({ site }) {
  if (!site) throw new Error("articles.json needs `site` in astro.config");
  const container = await experimental_AstroContainer.create({
    renderers: await loadRenderers(RENDERERS),
  });
  const posts = await getCollection(COLLECTION, ({ data }) => !data.draft);
  const feed = {
    version: "https://jsonfeed.org/version/1.1",
    title: "Articles",
    home_page_url: new URL(import.meta.env.BASE_URL, site).href,
    items: await Promise.all(posts.map((post) => item(container, post, site))),
  };
  return new Response(JSON.stringify(feed), { headers: { "Content-Type": "application/feed+json" } });
}
