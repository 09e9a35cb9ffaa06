-- Pages of the model BlogPage in the tutorial of Wagtail 5 to 8 ("Your first Wagtail site"): date, intro, body, authors,
-- tags and gallery_images. {prefix}: the name of the app with an underscore, by default blog_.

-- articles
SELECT
    p.id,
    p.live AND NOT EXISTS (
        SELECT 1
        FROM wagtailcore_pageviewrestriction v
        JOIN wagtailcore_page a ON a.id = v.page_id
        WHERE SUBSTR(p.path, 1, LENGTH(a.path)) = a.path
    ) AS public,
    p.last_published_at,
    p.first_published_at,
    p.title,
    p.slug,
    p.url_path,
    b.date AS post_date,
    b.intro,
    b.body,
    l.language_code
FROM wagtailcore_page p
JOIN {prefix}blogpage b ON b.page_ptr_id = p.id
JOIN wagtailcore_locale l ON l.id = p.locale_id

-- authors
SELECT r.blogpage_id AS id, r.id AS position, a.name
FROM {prefix}blogpage_authors r
JOIN {prefix}author a ON a.id = r.author_id

-- tags
SELECT r.content_object_id AS id, r.id AS position, t.name
FROM {prefix}blogpagetag r
JOIN taggit_tag t ON t.id = r.tag_id

-- gallery
SELECT g.page_id AS id, g.sort_order AS position, g.image_id
FROM {prefix}blogpagegalleryimage g

-- pages
-- Pages, pictures and documents that texts refer to by their numbers.
SELECT p.id, p.url_path FROM wagtailcore_page p

-- images
SELECT i.id, i.file FROM wagtailimages_image i

-- documents
SELECT d.id, d.file FROM wagtaildocs_document d

-- common
SELECT s.hostname, s.port, r.url_path
FROM wagtailcore_site s
JOIN wagtailcore_page r ON r.id = s.root_page_id
