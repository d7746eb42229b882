"""TLS to a pinned address: the certificate is the host's, whatever the address, and only of a trusted authority."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.errors import Transient
from integrations.guard import OutgoingPolicy
from integrations.http import HttpRequest, HttpSession, Timeouts
from simulators.log import Seen
from simulators.server import SimulatorServer, serve
from simulators.simulator import Simulator
from simulators.wire import Request, Response

POLICY = OutgoingPolicy.of("127.0.0.0/8")
READ = HttpRequest(method="GET", url="/x")


class Echo(Simulator):
    """Answers with the host it was asked for."""

    def answer(self, request: Request, seen: Seen) -> Response:
        return Response(200, [("Content-Type", "text/plain")], request.headers["host"].encode())

    def state(self) -> dict:
        return {}

    def reset(self, options: dict) -> None:
        return


def certificate(name: str) -> tuple[bytes, bytes]:
    """A self-signed certificate and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.9"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM), secret


@pytest.fixture(scope="module")
def pem() -> tuple[bytes, bytes]:
    return certificate("sap.example.com")


@pytest.fixture
def server(pem: tuple[bytes, bytes], tmp_path: Path) -> Iterator[SimulatorServer]:
    (tmp_path / "both.pem").write_bytes(pem[0] + pem[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    with serve(Echo(), tls=context) as running:
        yield running


def session(server: SimulatorServer, host: str, ca_bundle: str) -> HttpSession:
    return HttpSession(
        base_url=f"https://{host}:{server.server_address[1]}",
        policy=POLICY,
        timeouts=Timeouts(connect=5, read=5),
        ca_bundle=ca_bundle,
        lookup=lambda _host, _port: ["127.0.0.1"],
    )


def test_the_name_is_verified_and_sent_although_the_address_is_pinned(server, pem):
    answer = session(server, "sap.example.com", pem[0].decode()).send(READ)
    assert answer.body.decode() == f"sap.example.com:{server.server_address[1]}"


def test_a_certificate_of_another_name_is_refused_before_anything_is_sent(server, pem):
    with pytest.raises(Transient) as caught:
        session(server, "other.example.com", pem[0].decode()).send(READ)
    assert caught.value.code == "tls"


def test_without_the_companys_bundle_its_certificate_is_refused(server):
    with pytest.raises(Transient) as caught:
        session(server, "sap.example.com", "").send(READ)
    assert caught.value.code == "tls"


def test_a_bundle_of_ones_own_is_the_only_trust(server):
    with pytest.raises(Transient) as caught:
        session(server, "sap.example.com", certificate("sap.example.com")[0].decode()).send(READ)
    assert caught.value.code == "tls"
