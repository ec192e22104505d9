"""The temporary store: for its owner alone, and gone afterwards."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from mockserver.adapters.supervision.temporary import temporary_store
from mockserver.fake.stores.opening import opened
from mockserver.fake.stores.store import Bounds


def test_a_temporary_store_is_for_its_owner_alone_and_gone_afterwards() -> None:
    with temporary_store() as store:
        path = Path(store.removeprefix("sqlite:"))
        with closing(opened(store, Bounds())):
            files = list(path.parent.iterdir())
            assert len(files) == 3
            assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not path.parent.exists()
