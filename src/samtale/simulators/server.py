"""A simulator on loopback: one HTTP server for the vendor's API, and one for the door.

Knows sockets and HTTP, nothing of any vendor. Both servers bind to 127.0.0.1 only.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from samtale.simulators.base import ConnectionCut, Request, Response, SimClock, Simulator
from samtale.simulators.door import Door
from samtale.simulators.faults import Faults, RequestLog, as_handler

Handler = Callable[[Request], Response]


class Running:
    """A simulator that is being served. Usable as a context manager; `stop` may be called twice."""

    def __init__(self, simulator: Simulator, port: int, door_port: int) -> None:
        self.simulator = simulator
        self.faults = Faults()
        self.log = RequestLog()
        self._api = _Server(port, as_handler(simulator, self.faults, self.log), simulator.clock)
        try:
            self._door = _Server(door_port, Door(simulator, self.faults, self.log).handle, simulator.clock)
        except OSError:
            self._api.stop()
            raise

    @property
    def url(self) -> str:
        """The address of the vendor's API, without a path."""
        return self._api.url

    @property
    def door_url(self) -> str:
        """The address of the door."""
        return self._door.url

    def stop(self) -> None:
        """Close both servers and every open connection."""
        self._api.stop()
        self._door.stop()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(simulator: Simulator, port: int = 0, door_port: int = 0) -> Running:
    """Serve a simulator in background threads; port 0 takes any free one. Raises OSError when a port is taken."""
    return Running(simulator, port, door_port)


class _Server(ThreadingHTTPServer):
    """One listening socket that answers with a handler; remembers its connections so that it can cut them."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, handler: Handler, clock: SimClock) -> None:
        self.handler = handler
        self.clock = clock
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._stopped = False
        super().__init__(("127.0.0.1", port), _Connection)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        # HTTPServer would look up its own host name here, which can take seconds on a machine without DNS.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle of a reply is no error of ours; anything else is."""
        import sys

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        self.shutdown()
        self.server_close()
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            _cut(connection)


class _Connection(BaseHTTPRequestHandler):
    """One client connection, kept alive from request to request."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def _answer(self) -> None:
        if "transfer-encoding" in self.headers:
            self.close_connection = True
            self._send(Response(411, {"content-type": "text/plain"}, b"a Content-Length is required"))
            return
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=unquote(parts.path),
            query=parse_qsl(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        try:
            response = self.server.handler(request)
        except ConnectionCut:
            self.close_connection = True
            _cut(self.connection)
            return
        self._send(response)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815

    def _send(self, response: Response) -> None:
        headers = {name.lower(): value for name, value in response.headers.items()}
        headers.setdefault("date", format_datetime(self.server.clock.now(), usegmt=True))
        declared = int(headers.setdefault("content-length", str(len(response.body))))
        if response.status == HTTPStatus.NO_CONTENT:
            del headers["content-length"]
        elif declared != len(response.body):
            self.close_connection = True
        if self.close_connection:
            headers["connection"] = "close"
        try:
            reason = HTTPStatus(response.status).phrase
        except ValueError:
            reason = ""
        lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.wfile.write(head if self.command == "HEAD" else head + response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the door's request log is the place to look."""


def _cut(connection: socket.socket) -> None:
    """End a connection at once, whoever is waiting on it."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was quicker
