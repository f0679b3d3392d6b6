"""Turns measurements into Markdown: first the daemon against its targets, then every server."""

import statistics

import machine
import scenarios

MISSING = "–"
FIGURES = ("cpu", "rate")
ALL_SCENARIOS = {scenario.key: scenario for scenario in scenarios.ALL}


def title(name):
    return scenarios.TITLES[name]


def figure(run, kind, scale=1):
    """CPU nanoseconds a unit of work, or units a second, of one run."""
    units = run["operations"] / scale
    return run["server_cpu_ns"] / units if kind == "cpu" else units / run["seconds"]


def median_figure(runs, kind, scale=1):
    return statistics.median(figure(run, kind, scale) for run in runs)


def ratios(runs, others, kind):
    """Each within its round, where both were measured seconds apart."""
    return [figure(a, kind) / figure(b, kind) for a, b in zip(runs, others)]


def human(number):
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def verdict(met):
    return "met" if met else "**missed**"


def meets(ratio, target):
    if ratio == target.limit:
        return not target.strict
    return ratio < target.limit if target.figure == "cpu" else ratio > target.limit


def required(target, best):
    sign = {"cpu": "<" if target.strict else "≤", "rate": ">" if target.strict else "≥"}
    text = f"{sign[target.figure]} {target.limit:.2f} × {title(best)}"
    if len(target.rivals) > 1:
        text += f" (the best of {', '.join(title(name) for name in target.rivals)})"
    return text


def target_row(target, runs):
    """One row, or None where the daemon or all of its rivals were not there."""
    scenario = ALL_SCENARIOS[target.scenario]
    rivals = [name for name in target.rivals if runs.get(name)]
    if not runs.get("sluiced") or not rivals:
        return None
    best_of = min if target.figure == "cpu" else max
    best = best_of(rivals, key=lambda name: median_figure(runs[name], target.figure))
    measured = ratios(runs["sluiced"], runs[best], target.figure)
    ratio = statistics.median(measured)
    kind = f"CPU per {scenario.unit}" if target.figure == "cpu" else f"{scenario.units} per second"
    spread = f"{ratio:.2f} ({min(measured):.2f}–{max(measured):.2f})"
    return [f"{scenario.title}: {kind}", required(target, best), spread,
            verdict(meets(ratio, target))]


def idle_target_rows(idle):
    run = idle.get("sluiced", {}).get("timed")
    if not run:
        return []
    size, cpu = run["bytes_silent"], run["server_cpu_ns"]
    what = f"{scenarios.IDLE_CONNECTIONS:,} idle connections, timeout armed"
    return [
        [f"{what}: resident bytes per connection", f"≤ {scenarios.IDLE_BYTES_TARGET}", human(size),
         verdict(size <= scenarios.IDLE_BYTES_TARGET)],
        [f"{what}: CPU in {run['seconds']:.0f} s", "none", f"{cpu / 1e6:.2f} ms",
         verdict(cpu <= scenarios.IDLE_CPU_TARGET_NS)],
        *websocket_idle_target_rows(idle),
    ]


def websocket_idle_target_rows(idle):
    run = idle.get("sluiced_websocket", {}).get("timed")
    if not run:
        return []
    size, limit = run["bytes_after_exchange"], scenarios.WEBSOCKET_IDLE_BYTES_TARGET
    return [[f"{scenarios.IDLE_CONNECTIONS:,} idle WebSocket connections, after one exchange: "
             "resident bytes per connection", f"≤ {limit}", human(size), verdict(size <= limit)]]


