"""Routes: every way to reach an operation, and whose word it is that there is none."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contract.catalog import Catalog, load, read
from mockserver.contract.readings import settled
from mockserver.contract.routes import Match, NoMatch, Router
from mockserver.contract.service import Operation, Service
from tests.conftest import IMAGE, VIDEO, CheckedFake

SCHEMAS = Path(__file__).parents[2] / "schemas"
OPERATIONS = [operation for service in load().services.values() for operation in service.operations.values()]

HOUSES = {
    "alpha": {
        "hosts": ["alpha.example", "www.alpha.example"],
        "operations": {
            "a.make": {"does": "create", "method": "POST", "path": "/shared/things"},
            "a.get": {"does": "get", "method": "GET", "path": "/shared/things/{id}"},
            "a.own": {"does": "get", "method": "GET", "path": "/beta/own"},
            "a.hidden": {"does": "get", "method": "GET", "path": "/hidden", "when": {"shown": "yes"}},
        },
    },
    "beta": {
        "hosts": ["beta.example"],
        "operations": {
            "b.make": {"does": "create", "method": "POST", "path": "/shared/things"},
            "b.drop": {"does": "list", "method": "DELETE", "path": "/shared/things/{id}"},
            "b.own": {"does": "get", "method": "GET", "path": "/own"},
            "b.put": {"does": "get", "method": "POST", "path": "/own"},
        },
    },
}
SHOWN = {
    "question": "?",
    "default": "no",
    "readings": {"yes": {"means": "yes"}, "no": {"means": "no"}},
    "confidence": "unknown",
    "source": "ours",
}


LAYOUT = json.loads((SCHEMAS / "kling" / "service.json").read_text(encoding="utf-8"))["layout"]
for field in ("external_id_field", "callback_field"):  # these services have no requests with fields
    del LAYOUT[field]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Two services that get into each other's way as much as they can."""
    folder = tmp_path_factory.mktemp("schemas")
    for name in ("schema.meta.json", "service.meta.json"):
        shutil.copy(SCHEMAS / name, folder)
    for id, house in HOUSES.items():
        (folder / id).mkdir()
        (folder / id / "error.json").write_text(json.dumps({"x-source": "ours", "type": "object"}))
        service = {
            "title": id,
            "dialect": "kling",
            "credentials": ["api-key"],
            "refusal": "error.json",
            "errors": {},
            "messages": {},
            "readings": {"shown": SHOWN},
            "layout": LAYOUT,
            **house,
        }
        (folder / id / "service.json").write_text(json.dumps(service))
    return read(folder)


def router(catalog: Catalog, order: Sequence[str] = (), prefixes: Sequence[str] = (), **readings: str) -> Router:
    chosen = settled(catalog.questions(), readings)
    services = [catalog.service(id) for id in order or catalog.services]
    return Router(services, chosen, prefixes)


def found(router: Router, method: str, path: str, host: str = "127.0.0.1:8080") -> str | tuple[str, bool]:
    """Return the operation's id, or whose answer it is that there is none, and whether the path is known."""
    match = router.match(method, path, host)
    return match.operation.id if isinstance(match, Match) else (match.service.id, match.is_known)


def parameters(router: Router, path: str) -> dict[str, str]:
    match = router.match("GET", path, "localhost")
    assert isinstance(match, Match)
    return dict(match.parameters)


def test_of_two_services_on_one_path_the_first_wins(two: Catalog) -> None:
    assert found(router(two), "POST", "/shared/things") == "alpha/a.make"
    assert found(router(two, ["beta", "alpha"]), "POST", "/shared/things") == "beta/b.make"


def test_of_two_services_on_one_path_the_one_with_the_method_answers(two: Catalog) -> None:
    assert found(router(two), "DELETE", "/shared/things/7") == "beta/b.drop"
    assert found(router(two, ["beta", "alpha"]), "GET", "/shared/things/7") == "alpha/a.get"


