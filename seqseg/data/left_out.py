"""What is broken in a set: an error, or, when asked to go on, left out and listed."""

from seqseg.errors import DataError


class LeftOut:
    """Where readers bring what they cannot use. With `skip` it is kept in `items`, without it is raised.

    Example:
        >>> left_out = LeftOut(skip=True)
        >>> left_out.add(DataError("a.png is empty (0 bytes)"))
        >>> left_out.items
        ['a.png is empty (0 bytes)']
    """

    def __init__(self, *, skip: bool = False):
        self.skip = skip
        self.items: list[str] = []

    def add(self, error: DataError) -> None:
        """Note the error and go on without the item it names; raises it unless `skip`."""
        if not self.skip:
            raise error
        self.items.append(str(error))


STRICT = LeftOut()  # never holds anything, so all may share it