def chat_target_rows(measured):
    rows = []
    joins = measured.get("joins", {}).get("sluiced")
    if joins:
        seconds = [run["seconds"] for run in joins]
        median = statistics.median(seconds)
        rows.append([f"{scenarios.JOINS.title}: seconds until all have joined",
                     f"< {scenarios.JOIN_SECONDS_TARGET:.0f}",
                     f"{median:.2f} ({min(seconds):.2f}–{max(seconds):.2f})",
                     verdict(median < scenarios.JOIN_SECONDS_TARGET)])
    stalled = measured.get("stalled", {}).get("sluiced")
    flood = measured.get("flood", {}).get("sluiced")
    if stalled and flood:
        rates = ratios(stalled, flood, "rate")
        median = statistics.median(rates)
        rows.append([f"{ALL_SCENARIOS['flood'].title}: deliveries per second with one member that "
                     "never reads", f"≥ {scenarios.STALLED_TARGET:.2f} × without that member",
                     f"{median:.2f} ({min(rates):.2f}–{max(rates):.2f})",
                     verdict(median >= scenarios.STALLED_TARGET)])
    return rows


def fairness_target_rows(measured):
    runs = measured.get("fairness", {}).get("sluiced")
    if not runs:
        return []
    times = [run["p99_ms"] for run in runs]
    median, limit = statistics.median(times), scenarios.FAIRNESS_TARGET_MS
    return [[f"{scenarios.FAIRNESS.title}: 99th percentile", f"< {limit} ms",
             f"{median:.1f} ms ({min(times):.1f}–{max(times):.1f})", verdict(median < limit)]]


def scrapes_target_rows(measured):
    runs = measured.get("scrapes", {}).get("sluiced")
    if not runs:
        return []
    more = [run["p99_ms"] - run["quiet_p99_ms"] for run in runs]
    median, limit = statistics.median(more), scenarios.SCRAPES_TARGET_MS
    return [[f"{scenarios.SCRAPES.title}: more at the 99th percentile", f"< {limit} ms",
             f"{median:.2f} ms ({min(more):.2f}–{max(more):.2f})", verdict(median < limit)]]


def loops_target_rows(measured):
    rows = []
    for scenario in scenarios.LOOPS:
        runs = measured.get(scenario.key, {})
        if not runs.get("sluiced_loops") or not runs.get("sluiced"):
            continue
        times = ratios(runs["sluiced_loops"], runs["sluiced"], "cpu")
        median, limit = statistics.median(times), scenarios.LOOPS_TARGET[scenario.key]
        rows.append([f"{scenario.title}: CPU per {scenario.unit}", f"≤ {limit:.2f} × one loop",
                     f"{median:.2f} ({min(times):.2f}–{max(times):.2f})",
                     verdict(median <= limit)])
    return rows


def targets_table(measured, idle, tls_idle):
    rows = [target_row(target, measured.get(target.scenario, {})) for target in scenarios.TARGETS]
    rows = [row for row in rows if row] + idle_target_rows(idle) + chat_target_rows(measured)
    rows += fairness_target_rows(measured) + scrapes_target_rows(measured)
    rows += loops_target_rows(measured) + tls_idle_target_rows(tls_idle)
    if not rows:
        return "The daemon was not measured; the tables show the other servers."
    return table(["what", "required", "measured: median (range)", ""], rows)


def cell(scenario, runs, name, kind):
    if not runs.get(name):
        return MISSING
    median = median_figure(runs[name], kind, scenario.scale)
    amount = f"{human(median / 1000)} µs" if kind == "cpu" else f"{human(median)}/s"
    if not runs.get(scenario.baseline):
        return amount
    ratio = statistics.median(ratios(runs[name], runs[scenario.baseline], kind))
    return f"{ratio:.2f} ({amount})"


def comparison(columns, measured, kind):
    """A row per server and a column per scenario: the ratio to the bare server, and the amount."""
    what = "CPU" if kind == "cpu" else "throughput"
    head = [f"{what}, × {title(columns[0].baseline)}"]
    head += [f"{column.title}: {column.units if kind == 'rate' else 'per ' + column.unit}"
             for column in columns]
    served = dict.fromkeys(name for column in columns for name in column.servers)
    names = [name for name in served if any(measured[c.key].get(name) for c in columns)]
    return table(head, [[title(name)] + [cell(c, measured[c.key], name, kind) for c in columns]
                        for name in names])


