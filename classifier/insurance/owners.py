"""Who holds the policy, as sentences say: a relative, or the writer."""

from __future__ import annotations

import re
from typing import Final

from classifier.insurance.family import HOLDER, RELATIVE, SPOUSE, WHO, Relative, read_relative
from classifier.insurance.relatives import RELATED, nearest_relative

_GOODS: Final = (
    r"(?:insurances?|ins|plans?|policy|coverage|benefits?|card|job|work|employer|company|union|plant|hra|hsa|fsa"
    r"|fehb|part [abcd]|seguro|aseguranza"
    r"|poliza|tarjeta|trabajo|planta|sindicato|compania|\{CARRIER\}|\{PLAN\})"
)
"""What comes from an employer or an insurer."""
_OF_GOODS: Final = (
    r"(?:new|old|own|current|work|group|health|dental|medical|vision|retiree|employer'?s?|school|federal|family"
    r"|railroad|nuev[oa]|\(?\{(?:NAME|EMPLOYER|CARRIER)\}(?:'s|,|\))?)"
)
_OWNED: Final = (
    rf"\b{WHO},? (?:{_OF_GOODS} ){{0,3}}{_GOODS}(?!\w| (?:is )?(?:through|thru|under)\b)",
    rf"\b(?:under|through|thru|via|bajo|onto|on)(?: the (?:name|insurance|plan|policy|work) of)? {WHO}\b"
    r"(?!'?s? (?:behalf|phone|cell|statement|bill|visit|account|chart|request|side|birthday|name is))",
    rf"(?<!\w)(?:insurance|insured|plan|policy|coverage|covered|seguro|asegurad[oa]|aseguranza|poliza|trabajo"
    rf"|planta|sindicato|compania|job"
    rf"|work|hers|it"
    rf"|dependent|dependiente|el|la|\{{(?:CARRIER|PLAN)\}})[ ,]{{1,2}}(?:\{{(?:CARRIER|PLAN)\}}[ ,]{{0,2}})?"
    rf"(?:is |es |comes |viene )?(?:of|from|off|by|d|de|por|con) {WHO}\b",
    rf"\b{WHO}(?: \{{NAME\}}| she| he)?,? (?:is |as |es |= ?)?(?:the |la |el )?{HOLDER}(?! (?:for|i ?d)\b)\b",
    rf"\b{HOLDER}(?:'s)?(?: name)?[ :(=,?-]{{1,3}}(?:is |es |it'?s |now |= ?)*"
    rf"(?:\{{NAME\}}[ ,(]{{1,3}}(?:is |es )?)?{WHO}\b(?! has\b)",
    rf"\b{WHO}(?: \{{NAME\}},?)?,? (?:still |now |also |just |who )?(?:"
    r"(?:carr(?:ies|y)|covers?|insures?|put|added|adds|keeps|has|have)(?: (?:to cover|both|all))?"
    r" (?:of )?(?:me|us|her|him|them|our|my|the|kids)\b"
    r"|(?:has|tiene) \{CARRIER\}(?=[^\n]{0,60}\bfor me\b)|(?:has|gets|got|tiene|carries) (?:it|\{CARRIER\}"
    r"|insurance|the \{PLAN\}|\{PLAN\})"
    r"(?: (?:through|thru|from|at|por|con)\b|;)|has policy\b|insures\b|carries the\b)",
    rf"\b{WHO}(?: \{{NAME\}},?)? (?:got|gots|signed|enrolled|had) (?:me|us|him|her|them|the kids)(?: up)? (?:on"
    rf"|onto)\b",
    rf"\b{WHO}(?: \{{NAME\}},?)? (?:me|nos|lo|los) (?:metio|puso|tiene|agrego|anadio|cubre|asegura|inscribio)\b",
    rf"\b(?:use|using|uso|usamos) {WHO}(?<=s)(?![\w'])",
    rf"(?:^|[,.;(/\n-] ?)(?:it'?s |thats |that'?s )?{WHO}(?<=s)(?=[,.;!)\n]|$)",
    rf"\bbajo {WHO}\b",
    rf"\b(?:(?:my|mi) )?(?P<who>{SPOUSE})(?: is| es|'?s) (?:active duty|retired military|a veteran|militar)\b",
    rf"\b{WHO}(?: \{{NAME\}},?)?(?: is| es)? (?:the |la |el )?(?:one with the (?:job|insurance)|que trabaja)\b",
    rf"\b(?:who|quien) (?:carries|has|holds|tiene)[^.\n{{]{{0,25}}[?:] {{0,2}}{WHO}\b",
    rf"\b(?:my|mi) (?P<who>{SPOUSE}) (?:works|trabaja|chang(?:ed?|es)(?: of| his| her)? job)\b",
    rf"\b(?:it'?s|is|es|that'?s|was)(?: all| of| from| under)? {WHO}(?<=s)(?! (?:name|birth|bday|dob|phone|visit"
    rf"|first))\b",
    rf"\b(?:insurance|insured|coverage|covered|who has the insurance|whose insurance)(?: is)?(?: through| thru"
    rf"| under| by|"
    rf" with| from)?[:?]{{1,2}} ?{WHO}\b",
)
_PATTERNS: Final = tuple(re.compile(expression) for expression in _OWNED)
_PRONOUN_OWNS = re.compile(
    r"\b(?:i'?m|im|i am|estoy|he'?s|she'?s|they'?re|are|is|me|us|put)(?: still| also| now)? (?:on|onto|under|en|bajo)"
    r" (?:his|hers|her (?:plan|insurance|ins|\{CARRIER\})|su (?:seguro|plan))\b"
    r"|\bin (?:his|her) name\b|\bit'?s (?:his|hers)\b|\b(?:a|en) su nombre\b"
    r"|\b(?:kids?|me|us|them|son|daughter) (?:on|onto|under) (?:his|hers)\b"
    r"|\b(?:through|thru|under|via|por) (?:(?:him|her)\b(?! \w)|(?:his|her|su) (?:job|work|union|company|employer"
    r"|office|trabajo)\b)"
    r"|\b(?:he|she) (?:holds|has|carries|covers) (?:me|us|the (?:insurance|policy|plan|family|kids))\b"
    r"|\bme tiene en (?:el|la) suy[oa]\b|\btrabajo de (?:el|ella)\b"
    r"|\b(?:his|her) (?:job|work|employer|company|union) is\b|\b(?:he|she) (?:gets|carries) (?:it|us|me)\b"
    r"|\b(?:his|her) (?:\{CARRIER\} )?(?:insurance|ins|plan|policy|coverage) is\b(?! (?:through|thru|from|under"
    r"|by))|\bput me on hers?\b"
)
_GONE_BEFORE = re.compile(
    r"\b(?:not|no longer|aged? out of|aging out of|off of|left|lost|was on|were on|used to be on|from being on"
    r"|removed from|dropped from|came off|kicked off|instead of|isn'?t|never|my child|nor)(?: \w+){0,2} ?$"
)
_GONE_AFTER = re.compile(
    r"^[^.,;\n]{0,12}\b(?:dropped|ended|is out|ran out|expired|kicked me|kicked us|ends|was cancel|i'?m not on)"
)
_HELD: Final = r"(?:policy|plan|insurance|ins|coverage|\{CARRIER\}|\{PLAN\})"
_WORK: Final = r"(?:job|work|employer|company|co|union|school|boss|office|hr)"
_TRABAJO: Final = r"(?:trabajo|empleo|sindicato|compania|empresa)"
_NOT_FROM_RELATIVE: Final = (
    rf"(?!(?: (?:\{{(?:CARRIER|PLAN)\}}|{_HELD})){{0,2}} (?:through|thru|from|via|under|on|off|by)(?: of)?"
    rf" (?:my|our) {RELATIVE})"
)
_WRITERS_OWN: Final = (
    rf"\b(?:i'?m|im|i am|yo soy|soy)(?: also)? (?:the |el |la |un |an )?{HOLDER}\b",
    rf"\b{HOLDER}(?: is|:| =|\?)? ?(?:= ?)?(?:self|me|same|myself|mine)\b|\{{NAME\}} \((?:me|self)\)"
    rf"|(?<!paciente )\bsoy yo\b",
    rf"\bsoy \{{NAME\}}, titular|\b(?:that'?s|is|es) (?:me|yo),? (?:the )?{HOLDER}\b|\b{HOLDER},? so that'?s me\b",
    r"\bmember is (?:myself|me)\b|\blo pago yo\b|\bes mi[oa](?= [.)]|[.),;]|$)|\b(?:buy"
    r"|pay)(?: for)? it (?:all )?myself\b"
    r"|\b(?:who|quien) (?:holds|carries|has|tiene)[^.\n{]{0,25}[?:] {0,2}(?:me|self|myself|yo)\b",
    rf"\bmy own (?:job|now|off|from|thru|through|{_HELD})|\b(?:insurance|plan|policy|it)(?: is|'?s) mine\b"
    r"|(?:^|[.,;\n] ?)mine(?=[.,;\n]|$)|\b(?:the |is the )?(?:subscriber|policy ?holder) is me\b",
    rf"(?:\b(?:is|are|also|and)|'s|&) on my card\b|\bon my {_HELD}(?! (?:eob|statement)|\w)"
    rf"|\bunder my (?:own )?{_HELD}|(?<!bill )\bunder(?: me|: me"
    rf"| myself)\b(?! and| or)",
    r"\b(?:in|under) my (?:own )?name\b|\ba mi nombre\b|\ben mi nombre\b|\bbajo mi nombre\b",
    rf"\bi(?: still| also)? (?:carry|hold) (?:it|us|them|the|my|our|her|him|everyone|mine|{_HELD}){_NOT_FROM_RELATIVE}",
    r"\bi(?: still| also)? (?:cover|insure) (?:us|them|her|him|the (?:kids|family)|everyone|my|our)\b",
    r"\b(?:bought|buy|pay for) (?:it|this|my|our|one) ?(?:own|ourselves|myself|on my own)\b",
    r"\bon my own now\b|\b(?:asking )?for myself\b",
)
"""The writer holds it, whoever else is named."""
_WRITERS: Final = (
    rf"\b(?:through|thru|from|at|with|of|via|off) (?:my|our) (?:own |new |old |last |former |current )?{_WORK}\b",
    r"\b(?:through|thru|from|via) (?:the )?(?:union|work|school)(?! at\b)\b",
    r"\b(?:off|on|through|thru|from|via)(?: of)? (?:the )?(?:state )?(?:marketplace|exchange|healthcare\.gov"
    r"|mercado)\b",
    rf"\b(?:my|our|the) (?:new )?{_WORK} (?:just |recently )?(?:did|has us|has me|gave|gives|put|puts|switched"
    rf"|changed"
    rf"|moved|offers|pays)\b|\b(?:my|our) (?:new )?{_WORK}(?:'s|s)? (?:plan|insurance|ins|coverage|policy)\b",
    r"\bmy (?:new )?(?:employer|co|company|job),? \{EMPLOYER\}|\bmy employer is\b|\bwhere i work\b",
    r"\bmy \{EMPLOYER\} (?:hra|hsa|fsa|plan|insurance|ins|card|coverage|benefits|policy|retiree)\b",
    r"\b(?:in|on) the \{EMPLOYER\} (?:plan|insurance|ins|hra)\b|\{EMPLOYER\} (?:put|switched|moved|gave|changed"
    r"|offers) (?:us|me"
    r"|everyone|our)\b",
    r"\bi'?m (?:with|at) \{EMPLOYER\}|\b(?:started|hired|employee|employed)(?: \w+)? (?:at|with|of|by) \{EMPLOYER\}"
    r"|\bmy (?:job|work) (?:at|with) \{EMPLOYER\}|\bsoy emplead[oa]\b|\bme (?:lo|la) da\b|\bmi (?:trabajo|patron"
    r"|empresa) me\b",
    r"\b(?:still )?on (?:the )?\{EMPLOYER\} \{(?:CARRIER|PLAN)\}"
    r"|\{EMPLOYER\} (?:just )?(?:cancell?ed|dropped|ended|renewed) my\b|\bmarketplace (?:coverage|plan|insurance)\b",
    r"\b(?:individual|self[- ]pay) plan\b|\bi (?:signed up|enrolled|picked it|elected)\b|\b(?:lo|la) compre\b"
    r"|\bdel mercado\b",
    r"\bbought (?:it|\{PLAN\}|\{CARRIER\})|\bi (?:get|got|have) (?:it|mine|this|that) (?:from|through|thru|at|off)\b",
    r"\bi (?:still )?work(?:ed)? (?:at|for|in|there)\b|\bi(?:'m| am|m)? (?:teach|teaching|employed)\b",
    r"\bi(?:'m| am|m) (?:a|an|the) (?:teacher|nurse|employee|federal employee|state employee|firefighter|officer)\b",
    rf"(?<!mi )(?<!el )\btrabajo (?:en|ahi|alli|alla)\b|\b(?:de mi|del|por mi|por el|traves de mi"
    rf"|medio de mi) (?:propi[oa] |nuev[oa] )?{_TRABAJO}\b",
    r"\b(?:lo |la )?tengo (?:[\w{}]+ ){0,2}(?:por|a traves de|con)(?: el| la)? \{EMPLOYER\}",
    r"(?<!til )\bnew job\b|\bswitched jobs\b|\bnuevo trabajo\b|\bbenefits at my\b",
    r"\b(?:retired|leaving|retire) from?\b|\bleaving \{EMPLOYER\}|\bmy retiree (?:coverage|plan|insurance)\b",
    r"\b(?:retired|retiree|jubilad[oa]|pensionad[oa])(?: from| de| del)?(?: the| la| el)? \{EMPLOYER\}",
    r"\b(?:on|so|via|through|thru|took|elected|chose|going on|con|por) cobra\b|\bcobra (?:paperwork|with|coverage)\b",
    r"\bour hr at\b|\bthey self[- ]insure\b",
    r"\bour claims administrator\b|\bper \{EMPLOYER\}, our\b|\bemployee: \{NAME\}",
    r"\bas (?:a )?(?:\{EMPLOYER\} )?retiree\b|\{EMPLOYER\} gives? (?:it to )?(?:us|me)\b"
    r"|\bmy employer,? \{EMPLOYER\}",
    r"\{EMPLOYER\}'s eap\b|^\W*\{EMPLOYER\} has \{CARRIER\}",
)
"""The writer's work has it, unless it turns out to be a relative's."""
_OWN = re.compile("|".join(_WRITERS_OWN))
TWO: Final = 2
_WRITER = re.compile("|".join((*_WRITERS_OWN, *_WRITERS)))
_THROUGH_EMPLOYER = re.compile(
    r"\b(?:through|thru)(?: (?:the|my) \w+)? \(?\{EMPLOYER\}"
    r"|\{(?:CARRIER|PLAN)\},? (?:it'?s |is |es |comes |que tengo )?(?:from|by|por)(?: (?:the|my|el"
    r"|la))? \{EMPLOYER\}"
)


