"""Templates as people write them on the console: the practice's values and conditions in words, in square brackets.

`{{ phone }}` is shown as `[our phone number]`, and `{% if is_open %}` as `[if we are open]`. What has no words here
stays as it is in the template, so nothing is lost on the way there and back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

VALUES: Mapping[str, str] = MappingProxyType(
    {
        "practice name": "practice.name",
        "our phone number": "phone",
        "our on-call number": "on_call",
        "our hours": "hours",
        "when we open next": "next_opening",
        "when we answer": "when",
        "our prices": "practice.price_range",
        "our prices in Spanish": "practice.price_range_es",
        "our email address": "practice.email",
        "our phone number with +1": "practice.phone",
        "new patient link": "links.new_patient",
        "booking link": "links.scheduling",
        "payment link": "links.pay",
        "price link": "links.prices",
        "privacy link": "links.privacy",
        "terms link": "links.terms",
        "who reads health questions": "health_reader",
        "answer": "answer",
        "who will see it": "seen_by",
    }
)
"""The words for each value that a template can have, in the order of the page's buttons."""
_SET = {
    "on_call": "an on-call number",
    "practice.email": "an email address",
    "links.new_patient": "a new patient link",
    "links.scheduling": "a booking link",
    "links.pay": "a payment link",
    "links.prices": "a price link",
    "links.privacy": "a privacy link",
    "links.terms": "a terms link",
}
CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "we are open": "is_open",
        "we are closed": "not is_open",
        "we close soon": "is_closing",
        "we do not close soon": "not is_closing",
        "we know when we open next": "next_opening",
        "we do not know when we open next": "not next_opening",
        "there are prices": "practice.price_range",
        "there are no prices": "not practice.price_range",
        "there are prices in Spanish": "practice.price_range_es",
        "there are no prices in Spanish": "not practice.price_range_es",
        **{f"there is {words}": name for name, words in _SET.items()},
        **{f"there is no {words.partition(' ')[2]}": f"not {name}" for name, words in _SET.items()},
        "we can reach the patient": "can_reach",
        "we cannot reach the patient": "not can_reach",
        "we have the patient’s number": "has_phone",
        "we do not have the patient’s number": "not has_phone",
        "someone on call can be alerted": "can_page",
        "nobody on call can be alerted": "not can_page",
        "it may be about health": "is_clinical",
        "it is not about health": "not is_clinical",
    }
)
"""The words for each condition."""
OTHERWISE, END = "otherwise", "end if"
_IF, _OR_IF = "if ", "or if "
_TAG = re.compile(r"(\s*)\{%(-?)\s*(.*?)\s*(-?)%\}(\s*)|\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_TOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\[([^\[\]]*)\]|(\{\w+\})", re.DOTALL)
_JOINTS = (" and ", " or ")
_VALUE_WORDS = {name: words for words, name in VALUES.items()}
_CONDITION_WORDS = {name: words for words, name in CONDITIONS.items()}


def words_of_value(name: str) -> str:
    """Return the words for a value that a template can have, such as `links.pay`."""
    return _VALUE_WORDS[name]


def show_words(template: str) -> str:
    """Return a template with its values and conditions in words."""
    return _TAG.sub(_show_tag, template)


def read_words(typed: str) -> tuple[str, str]:
    """Return the template that was typed in words, and why it cannot be one; that is empty if it can."""
    problems: list[str] = []
    open_ifs: list[str] = []

    def read(found: re.Match[str]) -> str:
        words, brace = found[1], found[2]
        if brace is not None:
            problems.append(_explain_unknown(brace))
        if words is None:
            _follow_tag(found[0], open_ifs)
            return found[0]
        template, problem = _read_token(" ".join(words.replace("'", "’").split()), open_ifs)
        if problem:
            problems.append(problem)
        return template

    template = _TOKEN.sub(read, typed)
    if not problems and open_ifs and not open_ifs[-1].startswith("{"):
        problems.append(f"after [{open_ifs[-1]}], write [{END}] where the words for it end")
    return template, problems[0] if problems else ""


