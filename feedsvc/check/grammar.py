"""Tables of elements and attributes, and the walk that validates a tree by them.

It is independent of the formats, whose tables are in `vocabularies`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from lxml import etree

from feedsvc.check import moments, values
from feedsvc.check.finding import Check, Findings, quoted
from feedsvc.check.xml import XML, Element, has_own_text, name_of, split, text_of

_Rules = Mapping[str, "Rule"]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Rule:
    """An element or an attribute.

    checks: of its text. parse: reads its text as a date, which must be plausible. exact: white
    space around the text is an error. children: by local name, in the namespace of the element;
    None if it contains only text. attributes: None if they are not validated. opaque: its content
    is validated elsewhere, if at all. required, many: how often it may occur; see `table`.
    """

    checks: tuple[Check, ...] = ()
    parse: Callable[[str], datetime | None] | None = None
    exact: bool = False
    children: _Rules | None = None
    attributes: _Rules | None = field(default_factory=dict)
    opaque: bool = False
    required: bool = False
    many: bool = False


def table(rules: Mapping[str, Any]) -> dict[str, Rule]:
    """Return rules by name.

    A name ends as in a DTD: in ? if it is optional, in * if it may also repeat, in + if it may
    repeat. A value is a Rule, a Check of the text or several, or None.
    """
    found = {}
    for name, value in rules.items():
        checks = value if isinstance(value, tuple) else (value,) if callable(value) else ()
        rule = value if isinstance(value, Rule) else Rule(checks)
        required, many = name[-1] not in "?*", name[-1] in "*+"
        found[name.rstrip("?*+")] = replace(rule, required=required, many=many)
    return found


def every(names: str, value: _T) -> dict[str, _T]:
    """Return a table in which several names, separated by spaces, have the same value."""
    return dict.fromkeys(names.split(), value)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """An extension. prefix: the usual one. rules: None if its elements are not validated."""

    prefix: str
    rules: _Rules | None = None


class Walk:
    """A walk over one document.

    own: the namespace of the format, '' for RSS. extensions: the known vocabularies by namespace.
    """

    def __init__(
        self, own: str, extensions: Mapping[str, Vocabulary], now: datetime, findings: Findings
    ) -> None:
        self._own = own
        self._extensions = extensions
        self._now = now
        self._findings = findings
        self._unknown: set[str] = set()

    def element(self, element: Element, rule: Rule) -> None:
        """Validate an element and its descendants."""
        self._attributes(element, rule)
        if rule.opaque:
            return
        if rule.children is None:
            self._text(element, rule)
        else:
            self._children(element, rule.children)

    def namespaces(self, root: Element) -> None:
        """Validate the namespaces that a document declares."""
        prefixes = {namespace: known.prefix for namespace, known in self._extensions.items()}
        declared = {found for _, found in etree.iterwalk(root, events=("start-ns",))}
        for prefix, url in sorted(declared, key=str):
            if prefix in prefixes.values() and url not in prefixes and url != self._own:
                message = f"uses the prefix {prefix!r} for {quoted(url)}; rename it"
                self._findings.warning("taken-prefix", root, message)
            elif prefix and prefixes.get(url, prefix) != prefix:
                message = f"uses the prefix {prefix!r} instead of {prefixes[url]!r}; rename it"
                self._findings.note("unusual-prefix", root, message)
            else:
                subject = f"declares the namespace {quoted(url)}, which"
                self._findings.add(values.reference(url), root, subject)

    def _attributes(self, element: Element, rule: Rule) -> None:
        if rule.attributes is None:
            return
        name = name_of(element)
        for key, value in element.attrib.items():
            attribute, text = str(key), str(value)
            subject = f"{name} has {split(attribute)[1]}={quoted(text)}, which"
            if attribute in rule.attributes:
                self._check(element, rule.attributes[attribute], text, subject)
            elif attribute == f"{{{XML}}}lang" and text:
                self._check(element, Rule((values.language,)), text, subject)
            elif attribute == f"{{{XML}}}base":
                self._check(element, Rule((values.reference,)), text, subject)
            elif not attribute.startswith("{"):
                hint = _suggest(attribute, rule.attributes, "{}")
                message = f"{subject} is not defined for it; {hint}"
                self._findings.error("unknown-attribute", element, message)
        for key, known in rule.attributes.items():
            if known.required and key not in element.attrib:
                message = f"{name} has no attribute {split(key)[1]}; add it"
                self._findings.error("missing-attribute", element, message)

    def _text(self, element: Element, rule: Rule) -> None:
        name = name_of(element)
        if (child := element.find("*")) is not None:
            message = f"{name} contains {name_of(child)}, but only text is allowed; escape it"
            self._findings.error("unexpected-element", child, message)
        text = text_of(element)
        if rule.exact and text != text.strip():
            message = f"{name} has white space around its text; remove it"
            self._findings.error("stray-space", element, message)
        self._check(element, rule, text.strip(), f"{name} {quoted(text)}")
        if rule.parse and (moment := rule.parse(text.strip())):
            self._findings.add(moments.plausible(moment, self._now), element, name)

    def _check(self, element: Element, rule: Rule, text: str, subject: str) -> None:
        for check in rule.checks:
            self._findings.add(check(text), element, subject)

    def _children(self, element: Element, rules: _Rules) -> None:
        name, own = name_of(element), split(str(element.tag))[0]
        if has_own_text(element):
            message = f"{name} contains text, but only elements are allowed; remove it"
            self._findings.error("unexpected-text", element, message)
        counts: Counter[str] = Counter()
        for child in element.iterchildren("*"):
            tag = str(child.tag)
            counts[tag] += 1
            namespace, local = split(tag)
            if namespace == own and local in rules:
                rule: Rule | None = rules[local]
            else:
                rule = self._foreign(element, child, own, rules)
            if rule and counts[tag] > 1 and not rule.many:
                message = f"{name} has more than one {name_of(child)}; keep one"
                self._findings.error("repeated-element", child, message)
            if rule:
                self.element(child, rule)
        for local, known in rules.items():
            if known.required and (f"{{{own}}}{local}" if own else local) not in counts:
                self._findings.error("missing-element", element, f"{name} has no <{local}>; add it")

    def _foreign(self, parent: Element, child: Element, own: str, rules: _Rules) -> Rule | None:
        """Return the rule of an element that its parent's rule does not list, if it has one."""
        namespace, local = split(str(child.tag))
        where = f"{name_of(child)} in {name_of(parent)}"
        if namespace == own:
            message = f"{where} is not defined by the format; {_suggest(local, rules, '<{}>')}"
            self._findings.error("unknown-element", child, message)
        elif not namespace:
            message = f"{where} has no namespace; declare one, or remove it"
            self._findings.warning("no-namespace", child, message)
        elif namespace in self._extensions:
            known = self._extensions[namespace].rules
            if known is not None and local not in known:
                message = f"{where} is not defined by its namespace; remove it"
                self._findings.error("unknown-element", child, message)
            return known.get(local) if known else None
        elif namespace not in self._unknown:
            self._unknown.add(namespace)
            message = (
                f"{where} is of {quoted(namespace)}, which few readers support; check its name"
            )
            self._findings.note("unknown-namespace", child, message)
        return None


def _suggest(name: str, rules: _Rules, form: str) -> str:
    near = [each for each in rules if each.lower() == name.lower()]
    return f"write {form.format(near[0])}" if near else "remove it"


def validate_order(
    feed: Element, entry: str, is_metadata: Callable[[str], bool], findings: Findings
) -> None:
    """Validate that the metadata of a feed precedes its entries. entry: the name of an entry."""
    first = feed.find(entry)
    for child in first.itersiblings("*") if first is not None else ():
        if child.tag != entry and is_metadata(str(child.tag)):
            message = f"<{split(str(child.tag))[1]}> follows an entry, where readers miss it"
            findings.warning("late-metadata", child, f"{message}; move it up")
