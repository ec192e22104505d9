"""``mockserver ca``: where the authority is that clients trust, and how each of them is told to."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

import click


@click.command(
    "ca",
    short_help="Show the authority of --https, and how to trust it.",
    epilog="\b\nExamples:\n  mockserver ca\n  mockserver ca --json",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ca(as_json: bool) -> None:
    """Show where the certificate authority is that signs for --https and --intercept, and how clients trust it.

    The first line is the path of its certificate. It is made when it is first needed, and is this user's alone.
    What `run --intercept` and `check client --intercept` start needs none of this: it is told what to trust.
    """
    from mockserver.trust.authority import Authority

    own = Authority.own()
    path, key = str(own.certificate), str(own.key)
    if as_json:
        click.echo(json.dumps({"certificate": path, "key": key, "pem": own.pem}, ensure_ascii=False))
        return
    click.echo(path)
    for who, how in _ways(shlex.quote(path)):
        click.echo(f"  {who:<16}  {how}")
    click.echo(f"Its key is in {key}. Give it to nobody: who has it can be any host to whoever trusts this authority.")


def _ways(path: str) -> Iterator[tuple[str, str]]:
    yield "curl", f"curl --cacert {path} …, or CURL_CA_BUNDLE={path}"
    yield "Python, Go, Ruby", f"SSL_CERT_FILE={path}"
    yield "requests", f"REQUESTS_CA_BUNDLE={path}"
    yield "Node", f"NODE_EXTRA_CA_CERTS={path}"
    yield "Java", f"keytool -importcert -noprompt -cacerts -storepass changeit -alias mockserver -file {path}"
    yield "Firefox", "Settings, Certificates, Authorities, Import…"
    yield "Chrome on Linux", f"certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n mockserver -i {path}"
    yield "Debian", f"sudo cp {path} /usr/local/share/ca-certificates/mockserver.crt && sudo update-ca-certificates"
    yield "Fedora", f"sudo trust anchor {path}"
    yield "macOS", f"security add-trusted-cert -k ~/Library/Keychains/login.keychain-db {path}"
    yield "Windows", f"certutil -user -addstore Root {path}"
