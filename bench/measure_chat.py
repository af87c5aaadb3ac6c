"""Take the chat's samples: Shala beside Channels, Socket.IO and the floor, in turn. Runs in the peers' venv."""

import json
import subprocess
from contextlib import ExitStack
from typing import Any

import bench
import chat_answers
import load
from chat_figures import FILE, IDLE, MODES, SIZES
from chat_servers import ChatShala, Meter, stored
from measure import begin, peers_tokens, recorded
from places import Places

PEERS = ("daphne-core", "uvicorn-pubsub", "socketio", "floor")
MEMBERS = 1000


def sample(server: bench.Server, what: str, rnd: int, *more: object) -> dict[str, Any]:
    """One sample, appended to the file by the shared bench.

    :raises SystemExit: it failed; or Shala lost a message, or a socket.
    """
    call = server.idle if what == IDLE else server.ws
    bench.sample(FILE, server.name, lambda: call(*more), what=what, round=rnd)
    row = recorded(FILE)
    is_whole = not (row.get("lost") or row.get("closed") or row.get("timeouts"))
    if row.get("failed") or (server.name == "shala" and not is_whole):
        raise SystemExit(f"A sample that failed: {row}")
    return row


def take(servers: list[bench.Server], rounds: int, seconds: int) -> dict[str, int]:
    """All samples under load; how many messages each server was sent in them."""
    sent = dict.fromkeys((server.name for server in servers), 0)
    for rnd in range(rounds):
        for size in SIZES:
            for mode, options in MODES.items():
                for server in bench.order(rnd, servers):
                    more = ("--sockets", size, "--seconds", seconds, *options)
                    sent[server.name] += sample(server, f"{size} {mode}", rnd, *more)["sent"]
    return sent


def check(servers: list[bench.Server]) -> dict[str, Any]:
    """The shapes of all servers' frames, which are right; and in Shala everything is switched on."""
    shapes = {}
    for server in servers:
        logins = server.logins() if isinstance(server, ChatShala) else bench.TOK
        refused = {"no member": logins[MEMBERS][1], "no token": ""}
        if isinstance(server, ChatShala):
            refused["an ended login"] = server.ended
            chat_answers.speak(server, logins[0][1], server.traces)
        shapes[server.name] = chat_answers.verify(server, logins, refused)
        server.settle()
    return shapes


def run(places: Places, rounds: int, seconds: int) -> None:
    bench.Server.port = places.http_port
    load.Meter = Meter
    subprocess.run(["redis-cli", "-p", str(places.redis_port), "flushall"], stdout=subprocess.DEVNULL, check=True)
    with ExitStack() as stack:
        stack.enter_context(peers_tokens(MEMBERS + 1))
        shala = stack.enter_context(ChatShala(places))
        servers = [shala, *(stack.enter_context(bench.Server(name)) for name in PEERS)]
        frames = check(servers)
        for server in servers:  # before anything else, while their memory is as they started
            sample(server, IDLE, 0)
        for server in servers:
            server.ws("--sockets", SIZES[0], "--seconds", 1)
        before = {server.name: stored(server, places) for server in servers}
        sent = take(servers, rounds, seconds)
        missing = {server.name: before[server.name] + sent[server.name] - stored(server, places) for server in servers}
        evidence = {"frames": frames, "sent": sent, "missing": missing, "shala": shala.evidence()}
    if any(missing.values()) or evidence["shala"]["holes"]:
        raise SystemExit(f"What was sent was not stored: {evidence}")
    (places.out / "chat.json").write_text(json.dumps(evidence, indent=1))


if __name__ == "__main__":
    begin(__doc__ or "", run, rounds=3, seconds=5)
