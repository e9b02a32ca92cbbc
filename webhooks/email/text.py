"""Extracting the patient's own words from an email, without what mail programs add."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from intake.mail_syntax import REPLY_MARK

if TYPE_CHECKING:
    from mailparser_reply.parser import EmailReply

LANGUAGES = ("en", "es")
# The parser takes quadratic time for long lines and for runs of empty lines, which an attacker could exploit. Quoted
# history that begins beyond this limit stays in the text.
LONGEST_LINE = 300
LOOKED_THROUGH = 10_000
DEEPEST_HTML = 200

_NOT_TEXT = frozenset({"head", "script", "style"})
MOST_ALTERNATIVES = 5
_WORDS = re.compile(r"[^\W_]+")
_ENRICHED_TAG = re.compile(r"<param>[^<>]{0,200}</param>|</?[A-Za-z-]{1,60}>")
# what is nothing to the eye: spaces, and marks of no width
_NOTHING = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + (
    "\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2800\ufeff\x00"
)
_UNREADABLE = re.compile(r"[\ufffd\x00-\x08\x0e-\x1f\x7f-\x9f]")
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
_FOLD = "\u2060\n\u2060"  # word joiners, because the parser strips spaces from the ends of lines
# The parser's own pattern for this line never matches.
_SPANISH_HEADER = re.compile(
    r"^((?:> ?)*)El (?=[^\n]{0,200}(?:@|(?:20\d\d|\d/\d\d)[^\n]{1,40}\d[:.]\d\d))"
    r"[^\n]{1,200}(?:\n[^\n]{1,200})?\sescribió:\s*$",
    re.MULTILINE,
)
_ENGLISH_HEADER = r"\1On 1/1/2001 1:00 wrote:"
_QUOTED = re.compile(r"^>.*\n?", re.MULTILINE)
# Mail programs mark the start of a signature with "-- " (RFC 3676, section 4.3). The parser strips its space, as many
# programs do; without it, a person may have typed the line.
_SIGNATURE_MARK = re.compile(r"^-- $", re.MULTILINE)
_KEPT_MARK, _BARE_MARK = "--\u2060", "--"
_MOST_SIGNATURE_LINES, _LONGEST_SIGNATURE_LINE = 8, 100
_MOST_NOTICE_LINES, _MOST_CAPITALS = 60, 2
# a name, a title, a company: words that begin with a capital, and small ones between them
_NAMES = re.compile(
    r"(?:(?:[A-ZÀ-Ý0-9#(][^\s?!]*|[Dd]el?|[Ll]as?|[Oo]f|[Tt]he|[Aa]nd|y|&|[-|,·•/]+)(?:[ \t]+|$)){1,12}"
)
_CONTACT_DETAIL = re.compile(r"[^\s@]+@[^\s@]+\.\w+|https?://\S+|www\.\S+|\+?\(?\d[\d\s().-]{5,}\d(?: ?x\d+)?")
_CONTACT_LABEL = re.compile(
    r"\b(?:tel|phone|cell|mobile|fax|office|direct|ext|e-?mail|web|[mtfcop]|tel[eé]fono|celular|correo|m[oó]vil|oficina)\b[.:]*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:(?:(?:best|kind|warm|warmest) )?regards|best(?: wishes)?|(?:yours )?sincerely(?: yours)?|yours (?:truly"
    r"|faithfully)|(?:many )?thanks(?: again| so much| in advance)?|thank you(?: so much| very much| again"
    r"| in advance)?|cheers|respectfully|cordially|(?:muchas )?gracias(?: de antemano)?|saludos(?: cordiales)?"
    r"|un (?:cordial )?saludo|atentamente|cordialmente|atte)[,.!]?",
    re.IGNORECASE,
)
"""A line that closes a letter, above its writer's name."""
# what only a lawyer writes about an email
_NOTICE = re.compile(
    r"\bconfidentiality (?:notice|note|statement)\b|\b(?:legal|privacy) (?:notice|disclaimer)\b"
    r"|\bintended recipients?\b|\bintended (?:only |solely |exclusively )?for the (?:\w+ ){0,3}(?:use|person|individual"
    r"|addressee|recipient)|\baviso (?:de confidencialidad|legal|de privacidad)\b|\bdestinatario\b"
    r"|\bdirigid\w+ (?:\w+ ){0,2}exclusivamente\b",
    re.IGNORECASE,
)
_OF_NOTICE = re.compile(
    r"confiden[ct]ial|privileg|intended|recipient|disclos|unauthori[sz]ed|distribut|dissemin|copy(?:ing)?\b|copies"
    r"|delete|destroy|in error|\bsender\b|hipaa|\bvirus|before printing|environment|disclaimer|e-?mail|attachment"
    r"|transmission|destinatari|divulg|difusi|copia|elimin|borr[ae]|por error|remitente|imprimir|medio ambiente"
    r"|correo|adjunt|prohibi|mailbox",
    re.IGNORECASE,
)
_OF_PERSON = re.compile(
    r"\b(?:i|i'?m|i'?ve|my|mine|we|our|he|she|his|him|her|mom|dad|husband|wife|son|daughter|yo|mi|mis|nuestr\w+|esposo"
    r"|esposa|hij[oa]|mam[aá]|pap[aá])\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+")
