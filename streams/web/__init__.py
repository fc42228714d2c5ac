"""The live page: every stream in a browser, the browser's camera as a stream, a REST and a WebSocket interface.

Needs starlette, uvicorn and websockets: `pip install 'seqseg[live]'`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.web.looks import Looks as Looks
    from streams.web.page import Page as Page

_HOMES = {"Page": "streams.web.page", "Looks": "streams.web.looks"}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'streams.web' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
