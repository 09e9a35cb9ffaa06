"""The processes of the delivery benchmark: the subscribers and the worker."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks import peers

_PATIENCE = 600  # seconds
_ADDRESSES = 32  # of subscribers: enough hosts to keep one worker busy


class Sink:
    """The subscribers' process."""

    def __init__(self, port: int, scheme: str = "http") -> None:
        self.port = port
        self.control = peers.free_port()
        self.scheme = scheme
        self.authority: Path | None = None  # the CA that signed its certificate
        self.worker = 0  # the process that delivers to it

    def ask(self, path: str = "/") -> dict[str, float]:
        """Return the number and times of deliveries; see sink.py."""
        connection = HTTPConnection("127.0.0.1", self.control, timeout=60)
        with closing(connection):
            connection.request("GET", path)
            counts: dict[str, float] = json.loads(connection.getresponse().read())
            return counts

    def wait(self) -> None:
        """Wait until the process answers."""
        end = time.monotonic() + 30
        while True:
            try:
                self.ask()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                return

    def urls(self, count: int, path: str = "/") -> list[str]:
        """Return different callback URLs on many hosts."""
        hosts = [f"127.0.0.{number + 1}" for number in range(_ADDRESSES)]
        return [
            f"{self.scheme}://{hosts[number % _ADDRESSES]}:{self.port}{path}{number}"
            for number in range(count)
        ]


@contextmanager
def run_sink(folder: Path, scheme: str = "http") -> Iterator[Sink]:
    """Run the subscribers."""
    sink = Sink(peers.free_port(), scheme)
    certificate: tuple[Path, ...] = ()
    if scheme == "https":
        certificate = _certificate(folder)
        sink.authority = certificate[0]
    command = (
        sys.executable,
        "-m",
        "benchmarks.sink",
        str(sink.port),
        str(sink.control),
        *certificate,
    )
    with subprocess.Popen([str(each) for each in command]) as process:
        try:
            sink.wait()
            yield sink
        finally:
            process.kill()


@contextmanager
def run_worker(site: Path, sink: Sink) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker of a site in a folder. It ends before the subscribers do."""
    environment = {**os.environ}
    if sink.authority:
        environment["SSL_CERT_FILE"] = str(sink.authority)
    command = (sys.executable, "-m", "feedsvc", "push", "--worker", "--site", str(site))
    with subprocess.Popen(command, env=environment) as process:
        sink.worker = process.pid
        try:
            yield process
        finally:
            process.kill()


def await_deliveries(sink: Sink, count: int) -> tuple[float, float]:
    """Wait for a number of deliveries; return seconds and CPU seconds for each of them."""
    end = time.monotonic() + _PATIENCE
    first, used = 0, 0.0
    while (counts := sink.ask())["number"] < count:
        if time.monotonic() > end:
            sys.exit(f"only {counts['number']:,} of {count:,} deliveries arrived")
        if not first and counts["number"]:
            first, used = int(counts["number"]), _cpu(sink.worker)
        time.sleep(0.02)
    seconds = (counts["last"] - counts["first"]) / count
    return seconds, (_cpu(sink.worker) - used) / max(1, count - first)


def _cpu(pid: int) -> float:
    if not pid:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Return the greatest resident set size of a process so far, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(each.split()[1]) * 1024 / 1e6 for each in lines if each.startswith("VmHWM"))


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for all addresses, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink")])
    hosts = {urlsplit(each).hostname or "" for each in Sink(0).urls(_ADDRESSES)}
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(each)) for each in hosts])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    files[0].write_bytes(certificate.public_bytes(pem))
    files[1].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return files
