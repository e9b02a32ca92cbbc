"""Restricting the templates that managers may write on the console.

The practices file is written by the service's operator and may use all of Jinja2. The console's templates are written
by any practice's manager, and run in a process shared with other practices. They may use a few variables and conditions
but no loops or calculations, and cannot read what the console hides, such as passwords in team addresses.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes

NAMES = (
    "phone",
    "on_call",
    "is_open",
    "is_closing",
    "next_opening",
    "when",
    "hours",
    "health_reader",
    "can_reach",
    "has_phone",
    "can_page",
)
OF_ONE_REPLY = ("answer", "seen_by", "is_clinical")
"""What only one reply has: the answer to a common question, and what is known of a follow-up."""
ATTRIBUTES = {
    "practice": ("name", "price_range", "price_range_es", "phone", "email"),
    "links": ("new_patient", "scheduling", "pay", "prices", "privacy", "terms"),
}
_INSTEAD = "Leave it out, and use the buttons"
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
    """Return why a template is not allowed on the console, None if it is."""
    try:
        return _problem(_parser().parse(words))
    except TemplateSyntaxError as error:
        return f"what stands in {{ }} in line {error.lineno} is not complete. {_INSTEAD}"
    except RecursionError:
        return "these words are nested too deeply"


def _problem(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name in ATTRIBUTES:
        if node.attr in ATTRIBUTES[node.node.name]:
            return None
        return f"{node.node.name}.{node.attr} cannot be used here"
    if isinstance(node, nodes.Name):
        return None if node.name in (*NAMES, *OF_ONE_REPLY) else f"{node.name} cannot be used here"
    if not isinstance(node, _PLAIN):
        return f"a part in {{ }} can be used in the practices file only. {_INSTEAD}"
    return next(filter(None, map(_problem, node.iter_child_nodes())), None)


@cache
def _parser() -> Environment:
    return Environment(autoescape=False)  # noqa: S701  # nosec B701 (it only parses)
