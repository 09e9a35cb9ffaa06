"""Validates one feed document, whatever its format; the bytes say which it is."""

import codecs
from datetime import datetime

from feedsvc.check import atom, entries, jsonfeed, rss, xml
from feedsvc.check.finding import Findings, count_lines, shown
from feedsvc.errors import Problem

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS_11 = "http://purl.org/net/rss1.1#"
_OLD_ATOM = "http://purl.org/atom/ns#"


def validate(body: bytes, name: str, url: str | None, now: datetime) -> list[Problem]:
    """Return what is wrong with a feed.

    name: as Problems name it. url: where it was fetched from, None where that is not known.
    """
    findings = Findings(name, count_lines(body))
    entries.validate_size(body, findings)
    start = body.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if start in (b"{", b"["):
        jsonfeed.validate(body, url, now, findings)
    else:
        source = xml.read(body, findings)
        if source is not None:
            _validate_xml(source, url, now, findings)
    return findings.problems()


def _validate_xml(
    source: xml.XmlSource, url: str | None, now: datetime, findings: Findings
) -> None:
    root = source.root
    namespace, local = xml.split(str(root.tag))
    line = xml.line_of(root)
    if namespace == xml.ATOM and local in {"feed", "entry"}:
        atom.validate(root, url, now, findings)
    elif not namespace and local == "rss":
        rss.validate(source, url, now, findings)
    elif (namespace, local) in {(_RDF, "RDF"), (_RSS_11, "Channel")}:
        version = "1.0" if namespace == _RDF else "1.1"
        message = f"is RSS {version}, which is not validated further; publish RSS 2.0 or Atom"
        findings.warning("not-judged", line, message)
    elif namespace == _OLD_ATOM:
        message = "is a draft of Atom, which no longer counts; publish Atom 1.0"
        findings.error("obsolete-namespace", line, message)
    elif local in {"feed", "rss"}:
        said = f"in the namespace {shown(namespace)}" if namespace else "in no namespace"
        right = f"xmlns={xml.ATOM!r}" if local == "feed" else "none"
        message = f"has <{local}> {said}, where it is no feed; declare {right}"
        findings.error("wrong-namespace", line, message)
    else:
        message = f"is XML, but no feed: it begins with {xml.shown_name(root)[:60]}"
        findings.error("no-feed", line, f"{message}; give the address of the feed itself")
