"""From an artifact to its bytes.

A module of its own because it is light at import: Pillow and PyAV are imported by the first `render`, so a server that
is never asked for a result does not pay for them.
"""

from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from mockserver.fake.media.artifacts import Archive, Artifact, File, Picture, Sound


def render(artifact: Artifact, is_abandoned: Callable[[], bool] = lambda: False) -> bytes:
    """Make the file. Blocks for up to seconds and keeps a core busy, so call it in a thread.

    A film that ``is_abandoned`` meanwhile, because nobody waits for it any more, is broken off: it is then empty.

    The same picture is the same bytes, and the same film the same frames, on every machine with the same
    releases of Pillow and PyAV.
    """
    if isinstance(artifact, File):
        return artifact.content
    if isinstance(artifact, Archive):
        return _packed(artifact, is_abandoned)
    if isinstance(artifact, Picture):
        from mockserver.fake.media import pictures

        return pictures.encode(artifact)
    if isinstance(artifact, Sound):
        from mockserver.fake.media import sounds

        return sounds.encode(artifact, is_abandoned)
    from mockserver.fake.media import films

    return films.encode(artifact, is_abandoned)


def _packed(archive: Archive, is_abandoned: Callable[[], bool]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_STORED) as packed:  # pictures and films are packed already
        for part in archive.parts:
            # Without a time of its own, the same results are the same bytes.
            packed.writestr(ZipInfo(f"{part.task_id}-{part.index}{part.suffix}"), render(part, is_abandoned))
    return content.getvalue()
