"""A live cluster to play with: two nodes of eight GPUs each, Kueue; prints the KUBECONFIG and ends with Ctrl-C."""

import signal
import sys
import time

from e2e.cluster import running


def main() -> None:
    """Run the cluster until it is interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    started = time.monotonic()
    try:
        with running() as cluster:
            cluster.plane.add_nodes(2, {"pool": "h100"}, cpu="192", memory="2Ti", gpu="8")
            print(f"export KUBECONFIG={cluster.kubeconfig}", flush=True)  # noqa: T201
            took = time.monotonic() - started
            print(f"# ready in {took:.0f} s; Ctrl-C ends it and leaves nothing behind", file=sys.stderr)  # noqa: T201
            signal.pause()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
