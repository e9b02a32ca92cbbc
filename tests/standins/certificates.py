"""A certificate for a server on this machine, made for one test run, and the authority that vouches for it."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """A certificate in files.

    Attributes:
        authority: what a client has to trust.
        chain: key and certificate of the server.
    """

    authority: Path
    chain: Path
    _server: ssl.SSLContext = field(repr=False, compare=False)

    @classmethod
    def make(cls, folder: Path, host: str = "localhost") -> Certificate:
        """Make one for a host, and for 127.0.0.1."""
        authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        authority_name = _name("Authority of the tests")
        authority = _builder(authority_name, authority_name, authority_key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        server = _builder(_name(host), authority_name, key).add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
        authority_file, chain_file = folder / "authority.pem", folder / "server.pem"
        authority_file.write_bytes(_pem(authority.sign(authority_key, hashes.SHA256())))
        chain_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + _pem(server.sign(authority_key, hashes.SHA256()))
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain_file)
        return cls(authority_file, chain_file, context)

    def server_side(self, connection: socket.socket) -> ssl.SSLSocket:
        """Encrypt a connection that a client has opened."""
        return self._server.wrap_socket(connection, server_side=True)

    def trusting(self) -> ssl.SSLContext:
        """What a client that trusts the authority works with."""
        return ssl.create_default_context(cafile=str(self.authority))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    moment = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - LIFETIME)
        .not_valid_after(moment + LIFETIME)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