def _follow_tag(tag: str, open_ifs: list[str]) -> None:
    """Keep count of the conditions that are written as in a template."""
    statement = _TAG.match(tag)
    keyword = (statement[3] or "").partition(" ")[0] if statement else ""
    if keyword == "if":
        open_ifs.append(tag)
    elif keyword == "endif" and open_ifs:
        open_ifs.pop()


def _show_tag(found: re.Match[str]) -> str:
    before, cuts_before, statement, cuts_after, after, value = found.groups()
    if statement is None:
        return f"[{_VALUE_WORDS[value]}]" if value in _VALUE_WORDS else found[0]
    words = _show_statement(statement)
    if words is None:
        return found[0]
    return f"{'' if cuts_before else before}[{words}]{'' if cuts_after else after}"


def _show_statement(statement: str) -> str | None:
    keyword, _, expression = " ".join(statement.split()).partition(" ")
    if not expression:
        return {"else": OTHERWISE, "endif": END}.get(keyword)
    begins = {"if": _IF, "elif": _OR_IF}.get(keyword)
    joint = _find_joint(expression)
    if begins is None or joint is None:
        return None
    words = [_CONDITION_WORDS.get(part) for part in (expression.split(joint) if joint else [expression])]
    return None if None in words else begins + joint.join(map(str, words))


def _find_joint(expression: str) -> str | None:
    """Return what joins the parts of a condition, empty if it has one part, None if it is more than a list."""
    joints = [joint for joint in _JOINTS if joint in expression]
    return None if len(joints) > 1 else (joints or [""])[0]


def _read_token(words: str, open_ifs: list[str]) -> tuple[str, str]:
    """Return a token as the template has it, and why it cannot stand here."""
    key = words.lower()
    by_key = {each.lower(): name for each, name in VALUES.items()}
    if key in by_key:
        return f"{{{{ {by_key[key]} }}}}", ""
    if key in (OTHERWISE, END) and not open_ifs:
        return "", f"before [{key}], write [if …], such as [if we are open]"
    if key == OTHERWISE:
        return "{% else %}", ""
    if key == END:
        open_ifs.pop()
        return "{% endif %}", ""
    for begins, keyword in ((_IF, "if"), (_OR_IF, "elif")):
        if key.startswith(begins):
            return _read_condition(words, key.removeprefix(begins), keyword, open_ifs)
    return "", _explain_unknown(f"[{words}]")


def _read_condition(words: str, key: str, keyword: str, open_ifs: list[str]) -> tuple[str, str]:
    if keyword == "elif" and not open_ifs:
        return "", f"before [{words}], write [if …], such as [if we are open]"
    if keyword == "if":
        open_ifs.append(words)
    joint = _find_joint(key)
    by_key = {each.lower(): name for each, name in CONDITIONS.items()}
    parts = [by_key.get(part) for part in (key.split(joint) if joint else [key])]
    if joint is None or None in parts:
        begins = keyword.replace("elif", "or if")
        near = get_close_matches(key, by_key, 1)
        meant = {each.lower(): each for each in CONDITIONS}[near[0]] if near else ""
        instead = f"did you mean [{begins} {meant}]?" if meant else "use one of the list"
        return "", f"[{words}] is not a condition we know; {instead}"
    return f"{{% {keyword} {joint.join(map(str, parts))} %}}", ""


def _explain_unknown(typed: str) -> str:
    by_key = {each.lower(): each for each in VALUES}
    bare = typed.strip("{}[]").replace("_", " ").lower()
    near = [by_key[key] for key in by_key if bare in key.split() or bare in key] or [
        by_key[key] for key in get_close_matches(bare, by_key, 1)
    ]
    instead = f"did you mean [{near[0]}]?" if near else "use the buttons, or write the words themselves"
    return f"{typed} is not a word we know; {instead}"
