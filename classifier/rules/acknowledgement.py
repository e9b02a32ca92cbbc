"""Recognizes messages that need no answer: "ok thx", "👍", "see you then".

No one is notified of such a message, so precision comes first: the tables below must account for every word, and one
more word ("ok thanks but it still hurts") makes it an ordinary message. "Yes", "no", "yes please" and "no thanks" never
count, because they answer a question that someone asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from classifier.entities.rules_names import known_names
from classifier.text.covering import Row, covers_all, end_of_gap
from classifier.text.normalise import flattened, normalised, without_accents

# Longer messages say something. The limit also keeps hostile text cheap.
MAX_CHARACTERS = 240

_DAY = (
    r"(?:(?:on |this |next )?(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|tomorrow|tmrw|tmw|tomo|today|tonight|next (?:week|month|time|visit)"
    r"|(?:on )?\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?"
    r"|(?:on )?(?:the )?(?:\d{1,2}(?:st|nd|rd|th)? (?:of )?)?"
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?: \d{1,2}(?:st|nd|rd|th)?)?(?:,? \d{4})?"
    r"|(?:on )?(?:the )?\d{1,2}(?:st|nd|rd|th)?)"
)
_TIME = r"(?:(?:at |@ ?)?\d{1,2}(?::\d{2})?(?: ?[ap]\.?m\.?)?)"
_DOCUMENT = (
    r"(?:(?:welcome |new )?(?:e-?mail|letter|message|msg|text|txt|voice ?mail|call|forms?|paperwork|documents?"
    r"|pack(?:et|age)?|link|info|information|note|reminder|directions|instructions|confirmation|update|page))"
)
_PEOPLE = r"(?:guys|all|both|everyone|every ?body|folks|team|yall|ladies|ma?am|sir|doc|doctor|dear|hun)"
_THANKS = (
    r"(?:(?:many |with )?thanks|thank (?:you|u|ya)|thankyou|thanku|thn?x|thanx|tha?nks|ty(?:sm|vm)?"
    r"|cheers|much appreciated)"
)
_FOR_WHAT = (
    r"(?:everything|understanding|checking(?: in| on (?:me|us))?|asking|letting (?:me|us) know|reaching out"
    r"|(?:calling|getting back to) (?:me|us)(?: back)?|calling(?: back)?|sorting (?:it|that|this)(?: out)?"
    r"|taking care of (?:it|that|this|me|us|everything)|explaining(?: (?:it|that|everything))?|all you do"
    r"|(?:all )?(?:your|ur) (?:help|time|patience|kindness|support|care|hard work)"
    r"|(?:the|your|ur) (?:(?:quick|fast|prompt|speedy|kind|lovely) )?"
    rf"(?:reply|response|answer|help|heads up|{_DOCUMENT}))"
)
_WHEN = r"(?:yesterday|today|earlier|again|already|(?:just )?now|this morning|so (?:quickly|fast|quick|much|soon))"
_NAME = r"(?:(?i:dr|doctor|mrs?|ms|miss|nurse)\.? [A-Z][a-z]+|[A-Z][a-z]+|[A-Z]\.)"
NAMES = rf"{_NAME}(?:[ -]{_NAME}){{0,2}}"
_PHONE = r"(?:\+?[\d(][\d ().-]{6,18}\d)"

# What makes a message an acknowledgement: whole phrases, in any case of letters.
_PHRASES = (
    # Thanks, and what for.
    rf"{_THANKS}(?: (?:so|very|soo+) much| much| a (?:lot|ton|bunch|million)| again| kindly| loads"
    rf"| (?:to )?{_PEOPLE}| for {_FOR_WHAT}| {_WHEN})*",
    r"(?:(?:i|we) )?(?:really |so |do )?appreciate (?:it|that|you|u|ya|this|everything|(?:the|your|ur|all the) help)"
    r"(?: so much| very much| a lot)?",
    r"(?:you|u|youre|youve|yall|you guys)(?: are| have)?(?: been)?(?: (?:so|very|really|the|a))*"
    r" (?:best|kind|helpful|awesome|amazing|great|angels?|life ?saver|star|wonderful)",
    r"(?:(?:i am|im|we are|were) )?(?:(?:very|so) )?(?:grateful|obliged)",
    # Understood.
    r"(?:o+k+(?:ay|ey|ie|i)?|k+|okie ?dokie|okey ?dokey|alright(?:y)?|all right|righto|gotcha)(?: then)?",
    r"(?:(?:i|we|ive|weve) )?(?:got|gotten) (?:it|that|this|ya|you)(?: now| all)?",
    r"10-4|ten four|copy(?: that)?|roger(?: that)?|noted|understood|makes sense|i see|message received",
    r"(?:(?:i|we) )?will do(?: that)?|wilco",
    # Satisfied.
    r"(?:(?:thats|that is|sounds|all|just|thatll be|that would be|how) )?(?:great|perfect|awesome|excellent|wonderful"
    r"|fantastic|lovely|amazing|brilliant|super|cool|sweet|nice|fab|good (?:deal|stuff|to know))",
    r"(?:(?:that|it|this|which|all) )?sounds? (?:good|great|perfect|fine|like a plan)(?: to (?:me|us))?",
    r"(?:that|it|this|all)(?: just)? (?:works|helps|helped|does it|did it|will work|will do"
    r"|answer(?:s|ed) (?:it|my questions?|that))(?: for (?:me|us))?(?: perfectly| great| fine| a lot| so much)?",
    r"works for (?:me|us)",
    r"(?:(?:thats|that is|its|it is|everythings|everything is|everything|were|we are|im|i am|youre) )?(?:now )?"
    r"(?:(?:all|perfectly|just|totally|already) )?(?:fine|good|set|sorted(?: out)?|done|squared away|okay"
    r"|taken care of|resolved|settled)(?: now| here| then)?",
    r"(?:its )?no (?:worries|problem|probs?|biggie|rush)|np|my pleasure|(?:youre|your|ur|you are) welcome|yw",
    r"(?:(?:i|we) )?(?:dont|do not) (?:need anything|have any questions)(?: else)?(?: (?:now|right now|today))?",
    r"(?:(?:no|nope|nah),? )?(?:thats|that is|thatll be) (?:it|all|everything)(?: for (?:now|today|me))?",
    r"(?:(?:no|nope|nah),? )?nothing else(?: for (?:now|today))?",
    r"(?:(?:there is|theres) )?no need to (?:call|text|reply|respond|answer|write)(?: (?:me|us))?(?: back)?",
    r"no (?:reply|response|answer) (?:is )?needed",
    r"(?:someone|somebody|you|they|she|he|the (?:nurse|doctor|office))(?: has| have)? already"
    r" (?:called|answered|helped|replied|texted|emailed)(?: (?:me|us))?(?: back)?",
    # Received.
    rf"(?:safely )?(?:received|recd|rcvd)(?: (?:it|that|this|(?:the|your|ur) {_DOCUMENT}))?",
    rf"(?:(?:i|we) )?(?:just )?(?:got|(?:have )?received|saw|read|found) (?:the|your|ur|my) {_DOCUMENT}",
    rf"(?:(?:i|we) )?(?:hereby )?confirm(?:ed|ing)?,? (?:that )?(?:(?:i|we) (?:got|received|have)|(?:safe )?receipt of)"
    rf" (?:the|your|ur|my) {_DOCUMENT}(?: (?:dated|of) {_DAY})?",
    # Until then.
    r"(?:(?:ill|i will|we will) )?(?:see|c|cya|talk to|speak to) (?:you|u|ya|yall|you all|you guys|everyone)"
    rf"(?: (?:then|there|soon|later|{_DAY}|{_TIME}))*",
    r"cya|(?:talk|speak) (?:soon|then|later)",
    rf"(?:(?:im|were) )?looking forward to (?:it|seeing (?:you|yall|everyone)|the visit)(?: {_DAY})?",
    # "Goodbye" and "take care of yourselves" are left out on purpose: together with thanks for everything they may
    # be a last message, and a person must see it.
    r"bye+(?: ?bye)?(?: now)?|take care(?: now)?|(?:god )?bless you",
    r"(?:you|u) (?:too|as well|guys too)|same to you|likewise",
    r"(?:i hope )?(?:(?:you|yall|you all) )?(?:(?:too|also) )?have (?:a|yourself a) (?:very )?(?:good|great|nice|lovely"
    r"|wonderful|blessed|happy|super|fantastic|safe) (?:one|day|night|evening|morning|afternoon|week ?end|week|holiday"
    r"|rest of (?:your|the) (?:day|week))",
    # In Spanish. "Gracias por todo" is left out on purpose: it may be a farewell.
    r"(?:(?:ok(?:ay)?|bueno|va|listo|[aá]ndale|perfecto),? )?(?:muchas |much[ií]simas |mil |un mill[oó]n de )?gracias"
    r"(?: (?:a todos|a ustedes|se[nñ]orita|doctora?|igualmente|de nuevo|otra vez|de verdad|mija|mijo))*"
    r"(?:[,.! ]+(?:y )?(?:feliz (?:navidad|a[nñ]o(?: nuevo)?|d[ií]a|fin de semana)|felices fiestas)"
    r"(?: (?:y (?:pr[oó]spero )?a[nñ]o nuevo|a todos|para todos))*)?",
    rf"{_THANKS}[,.! ]+(?:and )?(?:merry|happy) (?:christmas|xmas|holidays|new year|thanksgiving|easter)"
    r"(?: (?:to (?:all|everyone|you all|yall)|everyone|yall))*",
    r"(?:me|nos) (?:salvan?|salvaron|salv[oó]) (?:la vida|el d[ií]a)(?: con (?:esto|eso|su ayuda))?",
    # A phone's "like" of one of our messages, sent as a text.
    r"(?:liked|loved|laughed at) (?:an image|[\"“][^\"”]*[\"”])",
)

# Words that may surround those phrases, but say too little by themselves.
_TRIMMINGS = (
    r"(?:(?:oh|ah|well|yeah|yes|um|uh) )?(?:hi|hey|hello|hiya|good (?:morning|afternoon|evening))(?: again)?(?: there)?"
    rf"(?: {_PEOPLE})?",
    rf"dear (?:sirs?(?: or madam)?|madam|{_PEOPLE})",
    r"👋[\U0001f3fb-\U0001f3ff]*",
    r"(?:y )?que dios (?:los|las|la|lo|le|les) (?:cuide|bendiga)(?: a todos)?",
    r"oh|ah|aw+|well|um+|uh+|haha+|hehe|lol|and|so|just|yay|then|for now|now|never ?mind|nvm|x+|xo+",
    r"(?:(?:im|i am|were) )?just (?:calling|texting|writing|wanted|letting you know)(?: (?:to )?(?:say|confirm))?",
    r"(?:(?:best|kind|warm|many) )*(?:regards|wishes)|best|sincerely|yours(?: sincerely| truly| faithfully)?|love",
    r"sent from my (?:iphone|ipad|android|phone|galaxy|samsung(?: galaxy)?(?: phone| smartphone)?|mobile(?: device)?)",
)

# A name is accepted only where one belongs, capitalized and never just after a period: "Thanks. Bleeding" names a
# problem, not a person. So does "Thanks, Bleeding", which is why each must be a known one.
_NAMED_PHRASE = rf"(?i:{_THANKS}(?: (?:so|very) much| again| a lot)?),? "
_NAMED_TRIMMINGS = (
    r"(?i:(?:(?:oh|yeah|yes) )?(?:hi|hey|hello|dear|good (?:morning|afternoon|evening))),? ",
    r"(?i:(?:(?:best|kind|warm) )*(?:regards|wishes)|sincerely|yours(?: sincerely| truly| faithfully)?|love),? ",
    r"[-–—~]+ ?",
)
_TITLE = r"(?i:dr|doctor|mrs?|ms|miss|nurse)\.? "
_MOST_NAMES = 3

# Friendly ones only: 😭, 🤮 or 🩸 say that something is wrong.
FRIENDLY_SIGNS = (
    r"(?:[👍👌🙏👏🙌✅✔☑💯😊🙂😀😃😄😁😆☺🤗😇🥰😍😘😎🤝🫶🎉🌟⭐✨💐🌸🌷🌻💕💖💗💙💚💛💜🧡🤍❤♥🩷🩵💪🤙🫡]"
    r"|[:;=]-?[)D]|<3)[️\U0001f3fb-\U0001f3ff]*"
)

WORD_END = r"(?![\w'{])"


class _BeforeNames:
    """What stands before names, with that many of them, each known or an initial."""

    def __init__(self, before: str, names: int) -> None:
        name = rf"(?:{_TITLE})?([^\W\d_]+|[A-Z]\.)"
        self._pattern = re.compile(rf"{before}{'[ -]'.join([name] * names)}{WORD_END}(?:,? {_PHONE}$)?")

    def match(self, string: str, pos: int, /) -> re.Match[str] | None:
        """Return them where they begin at a place, None if one of the names isn't known."""
        found = self._pattern.match(string, pos)
        return found if found and all(map(_is_known_name, found.groups())) else None


