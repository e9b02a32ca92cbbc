"""The prompts for generating messages."""

from __future__ import annotations

import json
from dataclasses import asdict

from training.data.labels import labeling_guide
from training.data.rendering import SLOTS
from training.generation.parsing import LONGEST, SHORTEST
from training.generation.plan import DraftBatch
from training.generation.recipe import Purpose
from training.llm.chat import Question

_TASK = """\
You write messages that people send to healthcare practices in the United States. They train and test a program \
that sorts such messages by intent. All of it is fiction."""

_STYLE: dict[Purpose, str] = {
    "training": """\
Write as patients do, each of them another person: vary how messages begin, how long they are, how directly they \
come to the point and which details they give. Most are one to three sentences; text messages and chats may be a few \
words.""",
    "test": """\
These messages test a program that was trained on plain, direct ones, so write in a deliberately different style: \
let the purpose show through what is told and not through the words that name it, come to it late or in passing, \
use turns of phrase, regional and professional language, quotations of what was said at the desk, half sentences, and \
stories of uneven length. The intent has to be certain all the same to somebody who reads with care.""",
}

_FORM = f"""\
Every draft names what its message has to be:
- channel: sms is a text message; voicemail a transcript of speech, without typing errors, with the words of somebody \
who speaks; chat a line typed into a web site's chat; web_form what is left in a contact form; email the body of a mail.
- tone: how the writer feels. age: who writes; parent is the parent of a patient who is a child.
- realism: polished is written with care; casual as one texts, small letters and loose punctuation included; messy \
has typing errors, abbreviations, missing words and afterthoughts.
- near: where it names an intent, the message comes so close to it that a hasty reader would give it that label, \
while by the rules the right one is still the draft's own. Where it is null, the case is clear.

Never write a personal value: no name, date, number, address, amount or company of anybody. Write a slot instead, in \
braces, and only these: {", ".join(f"{{{slot}}}" for slot in sorted(SLOTS))}. About half of the messages have one or \
more, where a person would give the value. A voicemail has them too. Do not write a title before {{provider_name}}.

A message is one line of {SHORTEST} to {LONGEST} characters, in English, without a label or a comment.

Answer with one JSON object and nothing else: {{"messages": [{{"number": 1, "intent": "...", "practice": "...", \
"channel": "...", "tone": "...", "age": "...", "text": "..."}}]}}, with one entry for every draft, each of them \
repeating the draft's number, intent, practice, channel, tone and age."""


def build_question(batch: DraftBatch, purpose: Purpose, max_output_tokens: int) -> Question:
    """Return the request for one batch."""
    drafts = [json.dumps({"number": number, **asdict(draft)}) for number, draft in enumerate(batch.drafts, start=1)]
    user = "\n".join([f"Write {len(drafts)} messages as JSON, no two of them alike, by these drafts:", *drafts])
    system = "\n\n".join([_TASK, _STYLE[purpose], labeling_guide(), _FORM])
    return Question(system, user, max_output_tokens)
