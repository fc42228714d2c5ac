"""A server of the standard library in a thread."""

import socketserver
import threading


class Serving:
    """Runs a server of the standard library in its own thread until `close`."""

    def __init__(self, server: socketserver.BaseServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="serve", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
