"""What a password may be, and what a client may ask of Argon2id."""

from typing import Any

import pytest

from relay.crypto import device
from relay.crypto.encoding import b64u_encode
from relay.crypto.errors import BadEncoding
from relay.crypto.kdf import check_kdf, default_kdf, new_kdf

GOOD = default_kdf(bytes(range(16))).as_json()


@pytest.mark.parametrize("name", ["memoryKib", "iterations", "parallelism"])
@pytest.mark.parametrize("value", [None, True, 1.0, 65536.0, "65536", -1, 0, [3]], ids=repr)
def test_number_that_is_no_integer_within_bounds_is_refused(name: str, value: object) -> None:
    with pytest.raises(BadEncoding):
        check_kdf({**GOOD, name: value})


@pytest.mark.parametrize("name", GOOD)
def test_each_member_is_needed(name: str) -> None:
    assert check_kdf(GOOD).as_json() == GOOD
    with pytest.raises(BadEncoding):
        check_kdf({member: value for member, value in GOOD.items() if member != name})


@pytest.mark.parametrize("change", [{"memoryKib": 65_535}, {"iterations": 2}])
def test_new_password_needs_todays_parameters(change: dict[str, int]) -> None:
    check_kdf({**GOOD, **change})
    with pytest.raises(BadEncoding):
        check_kdf({**GOOD, **change}, for_new_password=True)


@pytest.mark.parametrize("value", [None, [], "argon2id", {**GOOD, "algorithm": "ARGON2ID"}, {**GOOD, "algorithm": []}])
def test_what_is_no_kdf_is_refused(value: object) -> None:
    with pytest.raises(BadEncoding):
        check_kdf(value)


@pytest.mark.parametrize("length", [15, 17])
def test_salt_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(BadEncoding):
        check_kdf({**GOOD, "salt": b64u_encode(bytes(length))})


def test_new_kdf_has_a_fresh_salt_and_may_be_registered() -> None:
    one, other = new_kdf(), new_kdf()
    assert one.salt != other.salt
    assert check_kdf(one.as_json(), for_new_password=True) == one


@pytest.mark.parametrize("password", ["twelve chars", " " * 12, "①" * 12, "é" * 12, "correct horse battery staple"])
def test_new_password_is_accepted(password: str) -> None:
    device.check_new_password(password, frozenset({"correct horse"}))


@pytest.mark.parametrize("password", ["Password1234", "PASSWORD1234", "Password１２３４"], ids=ascii)
def test_common_password_is_refused_however_it_is_written(password: str) -> None:
    with pytest.raises(BadEncoding):
        device.check_new_password(password, frozenset({"password1234"}))


@pytest.mark.parametrize("password", ["lone surrogate \ud800", "\udc00 another one", "with a \0 inside"], ids=ascii)
def test_password_that_is_no_text_is_refused_before_normalising(password: str) -> None:
    with pytest.raises(BadEncoding):
        device.check_new_password(password, frozenset())
    with pytest.raises(BadEncoding):
        device.derive_keys(password, "ada@example.com", check_kdf(GOOD))


def test_length_is_counted_after_normalising_and_nothing_is_trimmed() -> None:
    assert len(device.normalise_password("e\u0301" * 12)) == 12
    assert device.normalise_password(" a ") == " a "
    with pytest.raises(BadEncoding):
        device.check_new_password("e\u0301" * 11, frozenset())


@pytest.fixture(scope="module")
def cheap() -> dict[str, Any]:
    return {**GOOD, "memoryKib": 19_456, "iterations": 2}


@pytest.mark.parametrize("change", ["password", "email", "salt", "iterations"])
def test_other_password_email_or_parameters_give_other_keys(change: str, cheap: dict[str, Any]) -> None:
    kdf = check_kdf(cheap)
    keys = device.derive_keys("a good password", "ada@example.com", kdf)
    again = device.derive_keys("a good password", "ada@example.com", kdf)
    other = {
        "password": lambda: device.derive_keys("a good passw0rd", "ada@example.com", kdf),
        "email": lambda: device.derive_keys("a good password", "bob@example.com", kdf),
        "salt": lambda: device.derive_keys("a good password", "ada@example.com", check_kdf({**cheap, "salt": b64u_encode(bytes(16))})),
        "iterations": lambda: device.derive_keys("a good password", "ada@example.com", check_kdf({**cheap, "iterations": 3})),
    }[change]()
    assert keys == again
    assert len({keys.login_seed, keys.wrap_key, other.login_seed, other.wrap_key}) == 4


def test_keys_do_not_show_themselves(cheap: dict[str, Any]) -> None:
    keys = device.derive_keys("a good password", "ada@example.com", check_kdf(cheap))
    shown = repr(keys)
    assert "wrap_key" not in shown
    assert repr(keys.wrap_key) not in shown
