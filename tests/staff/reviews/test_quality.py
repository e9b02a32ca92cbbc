"""How accurate the model is: estimates from reviews, their plots, and the page that shows both."""

from __future__ import annotations

import csv
import io
import math
import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.conversations.reviews import NONE_OF_THESE
from inbox.models import AuditEntry, Conversation, Message, Review, ReviewReason, now
from inbox.storage.presence import MODEL_LOST, Heartbeat
from intake.vocabulary import INTENTS, Channel
from staff.reviews import plots
from staff.reviews.plots import HEIGHT, WIDTH, Point, Texts
from staff.reviews.quality_statistics import (
    Bin,
    Judged,
    ModelReadiness,
    SelectedMessage,
    Share,
    at_threshold,
    by_time,
    calibration_error,
    confusion,
    judge_readiness,
    over_thresholds,
    reliability,
    share_right,
    weigh,
    wilson,
)
from tests.staff.conftest import Console, StartConsole

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXTS = Texts("some-key", "A <title>", "What & how", "across", "up")
SVG = "{http://www.w3.org/2000/svg}"


def judged(right: bool, confidence: float = 0.8, weight: float = 1.0, at: datetime = NOON) -> Judged:
    return Judged(at, "complaint", confidence, "complaint" if right else "billing_inquiry", weight)


def asked(confidence: float, rate: float, label: str | None = "complaint") -> SelectedMessage:
    return SelectedMessage(NOON, "complaint", confidence, rate, rate < 1, label)


# ---- estimates


@pytest.mark.parametrize(
    ("value", "count", "low", "high"),
    # from scipy.stats.binomtest(…).proportion_ci(method="wilson")
    [(0.5, 10, 0.236593, 0.763407), (1.0, 10, 0.722467, 1.0), (0.0, 5, 0.0, 0.434482), (0.9, 100, 0.825634, 0.944771)],
)
def test_wilsons_interval(value: float, count: int, low: float, high: float) -> None:
    assert wilson(value, count) == pytest.approx((low, high), abs=1e-5)


@given(st.floats(0, 1), st.floats(0.5, 1e6))
def test_an_interval_holds_its_share_and_stays_a_share(value: float, count: float) -> None:
    low, high = wilson(value, count)

    assert 0 <= low <= value + 1e-9
    assert value - 1e-9 <= high <= 1


def test_a_sampled_message_counts_for_those_that_were_not_drawn() -> None:
    found = weigh([asked(0.4, 1.0), asked(0.9, 0.02)])

    assert [message.weight for message in found] == [1, 50]


def test_what_is_not_labelled_yet_is_taken_to_be_like_the_rest_of_its_kind() -> None:
    found = weigh([asked(0.4, 1.0), asked(0.4, 1.0, None), asked(0.9, 0.5), asked(0.9, 0.5), asked(0.9, 0.5, None)])

    assert [message.weight for message in found] == [2, 3, 3]


def test_the_estimate_is_right_on_average() -> None:
    """Half of the unsure messages and nine in ten of the sure ones are right; a tenth of the sure ones are sampled."""
    chance = random.Random(7)
    population = [(0.4, place % 2 == 0) for place in range(2000)] + [(0.9, place % 10 > 0) for place in range(8000)]
    truth = sum(right for _, right in population) / len(population)
    shares, naive = [], []
    for _ in range(30):
        reviewed = [
            asked(confidence, 1.0 if confidence < 0.6 else 0.1, "complaint" if right else "billing_inquiry")
            for confidence, right in population
            if confidence < 0.6 or chance.random() < 0.1
        ]
        share = share_right(weigh(reviewed))
        assert share
        shares.append(share)
        naive.append(sum(message.label == message.intent for message in reviewed) / len(reviewed))

    assert sum(share.value for share in shares) / len(shares) == pytest.approx(truth, abs=0.005)
    assert sum(share.low <= truth <= share.high for share in shares) >= 26
    assert sum(naive) / len(naive) < truth - 0.1


def test_unequal_weights_make_an_interval_wider() -> None:
    even = share_right([judged(place % 4 > 0) for place in range(40)])
    uneven = share_right([judged(place % 4 > 0, weight=1 if place % 8 else 50) for place in range(40)])

    assert even
    assert uneven
    assert uneven.high - uneven.low > even.high - even.low


