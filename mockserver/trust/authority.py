"""The authority: a certificate authority of this user's, made once, by which clients trust what we serve over TLS.

It is two files in the user's data folder. Its key can vouch for any host to whoever trusts it, so only its user may
read it.
"""

from __future__ import annotations

import shutil
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from mockserver.errors import MockserverError
from mockserver.files import write
from mockserver.types import value

if TYPE_CHECKING:
    import trustme

_CERTIFICATE, _KEY = "ca.pem", "ca.key"

_MOST_LETTERS = 40
"""Of the name of the machine: a name in a certificate has 64 at most (RFC 5280, appendix A.1)."""


class NoAuthority(MockserverError):
    """The authority can be neither read nor made."""


@value
class Authority:
    """A certificate authority.

    * ``certificate``: the file that clients are to trust, and ``pem`` what is in it
    * ``key``: the file that nobody else needs
    """

    certificate: Path
    key: Path
    pem: str

    @classmethod
    def own(cls) -> Authority:
        """Return this user's authority; the first time, make it. Raises ``NoAuthority``."""
        folder = _folder()
        if not folder.exists():
            _make(folder)
        return _read(folder)

    def issuer(self) -> trustme.CA:
        """Return what issues certificates in its name."""
        import trustme

        return trustme.CA.from_pem(self.pem.encode(), self.key.read_bytes())


def _folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("mockserver", appauthor=False) / "authority"


def _make(folder: Path) -> None:
    """Make an authority in a folder that is not there. Of two who do so at once, one is first, for both."""
    import trustme

    draft = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=".authority-", dir=folder.parent))  # for its user alone
        made = trustme.CA(path_length=0, organization_name="mockserver", organization_unit_name=_name())
        write(draft / _KEY, made.private_key_pem.bytes(), is_secret=True)
        write(draft / _CERTIFICATE, made.cert_pem.bytes())
        with suppress(FileExistsError):
            _rename(draft, folder)
    except OSError as error:
        text = f"{str(folder)!r} cannot be written: {error.strerror or error}"
        raise NoAuthority(f"{text}. Let this user write there, or name another place in XDG_DATA_HOME.") from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def _rename(draft: Path, folder: Path) -> None:
    """Give a folder its name. Raises ``FileExistsError`` if another one has it by now."""
    try:
        draft.rename(folder)
    except OSError as error:
        if folder.exists():
            raise FileExistsError(error.errno, error.strerror, str(folder)) from error
        raise


def _read(folder: Path) -> Authority:
    """Read an authority. Raises ``NoAuthority`` for one whose files are missing, broken, no pair, or out of date."""
    certificate, key = folder / _CERTIFICATE, folder / _KEY
    try:
        pem = certificate.read_text(encoding="ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
        problem = _date_problem(pem)
    except ssl.SSLError as error:
        problem = f"they are no certificate and its key ({error.reason or error})"
    except OSError as error:
        problem = f"{Path(error.filename or certificate).name} cannot be read: {error.strerror or error}"
    except ValueError:
        problem = f"{_CERTIFICATE} is no certificate"
    if problem is None:
        return Authority(certificate, key, pem)
    hint = "Delete that folder: a new authority is made, and clients have to trust that one."
    raise NoAuthority(f"the files in {str(folder)!r} cannot be used: {problem}. {hint}")


def _date_problem(pem: str) -> str | None:
    """Say what is wrong with the dates of a certificate; ``None`` if nothing is. Raises ``ValueError`` for none."""
    from cryptography.x509 import load_pem_x509_certificate

    found, now = load_pem_x509_certificate(pem.encode()), datetime.now(UTC)
    if found.not_valid_after_utc < now:
        return f"the certificate expired on {found.not_valid_after_utc:%Y-%m-%d}"
    if found.not_valid_before_utc > now:
        return f"the certificate counts from {found.not_valid_before_utc:%Y-%m-%d} on"
    return None


def _name() -> str:
    """Return a name by which a person tells authorities apart in a store of certificates."""
    import platform

    return f"{(platform.node() or 'this machine')[:_MOST_LETTERS]}, {datetime.now(UTC):%Y-%m-%d}"
