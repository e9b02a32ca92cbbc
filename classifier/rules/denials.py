"""Recognize messages that only deny ("no fever", "no, no respira mal"): they answer a question and are no emergency.

Every word must be accounted for, and only the symptoms below may be denied: "no pulse", "not breathing" and "no puede
respirar" are dangers. What somebody answered to a form ("it asked about chest pain, I put no") denies as well.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.outputs import Language
from classifier.text.covering import Row, covers_all
from classifier.text.normalise import normalised, without_accents

MOST_CHARACTERS: Final = 100
"""Longer messages say something else, too."""
MOST_ON_FORM: Final = 200
"""The same of those that tell what was answered on a form."""

_SYMPTOM = (
    r"(?:(?:high |real |bad |more |much |other |new )?(?:fevers?|temp(?:erature)?|chills|pains?|aches?"
    r"|headaches?|swelling|bleeding|blood|pus"
    r"|drainage|discharge|redness|rash(?:es)?|hives|itch(?:ing|iness)?|nausea|vomiting|throwing up|diarrhea"
    r"|dizziness|cough(?:ing)?"
    r"|(?:trouble|difficulty|problems?|issues) (?:breathing|swallowing)|shortness of breath|chest pains?"
    r"|numbness|tingling|burning|bad smell|smell"
    r"|odor|infection|blisters|vision (?:changes|problems)|blurry vision|double vision|stiff neck|confusion"
    r"|seizures?|wheezing"
    r"|sore throat|symptoms|bruising|lumps?))"
)
_STATE = (
    r"(?:swollen|bleeding|red|puffy|itchy|itching|dizzy|nauseous|short of breath|wheezing|vomiting|throwing up|oozing"
    r"|draining|spreading|sore|painful|tender|in (?:any )?pain|confused|breathing (?:hard|fast|funny|weird"
    r"|badly|heavy)"
    r"|having (?:any )?(?:trouble|problems) (?:breathing|swallowing)|running a (?:fever|temp)|getting worse)"
)
_TAIL = (
    r"(?: (?:at all|today|now|right now|yet|so far|anymore|either|tonight|since (?:yesterday|this morning"
    r"|last night)|really|lol"
    r"|that i (?:know of|can (?:see|tell))|or anything(?: like that)?|just checked))*"
)
_WHO = r"(?:(?:he|she|i|we|they|it|there|my (?:son|daughter)|the baby) )?"
_NEGATED_STATE = (
    r"(?:(?:he|she|it|i|they)s?(?:m|re)? )?(?:is not|am not|are not|isnt|arent|wasnt|aint|not|does not seem"
    r"|doesnt (?:look|seem))"
)
_HAS_NOT = (
    r"(?:(?:does not|doesnt|do not|dont|did not|didnt|has not|hasnt|have not|havent|is not|isnt|not) ?"
    r"(?:have|had|having|got|see|run|running)?(?: (?:a|any|much))?)"
)
_JOINS = r"(?:or|nor|or any|(?:and )?no)"
_UNE = r"(?:ni|o|(?:y )?(?:no|sin))"


def _list_of(item: str, joins: str) -> str:
    """Return what matches a list of which one "no" denies every item.

    "No fever, cough, or rash" is one, "no fever, seizures" and "no pain and bleeding" may be none: a comma goes on with
    the denial only if a word that does so stands before the last item.
    """
    return rf"{item}(?:(?:, {item})*,? {joins} {item})*"


_ENGLISH = (
    rf"{_WHO}(?:is |has |have |had |theres |there is |with )?(?:no|zero|without|denies|not any"
    rf"|not really any)(?: any)? "
    rf"{_list_of(_SYMPTOM, _JOINS)}{_TAIL}",
    rf"{_WHO}{_HAS_NOT} {_list_of(_SYMPTOM, _JOINS)}{_TAIL}",
    rf"{_NEGATED_STATE}(?: really| very| that)? {_list_of(_STATE, _JOINS)}{_TAIL}",
    rf"(?:it |its )?(?:doesnt|does not|isnt|not) (?:hurt|hurting|bleed|itch|burn|smell|ooze)(?:s|ing)?{_TAIL}",
    rf"(?:he |she |i )?(?:hasnt|has not|havent|didnt|did not) (?:vomited|thrown up|vomit|throw up|passed out"
    rf"|fainted|hit (?:his|her|my) head){_TAIL}",
)
_SINTOMA = (
    r"(?:(?:mucha |mucho |nada de |la |el )?(?:fiebre|calentura|temperatura|escalofrios?|hinchazon|inflamacion"
    r"|sangrado|sangre|pus|secrecion"
    r"|ronchas?|salpullido|sarpullido|comezon|nauseas?|vomitos?|diarrea|mareos?|tos|enrojecimiento|ampollas"
    r"|infeccion|mal olor"
    r"|dificultad para respirar|falta de aire|convulsiones|entumecimiento|sintomas|moretones|dolor(?:es)?"
    r"(?: de (?:pecho|cabeza|garganta|oido|panza|estomago|muela))?))"
)
_ESTADO = (
    r"(?:hinchad[oa]s?|inflamad[oa]s?|roj[oa]s?|sangrando|maread[oa]|vomitando|confundid[oa]|adolorid[oa]|supurando)"
)
_COLA = (
    r"(?: (?:nada|ya|ahorita|ahora|hoy|por ahora|hasta ahora|todavia|tampoco|desde ayer|para nada|que yo sepa"
    r"|gracias a dios))*"
)
_SPANISH = (
    r"(?:no|ni|tampoco)(?: le| me)?(?: (?:tiene|tengo|trae|traigo|hay|presenta|ha tenido|he tenido|ha dado|dio"
    r"|da|es|ha habido"
    rf"|se le ve))?(?: ningun| ninguna)? {_list_of(_SINTOMA, _UNE)}{_COLA}",
    rf"(?:sin|nada de|ningun|ninguna) {_list_of(_SINTOMA, _UNE)}{_COLA}",
    rf"{_SINTOMA} (?:no|tampoco)(?: (?:tiene|tengo|hay|trae|ha tenido))?{_COLA}",
    rf"no(?: se)?(?: le| me)? ?(?:esta|estan|ve|ven|anda|se ve)?(?: muy| tan)? {_ESTADO}{_COLA}",
    rf"no(?: le| me| se)? (?:duele|sangra|supura|pica|arde|vomita|ha vomitado|ha sangrado|vomito|se desmayo){_COLA}",
    rf"no (?:respira|esta respirando) (?:muy |tan )?(?:mal|raro|feo|rapido|agitad[oa]|fuerte|con dificultad){_COLA}",
)
_FILLERS = (
    r"(?:no+|nope|nah|naw|not really|no maam|no sir|none|para nada|nop|nada|thanks|thank you|gracias|ok|okay|hi|hola"
    r"|that i know of|so far|hasta ahora|por ahora|(?:no )?(?:doctora?|senora|senorita)|just (?:red|sore"
    r"|a little sore))"
)


_GAP: Final = re.compile(r"[ ,.!;-]*(?:(?:and|but|y|pero|ni) )?")


def _rows(denials: tuple[str, ...]) -> tuple[Row, ...]:
    """Return what may stand in a denial, and whether it denies."""
    return (*((re.compile(rf"(?:{row})(?!\w)"), True) for row in denials), (re.compile(rf"{_FILLERS}(?!\w)"), False))


_ROWS: Final[dict[Language, tuple[Row, ...]]] = {"en": _rows(_ENGLISH), "es": _rows(_SPANISH)}


_FORM: Final = re.compile(
    r"\b(?:forms?|questionnaires?|surveys?|sheet|paperwork|screening|check ?in|intake|pre ?visit|tablet|kiosk|portal"
    r"|question \d+|hoja|formulario|cuestionario|encuesta|forma)\b"
)
_ANSWERED_NO: Final = re.compile(
    r"\b(?:(?:i|we|he|she) (?:(?:just|already|all) )?(?:put|marked|checked|circled|answered|wrote|selected|clicked|said"
    r"|say)(?: (?:that|a|an|it|as|down|them|all))* (?:no|never|none|negative|n/?a)"
    r"|(?:puse|marque|conteste|respondi|escribi|puso|le puse)(?: (?:que|un|a todo|a todas))*"
    r" (?:no|nunca|ningun[oa]|nada))\b"
)
_TAKEN_BACK: Final = re.compile(
    r"\b(?:but|though|although|except|however|actually|lied|lying|lie|truth|honest\w*|really (?:is|it|i)"
    r"|now|since|today|tonight|started|wrong|should be yes|pero|aunque|excepto|menti|mentira|verdad|ahora|ahorita|desde"
    r"|hoy|empez\w+)\b"
)


def denies_on_form(text: str) -> bool:
    """Return whether a message only tells that somebody answered no to a form that asks for symptoms.

    Args:
        text: Any string.
    """
    if len(text) > MOST_ON_FORM:
        return False
    words = without_accents(normalised(text))
    if not _FORM.search(words) or not _ANSWERED_NO.search(words):
        return False
    return not _TAKEN_BACK.search(words)


def denial_language(text: str) -> Language | None:
    """Return the language of a message that denies symptoms and says nothing else; None of any other message.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    words = without_accents(normalised(text))
    return next((language for language, rows in _ROWS.items() if covers_all(words, rows, _GAP)), None)
