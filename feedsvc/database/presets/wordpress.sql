-- The posts of WordPress, of all versions since 3.0, in MySQL, MariaDB or SQLite.
-- {prefix}: `$table_prefix` in wp-config.php. {types}: the types of posts, by default 'post'.

-- articles
SELECT
    p.ID AS id,
    p.post_status IN ('publish', 'future') AND p.post_password = '' AS public,
    p.post_modified_gmt,
    p.post_modified,
    p.post_date_gmt,
    p.post_date,
    p.post_status,
    p.post_type,
    p.post_name,
    p.post_title,
    p.post_content,
    p.post_excerpt,
    p.guid,
    u.display_name AS author,
    u.user_nicename AS author_slug
FROM {prefix}posts p
LEFT JOIN {prefix}users u ON u.ID = p.post_author
WHERE p.post_type IN ({types}) AND p.post_status <> 'auto-draft'

-- terms
SELECT r.object_id AS id, t.name AS position, x.taxonomy, t.name, t.term_id
FROM {prefix}term_relationships r
JOIN {prefix}term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id
JOIN {prefix}terms t ON t.term_id = x.term_id
WHERE x.taxonomy IN ('category', 'post_tag')

-- metadata
SELECT m.post_id AS id, m.meta_id AS position, m.meta_key, m.meta_value
FROM {prefix}postmeta m
WHERE m.meta_key IN ('_thumbnail_id', 'enclosure', 'footnotes')

-- attached
-- For galleries that name no pictures: those uploaded to the post.
SELECT
    a.post_parent AS id, a.menu_order AS position, a.ID AS number, a.guid, a.post_excerpt,
    f.meta_value AS path
FROM {prefix}posts a
LEFT JOIN {prefix}postmeta f ON f.post_id = a.ID AND f.meta_key = '_wp_attached_file'
WHERE a.post_type = 'attachment'

-- attachments
-- Pictures that posts name by their numbers.
SELECT a.ID AS id, a.ID AS number, a.menu_order AS position, a.guid, a.post_excerpt,
    f.meta_value AS path
FROM {prefix}posts a
LEFT JOIN {prefix}postmeta f ON f.post_id = a.ID AND f.meta_key = '_wp_attached_file'
WHERE a.post_type = 'attachment'

-- common
-- Categories only if they are part of the URLs.
SELECT 'option' AS kind, 0 AS number, 0 AS parent, o.option_name AS name, o.option_value AS value
FROM {prefix}options o
WHERE o.option_name IN
    ('home', 'siteurl', 'permalink_structure', 'upload_url_path', 'WPLANG', 'default_category')
UNION ALL
SELECT 'category', t.term_id, x.parent, '', t.slug
FROM {prefix}terms t
JOIN {prefix}term_taxonomy x ON x.term_id = t.term_id
JOIN {prefix}options o ON o.option_name = 'permalink_structure'
WHERE x.taxonomy = 'category' AND INSTR(o.option_value, '%category%') > 0
