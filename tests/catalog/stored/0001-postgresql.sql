CREATE TABLE feedsvc_stored.archive (
    feed bigint NOT NULL,
    number integer NOT NULL,
    revision bigint NOT NULL
);


--
-- Name: article; Type: TABLE; Schema: feedsvc_stored; Owner: -
--

CREATE TABLE feedsvc_stored.article (
    number bigint NOT NULL,
    path text NOT NULL,
    slug text NOT NULL,
    id text NOT NULL,
    pinned boolean NOT NULL,
    title text NOT NULL,
    published bigint NOT NULL,
    utc_offset integer NOT NULL,
    updated bigint NOT NULL,
    expires bigint,
    summary text NOT NULL,
    html text NOT NULL,
    link text NOT NULL,
    authors text NOT NULL,
    terms text NOT NULL,
    language text NOT NULL,
    image text,
    enclosures text NOT NULL,
    content text,
    draft boolean NOT NULL,
    feeds boolean NOT NULL,
    fingerprint text NOT NULL,
    text_hash text NOT NULL,
    removed boolean NOT NULL,
    visible boolean NOT NULL,
    due bigint,
    released bigint
);


--
-- Name: feed; Type: TABLE; Schema: feedsvc_stored; Owner: -
--

CREATE TABLE feedsvc_stored.feed (
    number bigint NOT NULL,
    key text NOT NULL,
    label text NOT NULL,
    entries integer NOT NULL,
    unarchived integer NOT NULL,
    archives integer NOT NULL,
    head text NOT NULL,
    "window" text NOT NULL,
    revision bigint NOT NULL
);


--
-- Name: feed_history; Type: TABLE; Schema: feedsvc_stored; Owner: -
--

CREATE TABLE feedsvc_stored.feed_history (
    feed bigint NOT NULL,
    revision bigint NOT NULL,
    "window" text NOT NULL
);


--
-- Name: feed_row; Type: TABLE; Schema: feedsvc_stored; Owner: -
--

