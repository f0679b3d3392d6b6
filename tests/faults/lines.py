"""How run.py and tools.py go through the calls of a program: call 1, then call 2, and so on.

Each run is an object with `page`, `wrong` (what it should not have done), and `last`: what is
called from there on is not looked for.
"""
import argparse
import concurrent.futures
import multiprocessing
import os
import sys

SLOWNESS = int(os.environ.get("SLUICE_SLOWNESS", "1"))
# Seconds, above twice what an untouched run took. A sanitizer looks for leaks at the end.
MORE_CPU = 0.06 if SLOWNESS == 1 else 1.0
DOMAINS = {"system": 1, "memory": 2}


def parser(description):
    options = argparse.ArgumentParser(description=description,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--every", type=int, default=1)
    options.add_argument("--all", action="store_true")
    options.add_argument("--only", choices=DOMAINS)
    options.add_argument("--call", type=int)
    options.add_argument("--jobs", type=int, default=2)
    return options


def try_variants(options, run_of, domain, nth):
    """The n-th call in every way that it can fail in, or in one chosen by its number."""
    tried, found, variant = 0, 0, 0
    while True:
        run = run_of({"domain": domain, "nth": nth, "wrap": not options.all,
                      "variant": variant if options.all else nth})
        struck = run.page.struck and not run.last
        tried += struck
        if run.wrong:
            print(f"{run.page.describe()}:\n  " + "\n  ".join(run.wrong), flush=True)
            found += 1
        run.page.close()
        variant += 1
        if not struck or not options.all:
            return tried, found, struck or variant > 1


def try_line(options, run_of, domain, first, step):
    """Every `step`-th call of a domain from `first`, until a run goes untouched."""
    tried, found, made = 0, 0, True
    nth = first
    while made:
        more, wrong, made = try_variants(options, run_of, domain, nth)
        tried, found, nth = tried + more, found + wrong, nth + step
        if options.call:
            break
    return tried, found


def try_all(name, options, run_of):
    """Prints how many faults were tried, and exits."""
    arguments = []
    for domain, number in DOMAINS.items():
        if options.only in (None, domain):
            step = options.every * options.jobs
            arguments += [(options, number, options.call or 1 + job * options.every, step)
                          for job in range(1 if options.call else options.jobs)]

    def work(place):
        options, number, first, step = arguments[place]
        return try_line(options, run_of, number, first, step)
    # Children of this process, so that they know what cannot be sent to another one.
    WORK.append(work)
    with concurrent.futures.ProcessPoolExecutor(
            options.jobs, multiprocessing.get_context("fork")) as pool:
        results = list(pool.map(do_work, range(len(arguments))))
    tried = sum(count for count, _ in results)
    wrong = sum(found for _, found in results)
    print(f"{name}: {tried} faults tried, {wrong} with something wrong", flush=True)
    return tried > 0 and wrong == 0


WORK = []


def do_work(place):
    return WORK[-1](place)