def test_the_second_is_reached_under_its_name(two: Catalog) -> None:
    assert found(router(two), "POST", "/beta/shared/things") == "beta/b.make"
    assert found(router(two, ["beta", "alpha"]), "POST", "/alpha/shared/things") == "alpha/a.make"


@pytest.mark.parametrize("host", ["beta.example", "beta.example:443", "BETA.example:8080", "Beta.Example"])
def test_the_second_is_reached_by_its_host_whatever_the_port_and_case(two: Catalog, host: str) -> None:
    assert found(router(two), "POST", "/shared/things", host) == "beta/b.make"


@pytest.mark.parametrize(
    "host", ["", "localhost", "127.0.0.1:8080", "[::1]:8080", "beta.example.org", ":80", "example"]
)
def test_a_host_that_is_nobodys_leaves_everybody(two: Catalog, host: str) -> None:
    assert found(router(two), "POST", "/shared/things", host) == "alpha/a.make"
    assert found(router(two), "GET", "/own", host) == "beta/b.own"


def test_at_a_services_host_the_others_are_not_there(two: Catalog) -> None:
    assert found(router(two), "GET", "/own", "alpha.example") == ("alpha", False)
    assert found(router(two), "DELETE", "/shared/things/7", "www.alpha.example") == ("alpha", True)
    assert found(router(two), "GET", "/beta/own", "beta.example") == "beta/b.own"


def test_a_services_own_path_wins_over_anothers_name(two: Catalog) -> None:
    assert found(router(two), "GET", "/beta/own") == "alpha/a.own"
    assert found(router(two, ["beta", "alpha"]), "GET", "/beta/own") == "alpha/a.own"


def test_a_services_own_path_wins_also_where_it_lacks_the_method(two: Catalog) -> None:
    assert found(router(two), "POST", "/beta/own") == ("alpha", True)


def test_without_that_service_the_name_leads_on(two: Catalog) -> None:
    assert found(router(two, ["beta"]), "GET", "/beta/own") == "beta/b.own"


@pytest.mark.parametrize("prefix", ["/proxy/kling", "proxy/kling", "/proxy/kling/", "/a/b/c"])
def test_a_prefix_is_taken_off(two: Catalog, prefix: str) -> None:
    with_prefix = router(two, prefixes=[prefix])
    inner = "/" + prefix.strip("/")
    assert found(with_prefix, "POST", f"{inner}/shared/things") == "alpha/a.make"
    assert found(with_prefix, "GET", f"{inner}/shared/things/7") == "alpha/a.get"
    assert found(with_prefix, "POST", "/shared/things") == "alpha/a.make"
    assert found(with_prefix, "POST", f"{inner}x/shared/things") == ("alpha", False)


def test_of_several_prefixes_each_leads_on_also_one_that_begins_another(two: Catalog) -> None:
    several = router(two, prefixes=["/p", "/p/q", "/klingai"])
    for prefix in ("", "/p", "/p/q", "/klingai"):
        assert found(several, "GET", f"{prefix}/own") == "beta/b.own"


def test_a_services_own_path_wins_over_a_prefix(two: Catalog) -> None:
    assert found(router(two, prefixes=["/beta"]), "GET", "/beta/own") == "alpha/a.own"


def test_a_services_name_may_follow_a_prefix(two: Catalog) -> None:
    assert found(router(two, prefixes=["/p"]), "POST", "/p/beta/shared/things") == "beta/b.make"
    assert found(router(two, prefixes=["/p"]), "POST", "/beta/p/shared/things") == ("alpha", False)


def test_a_prefix_wins_over_a_services_name(two: Catalog) -> None:
    assert found(router(two, prefixes=["/beta"]), "POST", "/beta/shared/things") == "alpha/a.make"


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_trailing_slashes_change_nothing(two: Catalog, end: str) -> None:
    slashed = router(two, prefixes=["/p"])
    assert found(slashed, "POST", "/shared/things" + end) == "alpha/a.make"
    assert found(slashed, "POST", "/p/shared/things" + end) == "alpha/a.make"
    assert found(slashed, "POST", "/beta/shared/things" + end) == "beta/b.make"
    assert parameters(slashed, "/shared/things/7" + end) == {"id": "7"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "OPTIONS", "get", ""])
