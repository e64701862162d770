"""`python -m homelab_tasks.sandbox DIRECTORY`: a sandbox in the background, until SIGTERM. `sandbox.up` starts it."""

import argparse
import signal
import sys
from pathlib import Path

from homelab_tasks.errors import HomelabError
from homelab_tasks.sandbox.homelab import Homelab
from homelab_tasks.sandbox.layout import Layout
from homelab_tasks.sandbox.running import occupied


def main() -> int:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="homelab_tasks.sandbox")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--faults", default="")
    parser.add_argument("--nap-seconds", type=float, default=0.0)
    options = parser.parse_args()
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        with (
            occupied(Layout(options.directory)),
            Homelab(options.directory, faults=options.faults, nap_seconds=options.nap_seconds),
        ):
            signal.sigwait(signals)
    except HomelabError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
