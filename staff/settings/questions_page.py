"""The common questions of a practice, for its managers: their answers, and which were asked without one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inbox.common_questions import (
    LONGEST_ANSWER,
    LONGEST_TITLE,
    MOST_OWN,
    PracticeQuestion,
    QuestionChangedError,
    count_unanswered,
    delete_question,
    find_problem,
    read_questions,
    save_question,
)
from inbox.models import Role, now
from intake.vocabulary import Language, Weekday
from staff.auth.access import open_to
from staff.settings.page_actions import (
    APPLIES,
    NOTHING_CHANGED,
    Refusal,
    current_services,
    practice_in_file,
    record_audit,
)
from templates.opening_hours import (
    HOURS_ANSWER,
    HOURS_QUESTION,
    MEND,
    VARIABLE,
    find_contradiction,
    say_hours,
)
from templates.saved_replies import find_blanks

blueprint = Blueprint("common_questions", __name__, url_prefix="/staff/settings")

COUNTED_FOR = timedelta(days=90)
OVERTAKEN = "Not saved: someone changed this question after you opened the page. Your words are still here. Save again."


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """A question that was not saved, and why."""

    question: PracticeQuestion
    problem: str


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
    """Show which questions were asked without an answer, as counts: no patient's words."""
    practice = practice_in_file(slug)
    with current_services().database.write() as session:
        titles = {question.key: question.title for question in read_questions(session, slug)}
        counts = count_unanswered(session, slug, now() - COUNTED_FOR)
        record_audit(session, slug, "questions_viewed")
    rows = [(titles.get(count.key, "A deleted question"), count) for count in counts]
    return render_template("staff/questions_asked.html", practice=practice, rows=rows, days=COUNTED_FOR.days)


def _find_problem(typed: PracticeQuestion, known: Mapping[str, PracticeQuestion]) -> str:
    """Return why what was typed cannot be stored beside the questions that are, empty if it can."""
    if not typed.key and sum(question.is_own for question in known.values()) >= MOST_OWN:
        return f"There are {MOST_OWN} questions of your own already. Delete one first."
    if blanks := [blank for answer in (typed.answer, typed.answer_es) for blank in find_blanks(answer)]:
        return f"Replace {blanks[0]} with words: only [our hours] is filled in, and patients would read it as it is."
    if any("{{" in VARIABLE.sub("", answer) for answer in (typed.answer, typed.answer_es)):
        return "Only {{ hours }} can stand in an answer; patients would read anything else in braces as it is."
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


def _render(slug: str, unsaved: _Unsaved | None = None) -> str:
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
        longest=LONGEST_ANSWER,
        longest_title=LONGEST_TITLE,
        hours_answer=HOURS_ANSWER,
        hours_said=say_hours(_hours_of(slug), Language.EN),
        contradiction=next(
            (find_contradiction(found.answer, _hours_of(slug)) for found in questions if found.key == HOURS_QUESTION),
            "",
        ),
    )
