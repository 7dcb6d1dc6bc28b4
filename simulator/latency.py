"""How long a real manager takes, on top of what it decides.

The manager talks to the API server through a client that makes so many requests per second and no more. An admission
takes effect when its requests have gone out; until then the workload holds its quota and does not run yet.
"""

from dataclasses import dataclass, replace

from tenancy.kueue_configuration import Configuration

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Latency:
    """What a manager costs in time: a client of *qps* requests per second after a first *burst*.

    *requests* are what one admission or eviction takes, *delay* what passes from a decision to running pods where
    nothing waits for the client, *ending* what passes from the end of the pods to freed quota, *batch* after which what
    is parked is tried again (all three in milliseconds).
    """

    qps: float
    burst: int
    requests: float
    delay: int
    ending: int
    batch: int

    def of(self, configuration: Configuration | None) -> "Latency":
        """Return the latency with the client that the manager's Configuration asks for."""
        client = configuration.client_connection if configuration else None
        return self if client is None else replace(self, qps=client.qps, burst=client.burst)

    def __str__(self) -> str:
        return (
            f"{self.qps:g} requests per second (burst {self.burst}), {self.requests:g} for each admission or eviction; "
            f"{self.delay} ms from decision to running pods, "
            f"{self.ending} ms from their end to freed quota; batches of {self.batch} ms"
        )


class Requests:
    """The requests that wait for the manager's client (a token bucket, as client-go's)."""

    def __init__(self, latency: Latency) -> None:
        self.cost = round(latency.requests * MICRO / latency.qps)
        self.burst = round(latency.burst * MICRO / latency.qps)
        self.delay = latency.delay
        self.free = -self.burst

    def made(self, now: int) -> int:
        """Make those of one decision at *now*; return how many milliseconds pass until it has taken effect.

        >>> requests = Requests(Latency(qps=10, burst=1, requests=1, delay=5, ending=0, batch=0))
        >>> [requests.made(0), requests.made(0), requests.made(1000)]
        [5, 105, 5]
        """
        self.free = max(self.free, now * 1000 - self.burst) + self.cost
        return max(0, -(-self.free // 1000) - now) + self.delay


LIVE = Latency(qps=300, burst=500, requests=4, delay=100, ending=1000, batch=1000)
"""Fitted to a live Kueue v0.19.2 with batch/v1 Jobs; see docs/latency.md."""
