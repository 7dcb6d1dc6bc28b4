"""What lies between a workload's quota and the end of its run: admission checks, ready pods, time limits, back-off.

Kueue asks others for these (an autoscaler for nodes, the kubelet for ready pods); here the environment says how long
they take and how often they fail. What is due later is a timer, told to the scheduler at its instant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple

from scheduling.kueue.assignment import Assignment
from scheduling.kueue.checks import PROVISIONING, RetryStrategy
from scheduling.kueue.objects import Objects
from scheduling.kueue.workload import Info
from tenancy.duration import milliseconds
from tenancy.kueue_configuration import WaitForPodsReady

SECOND = 1000
MOST_TIMEOUTS = 50
"""Without a limit of the manager's, a workload that is never ready would step back for ever; here it is given up."""


class Eviction(StrEnum):
    """Why a workload loses its quota other than by preemption, in Kueue's words."""

    ADMISSION_CHECK = "AdmissionCheck"
    PODS_READY_TIMEOUT = "PodsReadyTimeout"
    MAXIMUM_EXECUTION_TIME = "MaximumExecutionTimeExceeded"


class Startup(NamedTuple):
    """What happens to workloads of one flavor before they run, in milliseconds.

    An admission check takes *check* and fails with probability *failure*; pods are ready *ready* after admission.
    """

    check: int = 0
    failure: float = 0.0
    ready: int = 0


NOTHING = Startup()


class Delay(NamedTuple):
    """How long an admission takes from quota to Admitted (*check*), and from there to ready pods (*ready*)."""

    check: int
    ready: int


IMMEDIATE = Delay(0, 0)


class Due(StrEnum):
    """What a timer is for."""

    ADMIT = "admit"
    EVICT = "evict"
    TRY_AGAIN = "try again"


class Timer(NamedTuple):
    """What happens *at* an instant to *info*, if its reservation is still number *reservation*.

    An eviction has a *reason*, and *back_at* says when the workload may be tried again; None: never, it is
    deactivated.
    """

    at: int
    serial: int
    due: Due
    info: Info
    reservation: int
    reason: Eviction | None = None
    back_at: int | None = None


@dataclass(slots=True)
class History:
    """What Kueue remembers of one workload from attempt to attempt."""

    reservations: int = 0
    checks_failed: int = 0
    timeouts: int = 0
    admitted_at: int = 0
    executed: int = 0


def backoff(base: int, most: int, count: int) -> int:
    """Return for how many milliseconds a workload steps back the *count*-th time; *base* and *most* are seconds.

    >>> [backoff(60, 3600, count) for count in (1, 2, 3, 9)]
    [60000, 120000, 240000, 3600000]
    """
    return min(base << (count - 1), most) * SECOND