@pytest.mark.parametrize(
    ("right", "wrong", "is_ready"),
    [
        (199, 0, False),  # one review short
        (200, 0, True),
        (197, 3, True),  # 98.5%: the interval starts at 95.7%
        (196, 4, False),  # 98%: it starts at 94.97%
        (970, 30, True),  # 97% of a thousand: 95.8%
        (950, 50, False),
    ],
)
def test_replies_can_be_turned_on_when_reviewers_surely_agree_often_enough(
    right: int, wrong: int, is_ready: bool
) -> None:
    sampled = [asked(0.9, 0.02) for _ in range(right)] + [asked(0.9, 0.02, "billing_inquiry") for _ in range(wrong)]

    assert judge_readiness(sampled).is_ready is is_ready
    assert judge_readiness(sampled).count == right + wrong


def test_only_confident_messages_that_were_reviewed_count_for_turning_replies_on() -> None:
    unsure, waiting = [asked(0.4, 1.0) for _ in range(300)], [asked(0.9, 0.02, None) for _ in range(300)]

    assert judge_readiness([*unsure, *waiting, asked(0.9, 0.02)]).count == 1
    assert judge_readiness([]) == ModelReadiness(None, 0)


def test_of_nothing_nothing_is_known() -> None:
    assert share_right([]) is None
    assert weigh([asked(0.4, 1.0, None)]) == []
    assert reliability([]) == []
    assert calibration_error([]) == 0
    assert over_thresholds([]) == []
    assert at_threshold([], 0.5).right is None


def test_periods_come_in_their_order() -> None:
    found = by_time(
        [judged(True), judged(False), judged(True, at=NOON + timedelta(days=1))], lambda at: at.date().isoformat()
    )

    assert [(key, share.value, share.count) for key, share in found] == [("2026-03-02", 0.5, 2), ("2026-03-03", 1, 1)]


def test_confusion_counts_what_people_said_against_what_the_model_had_said() -> None:
    found = confusion([judged(True), judged(False), judged(False)])

    assert found == {("complaint", "complaint"): 1, ("billing_inquiry", "complaint"): 2}


def test_none_of_these_is_never_right() -> None:
    share = share_right([Judged(NOON, "complaint", 0.8, NONE_OF_THESE, 1.0)])

    assert share
    assert share.value == 0


def test_reliability_by_ranges_of_confidence() -> None:
    found = reliability([judged(True, 0.71), judged(False, 0.75), judged(True, 1.0), judged(True, 0.0)])

    assert [(bucket.low, bucket.high, bucket.right.value, bucket.right.count, bucket.weight) for bucket in found] == [
        (0.0, 0.1, 1.0, 1, 0.25),
        (0.7, 0.8, 0.5, 2, 0.5),
        (0.9, 1.0, 1.0, 1, 0.25),
    ]
    assert found[1].confidence == pytest.approx(0.73)


def test_the_calibration_error_weighs_how_far_each_range_is_off() -> None:
    share = Share(0.5, 0.2, 0.8, 10)

    assert calibration_error([Bin(0.6, 0.7, 0.6, share, 0.75), Bin(0.9, 1.0, 0.9, share, 0.25)]) == pytest.approx(
        0.75 * 0.1 + 0.25 * 0.4
    )


def test_a_threshold_brings_coverage_and_accuracy() -> None:
    found = at_threshold([judged(False, 0.5), judged(True, 0.6, 2.0), judged(True, 0.9)], 0.6)

    assert (found.coverage, found.right and found.right.value) == (0.75, 1)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1), st.floats(1, 100)), min_size=1, max_size=30))
def test_a_higher_threshold_never_covers_more(values: list[tuple[bool, float, float]]) -> None:
    coverages = [operating.coverage for operating in over_thresholds([judged(*value) for value in values])]

    assert coverages == sorted(coverages, reverse=True)
    assert coverages[0] == pytest.approx(1)


# ---- plots

share_values = st.floats(-0.5, 1.5)
points = st.builds(
    Point,
    x=share_values,
    y=share_values,
    low=share_values,
    high=share_values,
    size=share_values,
    name=st.text("a<&\"'"),
)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def coordinates(svg: str) -> list[tuple[float, float]]:
    found = []
    for element in drawn(svg).iter():
        values = element.attrib
        found += [tuple(map(float, pair.split(","))) for pair in values.get("points", "").split()]
        found += [(float(values[x]), float(values[y])) for x, y in (("cx", "cy"), ("x1", "y1")) if x in values]
    return found  # type: ignore[return-value]