_SENT_FROM = re.compile(
    r"(?:sent (?:from|via|using|with)|enviado (?:desde|por|con|a través de)|get outlook for|obtener outlook para) ",
    re.IGNORECASE,
)
_SLOGANS = frozenset({"yahoo mail: search, organize, conquer", "yahoo mail: busca, organiza, conquista"})
_PRODUCT = re.compile(
    "iphone|ipad|ipod|ios|galaxy|samsung|android|pixel|motorola|moto|lg|blackberry|huawei|xiaomi|redmi|oneplus|nokia"
    "|windows|mac|macbook|outlook|yahoo|mail|gmail|proton|protonmail|aol|hotmail|icloud|correo|app|mobile|m[oó]vil"
    "|device|dispositivo|phone|smartphone|cellphone|cell|celular|tel[eé]fono|tablet"
)
_WORD_AROUND_PRODUCT = re.compile(
    "my|the|an?|all|new|for|on|using|via|with|and|mi|el|la|un|para|en|de|con|google|apple|microsoft|verizon|t-mobile"
    r"|at&t|sprint|wireless|network|lte|pro|plus|max|mini|ultra|note|edge|fold|flip|air|secure|email|[a-z]?\d{1,3}[a-z]?"
)
_LINK = re.compile(r"<https?://[^<>\s]*>")
# where the patient says that more is to be read further down
_POINTS_BELOW = re.compile(
    r"\b(?:below|beneath|underneath|in[- ]?line|between|highlighted|answer(?:s|ed|ing)?|respon(?:ses?|ded)"
    r"|repl(?:ies|ied)|in (?:red|blue|green|purple|bold|caps|capitals|capital letters|italics)|under (?:each|your)"
    r"|after (?:each|your)|next to|(?:de)?bajo|en (?:rojo|azul|verde|negritas?|may[uú]sculas)|respuestas?|respond[oí]"
    r"|contest\w+|entre|subrayad\w+|a continuaci[oó]n)\b",
    re.IGNORECASE,
)
_ANSWERED = re.compile(r"\?[ \t>*\n]*[^\s?>*]")
_HEADER_FIELD = re.compile(r"^[>*\s]*[A-Za-zó]+:", re.MULTILINE)
_SENDER_FIELD = re.compile(r"^[>*\s]*(?:From|De):", re.MULTILINE | re.IGNORECASE)
_PROGRAMS_FIELD = re.compile(r"^[>*\s]*(?:Subject|Asunto):|@", re.MULTILINE | re.IGNORECASE)
_PROGRAMS_TIME = re.compile(r"@|(?:\b20\d\d|\d[/.-]\d\d?[/.-]\d\d).*\d[:.]\d\d", re.DOTALL)
# gateways put tags such as "[EXTERNAL]" before it
_FORWARD_MARK = re.compile(r"(?:\[[^\]\n]{0,40}\]\s*){0,3}(?:fwd?|rv|enc|reenv[ií]o?)\s*:", re.IGNORECASE)
# what a mail program puts above a message that it forwards
_FORWARDED_BELOW = re.compile(
    r"^(?:-{2,} *(?:forwarded message|mensaje reenviado) *-{2,}|begin forwarded message:"
    r"|inicio del mensaje reenviado:)",
    re.IGNORECASE | re.MULTILINE,
)
# around a quotation in HTML while it becomes text; characters that no text has
_BEGINS_QUOTE, _ENDS_QUOTE = "\ue0f1", "\ue0f2"
_QUOTE_TAG = re.compile(r"<(/?)blockquote\b[^<>]{0,2000}>", re.IGNORECASE)
_SAYS_NOTHING = frozenset({"", "no subject", "(no subject)", "sin asunto", "(sin asunto)", "(none)"})
_ENDS_SENTENCE = (".", "!", "?", "…", ":", ";", ",")