def test_a_known_path_with_another_method_is_known(two: Catalog, method: str) -> None:
    assert found(router(two), method, "/shared/things") == ("alpha", True)
    assert found(router(two), method, "/beta/shared/things/7") == ("beta", True)


@pytest.mark.parametrize(
    "path", ["/", "", "//", "/shared", "/shared/things/7/8", "/Shared/Things", "/shared//things", "shared/things"]
)
def test_another_path_is_not(two: Catalog, path: str) -> None:
    assert found(router(two), "GET", path) == ("alpha", False)


@pytest.mark.parametrize(
    ("path", "service"),
    [("/beta/own/more", "alpha"), ("/alpha/nothing", "alpha"), ("/own/more", "beta"), ("/nothing", "alpha")],
)
def test_a_path_that_is_not_there_is_answered_by_the_service_it_is_most_like(
    two: Catalog, path: str, service: str
) -> None:
    assert found(router(two), "GET", path) == (service, False)


def test_an_operation_is_there_only_under_its_reading(two: Catalog) -> None:
    assert found(router(two), "GET", "/hidden") == ("alpha", False)
    assert found(router(two, shown="yes"), "GET", "/hidden") == "alpha/a.hidden"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_an_id_in_the_path_is_read_as_it_was_written(id: str) -> None:
    kling = load().service("kling")
    alone = router(load(), ["kling"])
    for path in (IMAGE, VIDEO):
        match = alone.match("GET", f"{path}/{quote(id, safe='')}", "localhost")
        assert isinstance(match, Match)
        assert (match.service, match.parameters) == (kling, {"id": id})


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("a%2Fb", "a/b"),
        ("a%2fb%2F", "a/b/"),
        ("%E7%8C%AB", "猫"),
        ("a+b", "a+b"),
        ("a%20b", "a b"),
        ("%", "%"),
        ("%zz", "%zz"),
    ],
)
def test_percent_signs_are_undone_once(two: Catalog, written: str, id: str) -> None:
    assert parameters(router(two), f"/shared/things/{written}") == {"id": id}
    assert parameters(router(two), "/shared/things/" + quote(written, safe="")) == {"id": written}


def test_bytes_that_are_no_utf_8_become_a_text_that_can_be_written(two: Catalog) -> None:
    (id,) = parameters(router(two), "/shared/things/%FF%ED%A0%80").values()
    assert id.encode()