def datagram_losses(runs):
    losses = [f"{title(name)} {sum(run['datagrams_lost'] for run in some):.0f}"
              for name, some in runs.items()]
    return f"Datagrams lost in all rounds: {', '.join(losses)}."


def idle_table(idle):
    def size(runs, kind, key):
        return human(runs[kind][key]) if runs.get(kind) else MISSING

    rows = []
    for name, runs in idle.items():
        cpu = f"{runs['timed']['server_cpu_ns'] / 1e6:.2f} ms" if runs.get("timed") else MISSING
        rows.append([title(name), size(runs, "untimed", "bytes_silent"),
                     size(runs, "timed", "bytes_silent"),
                     size(runs, "timed", "bytes_after_exchange"), cpu])
    head = [f"resident bytes per connection, {scenarios.IDLE_CONNECTIONS:,} connections",
            "no timeout", "timeout armed", "armed, after one exchange",
            f"CPU in {scenarios.IDLE_SECONDS} s"]
    return table(head, rows)


def tls_idle_table(runs):
    head = ["resident bytes per TLS connection after one exchange, "
            f"{scenarios.TLS_IDLE_CONNECTIONS:,} connections", ""]
    rows = [[title(name), human(run["bytes_after_exchange"])] for name, run in runs.items()]
    return table(head, rows)


def tls_idle_target_rows(runs):
    if "sluiced" not in runs:
        return []
    size, limit = runs["sluiced"]["bytes_after_exchange"], scenarios.TLS_IDLE_BYTES_TARGET
    what = f"{scenarios.TLS_IDLE_CONNECTIONS:,} idle TLS connections: resident bytes per connection"
    return [[what, f"≤ {limit:,}", human(size), verdict(size <= limit)]]


def waiting_notes(measured):
    """A warning when other programs used the cores, which makes a run unreliable."""
    runs = [run for servers in measured.values() for some in servers.values() for run in some]
    cores_had = sum(2e9 * run["seconds"] for run in runs)
    share = sum(run["waited_ns"] for run in runs) / cores_had if runs else 0
    if share < 0.02:
        return []
    return [f"Other programs were running: server and load waited {share:.0%} of the time for a "
            "core. Measure again on a quiet machine."]


def markdown(build, cores, rounds, measured, idle, tls_idle):
    parts = [machine.describe(build, cores), *waiting_notes(measured)]
    parts.append(f"Each ratio is taken within a round, and the tables show the median of {rounds} "
                 "interleaved rounds. CPU is the server's user and system time: lower is better. "
                 "For throughput, higher is better.")
    parts.append(targets_table(measured, idle, tls_idle))
    columns = [scenario for scenario in scenarios.ECHO if measured.get(scenario.key)]
    if columns:
        parts += [comparison(columns, measured, kind) for kind in FIGURES]
    if measured.get("udp"):
        parts += [comparison([scenarios.UDP], measured, kind) for kind in FIGURES]
        parts.append(datagram_losses(measured["udp"]))
    chat = [scenario for scenario in (*scenarios.FAN_OUT, scenarios.JOINS, scenarios.WEBSOCKET)
            if measured.get(scenario.key)]
    if chat:
        parts += [comparison(chat, measured, kind) for kind in FIGURES]
    proxy = [scenario for scenario in scenarios.PROXY if measured.get(scenario.key)]
    if proxy:
        parts += [comparison(proxy, measured, kind) for kind in FIGURES]
    tls = [scenario for scenario in scenarios.TLS if measured.get(scenario.key)]
    if tls:
        parts += [comparison(tls, measured, kind) for kind in FIGURES]
    if idle:
        parts.append(idle_table(idle))
    if tls_idle:
        parts.append(tls_idle_table(tls_idle))
    return "\n\n".join(parts) + "\n"
