"""The same articles in Django's syndication framework: a project as the text of a single module.

The module is not imported here: peers.py writes it to a folder and runs it there. It supports
conditional requests, as feedsvc does. Everything that takes time without changing a feed is
omitted: no sessions, no templates, no many-to-many tables.
"""

MODULE = "gazette"

# gunicorn reads this file from its working directory. Releases with a control socket would leave it
# behind in the home directory; other releases ignore the setting.
SETTINGS = """\
bind = "127.0.0.1:{port}"
workers = 1
worker_class = "sync"
loglevel = "error"
control_socket_disable = True
"""

PROJECT = """
import json
import sys
from datetime import datetime
from pathlib import Path

import django
from django.conf import settings

HERE = Path(__file__).parent
settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="of a benchmark",
    ROOT_URLCONF="gazette",
    MIDDLEWARE=[
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HERE / "gazette.db",
            "CONN_MAX_AGE": None,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TIME_ZONE="Europe/Paris",
    USE_TZ=True,
)
django.setup()

from django.contrib.syndication.views import Feed
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.urls import path
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.timezone import make_aware


class Article(models.Model):
    slug = models.SlugField(unique=True, max_length=200, allow_unicode=True)
    title = models.CharField(max_length=500)
    published = models.DateTimeField(db_index=True)
    author = models.CharField(max_length=200)
    categories = models.JSONField()
    summary = models.TextField()
    html = models.TextField()

    class Meta:
        app_label = "gazette"

    def get_absolute_url(self):
        return f"/articles/{self.slug}"


class FullText(Rss201rev2Feed):
    def root_attributes(self):
        content = "http://purl.org/rss/1.0/modules/content/"
        return {**super().root_attributes(), "xmlns:content": content}

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])


class Newest(Feed):
    feed_type = FullText
    title = "The Benchmark Gazette"
    link = "/"
    description = "Made-up articles in real numbers"

    def items(self):
        return Article.objects.order_by("-published")[:50]

    def item_title(self, item):
        return item.title

    def item_description(self, item):
        return item.summary

    def item_pubdate(self, item):
        return item.published

    def item_author_name(self, item):
        return item.author

    def item_categories(self, item):
        return item.categories

    def item_extra_kwargs(self, item):
        return {"content": item.html}


def fill():
    with connection.schema_editor() as editor:
        editor.create_model(Article)
    articles = []
    for line in sys.stdin:
        article = json.loads(line)
        article["published"] = make_aware(datetime.fromisoformat(article["published"]))
        articles.append(Article(**article))
    Article.objects.bulk_create(articles, batch_size=500)


urlpatterns = [path("feeds/all.rss", Newest())]
application = get_wsgi_application()
"""