def _is_known_name(word: str) -> bool:
    is_initial = word.endswith(".")
    return word[0].isupper() and (is_initial or without_accents(word).lower() in known_names())


def _rows_of_names(before: str, *, decides: bool) -> Iterator[Row]:
    return ((_BeforeNames(before, names), decides) for names in range(1, _MOST_NAMES + 1))


_GAP = re.compile(r'[ .,!;:()*"]*')
# Each row, and whether it makes a message an acknowledgement.
_ROWS: tuple[Row, ...] = (
    *((re.compile(rf"(?:{row}){WORD_END}", re.IGNORECASE), True) for row in _PHRASES),
    *((re.compile(rf"(?:{row}){WORD_END}", re.IGNORECASE), False) for row in _TRIMMINGS),
    *_rows_of_names(_NAMED_PHRASE, decides=True),
    *(row for before in _NAMED_TRIMMINGS for row in _rows_of_names(before, decides=False)),
    (re.compile(r"[-–—~]+" + WORD_END), False),
    (re.compile(FRIENDLY_SIGNS), True),
)
TRIMMINGS: tuple[Row, ...] = tuple((row, False) for row, _ in _ROWS)
"""The same rows for whoever looks for something else beside them."""


# Words that no mere thanks has, though a network may hear nothing else in it. Help is what thanks are for, too.
_IN_NEED = re.compile(
    r"\b(?:(?<!ur )(?<!the )(?<!for )(?<!of )(?<!big )(?<!great )(?<!huge )(?<!all )(?<!much )(?<!this )(?<!that )help"
    r"|help (?:me|us)|please help|sos|911|emergency|ambulance"
    r"|hurts?|hurting|pains?|sick|sicker|dizzy|bleeding|blood|dying|die|dead|worse|alone|scared|lost|numb|faint\w*"
    r"|chok\w+|seiz\w+|suicid\w+|overdos\w+|goodbye|good bye|farewell"
    r"|(?<!su )(?<!tu )(?<!la )(?<!por )(?<!de )(?<!mucha )ayuda|ayud[ae](?:n?me|n?nos)|auxilio|socorro|emergencia"
    r"|duele|dolor|sangr\w+|muer\w+|morir\w*|peor|sol[oa]|miedo|enferm[oa]|para siempre)\b"
)


def is_acknowledgement(text: str) -> bool:
    """Return whether a message only thanks, agrees, confirms receipt or says goodbye, so that it needs no answer.

    Args:
        text: Any string.
    """
    return is_covered(text, _ROWS)


def asks_for_help(text: str) -> bool:
    """Return whether a message has a word of need or farewell, so that it is no mere thanks whatever the network says.

    "Thanks for your help" has none, "thanks, help me" does.

    Args:
        text: Any string.
    """
    return _IN_NEED.search(without_accents(normalised(text[: MAX_CHARACTERS + 1]))) is not None


def is_covered(text: str, rows: Sequence[Row]) -> bool:
    """Return whether rows, of which at least one is a phrase that decides, account for every word of a message."""
    # Check the length first, so that a huge text is not even normalized.
    if len(text) > MAX_CHARACTERS:
        return False
    message = flattened(text)
    return covers_all(message, rows, _GAP, end_of_gap(message, 0, _GAP))
