"""The part of the page about the chat, from a run's folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chat_figures import FILE, IDLE, MODES, SIZES, TEXT, Sample, cpu_us, deliveries, per_cpu_second
from figures import Figures, Spread
from tables import quietness, ratio, table, versions

SERVERS = {
    "shala": "Shala",
    "daphne-core": "Channels on Daphne, `core`",
    "uvicorn-pubsub": "Channels on uvicorn, `pubsub`",
    "socketio": "Socket.IO",
    "floor": "floor",
}
CHANNELS = ("daphne-core", "uvicorn-pubsub")
TITLES = {"all": "when all have the last", "own": "four senders", "paced": "four a second"}
SOFTWARE = {
    "Everybody": "versions",
    "Shala": "shala_chat",
    "Channels": "channels",
    "Socket.IO": "socketio",
    "Floor": "floor",
}


def values(folder: Path) -> dict[str, Any]:
    """What the template names."""
    figures = Figures([json.loads(line) for line in (folder / FILE).read_text().splitlines()])
    facts, seen = (json.loads((folder / name).read_text()) for name in ("facts.json", "chat.json"))
    return {
        "summary": summary(figures),
        **{f"{mode}_{size}": scenario(figures, f"{size} {mode}") for size in SIZES for mode in MODES},
        "idle": idle(figures),
        "frames": frames(seen["frames"]),
        "characters": str(len(TEXT)),
        "sent": f"{sum(seen['sent'].values()):,}",
        **facts,
        **facts["machine"],
        "software": versions(facts, SOFTWARE),
        **quietness(figures),
    }


def summary(figures: Figures) -> str:
    rows = []
    for size in SIZES:
        for mode, title in TITLES.items():
            what = f"{size} {mode}"
            others = (best_of_channels(figures, what), "socketio", "floor")
            cpu = [ratio(figures.ratio(what, "shala", other, per_cpu_second)) for other in others]
            rate = [ratio(figures.ratio(what, "shala", other, deliveries)) for other in others]
            rows.append([f"{size:,} members, {title}", *cpu, *(rate if mode != "paced" else ["–"] * len(rate))])
    others = ("Channels' best", "Socket.IO's", "floor's")
    return table(["", *(f"per CPU-second ÷ {one}" for one in others), *(f"rate ÷ {one}" for one in others)], rows)


def best_of_channels(figures: Figures, what: str) -> str:
    return max(CHANNELS, key=lambda server: figures.spread(what, server, per_cpu_second).median)


def scenario(figures: Figures, what: str) -> str:
    head = ["", "deliveries per CPU-second", "CPU µs/delivery", "deliveries/s", "messages/s", "p50 ms", "p99 ms"]
    return table([*head, "lost", "core used"], [server_row(figures, what, server) for server in SERVERS])


def server_row(figures: Figures, what: str, server: str) -> list[str]:
    def ranged(value: Callable[[Sample], float]) -> str:
        spread: Spread = figures.spread(what, server, value)
        return f"{spread.median:,.0f} [{spread.low:,.0f}–{spread.high:,.0f}]"

    samples = figures.of(what, server)
    lost = sum(int(sample["lost"]) for sample in samples)
    wanted = lost + sum(int(sample["deliveries"]) for sample in samples)
    return [
        SERVERS[server],
        ranged(per_cpu_second),
        f"{figures.spread(what, server, cpu_us).median:.1f}",
        ranged(deliveries),
        f"{figures.median(what, server, 'msgs_per_s'):.1f}",
        f"{figures.median(what, server, 'p50'):.1f}",
        f"{figures.median(what, server, 'p99'):.1f}",
        f"{lost:,} of {wanted:,}",
        f"{figures.median(what, server, 'server_cpu'):.0%}",
    ]


def idle(figures: Figures) -> str:
    rows = [
        [
            title,
            f"{figures.median(IDLE, server, 'kib_per_socket'):.1f}",
            f"{figures.median(IDLE, server, 'rss_before_kib') / 1024:.0f}",
            f"{figures.median(IDLE, server, 'connects_per_s'):.0f}",
        ]
        for server, title in SERVERS.items()
    ]
    return table(["", "KiB/socket", "MiB of the process before", "connections/s"], rows)


def frames(shapes: dict[str, Any]) -> str:
    """Of one message: how long its frame is, and what others do not have in it."""
    least = set.intersection(*(set(shape["fields"]) for shape in shapes.values()))
    rows = [
        [title, str(shapes[server]["bytes"]), ", ".join(f"`{x}`" for x in shapes[server]["fields"] if x not in least)]
        for server, title in SERVERS.items()
    ]
    return table(["", "bytes", "fields that not all have"], rows)
