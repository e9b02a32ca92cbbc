"""What a notice may connect to: the public internet, and what the operator listed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import pytest

from intake.notice_hosts import parse_notice_hosts
from tasks.notification.public_targets import ForbiddenTargetError, is_public, only_public
from tests.standins.hook import HookReceiver


@pytest.fixture
def hook() -> Iterator[HookReceiver]:
    with HookReceiver() as receiver:
        yield receiver


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1"),
    ],
)
def test_an_address_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "140.82.112.3", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_connection_to_this_machine_is_never_made(host: str, hook: HookReceiver) -> None:
    with only_public(()) as check, pytest.raises(ForbiddenTargetError):
        socket.create_connection((host, hook.port), timeout=5)

    assert check.has_refused


def test_a_name_is_not_connected_to_because_it_could_mean_another_address_by_then(hook: HookReceiver) -> None:
    with socket.socket() as plain, only_public(parse_notice_hosts("127.0.0.1")), pytest.raises(ForbiddenTargetError):
        plain.connect(("localhost", hook.port))


def test_neither_is_a_unix_socket_or_a_datagram() -> None:
    with only_public(()):
        with socket.socket(socket.AF_UNIX) as unix, pytest.raises(ForbiddenTargetError):
            unix.connect("/tmp/no-such-socket")
        with socket.socket(type=socket.SOCK_DGRAM) as datagram, pytest.raises(ForbiddenTargetError):
            datagram.sendto(b"x", ("127.0.0.1", 53))


def test_a_listed_host_is_connected_to_at_its_port_alone(hook: HookReceiver) -> None:
    with only_public(parse_notice_hosts(f"10.0.0.5, 127.0.0.1:{hook.port}")):
        socket.create_connection(("127.0.0.1", hook.port), timeout=5).close()
        with pytest.raises(ForbiddenTargetError):
            socket.create_connection(("127.0.0.1", hook.port + 1), timeout=5)


def test_everything_else_in_the_process_connects_as_before(hook: HookReceiver) -> None:
    with only_public(()):
        pass
    socket.create_connection(("127.0.0.1", hook.port), timeout=5).close()


@pytest.mark.parametrize("value", ["localhost", "10.0.0.5:x", "10.0.0.0/8", "http://10.0.0.5", "fd00::5:8080x"])
def test_the_list_holds_ip_addresses_only(value: str) -> None:
    with pytest.raises(ValueError, match="expected IP addresses"):
        parse_notice_hosts(value)


def test_the_list_knows_ipv6_and_may_be_empty() -> None:
    [host] = parse_notice_hosts(" [fd00::5]:25 ,")

    assert (str(host.address), host.port) == ("fd00::5", 25)
    assert parse_notice_hosts("") == ()
