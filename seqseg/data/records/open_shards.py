"""Shards that are opened when they are first read, and not too many at once."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_AT_ONCE = 256  # most systems give a process 1,024 files
Reader = TypeVar("Reader")


class OpenShards(Generic[Reader]):
    """`shards[number]` is what `open_shard(number)` gave; the one not used for the longest is let go of."""

    def __init__(self, open_shard: Callable[[int], Reader]):
        self._open_shard, self._lock = open_shard, threading.Lock()
        self._open: OrderedDict[int, Reader] = OrderedDict()

    def __getitem__(self, number: int) -> Reader:
        with self._lock:
            if number not in self._open:
                self._open[number] = self._open_shard(number)
            self._open.move_to_end(number)
            if len(self._open) > _AT_ONCE:
                self._open.popitem(last=False)  # and closed once no thread reads from it any more
            return self._open[number]