@dataclass(frozen=True, slots=True)
class EmailWords:
    """The words of an email.

    Attributes:
        patients: those of the patient, as `Subject. Text`.
        trimmed: what was left out of them: quoted messages, and what a mail program added.
    """

    patients: str
    trimmed: str = ""


def patient_words(subject: str, text: str, html: str, attached: Sequence[str] = ()) -> str:
    """Return the patient's words alone; see `read_words`."""
    return read_words(subject, text, html, attached).patients


def read_words(subject: str, text: str, html: str, attached: Sequence[str] = ()) -> EmailWords:
    """Return the patient's words: the subject, then the text part or, where that says less, the HTML part.

    Only what a program added is left out: quoted history, marked signatures, confidentiality notices with the address
    above them, and a last line like "Sent from my phone". Greetings and closing lines stay, because `Thank you, but
    my chest hurts` starts like one. If nothing would be left, everything stays. So does a message that the patient
    forwards.

    Args:
        subject: the decoded subject.
        text: the decoded text part, which may be empty.
        html: the decoded HTML part, which may be empty.
        attached: words that came as files, all of which stay.
    """
    whole = _tidy(reconcile([text, html_to_text(html)]))
    written = whole if _FORWARD_MARK.match(subject.strip()) else without_history(whole)
    words = with_subject(subject, "\n\n".join(filter(None, (written, *map(_tidy, attached)))))
    return EmailWords(words, _left_out(whole, written))


def _left_out(whole: str, kept: str) -> str:
    """Return the lines of a text that are not among those that were kept, which stand in the same order."""
    if whole == kept:
        return ""
    left, others = [], iter(kept.split("\n"))
    wanted = next(others, None)
    for line in whole.split("\n"):
        if wanted is not None and line.strip() == wanted.strip():
            wanted = next(others, None)
        else:
            left.append(line)
    return _tidy("\n".join(left))


def has_words(text: str) -> bool:
    """Return whether a text shows anything at all."""
    return bool(text.strip(_NOTHING))


def is_garbled(text: str) -> bool:
    """Return whether so much of a text is no characters that nobody can read it."""
    shown = len(text) - sum(map(text.count, " \n\t"))
    return 3 * len(_UNREADABLE.findall(text)) > shown


def reconcile(texts: Sequence[str]) -> str:
    """Return the words of an email's alternatives, the plainest first, which should all say the same.

    If one has more than half of its words to itself, it is no copy of those before. Then it takes their place if they
    are only its beginning, and is added if they say other things, such as "Open this message in a browser".
    """
    first, *others = filter(has_words, texts[:MOST_ALTERNATIVES]) if any(map(has_words, texts)) else [""]
    chosen, said = [first], _words_of(first)
    for other in others:
        shown = _words_of(other)
        if 2 * len(shown - said) > len(shown):
            chosen = [*(chosen if 2 * len(said - shown) > len(said) else ()), other]
            said |= shown
    return "\n\n".join(chosen)


def _words_of(text: str) -> set[str]:
    return set(_WORDS.findall(text.casefold()))


def enriched_to_text(enriched: str) -> str:
    """Return the words of enriched text (RFC 1896)."""
    return _ENRICHED_TAG.sub("", enriched).replace("<<", "<")


def html_to_text(html: str) -> str:
    """Return the visible text of an HTML part.

    The parser gives up on elements nested 250 deep, as the quotes of a long thread can be. Of those, all text is read.
    """
    if not html.strip():
        return ""
    from inscriptis import get_text  # slow to import, and many services get no email
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig

    marked = _QUOTE_TAG.sub(lambda tag: f"<div>{_ENDS_QUOTE if tag[1] else _BEGINS_QUOTE}</div>{tag[0]}", html)
    text: str = get_text(marked, ParserConfig(css=CSS_PROFILES["strict"]))
    if not text.strip() and html.count("<") > DEEPEST_HTML:
        return unescape(" ".join(_between_tags(html)))
    return "\n".join(_mark_quotes(text)) if _BEGINS_QUOTE in text else text


def _mark_quotes(text: str) -> Iterator[str]:
    """Write quotations as plain text does, each line after a `>`."""
    depth = 0
    for line in text.split("\n"):
        mark = line.strip()
        if mark == _BEGINS_QUOTE:
            depth += 1
        elif mark == _ENDS_QUOTE:
            depth = max(depth - 1, 0)
        else:
            yield f"{'>' * depth} {line.strip()}".rstrip() if depth else line


