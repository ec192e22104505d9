"""Verification: did the client send it, and if not, what came nearest?"""

from __future__ import annotations

from tests.conftest import CheckedFake


def test_a_request_that_was_sent_is_found(fake: CheckedFake) -> None:
    fake.create(prompt="A cat", n=2)
    fake.create(prompt="A dog")
    verdict = fake.requests.verify("kling/omni-image.create", where={"prompt": "*cat*", "n": 2})
    assert (verdict.is_met, verdict.found, verdict.nearest) == (True, (1,), ())


def test_the_number_of_times_counts(fake: CheckedFake) -> None:
    fake.create(prompt="A cat")
    fake.create(prompt="A cat")
    assert fake.requests.verify(where={"prompt": "A cat"}, times=2).is_met
    assert not fake.requests.verify(where={"prompt": "A cat"}, times=1).is_met
    assert fake.requests.verify(where={"prompt": "A dog"}, times=0).is_met


def test_the_nearest_misses_come_first_and_say_why(fake: CheckedFake) -> None:
    fake.create(prompt="A dog", n=3)
    fake.create(prompt="A cat", n=3)
    verdict = fake.requests.verify(where={"prompt": "A cat", "n": 2})
    assert not verdict.is_met
    assert [(miss.number, miss.reasons) for miss in verdict.nearest] == [
        (2, ("/n is 3, not 2",)),
        (1, ('/prompt is "A dog", not "A cat"', "/n is 3, not 2")),
    ]


def test_an_account_sees_only_its_own_requests(fake: CheckedFake) -> None:
    fake.create(token="one")
    assert fake.requests.verify(account="one").is_met
    miss = fake.requests.verify(account="two").nearest[0]
    assert miss.reasons == ("it is another account's",)


def test_a_status_and_a_body_that_is_no_json_are_reasons_too(fake: CheckedFake) -> None:
    fake.send("POST", "/v1/images/omni-image", b"{")
    miss = fake.requests.verify(where={"prompt": "A cat"}, status=200).nearest[0]
    assert miss.reasons == ("status is 400, not 200", "its body is no JSON, or was too long to keep")
