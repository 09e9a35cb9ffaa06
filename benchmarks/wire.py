"""Send one request over a plain socket, and keep every byte of the response."""

import socket
import sys
from dataclasses import dataclass

_PATIENCE = 60.0  # seconds; the timeout of the socket


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response. head: including the empty line. fields: by lower-case name."""

    status: int
    head: bytes
    fields: dict[str, str]
    body: bytes

    @property
    def size(self) -> int:
        """The number of bytes on the wire."""
        return len(self.head) + len(self.body)

    @property
    def coding(self) -> str:
        """The content coding, `identity` for none."""
        return self.fields.get("content-encoding", "identity")


def ask(port: int, path: str, **sent: str) -> Answer:
    """Send a GET request to loopback with keep-alive. sent: header fields, with `_` for `-`."""
    fields = {"Host": f"127.0.0.1:{port}"}
    fields |= {name.replace("_", "-"): value for name, value in sent.items()}
    lines = (f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()))
    with socket.create_connection(("127.0.0.1", port), _PATIENCE) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        return _read(connection, path)


def _read(connection: socket.socket, path: str) -> Answer:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection, path)
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    status = int(first.split()[1])
    if status != 304 and "content-length" not in fields:
        sys.exit(f"{path}: the response has no Content-Length: {fields}")
    length = 0 if status == 304 else int(fields["content-length"])
    parts = [body]
    while (missing := length - sum(map(len, parts))) > 0:
        parts.append(_more(connection, path))
    if missing:
        sys.exit(f"{path}: {-missing} extra bytes after the body")
    return Answer(status, head + b"\r\n\r\n", fields, b"".join(parts))


def _more(connection: socket.socket, path: str) -> bytes:
    received = connection.recv(1 << 20)
    if not received:
        raise ConnectionError(f"{path}: the response was truncated")
    return received
