"""What people do with their devices, at random, and what happens to their connections."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from modules.community.domain.chat import LONGEST_MESSAGE
from stress.device import Device
from stress.place import passing

LONG_ONE_IN = 8
LATEST = 20
VANISH_APART_S = 20.0
"""Of one person's connections, since each counts until the server gives it up, and ten are allowed."""
AWAY_S = 0.5, 4.0
FROZEN_S = 0.5, 3.0
Acts = dict[Callable[[Device], None], int]
"""What may be done, and how often in comparison."""


@dataclass
class Traffic:
    devices: list[Device]
    chance: random.Random
    changes_per_s: float
    losses_per_s: float
    _number: int = 0
    _vanished: dict[int, float] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        talk: Acts = {self.send: 60, self.edit: 22, self.delete: 8, self.type: 4, self.read: 3, self.confirm: 3}
        lose: Acts = {self.leave: 30, self.lose: 30, self.vanish: 15, self.freeze: 15, self.post: 10}
        await asyncio.gather(
            self._at_rate(self.changes_per_s, ends, talk), self._at_rate(self.losses_per_s, ends, lose)
        )
        await asyncio.gather(*self._tasks)

    async def _at_rate(self, rate: float, ends: float, acts: Acts) -> None:
        now = time.monotonic()
        while now < ends:
            now += self.chance.expovariate(rate)
            await passing(now - time.monotonic())
            (act,) = self.chance.choices(list(acts), list(acts.values()))
            act(self.chance.choice(self.devices))

    # --- what they say ---

    def send(self, device: Device) -> None:
        if device.opts_in is None:
            device.mention({"type": "chat_message", "message": self._text(), "message_type": "text"})
        else:
            device.say("chat_message", message=self._text())

    def edit(self, device: Device) -> None:
        if device.own:
            device.say("message_edit", message_id=self.chance.choice(device.own[-LATEST:]), message=self._text())

    def delete(self, device: Device) -> None:
        if device.own:
            message_id = self.chance.choice(device.own[-LATEST:])
            device.own.remove(message_id)
            device.say("message_delete", message_id=message_id)

    def type(self, device: Device) -> None:
        device.mention({"type": "typing", "is_typing": True})

    def read(self, device: Device) -> None:
        if device.history.rows:
            device.mention({"type": "read_receipt", "message_id": max(device.history.rows)})

    def confirm(self, device: Device) -> None:
        if device.opts_in is not None:
            device.mention({"type": "delivered", "seq": device.history.position})

    def _text(self) -> str:
        self._number += 1
        text = f"What I wanted to say {self._number} "
        return text + "x" * (LONGEST_MESSAGE - len(text)) if self.chance.randrange(LONG_ONE_IN) == 0 else text

    # --- what happens to them ---

    def leave(self, device: Device) -> None:
        if device.is_wanted.is_set():
            self._begin(device.leave())
            asyncio.get_running_loop().call_later(self.chance.uniform(*AWAY_S), self._back, device)

    def _back(self, device: Device) -> None:
        if device in self.devices:  # else it has left for longer
            device.switch_on()

    def lose(self, device: Device) -> None:
        device.lose()

    def vanish(self, device: Device) -> None:
        now = time.monotonic()
        if now - self._vanished.get(device.person.id, -VANISH_APART_S) >= VANISH_APART_S:
            self._vanished[device.person.id] = now
            device.vanish(self.chance.uniform(*AWAY_S))

    def freeze(self, device: Device) -> None:
        device.freeze(self.chance.uniform(*FROZEN_S))

    def post(self, device: Device) -> None:
        """The outbox goes over REST, perhaps while it goes over the socket."""
        if device.opts_in is not None:
            device.say("chat_message", message=self._text())
            self._begin(device.post_outbox())

    def _begin(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
