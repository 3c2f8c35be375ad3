"""Broker addresses and credentials: what is taken, and what is refused by name."""

import subprocess
from pathlib import Path

import pytest

from pullcord_server.outside.broker import BrokerError, parse_broker


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("mqtt://127.0.0.1:1883", "127.0.0.1", 1883, False),
        ("mqtt://broker.plant", "broker.plant", 1883, False),
        ("mqtt://[::1]:1999", "::1", 1999, False),
        ("mqtts://broker.plant", "broker.plant", 8883, True),
        ("mqtts://broker.plant:9000/", "broker.plant", 9000, True),
    ],
)
def test_an_address_names_host_port_and_tls(url: str, host: str, port: int, tls: bool) -> None:
    broker = parse_broker(url)
    assert (broker.host, broker.port, broker.tls) == (host, port, tls)
    assert parse_broker(str(broker)) == broker


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:1883",
        "http://127.0.0.1",
        "mqtt://",
        "mqtt://host:0",
        "mqtt://host:70000",
        "mqtt://host:port",
        "mqtt://host/topic",
        "mqtt://host?x=1",
        "mqtt://[::1",
        "mqtt://name:word@host",
        "",
    ],
)
def test_an_address_that_cannot_work_is_refused_with_its_setting(url: str) -> None:
    with pytest.raises(BrokerError) as caught:
        parse_broker(url)
    assert caught.value.key == "broker"
    assert "mqtt" in caught.value.reason or "login" in caught.value.reason


def test_a_password_comes_from_its_file_without_the_end_of_the_line(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret word\n")
    broker = parse_broker("mqtt://host", username="server", password_file=file)
    assert (broker.username, broker.password) == ("server", "s3cret word")


def test_what_is_missing_for_a_login_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    for password_file, reason in ((tmp_path / "none", "cannot be read"), (empty, "is empty")):
        with pytest.raises(BrokerError, match=f"password_file: {reason}"):
            parse_broker("mqtt://host", username="server", password_file=password_file)
    with pytest.raises(BrokerError, match="username: is missing"):
        parse_broker("mqtt://host", password_file=empty)


def test_files_for_tls_are_refused_where_there_is_no_tls(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="ca: is for mqtts:// only"):
        parse_broker("mqtt://host", ca=tmp_path / "ca.pem")


def test_files_for_tls_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no certificate")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    with pytest.raises(BrokerError, match="ca: cannot be used"):
        parse_broker("mqtts://host", ca=tmp_path / "missing.pem")
    with pytest.raises(BrokerError, match="ca: cannot be used"):
        parse_broker("mqtts://host", ca=rubbish)
    with pytest.raises(BrokerError, match="cert and key go together"):
        parse_broker("mqtts://host", cert=cert)
    with pytest.raises(BrokerError, match="cert and key go together"):
        parse_broker("mqtts://host", key=key)
    with pytest.raises(BrokerError, match="cert: and key cannot be used"):
        parse_broker("mqtts://host", cert=rubbish, key=key)
    assert parse_broker("mqtts://host", ca=cert, cert=cert, key=key).cert == cert
