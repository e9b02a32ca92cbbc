"""The common questions of a practice, for its managers: their answers, and which were asked without one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inbox.models import Role, now
from inbox.practices.common_questions import (
    LONGEST_ANSWER,
    LONGEST_PHRASING,
    LONGEST_TITLE,
    MOST_OWN,
    PracticeQuestion,
    QuestionChangedError,
    count_unanswered,
    delete_question,
    find_problem,
    list_unanswered,
    read_questions,
    save_question,
)
from intake.errors import IntakeError
from intake.practices import Practice
from intake.vocabulary import Language, ReplyName, Weekday, reply_in
from staff import display
from staff.auth.access import open_to
from staff.settings.page_actions import (
    APPLIES,
    NOTHING_CHANGED,
    Refusal,
    current_services,
    practice_in_file,
    record_audit,
)
from tasks.understanding.question_trial import Trial, try_text
from tasks.understanding.questions import join_answers
from templates.opening_hours import (
    HOURS_ANSWER,
    HOURS_QUESTION,
    HOURS_QUESTIONS,
    MEND,
    VARIABLE,
    fill_hours,
    find_contradiction,
    say_hours,
)
from templates.plain_words import show_words
from templates.replies import Occasion, render_reply
from templates.saved_replies import find_blanks

blueprint = Blueprint("common_questions", __name__, url_prefix="/staff/settings")

COUNTED_FOR = timedelta(days=90)
LISTED = 50
OVERTAKEN = "Not saved: someone changed this question after you opened the page. Your words are still here. Save again."


DELETED = "A deleted question"
NEAR = "it is not clear enough that it asks the nearest. Add the sentence there if patients ask it this way:"
NOT_NEAR = "it comes near none of the questions. The nearest:"
WITHHELD = (
    "the message may be clinical, urgent, or a complaint, may ask for more, or may be about a patient’s own case, so a"
    " person answers it."
)


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """A question that was not saved, and why."""

    question: PracticeQuestion
    problem: str


@dataclass(frozen=True, slots=True)
class _Tried:
    """A text that was tried, and what it would get.

    Attributes:
        text: what was typed.
        problem: why it could not be tried; empty if it could.
        said: what would be sent and why, in sentences.
        nearest: the questions that it asks, or the one that it is nearest to.
        reply: what the patient would read; empty for no answer.
        language: the language of that.
    """

    text: str
    problem: str = ""
    said: str = ""
    nearest: Sequence[PracticeQuestion] = ()
    reply: str = ""
    language: str = Language.EN


@blueprint.get("/<slug>/questions")
@open_to(Role.MANAGER)
def page(slug: str) -> str:
    """Show the questions with their answers."""
    practice_in_file(slug)
    return _render(slug)


@blueprint.post("/<slug>/questions")
@open_to(Role.MANAGER)
def save(slug: str) -> Response | Refusal:
    """Save one question."""
    practice_in_file(slug)
    try:
        with current_services().database.write() as session:
            known = {question.key: question for question in read_questions(session, slug)}
            key = request.form.get("key", "")
            if key and key not in known:
                abort(404)
            typed = _read_form(known.get(key))
            if request.form.get("use") == HOURS_QUESTION:
                typed = replace(typed, answer=HOURS_ANSWER)
            problem = _find_problem(typed, known)
            if not problem:
                saved = save_question(session, slug, typed, request.form.get("before", ""))
                record_audit(session, slug, "question_saved", question=saved)
    except QuestionChangedError:
        problem = OVERTAKEN
    if problem:
        return _render(slug, _Unsaved(typed, problem)), 422
    flash(f"Saved “{typed.title}”. {APPLIES}")
    if typed.key == HOURS_QUESTION and (contradiction := find_contradiction(typed.answer, _hours_of(slug))):
        flash(f"{contradiction} {MEND}")
    return redirect(url_for(".page", slug=slug), 303)


@blueprint.post("/<slug>/questions/try")
@open_to(Role.MANAGER)
def try_question(slug: str) -> str | Refusal:
    """Show which answer a sentence would get from the saved questions; it is not stored."""
    practice_in_file(slug)
    text = " ".join(request.form.get("tried", "").split())
    if not text or len(text) > LONGEST_PHRASING:
        problem = f"Write a question of 1 to {LONGEST_PHRASING} characters. Longer messages go to a person."
        return _render(slug, tried=_Tried(text, problem)), 422
    with current_services().database.read() as session:
        questions = read_questions(session, slug)
    found = try_text(current_services().settings, questions, text)
    return _render(slug, tried=_judge_trial(text, found, questions, current_services().practices.require(slug)))


@blueprint.post("/<slug>/questions/delete")
@open_to(Role.MANAGER)
def delete(slug: str) -> Response:
    """Delete a question of the practice's own, or reset one of the starter set."""
    practice_in_file(slug)
    key = request.form.get("key", "")
    with current_services().database.write() as session:
        was_there = delete_question(session, slug, key)
        if was_there:
            record_audit(session, slug, "question_deleted", question=key)
    flash(f"Removed. {APPLIES}" if was_there else NOTHING_CHANGED)
    return redirect(url_for(".page", slug=slug), 303)


