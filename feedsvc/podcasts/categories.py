"""The categories of Apple Podcasts, which other directories use as well; pure.

https://podcasters.apple.com/support/1691-apple-podcasts-categories
"""

import difflib
from collections.abc import Mapping

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    name: tuple(filter(None, below.split(", ")))
    for line in """
Arts: Books, Design, Fashion & Beauty, Food, Performing Arts, Visual Arts
Business: Careers, Entrepreneurship, Investing, Management, Marketing, Non-Profit
Comedy: Comedy Interviews, Improv, Stand-Up
Education: Courses, How To, Language Learning, Self-Improvement
Fiction: Comedy Fiction, Drama, Science Fiction
Government:
Health & Fitness: Alternative Health, Fitness, Medicine, Mental Health, Nutrition, Sexuality
History:
Kids & Family: Education for Kids, Parenting, Pets & Animals, Stories for Kids
Leisure: Animation & Manga, Automotive, Aviation, Crafts, Games, Hobbies, Home & Garden, Video Games
Music: Music Commentary, Music History, Music Interviews
News: Business News, Daily News, Entertainment News, News Commentary, Politics, Sports News, \
Tech News
Religion & Spirituality: Buddhism, Christianity, Hinduism, Islam, Judaism, Religion, Spirituality
Science: Astronomy, Chemistry, Earth Sciences, Life Sciences, Mathematics, Natural Sciences, \
Nature, Physics, Social Sciences
Society & Culture: Documentary, Personal Journals, Philosophy, Places & Travel, Relationships
Sports: Baseball, Basketball, Cricket, Fantasy Sports, Football, Golf, Hockey, Rugby, Running, \
Soccer, Swimming, Tennis, Volleyball, Wilderness, Wrestling
Technology:
True Crime:
TV & Film: After Shows, Film History, Film Interviews, Film Reviews, TV Reviews
""".strip().splitlines()
    for name, _, below in [line.partition(":")]
    for below in [below.strip()]
}
_SEPARATOR = " > "
_WRITTEN = {
    _SEPARATOR.join(filter(None, (name, sub))): (name, sub)
    for name, below in CATEGORIES.items()
    for sub in ("", *below)
}


def parse(text: str) -> tuple[str, str]:
    """Return the category and subcategory ('' for none) of a text like `Arts > Food`.

    Raises ValueError, whose message completes a sentence about the text, with the nearest category.
    """
    parts = [" ".join(part.split()) for part in text.split(">")]
    if found := _WRITTEN.get(_SEPARATOR.join(parts)):
        return found
    raise ValueError(f"is not a category of Apple Podcasts; write {nearest(text)!r}")


def nearest(text: str) -> str:
    """Return the category that a text most likely means, in the form that `parse` accepts."""
    wanted = text.casefold().rpartition(">")[2].replace(" and ", " & ").strip()
    names = {(sub or name).casefold(): written for written, (name, sub) in _WRITTEN.items()}
    begin = [name for name in names if name.startswith(wanted) or wanted.startswith(name)]
    return names[difflib.get_close_matches(wanted, begin or names, 1, 0.0)[0]]
