"""The newest picture of one stream."""

import threading


class Channel:
    """The newest JPEG of one stream; its viewers wait for the next."""

    def __init__(self) -> None:
        self.watchers = 0
        self._changed = threading.Condition()
        self._number, self._jpeg, self._closed = 0, b"", False

    def put(self, jpeg: bytes) -> None:
        """Replaces the picture."""
        with self._changed:
            self._number, self._jpeg = self._number + 1, jpeg
            self._changed.notify_all()

    def close(self) -> None:
        """No more pictures come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def after(self, number: int, seconds: float) -> tuple[int, bytes | None]:
        """(number, newest picture) once it is newer than `number`; (number, None) if none comes in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > number or self._closed, seconds)
            return (self._number, self._jpeg) if self._number > number else (number, None)
