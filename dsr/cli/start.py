"""The console script. What a program loads is no garbage, and what it ends with need not be looked through."""

import gc


def run() -> None:
    """Run the program; a tenth of a short command's time would go into looking for garbage."""
    gc.disable()
    from dsr.cli.main import run as program

    gc.set_threshold(100_000, 50, 100)
    gc.enable()
    try:
        program()
    finally:
        gc.freeze()
