"""Certificates: each host that is asked for has one that strict verifiers take."""

from __future__ import annotations

import ssl
from datetime import timedelta

import pytest
from cryptography import x509

from mockserver.adapters.tls import certificates as module
from mockserver.adapters.tls.certificates import Certificates
from mockserver.trust.authority import Authority

STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
"""What Python verifies by default from 3.13 on."""


def shake(certificates: Certificates, host: str | None, trusted: str, alpn: tuple[str, ...] = ()) -> ssl.SSLObject:
    """Shake hands as a client that asks for a host, and return its side."""
    client = ssl.create_default_context(cadata=trusted)
    client.verify_flags |= STRICT
    client.check_hostname = host is not None
    if alpn:
        client.set_alpn_protocols(alpn)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(back, there, server_hostname=host)
    far = certificates.context.wrap_bio(there, back, server_side=True)
    for side in (near, far, near, far):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return near


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return Certificates(Authority.own(), ("192.168.7.7",))


@pytest.mark.parametrize(
    "host",
    [
        "api-singapore.klingai.com",
        "API-Singapore.KlingAI.com",
        "xn--bcher-kva.example",
        "localhost",
        "127.0.0.1",
        "::1",
        "192.168.7.7",
    ],
)
def test_a_strict_client_takes_it(host: str, certificates: Certificates) -> None:
    near = shake(certificates, host, certificates.authority.pem)
    assert near.version() == "TLSv1.3"


def test_it_counts_for_no_longer_than_browsers_allow(certificates: Certificates) -> None:
    near = shake(certificates, "api.klingai.com", certificates.authority.pem)
    found = x509.load_der_x509_certificate(near.getpeercert(binary_form=True) or b"")
    assert found.not_valid_after_utc - found.not_valid_before_utc < timedelta(days=398)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["api.klingai.com"]


def test_who_does_not_trust_the_authority_is_not_deceived(certificates: Certificates) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(certificates, "api.klingai.com", ssl.DER_cert_to_PEM_cert(_another()))


def _another() -> bytes:
    import trustme

    return ssl.PEM_cert_to_DER_cert(trustme.CA().cert_pem.bytes().decode())


@pytest.mark.parametrize(("offers", "chosen"), [(("h2", "http/1.1"), "http/1.1"), (("h2",), None)])
def test_only_http_1_is_spoken(offers: tuple[str, ...], chosen: str | None, certificates: Certificates) -> None:
    near = shake(certificates, "api.klingai.com", certificates.authority.pem, offers)
    assert near.selected_alpn_protocol() == chosen


@pytest.mark.parametrize("host", ["a_b.example", "-.example", "a" * 64 + ".example", ".".join(["a"] * 130)])
def test_a_name_that_no_certificate_can_have_is_refused(host: str, certificates: Certificates) -> None:
    with pytest.raises((ssl.SSLError, UnicodeError, ValueError)):
        shake(certificates, host, certificates.authority.pem)


@pytest.mark.parametrize("host", ["xn--a", "xn--99999999999.example", "a b", "a\x00b", "", "a..b", "_"])
def test_a_name_that_only_looks_like_one_ends_in_an_alert(host: str, certificates: Certificates) -> None:
    alert = certificates._take_host(None, host, certificates.context)  # type: ignore[arg-type] # it is not touched
    assert alert == ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


@pytest.mark.parametrize("host", ["", "my_box", "0.0.0.0", "::", "a b", "0x7f.1", "böx.example"])
def test_whatever_a_server_listens_on_it_has_a_certificate(host: str) -> None:
    own = Certificates(Authority.own(), (host,))
    assert shake(own, "localhost", own.authority.pem).version() == "TLSv1.3"


def test_one_is_made_once_for_each_host_and_only_some_are_kept(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_HOSTS", 3)
    first, again = (
        shake(certificates, "api.useapi.net", certificates.authority.pem).getpeercert(binary_form=True)
        for _ in range(2)
    )
    assert first == again
    for number in range(5):
        shake(certificates, f"h{number}.example", certificates.authority.pem)
    assert [*certificates._contexts] == ["h2.example", "h3.example", "h4.example"]
