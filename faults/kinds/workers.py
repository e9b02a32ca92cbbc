"""Workers and web servers that die, stop, or are told to stop."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from faults.configuration import worker_lines
from faults.kinds.registry import fault
from faults.recovery import move_on
from faults.service import Service
from faults.texts import STAFF_NUMBER, Sort, Text
from faults.wall_clock import COMPILER, WallClock
from inbox.storage.leases import RECONCILER, take_lease
from tasks.upkeep.reconcile_loop import LEASE_SECONDS
from tests.e2e.processes import answers, environment_of
from tests.standins.twilio import Fault

AWAY_SECONDS = 60.0
POISON = "swordfish"
POISONED_WORKER = Path(__file__).parents[1] / "poisoned_worker.py"
HOUR_SECONDS = 3600
NEXT_MINUTES = 10
NEXT_SECONDS = 20.0


@fault("worker killed -9 while classifying", starts=False)
def kill_while_classifying(service: Service) -> None:
    """Kill a worker as it hands a text to the model."""
    _die_at(service, "classifier.network.model:Classifier.classify")


@fault("worker killed -9 before its commit", starts=False)
def kill_before_commit(service: Service) -> None:
    """Kill a worker when it has understood a text."""
    _die_at(service, "classifier.network.model:Classifier.classify", "return")


@fault("worker killed -9 while reconciling", starts=False)
def kill_while_reconciling(service: Service) -> None:
    """Leave the reconciler's lease with a worker that is gone, and make Redis forget the jobs of the texts."""
    with service.database.write() as session:
        take_lease(session, RECONCILER, "a worker that is gone", LEASE_SECONDS)
    service.start_web()
    service.text()
    service.redis.flushall()
    service.fault_is_over()
    service.start_workers()


@fault("worker killed -9 between claim and send of a notice", starts=False)
def kill_while_telling(service: Service) -> None:
    """Kill a worker as it hands an urgent notice to the notification service."""
    _die_at(service, "apprise:Apprise.notify")


@fault("worker killed -9 after a notice was sent", starts=False)
def kill_after_telling(service: Service) -> None:
    """Kill a worker before it notes that an urgent notice was taken."""
    _die_at(service, "apprise:Apprise.notify", "return")


@fault("worker killed -9 while sending")
def kill_while_sending(service: Service) -> None:
    """Kill the workers while Twilio, which has the text, has yet to answer."""
    hanging = service.twilio.faults.push(Fault.hang(accept=True))
    service.text()
    hanging.wait_arrived(30)
    service.kill_workers()
    hanging.release()
    service.fault_is_over()
    service.start_workers()


@fault("worker killed -9 before Twilio has the text")
def kill_before_sending(service: Service) -> None:
    """Kill the workers while a request is on its way to Twilio."""
    hanging = service.twilio.faults.push(Fault.hang(accept=False))
    service.text()
    hanging.wait_arrived(30)
    service.kill_workers()
    hanging.release()
    service.fault_is_over()
    service.start_workers()


@fault("workers killed -9 five times in a burst")
def kill_repeatedly(service: Service) -> None:
    """Kill every worker and start it again, five times."""
    service.kill_workers_in_burst(5, pause=0.1)


@fault("all workers away for a minute")
def stop_for_a_minute(service: Service) -> None:
    """Stop every worker, send texts, and start workers a minute later."""
    for worker in service.workers:
        worker.stop()
    service.workers = []
    away_until = time.monotonic() + AWAY_SECONDS
    service.text(20)
    time.sleep(max(0.0, away_until - time.monotonic()))
    service.fault_is_over()
    service.start_workers()


@fault("SIGTERM during a burst")
def terminate_in_a_burst(service: Service) -> None:
    """Ask web and workers to end while texts arrive, and start them again."""
    sending = service.send_meanwhile(service.write(40), pause=0.05)
    time.sleep(1)
    assert service.web is not None
    asked = [*service.workers, service.web]
    for process in asked:
        process.signal(signal.SIGTERM)
    ended = [process.wait() for process in asked]
    service.workers = []
    service.require(ended == [0] * len(ended), "a process that was asked to end did not end well")
    service.start_web()
    service.start_workers()
    sending.join()
    service.fault_is_over()


