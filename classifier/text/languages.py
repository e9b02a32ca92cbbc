"""Name the language of a text that is neither English nor Spanish, as far as plain signs tell.

Staff read the name, to know whom to ask; nothing else depends on it. Scripts that few languages use name one by
themselves. Among languages in Latin letters, words that neither the others nor English and Spanish have decide. The
web server asks, so this stands on the standard library: the libraries that tell languages apart need NumPy or tens of
megabytes of tables, and are made for texts longer than a text message.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Final

from classifier.text.normalise import normalised, without_accents

LEAST_WORDS: Final = 2
"""How many different words of a language a text must have."""
LEAST_SHARE: Final = 0.1
"""What share of its different words must be of the language."""
_LONGEST = 1000
_WORD: Final = 5
"""How many Latin letters weigh as much as one of another script: names and numbers are often written in Latin ones."""
_SCRIPTS: Final = {
    "HANGUL": "Korean",
    "CJK": "Chinese",
    "GREEK": "Greek",
    "THAI": "Thai",
    "LAO": "Lao",
    "KHMER": "Khmer",
    "MYANMAR": "Burmese",
    "ARMENIAN": "Armenian",
    "GEORGIAN": "Georgian",
    "GUJARATI": "Gujarati",
    "GURMUKHI": "Punjabi",
    "TAMIL": "Tamil",
    "TELUGU": "Telugu",
}
"""The language of a script that hardly another one uses."""
# Of a script that several languages share: what only one of them has, the first that fits. Else the script is named.
_SIGNS: Final = {
    "CYRILLIC": (
        ("", "[ўјћђљњџ]"),
        ("Russian", r"[ыэё]|\b(?:здравствуйте|хочу|нужно|нужна|можно|пожалуйста|спасибо|болит|меня)\b"),
        ("Ukrainian", "[їєґ]|і"),
    ),
    "ARABIC": (
        ("", "[ڕڵێۆە]"),
        ("Pashto", "[ځڅډړږښګڼې]"),
        ("Urdu", "[ٹڈڑںے]"),
        ("Persian", "[پچژگیک]"),
        ("Arabic", "[ةأإيك]"),
    ),
    "DEVANAGARI": (("Hindi", r"(?<!\S)(?:है|हैं|हूँ|हूं|मुझे|चाहिए|क्या|नहीं|मेरे|मेरी|मेरा|रहा|रही)(?![^\s।?!.,])"),),
    "ETHIOPIC": (("Tigrinya", "[ቐቑቒቓቔቕኸ]|ኣ"), ("Amharic", "ነው|እፈልጋ|እባክ|አለኝ")),
    "HEBREW": (("", "[װױײ]|א[\u05b7\u05b8]"), ("Hebrew", "[א-ת]")),
    "BENGALI": (("", "[ৰৱ]"), ("Bengali", "[অ-হ]")),
}
# Without ẹ, ị, ọ, and ụ, which Yoruba and Igbo have, too.
_VIETNAMESE: Final = frozenset("ăđơưảấầẩẫậắằẳẵặẻẽếềểễệỉỏốồổỗộớờởỡợủứừửữựỳỷỹ")
# Words that are seldom in English or Spanish messages, nor in those of the other languages here.
_WORDS: Final = {
    "Portuguese": "nao voce voces obrigado obrigada tenho minha muito amanha hoje fazer uma filho filha tambem bom"
    " entao depois isso ate sao",
    "French": "je pas vous avec pour bonjour merci suis rendez une enfant fille fils plait jai cest votre quand"
    " mes depuis tres nous dans sur prendre peux besoin ordonnance",
    "Haitian Creole": "mwen nan mesi bonjou gen kapab randevou pitit dokte tanpri kijan eske jodi demen paske fe pou"
    " yon konsa malad doule vle anpil avek",
    "German": "ich nicht und habe mein meine bitte termin danke kann einen morgen heute schmerzen mit fur sie bin"
    " wann noch seit brauche mochte guten",
    "Italian": "sono mio mia grazie buongiorno appuntamento vorrei posso oggi domani figlio figlia della gli bambino"
    " anche questa sera perche",
    "Tagalog": "po opo ng hindi masakit magandang umaga bukas kailangan yung ngayon kasi dito ninyo tiyan naman",
    "Polish": "dzien prosze dziekuje jutro wizyte wizyta dziecko czy dzisiaj kiedy bardzo mozna mnie",
    "Vietnamese": "toi khong duoc cam hen xin chao muon bac kham benh dau ngay",
}
_LATIN = re.compile(r"[a-z]+")


def name_language(text: str) -> str:
    """Return the English name of a text's language, empty if nothing tells it.

    Args:
        text: Any string that is taken to be neither English nor Spanish. Only its beginning is read.
    """
    text = normalised(text[:_LONGEST])
    counted = Counter(_script_of(letter) for letter in text if letter.isalpha())
    latin = counted.pop("LATIN", 0)
    if counted and _WORD * sum(counted.values()) >= latin:
        return _by_script(counted, text)
    return _by_words(text)


@cache
def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _by_script(counted: Counter[str], text: str) -> str:
    if counted["HIRAGANA"] or counted["KATAKANA"]:
        return "Japanese"
    [(script, _)] = counted.most_common(1)
    if script in _SCRIPTS:
        return _SCRIPTS[script]
    fitting = (language for language, sign in _SIGNS.get(script, ()) if re.search(sign, text))
    return next(fitting, "") or (f"{script.capitalize()} script" if script in _SIGNS else "")


def _by_words(text: str) -> str:
    words = {*_LATIN.findall(without_accents(text))}
    found = Counter({language: len(words & known) for language, known in _known().items()})
    marked = sum(letter in _VIETNAMESE for letter in text)
    beyond_names = max(LEAST_WORDS, 2 * LEAST_SHARE * len(words))
    if marked + bool(marked and found["Vietnamese"]) >= beyond_names:
        return "Vietnamese"
    (first, most), (_, next_most) = found.most_common(2)
    return first if most > next_most and most >= max(LEAST_WORDS, LEAST_SHARE * len(words)) else ""


@cache
def _known() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _WORDS.items()}