def shape(svg: str) -> list[str]:
    """The kinds of shapes drawn in addition to the axes, in order."""
    return [
        str(element.get("class") or element.tag.removeprefix(SVG))
        for element in drawn(svg).iter()
        if element.tag.removeprefix(SVG) in ("polyline", "polygon", "circle", "line")
        and element.get("class") not in ("grid",)
    ]


def all_plots(points: Sequence[Point]) -> list[str]:
    labels = [f"day {place}" for place in range(min(2, len(points)))]
    return [
        plots.over_time(TEXTS, points, labels),
        plots.reliability(TEXTS, points),
        plots.coverage(TEXTS, points, points[0] if points else None),
    ]


@given(st.lists(points, max_size=6))
def test_whatever_the_figures_are_the_plot_is_well_formed_and_within_its_frame(points: list[Point]) -> None:
    for svg in all_plots(points):
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in coordinates(svg))
        assert "style=" not in svg
        assert "nan" not in svg


def test_a_plot_has_a_name_and_a_description() -> None:
    for svg in all_plots([Point(0.5, 0.5, 0.4, 0.6)]):
        image = drawn(svg)
        assert image.get("role") == "img"
        assert image.get("aria-labelledby") == "some-key-title some-key-description"
        assert [(element.get("id"), element.text) for element in image[:2]] == [
            ("some-key-title", "A <title>"),
            ("some-key-description", "What & how"),
        ]


def test_what_each_plot_draws() -> None:
    three = [Point(0.2, 0.9, 0.8, 0.95), Point(0.5, 0.85, 0.8, 0.9), Point(1.0, 0.8, 0.75, 0.85)]

    over_time, reliable, covered = all_plots(three)

    dots = ["interval", "circle"] * 3
    assert shape(over_time) == ["line", *dots]
    assert shape(reliable) == ["ideal", *dots]
    assert shape(covered) == ["band", "line", "mark", "interval", "circle"]


def test_one_point_is_a_dot_without_a_line() -> None:
    over_time, _, covered = all_plots([Point(0.5, 0.9, 0.8, 1.0)])

    assert shape(over_time) == ["interval", "circle"]
    assert shape(covered) == ["mark", "interval", "circle"]
    assert ">day 0<" in over_time


def test_without_figures_only_the_axes_are_drawn() -> None:
    over_time, reliable, covered = all_plots([])

    assert shape(over_time) == shape(covered) == []
    assert shape(reliable) == ["ideal"]
    assert all("grid" in svg for svg in (over_time, reliable, covered))


def test_the_side_begins_below_the_lowest_interval() -> None:
    for low, first in ((0.0, "0%"), (0.37, "30%"), (0.93, "90%"), (1.0, "90%")):
        svg = plots.over_time(TEXTS, [Point(0.5, 1.0, low, 1.0)], ["one"])
        ticks = [element.text for element in drawn(svg).iter() if element.get("class") == "tick side"]
        assert ticks[0] == "100%"
        assert ticks[-1] in (first, f"{int(first[:-1]) + 10}%")
        assert 4 <= len(ticks) <= 6


def test_a_higher_share_is_drawn_higher() -> None:
    svg = plots.reliability(TEXTS, [Point(0.1, 0.2, 0.1, 0.3), Point(0.9, 0.8, 0.7, 0.9)])

    circles = [element for element in drawn(svg).iter() if element.tag == f"{SVG}circle"]
    (left, low), (right, high) = [(float(circle.attrib["cx"]), float(circle.attrib["cy"])) for circle in circles]
    assert left < right
    assert high < low


def test_the_area_of_a_dot_shows_how_much_it_counts() -> None:
    svg = plots.reliability(TEXTS, [Point(0.1, 0.2, 0.1, 0.3, size) for size in (0.0, 0.25, 1.0)])

    small, middle, large = (float(r) for r in re.findall(r' r="([\d.]+)"', svg))
    assert small < middle < large
    assert math.isclose(middle - small, (large - small) / 2, abs_tol=0.06)


# ---- the page