def find_owners(marked: str) -> list[Relative]:
    """Return the relatives whose insurance it is, as the message names them.

    Args:
        marked: The message as `mark_text` returns it.
    """
    if RELATED.search(marked) is None:
        return []
    places: dict[int, Relative] = {}
    for pattern in _PATTERNS:
        for found in pattern.finditer(marked):
            is_gone = _GONE_BEFORE.search(marked[max(found.start() - 30, 0) : found.start()])
            if not (is_gone or _GONE_AFTER.match(marked[found.end() : found.end() + 30])):
                places.setdefault(found.start("who"), read_relative(found))
    for found in _PRONOUN_OWNS.finditer(marked):
        named = nearest_relative(marked, found.start())
        if named is not None:
            places.setdefault(found.start(), named)
    return [places[place] for place in sorted(places)]


def is_writers(marked: str) -> bool:
    """Return whether the message says that its writer holds a policy."""
    return _WRITER.search(marked) is not None


def is_plainly_writers(marked: str) -> bool:
    """Return whether the message says so in words that leave no room for a relative's policy."""
    return _OWN.search(marked) is not None


def is_through_employer(marked: str) -> bool:
    """Return whether the message says that the coverage comes from an employer, whoever works there."""
    return _THROUGH_EMPLOYER.search(marked) is not None


def find_holding_relatives(marked: str, policies: int) -> list[Relative]:
    """Return the relatives whose insurance it is; none if there is one policy, and it is plainly the writer's."""
    return [] if policies < TWO and is_plainly_writers(marked) else find_owners(marked)
