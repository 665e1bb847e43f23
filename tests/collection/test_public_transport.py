"""Which addresses are public."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry.collection import public_transport
from registry.collection.public_transport import PublicTransport, is_public
from registry.errors import StorageError
from tests.collection.conftest import Server


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::169.254.169.254",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_addresses_of_networks_of_ones_own_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f::1", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300])
def test_a_host_that_does_not_exist_is_named(host):
    with pytest.raises(StorageError, match="no host"):
        PublicTransport(allow_private=True)._list_addresses(host)


def certify(folder, host):
    """Write a certificate of a host that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "host.pem", folder / "host.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


def test_certificates_are_those_of_the_name_and_not_of_the_address(tmp_path, monkeypatch):
    certificate, key = certify(tmp_path, "api.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr(public_transport, "_resolve", lambda host: ["127.0.0.1"])
    server = Server()
    server.speak_tls(certificate, key)
    with server.running(), PublicTransport(allow_private=True) as transport:
        url = f"https://api.example:{server.port}/posts"
        assert 200 == transport.handle_request(httpx2.Request("GET", url)).status_code
        with pytest.raises(httpx2.ConnectError, match=r"VERIFY_FAILED.*Hostname mismatch"):
            transport.handle_request(httpx2.Request("GET", url.replace("api", "other")))