def add_review(console: Console, *, practice: str = "demo", days: int = 1, **changes: Any) -> None:
    at = now() - timedelta(days=days)
    values: dict[str, Any] = {
        "reason": ReviewReason.LOW_CONFIDENCE,
        "model_version": "0123456789ab",
        "intent": "complaint",
        "confidence": 0.5,
        "threshold": 0.6,
        "sampling_rate": 1.0,
        "created_at": at,
        "decided_at": at,
        "label": "complaint",
    }
    with console.edit() as session:
        conversation = Conversation(practice=practice, channel=Channel.SMS, patient_name="Robin Fictional")
        message = Message(
            conversation=conversation,
            provider="test",
            provider_id=random.randbytes(8).hex(),
            received_on="+15005550006",
            text="Words of a patient",
        )
        session.add(message)
        session.flush()
        session.add(Review(message_id=message.id, practice=practice, **(values | changes)))


@pytest.fixture
def reviewed(console: Console) -> Console:
    """A practice with a few reviews: four unsure ones, half of them right, and a sampled one that counts for 50."""
    for place in range(4):
        add_review(console, label="complaint" if place % 2 else "billing_inquiry")
    add_review(
        console, reason=ReviewReason.SAMPLE, confidence=0.9, sampling_rate=0.02, intent=INTENTS[0], label=INTENTS[0]
    )
    add_review(console, decided_at=None, label=None)
    add_review(console, practice="other", label="price_shopper")
    return console


def figures(page: str) -> list[str]:
    return re.findall(r'<p class="number[^"]*">([^<]+)</p>', page)


def add_unsure_ones(console: Console, number: int = 28) -> None:
    """Further unsure reviews, half of them right."""
    for place in range(number):
        add_review(console, label="complaint" if place % 2 else "billing_inquiry")


def test_of_fewer_than_thirty_reviews_no_share_is_told(reviewed: Console) -> None:
    page = " ".join(reviewed.sign_in("manager").get("/staff/quality").text.split())

    assert '<p class="number words">Too few to tell</p>' in page
    assert "From 5 reviews, there are too few to tell how many messages Intake handles by itself." in page
    assert not re.search(r"<td>\d+%</td><td>\d+% to \d+%</td>", page)


def test_the_page_weighs_the_sampled_ones(reviewed: Console) -> None:
    add_unsure_ones(reviewed)
    page = reviewed.sign_in("manager").get("/staff/quality").text

    right = (16.5 + 50) / 83  # of 33 unsure ones half are right, of whom one is not labelled yet
    assert figures(page)[:3] == [f"{100 * right:.0f}%", "33", "1"]
    assert "32 low-confidence, 1 sampled at random" in page
    assert "only 2% of the others" in " ".join(page.split())


def advice(page: str) -> str:
    """What the page says of automatic replies."""
    [found] = re.findall(r'aria-labelledby="h-replies">(.*?)</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_the_page_says_how_many_reviews_are_missing_before_replies_can_be_turned_on(
    reviewed: Console, start_console: StartConsole
) -> None:
    on = advice(reviewed.sign_in("manager").get("/staff/quality").text)
    off = advice(start_console('auto_reply = "off"').sign_in("manager").get("/staff/quality").text)

    assert on.startswith(
        "Automatic replies are on Reviewers have checked 1 confident message in this period. Before you rely on"
    )
    assert off.startswith("Automatic replies are off Reviewers have checked 1 confident message in this period.")
    assert "Before you turn automatic replies on, have at least 200 checked" in off


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (0, "Reviewers agreed with 100% of the 200 confident messages that they checked (95% interval 98% to 100%)."),
        (20, "but the 95% interval starts at 85%, below 95%. Leave automatic replies off for now"),
    ],
)
def test_the_page_says_when_automatic_replies_can_be_turned_on(
    start_console: StartConsole, wrong: int, words: str
) -> None:
    console = start_console('auto_reply = "off"')
    for place in range(200):
        sampled: dict[str, Any] = {"reason": ReviewReason.SAMPLE, "confidence": 0.9, "sampling_rate": 0.5}
        add_review(console, label="billing_inquiry" if place < wrong else "complaint", **sampled)

    said = advice(console.sign_in("manager").get("/staff/quality").text)

    assert words in said
    assert ("That is enough to turn automatic replies on ." in said) is (wrong == 0)


