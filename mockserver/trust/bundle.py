"""Bundles: files of the authorities that a program trusts, ours among those that it trusts already."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables whose file is trusted in the place of the system's: by OpenSSL, Python and Go, and by two clients."""

_PEM = re.compile(r"-----BEGIN (TRUSTED )?CERTIFICATE-----.+?-----END \1?CERTIFICATE-----", re.DOTALL)


def bundle(own: str, environment: Mapping[str, str], *variables: str) -> str:
    """Return our authority and those in the files that some variables name, each once, as PEM."""
    files = [Path(environment[name]) for name in variables if environment.get(name)]
    return "".join(f"{pem}\n" for pem in dict.fromkeys([own.strip(), *_read(files)]))


def whole(own: str, environment: Mapping[str, str]) -> str:
    """Return our authority, those of the system, and those that the environment names."""
    found = bundle(own, environment, *BUNDLES)
    return "".join(f"{pem}\n" for pem in dict.fromkeys([*_pems(found), *_systems()]))


def _systems() -> Iterator[str]:
    """Yield the authorities of the system, and of certifi, where that is installed: a system may have none."""
    paths = ssl.get_default_verify_paths()
    yield from _read(Path(each) for each in (paths.cafile, _certifi()) if each)
    if not paths.cafile:  # Windows has a store, and other systems have a folder
        context = ssl.create_default_context()
        yield from (ssl.DER_cert_to_PEM_cert(each).strip() for each in context.get_ca_certs(binary_form=True))
        yield from _read([Path(paths.capath)] if paths.capath else [])


def _certifi() -> str | None:
    try:
        import certifi  # requests and httpx bring it
    except ImportError:
        return None
    return str(certifi.where())


def _read(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the certificates in some files, or in all files of a folder. What cannot be read, nobody trusts."""
    for path in paths:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            try:
                yield from _pems(file.read_text(encoding="latin-1"))
            except OSError:
                continue


def _pems(text: str) -> list[str]:
    return [found[0] for found in _PEM.finditer(text.replace(os.linesep, "\n"))]
