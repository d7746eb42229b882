"""Where this installation may connect to: every URL that a customer can set passes here.

A host is resolved once per connection and the socket is opened to exactly the address that was checked, so a name
that resolves to something else a moment later (rebinding) gains nothing. TLS still verifies the host's own name.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from integrations.errors import Misconfigured, Transient

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Lookup = Callable[[str, int], Sequence[str]]

DEFAULT_PORTS = {"https": 443, "http": 80}

# Addresses at which clouds hand out credentials to whoever asks: refused even inside an allowed network.
METADATA_ADDRESSES = frozenset(
    ip_address(text) for text in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192")
)
_NAT64 = ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingPolicy:
    """What an installation allows besides public addresses over https.

    `allow_networks` are internal networks that may be reached after all; empty by default. `allowed_ports` empty
    means any port (private S/4HANA systems commonly listen on 44300).
    """

    allow_networks: tuple[Network, ...] = ()
    allow_plain_http: bool = False
    allowed_ports: frozenset[int] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls, allow: str | Iterable[str] = "", *, plain_http: bool = False, ports: Iterable[int] = ()
    ) -> OutgoingPolicy:
        """From the settings OUTGOING_ALLOW ("10.1.0.0/16, 127.0.0.0/8") and OUTGOING_ALLOW_PLAIN_HTTP.

        Raises ValueError for a text that is no network.
        """
        texts = allow.split(",") if isinstance(allow, str) else allow
        networks = tuple(ip_network(text.strip()) for text in texts if text.strip())
        return cls(allow_networks=networks, allow_plain_http=plain_http, allowed_ports=frozenset(ports))


@dataclass(frozen=True, slots=True)
class Target:
    """A checked destination: connect to one of `addresses`, speak to `host`."""

    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]


def system_lookup(host: str, port: int) -> Sequence[str]:
    """All addresses of a host by the system's resolver, in its order, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, lower-case host and port of a URL. Raises Misconfigured for a URL without them."""
    parts = _split(url)
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not parts.hostname or any(map(str.isspace, parts.hostname)):
        raise Misconfigured(f"{_shown(parts)} is not a complete http(s) address.", code="outgoing-url")
    return scheme, parts.hostname.rstrip(".").lower(), parts.port or DEFAULT_PORTS[scheme]


def check_url(url: str, policy: OutgoingPolicy) -> tuple[str, str, int]:
    """What can be said of a URL without asking the network; answers its origin. Raises Misconfigured."""
    scheme, host, port = origin(url)
    parts = _split(url)
    if parts.username is not None or parts.password is not None:
        raise Misconfigured("An address must not carry a user name or a password.", code="outgoing-url")
    if scheme == "http" and not policy.allow_plain_http:
        raise Misconfigured(f"{host}: only https is allowed.", code="outgoing-plain-http")
    if policy.allowed_ports and port not in policy.allowed_ports:
        raise Misconfigured(f"{host}: port {port} is not allowed.", code="outgoing-port")
    return scheme, host, port


def resolve(url: str, policy: OutgoingPolicy, *, lookup: Lookup = system_lookup) -> Target:
    """Checks a URL and resolves its host once.

    Raises Misconfigured if the URL or any address of its host is refused, Transient if the name does not resolve.
    """
    scheme, host, port = check_url(url, policy)
    return Target(scheme, host, port, resolve_host(host, port, policy, lookup=lookup))


def resolve_host(host: str, port: int, policy: OutgoingPolicy, *, lookup: Lookup = system_lookup) -> tuple[str, ...]:
    """The addresses of a host, all of them allowed. One refused address refuses the host."""
    try:
        addresses = tuple(lookup(host, port))
    except (OSError, UnicodeError):
        raise Transient(f"The host name {host} does not resolve.", code="name-resolution") from None
    if not addresses:
        raise Transient(f"The host name {host} does not resolve.", code="name-resolution")
    for text in addresses:
        if not is_allowed(text, policy):
            message = f"{host} is at an internal address, which this installation does not connect to."
            raise Misconfigured(message, code="outgoing-internal")
    return addresses


def is_allowed(text: str, policy: OutgoingPolicy) -> bool:
    """Whether an address is public, or inside one of the allowed networks."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.scope_id:
        return False
    address = _innermost(address)
    if address in METADATA_ADDRESSES:
        return False
    if any(address in network for network in policy.allow_networks):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _innermost(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or address


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise Misconfigured("The address cannot be read.", code="outgoing-url") from None
    return parts


def _shown(parts: SplitResult) -> str:
    """A URL without its user information and query, for messages."""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl() or "An empty text"
