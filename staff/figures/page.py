"""The figures page: how many messages a practice gets, when, about what, and how soon they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, render_template, request

from inbox.audit.trail import record_action
from inbox.models import Role, now
from intake.practices import Practice
from staff.auth.access import first_practice, member, open_to, own_practice
from staff.figures.charts import draw_chart
from staff.figures.csv_files import write_all, write_one
from staff.figures.period import PRESETS, Period, PeriodMistakeError, read_period
from staff.figures.queries import read_figures
from staff.figures.statistics import LEAST
from staff.figures.tables import count_messages, headlines, period_tables, standing_table, telling_part
from web.services import services_of

blueprint = Blueprint("figures", __name__, url_prefix="/staff/figures")


@dataclass(frozen=True, slots=True)
class FigureFilter:
    """What the page covers: a practice and a period, at a moment."""

    practice: Practice
    period: Period
    moment: datetime

    @property
    def query(self) -> dict[str, str]:
        """The part of an address that asks for the same."""
        return {"practice": self.practice.slug, **self.period.query}


@blueprint.get("")
@open_to(Role.MANAGER)
def page() -> str:
    """Show the figures."""
    choice = _read_choice()
    with services_of(current_app).database.read() as session:
        figures = read_figures(session, choice.practice, choice.period, choice.moment)
    tables = period_tables(figures, has_hours=bool(choice.practice.hours))
    return render_template(
        "staff/figures.html",
        choice=choice,
        practices={slug: services_of(current_app).practices.require(slug).name for slug in member().practices},
        presets=PRESETS,
        least=LEAST,
        headlines=headlines(figures, choice.moment),
        is_empty=not count_messages(figures),
        standing=standing_table(figures, choice.moment),
        tables=tables,
        telling_part=telling_part,
        draw_chart=draw_chart,
    )


@blueprint.get("/figures.csv")
@open_to(Role.MANAGER)
def export() -> Response:
    """Return a table, or all of them, as a CSV file: counts, and names of members, but nothing of a patient."""
    choice, wanted = _read_choice(), request.args.get("table", "")
    with services_of(current_app).database.write() as session:
        figures = read_figures(session, choice.practice, choice.period, choice.moment)
        tables = [
            standing_table(figures, choice.moment),
            *period_tables(figures, has_hours=bool(choice.practice.hours)),
        ]
        chosen = [table for table in tables if wanted in ("", table.key)] or abort(400, "There is no such table.")
        record_action(
            session,
            staff_id=member().id,
            practice=choice.practice.slug,
            action="exported",
            subject="figures",
            table=wanted or "all",
            **choice.period.query,
        )
    response = Response(write_one(chosen[0]) if wanted else write_all(chosen), mimetype="text/csv")
    name = f"figures-{choice.practice.slug}-{wanted or 'all'}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _read_choice() -> FigureFilter:
    practice, moment = own_practice(request.args.get("practice") or first_practice()), now()
    try:
        return FigureFilter(practice, read_period(request.args, practice.time_zone, moment), moment)
    except PeriodMistakeError as mistake:
        abort(400, str(mistake))
