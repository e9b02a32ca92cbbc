"""What happens to the processes that `intake up` looks after."""

from __future__ import annotations

import time

from app.embedded_redis import find_server
from faults.kinds.registry import fault
from faults.service import Service

UP_DEADLINE = 60.0
RESTART_SECONDS = 15.0


@fault("`intake up`: Redis killed", starts=False, deadline=UP_DEADLINE)
def kill_redis(service: Service) -> None:
    """Kill its Redis while texts arrive."""
    service.start_up()
    sending = service.send_meanwhile(service.write(20), pause=0.1)
    time.sleep(1)
    service.kill_running(find_server().name)
    sending.join()
    service.fault_is_over()


@fault("`intake up`: a worker killed twice in 10 s", starts=False, deadline=UP_DEADLINE)
def kill_worker_twice(service: Service) -> None:
    """Kill its workers, and again as soon as they are back."""
    service.start_up()
    sending = service.send_meanwhile(service.write(20), pause=0.1)
    for _ in range(2):
        service.happens(lambda: service.is_running("app worker"), RESTART_SECONDS)
        service.kill_running("app worker")
    sending.join()
    service.fault_is_over()


@fault("`intake up`: web killed -9", starts=False, deadline=UP_DEADLINE)
def kill_web(service: Service) -> None:
    """Kill its web server while texts arrive."""
    service.start_up()
    sending = service.send_meanwhile(service.write(20), pause=0.2)
    time.sleep(1)
    service.kill_web()
    sending.join()
    service.fault_is_over()
