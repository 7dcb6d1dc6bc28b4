"""Programs that run while a cluster does, and never longer."""

import ctypes
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PR_SET_PDEATHSIG = 1
GRACE = 10.0
TAIL = 20


class Processes:
    """Programs with a log each. They are stopped in reverse order, and die with this process however it ends."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        logs.mkdir(parents=True, exist_ok=True)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for name in reversed(list(self.running)):
            self.stop(name)

    def start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
        """Start a program; its log is LOGS/NAME.log."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread that forks holds a lock
                start_new_session=True,
            )

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """End a program, with force where it does not end by itself."""
        process = self.running.pop(name)
        process.send_signal(how)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_until(self, what: str, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until *holds*; RuntimeError with the ends of logs where a program ended or time is up."""
        deadline = time.monotonic() + seconds
        while not holds():
            ended = [name for name, process in self.running.items() if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                why = f"{', '.join(ended)} ended" if ended else f"not within {seconds:.0f} s"
                raise RuntimeError(f"{what}: {why}\n{self.tails(ended or self.running)}")
            time.sleep(0.05)

    def tails(self, names: Sequence[str] | Mapping[str, object]) -> str:
        """Return the last lines of logs."""
        parts = []
        for name in names:
            lines = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-TAIL:]
            parts.append("\n".join([f"--- {name}", *lines]))
        return "\n".join(parts)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody uses."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for taken in sockets:
            taken.bind(("127.0.0.1", 0))
        return [taken.getsockname()[1] for taken in sockets]
    finally:
        for taken in sockets:
            taken.close()
