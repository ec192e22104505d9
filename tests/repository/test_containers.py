"""The container file, the compose files and the manifest: read by parsers, and true of what we have.

No container is built here. What is said of the command, its paths and its times is held against the program itself; and
what the container file runs is run without one.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import site
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml
from click import Group
from click.testing import CliRunner
from dockerfile_parse import DockerfileParser

from mockserver.adapters.supervision.process import KILL_SECONDS
from mockserver.cli import main
from mockserver.contract.description.control import description
from mockserver.options.commands import COMMANDS
from mockserver.settings import Settings
from tests.conftest import PATIENCE
from tests.support.ci_files import check

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "replicas"
MANIFEST: list[dict[str, Any]] = list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text(encoding="utf-8")))
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
TESTS: dict[str, Any] = yaml.safe_load((ROOT / "examples" / "compose" / "compose.yaml").read_text(encoding="utf-8"))
NGINX = (FOLDER / "nginx.conf").read_text(encoding="utf-8")


@cache
def steps() -> list[tuple[str, str]]:
    """Return the instructions of the container file."""
    with (ROOT / "Dockerfile").open("rb") as file:
        return [(step["instruction"], step["value"]) for step in DockerfileParser(fileobj=file).structure]


def values(name: str) -> list[str]:
    return [value for instruction, value in steps() if instruction == name]


def words(text: str) -> list[str]:
    """Return the words of an instruction in the form of JSON."""
    found = yaml.safe_load(text)
    assert isinstance(found, list), text
    return found


def variables() -> dict[str, str]:
    """Return what the container file says of the environment."""
    return dict(word.split("=", 1) for value in values("ENV") for word in value.split())


def of_kind(kind: str, name: str) -> dict[str, Any]:
    (found,) = (each for each in MANIFEST if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return found


def pod(name: str) -> dict[str, Any]:
    template: dict[str, Any] = of_kind("Deployment", name)["spec"]["template"]
    return template


def container(name: str) -> dict[str, Any]:
    (found,) = pod(name)["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each place that starts us, and the words after ``mockserver``."""
    yield "Dockerfile", [*words(values("CMD")[-1]), f"--host={variables()['MOCKSERVER_HOST']}", "--port=8080"]
    yield "compose.yaml", COMPOSE["services"]["replica"]["command"]
    yield "kubernetes.yaml", container("mockserver")["args"]


def options(found: Sequence[str]) -> dict[str, str]:
    """Return the options of a command line in either form."""
    rest = iter(found[1:])
    known = {option: bool(getattr(each, "is_flag", False)) for each in serve().params for option in each.opts}
    return {
        name: value if equals else "" if known.get(name) else next(rest)
        for name, equals, value in (word.partition("=") for word in rest)
    }


def serve() -> Any:
    assert isinstance(main, Group)
    return main.commands["serve"]


def paths() -> Iterator[tuple[str, str]]:
    """Yield each path that a probe asks for."""
    yield "Dockerfile", re.findall(r"http://127\.0\.0\.1:8080(/[^']*)'", values("HEALTHCHECK")[0])[0]
    for probe in ("readinessProbe", "livenessProbe"):
        yield probe, container("mockserver")[probe]["httpGet"]["path"]