def test_a_label_that_only_raises_the_level_says_nothing_of_the_intent(reviewed: Console) -> None:
    before = figures(reviewed.sign_in("manager").get("/staff/quality").text)
    add_review(reviewed, label="same_day")
    add_review(reviewed, label="urgent")

    after = figures(reviewed.sign_in("manager").get("/staff/quality").text)

    assert after[0] == before[0]
    assert int(after[1]) == int(before[1]) + 2


def test_the_page_marks_the_models_threshold_until_the_practice_sets_its_own(
    reviewed: Console, start_console: StartConsole
) -> None:
    add_unsure_ones(reviewed)
    page = reviewed.sign_in("manager").get("/staff/quality").text
    own = start_console("review_threshold = 0.85").sign_in("manager").get("/staff/quality").text

    assert "<strong>0.60</strong>: Intake handles 60% of messages automatically." in page
    assert re.search(r'<tr class="current"><th scope="row">0.60', page)
    assert re.search(r'<tr class="current"><th scope="row">0.85', own)
    assert 'class="mark"' in page


def test_the_page_shows_confusion_reliability_and_time(reviewed: Console) -> None:
    page = reviewed.sign_in("manager").get("/staff/quality").text

    assert page.count('<svg class="plot"') == 3
    [row] = re.findall(r'<tr><th scope="row">Billing question</th>(.*?)</tr>', page)
    assert re.findall(r">(\d+)<", row) == ["0", "0", "0", "0", "0", "2", "0", "0", "0"]


def test_only_ones_own_practices_are_shown(reviewed: Console) -> None:
    browser = reviewed.sign_in("manager", ["demo"])

    assert browser.get("/staff/quality?practice=other").status_code == 404
    assert browser.get("/staff/quality/reviews.csv?practice=other").status_code == 404
    assert "Price question</th>" not in re.findall(r"<tbody>.*?</tbody>", browser.get("/staff/quality").text, re.S)[-1]


def test_staff_may_not_look(reviewed: Console) -> None:
    browser = reviewed.sign_in("staff")

    assert browser.get("/staff/quality").status_code == 403
    assert browser.get("/staff/quality/reviews.csv").status_code == 403
    assert "/staff/quality" not in browser.get("/staff/review").text


def test_a_period_leaves_out_what_is_older(reviewed: Console) -> None:
    add_review(reviewed, days=20)
    browser = reviewed.sign_in("manager")

    assert [figures(browser.get(f"/staff/quality?period={period}").text)[1] for period in ("7", "30", "all", "x")] == [
        "5",
        "6",
        "6",
        "6",
    ]


def test_one_version_of_the_model_can_be_looked_at_alone(reviewed: Console) -> None:
    add_review(reviewed, model_version="ba9876543210")
    browser = reviewed.sign_in("manager")

    assert figures(browser.get("/staff/quality?model=ba9876543210").text)[1] == "1"
    assert figures(browser.get("/staff/quality").text)[1] == "6"


def test_without_reviews_the_page_says_so(console: Console) -> None:
    page = console.sign_in("manager").get("/staff/quality").text

    assert "No messages were reviewed in this period" in page
    assert "No high-confidence messages were reviewed" in page


def test_the_export_holds_every_review_and_no_word_of_a_patient(reviewed: Console) -> None:
    browser = reviewed.sign_in("manager")
    answer = browser.get("/staff/quality/reviews.csv?practice=demo&period=all")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="reviews-demo.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 6
    assert [row["label"] for row in rows] == ["billing_inquiry", "complaint"] * 2 + [INTENTS[0], ""]
    assert rows[4]["sampling_rate"] == "0.02"
    assert "Words of a patient" not in answer.text
    assert "Fictional" not in answer.text


def test_the_export_is_written_down(reviewed: Console) -> None:
    browser = reviewed.sign_in("manager")
    browser.get("/staff/quality/reviews.csv?period=30")

    entry = reviewed.rows(AuditEntry)[-1]
    assert browser.member
    assert (entry.action, entry.subject, entry.practice) == ("exported", "reviews", "demo")
    assert entry.staff_id == browser.member.id
    assert entry.detail == {"period": "30", "rows": 6}


def test_the_page_says_that_the_model_is_lost(console: Console) -> None:
    browser, sentence = console.sign_in("manager"), "The model that was chosen cannot be loaded"
    assert sentence not in browser.get("/staff/quality").text

    Heartbeat(console.database, "worker", find_troubles=lambda: [MODEL_LOST]).beat()

    assert sentence in browser.get("/staff/quality").text
