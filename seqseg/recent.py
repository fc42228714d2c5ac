"""A bounded cache of objects that are costly to make, such as compiled programs."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Keeps the values of the `limit` most recently used keys; others are made again when needed.

    Example:
        >>> squares = Recent(limit=2)
        >>> [squares.get(number, lambda: number * number) for number in (1, 2, 3)], len(squares)
        ([1, 4, 9], 2)
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._values: dict[Hashable, Value] = {}

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of `key`, from the cache or from `make()`."""
        value = self._values.pop(key) if key in self._values else make()
        self._values[key] = value
        if len(self._values) > self.limit:
            del self._values[next(iter(self._values))]
        return value

    def __len__(self) -> int:
        return len(self._values)