def _between_tags(html: str) -> Iterator[str]:
    first, *rest = html.split("<")
    yield first
    inside = ""
    for piece in rest:
        tag, _, text = piece.partition(">")
        name = tag[:20].split(" ")[0].lower()
        if inside and name != f"/{inside}":
            continue
        inside = name if name in _NOT_TEXT else ""
        if not inside and text.strip():
            yield text


def without_history(text: str) -> str:
    """Return a message without quoted messages and without what mail programs add.

    Whatever the patient may have written stays, even if a quoted message stays with it, and a message that is forwarded
    below the patient's words.
    """
    forwarded = _FORWARDED_BELOW.search(text)
    start = forwarded.start() if forwarded else len(text)
    written, goes_on = _own_words(text[:start])
    if goes_on:
        written = f"{written}\n\n{text[start:]}"
    return _tidy(written) or text


def _own_words(text: str) -> tuple[str, bool]:
    """Return what the patient wrote in a text, and whether what follows it may be the patient's, too."""
    from mailparser_reply.parser import EmailMessage  # as above

    head, rest = text[:LOOKED_THROUGH], text[LOOKED_THROUGH:]
    marked = _SIGNATURE_MARK.sub(_KEPT_MARK, head)
    readable = _SPANISH_HEADER.sub(_ENGLISH_HEADER, _fold(marked))
    replies = EmailMessage(text=readable, languages=list(LANGUAGES), keep_hyphen_lists=True).read().replies
    own = _find_own_parts(replies)
    written = "\n".join(map(_without_endings, own.parts))
    if not own.has_quotes:
        written += head[len(head.rstrip()) :] + rest  # without a header, it may not be history
    elif not own.is_cut_short:
        written += "\n" + _without_quotes(rest, head)
    return _tidy(_without_endings(written).replace(_KEPT_MARK, "-- ")), not own.is_cut_short


def with_subject(subject: str, body: str) -> str:
    """Put an informative subject before the text, as `Subject. Text`.

    The subject of a reply belongs to an older message, so it is left out, as is one that the text starts with.
    """
    line = " ".join(subject.replace("\x00", "").split())
    if not body:
        return line
    if line.lower() in _SAYS_NOTHING or REPLY_MARK.match(line) or body.lower().startswith(line.lower()):
        return body
    return f"{line} {body}" if line.endswith(_ENDS_SENTENCE) else f"{line}. {body}"


@dataclass(frozen=True, slots=True)
class _OwnParts:
    """What the patient wrote above, between, and below quoted messages.

    Attributes:
        parts: the texts, in order.
        has_quotes: whether a program's line announces a quoted message.
        is_cut_short: whether all after the last text is taken for history.
    """

    parts: Sequence[str]
    has_quotes: bool = False
    is_cut_short: bool = False


def _find_own_parts(replies: Iterable[EmailReply]) -> _OwnParts:
    """Find what the patient wrote.

    Some programs, such as Outlook, do not mark quoted lines, so where they end is unknown. People write above them. A
    quoted message stays where the patient says to look further down, as does the newest one if it asks something and
    goes on after that, as there may be the answer.
    """
    parts: list[str] = []
    has_quotes = is_older = points_below = False
    for reply in replies:
        content = reply.content.replace(_FOLD, "")
        if not _is_header(reply.headers):
            parts.append(content)
            points_below = points_below or _POINTS_BELOW.search(content) is not None
            continue
        has_quotes = True
        below = _below_header(content, reply.headers.replace(_FOLD, ""))
        if _QUOTED.search(content):
            parts.append(_without_quotes(below))
        elif below.strip():
            if not (points_below or (not is_older and _ANSWERED.search(below))):
                return _OwnParts(parts, has_quotes=True, is_cut_short=True)
            parts.append(content if _HEADER_FIELD.match(content) else below.strip())
        is_older = is_older or bool(below.strip())
    return _OwnParts(parts, has_quotes)


def _below_header(content: str, headers: str) -> str:
    """Return what follows a header; the parser takes one line too many for a part of it."""
    fields, _, last = headers.rpartition("\n")
    is_field = not fields or _HEADER_FIELD.match(last) is not None or headers.endswith("wrote:")
    return content.removeprefix(headers if is_field else fields)


def _without_quotes(text: str, before: str = "") -> str:
    """Leave out the lines that a program marked as quoted; the first line may go on from the text before."""
    if text and before.rpartition("\n")[2].startswith(">"):
        text = text.partition("\n")[2]
    return _QUOTED.sub("", text).strip()


