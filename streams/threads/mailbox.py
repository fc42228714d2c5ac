"""A bounded queue between two threads."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from streams.threads.waiting import TURN

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """A bounded queue between two threads that either side can end. `wake()` follows every change, outside the lock.

    It is full with `depth` items, or when `full(items, next_item)` says so.
    """

    def __init__(
        self,
        depth: int,
        wake: Callable[[], object] | None = None,
        *,
        full: Callable[[Sequence[Item], Item], bool] | None = None,
    ) -> None:
        self.wake = wake
        self._items: deque[Item] = deque()
        self._full = full or (lambda items, _: len(items) >= depth)
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._ended = self._closed = False
        self._lost = 0  # items dropped since the last one delivered

    def holds(self, count: int) -> bool:
        """Whether `count` items wait, or no more will come."""
        with self._changed:
            return len(self._items) >= count or self._ended or self._closed

    @property
    def ended(self) -> bool:
        """Whether all items and the error, if any, have been taken and no more will come."""
        with self._changed:
            return self._closed or (self._ended and not self._items and self._error is None)

    def put(self, item: Item, *, wait: bool, meanwhile: Callable[[], None] | None = None) -> list[Item] | None:
        """Adds the item; returns the items dropped to make room, or None if the reader has closed the mailbox.

        While it waits for room, `meanwhile()` is called twice a second.
        """
        with self._changed:
            while wait and self._full(self._items, item) and not self._closed:
                if not self._changed.wait(TURN) and meanwhile is not None:
                    meanwhile()
            if self._closed:
                return None
            dropped = []
            while self._items and self._full(self._items, item):
                dropped.append(self._items.popleft())
            self._lost += len(dropped)
            self._items.append(item)
            self._changed.notify_all()
        self._call_wake()
        return dropped

    def get(self, too_old: Callable[[Item], bool] | None = None, *, wait: bool = True) -> tuple[Item, int] | None:
        """(the oldest item, how many were dropped before it). At the end the writer's error is raised, else None.

        Items that are `too_old` are dropped while others wait behind them. Without `wait`, None also means that no item
        is there yet.
        """
        with self._changed:
            while wait and not self._items and not self._ended and not self._closed:
                self._changed.wait(TURN)
            if not self._items:
                error, self._error = self._error, None
                if error is not None and not self._closed:
                    raise error
                return None
            item = self._items.popleft()
            while self._items and too_old is not None and too_old(item):
                item = self._items.popleft()
                self._lost += 1
            lost, self._lost = self._lost, 0
            self._changed.notify_all()
        self._call_wake()
        return item, lost

    def end(self, error: BaseException | None = None) -> None:
        """No more items come; those waiting can still be taken, then the error is raised."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()
        self._call_wake()

    def close(self) -> None:
        """No more items are wanted."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()
        self._call_wake()

    def _call_wake(self) -> None:
        if self.wake is not None:
            self.wake()
