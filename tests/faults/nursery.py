"""Starts the service again and again without loading it anew: `start` on standard input forks one, its id comes back.

A child is the real service, made by `intake.service.serve`; only what it imports, and the tables of words that never
change, were loaded before it was born.
"""

import os
import signal
import sys
from datetime import date

import intake.web.app  # noqa: F401  (what serve would load)
from flows import grammar
from flows.grammar import Context
from flows.grammar.place import load_places
from intake import service
from intake.settings import Settings
from locales import languages


def main(port: int) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    grammar.prepare(Context(languages.load(), load_places(), "nl", date(2026, 1, 1), offered=("nl", "fr")))
    print("ready", flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            service.serve(Settings(), "127.0.0.1", port, with_worker=False)
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