@pytest.mark.parametrize("document", MANIFEST, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_a_cluster_knows_each_field_of_the_manifest(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize(("place", "command"), list(commands()))
def test_each_command_is_one_that_serve_takes(place: str, command: list[str]) -> None:
    shown = CliRunner().invoke(main, ["serve", "--help"]).output
    assert command[0] == "serve"
    found = options(command)
    for name in found:
        assert f"{name} " in shown or f"{name}\n" in shown, (place, name)
    assert (found["--host"], found["--port"]) == ("0.0.0.0", "8080")


def test_whoever_listens_for_others_has_a_token_and_a_store() -> None:
    for place, command in commands():
        if place != "Dockerfile":
            found = options(command)
            assert "CONTROL_TOKEN" in found["--control-token"], place
            assert urlsplit(found["--store"])[:1] == ("redis",), place
            assert "--trust-proxy" in found, place
    secret = of_kind("Secret", "mockserver")
    (variable,) = container("mockserver")["env"]
    reference = variable["valueFrom"]["secretKeyRef"]
    assert variable["name"] == "CONTROL_TOKEN"
    assert reference["name"] == secret["metadata"]["name"]
    assert reference["key"] in secret["stringData"]


@pytest.mark.parametrize(("place", "path"), list(paths()))
def test_a_probe_asks_what_anybody_may_ask(place: str, path: str) -> None:
    operation = description()["paths"][path.removeprefix("/_mock")]["get"]
    assert operation["security"] == [], place
    assert operation["operationId"] == ("live" if place == "livenessProbe" else "ready")


def test_each_port_is_the_one_that_is_listened_on() -> None:
    assert values("EXPOSE") == ["8080"]
    (port,) = container("mockserver")["ports"]
    assert port["containerPort"] == 8080
    for name in ("mockserver", "mockserver-redis"):
        service = of_kind("Service", name)["spec"]
        (named,) = container(name)["ports"]
        assert service["ports"][0]["targetPort"] == named["name"]
        assert service["selector"] == pod(name)["metadata"]["labels"]
        assert service["selector"] == of_kind("Deployment", name)["spec"]["selector"]["matchLabels"]
    for probe in ("readinessProbe", "livenessProbe"):
        assert container("mockserver")[probe]["httpGet"]["port"] == port["name"]
    assert re.findall(r"server (\S+) ", COMPOSE["configs"]["replicas"]["content"]) == ["replica:8080"]
    (published,) = COMPOSE["services"]["nginx"]["ports"]
    assert COMPOSE["configs"]["listen"]["content"].strip() == f"listen {published.rpartition(':')[2]};"


def test_each_store_is_a_redis_that_forgets_nothing() -> None:
    for where, command, name in (
        (options(COMPOSE["services"]["replica"]["command"]), COMPOSE["services"]["redis"]["command"], "redis"),
        (options(container("mockserver")["args"]), container("mockserver-redis")["args"], "mockserver-redis"),
    ):
        assert where["--store"] == f"redis://{name}:6379/0"
        settings = dict(zip(command[1::2], command[2::2], strict=True))
        assert settings == {"--appendonly": "yes", "--save": "", "--maxmemory-policy": "noeviction"}
    assert of_kind("Service", "mockserver-redis")["spec"]["ports"][0]["port"] == 6379


def test_there_is_time_to_drain() -> None:
    spec = pod("mockserver")["spec"]
    (sleep, seconds) = container("mockserver")["lifecycle"]["preStop"]["exec"]["command"]
    assert sleep == "sleep"
    assert spec["terminationGracePeriodSeconds"] >= int(seconds) + KILL_SECONDS
    assert float(COMPOSE["services"]["replica"]["stop_grace_period"].rstrip("s")) >= KILL_SECONDS


def test_nobody_is_root() -> None:
    user = values("USER")[-1]
    context = pod("mockserver")["spec"]["securityContext"]
    assert f"{context['runAsUser']}:{context['runAsGroup']}" == user
    assert context["runAsNonRoot"] is True
    assert user.partition(":")[0] not in ("0", "root")


def test_the_image_has_what_the_wheel_is_made_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {*project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"], "pyproject.toml"}
    licences = {name for name in project["project"]["license-files"] if name.partition("/")[0] not in needed}
    needed |= {project["project"]["readme"], *licences}
    copied = {word for value in values("COPY") if "--from" not in value for word in value.split()[:-1]}
    assert copied == needed
    assert all((ROOT / name).exists() for name in copied)
    assert "redis" in project["project"]["optional-dependencies"]
    assert any("/checkout[redis]" in value for value in values("RUN"))
    assert COMPOSE["services"]["replica"]["build"] == TESTS["services"]["mockserver"]["build"] == "../.."
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied


def test_nginx_lets_through_what_a_replica_takes() -> None:
    megabytes = re.findall(r"client_max_body_size (\d+)m;", NGINX)
    assert [int(found) << 20 for found in megabytes] == [Settings().max_body]
    for included in re.findall(r"include (\S+);", NGINX):
        assert included.removesuffix(".conf") in COMPOSE["configs"]
    for name in ("host", "proto", "port", "prefix"):
        assert re.search(rf"proxy_set_header X-Forwarded-{name} ", NGINX, re.IGNORECASE), name
    assert re.search(r'proxy_set_header Forwarded +"";', NGINX)


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*/compose.yaml")), ids=lambda file: file.parent.name)
def test_compose_knows_each_key(file: Path) -> None:
    check("compose-spec", file)


def test_tests_wait_for_the_fake_and_find_it_where_it_listens() -> None:
    fake, tests = TESTS["services"]["mockserver"], TESTS["services"]["tests"]
    known = {option.envvar for option in COMMANDS[("serve",)]}
    assert {name for name in {*fake["environment"], *variables()} if name.startswith("MOCKSERVER_")} <= known
    assert "MOCKSERVER_CONTROL_TOKEN" in fake["environment"]
    assert tests["depends_on"]["mockserver"] == {"condition": "service_healthy"}
    url = urlsplit(tests["environment"]["KLING_BASE_URL"])
    assert (url.hostname, str(url.port)) == ("mockserver", values("EXPOSE")[0])
    assert tests["command"][-1].startswith(tests["environment"]["KLING_BASE_URL"])


@pytest.mark.torture
def test_what_the_container_file_runs_installs_and_serves(tmp_path: Path) -> None:
    # Our own environment stands for the index, and a copy of what it copies for the checkout.
    checkout, home = tmp_path / "checkout", tmp_path / "opt"
    for value in values("COPY"):
        for name in value.split()[:-1] if "--from" not in value else ():
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            checkout.mkdir(exist_ok=True)
            copy(ROOT / name, checkout / name)
    offline = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    beside = {"PYTHONPATH": os.pathsep.join(site.getsitepackages())}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    (run,) = (value for value in values("RUN") if "/checkout" in value)
    script = run.replace("/checkout", str(checkout)).replace("/opt/mockserver", str(home))
    subprocess.run(["sh", "-ec", script], check=True, env={**os.environ, **offline, **beside, "PATH": path})

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    own = {**os.environ, **beside, **variables(), "PATH": f"{home}/bin:{path}", "MOCKSERVER_PORT": port}
    command = [f"{home}/bin/{words(values('ENTRYPOINT')[-1])[0]}", *words(values("CMD")[-1])]
    with subprocess.Popen(command, env=own, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"mockserver ready on http://127.0.0.1:{port}\n".encode()
            socket.create_connection(("127.0.0.2", int(port)), PATIENCE).close()  # it listens on every address
            probe = words(values("HEALTHCHECK")[0].partition("CMD ")[2].replace("8080", port))
            assert subprocess.run(probe, env=own, check=False).returncode == 0
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
            assert subprocess.run(probe, env=own, check=False, stderr=subprocess.DEVNULL).returncode == 1
        finally:
            process.kill()
