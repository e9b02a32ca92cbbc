"""Decide which employers are the source of the coverage."""

from __future__ import annotations

import re
from collections.abc import Sequence

from classifier.insurance.mentions import Mention
from intake.vocabulary import EntityKind

_PASSING_BEFORE = re.compile(
    r"\b(?:used to work|through work at)\b[^.\n{]{0,20}$|\bco-?worker (?:at|from) $"
    r"|\b(?:used to (?:be|have)|i had|era|tenia) \{CARRIER\}(?: \{PLAN\})?,? (?:through|thru|from|at|with|por|de|con)"
    r" (?:the |my |la |el )?$"
    r"|\bya no (?:estoy|trabajo|soy) (?:con|en|de) (?:la |el )?$"
    r"|\bi was (?:at|working at) $|\b(?:nights?|noches|weekends|part[- ]?time|side job)[^.\n{]{0,25} (?:at|for|en) $"
    r"|\b(?:her|his) employer $|\bhr at $(?<!our hr at )|\bi'?ll be at $|\bi teach at $"
    r"|\bretire from $|\b(?:first|last) day at $|\b(?:lunch|break)[a-z ]{0,10} at $"
    r"|\bstart(?: a new job)? at $"
    r"|\b(?:pension|bonus|raises?|paycheck) (?:from|at) $|\bpagan en $|\bdrive (?:a )?truck for $"
    r"|\b(?:paralegal|attorney) (?:with|at|for) $|\b(?:lawyer|attorney|abogado) \(?\{NAME\},? $"
    r"|\b(?:calling|phoning|llam(?:o|amos|ando)|habl(?:o|amos)) (?:from|with|at|desde|de) (?:the |la |el )?$"
    r"|\b(?:this is|my name is|soy|habla) (?:\{NAME\}(?: here| calling)?,? (?:from|de) )?(?:the |la |el )?$"
)
_PASSING_AFTER = re.compile(
    r"^ (?:pays me|closed|doesn'?t pay|cut my|laid)\b|^[ ,]{0,2}\(?(?:not where|which is not where|has nothing"
    r"|isn'?t where|no tiene|but (?:that'?s|it'?s"
    r"|thats) not where)"
    r"|^ (?:is )?(?:calling\b|llamando\b|here(?=[.,!\n]|$))"
    r"|^[ ,]{0,2}(?:nights|evenings|weekends|part[- ]?time|(?:working )?all day|says no|de noche)\b"
    r"|^[ ,]{0,2}but (?:my|our|the) (?:\{(?:CARRIER|PLAN)\}|(?:insurance|coverage|plan)\b)"
    r"|^,? but i (?:turned|declined|waived) |^ (?:until|till|til) (?!\{)"
    r"|^(?:'s)? (?:\{CARRIER\} )?(?:coverage|insurance|plan|benefits|job) (?:has |just )?(?:ended|ends|ran out|lapsed"
    r"|stopped)\b"
    r"|^ (?:where i work )?has \{CARRIER\},? but i (?:use|have|took)\b|^.{0,4}no,? sorry\b"
)

_JOB_GONE = re.compile(
    r"\b(?:lost my job|laid off|fired|between jobs|perdi mi trabajo)\b[^.\n{]{0,20}$|\bi (?:left|quit) $"
)
_COBRA = re.compile(r"\bcobra\b")
"""With it, the job that is gone still gives the coverage."""
_SIGNED_BEFORE = re.compile(
    r"(?:^|[\n.!?] ?|thanks,? |gracias,? )\{NAME\}(?:,? [a-z.& -]{2,40})?(?: ?[,\n@|(–-]{1,2} ?| (?:at|from|with|de"
    r"|en) )$"
    r"|\{(?:PHONE|EMAIL)\}\n$|\{NAME\}(?:, age \d+)?\n(?:retired |former )?[a-z &-]{2,30}, (?:the )?$"
)
_SIGNED_AFTER = re.compile(r"^\)?[\s.]*(?:$|\n?\{(?:PHONE|EMAIL|ADDRESS|NAME)\}|,? (?:ext|fax|tel|cell)\b)")
_COVERED = re.compile(
    r"\b(?:my|our) (?:[\w']+ ){0,2}(?:job|work|employer|company|office)\b|\b(?:hr|recursos humanos|employees?"
    r"|benefits|group plan"
    r"|open enrollment)\b"
    r"|\b(?:mi|del|el|nuestro) (?:nuevo )?(?:trabajo|patron|empleo)\b"
)
"""Words for work that gives coverage, so that a workplace in a signature may be the one that gives it."""

_COMMON_NOUN = re.compile(
    r"(?:the|my|our|el|la|mi) (?:\w+ )?(?:warehouse|union|state|city|county|school|district|company|plant|office"
    r"|hospital|store|factory|mill|government|sindicato|empresa|fabrica|ciudad|escuela)",
    re.IGNORECASE,
)


def sources(mentions: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the employers that the coverage may come from.

    One that is only called "the warehouse" counts where no other has a name.

    Args:
        mentions: What the message mentions.
        marked: The message as `mark_text` returns it.
    """
    is_covered = _COVERED.search(marked) is not None
    is_cobra = _COBRA.search(marked) is not None
    found = [
        mention
        for mention in mentions
        if mention.kind is EntityKind.EMPLOYER
        and is_source(mention)
        and (is_cobra or not _JOB_GONE.search(mention.before))
        and (is_covered or not _is_signed(mention))
    ]
    return [mention for mention in found if not _COMMON_NOUN.fullmatch(mention.value)] or found


def is_source(employer: Mention) -> bool:
    """Return whether the coverage may come from an employer, who is not only mentioned in passing."""
    return not (_PASSING_BEFORE.search(employer.before) or _PASSING_AFTER.match(employer.after))


def _is_signed(employer: Mention) -> bool:
    """Return whether an employer stands only under a name that signs the message."""
    return _SIGNED_BEFORE.search(employer.before) is not None and _SIGNED_AFTER.match(employer.after) is not None
