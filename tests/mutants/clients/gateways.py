"""The reference client for gateways: the same API below other paths, and without signed tokens."""

from __future__ import annotations

from collections.abc import Mapping

from tests.mutants.clients.reference import Answer, Reference


class Gateways(Reference):
    """A client without faults. The fake serves all gateways at once, so the path names which one is meant."""

    paths: Mapping[str, str] = {
        "chainhub/omni-image": "/chainhub/kling/v1/images/omni-image",
        "chainhub/omni-video": "/chainhub/kling/v1/videos/omni-video",
        "yutoai/omni-image": "/yutoai/kling/v1/images/omni-image",
    }

    def hello(self) -> Answer:
        return {"name": "reference-gateways", "operations": list(self.paths), "callbacks": True}
