"""The reviewed table of danger signs that the urgency screen looks for.

Every row is one regular expression. It is looked for from the beginning of a word, within one sentence, in text
that is lower case, single-spaced and without apostrophes (`classifier.normalise.normalised`). A change belongs with
a look at both figures that `tests/classifier/test_urgency.py` holds: how many urgent messages are found, and how
many ordinary ones raise an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """The signs of one body system or kind of danger, as patients write them.

    Attributes:
        name: What the signs have in common.
        red: Patterns of signs that are enough by themselves. All patterns are looked for at the beginning of a
            word, within a sentence, in lower case and without apostrophes.
        amber: Patterns of signs that count only together with one of another group.
    """

    name: str
    red: tuple[str, ...] = ()
    amber: tuple[str, ...] = ()


# Word lists that the rows share.
_CANNOT = r"(?:cant|cannot|can not|couldnt|could not|unable to|not able to|can hardly|can barely)"
_WILL_NOT = r"(?:wont|will not|doesnt|does not|isnt|is not|hasnt|has not|wouldnt|didnt|not|never)"
_LIMB = r"(?:arms?|legs?|hands?|foot|feet|fingers?|toes?)"
_SIDE = r"(?:(?:left|right|one|other|whole) (?:arm|leg|hand|foot)|(?:left|right|whole|good) side)"
_BELLY = r"(?:belly|stomach|tummy|abdomen)"
_NUMB = r"numb(?:ness|ed)?\b"
_SWELLING = r"(?:swell\w*|swoll?en|swole|puff\w*|balloon\w*|huge|fat|blow\w* up|blew up)"
_BLOOD = r"(?:blood\w*|bleed\w*|clots?)"
_CHILD = (
    r"(?:baby|infant|newborn|toddler|son|daughter|boy|girl|kid|child|grandson|granddaughter|grandchild|grandbaby"
    r"|little one|sister|brother|nephew|niece|he|she|year old)"
)
_MEDICINE = (
    r"(?:pills?|tablets?|tabs|meds?|medicines?|medications?|doses?|capsules?|sleepers|insulin|tylenol|acetaminophen"
    r"|paracetamol|ibuprofen|advil|aspirin|benadryl|xanax|ambien|opioids?|oxy\w*|percocet|vicodin|hydrocodone|methadone"
    r"|fentanyl|morphine|tramadol|gabapentin|relaxers?|warfarin|coumadin|metformin|methotrexate|lithium|adderall)"
)
_CHEMICAL = (
    r"(?:bleach|cleaner|acid|lye|lime|cement|plaster|ammonia|glue|superglue|solvent|peroxide|detergent|drain opener"
    r"|chlorine|chemicals?|remover|pepper spray|wasp spray|nest spray|pesticide|fertili[sz]er|paint thinner|gasoline"
    r"|antifreeze)"
)
_SWALLOWED = r"(?:swallow\w*|ate|eaten|drank|chewed|got into|got hold of|licked|ingested|in (?:his|her) mouth)"
_HARMFUL = (
    rf"(?:{_MEDICINE}|{_CHEMICAL}|batter(?:y|ies)|magnets?|coins?|mushrooms?|berries|gumm(?:y|ies)|edibles?|pods?|weed"
    r"|thc|vape|nicotine)"
)
_BY_NOSE = r"(?! (?:\w+ )?(?:through|thru|out of|from) )"

# The reviewed table. Each group says why it is here.
GROUPS: tuple[Group, ...] = (
    # Minutes without air do lasting harm; noisy, fast or laboured breathing and blue lips come just before.
    Group(
        "breathing",
        red=(
            rf"{_CANNOT} (?:\w+ ){{0,2}}?breathe?\b{_BY_NOSE}",
            rf"{_CANNOT} (?:get|take|catch|draw) (?:\w+ ){{0,4}}?(?:air|breath)",
            r"(?:hard|harder|difficult|difficulty|trouble|struggl\w+|fighting|problems|hard time) (?:\w+"
            rf" )?(?:breath\w*|for (?:air|breath)){_BY_NOSE}",
            r"hard to (?:get|catch|take) (?:\w+ )?(?:breath|air)",
            r"gasping",
            r"suffocat\w+",
            r"(?:not|isnt|stop|stops|stopped|quit|barely|hardly) (?:really )?breathing",
            r"didnt breathe",
            r"(?:lips?|nails?|fingertips|face|tongue)\b.{0,25}\b(?:blue|bluish|purple|slate|dusky|mauve)\b",
            r"(?:blue|bluish|purple|dusky|gr[ae]y) (?:\w+ )?(?:lips?|nails)\b",
            r"(?:turn(?:s|ed|ing)|went|going) blue\b",
            r"blu\w+[ -]gr[ae]y",
            r"(?:each|every) breath",
            r"shorter breaths",
            r"breath(?:s|ing)? (?:is |are |gets? |getting )?(?:short|shorter|smaller|shallow)\b",
            r"breath(?:ing|es) (?:\w+ ){0,2}?(?:fast|rapidly|funny|weird|slow|slowly|heavy|every \d+|\d\d"
            r" (?:a|times))\b",
            r"gurgling",
            r"stridor",
            r"(?:gaps?|pauses?) (?:between|in) (?:his |her |my )?breaths?",
            r"gaps between",
            r"(?:oximeter|oxygen|o2|spo2|pulse ox)\b.{0,25}\b[5-8]\d\b",
            r"peak flow (?:is |of )?1?\d\d\b",
            r"chok(?:es|ing)\b(?! (?:me|us|on (?:the|that|this|your) (?:bill|price|cost|quote|invoice)))",
            r"(?:inhaled|breathed) (?:it|in|a|the)\b",
            r"down (?:the )?wrong (?:way|pipe|tube)",
            r"stuck in (?:my|his|her) (?:throat|windpipe)",
            r"(?:lean forward|sit(?:ting)? (?:up|forward)) to (?:\w+ )?(?:breath\w*|air)",
            r"short(?:ness)? of (?:breath|air)",
            r"breathless\b",
            r"breathing (?:is )?(?:really |very |so )?(?:hard|heavy|rough|noisy|shallow|fast|labou?red"
            r"|bad)\b",
            r"ribs? (?:are )?(?:suck\w+|pulling) in",
            r"suck\w+ in (?:at|under|between)",
            r"grunting",
            r"makes? a (?:\w+ )?(?:noise|squeak|whistle) (?:when|each|every)",
            r"(?:inhaler|neb|nebs|nebulizer|albuterol|puffer)\b.{0,15}\b(?:isnt helping|isnt working|not"
            r" helping|not working|not touching|nothing|doing nothing|no help|doesnt help)",
            r"(?:cant|can only) (?:finish|say|get out) (?:a|one|two|\w+) (?:sentence|words?)",
            r"no air\b",
            r"air hungry",
        ),
        amber=(
            r"out of breath",
            r"coughing (?:nonstop|non stop)",
            r"winded\b",
            r"panting",
            r"lean forward",
            r"sit forward",
            r"wheez\w+",
            r"whistl\w+",
            r"cant stop coughing",
            r"inhaler",
        ),
    ),
    # A swelling tongue or throat, or hives with anything else, is a closing airway until shown otherwise.
    Group(
        "airway",
        red=(
            r"throat\b.{0,25}\b(?:clos(?:es|ed|ing)|tight\w*|swell\w*|swollen|puff\w*|itch\w*|constrict\w*"
            r"|narrow\w*|scratchy and)",
            r"(?:clos(?:es|ed|ing)|tight\w*|swell\w*|swollen|itch\w*)(?: \w+)? throat",
            r"clear\w* (?:my|his|her) throat",
            rf"tongue\b.{{0,30}}\b(?:{_SWELLING}|bigger|too big|thick\w*|fuzzy|heavy|itch\w*)\b",
            r"(?:swell\w*|swollen)\b.{0,20}\btongue",
            rf"lips?\b.{{0,25}}\b{_SWELLING}\b",
            r"(?:swell\w*|swollen|puff\w*) (?:\w+ ){0,2}?lips?\b",
            r"face (?:is |has |just |all )*(?:swell\w*|swollen|puff\w* up|blow\w* up|balloon\w*)",
            rf"{_CANNOT} (?:\w+ )?swallow\b(?! (?:pills|tablets|big))",
            rf"{_CANNOT} (?:\w+ ){{0,4}}?(?:spit|saliva) down",
            r"(?:hard|harder|difficult|trouble|struggl\w+) (?:to )?swallow\w*",
            r"(?:hard|tight) when i swallow",
            r"chew or swallow",
            r"anaphyla\w+",
            r"(?:used|using|gave|giving|use|jabbed) (?:\w+ ){0,2}epi(?:pen)?\b",
            r"epi(?:pen)? (?:is )?expired",
            r"(?:under|floor of) (?:my |his |her |the )?(?:tongue|mouth)\b.{0,20}\b(?:swell\w*|swollen"
            r"|lifted|raised|hard)",
            r"swelling under (?:\w+ )?tongue",
            r"neck (?:is )?(?:so |getting |really )?(?:tight|swollen|big)\b",
            r"swelling (?:in|on|down|into) (?:my|his|her|the) neck",
            r"going down (?:my|his|her) neck",
            r"throat (?:feels|is|feel) (?:\w+ )?(?:funny|weird|full|strange|like its clos\w+)",
            r"gagging on",
            r"face\b.{0,12}\b(?:blowing|blew|blown) up",
            r"(?:face|eyes?) (?:and|n|&) (?:\w+ )?(?:lips?|tongue|throat)",
            r"(?:lips?|tongue|throat) (?:and|n|&) (?:\w+ )?(?:face|eyes?)",
        ),
        amber=(
            r"drool\w*",
            r"dribbl\w+",
            r"voice\b.{0,20}\b(?:hoarse|squeaky|weird|funny|muffled|gone|raspy|croaky|strange|nothing)\b",
            r"hives",
            r"welts?",
            r"stung\b",
            r"bee sting",
            r"itchy palms",
            r"allergic reaction",
            r"eyes (?:are )?(?:swell\w*|swollen|swelled|puff\w*)",
            r"peanut",
            r"sesame",
            r"cashew",
            r"shellfish",
            r"cant open (?:my|his|her) (?:mouth|jaw)",
            r"mouth wont open",
            r"swelling\b.{0,20}\b(?:jaw|neck|eye)",
        ),
    ),
    # Heart attack, dangerous rhythm, clot on the lung, torn aorta: often taken for wind or nerves, curable for hours.
    Group(
        "heart",
        red=(
            r"chest\b(?! x-?ray| hair)[^,]{0,25}\b(?:pains?|tight\w*|pressure|squeez\w*|crush\w*|heav(?:y"
            r"|iness)|hurt\w*|burning|aches?|aching|strap|band|stab\w*)\b",
            r"(?:pains?|pressure|tight\w*|squeez\w*|crush\w*|heaviness|weight|strap|burning|tearing"
            r"|ripping)\b[^,]{0,20}\b(?:chest|breastbone|sternum)\b",
            r"elephant (?:is )?(?:sitting|standing|on my)",
            r"chest feels like",
            r"(?:sitting|standing) on my chest",
            r"(?:panic|heart) attack or (?:a |an )?(?:\w+ )?(?:heart|panic) attack",
            r"(?:squeez\w*|crush\w*|pressure) under",
            r"(?:down|into|up) (?:my|his|her|the)? ?(?:left|both) arms?\b",
            r"jaw\b[^.]{0,25}\barms?\b",
            r"(?:jaw|chest|ache) [^,]{0,25}\b(?:down|into|to) (?:my|his|her|the) arms?\b",
            r"arms?\b[^.]{0,20}\bjaw\b",
            r"(?:having|think\w*|might be|maybe|could (?:it|this) be|is (?:it|this)) (?:a |having a |im"
            r" having a )?heart attack",
            r"(?:pulse|heart ?rate|heart(?: is|s)?|hr|bpm)\b[^\d/]{0,25}\b(?:1[3-9]\d|12[5-9]|2[0-4]\d|3\d"
            r"|4[0-4])\b(?! ?(?:/|over|percent|min|year|day))",
            r"heart ?rates?\b.{0,12}\b(?:thirty|forty)",
            r"(?:defibrillator|icd|pacemaker)\b.{0,60}\b(?:gone off|went off|going off|shock\w*|fired"
            r"|pauses)",
            r"(?:1[89]\d|2[0-5]\d) ?(?:/|over) ?(?:1[0-9]\d|9\d)\b",
            r"(?:tearing|ripping)\b.{0,30}\b(?:back|chest|pain|belly|tummy)",
            r"pain\b.{0,15}\b(?:tearing|ripping)",
            r"(?:cough|spit|spat)\w*(?: up)? (?:\w+ ){0,3}?(?:blood|red|rust\w*|pink)\b",
            r"brought up (?:\w+ )?(?:blood|pink)",
            r"(?:into|across|in|through) my chest\b.{0,30}\b(?:sweat\w*|pain|arm|jaw|breath)",
            r"chest (?:feels|is|felt) (?:\w+ )?(?:funny|weird|wrong|tight|heavy|bad)",
            r"(?:pain|pressure) between (?:my|his|her) shoulder blades\b.{0,40}\b(?:sweat|jaw|arm|breath)",
        ),
        amber=(
            r"(?:hearts?|pulse)\b[^,]{0,20}\b(?:rac\w+|pound\w+|skip\w+|hopp\w+|flip\w+|flutter\w*"
            r"|irregular|thump\w+|all over)",
            r"clammy",
            r"cold sweat",
            r"sweat\w* through",
            r"drenched",
            r"dripping wet",
            r"sweaty",
            r"pale as",
            r"white as",
            r"bad colou?r",
            r"(?:gone|went|hes|shes|im|looks?|looking|and|slow n) (?:\w+ )?(?:gr[ae]y|ashen|pale)\b",
            r"(?:calf|leg)(?:s| is|s so|s)?\b[^,]{0,20}\b(?:swollen|swell\w*|sore|tight)\b",
            r"(?:swollen|sore|tight) (?:calf|leg)",
            r"1[67]\d ?(?:/|over) ?\d{2,3}\b",
            r"bp (?:is )?1[6-9]\d",
            r"indigestion",
            r"heartburn",
        ),
    ),
    # The brain starves in minutes: face, arm, speech, sight or balance gone suddenly, or the worst headache ever.
    Group(
        "stroke",
        red=(
            r"(?:face|mouth|smile|cheek)\b[^,]{0,25}\b(?:droop\w*|dropped|drops|dropping|crooked|lopsided"
            r"|sagg\w+|slid)\b(?! off)",
            r"droop\w* (?:\w+ ){0,2}?(?:face|mouth|smile)",
            rf"{_SIDE}\b[^,]{{0,30}}\b(?:{_NUMB}|weak\w*|dead|limp|useless|drop(?:s|ped|ping)?|paraly\w+"
            r"|wont (?:move|work|lift|grip)|isnt (?:working|moving|following))",
            rf"(?:{_NUMB}|weak\w*|paraly[sz]\w+)\b[^,]{{0,20}}\b(?:{_SIDE}|side of (?:my|his|her) (?:face"
            r"|body))",
            rf"{_CANNOT} (?:\w+ )?(?:lift|move|raise|feel|wiggle|use) (?:\w+ ){{0,3}}?{_LIMB}"
            rf"\b(?!.{{0,12}}(?:over|above|past|overhead|behind))",
            r"arms?\b.{0,15}\b(?:dead|useless|dropped|weak)\b",
            r"slur\w+",
            r"words?\b[^,]{0,25}\b(?:wrong|backwards?|muddled|jumbled|garbled|wont come)",
            r"w(?:o)?rds (?:r|are) h(?:a)?rd",
            rf"{_CANNOT} (?:\w+ )?(?:find (?:the |my |his |her )?(?:right )?words?|get (?:my |the )?words?"
            r" out|speak\b(?! (?:to|with|for|about))|talk (?:good|right(?! now)|properly))",
            r"talking is hard",
            r"(?:talk\w*|speak\w*|say\w*) (?:\w+ )?(?:gibberish|nonsense|rubbish|garbage)",
            r"(?:isnt|not|stopped) making (?:any )?sense",
            r"(?:sound|look|act|walk)\w* (?:like )?(?:a |im )?drunk",
            r"(?:having|think\w*|might be|maybe|could be|is (?:it|this)|signs of) (?:\w+ ){0,2}?(?:stroke"
            r"|tia)\b",
            r"(?:worst|thunderclap|sudden\w*|like a bat)\b[^,]{0,25}\b(?:headache|head|migraine)\b",
            r"(?:headache|migraine)\b[^,]{0,25}\b(?:worst|worse than|ever had|thunderclap)",
            rf"{_CANNOT} (?:walk|stand) straight",
            r"legs (?:just |have |are |r )?(?:gone|gave out|giv\w+ out|going|went|weak|wont hold)\b",
            r"legs?\b.{0,15}\bbuckl\w*",
            r"(?:legs|arms) (?:\w+ )?weak\b",
            r"(?:left|right) half of",
            r"half (?:of )?(?:the |my )?(?:screen|clock|face|page)\b.{0,10}\b(?:gone|missing)",
            r"screen is half",
            r"(?:one|left|right|half) (?:side )?(?:of )?(?:my|his|her|the)? ?(?:side of (?:my |his |her "
            r"|the )?)?face\b.{0,25}\b(?:numb|weird|frozen|fallen|fell|dropped|limp|wont move|not moving)",
            r"smile is (?:uneven|crooked|off)",
            r"mouth (?:is )?(?:pulled|pulling|hanging)",
            r"(?:speech|talking|talkin|speaking|voice)\b.{0,12}\b(?:funny|slow|thick|off|mumbl\w+|strange"
            r"|weird)\b(?=.{0,60}(?:arm|face|side|hand|walk|head))",
            r"mumbling",
            r"mix(?:es|ing) up (?:\w+ )?words",
            r"cant (?:hold|grip) (?:a|the|my|his|her) (?:cup|pen|fork|phone|spoon)",
            r"keeps? dropping (?:things|my|his|her)",
            r"doesnt (?:recogni[sz]e|know) (?:me|us|his|her)\b",
            r"(?:leaning|veering|falling) to (?:the |one )(?:left|right|side)",
            r"(?:sudden\w*|woke\w*)\b.{0,30}\b(?:weak\w*|drop foot|cant walk|cant move|no balance)",
            r"saying things that (?:make no|dont make) sense",
            r"doesnt know (?:where (?:he|she) is|what (?:day|year)|who (?:i am|he is|she is))",
            r"sudden\w* (?:very |so )?confus\w+",
            r"confused (?:since|and (?:has|cant|wont|slow|sleepy|weak|keeps))\b",
            r"(?:keeps?|is) repeat\w* (?:the same|himself|herself)",
            r"asking the same",
            r"mouth\b.{0,20}\bwont (?:go up|move|close|smile)",
            r"(?:left|right) (?:arm|leg) (?:is |feels |so )*heavy",
        ),
        amber=(
            r"confus\w+",
            r"disorient\w+",
            r"muddl\w+",
            r"delirious",
            r"keeps? (?:asking|askin)",
            r"dont remember the",
            r"zoning out",
            r"headach\w*",
            r"head (?:is )?(?:pounding|splitting)",
            r"pounding heads?",
            r"migraine",
            rf"{_NUMB}",
            r"no feeling",
            r"pins and needles",
            r"lost feeling",
            r"tingl\w+",
            r"seeing (?:two|double|things)",
            r"double vision",
            r"doubled\b",
            r"hands? (?:wont|isnt|not)\b",
            r"unsteady",
            r"stumbl\w+",
            r"dragging (?:my|his|her|the|one) (?:leg|foot)",
            r"off balance",
            r"eyelids? (?:\w+ ){0,3}?(?:droop\w*|dropped)",
            r"acting (?:strange|weird|odd|funny|off)",
            r"not acting right",
            r"out of it",
        ),
    ),
    # Nobody who cannot be woken, or has just had a fit, may wait for office hours.
    Group(
        "consciousness",
        red=(
            rf"(?:{_WILL_NOT}|{_CANNOT}|hard to|difficult to|hard for me to) (?:\w+ ){{0,2}}?(?:wake|woken"
            r"|waking|rouse|stir|get (?:him|her|them) up|come round)\b(?! (?:up )?(?:early|at \d|before|in"
            r" time))",
            r"unconscious\w*",
            r"unrespons\w+",
            r"(?:was|is|hes|shes) out cold",
            r"not respond\w*",
            r"lifeless",
            r"collaps(?:ed|ing)\b",
            r"not come round",
            r"(?:isnt|not) answering (?:properly|right)",
            r"(?:having|had|has|just had|another|first) (?:\w+ )?(?:seizures?|convulsions?|fits)\b(?!"
            r" (?:disorder|history|free|med))",
            r"convuls\w+",
            r"seizing",
            r"jerk(?:ing|ed)\b(?! (?:me )?around)",
            r"went stiff",
            r"stiff and (?:then|shak\w+|jerk\w+|loose)",
            r"shaking all over",
            r"eyes? (?:are |is )?rolling",
            r"floppy",
            r"rag ?doll",
            r"pin-?point",
            r"(?:hes|shes|and|is) (?:all |so )?limp\b",
            r"passed out and",
            r"(?:keeps?|kept|again|third time)\b.{0,20}\b(?:passing out|fainting|passed out|fainted"
            r"|blacking out)",
            r"(?:pass(?:ed|ing)? out|black(?:ed|ing)? out|faint(?:ed|ing))\b.{0,25}\b(?:twice|again|third"
            r"|\w+ times|now|today)",
            r"(?:gone|went|dropped) down\b.{0,15}\btwice",
            r"(?:too|so) (?:sleepy|drowsy|weak) to",
            r"(?:cant|cannot) (?:stay|keep) (?:\w+ )?(?:awake|eyes open)",
            r"cant keep my eyes",
            r"(?:im|hes|shes|been|lying|still) on the floor",
            r"getting (?:so |really |very )?(?:sleepy|drowsy)\b",
            r"(?<!nearly )(?<!almost )(?<!about )(?:passed|blacked) out\b(?! (?:asleep|on the couch|flyers"
            r"|when))",
            r"(?<!nearly )(?<!almost )fainted\b",
            r"wont open (?:his|her) eyes",
            r"staring (?:into space|blankly|off)",
            r"eyes roll\w* (?:back|up)",
            r"foaming",
            r"out of it and",
            r"cant get (?:him|her|them) (?:up|awake)",
            r"barely (?:conscious|awake|responding)",
            r"in and out (?:of it|of conscious\w*)",
        ),
        amber=(
            r"passing out",
            r"faint(?:ed|ing|y)?\b",
            r"(?:passed|blacked|blacking) out",
            r"light-?headed",
            r"dizzy",
            r"woozy",
            r"swimmy",
            r"floaty",
            r"far away",
            r"saw stars",
            r"slid down",
            r"drows\w+",
            r"sleepy",
            r"letharg\w+",
            r"wants? to sleep",
            r"sleeps all",
            r"asleep most",
            r"listless",
            r"falling asleep",
            r"not (?:himself|herself)\b",
            r"(?<!lid )(?<!lids )(?<!eye )(?<!eyelid )twitching",
            r"stiff neck",
            r"neck (?:is |so |wont )(?:stiff|bend)",
            r"cant bend (?:my|his|her) neck",
            r"chin to (?:his |her |my )?chest",
            r"lights? (?:\w+ )?hurts?",
            r"(?:bear|stand) (?:the )?(?:light|screen)",
        ),
    ),
    # A blow to the head or a fall; a danger together with a sign of another group.
    Group(
        "injury",
        amber=(
            r"(?:hit|bang\w*|bump\w*|smack\w*|knock\w*|crack\w*|fell on|landed on) (?:my |his |her |the"
            r" )?head",
            r"(?:hit|blow|knock) to (?:the|his|her|my) head",
            r"head injury",
            r"concuss\w+",
            r"fell (?:off|from|down) (?:\w+ ){0,2}?(?:bike|ladder|roof|horse|scooter|stairs|swing|bed|table"
            r"|steps|bunk|counter)",
            r"fall off (?:\w+ )?(?:scooter|bike|ladder)",
            r"car accident",
        ),
    ),
    # Blood that does not stop, or comes from inside, drains a person faster than anybody calls back.
    Group(
        "bleeding",
        red=(
            r"(?:wont|will not|doesnt|cant|isnt|hasnt|cannot|not|never) (?:\w+ ){0,3}?(?:stop\w*|clot\w*"
            r"|quit\w*|slow\w*)(?: down)?\b(?=.{0,30}\b(?:bleed|blood))",
            rf"{_BLOOD}\b[^,]{{0,25}}\b(?:wont|will not|not|cant|doesnt|isnt|hasnt) (?:\w+ )?(?:stop\w*"
            r"|slow\w*|quit\w*|clot\w*|let\w* up)",
            r"isnt slowing",
            r"not clotting",
            r"wont quit\b(?=.{0,40}(?:soak|towel|gauze))",
            r"(?:keeps?|still) bleeding",
            r"bleeding (?:out|heavily|a lot|badly|everywhere|like crazy|thru|through|so much|nonstop|for"
            r" (?:an hour|hours|\d\d)|down below)",
            r"(?:heavy|heavier) bleeding",
            r"bleeding heav\w+",
            r"been bleeding for",
            r"(?:lots?|so much|too much|a ton|pools?|puddles?|mouthfuls?|gush) of (?:bright |dark"
            r" )?(?:blood|red)\b",
            r"blood (?:everywhere|all over|gushing|pouring|spurting|squirting)",
            r"so much (?:blood|red)\b",
            r"h[a]?emorrhag\w+",
            r"spurt(?:s|ed|ing)\b",
            r"gush(?:es|ed|ing)?\b",
            r"squirt(?:s|ed|ing)\b",
            r"pumping out",
            r"(?:nose|nostrils|blood|its|still)\b.{0,15}\bpouring\b(?! (?:rain|here|out here|outside|sweat))",
            r"running (?:off|down) my (?:arms?|elbows?|legs?|side|face|chin)",
            r"soak\w*\b.{0,25}\b(?:pads?|towels?|gauzes?|muslins?|sheets?|pillow\w*|dressings?|bandages?)\b",
            r"(?:pads?|towels?|gauze|pillow|dressing|bandage|sheets)\b.{0,25}\bsoak\w*",
            r"(?:towel number|pads? (?:an|every|per) hour|mouth (?:just )?(?:keeps )?fill\w*)",
            r"(?:bath )?towel (?:around|on it)",
            r"holding a towel",
            r"(?:vomit\w*|threw up|throw\w* up|thrown up|puk\w+|peeing|pooping|passing|spit\w*|spat)"
            r"\b[^,]{0,30}\b(?:blood|bloody|dark red|coffee grounds?|clots)\b",
            r"(?:stools?|poo|poop)\b.{0,20}\b(?:black|tar\w*|bloody)",
            r"(?:fingers?|toe|thumb|fingertip)\b.{0,15}\b(?:cut off|came off|chopped|severed)",
            r"artery",
            r"(?:big|huge|golf ball|fist) (?:\w+ ){0,2}?clots?\b",
            r"blood keeps (?:coming|pouring|filling)",
            r"(?:bleeding|blood)\b.{0,20}\b(?:dripping on|drips? (?:on|down))",
            r"bright red (?:blood|bleeding)",
            r"(?:two|three|four|five|six|2|3|4|5|6) (?:\w+ )?(?:pads|towels|gauzes)",
            r"filled (?:a|the|two) (?:\w+ )?(?:cup|bowl|sink|pad)",
            r"clots? (?:the )?(?:size of|like|as big as)",
            r"clots? like",
            r"(?:pressure|pressing|holding|pinch\w*|biting)\b.{0,30}\b(?:minutes?|mins?|hours?|hrs?)"
            r"\b.{0,40}\b(?:still|blood|bleed|wont|keeps)",
            r"tourniquet",
            r"stabbed",
            r"gunshot",
            r"bone (?:is )?(?:sticking|poking|showing)",
            r"(?:see|showing) (?:the )?bone",
            r"(?:tooth|teeth)\b.{0,30}\bknocked (?:clean |right )?out\b(?=.{0,60}(?:milk|hand|minutes|mins"
            r"|just|saliva|now))",
            r"knocked (?:\w+ ){0,3}?(?:tooth|teeth) out\b(?=.{0,60}(?:milk|hand|minutes|mins|just|now))",
            r"(?:wound|incision|stitch\w*|cut)\b[^,]{0,25}\b(?:burst|wide open|gaping open)",
            r"(?:black|tarry|bloody) (?:\w+ )?(?:stools?|poop?)\b",
            r"(?:bleed\w*|nosebleed)\b[^.]{0,30}\b(?:\d\d|an|half an|one|two|three) ?(?:min\w*|hours?"
            r"|hrs?)\b",
        ),
        amber=(
            r"(?:bleeds?|bleeding|bled|oozing)\b",
            r"(?<!gave )(?<!give )(?<!giving )blood\b(?! (?:pressure|work|tests?|thinn\w+|sugars?|draw|type"
            r"|results|clots?))",
            r"(?:wound|incision|stitch\w*|cut|whole thing)\b[^,]{0,25}\b(?:opened|split|burst|came (?:apart"
            r"|undone)|poking through|gaping)",
            r"(?:on|take|takes|taking|is on) (?:\w+ )?(?:blood thinners?|thinners|eliquis|xarelto|warfarin"
            r"|coumadin|plavix|clopidogrel)",
        ),
    ),
    # Talk of dying, farewells, a plan or means: asked about at once, whatever else the message says.
    Group(
        "self-harm",
        red=(
            r"kill(?:ing)? (?:my|him|her) ?self",
            r"suicidal",
            r"(?:commit\w*|consider\w*|contemplat\w*|thinking (?:of|about)|thoughts? of|plan\w*) suicide",
            r"tak(?:e|ing) (?:my|his|her) (?:own )?life",
            r"unaliv\w+",
            r"kms\b",
            r"end(?:ing)? (?:it all|my (?:own )?life|his (?:own )?life|her (?:own )?life|things tonight|it"
            r" tonight)",
            r"(?:want|wanna|wish|ready|rather|trying) (?:\w+ )?(?:to )?(?:die|be dead)\b",
            r"wish i (?:was|were) dead",
            r"(?:dont|do not|doesnt|didnt|not) (?:\w+ ){0,2}?(?:want|wanna) (?:to )?(?:live|be here|be"
            r" alive|wake up|exist|go on|keep living|be around)\b(?! (?:all|when|for|late|early|until))",
            r"better off (?:without me|dead|if i)",
            r"(?:no|nothing) (?:reason|point|left) (?:to|in|for) (?:liv\w+|go\w* on|be here)",
            r"cant (?:go on\b|do this any ?more|live (?:like this|with this))",
            r"stopped seeing a (?:way|point)",
            r"(?:hurt|harm|cut|cutting|hurting|harming) (?:my|him|her) ?self\b(?! (?:shaving|on|at|with"
            r"|while|lifting|doing))",
            r"did something (?:on purpose|to (?:my|myself))",
            r"(?:hurt|cut|burn\w*|bathroom|bad|it) on purpose\b(?=.{0,60}(?:red|blood|stop|cut|tonight"
            r"|awake|deep))",
            r"self-? ?harm\w*",
            r"i(?:ll| will) be gone (?:by|when|before|soon)",
            r"wont be here (?:to need|after|tomorrow|when you|any ?more)",
            r"(?:be|itll be) over by then",
            r"itll be done",
            r"i wont need (?:it|them|any)\b.{0,15}\b(?:after|any ?more)",
            r"(?:said|saying|texted) (?:my |her |his )?goodbyes?\b",
            r"good ?bye (?:letters?|notes?)",
            r"(?:written|wrote|writing|left|leaving|found) (?:\w+ ){0,2}?(?:letters?|notes?) (?:to|for)"
            r" (?:the kids|my kids|each|us|him|her|my (?:wife|husband|mom|mum|family|son|daughter)|everyone)",
            r"a note for (?:him|her|them)",
            r"(?:made up my mind|ive decided|settled on what|worked out how|decided on)\b.{0,25}"
            r"\b(?:tonight|done|today|ill do|and when|this evening)",
            r"(?:gave|giving|given) (?:away )?(?:my|his|her|the) (?:\w+ )?(?:cat|dog|birds|pets?|tools"
            r"|things|belongings)\b",
            r"giving away (?:my|his|her)",
            r"(?:have|got) (?:a|my|the) (?:gun|noose)\b",
            r"i have (?:what i need|everything ready)",
            r"a plan to (?:die|end|kill|hurt)",
            r"not (?:to )?be a burden",
            r"lined up on",
            r"(?:jump\w*|step\w*) (?:off|in front of) (?:a |the )?(?:bridge|roof|building|balcony|train|bus"
            r"|truck)",
            r"going to jump\b(?! (?:in|on|to|the))",
            r"hang(?:ing)? (?:myself|himself|herself)",
            r"thoughts of not (?:living|being here)",
            r"(?:stopped caring|dont care) (?:if|whether) (?:i (?:live|die|wake)|it does)",
            r"(?:want|wish) (?:it all|everything|the pain) to (?:stop|end|be over)\b",
            r"want it (?:all )?to (?:stop|end)\b",
            r"(?:go|going) to sleep (?:and|n) (?:not|never) wake",
            r"never wak\w+ up",
            r"(?:nobody|no one) (?:would|will) (?:even )?(?:miss me|notice if i|care if i)",
            r"everyone (?:would|will) be (?:better|happier|fine)",
            r"world (?:is|would be) better",
            r"(?:pills|knife|razor|blade|gun|rope|bottle)\b.{0,25}\b(?:in (?:my|his|her) (?:hand|lap)|in"
            r" front of me|lined up|on the (?:seat|table|bed)|to my|loaded)",
            r"(?:standing|sitting|im|hes|shes) (?:up )?(?:on|at) (?:the|a) (?:edge|bridge|ledge|tracks|roof"
            r"|overpass)\b",
            r"(?:cut|slit|slash\w*) (?:my|his|her|the) (?:wrists?|arms?|legs?|throat)",
            r"cut too deep",
            r"cutting again",
            r"this is goodbye",
            r"sorry for everything",
            r"tell (?:my|them|him|her)\b.{0,20}\b(?:i love|i loved)",
            r"look after my (?:kids|dog|cat|mom)",
            r"suicide note",
            r"(?:dont|do not|doesnt|not) (?:feel )?safe (?:with|from|by|around|alone|tonight)",
            r"cant keep (?:my|him|her) ?self safe",
            r"(?:ending|end) things\b",
            r"ending (?:it|everything)",
            r"thoughts? of (?:hurting|harming|dying|ending|killing)",
            r"got all the pills",
            r"have all (?:the|my) pills",
        ),
    ),
    # Too much of anything, or the wrong thing inside: antidotes work early.
    Group(
        "poison",
        red=(
            r"overdos(?:e|ed|ing)\b",
            r"od(?:ed|ing)\b",
            r"poisoned",
            r"poisoning\b",
            r"carbon monoxide",
            r"co alarm",
            rf"(?:took|taken|taking|take|swallowed|ate|drank|had|used|given|gave)\b[^,]{{0,30}}\b(?:too"
            r" many|too much|whole bottle|entire bottle|bunch of|handful|double|twice|a lot of|several"
            rf"|extra|by mistake|by accident)\b[^,]{{0,40}}\b{_MEDICINE}\b",
            rf"(?:took|taken|taking|swallowed|had)\b[^,]{{0,30}}\b{_MEDICINE}\b[^,]{{0,25}}\b(?:by mistake"
            r"|by accident|twice(?! (?:a|this|in|per|daily))|double|at once|more than|all of (?:them|it))",
            r"(?:took|taken|swallowed) (?:all (?:of |the )?(?:my|the|his|her|them|it|those)|everything|a"
            rf" lot of|the rest|the whole)\b(?=.{{0,60}}(?:{_MEDICINE}|hands|tonight|ago|sleepy|at once"
            r"|now))",
            rf"{_MEDICINE}\b.{{0,30}}\b(?:are |is |were )?(?:all gone|empty)\b",
            r"empty (?:pill )?bottle",
            r"bottles? (?:is )?empty",
            r"(?:took|taken) something (?:before bed|to sleep forever|last night|tonight|earlier)",
            rf"{_CHILD}\b.{{0,40}}\b{_SWALLOWED}\b.{{0,45}}\b{_HARMFUL}\b",
            rf"{_SWALLOWED} (?:\w+ ){{0,4}}?(?:batter(?:y|ies)|magnets?|{_CHEMICAL})",
            r"(?:button|round|disc) batter\w+",
            r"magnets\b.{0,60}swallow\w*",
            r"(?:sugars?|glucose|cgm|meter)\b[^\d/]{0,30}\b(?:[1-4]\d|5[0-4]|3[5-9]\d|[4-9]\d\d)\b(?! ?(?:/"
            r"|%|percent|years|min|days|a month|carbs|grams))",
            r"(?:sugar|glucose|meter)\b.{0,30}\b(?:reads?|reading|says|saying|error) (?:just )?(?:says"
            r" )?hi\b",
            r"(?:someone elses|neighbou?rs|mothers|husbands|wifes|moms|dads|brothers) (?:\w+ )?(?:vial"
            rf"|bottle|insulin|{_MEDICINE})\b.{{0,40}}\b(?:took|taken|inject\w*|by mistake|days)",
            r"(?:taken|taking|took|injecting) (?:my |the )?(?:neighbou?rs|someone elses|mothers|husbands"
            rf"|wifes|moms|dads|brothers|wrong) (?:\w+ )?(?:insulin|{_MEDICINE})",
            r"(?:stopped|quit|quitting|no) (?:drinking|alcohol|booze)\b(?=.{0,90}(?:shak|sweat|see|saw"
            r"|spiders|throw|threw|hands|wall|people))",
            r"put something in my drink",
            r"drugged",
            r"spiked",
            r"(?:took|taken|swallowed|ate|had|popped) (?:about |like |around )?(?:[1-9]\d|ten|twelve"
            rf"|fifteen|twenty|thirty|forty|fifty)\w* (?:of (?:my|his|her|the|them) )?(?:\w+ )?{_MEDICINE}",
            r"(?:drank|swallowed|sipped) (?:\w+ ){0,3}?(?:perfume|lamp oil|hand sanitizer|sanitizer"
            r"|mouthwash|polish|fluid|cleaner|bleach)",
            r"(?:took|taken|given|gave|had) (?:\w+ ){0,4}?(?:double|twice|wrong|10 times|ten times) (?:the"
            r"|my|his|her|medicine|dose|amount|as much)",
            r"double dose\b(?=.{0,60}(?:dizzy|sleepy|sick|shak|now|drows|slow|faint|today|this))",
            r"high\b.{0,15}\bcant (?:move|breathe)",
            r"(?:\d|two|three|four|five|ten) times (?:my|the|his|her) (?:\w+ )?(?:dose|insulin|amount)",
        ),
        amber=(
            r"furnace",
            r"gas heater",
            r"new heater",
            r"metal taste",
            r"taste metal",
            r"ringing in (?:my|his|her) ears",
            r"ears (?:are )?(?:ringing|screaming)",
            r"shaking",
            r"shaky",
            r"the shakes",
            r"trembling",
            r"hands flap",
            r"(?:seeing|saw) (?:things|stuff|spiders|faces|people)",
            r"spiders",
            r"hallucinat\w+",
            r"picking at things",
            r"double (?:up|dose)",
            r"more than (?:it|the (?:label|bottle)) says",
            r"(?:took|taken) (?:too many|too much|extra|double)",
            r"seeing (?:bugs|shadows|things)",
            r"things (?:that are|thats) not there",
            r"hear(?:s|ing)? (?:voices|things)",
            r"another voice",
            r"being watched",
        ),
    ),
    # Sight lost, a burned or pierced eye: the first hour decides what comes back.
    Group(
        "eyes",
        red=(
            rf"{_CHEMICAL}\b.{{0,60}}\b(?:eyes?|in (?:my|his|her) (?:left|right|one))\b",
            rf"eyes?\b.{{0,40}}\b{_CHEMICAL}\b",
            rf"{_CANNOT} see(?: a thing| anything(?! wrong)| at all| much| out of (?:my|his|her|the|one|it)"
            r"| (?:from|with|in) (?:my|one|the|that|his|her) (?:\w+ )?eye| the (?:left|right)| my (?:hand"
            r"|fingers))\b",
            r"cant count (?:my |his |her )?fingers",
            r"see from that eye",
            r"(?:lost|losing|sudden loss of|loss of) (?:\w+ ){0,2}?(?:vision|sight|eyesight)",
            r"(?:vision|sight|eyesight)(?: is|s| has| just)?(?: \w+)? (?:gone|went|black|dark|disappear\w*"
            r"|missing)\b",
            r"half my sight",
            r"(?:went|gone|going|suddenly) blind\b(?! as)",
            r"seeing less (?:each|every|and)",
            r"(?:curtain|veil|shadow)\b.{0,30}\b(?:eye|vision|sight|came down|coming down|across)",
            r"sudden\w*\b[^,]{0,25}\b(?:blur\w*|floaters|flash\w*|double)",
            r"(?:everything|all i can see)\b.{0,15}\b(?:is white|white|black|fog)\b",
            r"nothing from the (?:left|right)",
            r"(?:flew (?:in|into)|poked (?:him|her|me|myself)? ?in|stabbed|hit (?:\w+ )?in|stuck in|metal"
            r" in|glass in|went in|caught) (?:my |his |her |the |one )?(?:left |right )?eyes?\b(?! (?:exam"
            r"|doctor|clinic|level))",
            r"eye\b[^,]{0,25}\b(?:torn|pushed forward|bulg\w+|like a stone|rock hard|hard as)\b",
            r"pupils?\b.{0,25}\b(?:teardrop|shaped?|blown|uneven|bigger|huge|tiny)\b",
            r"(?:since|after)\b.{0,25}\b(?:injection|cataract|surgery|lasik)\b.{0,60}\b(?:eye )?(?:throb\w*"
            r"|scarlet|worse each|less each)",
            r"white layer",
            r"(?:glued|stuck|clamped|swelled|swoll?en) (?:\w+ )?shut\b",
            r"(?:eyes?|lids?)\b.{0,20}\b(?:cant|wont) (?:\w+ ){0,2}?open",
            r"wont open (?:them|it|his|her)",
            r"cant (?:keep it |get it )?open (?:it|my eye|his eye|her eye)",
            r"cant keep it open",
            r"(?:splash\w*|spray\w*|squirt\w*|spill\w*|got)\b.{0,30}\b(?:in|into|on) (?:both |my |his |her "
            r"|one |the )*eyes?\b(?! (?:drops|exam))(?<!drops in my eyes)",
            r"cant see (?:right|straight|properly)\b",
            r"everything (?:went|is going|goes) (?:black|dark|gr[ae]y|white)",
            r"half (?:of )?(?:my|his|her) vision",
            r"(?:metal|glass|wire|wood|nail|splinter|shaving|shard|stick|branch|fragment)\b.{0,40}\b(?:in"
            r"|into|hit|poked|through|scratched) (?:my|his|her|the|one)? ?(?:left |right )?eye(?:ball)?\b",
            r"(?:hit|struck|caught|poked|stabbed) (?:him|her|me|my|his) (?:\w+ )?(?:in the )?eye\b",
            r"snapped\b.{0,30}\beye\b",
            r"blood in the colou?red",
        ),
        amber=(
            r"halos",
            r"sparkles",
            r"flashing lights",
            r"flashes",
            r"floaters?\b",
            r"blurr?ed spots",
            r"spots in (?:front|my vision)",
            r"blurry",
            r"blurred",
            r"halos around",
            r"eyes?\b[^,]{0,15}\b(?:pain\w*|hurts?|killing|aches?|scarlet|throb\w*)",
            r"(?:black|dark) (?:specks|spots|dots)",
            r"cobweb",
            r"smoke across",
            r"shower of",
            r"light (?:is )?(?:brutal|hurts|agony)",
            r"sees? double",
        ),
    ),
    # Babies tire out silently, and in pregnancy two lives are at stake.
    Group(
        "baby",
        red=(
            r"(?:havent|hasnt|not|cant|no|stopped|less) (?:\w+ )?(?:felt?|feeling) (?:the |my )?(?:baby|him"
            r"|her|it|twins|movement)",
            r"baby (?:hasnt|isnt|not|stopped|wont) (?:\w+ )?(?:mov\w+|kick\w*|breath\w*|wak\w+)",
            r"no (?:fetal )?movement",
            r"(?:no|hasnt had a) wet (?:diapers?|napp(?:y|ies))",
            r"hasnt (?:fed|nursed|woken for)",
            r"(?:wont|refus\w+|doesnt) (?:\w+ )?(?:nurse\b|latch\b|take (?:his|her|the|a) bottle|wake (?:up"
            r" )?to feed)",
            r"too sleepy to",
            r"(?:my )?waters? (?:just )?broke\b",
            r"trickle of water",
            r"(?:cord|loop|something)\b.{0,20}\bhanging out",
            r"(?:got|was|been) shaken",
            r"sunken (?:eyes|soft ?spot|fontanel\w*)",
            r"eyes sunk",
            r"soft spot\b",
            r"fontanel\w*",
            r"inconsolabl\w+",
            r"high[ -]pitched (?:cry|scream)",
            r"contractions?\b(?=.{0,40}(?:apart|minutes|min|early|every|strong|wks|weeks))",
            r"leaking (?:fluid|water)\b(?=.{0,60}(?:wks|weeks|preg|baby))",
            r"cant (?:wake|feed) (?:the |my )?baby",
        ),
        amber=(
            r"(?:[1-9]|1[01]|one|two|three|four|five|six|seven|eight|nine|ten|eleven)[ -](?:days?|weeks?"
            r"|wks?|months?|mo|mos)[ -]old",
            r"(?:hes|shes|is|he is|she is) (?:only )?(?:[1-9]|two|three|four|five|six|seven|eight|nine|ten"
            r"|eleven) (?:days|weeks|wks|months|mo|mos)\b",
            r"newborn",
            r"\d{1,2} ?(?:weeks?|wks?|w|months?|mo) (?:pregnant|preg|along)\b",
            r"(?:2\d|3\d|4[01]) ?(?:wks?|weeks)\b(?! (?:ago|later|out|post|from|since|old|away|into|now|in"
            r"|for))",
            r"(?:im|shes|is|wife is|now) (?:\w+ )?preg(?:nant)?\b",
            r"gave birth",
            r"pregnan(?:t|cy test)",
            r"under (?:my|the|her) (?:right |left )?ribs",
        ),
    ),
    # A twisted testicle, a lasting erection or a crushed spinal nerve is lost within hours.
    Group(
        "pelvis",
        red=(
            r"(?:testicles?|testes|scrotum|one (?:of my |of his )?balls?|(?:my|his) (?:left |right )?balls?"
            r"|(?:his|my) privates)\b.{0,40}\b(?:pain\w*|swollen|swell\w*|hurt\w*|hard|twist\w*|kill\w*"
            r"|excruciat\w*|agony|higher)\b",
            r"(?:pain\w*|swollen|sudden\w*|hurts?|twisted|kicked)\b[^,]{0,30}\b(?:testicles?|scrotum"
            r"|privates)\b",
            r"torsion",
            r"erection\b.{0,40}\b(?:hours?|wont|still|pain\w*)",
            r"priapism",
            r"(?:saddle|between (?:my|his|her) legs|around (?:my|his|her) (?:bottom|bum|butt|genitals)"
            rf"|when i wipe)\b.{{0,40}}\b{_NUMB}",
            rf"{_NUMB}.{{0,50}}\b(?:saddle|when i wipe|between (?:my|his|her) legs|around (?:my|his|her)"
            r" (?:bottom|bum|butt))",
            r"feeling between (?:my|his|her) legs",
            rf"{_CANNOT} (?:\w+ )?(?:pee|urinate|pass (?:any )?(?:water|urine)|start (?:a|the|my) stream"
            r"|control (?:my|his|her) (?:bladder|bowels?))\b",
            r"(?:wet|messed|soiled|wetting) (?:my|him|her) ?self",
            r"lost control of (?:my|his|her) (?:bladder|bowels?)",
            rf"{_NUMB} down (?:there|below)",
            r"cant feel (?:when|myself|anything) (?:\w+ ){0,2}?(?:wip\w+|pee\w*|down there)",
            r"lost (?:my )?(?:bowels?|bladder)",
            r"incontinent\b(?=.{0,40}(?:sudden|since|legs|back|now))",
            r"privates? (?:r |are |is |feels? )?numb",
            r"leaked\b.{0,25}\bwithout feel\w+",
        ),
        amber=(
            r"barely (?:gone|peed)",
            r"pee is (?:the )?(?:colou?r of )?(?:cola|brown|tea|dark)",
            r"bladder",
            r"(?:havent|hasnt|not) peed",
            r"no pee\b",
            r"belly (?:is |so |really |blown )*(?:huge|big|swollen|tight)\b",
        ),
    ),
    # Sepsis, dead tissue, a burst organ, heat stroke: quick, and often taken for a bug.
    Group(
        "collapse",
        red=(
            rf"{_BELLY}\b[^,]{{0,30}}\b(?:rigid|board|rock hard|hard as|tight as a drum|like a drum|hard"
            r" like|gone hard|is hard|so hard|board-like)\b",
            r"(?:skin|toes?|fingers?|nipple|foot|hand|leg|wound|edges)\b[^,]{0,30}\b(?:turn\w*|went|gone"
            r"|going|is|are)\b.{0,12}\b(?:black|dead white|marbled|mottled|cold and|cold n)\b",
            r"gr[ae]y skin",
            r"mottled",
            r"skin\b.{0,20}\b(?:coming off|falling off|sliding off)",
            r"blister\w*\b.{0,40}\b(?:lips|mouth|eyes)\b",
            rf"{_LIMB}\b[^,]{{0,25}}\b(?:cold|white|purple|blue|pale)\b.{{0,40}}\b(?:{_NUMB}|no feeling"
            r"|cant feel|cant move|dead)",
            r"(?:stopped|not) sweating",
            r"skin\b.{0,15}\b(?:bone dry|like an oven|dry and hot)",
            r"heat ?stroke",
            r"(?:temp(?:erature)?|fever)\b.{0,8}\b10[4-9](?:\.\d)?\b",
            r"(?:dots|spots|rash|bruis\w+)\b.{0,40}\b(?:blanch|purple|glass test|tiny bruises)",
            r"purple (?:spots|rash)",
            r"(?:vomit\w*|throwing up|puking) (?:\w+ )?(?:green|bile)",
            r"green vomit",
            r"smells? (?:rotten|like (?:stool|death))",
            r"smells? (?:\w+ )?rotten",
            r"i(?:m| am) dying\b(?! (?:to|of|for|over|laughing))",
            r"think (?:im|hes|shes|i am) dying",
            r"(?:should|do|need|want|whether|going|about) (?:\w+ )?(?:to )?call (?:911|999|an ambulance|the"
            r" ambulance)",
            r"need an ambulance",
            r"dont call an ambulance",
            r"something (?:is )?(?:very |really |bad )?(?:wrong|bad) (?:is )?(?:about to|going to) happen",
            r"sepsis",
            r"septic",
            r"shaking chills",
            r"streaks? (?:\w+ ){0,3}?up",
            r"(?:third|3rd) degree",
            r"charred",
            r"electrocuted",
            r"snake ?bit\w*",
            r"bitten by a (?:snake|spider)",
            r"crushed (?:my|his|her)",
            r"blowing up like",
            r"(?:blew|blown|ballooned) up",
            r"swell\w* (?:really |very |so )?(?:fast|rapidly|quickly|by the (?:hour|minute))",
            r"rapid(?:ly)? swell\w*",
        ),
    ),
    # Common by themselves; a danger together with a sign of another group.
    Group(
        "fever",
        amber=(
            r"(?:fever|temp\w*|running)\b[^,]{0,15}\b(?:10[2-4](?:\.\d)?|39\.\d|4[01]\.\d)\b",
            r"high fever",
            r"burning up",
            r"burning hot",
            r"boiling hot",
            r"roasting hot",
            r"on fire",
            r"fever\w*",
            r"chills",
            r"rigors?",
            r"shiver\w*",
            r"(?:temp\w*|fever)\b.{0,12}\b(?:100\.[4-9]|101(?:\.\d)?|38\.\d)\b",
        ),
    ),
    Group(
        "vomiting",
        amber=(
            r"vomit\w*",
            r"throw(?:ing)? up",
            r"threw up",
            r"thrown up",
            r"puk\w+",
            r"been sick",
            r"sick to my stomach",
            r"heaving",
            r"keep (?:\w+ )?(?:water|anything|fluids|liquids) down",
            r"cant stop (?:vomiting|throwing up|puking)",
            r"(?:vomiting|throwing up) (?:nonstop|non stop|all night|everything)",
        ),
    ),
    Group(
        "pain",
        amber=(
            r"unbearable",
            r"excruciat\w*",
            r"agony",
            r"screaming pain",
            r"worst pain",
            r"10/10",
            r"out of this world",
            r"huge pain",
            r"hurts so bad",
            r"severe pain",
            r"sudden (?:sharp )?pain",
            r"sharp pain",
            r"stabbing",
        ),
    ),
    Group(
        "infection",
        amber=(
            r"spread\w*\b.{0,25}\b(?:fast|hours?|up (?:my|his|her)|over|cheek|arm|leg)",
            r"scarlet",
            r"red streaks?",
            r"streaky",
            r"smells? (?:bad|foul)",
            r"stinks",
            r"rotten",
            r"twice the size",
            r"double the size",
            r"rock hard",
            r"size of a (?:grapefruit|melon|football)",
            r"shoulder ?tip",
            r"top of my shoulder",
            r"eyes are yellow",
            r"yellow (?:eyes|about the eyes)",
            r"doubled in size",
            r"(?:twice|3x|three times) (?:as big|its size|the size|size)",
            r"bigger (?:every|by the)",
        ),
    ),
    Group(
        "sleepless",
        amber=(
            r"(?:havent|hasnt|not|no) (?:slept|sleep|sleeping)\b.{0,20}\b(?:days?|nights?|nites?|since|week)",
            r"(?:days?|nights?|nites?) (?:of |with )?no sleep",
        ),
    ),
    Group(
        "frailty",
        amber=(
            r"diabetic",
            r"insulin",
            r"chemo\w*",
            r"dehydrat\w*",
            r"so thirsty",
        ),
    ),
    # Violence going on now, or an order to hurt somebody: there may be one chance to write.
    Group(
        "violence",
        red=(
            r"(?:he|she|they|husband|boyfriend|partner|ex|dad|stepdad|father)\b.{0,30}\b(?:strangl\w*"
            r"|chok\w*|beat\w*|punch\w*|hits?|threaten\w*|kicked) (?:me|us)\b(?! (?:with|up|for))",
            r"(?:going to|gonna|will|would|hell|said hed) (?:kill|hurt|shoot|stab|finish) (?:me|us|it|her"
            r"|him)\b",
            r"(?:hes|shes|he is|ex|boyfriend|husband|partner|stepdad|dad|father)\b.{0,50}\b(?:outside"
            r" (?:the|my|right)|parked outside|on the porch|at (?:the|my) door|kicking|coming up the|on my"
            r" street|found where|found me|has my (?:car|keys)|has a (?:gun|knife)|looking for me|spare key)",
            r"(?:got|has) my keys",
            r"cant talk out loud",
            r"hiding (?:in|under|from)",
            r"sexually assault\w*",
            r"raped?\b",
            r"call the police",
            r"dont want (?:the )?police",
            r"voices\b(?!.{0,20}\b(?:quiet|gone|not))[^,]{0,40}\b(?:tell|telling|want|say|saying|started)",
            r"(?:voices?|god|he|they)\b.{0,30}\b(?:told|telling|wants?) me to (?:hurt|kill|dig|bring my"
            r"|jump)",
            r"god(?:s| is)? (?:told|telling)",
            r"(?:going to|gonna|want to|make sure|have to) (?:kill|hurt|harm|stab|shoot) (?:him|her|them"
            r"|someone|somebody|people|the baby|my (?:kids|baby|wife|husband|mom|dad))\b",
            r"take care of (?:it|him|her) tonight",
            r"(?:radio|tv) (?:said|told)",
            r"cameras in my",
            r"(?:afraid|scared|terrified) (?:to go home|of (?:him|my (?:husband|boyfriend|partner|ex|dad"
            r"|stepdad)))",
            r"(?:locked|trapped) (?:me )?in (?:the|my|a) (?:bath|bed|room|house|car|closet)",
            r"(?:hes|shes|he has|she has) (?:got )?a (?:gun|knife)",
            r"(?:hurting|hitting|abusing) (?:me|us|him|her|the (?:kids|baby))",
            r"help me (?:please )?he\b",
        ),
    ),
)