@fault("web killed -9 in a burst")
def kill_web_in_a_burst(service: Service) -> None:
    """Kill every web process while texts arrive, and start them again."""
    sending = service.send_meanwhile(service.write(40), pause=0.05)
    time.sleep(1)
    service.kill_web()
    service.start_web()
    sending.join()
    service.fault_is_over()


@fault("a message that kills its worker every time", starts=False)
def poison(service: Service) -> None:
    """Send a text that ends each worker that reads it; start ended workers again."""
    service.start_web()
    poisoned = Text(Sort.POISON, service.patients.new_number(), f"The code of our gate is {POISON}")
    service.send([poisoned, *service.write(8)])
    service.fault_is_over()
    _supervise_poisoned(service)
    others = [text for text in service.texts if text.sort in (Sort.ORDINARY, Sort.URGENT)]
    service.require(service.happens(lambda: service.is_answered(others), 40), "others were not answered within 40 s")


@fault("600 texts at once", deadline=180)
def burst(service: Service) -> None:
    """Send the texts of 600 patients within a few seconds."""
    service.send(service.write(560, urgent=20, opted_out=20), threads=30)
    service.fault_is_over()


@fault("clock set back an hour", starts=False, needs=COMPILER, deadline=60.0)
def set_clock_back(service: Service) -> None:
    """Set the clock of web and workers back, and make Redis forget the jobs of the texts that arrive then."""
    clock = WallClock(service.redis_folder)
    _start_with(service, clock.environment)
    first = [text for text in service.text(4) if text.patient not in service.opted_out_at]
    service.wait_for(lambda: service.is_answered(first), "the first answers")
    clock.set_ahead(-HOUR_SECONDS)
    service.pause_workers()
    service.text(6)
    service.redis.flushall()
    service.resume_workers()
    service.fault_is_over()


@fault(
    "clock put right after an alarm",
    starts=False,
    escalation=f"[{{ number = '{STAFF_NUMBER}', after_minutes = {NEXT_MINUTES} }}]",
    needs=COMPILER,
    deadline=60.0,
)
def put_clock_right(service: Service) -> None:
    """Raise an alarm while the clock is an hour ahead, put it right, and wait for the next contact to be due."""
    clock = WallClock(service.redis_folder)
    clock.set_ahead(HOUR_SECONDS)
    _start_with(service, clock.environment)
    service.text(2, urgent=1, opted_out=0)
    service.wait_for(lambda: bool(service.hook.told), "on-call to be told")
    clock.set_ahead(0)
    time.sleep(3 * service.settings.reconcile_every_seconds)
    move_on(service, NEXT_MINUTES * 60)
    service.fault_is_over()
    is_told = service.happens(lambda: any(sent.to == STAFF_NUMBER for sent in service.twilio.sent), NEXT_SECONDS)
    service.require(is_told, "the next contact was not told of an emergency")


def _start_with(service: Service, environment: Mapping[str, str]) -> None:
    """Start web and workers in new interpreters, with more in their environment."""
    whole = {**environment_of(service.settings), **environment}
    web = ["-m", "app", "web", "--port", str(service.port), "--processes", "1"]
    service.web = service.processes.start("web", web, whole)
    for options in worker_lines():
        service.workers.append(service.processes.start("worker", ["-m", "app", "worker", *options], whole))
    service.wait_for(lambda: answers(f"http://127.0.0.1:{service.port}/healthz"), "the web server to answer")
    service.processes.wait_until_listening(service.redis)


def _die_at(service: Service, place: str, event: str = "call") -> None:
    doomed = service.start_doomed_worker(place, event)
    service.start_web()
    service.text()
    doomed.wait()
    service.fault_is_over()
    service.start_workers()


def _supervise_poisoned(service: Service) -> None:
    """Start such a worker, and again whenever it ended, until everything ends."""
    stop = threading.Event()

    def supervise() -> None:
        while not stop.is_set():
            arguments = [str(POISONED_WORKER), POISON]
            environment = environment_of(service.settings)
            worker = service.processes.start("poisoned worker", arguments, environment, is_fork=True)
            while worker.is_running and not stop.wait(0.2):
                pass
        worker.kill()

    supervisor = threading.Thread(target=supervise)
    supervisor.start()
    service.ending.callback(supervisor.join)
    service.ending.callback(stop.set)
