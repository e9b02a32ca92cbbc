"""Starting processes again when they end."""

from __future__ import annotations

import pytest

from app.supervision import Backoff, Supervised
from intake.errors import IntakeError


def test_the_pause_doubles_with_each_death_up_to_half_a_minute() -> None:
    backoff, pauses = Backoff(), []
    for _ in range(9):
        backoff = backoff.after_death(lived_seconds=1)
        pauses.append(backoff.pause)

    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_minute_of_health_starts_the_count_over() -> None:
    assert Backoff(deaths=6).after_death(lived_seconds=60).pause == 0.5
    assert Backoff(deaths=6).after_death(lived_seconds=59.9).pause == 30


def test_ten_thousand_deaths_are_no_error() -> None:
    assert Backoff(deaths=10_000).pause == 30


class Child:
    """Something that runs until the test ends it."""

    name = "worker"

    def __init__(self) -> None:
        self.is_running = True
        self.launches = 0
        self.error: Exception | None = None

    def launch(self) -> None:
        if self.error is not None:
            raise self.error
        self.launches += 1
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False


class Scene:
    """A supervised child, and a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.said: list[str] = []
        self.child = Child()
        self.supervised = Supervised(
            self.child, self.said.append, lambda child: self.said.append(f"note {child.name}"), lambda: self.now
        )

    def look_after(self, seconds: float) -> int:
        self.now += seconds
        self.supervised.keep_alive()
        return self.child.launches


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_child_that_ends_is_started_again_after_its_pause(scene: Scene) -> None:
    assert scene.look_after(5) == 0
    scene.child.is_running = False

    assert scene.look_after(0.1) == 0
    assert scene.look_after(0.4) == 0
    assert scene.look_after(0.2) == 1
    assert scene.said == ["The worker ended and is started again in 0.5 s.", "note worker"]


def test_a_child_that_ends_again_and_again_is_never_given_up(scene: Scene) -> None:
    for _ in range(50):
        scene.child.is_running = False
        scene.look_after(0)
        scene.look_after(30)

    assert scene.child.launches == 50


@pytest.mark.parametrize("error", [IntakeError("no server found"), OSError("no memory")])
def test_a_child_that_cannot_be_started_is_tried_again(scene: Scene, error: Exception) -> None:
    scene.child.is_running, scene.child.error = False, error
    scene.look_after(0)
    scene.look_after(0.5)
    assert scene.said[-1] == f"The worker could not be started ({error}) and is started again in 1 s."

    scene.child.error = None
    assert scene.look_after(1) == 1