@blueprint.get("/<slug>/questions/asked")
@open_to(Role.MANAGER)
def asked(slug: str) -> str:
    """Show which questions were asked without an answer, counted and one by one: no patient's words."""
    practice = practice_in_file(slug)
    with current_services().database.write() as session:
        titles = {question.key: question.title for question in read_questions(session, slug)}
        counts = count_unanswered(session, slug, now() - COUNTED_FOR)
        latest = [
            (titles.get(row.key, DELETED), row, display.dated_clock(row.asked_at, practice.time_zone))
            for row in list_unanswered(session, slug, now() - COUNTED_FOR, LISTED)
        ]
        record_audit(session, slug, "questions_viewed")
    rows = [(titles.get(count.key, DELETED), count) for count in counts]
    return render_template(
        "staff/questions_asked.html", practice=practice, rows=rows, latest=latest, listed=LISTED, days=COUNTED_FOR.days
    )


def _judge_trial(text: str, found: Trial | None, questions: Sequence[PracticeQuestion], practice: Practice) -> _Tried:
    """Return what a text that was tried would get."""
    if found is None:
        return _Tried(text, "It could not be tried just now. Try again; if it stays so, tell whoever runs the server.")
    known = {question.key: question for question in questions}
    asked = [known[key] for key in found.keys if key in known]
    language = Language.ES if found.language == Language.ES else Language.EN
    answers = join_answers([question.answer for question in asked])
    spanish = join_answers([question.answer_es for question in asked]) if language is Language.ES else ""
    if not found.is_near:
        return _Tried(text, said=f"No answer would be sent: {NOT_NEAR}", nearest=asked)
    if not found.may_be_answered:
        return _Tried(text, said=f"No answer would be sent: {WITHHELD} The nearest question:", nearest=asked)
    if not found.is_clear:
        return _Tried(text, said=f"No answer would be sent: {NEAR}", nearest=asked)
    if not answers:
        lacks = "is too long with the others" if all(question.answer for question in asked) else "is not written yet"
        return _Tried(text, said=f"No answer would be sent, as it {lacks}. It asks:", nearest=asked)
    is_of_hours = not HOURS_QUESTIONS.isdisjoint(question.key for question in asked)
    moment, answer = now(), spanish or answers
    words = fill_hours(answer, practice, moment, language, is_text=True, is_of_hours=is_of_hours)
    try:
        name = reply_in(language, ReplyName.COMMON_QUESTION)
        reply = render_reply(name, practice, Occasion(moment, is_first=False, answer=words))
    except IntakeError:  # an answer that is too long with its wording is not sent, either
        return _Tried(text, said="No answer would be sent: the reply would be too long. It asks:", nearest=asked)
    return _Tried(text, said="This answer would be sent. It asks:", nearest=asked, reply=reply, language=language)


def _find_problem(typed: PracticeQuestion, known: Mapping[str, PracticeQuestion]) -> str:
    """Return why what was typed cannot be stored beside the questions that are, empty if it can."""
    if not typed.key and sum(question.is_own for question in known.values()) >= MOST_OWN:
        return f"There are {MOST_OWN} questions of your own already. Delete one first."
    if blanks := [blank for answer in (typed.answer, typed.answer_es) for blank in find_blanks(answer)]:
        return f"Replace {blanks[0]} with words: only [our hours] is filled in, and patients would read it as it is."
    if any("{{" in VARIABLE.sub("", answer) for answer in (typed.answer, typed.answer_es)):
        return "Only [our hours] is filled in; patients would read what stands in { } as it is. Leave it out."
    return find_problem(typed)


def _hours_of(slug: str) -> Mapping[Weekday, Sequence[str]]:
    """Return the opening hours that count now: those of the settings over those of the practices file."""
    return current_services().practices.require(slug).hours


def _read_form(known: PracticeQuestion | None) -> PracticeQuestion:
    lines = [" ".join(line.split()) for line in request.form.get("phrasings", "").splitlines()]
    is_own = known is None or known.is_own
    return PracticeQuestion(
        key=known.key if known else "",
        title=" ".join(request.form.get("title", "").split()) if known is None or is_own else known.title,
        phrasings=tuple(dict.fromkeys(filter(None, lines))),
        answer=_typed_answer("answer"),
        is_own=is_own,
        answer_es=_typed_answer("answer_es"),
    )


def _typed_text(name: str) -> str:
    """Return a field of several lines, whose line breaks browsers convert to CRLF."""
    return request.form.get(name, "").strip().replace("\r\n", "\n")


def _typed_answer(name: str) -> str:
    """Return an answer, in which the hours may be written as in the automatic replies."""
    return re.sub(r"\[our hours\]", "{{ hours }}", _typed_text(name), flags=re.IGNORECASE)


def _render(slug: str, unsaved: _Unsaved | None = None, tried: _Tried | None = None) -> str:
    practice = practice_in_file(slug)
    with current_services().database.write() as session:
        questions = read_questions(session, slug)
        record_audit(session, slug, "questions_viewed")
    return render_template(
        "staff/questions.html",
        practice=practice,
        questions=questions,
        blank=PracticeQuestion("", "", (), "", is_own=True),
        answered=sum(question.answer != "" for question in questions),
        unsaved=unsaved,
        tried=tried or _Tried(""),
        longest_tried=LONGEST_PHRASING,
        longest=LONGEST_ANSWER,
        longest_title=LONGEST_TITLE,
        hours_answer=HOURS_ANSWER,
        in_words=show_words,
        hours_said=say_hours(_hours_of(slug), Language.EN),
        contradiction=next(
            (find_contradiction(found.answer, _hours_of(slug)) for found in questions if found.key == HOURS_QUESTION),
            "",
        ),
    )
