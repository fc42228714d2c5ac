"""Shards, opened on first use, and a limited number at once."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_AT_ONCE = 256  # most systems allow a process 1,024 files
Reader = TypeVar("Reader")


class OpenShards(Generic[Reader]):
    """`shards[number]` is the result of `open_shard(number)`; the least recently used one is dropped."""

    def __init__(self, open_shard: Callable[[int], Reader]):
        self._open_shard, self._lock = open_shard, threading.Lock()
        self._open: OrderedDict[int, Reader] = OrderedDict()

    def __getitem__(self, number: int) -> Reader:
        with self._lock:
            if number not in self._open:
                self._open[number] = self._open_shard(number)
            self._open.move_to_end(number)
            if len(self._open) > _AT_ONCE:
                self._open.popitem(last=False)  # closed when its last reader is done
            return self._open[number]
