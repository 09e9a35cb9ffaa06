"""Which elements and attributes may stand where, as tables, and the walk that holds a tree to them.

Knows no format: the tables of each are in its own module.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from feedsvc.check.finding import Fault, Findings, shown
from feedsvc.check.values import Check, language, reference
from feedsvc.check.xml import XML, line_of, shown_name, split, text_of


@dataclass(frozen=True, slots=True)
class Attribute:
    """What is known of an attribute. check: of its value."""

    check: Check | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """What is known of an element.

    check: of its text. exact: white space around the text counts. children: by name, None where it
    holds text alone. many: it may stand more than once. opaque: its content is not validated here.
    """

    check: Check | None = None
    exact: bool = False
    children: Mapping[str, "Rule"] | None = None
    required: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    many: bool = False
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class Namespace:
    """A vocabulary. prefix: as everybody writes it. rules: None where it is not validated."""

    prefix: str
    rules: Mapping[str, Rule] | None = None


class Walk:
    """One walk over one document.

    own: the namespace of the format, '' for RSS. known: all other vocabularies, by namespace.
    """

    def __init__(self, own: str, known: Mapping[str, Namespace], findings: Findings) -> None:
        self._own = own
        self._known = known
        self._findings = findings
        self._strange: set[str] = set()

    def element(self, element: "etree._Element", rule: Rule) -> None:
        """Hold an element, and all in it, to its rule."""
        self._attributes(element, rule)
        if rule.opaque:
            return
        if rule.children is None:
            self._text(element, rule)
        else:
            self._children(element, rule, rule.children)

    def namespaces(self, root: "etree._Element") -> None:
        """Validate the namespaces that a document declares."""
        prefixes = {namespace: known.prefix for namespace, known in self._known.items()}
        reserved = {prefix: namespace for namespace, prefix in reversed(prefixes.items())}
        declared = {found for _, found in etree.iterwalk(root, events=("start-ns",))}
        for prefix, url in sorted(declared, key=str):
            if prefix in reserved and url not in prefixes and url != self._own:
                message = f"uses the prefix {prefix!r} for {shown(url)}; rename it"
                self._findings.warning("taken-prefix", line_of(root), message)
            elif prefix and prefixes.get(url, prefix) != prefix:
                message = f"uses the prefix {prefix!r} where {prefixes[url]!r} is usual; rename it"
                self._findings.note("unusual-prefix", line_of(root), message)
            elif fault := reference(url):
                where = f"declares the namespace {shown(url)}, which"
                self._findings.add(fault.of(where), line_of(root))

    def _attributes(self, element: "etree._Element", rule: Rule) -> None:
        name = shown_name(element)
        for key, value in element.attrib.items():
            attribute = str(key)
            where = f"{name} has {attribute.rpartition('}')[2]}={shown(str(value))}, which"
            if attribute in rule.attributes:
                check = rule.attributes[attribute].check
                self._note(element, where, check(str(value)) if check else None)
            elif attribute == f"{{{XML}}}lang" and value:
                self._note(element, where, language(str(value)))
            elif attribute == f"{{{XML}}}base":
                self._note(element, where, reference(str(value)))
            elif not attribute.startswith("{"):
                near = [each for each in rule.attributes if each.lower() == attribute.lower()]
                hint = f"write {near[0]}" if near else "remove it"
                message = f"{where} is no attribute of it; {hint}"
                self._findings.error("unknown-attribute", line_of(element), message)
        for key, known in rule.attributes.items():
            if known.required and key not in element.attrib:
                message = f"{name} has no {key.rpartition('}')[2]}; add it"
                self._findings.error("missing-attribute", line_of(element), message)

    def _text(self, element: "etree._Element", rule: Rule) -> None:
        name = shown_name(element)
        for child in element.iterchildren(etree.Element):
            message = f"{name} holds {shown_name(child)}, but may hold text alone; escape it"
            self._findings.error("unexpected-element", line_of(child), message)
            break
        text = text_of(element)
        if rule.exact and text != text.strip():
            message = f"{name} has white space around its text; remove it"
            self._findings.error("stray-space", line_of(element), message)
        if rule.check:
            self._note(element, f"{name} {shown(text)}", rule.check(text.strip()))

    def _children(
        self, element: "etree._Element", rule: Rule, children: Mapping[str, Rule]
    ) -> None:
        name = shown_name(element)
        if any((text or "").strip() for text in (element.text, *(each.tail for each in element))):
            message = f"{name} holds text, but may hold elements alone; remove it"
            self._findings.error("unexpected-text", line_of(element), message)
        seen: Counter[str] = Counter()
        for child in element.iterchildren(etree.Element):
            tag = str(child.tag)
            known = children.get(tag)
            seen[tag] += 1
            if known is None:
                known = self._foreign(element, child, children)
            if known and seen[tag] > 1 and not known.many:
                message = f"{name} has more than one {shown_name(child)}; keep one"
                self._findings.error("repeated-element", line_of(child), message)
            if known:
                self.element(child, known)
        for tag in rule.required:
            if tag not in seen:
                message = f"{name} has no <{split(tag)[1]}>; add one"
                self._findings.error("missing-element", line_of(element), message)

    def _foreign(
        self, parent: "etree._Element", child: "etree._Element", children: Mapping[str, Rule]
    ) -> Rule | None:
        """Return the rule of an element that is not of the format, where there is one."""
        namespace, local = split(str(child.tag))
        where = f"{shown_name(child)} in {shown_name(parent)}"
        if namespace == self._own:
            near = [each for each in children if split(each)[1].lower() == local.lower()]
            hint = f"write <{split(near[0])[1]}>" if near else "remove it"
            message = f"{where} is no element of the format there; {hint}"
            self._findings.error("unknown-element", line_of(child), message)
        elif not namespace:
            message = f"{where} has no namespace; give it one, or remove it"
            self._findings.warning("no-namespace", line_of(child), message)
        elif namespace in self._known:
            rules = self._known[namespace].rules
            if rules is not None and local not in rules:
                message = f"{where} is not in its vocabulary; remove it"
                self._findings.error("unknown-element", line_of(child), message)
            return rules.get(local) if rules else None
        elif namespace not in self._strange:
            self._strange.add(namespace)
            message = f"{where} is of {shown(namespace)}, which few readers know; check its name"
            self._findings.note("unknown-namespace", line_of(child), message)
        return None

    def _note(self, element: "etree._Element", where: str, fault: Fault | None) -> None:
        if fault:
            self._findings.add(fault.of(where), line_of(element))
