"""The table `[statistics]` of the settings: who reads the feeds (docs/statistics.md)."""

import re
from typing import Annotated

import msgspec

from feedsvc.config.addresses import Database
from feedsvc.config.tables import Rule

Token = Annotated[
    str,
    Rule.matching(
        "the line that `feedsvc stats token` prints",
        lambda text: not text or bool(re.fullmatch(r"[0-9a-f]{64}", text)),
        secret=True,
    ),
]


class StatisticsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the statistics.

    enabled: whether polls are counted, if the extra `stats` is installed. database: an SQLAlchemy
    URL. retention: how many days are kept. token: the SHA-256 of the token that opens /stats/ from
    elsewhere; '' for none. badge: whether /stats/badge.svg shows the number of subscribers.
    """

    enabled: bool = True
    database: Database = ""
    retention: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 400
    token: Token = ""
    badge: bool = False