def _without_endings(text: str) -> str:
    """Leave out what a mail program says of itself in the last line, a notice, and a signature above that."""
    lines = _without_advertisements(text.split("\n"))
    above = _without_notice(lines)
    has_notice = len(above) < len(lines)
    return "\n".join(_without_signature(above, has_notice=has_notice)).rstrip()


def _without_advertisements(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or _is_advertisement(lines[end - 1])):
        end -= 1
    return lines[:end]


def _without_notice(lines: list[str]) -> list[str]:
    """Leave out the paragraphs at the end that say only who may read an email, and what else lawyers add to it."""
    start = cut = len(lines)
    while start > max(len(lines) - _MOST_NOTICE_LINES, 0):
        end = start
        while start and lines[start - 1].strip() and not _is_mark(lines[start - 1]):
            start -= 1
        paragraph = " ".join(lines[start:end])
        is_notice = _NOTICE.search(paragraph) is not None
        if start < end and not all(map(_is_said_in_notice, _SENTENCE_END.split(paragraph.strip()))):
            break
        cut = start if is_notice else cut
        if not start or _is_mark(lines[start - 1]):
            break
        start -= 1
    return _without_advertisements(lines[:cut])


def _is_said_in_notice(sentence: str) -> bool:
    is_lawyers = _OF_NOTICE.search(sentence) or _NOTICE.search(sentence)
    return is_lawyers is not None and _OF_PERSON.search(sentence) is None


def _without_signature(lines: list[str], *, has_notice: bool) -> list[str]:
    """Leave out a signature: what a program marked, what it put below its own name, or the address above a notice.

    A line of two hyphens may be a person's, as may be what is below "Sent from my phone". There, a signature is one if
    it has a contact detail, or a notice is below it.
    """
    for start in range(len(lines) - 1, max(len(lines) - _MOST_SIGNATURE_LINES - 2, -1), -1):
        line, below = lines[start], lines[start + 1 :]
        if _is_mark(line) or _is_advertisement(line):
            is_certain = line == _KEPT_MARK or has_notice or any(map(_CONTACT_DETAIL.search, below))
            return lines[:start] if is_certain and all(map(_is_of_signature, below)) else lines
        if has_notice and _CLOSING.fullmatch(line.strip()):
            named = next((place for place, name in enumerate(below, 1) if name.strip()), 0)
            ends = named and all(map(_is_of_signature, below))
            return lines[: start + named + 1] if ends else lines
    return lines


def _is_mark(line: str) -> bool:
    return line in (_KEPT_MARK, _BARE_MARK)


def _is_of_signature(line: str) -> bool:
    """Return whether a line holds only names, titles, and contact details, in other than capitals throughout."""
    if len(line) > _LONGEST_SIGNATURE_LINE:
        return False
    names = _CONTACT_DETAIL.sub(" ", line).strip()
    if names != line.strip():
        names = _CONTACT_LABEL.sub(" ", names).strip(" :|,-·•")
    is_shouted = names.isupper() and len(_WORDS.findall(names)) > _MOST_CAPITALS
    return not names or (_NAMES.fullmatch(names) is not None and not is_shouted)


def _is_advertisement(line: str) -> bool:
    """Return whether a line says only which device or program the message was sent with."""
    said = _LINK.sub(" ", line.strip()).strip().rstrip(".").lower()
    found = _SENT_FROM.match(said)
    if found is None:
        return said in _SLOGANS
    words = said[found.end() :].replace(",", " ").split()
    others = [word for word in words if not _PRODUCT.fullmatch(word)]
    return len(others) < len(words) and all(map(_WORD_AROUND_PRODUCT.fullmatch, others))


def _is_header(headers: str) -> bool:
    """Return whether a mail program wrote these header lines.

    A person may write `On Tuesday at 9:00 my doctor wrote:`, or `From:` above `To:`. Programs write the whole date with
    the time or the sender's address, and above a header of several lines also the subject.
    """
    if len(_HEADER_FIELD.findall(headers)) > 1:
        return _SENDER_FIELD.search(headers) is not None and _PROGRAMS_FIELD.search(headers) is not None
    return headers.startswith("-") or _PROGRAMS_TIME.search(headers) is not None


def _fold(text: str) -> str:
    return "\n".join(
        _FOLD.join(line[start : start + LONGEST_LINE] for start in range(0, max(len(line), 1), LONGEST_LINE))
        for line in text.split("\n")
    )


def _tidy(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return _EMPTY_LINES.sub("\n\n", lines).strip(_NOTHING)
