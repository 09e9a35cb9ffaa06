"""Compare the findings of `feedsvc check` with the expectations in a collection of test feeds.

    python -m benchmarks.judged FOLDER

FOLDER contains files such as the test cases of the W3C feed validator. A comment in each file is
`Expect: Name`, a fault that a validator must report, or `Expect: !Name`, one that it must not. The
program prints the table in docs/checks.md, and with --missed also the files on which the results
differ.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from feedsvc.check.feed import validate
from feedsvc.errors import Problem

_EXPECT = re.compile(rb"<!--\s*Description:.*?Expect:\s*(!?)(\w+)(?:\{([^}]*)\})?\s*-->", re.S)

# W3C names, and our codes with the same meaning. feedsvc does not check faults missing here.
CODES = {
    "AtomLinkNotEmpty": "unexpected-text",
    "AttrNotBlank": "blank bad-word bad-media-type",
    "AvoidNamespacePrefix": "prefixed-atom",
    "AvoidTextInput": "text-input",
    "ArchiveIncomplete": "lone-archive",
    "BadCharacters": "garbled-text",
    "BadXmlVersion": "xml-version",
    "CharacterData": "ambiguous-title",
    "ContainsEmail": "email-in-name",
    "ContainsHTML": "html-in-text ambiguous-title",
    "ContainsRelRef": "relative-html-url",
    "ContainsSystemEntity": "entity",
    "ContainsUndeclaredHTML": "html-in-text",
    "CurrentNotSelfInCompleteFeed": "complete-not-current",
    "DangerousStyleAttr": "wild-style",
    "DeprecatedDTD": "doctype",
    "DuplicateAtomLink": "repeated-link",
    "DuplicateDescriptionSemantics": "said-twice",
    "DuplicateElement": "repeated-element",
    "DuplicateEnclosure": "many-enclosures",
    "DuplicateEntries": "repeated-id repeated-entry",
    "DuplicateIds": "repeated-id repeated-entry",
    "DuplicateItemSemantics": "said-twice",
    "DuplicateSemantics": "said-twice",
    "DuplicateUpdated": "same-updated",
    "DuplicateValue": "repeated-guid repeated-value repeated-id",
    "EightDaysAWeek": "too-many-skipped",
    "EmailFormat": "email-form",
    "FeedHistoryRelInEntry": "history-link-in-entry",
    "FeedRelInCompleteFeed": "complete-with-pages",
    "HtmlFragment": "whole-document-type",
    "ImageLinkDoesntMatch": "image-differs",
    "ImageTitleDoesntMatch": "image-differs",
    "ImageUrlFormat": "image-format",
    "ImplausibleDate": "implausible-date",
    "IncorrectDOW": "wrong-weekday",
    "InvalidAddrSpec": "bad-email",
    "InvalidBooleanAttribute": "bad-word",
    "InvalidContact": "bad-email",
    "InvalidDay": "bad-word",
    "InvalidDoctype": "doctype",
    "InvalidDuration": "bad-duration",
    "InvalidFullLink": "relative-url bad-url bad-tag-uri bad-urn",
    "InvalidHeight": "bad-number",
    "InvalidHour": "bad-number",
    "InvalidHttpGUID": "guid-not-url blank",
    "InvalidInteger": "bad-number",
    "InvalidIntegerAttribute": "bad-number",
    "InvalidIRI": "bad-url relative-url",
    "InvalidItunesCategory": "bad-category",
    "InvalidItunesChannelType": "bad-word",
    "InvalidItunesEpisodeType": "bad-word",
    "InvalidKeywords": "bad-keywords",
    "InvalidLanguage": "bad-language",
    "InvalidLatitude": "bad-number",
    "InvalidLink": "bad-url relative-url not-ascii-url",
    "InvalidLongitude": "bad-number",
    "InvalidMIMEAttribute": "bad-media-type",
    "InvalidMIMEType": "bad-media-type bad-word",
    "InvalidNamespace": "wrong-namespace obsolete-namespace",
    "InvalidNonNegativeInteger": "bad-number",
    "InvalidPermalink": "guid-not-url",
    "InvalidPositiveInteger": "bad-number",
    "InvalidRFC2822Date": "bad-rss-date wrong-weekday",
    "InvalidRFC3339Date": "bad-date-time",
    "InvalidRSSVersion": "rss-version",
    "InvalidTAG": "bad-tag-uri bad-url",
    "InvalidTextType": "bad-word",
    "InvalidTrueFalse": "bad-word stray-space",
    "InvalidURLAttribute": "bad-url relative-url",
    "InvalidURN": "bad-urn",
    "InvalidUUID": "bad-urn",
    "InvalidUpdatePeriod": "bad-word",
    "InvalidUriChar": "bad-url not-ascii-url",
    "InvalidW3CDTFDate": "bad-w3c-date",
    "InvalidWidth": "bad-number",
    "InvalidYesNoClean": "bad-word",
    "ItemMustContainTitleOrDescription": "empty-item",
    "LinkPastEnd": "link-past-end",
    "MisplacedItem": "late-metadata",
    "MisplacedMetadata": "late-metadata",
    "MissingAttribute": "missing-attribute",
    "MissingContentOrAlternate": "nowhere-to-go",
    "MissingCurrentInArchive": "archive-without-current",
    "MissingDCLanguage": "no-language",
    "MissingDescription": "missing-element",
    "MissingElement": "missing-element no-author",
    "MissingGuid": "no-guid",
    "MissingHref": "missing-attribute",
    "MissingItunesElement": "no-required-element",
    "MissingItunesEmail": "no-owner",
    "MissingLink": "missing-element",
    "MissingNamespace": "wrong-namespace no-namespace not-well-formed",
    "MissingRealName": "email-form",
    "MissingSelf": "no-self-link",
    "MissingSourceElement": "incomplete-source",
    "MissingSummary": "no-summary",
    "MissingTextualContent": "no-text",
    "MissingTitle": "missing-element",
    "MissingTypeAttr": "no-type",
    "MissingXhtmlDiv": "no-xhtml-div",
    "NeedDescriptionBeforeContent": "content-before-description",
    "NoBlink": "unknown-element",
    "NonCanonicalURI": "not-canonical-id",
    "NonstdPrefix": "unusual-prefix",
    "NotBase64": "bad-base64",
    "NotBlank": "blank bad-url bad-number bad-word",
    "NotEnoughHoursInTheDay": "too-many-skipped",
    "NotEscaped": "unexpected-element",
    "NotHtml": "unknown-html broken-html",
    "NotInANamespace": "unknown-element",
    "NotInline": "escaped-xhtml",
    "NotSufficientlyUnique": "weak-guid",
    "NotUTF8": "not-utf8-show",
    "ObscureEncoding": "uncommon-encoding",
    "ObsoleteItunesCategory": "bad-category",
    "ObsoleteNamespace": "obsolete-namespace",
    "ProblematicalRFC822Date": "odd-rss-date",
    "RelativeSelf": "relative-self-link",
    "ReservedPrefix": "taken-prefix",
    "SAXError": "not-well-formed entity",
    "SchemeNotIANARegistered": "unknown-scheme",
    "SecurityRisk": "unsafe-html",
    "SecurityRiskAttr": "unsafe-html wild-style",
    "SelfDoesntMatchLocation": "other-self-link",
    "SelfNotAtom": "self-link-type",
    "SlashDate": "comments-without-date",
    "TooLong": "too-long-text",
    "UndefinedElement": "unknown-element misplaced-element unexpected-element no-feed "
    "not-well-formed wrong-namespace",
    "UndefinedNamedEntity": "entity not-well-formed",
    "UnexpectedAttribute": "unknown-attribute",
    "UnexpectedText": "unexpected-text",
    "UnexpectedWhitespace": "stray-space",
    "UnicodeError": "not-well-formed contradicting-encoding",
    "UnknownEncoding": "unknown-encoding not-well-formed",
    "UnknownHost": "email-without-domain",
    "UnknownNamespace": "unknown-namespace",
    "UnregisteredAtomLinkRel": "unknown-rel",
    "UnsupportedItunesFormat": "recording-format",
    "UriNotIri": "not-ascii-url",
    "UseZeroForMidnight": "hour-24",
}
# `Expect: ValidX` means that this fault is absent.
VALID = {
    "ValidBooleanAttribute": "InvalidBooleanAttribute",
    "ValidCloud": "MissingAttribute",
    "ValidContact": "InvalidContact",
    "ValidDay": "InvalidDay",
    "ValidDoctype": "InvalidDoctype",
    "ValidElement": "ContainsUndeclaredHTML",
    "ValidHeight": "InvalidHeight",
    "ValidHour": "InvalidHour",
    "ValidHtml": "NotHtml",
    "ValidHttpGUID": "InvalidHttpGUID",
    "ValidInteger": "InvalidInteger",
    "ValidIntegerAttribute": "InvalidIntegerAttribute",
    "ValidLanguage": "InvalidLanguage",
    "ValidMIMEAttribute": "InvalidMIMEAttribute",
    "ValidRFC2822Date": "InvalidRFC2822Date",
    "ValidTAG": "InvalidTAG",
    "ValidTitle": "AttrNotBlank",
    "ValidURI": "InvalidLink",
    "ValidURLAttribute": "InvalidURLAttribute",
    "ValidURN": "InvalidURN",
    "ValidUpdatePeriod": "InvalidUpdatePeriod",
    "ValidW3CDTFDate": "InvalidW3CDTFDate",
    "ValidWidth": "InvalidWidth",
    "ValidAtomLinkRel": "UnregisteredAtomLinkRel",
}
# The other groups test formats and vocabularies that feedsvc recognises but does not validate.
GROUPS = ("atom", "ext/fh", "ext/itunes", "rss", "rss20", "xml")
# `Expect: !Error` and similar: the severities that must not occur.
_NONE_OF = {"Error": {"error"}, "Warning": {"error", "warning"}, "Message": {"error", "warning"}}
# The W3C tests ignore these too, since the files are not at the URLs in their self links.
_PLACE = {"no-self-link", "other-self-link"}


@dataclass(frozen=True, slots=True)
class Case:
    """One test file. group: its topic. name: the fault. present: whether the fault is expected.

    element: where the fault is, '' for anywhere.
    """

    path: Path
    group: str
    name: str
    present: bool
    element: str


def cases(folder: Path) -> Iterator[Case]:
    """Yield the test files of a folder that contain an expectation."""
    for path in sorted(folder.rglob("*.xml")):
        match = _EXPECT.search(path.read_bytes())
        if match:
            below = path.relative_to(folder).parts
            group = "/".join(below[:2] if below[0] == "ext" else below[:1])
            place = dict(
                each.strip().split(":", 1)
                for each in (match[3] or b"").decode().split(",")
                if ":" in each
            )
            element = re.split("[:_]", place.get("element", ""))[-1]
            yield Case(path, group, match[2].decode(), not match[1], element)


def agrees(case: Case, problems: list[Problem]) -> bool | None:
    """Return whether our findings match the expectation; None if feedsvc does not check for it."""
    found = {problem.code for problem in problems}
    if case.group not in GROUPS or "not-judged" in found:
        return None
    if not case.present and case.name in _NONE_OF:
        severities = _NONE_OF[case.name]
        return not any(
            problem.severity in severities for problem in problems if problem.code not in _PLACE
        )
    name, present = case.name, case.present
    if name in VALID:
        if not present:
            return None
        name, present = VALID[name], False
    if name not in CODES:
        return None
    codes = set(CODES[name].split())
    said = [problem.message for problem in problems if problem.code in codes]
    if not present and case.element:
        said = [each for each in said if re.search(rf"\b{re.escape(case.element)}\b", each)]
    return bool(said) is present


def main(arguments: list[str]) -> int:
    """Run the comparison and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--missed", action="store_true", help="also list the differences")
    options = parser.parse_args(arguments)
    now = datetime.now(UTC)
    counts: Counter[tuple[str, str]] = Counter()
    for case in cases(options.folder):
        below = case.path.relative_to(options.folder).as_posix()
        problems = validate(case.path.read_bytes(), below, f"{_BASE}{below}", now)
        agreed = agrees(case, problems)
        wants_fault = case.present and case.name not in VALID
        kind = "faults" if wants_fault else "good"
        group = case.group if case.group in GROUPS else "others"
        if agreed is None:
            counts[group, "unjudged"] += 1
            continue
        counts[group, kind] += 1
        counts[group, f"{kind} agreed"] += agreed
        if options.missed and not agreed:
            codes = ", ".join(sorted({problem.code for problem in problems}))
            sign = "" if case.present else "!"
            print(f"{below}: expected {sign}{case.name}; found: {codes}")
    _table(counts)
    return 0


def _table(counts: Counter[tuple[str, str]]) -> None:
    print("| files | with a fault | found | without a fault | no false alarm | not checked |")
    print("|---|---:|---:|---:|---:|---:|")
    groups = sorted({group for group, _ in counts})
    for group in groups:
        _row(group, [counts[group, each] for each in _COLUMNS])
    _row("all", [sum(counts[group, each] for group in groups) for each in _COLUMNS])


_BASE = "http://www.feedvalidator.org/testcases/"  # the URL that the files give as their location
_COLUMNS = ("faults", "faults agreed", "good", "good agreed", "unjudged")


def _row(name: str, row: list[int]) -> None:
    faults, found, good, quiet, unjudged = row
    print(
        f"| {name} | {faults} | {found}{_percent(found, faults)} | {good} | "
        f"{quiet}{_percent(quiet, good)} | {unjudged} |"
    )


def _percent(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.1f}%)" if whole else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