@dataclass(slots=True)
class Lifecycle:
    """Follows workloads that got quota. *startups* are by flavor, *limits* maximum execution times by uid.

    Chance is drawn from *seed*, the workload's name and the number of its reservation, so that other workloads do not
    change it.
    """

    objects: Objects
    startups: Mapping[str, Startup] = field(default_factory=dict)
    limits: Mapping[int, int] = field(default_factory=dict)
    seed: int = 0
    timers: list[Timer] = field(default_factory=list)
    histories: dict[int, History] = field(default_factory=dict)
    count: int = 0

    @property
    def pods_ready(self) -> WaitForPodsReady:
        """Return the manager's settings for pods that do not become ready."""
        configuration = self.objects.configuration
        return configuration.wait_for_pods_ready if configuration else WaitForPodsReady()

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing needs to be followed."""
        return not self.startups and not self.limits

    def next_at(self) -> int | None:
        """Return when the next timer is due."""
        return self.timers[0].at if self.timers else None

    def take_due(self, now: int) -> Iterator[Timer]:
        """Take out the timers due at *now* whose reservation still stands."""
        while self.timers and self.timers[0].at <= now:
            timer = heappop(self.timers)
            history = self.histories.get(timer.info.uid)
            if history is not None and timer.reservation == history.reservations:
                yield timer

    def reserve(self, info: Info, now: int) -> Delay:
        """Begin to follow a workload that got quota; return how long it takes until it runs, if all goes well."""
        if self.is_idle or info.assignment is None:
            return IMMEDIATE
        history = self.histories.setdefault(info.uid, History())
        history.reservations += 1
        flavors = _flavors(info.assignment)
        startups = [self.startups.get(flavor, NOTHING) for flavor in sorted(flavors)]
        delay = Delay(
            max((startup.check for startup in startups), default=0),
            max((startup.ready for startup in startups), default=0),
        )
        history.admitted_at = now + delay.check
        if self._fails(info, history, startups):
            self._check_fails(info, history, self._retries(info.shape.queue.name, flavors))
        else:
            if delay.check:
                self._at(history.admitted_at, Due.ADMIT, info)
            self._follow_run(info, history, delay.ready)
        return delay

    def _fails(self, info: Info, history: History, startups: Sequence[Startup]) -> bool:
        passes = 1.0
        for startup in startups:
            passes *= 1.0 - startup.failure
        chance = Random(f"{self.seed}/{info.name}/{history.reservations}")  # noqa: S311 - no secret
        return chance.random() >= passes

    def _check_fails(self, info: Info, history: History, retries: RetryStrategy) -> None:
        history.checks_failed += 1
        back_at = None
        if history.checks_failed <= retries.backoff_limit_count:
            pause = backoff(retries.backoff_base_seconds, retries.backoff_max_seconds, history.checks_failed)
            back_at = history.admitted_at + pause
        self._at(history.admitted_at, Due.EVICT, info, Eviction.ADMISSION_CHECK, back_at)

    def _retries(self, queue: str, flavors: set[str]) -> RetryStrategy:
        """Return how the ProvisioningRequest of a queue's check is tried again."""
        for rule in self.objects.cluster_queues[queue].check_rules:
            check = self.objects.checks.get(rule.name)
            applies = not rule.on_flavors or not flavors.isdisjoint(rule.on_flavors)
            if check and check.controller_name == PROVISIONING and check.parameters and applies:
                found = self.objects.provisioning.get(check.parameters.name)
                return found.retry_strategy if found else RetryStrategy()
        return RetryStrategy()

    def _follow_run(self, info: Info, history: History, ready: int) -> None:
        timeout = milliseconds(self.pods_ready.timeout)
        if ready > timeout:
            self._pods_are_late(info, history, history.admitted_at + timeout)
        limit = self.limits.get(info.uid)
        if limit is not None:
            left = max(0, limit - history.executed)
            self._at(history.admitted_at + left, Due.EVICT, info, Eviction.MAXIMUM_EXECUTION_TIME)

    def _pods_are_late(self, info: Info, history: History, at: int) -> None:
        strategy = self.pods_ready.requeuing_strategy
        history.timeouts += 1
        most = MOST_TIMEOUTS if strategy.backoff_limit_count is None else strategy.backoff_limit_count
        back_at = None
        if history.timeouts <= most:
            back_at = at + backoff(strategy.backoff_base_seconds, strategy.backoff_max_seconds, history.timeouts)
        self._at(at, Due.EVICT, info, Eviction.PODS_READY_TIMEOUT, back_at)

    def _at(self, at: int, due: Due, info: Info, reason: Eviction | None = None, back_at: int | None = None) -> None:
        self.count += 1
        reservation = self.histories[info.uid].reservations
        heappush(self.timers, Timer(at, self.count, due, info, reservation, reason, back_at))

    def lost(self, info: Info, now: int) -> None:
        """Take down that a workload lost its quota: no timer holds any more, and what it executed counts."""
        history = self.histories.get(info.uid)
        if history is not None:
            history.executed += max(0, now - history.admitted_at)
            history.reservations += 1

    def finished(self, info: Info) -> None:
        """Forget a workload that has finished."""
        self.histories.pop(info.uid, None)

    def step_back(self, info: Info, until: int) -> None:
        """Let a workload that was evicted be tried again at *until*."""
        self._at(until, Due.TRY_AGAIN, info)


def _flavors(assignment: Assignment) -> set[str]:
    return {flavor for _, by_resource in assignment.flavors() for flavor in by_resource.values()}
