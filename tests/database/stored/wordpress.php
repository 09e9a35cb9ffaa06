<?php
// Installs WordPress 6.1 and fills it through its own functions; run by PHP with the path of WordPress, whose
// wp-config.php names an empty database. The feed was then requested as /?feed=rss2. Passwords were removed.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = 'blog.example.org'; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1'; $_SERVER['REQUEST_URI'] = '/';
function wp_mail() { return true; }
function wp_new_blog_notification() {}
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
define('WP_SITEURL', 'https://blog.example.org');
wp_install('The Harbour Blog', 'ada', 'ada@example.org', true, '', 'pw-of-ada', 'en_US');
update_option('siteurl', 'https://blog.example.org'); update_option('home', 'https://blog.example.org');
update_option('timezone_string', 'Europe/Paris'); update_option('gmt_offset', '');
update_option('permalink_structure', '/%year%/%monthnum%/%postname%/');
update_option('posts_per_rss', 50);
wp_delete_post(1, true);
wp_set_current_user(1);
kses_remove_filters();
wp_update_user(['ID' => 1, 'display_name' => 'Ada Lovelace']);
$bob = wp_insert_user(['user_login' => 'bob', 'user_pass' => 'pw-of-bob', 'user_email' => 'bob@example.org', 'display_name' => 'Bob & Söhne', 'role' => 'author']);
$news = wp_insert_term('News', 'category')['term_id'];
$food = wp_insert_term('Food, Drink & More', 'category', ['slug' => 'food'])['term_id'];
function post($values) { $id = wp_insert_post($values + ['post_status' => 'publish', 'post_type' => 'post', 'post_author' => 1], true); if (is_wp_error($id)) { echo $id->get_error_message(), "\n"; exit(1);} return $id; }
$classic = "The harbour opened <em>again</em> on Monday.\nThe second line of the paragraph.\n\nA second paragraph, with an ‘emoji’ 🚢.\n\n<ul>\n<li>One</li>\n<li>Two</li>\n</ul>\n<!--more-->\nAfter the fold.";
$a = post(['post_title' => 'The harbour opens &amp; closes', 'post_content' => $classic, 'post_date' => '2022-02-17 09:30:00', 'tags_input' => ['Harbour', 'Sea & Salt'], 'post_category' => [$news, $food]]);
$photo = wp_insert_attachment(['post_title' => 'Ship', 'post_excerpt' => 'A <em>ship</em>', 'post_mime_type' => 'image/jpeg', 'post_date' => '2022-02-17 09:00:00'], '2022/02/ship.jpg', $a);
update_post_meta($photo, '_wp_attached_file', '2022/02/ship.jpg');
update_post_meta($a, '_thumbnail_id', $photo);
$blocks = "<!-- wp:paragraph -->\n<p>Written in the block editor.</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:image {\"id\":$photo} -->\n<figure class=\"wp-block-image\"><img src=\"https://blog.example.org/wp-content/uploads/2022/02/ship.jpg\" alt=\"Ship\"/></figure>\n<!-- /wp:image -->\n\n<!-- wp:latest-posts /-->";
$b = post(['post_title' => 'Blocks', 'post_content' => $blocks, 'post_excerpt' => 'What blocks are.', 'post_date' => '2022-07-01 00:30:00', 'post_author' => $bob, 'tags_input' => ['Harbour']]);
$c = post(['post_title' => 'Gallery', 'post_content' => "[gallery ids=\"$photo\"]\n\n[caption id=\"x\" width=\"300\"]<img src=\"/wp-content/uploads/2022/02/ship.jpg\" /> A caption[/caption]\n\n[contact-form-7 id=\"3\"]", 'post_date' => '2022-08-02 12:00:00']);
add_post_meta($c, 'enclosure', "https://media.example.org/one.mp3\n123456\naudio/mpeg\na:1:{s:8:\"duration\";s:5:\"01:02\";}");
$d = post(['post_title' => 'Secret', 'post_content' => 'For friends.', 'post_password' => 'pw', 'post_date' => '2022-08-03 12:00:00']);
$e = post(['post_title' => 'Private', 'post_content' => 'For editors.', 'post_status' => 'private', 'post_date' => '2022-08-04 12:00:00']);
$f = post(['post_title' => 'A draft', 'post_content' => 'Not yet.', 'post_status' => 'draft']);
$g = post(['post_title' => 'Scheduled', 'post_content' => 'Later.', 'post_status' => 'future', 'post_date' => '2035-01-01 08:00:00', 'post_date_gmt' => '2035-01-01 07:00:00']);
$h = post(['post_title' => 'A page', 'post_content' => 'About.', 'post_type' => 'page', 'post_date' => '2022-08-05 12:00:00']);
$i = post(['post_title' => 'Trashed', 'post_content' => 'Gone.', 'post_date' => '2022-08-06 12:00:00']); wp_trash_post($i);
$j = post(['post_title' => '', 'post_content' => 'An aside without a title.', 'post_date' => '2022-09-01 08:00:00', 'post_name' => 'aside']);
$k = post(['post_title' => 'Mañana ☕', 'post_content' => 'Umlauts and 日本語.', 'post_date' => '2022-10-30 02:30:00', 'post_name' => '日本語']);
wp_update_post(['ID' => $a, 'post_content' => $classic . "\n\nAn update."]);
$wpdb->query("UPDATE wp_posts SET post_modified='2022-03-01 10:00:00', post_modified_gmt='2022-03-01 09:00:00' WHERE ID=$a");
$wpdb->query("UPDATE wp_posts SET post_modified=post_date, post_modified_gmt=IF(post_date_gmt='0000-00-00 00:00:00', post_modified_gmt, post_date_gmt) WHERE ID NOT IN ($a,$f)");
$wpdb->query("UPDATE wp_posts SET post_date='2023-01-01 10:00:00', post_modified='2023-01-01 10:00:00', post_modified_gmt='2023-01-01 09:00:00' WHERE ID=$f");
foreach ($wpdb->get_results("SELECT ID,post_type,post_status,post_title,post_name,post_date,post_date_gmt,guid FROM wp_posts") as $row) echo json_encode($row, JSON_UNESCAPED_UNICODE), "\n";
