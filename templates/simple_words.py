"""Which templates may be written on the console.

The practices file is written by whoever runs the service, and may use all of Jinja2. On the console anybody who manages
a practice writes, in a process that other practices share: words there may name a few things and depend on them, but
neither loop nor calculate, nor read what the page itself keeps back, as passwords in the addresses of teams.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes

NAMES = ("phone", "on_call", "is_open", "next_opening")
ATTRIBUTES = {
    "practice": ("name", "price_range", "phone", "email"),
    "links": ("new_patient", "scheduling", "pay", "prices", "privacy"),
}
_PLAIN: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
)


def problem_of(words: str) -> str | None:
    """Return what words may not do on the console, None when they are simple enough.

    Words that are no template at all do nothing: rendering them says what is wrong.
    """
    try:
        return _problem(_parser().parse(words))
    except TemplateSyntaxError:
        return None
    except RecursionError:
        return "these words are nested too deeply"


def _problem(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name in ATTRIBUTES:
        if node.attr in ATTRIBUTES[node.node.name]:
            return None
        return f"{node.node.name}.{node.attr} cannot be used here"
    if isinstance(node, nodes.Name):
        return None if node.name in NAMES else f"{node.name} cannot be used here"
    if not isinstance(node, _PLAIN):
        return "only the names below and {% if … %} can be used here; anything more belongs in the practices file"
    return next(filter(None, map(_problem, node.iter_child_nodes())), None)


@cache
def _parser() -> Environment:
    return Environment(autoescape=False)  # noqa: S701 (it only parses)