CREATE TABLE feedsvc_stored.feed_row (
    article bigint NOT NULL,
    feed bigint NOT NULL,
    revision bigint NOT NULL,
    gone boolean NOT NULL,
    withdrawn boolean NOT NULL,
    archive integer,
    published bigint NOT NULL,
    slug text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: file; Type: TABLE; Schema: feedsvc_stored; Owner: -
--

CREATE TABLE feedsvc_stored.file (
    path text NOT NULL,
    signature text NOT NULL,
    problems text NOT NULL
);


--
-- Name: former_slug; Type: TABLE; Schema: feedsvc_stored; Owner: -
--

CREATE TABLE feedsvc_stored.former_slug (
    slug text NOT NULL,
    revision bigint NOT NULL,
    article bigint NOT NULL
);


--
-- Name: made_by; Type: TABLE; Schema: feedsvc_stored; Owner: -
--

CREATE TABLE feedsvc_stored.made_by (
    name text NOT NULL,
    value text NOT NULL
);


--
-- Name: revision; Type: TABLE; Schema: feedsvc_stored; Owner: -
--

CREATE TABLE feedsvc_stored.revision (
    number bigint NOT NULL,
    instant bigint NOT NULL,
    digest text NOT NULL
);


--
-- Name: shown_file; Type: TABLE; Schema: feedsvc_stored; Owner: -
--

CREATE TABLE feedsvc_stored.shown_file (
    path text NOT NULL,
    article bigint NOT NULL
);


--
-- Data for Name: archive; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.archive VALUES (1, 1, 4);
INSERT INTO feedsvc_stored.archive VALUES (1, 2, 4);
INSERT INTO feedsvc_stored.archive VALUES (3, 1, 4);
INSERT INTO feedsvc_stored.archive VALUES (6, 1, 4);
INSERT INTO feedsvc_stored.archive VALUES (1, 3, 5);
INSERT INTO feedsvc_stored.archive VALUES (2, 1, 5);
INSERT INTO feedsvc_stored.archive VALUES (6, 2, 5);
INSERT INTO feedsvc_stored.archive VALUES (6, 3, 5);


--
-- Data for Name: article; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.article VALUES (6, 'ar/six.md', 'six', 'tag:news.example.org,2022:2022-01-06:six', false, 'ستة', 1641423600, 3600, 1641423600, NULL, 'نص.', '<p>نص.</p>', 'https://news.example.org/articles/six', '[]', '[["tag/c++","C++"],["language/ar","ar"]]', 'ar', NULL, '[]', NULL, false, true, 'af666a7cb4c811ab6bb1f28c0139b7d1', 'f889093138171e09b7771c876c753b13', false, true, NULL, 1);
INSERT INTO feedsvc_stored.article VALUES (9, 'draft.md', 'draft', 'tag:news.example.org,2022:2022-01-09:draft', false, 'Draft', 1641682800, 3600, 1641682800, NULL, 'Text.', '<p>Text.</p>', 'https://news.example.org/articles/draft', '[]', '[["tag/x","x"],["language/en","en"]]', 'en', NULL, '[]', NULL, true, true, 'd5083b204df05c45e58adde1973eef25', '806595379ae45115cebea2bc1b3d196f', false, false, NULL, NULL);
INSERT INTO feedsvc_stored.article VALUES (10, 'shown.md', 'shown', 'tag:news.example.org,2022:2022-01-10:shown', false, 'Shown', 1641769200, 3600, 1641769200, NULL, 'a 😀 <&>', '<p><img src="https://news.example.org/files/a.png" alt=""> <a href="https://news.example.org/files/a.csv">a</a> 😀 <code>&lt;&amp;&gt;</code></p>', 'https://news.example.org/articles/shown', '[]', '[["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '7bdfcf250acfbfbe6fadf7e9bc277a88', 'ea3e8e8baefae3458880f0280c25a39d', false, true, NULL, 1);
INSERT INTO feedsvc_stored.article VALUES (5, 'fr/été.md', 'été', 'tag:news.example.org,2022:2022-01-05:cinq', false, 'Cinq ’été', 1641337200, 3600, 1641337200, NULL, 'Déjà vu.', '<p>Déjà vu.</p>', 'https://news.example.org/articles/%C3%A9t%C3%A9', '[]', '[["language/fr","fr"]]', 'fr', NULL, '[]', NULL, false, true, 'f545a8dabe9d769b6ae3163570cdfe2d', '9fdacead01b5d839393237e0769aeb96', false, true, NULL, 1);
INSERT INTO feedsvc_stored.article VALUES (8, 'seldom.md', 'seldom', 'tag:news.example.org,2022:2022-01-08:seldom', false, 'Seldom', 1641596400, 3600, 1641596400, NULL, 'Text.', '<p>Text.</p>', 'https://news.example.org/articles/seldom', '[]', '[["tag/seldom","seldom"],["language/de","de"]]', 'de', NULL, '[]', NULL, false, true, '482b31eff00bacb051d4290d2084eafa', '9f7244219ffdbf45d7240defaffcb318', true, false, NULL, 1);
INSERT INTO feedsvc_stored.article VALUES (12, 'ends.md', 'ends', 'tag:news.example.org,2022:2025-12-31:ends', false, 'Ends', 1767135600, 3600, 1767135600, 1767258000, 'Text.', '<p>Text.</p>', 'https://news.example.org/articles/ends', '[]', '[["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '62f90206ee558384e0c4588dbff99d59', '002017c3e4b361d33e3a2d7b1dff68c3', false, false, NULL, 2);
INSERT INTO feedsvc_stored.article VALUES (14, 'alone.md', 'alone', 'tag:news.example.org,2022:2022-02-18:alone', false, 'In no feed', 1645138800, 3600, 1645138800, NULL, 'Text.', '<p>Text.</p>', 'https://news.example.org/articles/alone', '[]', '[["language/en","en"]]', 'en', NULL, '[]', NULL, false, false, 'e7d70cf9b13151455a0a72006c6a45e3', 'b6472c0a71b9d725a5d7ff0e7ef7e46a', false, true, NULL, 4);
INSERT INTO feedsvc_stored.article VALUES (16, 'nine.md', 'nine', 'tag:news.example.org,2022:2026-01-01:nine', false, 'Nine', 1767232800, 3600, 1767232800, NULL, 'q', '<blockquote>
<p>q</p>
</blockquote>
<table><thead><tr><th>a</th></tr></thead><tbody>
<tr><td>b</td></tr>
</tbody></table>', 'https://news.example.org/articles/nine', '[]', '[["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '481da65385c7c20239e345dc10af44d5', '2984b058cf4701a5908a7ee5f4909da1', false, true, NULL, 4);
INSERT INTO feedsvc_stored.article VALUES (13, 'rich.md', 'rich', 'tag:news.example.org,2022:2022-02-17:rich', false, 'Rich', 1645086600, 3600, 1646089200, NULL, 'Text.', '<p>Text.</p>', 'https://news.example.org/articles/rich', '[["Zoë","zoe@example.org","https://z.example"]]', '[["author/zoë","Zoë"],["language/en","en"]]', 'en', 'https://news.example.org/files/a.png', '[["https://news.example.org/files/a.csv","text/csv",4]]', 'summary', false, true, 'de987dc2d479bc7ab53b164eb76e24e1', '1ed9cadecb551f0723bb62940b707eca', false, true, NULL, 4);
INSERT INTO feedsvc_stored.article VALUES (3, '3.md', 'drei', 'tag:news.example.org,2022:2022-01-03:three', false, 'Three', 1641164400, 3600, 1641164400, NULL, 'Text.', '<p>Text.</p>', 'https://news.example.org/articles/drei', '[]', '[["tag/old","old"],["tag/ended","ended"],["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '424a7f53c62fd35fa30457d46f54925b', '14b9971a75f492c46cafb8f37d748a77', false, true, NULL, 1);
INSERT INTO feedsvc_stored.article VALUES (1, 'first.md', 'first', 'tag:news.example.org,2022:2022-01-01:one', false, 'One again', 1640991600, 3600, 1640991600, NULL, 'Text.', '<p>Text.</p>', 'https://news.example.org/articles/first', '[["Ada",null,null],["B",null,null]]', '[["tag/x","x"],["tag/old","old"],["author/ada","Ada"],["author/b","B"],["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '37090a3d591a87ab51396d255f6864b4', '5aa510224d10f5a033e4c16701b75f90', false, true, NULL, 1);
INSERT INTO feedsvc_stored.article VALUES (4, 'four.md', 'four', 'tag:news.example.org,2022:2022-01-04:four', false, 'Four', 1641250800, 3600, 1641250800, NULL, 'Text.', '<p>Text.</p>', 'https://news.example.org/articles/four', '[["Ada",null,null]]', '[["category/sport","Sport"],["author/ada","Ada"],["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '802cc8c4eba8897d84bfc5cfad90ca8c', '95549a05f2025bb7dba65183ee2d103a', true, false, NULL, 1);
INSERT INTO feedsvc_stored.article VALUES (2, '2/two.md', 'two', 'tag:news.example.org,2022:2022-01-02:two', false, 'Two, edited', 1641078000, 3600, 1641078000, NULL, 'Short', '<p>Other.</p>', 'https://news.example.org/articles/two', '[]', '[["tag/x","x"],["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '2ad7b5aee00e96b0c25082cad0af8d7b', '8b4d07900a6f4ff440c8c432203b63ec', false, true, NULL, 1);
INSERT INTO feedsvc_stored.article VALUES (7, 'pinned.md', 'pinned', 'https://old.example.org/?p=7', true, 'Pinned', 1641510000, 3600, 1641510000, NULL, 'More.', '<p>More.</p>', 'https://news.example.org/articles/pinned', '[]', '[["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '62520ca29535763e631bab8ecc788b60', '7e3b51555e761c71fdc01cf853bf14ca', false, true, NULL, 1);
INSERT INTO feedsvc_stored.article VALUES (15, 'eight.md', 'eight', 'tag:news.example.org,2022:2026-01-01:eight', false, 'Eight', 1767222000, 3600, 1767222000, NULL, 'Text.', '<p>Text.</p>', 'https://else.example.org/8', '[]', '[["tag/x","x"],["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '09f808a14e591057e3593ba0cfecde63', '762091400bd5ec0ce671c708925f1dea', true, false, NULL, 4);
INSERT INTO feedsvc_stored.article VALUES (11, 'soon.md', 'soon', 'tag:news.example.org,2022:2026-01-01:soon', false, 'Soon, edited', 1767258000, 0, 1767258000, NULL, 'More.', '<p>More.</p>', 'https://news.example.org/articles/soon', '[]', '[["tag/x","x"],["language/en","en"]]', 'en', NULL, '[]', NULL, false, true, '07d3451a255bddb3bf01930ba37c00d7', 'b2d5c68a3d04ab7714b658bcd0e5f971', false, true, NULL, 3);


--
-- Data for Name: feed; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.feed VALUES (15, 'author/b', 'B', 1, 1, 0, '07474efa7b8b0cca', 'a5792a23e526b4bb880e5583ca004d3e', 4);
INSERT INTO feedsvc_stored.feed VALUES (16, 'author/zoë', 'Zoë', 1, 1, 0, '490bd13a3c249572', '2566e1ad76ab1817844acba50530a595', 4);
INSERT INTO feedsvc_stored.feed VALUES (9, 'category/sport', 'Sport', 0, 0, 0, '4df59a0081be1ee3', '56d49e75ddcf32c46f9ebd6e329992a9', 4);
INSERT INTO feedsvc_stored.feed VALUES (11, 'tag/c++', 'C++', 1, 1, 0, '32b5e1072b0646bd', '198f734c881fb583954e50718497ddfb', 4);
INSERT INTO feedsvc_stored.feed VALUES (12, 'language/ar', 'ar', 1, 1, 0, 'a1ca8ab05455ef7e', '978d599dc7eaf7a3e50e739633ee4442', 4);
INSERT INTO feedsvc_stored.feed VALUES (4, 'tag/old', 'old', 2, 2, 0, 'c6f1ea2b89114de2', '54a62261b7cb97468152db3193411db7', 4);
INSERT INTO feedsvc_stored.feed VALUES (5, 'author/ada', 'Ada', 1, 1, 0, 'b1779b1b82dfce48', '910857da29aa1132b1229f22200e418b', 4);
INSERT INTO feedsvc_stored.feed VALUES (7, 'category/news', 'News', 0, 0, 0, '3c277ac91161a9cd', '2500850e43f1f166e572471a0fa3d70f', 4);
INSERT INTO feedsvc_stored.feed VALUES (8, 'tag/ended', 'ended', 1, 1, 0, 'c30e6a382070a81f', 'd4e22ab37b65d91f2af5c17fbc6940b1', 4);
INSERT INTO feedsvc_stored.feed VALUES (10, 'language/fr', 'fr', 1, 1, 0, 'b3127ac441396cc2', '198d4b0deb736bc6b86972f827111a6a', 4);
INSERT INTO feedsvc_stored.feed VALUES (13, 'tag/seldom', 'seldom', 0, 0, 0, '9b178de46329633a', '83fd490da60649fa2626858c6c6f3e0a', 4);
INSERT INTO feedsvc_stored.feed VALUES (14, 'language/de', 'de', 0, 0, 0, 'c8eaed727f6b4aaf', '4cafc5e2ea23fa21abe4f1cf5cbc1b62', 4);
INSERT INTO feedsvc_stored.feed VALUES (1, 'all', '', 10, 2, 3, '280bb8ffa0425641', 'b3bb2467d3193a43b8f220cf41141e8f', 6);
INSERT INTO feedsvc_stored.feed VALUES (2, 'picked', '', 3, 1, 1, 'dbdda693203a9985', 'bf1666c91bda6ca3c26839809d6ebc79', 6);
INSERT INTO feedsvc_stored.feed VALUES (3, 'tag/x', 'x', 3, 1, 1, '22e5fb5554bbf729', '3d7f80957114e6b68084d17083cec5fc', 6);
INSERT INTO feedsvc_stored.feed VALUES (6, 'language/en', 'en', 8, 1, 3, 'b4f202e3dfa818b3', '190744ccdd304b96604cd3dd4fd9d716', 6);


--
-- Data for Name: feed_history; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.feed_history VALUES (9, 4, '56d49e75ddcf32c46f9ebd6e329992a9');
INSERT INTO feedsvc_stored.feed_history VALUES (11, 4, '198f734c881fb583954e50718497ddfb');
INSERT INTO feedsvc_stored.feed_history VALUES (12, 4, '978d599dc7eaf7a3e50e739633ee4442');
INSERT INTO feedsvc_stored.feed_history VALUES (4, 4, '54a62261b7cb97468152db3193411db7');
INSERT INTO feedsvc_stored.feed_history VALUES (5, 4, '910857da29aa1132b1229f22200e418b');
INSERT INTO feedsvc_stored.feed_history VALUES (7, 4, '2500850e43f1f166e572471a0fa3d70f');
INSERT INTO feedsvc_stored.feed_history VALUES (8, 4, 'd4e22ab37b65d91f2af5c17fbc6940b1');
INSERT INTO feedsvc_stored.feed_history VALUES (10, 4, '198d4b0deb736bc6b86972f827111a6a');
INSERT INTO feedsvc_stored.feed_history VALUES (13, 4, '83fd490da60649fa2626858c6c6f3e0a');
INSERT INTO feedsvc_stored.feed_history VALUES (14, 4, '4cafc5e2ea23fa21abe4f1cf5cbc1b62');
INSERT INTO feedsvc_stored.feed_history VALUES (15, 4, 'a5792a23e526b4bb880e5583ca004d3e');
INSERT INTO feedsvc_stored.feed_history VALUES (16, 4, '2566e1ad76ab1817844acba50530a595');
INSERT INTO feedsvc_stored.feed_history VALUES (1, 5, '603ae14de6ed0f21e15e96323250c9fb');
INSERT INTO feedsvc_stored.feed_history VALUES (2, 5, '1357417591ec8bc5d56695fcde3922b6');
INSERT INTO feedsvc_stored.feed_history VALUES (3, 5, '542d6a731ee12cd7c111c733e60b153b');
INSERT INTO feedsvc_stored.feed_history VALUES (6, 5, 'f4b574cd0d12b30bf6bdfea2fda1462d');
INSERT INTO feedsvc_stored.feed_history VALUES (1, 6, 'b3bb2467d3193a43b8f220cf41141e8f');
INSERT INTO feedsvc_stored.feed_history VALUES (2, 6, 'bf1666c91bda6ca3c26839809d6ebc79');
INSERT INTO feedsvc_stored.feed_history VALUES (3, 6, '3d7f80957114e6b68084d17083cec5fc');
INSERT INTO feedsvc_stored.feed_history VALUES (6, 6, '190744ccdd304b96604cd3dd4fd9d716');


--
-- Data for Name: feed_row; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.feed_row VALUES (6, 1, 1, false, false, 2, 1641423600, 'six');
INSERT INTO feedsvc_stored.feed_row VALUES (6, 11, 1, false, false, NULL, 1641423600, 'six');
INSERT INTO feedsvc_stored.feed_row VALUES (6, 12, 1, false, false, NULL, 1641423600, 'six');
INSERT INTO feedsvc_stored.feed_row VALUES (2, 1, 2, false, false, 1, 1641078000, 'two');
INSERT INTO feedsvc_stored.feed_row VALUES (11, 6, 6, false, false, NULL, 1767258000, 'soon');
INSERT INTO feedsvc_stored.feed_row VALUES (2, 6, 2, false, false, 1, 1641078000, 'two');
INSERT INTO feedsvc_stored.feed_row VALUES (2, 7, 2, true, false, NULL, 1641078000, 'two');
INSERT INTO feedsvc_stored.feed_row VALUES (3, 1, 2, false, false, 1, 1641164400, 'drei');
INSERT INTO feedsvc_stored.feed_row VALUES (3, 4, 2, false, false, NULL, 1641164400, 'drei');
INSERT INTO feedsvc_stored.feed_row VALUES (3, 8, 2, false, false, NULL, 1641164400, 'drei');
INSERT INTO feedsvc_stored.feed_row VALUES (3, 6, 2, false, false, 1, 1641164400, 'drei');
INSERT INTO feedsvc_stored.feed_row VALUES (5, 1, 2, false, false, 2, 1641337200, 'été');
INSERT INTO feedsvc_stored.feed_row VALUES (5, 10, 2, false, false, NULL, 1641337200, 'été');
INSERT INTO feedsvc_stored.feed_row VALUES (8, 1, 2, true, true, NULL, 1641596400, 'seldom');
INSERT INTO feedsvc_stored.feed_row VALUES (8, 13, 2, true, true, NULL, 1641596400, 'seldom');
INSERT INTO feedsvc_stored.feed_row VALUES (8, 14, 2, true, true, NULL, 1641596400, 'seldom');
INSERT INTO feedsvc_stored.feed_row VALUES (10, 6, 1, false, false, 2, 1641769200, 'shown');
INSERT INTO feedsvc_stored.feed_row VALUES (12, 1, 3, true, true, NULL, 1767135600, 'ends');
INSERT INTO feedsvc_stored.feed_row VALUES (12, 6, 3, true, true, NULL, 1767135600, 'ends');
INSERT INTO feedsvc_stored.feed_row VALUES (2, 3, 2, false, false, 1, 1641078000, 'two');
INSERT INTO feedsvc_stored.feed_row VALUES (1, 1, 4, false, false, 1, 1640991600, 'first');
INSERT INTO feedsvc_stored.feed_row VALUES (1, 3, 4, false, false, 1, 1640991600, 'first');
INSERT INTO feedsvc_stored.feed_row VALUES (1, 4, 4, false, false, NULL, 1640991600, 'first');
INSERT INTO feedsvc_stored.feed_row VALUES (1, 5, 4, false, false, NULL, 1640991600, 'first');
INSERT INTO feedsvc_stored.feed_row VALUES (1, 6, 4, false, false, 1, 1640991600, 'first');
INSERT INTO feedsvc_stored.feed_row VALUES (4, 1, 4, true, true, 2, 1641250800, 'four');
INSERT INTO feedsvc_stored.feed_row VALUES (4, 9, 4, true, true, NULL, 1641250800, 'four');
INSERT INTO feedsvc_stored.feed_row VALUES (4, 5, 4, true, true, NULL, 1641250800, 'four');
INSERT INTO feedsvc_stored.feed_row VALUES (4, 6, 4, true, true, 2, 1641250800, 'four');
INSERT INTO feedsvc_stored.feed_row VALUES (10, 1, 1, false, false, 3, 1641769200, 'shown');
INSERT INTO feedsvc_stored.feed_row VALUES (2, 2, 2, false, false, 1, 1641078000, 'two');
INSERT INTO feedsvc_stored.feed_row VALUES (1, 2, 4, false, false, 1, 1640991600, 'first');
INSERT INTO feedsvc_stored.feed_row VALUES (1, 15, 4, false, false, NULL, 1640991600, 'first');
INSERT INTO feedsvc_stored.feed_row VALUES (13, 1, 4, false, false, 3, 1645086600, 'rich');
INSERT INTO feedsvc_stored.feed_row VALUES (13, 16, 4, false, false, NULL, 1645086600, 'rich');
INSERT INTO feedsvc_stored.feed_row VALUES (13, 6, 4, false, false, 3, 1645086600, 'rich');
INSERT INTO feedsvc_stored.feed_row VALUES (16, 1, 4, false, false, NULL, 1767232800, 'nine');
INSERT INTO feedsvc_stored.feed_row VALUES (16, 6, 4, false, false, 3, 1767232800, 'nine');
INSERT INTO feedsvc_stored.feed_row VALUES (7, 1, 5, false, false, 3, 1641510000, 'pinned');
INSERT INTO feedsvc_stored.feed_row VALUES (7, 6, 5, false, false, 2, 1641510000, 'pinned');
INSERT INTO feedsvc_stored.feed_row VALUES (15, 1, 5, true, true, NULL, 1767222000, 'eight');
INSERT INTO feedsvc_stored.feed_row VALUES (15, 2, 5, true, true, 1, 1767222000, 'eight');
INSERT INTO feedsvc_stored.feed_row VALUES (15, 3, 5, true, true, NULL, 1767222000, 'eight');
INSERT INTO feedsvc_stored.feed_row VALUES (15, 6, 5, true, true, 3, 1767222000, 'eight');
INSERT INTO feedsvc_stored.feed_row VALUES (11, 1, 6, false, false, NULL, 1767258000, 'soon');
INSERT INTO feedsvc_stored.feed_row VALUES (11, 2, 6, false, false, NULL, 1767258000, 'soon');
INSERT INTO feedsvc_stored.feed_row VALUES (11, 3, 6, false, false, NULL, 1767258000, 'soon');


--
-- Data for Name: file; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.file VALUES ('ar/six.md', '84-1795773252289489713-1795773252289489713', '[]');
INSERT INTO feedsvc_stored.file VALUES ('draft.md', '78-1795773252290118783-1795773252290118783', '[]');
INSERT INTO feedsvc_stored.file VALUES ('ends.md', '90-1795773254061763139-1795773254061763139', '[]');
INSERT INTO feedsvc_stored.file VALUES ('fr/été.md', '82-1795773252289191093-1795773254048223982', '[]');
INSERT INTO feedsvc_stored.file VALUES ('shown.md', '81-1795773252290262713-1795773252290262713', '[]');
INSERT INTO feedsvc_stored.file VALUES ('2/two.md', '', '[]');
INSERT INTO feedsvc_stored.file VALUES ('broken.md', '', '[["content/broken.md",3,"bad-front-matter","is not YAML: did not find expected node content; put quotes around texts with `: ` or `#` in them"]]');
INSERT INTO feedsvc_stored.file VALUES ('3.md', '90-1795773254061212286-1795773256619325775', '[]');
INSERT INTO feedsvc_stored.file VALUES ('alone.md', '72-1795773256671148640-1795773256671148640', '[]');
INSERT INTO feedsvc_stored.file VALUES ('first.md', '99-1795773256669449683-1795773256669449683', '[]');
INSERT INTO feedsvc_stored.file VALUES ('nine.md', '76-1795773256670278898-1795773256670278898', '[]');
INSERT INTO feedsvc_stored.file VALUES ('pinned.md', '', '[]');
INSERT INTO feedsvc_stored.file VALUES ('rich.md', '248-1795773256670730806-1795773256670730806', '[]');
INSERT INTO feedsvc_stored.file VALUES ('soon.md', '', '[]');


--
-- Data for Name: former_slug; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.former_slug VALUES ('one', 2, 1);
INSERT INTO feedsvc_stored.former_slug VALUES ('three', 2, 3);
INSERT INTO feedsvc_stored.former_slug VALUES ('cinq', 2, 5);


--
-- Data for Name: made_by; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.made_by VALUES ('schema', '4');
INSERT INTO feedsvc_stored.made_by VALUES ('settings', 'feedsvc 0.1.0 {"aliases": {"/rss.xml": [{"kind": "all", "term": ""}, "rss"]}, "article_link": "/articles/{slug}", "author": null, "base_url": "https://news.example.org", "content": null, "copyright": "", "database": null, "feed_defaults": {"author": null, "content": "full", "copyright": null, "image": null, "language": null, "limit": 3, "max_age": 900, "subtitle": null, "title": null}, "feeds": {"picked": {"author": null, "content": "full", "copyright": null, "image": null, "language": null, "limit": 3, "max_age": 900, "subtitle": null, "title": "Picked"}, "tag/x": {"author": null, "content": "full", "copyright": null, "image": null, "language": null, "limit": 2, "max_age": 900, "subtitle": null, "title": null}}, "generator": {"below": "", "name": "feedsvc", "options": {}, "sign": "", "tree": ""}, "id_authority": "news.example.org,2022", "image": null, "labels": {}, "language": "en", "moved": {"tag/old": "tag/x"}, "preview": false, "retired": ["tag/ended"], "selections": {"picked": {"all": [], "any": ["tag/x", "author/ada"], "none": ["category/sport"]}}, "serve": null, "site": null, "subtitle": "", "timezone": "Europe/Paris", "timezones": {}, "title": "Site", "tombstones": true}');
INSERT INTO feedsvc_stored.made_by VALUES ('unlisted', '["tag/ended","tag/old"]');
INSERT INTO feedsvc_stored.made_by VALUES ('synced', '1767312000 1');


--
-- Data for Name: revision; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.revision VALUES (1, 1767225600, 'ec565a9acd937a10900cc36e81c6a6b3');
INSERT INTO feedsvc_stored.revision VALUES (2, 1767247200, '7aaeaae10becf7ab270c6634701a6e41');
INSERT INTO feedsvc_stored.revision VALUES (3, 1767258000, '8bfd034b4e86b2b3cdf77fe4e63b6cf1');
INSERT INTO feedsvc_stored.revision VALUES (4, 1767268800, 'c4ca5bad077f9985497e4418825c9d97');
INSERT INTO feedsvc_stored.revision VALUES (5, 1767290400, '7cf1776da1858b0b307d3fd1226c6775');
INSERT INTO feedsvc_stored.revision VALUES (6, 1767312000, 'c2c66fa61ff1e4c0a42f14b200b8b102');


--
-- Data for Name: shown_file; Type: TABLE DATA; Schema: feedsvc_stored; Owner: -
--

INSERT INTO feedsvc_stored.shown_file VALUES ('a.png', 10);
INSERT INTO feedsvc_stored.shown_file VALUES ('a.csv', 10);
INSERT INTO feedsvc_stored.shown_file VALUES ('a.png', 13);
INSERT INTO feedsvc_stored.shown_file VALUES ('a.csv', 13);


--
-- Name: archive archive_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.archive
    ADD CONSTRAINT archive_pkey PRIMARY KEY (feed, number);


--
-- Name: article article_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.article
    ADD CONSTRAINT article_pkey PRIMARY KEY (number);


--
-- Name: feed_history feed_history_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.feed_history
    ADD CONSTRAINT feed_history_pkey PRIMARY KEY (feed, revision);


--
-- Name: feed feed_key_key; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.feed
    ADD CONSTRAINT feed_key_key UNIQUE (key);


--
-- Name: feed feed_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (number);


--
-- Name: feed_row feed_row_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.feed_row
    ADD CONSTRAINT feed_row_pkey PRIMARY KEY (article, feed);


--
-- Name: file file_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.file
    ADD CONSTRAINT file_pkey PRIMARY KEY (path);


--
-- Name: former_slug former_slug_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.former_slug
    ADD CONSTRAINT former_slug_pkey PRIMARY KEY (slug, revision, article);


--
-- Name: made_by made_by_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.made_by
    ADD CONSTRAINT made_by_pkey PRIMARY KEY (name);


--
-- Name: revision revision_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.revision
    ADD CONSTRAINT revision_pkey PRIMARY KEY (number);


--
-- Name: shown_file shown_file_pkey; Type: CONSTRAINT; Schema: feedsvc_stored; Owner: -
--

ALTER TABLE ONLY feedsvc_stored.shown_file
    ADD CONSTRAINT shown_file_pkey PRIMARY KEY (path, article);


--
-- Name: article_due; Type: INDEX; Schema: feedsvc_stored; Owner: -
--

CREATE INDEX article_due ON feedsvc_stored.article USING btree (due);


--
-- Name: article_id; Type: INDEX; Schema: feedsvc_stored; Owner: -
--

CREATE INDEX article_id ON feedsvc_stored.article USING btree (id);


--
-- Name: article_path; Type: INDEX; Schema: feedsvc_stored; Owner: -
--

CREATE INDEX article_path ON feedsvc_stored.article USING btree (path);


--
-- Name: article_slug; Type: INDEX; Schema: feedsvc_stored; Owner: -
--

CREATE INDEX article_slug ON feedsvc_stored.article USING btree (slug);


--
-- Name: article_text_hash; Type: INDEX; Schema: feedsvc_stored; Owner: -
--

CREATE INDEX article_text_hash ON feedsvc_stored.article USING btree (text_hash);


--
-- Name: feed_row_archive; Type: INDEX; Schema: feedsvc_stored; Owner: -
--

CREATE INDEX feed_row_archive ON feedsvc_stored.feed_row USING btree (feed, archive, gone);


--
-- Name: feed_row_order; Type: INDEX; Schema: feedsvc_stored; Owner: -
--

CREATE INDEX feed_row_order ON feedsvc_stored.feed_row USING btree (feed, gone, published, slug);


--
-- Name: shown_file_article; Type: INDEX; Schema: feedsvc_stored; Owner: -
--

CREATE INDEX shown_file_article ON feedsvc_stored.shown_file USING btree (article);


--
-- PostgreSQL database dump complete
--