def reached(service: Service, operation: Operation, path: str, host: str, prefixes: Sequence[str] = ()) -> bool:
    """Tell whether an operation is found among all services under the readings it needs."""
    readings = {f"{service.id}/{question}": reading for question, reading in operation.when.items()}
    match = router(load(), prefixes=prefixes, **readings).match(operation.method, path.replace("{id}", "7"), host)
    return isinstance(match, Match) and match.operation.id == operation.id


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_is_reached_by_its_services_host_and_name_and_under_a_prefix(operation: Operation) -> None:
    service = load().service(operation.service)
    for host in service.hosts:
        assert reached(service, operation, operation.path, f"{host}:443")
        assert reached(service, operation, f"/{service.id}{operation.path}", host)
        assert reached(service, operation, f"/proxy/x{operation.path}", host, ["/proxy/x"])
    # At an address of ours a path under /kling is a gateway's own, where one is served.
    if not any(f"/{service.id}{operation.path}" == other.path for other in OPERATIONS):
        assert reached(service, operation, f"/{service.id}{operation.path}", "127.0.0.1:8080")
        assert reached(service, operation, f"/proxy/x/{service.id}{operation.path}", "127.0.0.1:8080", ["/proxy/x"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_path_is_answered_at_itself(operation: Operation) -> None:
    match = router(load(), **{f"{operation.service}/{q}": r for q, r in operation.when.items()}).match(
        operation.method, operation.path, "127.0.0.1"
    )
    assert isinstance(match, Match)
    assert (match.operation.method, match.operation.path) == (operation.method, operation.path)


@pytest.mark.parametrize("first", ["chainhub", "yutoai"])
def test_the_order_of_the_services_decides_whose_task_it_is(first: str) -> None:
    other = {"chainhub": "yutoai", "yutoai": "chainhub"}[first]
    fake = CheckedFake(services=(first, other, "kling"))
    payload = {"model_name": {"chainhub": "kling-image-o1", "yutoai": "kling-v1"}[first], "prompt": "A cat", "n": 1}
    assert fake.post("/kling/v1/images/omni-image", payload).status == 200
    (task,) = fake.world.tasks.newest()
    assert task.operation == f"{first}/omni-image.create"


def test_the_official_service_is_reached_under_its_name_where_no_gateway_is_served() -> None:
    fake = CheckedFake(services=("kling",))
    id = fake.made("/kling" + IMAGE)
    assert fake.get(IMAGE, id).status == fake.get("/kling" + IMAGE, id).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/images/omni-images", "/v2/images/omni-image", IMAGE + "/1/2", "/%00"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_is_not_there_is_404_1203_in_the_envelope(method: str, path: str) -> None:
    answer = CheckedFake(services=("kling",)).send(method, path, b"{}")
    assert (answer.status, answer.code) == (404, 1203)
    assert path in answer.message


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", IMAGE), ("DELETE", IMAGE), ("PATCH", VIDEO + "/"), ("POST", IMAGE + "/17"), ("HEAD", VIDEO)],
)
def test_a_known_path_with_a_wrong_method_is_404_1202(method: str, path: str) -> None:
    answer = CheckedFake(services=("kling",)).send(method, path, b"{}")
    assert (answer.status, answer.code) == (404, 1202)


@pytest.mark.parametrize("service", load().services.values(), ids=lambda service: service.id)
def test_each_service_refuses_strange_paths_in_its_own_words(service: Service) -> None:
    fake = CheckedFake()
    known = next(iter(service.operations.values()))
    for method, path, row in (("GET", f"/{service.id}/no/such/path", "no-route"), ("PATCH", known.path, "no-method")):
        fake.send(method, path, host=service.hosts[0])
        entry = next(iter(fake.world.journal))
        assert (entry.service, entry.operation) == (service.id, None)
        assert entry.response.status == service.errors[row].status


def test_no_match_and_match_tell_whose_they_are(two: Catalog) -> None:
    assert router(two).match("GET", "/nothing", "beta.example") == NoMatch(two.service("beta"), is_known=False)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
@settings(max_examples=10)  # the code is the same for each operation
@given(data=st.data())
def test_a_letter_may_be_escaped_without_need(operation: Operation, data: st.DataObject) -> None:
    path = operation.path.replace("{", "").replace("}", "")
    escaped = "".join(
        data.draw(st.sampled_from([letter, f"%{ord(letter):02X}", f"%{ord(letter):02x}"])) if letter != "/" else "/"
        for letter in path
    )
    catalog = load()
    match = router(catalog, [operation.service]).match(operation.method, escaped, "localhost")
    assert match == router(catalog, [operation.service]).match(operation.method, path, "localhost")
    assert isinstance(match, Match) or operation.when


@pytest.mark.parametrize(
    "path", ["/v1/images%2Fomni-image", "/v1/images/omni-image%3F", "/v1/images/omni%252Dimage", "/%"]
)
def test_an_escape_that_is_needed_is_another_letter(path: str) -> None:
    assert isinstance(router(load(), ["kling"]).match("POST", path, "localhost"), NoMatch)


def test_a_path_without_the_method_has_others(two: Catalog) -> None:
    match = router(two).match("PUT", "/shared/things/7", "localhost")
    assert isinstance(match, NoMatch)
    assert match.methods == ("GET", "DELETE")
