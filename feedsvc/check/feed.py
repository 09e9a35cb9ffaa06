"""Validates one feed document of any format, which is detected from its first bytes."""

import codecs
from datetime import datetime

from feedsvc.check import atom, entries, jsonfeed, rss, xml
from feedsvc.check.finding import Findings, count_lines, quoted
from feedsvc.errors import Problem

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS_11 = "http://purl.org/net/rss1.1#"
_OLD_ATOM = "http://purl.org/atom/ns#"


def validate(body: bytes, name: str, url: str | None, now: datetime) -> list[Problem]:
    """Return the problems of a feed.

    name: its path in Problems. url: where it was fetched from, None if unknown.
    """
    findings = Findings(name, count_lines(body))
    entries.validate_size(body, findings)
    if is_json(body):
        jsonfeed.validate(body, url, now, findings)
    else:
        root = xml.read(body, findings)
        if root is not None:
            _validate_xml(root, body, url, now, findings)
    return findings.problems()


def is_json(body: bytes) -> bool:
    """Return whether a document begins like JSON."""
    return body.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[")


def _validate_xml(
    root: xml.Element, body: bytes, url: str | None, now: datetime, findings: Findings
) -> None:
    namespace, local = xml.split(str(root.tag))
    if namespace == xml.ATOM and local in {"feed", "entry"}:
        atom.validate(root, url, now, findings)
    elif not namespace and local == "rss":
        rss.validate(root, body, url, now, findings)
    elif (namespace, local) in {(_RDF, "RDF"), (_RSS_11, "Channel")}:
        version = "1.0" if namespace == _RDF else "1.1"
        message = f"is RSS {version}, which is not validated further; publish RSS 2.0 or Atom"
        findings.warning("not-judged", root, message)
    elif namespace == _OLD_ATOM:
        findings.error("obsolete-namespace", root, "is a draft of Atom; publish Atom 1.0")
    elif local in {"feed", "rss"}:
        found = f"in the namespace {quoted(namespace)}" if namespace else "without a namespace"
        remedy = f"declare xmlns={xml.ATOM!r}" if local == "feed" else "remove the namespace"
        findings.error("wrong-namespace", root, f"has <{local}> {found}; {remedy}")
    else:
        message = f"is XML, but not a feed: it begins with {xml.name_of(root)[:60]}"
        findings.error("no-feed", root, f"{message}; use the address of the feed itself")
