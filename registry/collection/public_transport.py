"""Connections that go to public addresses alone.

A host name is resolved here, every address of it is checked, and the connection goes to one that
was: a name that means another address a moment later (DNS rebinding) changes nothing. Name and
certificate are still those of the host. Proxies of the environment are not used, since behind one
nobody could check.
"""

import socket
import ssl
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx2

from registry.errors import NotAllowedError, StorageError

_NAT64: Final = IPv6Network("64:ff9b::/96")


class PublicTransport(httpx2.BaseTransport):
    """Sends requests to the addresses that hosts have, unless they are private.

    Args:
        allow_private: Whether to send them there as well.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        # One for each host: connections are kept by address, and belong to the host they were
        # made for.
        self._transports: dict[tuple[str, str], httpx2.HTTPTransport] = {}
        self._addresses: dict[str, str] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            NotAllowedError: The host has an address that is not public.
            StorageError: There is no such host.
            httpx2.TransportError: It does not answer.
        """
        host = request.url.host
        transport = self._transport_to(request.url.scheme, host)
        failure: httpx2.TransportError | None = None
        for address in self._list_addresses(host):
            try:
                response = transport.handle_request(_address_to(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                self._addresses.pop(host, None)
                failure = error
            else:
                self._addresses[host] = address
                return response
        raise failure or httpx2.ConnectError(f"{host} has no address")

    def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            transport.close()

    def _transport_to(self, scheme: str, host: str) -> httpx2.HTTPTransport:
        known = self._transports.get((scheme, host))
        if known is None:
            # To load the certificates takes a tenth of a second. Without them, none is trusted.
            needs_none = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            known = httpx2.HTTPTransport(verify=True if scheme == "https" else needs_none)
            self._transports[scheme, host] = known
        return known

    def _list_addresses(self, host: str) -> list[str]:
        """Return the address that answered before, else all that the host has."""
        known = self._addresses.get(host)
        addresses = [known] if known else list(dict.fromkeys(_resolve(host)))
        for address in () if self._allow_private else addresses:
            if not is_public(address):
                means = "" if host == address else f" means {address}, which"
                raise NotAllowedError(
                    f"{host}{means} is no public address",
                    hint="--allow-private reads from your own machine or network",
                )
        return addresses


def is_public(address: str) -> bool:
    """Say whether an address leads to the public internet, and not into some network of one's own.

    Addresses that hold an IPv4 address are as public as that.

    Example:
        >>> is_public("93.184.215.14"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
        (True, False, False)
    """
    return all(one.is_global and not one.is_multicast for one in _iter_meant(ip_address(address)))


def _iter_meant(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        yield address
        return
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    found = [one for one in inner if one is not None]
    yield from found
    if address.ipv4_mapped is None:
        yield address


def _resolve(host: str) -> Iterator[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise httpx2.ConnectError(f"{host}: {error.strerror}") from error
        raise StorageError(f"no host {host!r}: {error.strerror}") from error
    except UnicodeError as error:
        raise StorageError(f"no host {host!r}: it is no name") from error
    for *_, place in found:
        # The scope of a link-local address stands behind a percent sign.
        yield str(place[0]).partition("%")[0]


def _address_to(request: httpx2.Request, address: str) -> httpx2.Request:
    host = request.url.host
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        extensions={**request.extensions, "sni_hostname": host},
    )
