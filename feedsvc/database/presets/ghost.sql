-- The posts of Ghost 1 to 6, in MySQL or SQLite. {types}: 'post', 'page', by default only posts.

-- articles
SELECT
    p.id,
    p.status IN ('published', 'scheduled') AND p.visibility = 'public' AS public,
    COALESCE(p.updated_at, p.created_at) AS changed,
    p.type,
    p.status,
    p.visibility,
    p.title,
    p.slug,
    p.html,
    p.custom_excerpt,
    p.feature_image,
    p.locale,
    p.published_at,
    p.created_at,
    p.updated_at
FROM {prefix}posts p
WHERE p.type IN ({types})

-- authors
SELECT a.post_id AS id, a.sort_order AS position, u.name
FROM {prefix}posts_authors a
JOIN {prefix}users u ON u.id = a.author_id

-- tags
SELECT r.post_id AS id, r.sort_order AS position, t.name
FROM {prefix}posts_tags r
JOIN {prefix}tags t ON t.id = r.tag_id
WHERE t.visibility = 'public'

-- common
SELECT s.key AS name, s.value FROM {prefix}settings s WHERE s.key IN ('locale', 'lang')
