"""Run a Python module while its clock is ahead: `python -m littledreamers.shifted_clock MODULE ARGUMENT ...`

`CLOCK_AHEAD` in the environment says by how many seconds. Time since boot moves along, as if so much time had really
passed; `BOOT_AHEAD` names another number of seconds for it, as if somebody had set the clock. For scratch installations
only (`littledreamers/proof`): what it changes is this process and nothing else on the machine.
"""

import importlib
import os
import runpy
import sys
import time
from collections.abc import Mapping
from typing import Any

import time_machine


def shift(environment: Mapping[str, str] = os.environ) -> None:
    """Move this process's clock as the environment says, for as long as it runs."""
    ahead = float(environment.get("CLOCK_AHEAD", "0"))
    boot_ahead = float(environment.get("BOOT_AHEAD", str(ahead)))
    if ahead:
        time_machine.travel(time.time() + ahead, tick=True).start()
    if boot_ahead:
        _shift_boot_clock(boot_ahead)


def _shift_boot_clock(seconds: float) -> None:
    try:
        clock: Any = importlib.import_module("privacy.clock")
    except ModuleNotFoundError:
        return
    since_boot = clock.since_boot
    clock.since_boot = lambda: since_boot() + seconds


def main() -> None:
    """Shift, then be the module, as `python -m` would."""
    module, *arguments = sys.argv[1:]
    shift()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
