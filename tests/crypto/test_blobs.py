"""Blobs: their shape told from outside, what may be inside them, and that no failure tells what was."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.crypto import aead, connection_keys, device, labels, session_keys, tokens
from relay.crypto.encoding import b64u_decode, b64u_encode, join_parts, write_json
from relay.crypto.errors import BadEncoding, BadToken, CannotOpen, CryptoError

KEY = bytes(range(32))
CON = "con_0123456789abcdefABCDEF"
CLIENT = tokens.write_client_id(bytes(16))
SECRET = "sk-proj-never-to-be-shown"


@given(st.binary(max_size=100), st.binary(max_size=20))
def test_blob_opens_to_what_was_sealed(plaintext: bytes, aad: bytes) -> None:
    blob = aead.seal(KEY, aad, plaintext)
    assert len(b64u_decode(blob)) == len(plaintext) + 28
    assert aead.open_blob(KEY, aad, blob) == plaintext
    with pytest.raises(CannotOpen):
        aead.open_blob(KEY, aad + b"\0", blob)
    with pytest.raises(CannotOpen):
        aead.open_blob(KEY[::-1], aad, blob)


@given(st.binary(max_size=40), st.data())
def test_blob_with_one_bit_flipped_does_not_open(plaintext: bytes, data: st.DataObject) -> None:
    raw = bytearray(b64u_decode(aead.seal(KEY, b"aad", plaintext)))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen):
        aead.open_blob(KEY, b"aad", b64u_encode(bytes(raw)))


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_key_of_another_length_is_refused(length: int) -> None:
    blob = aead.seal(KEY, b"", b"")
    for attempt in (
        lambda: aead.seal(bytes(length), b"", b""),
        lambda: aead.open_blob(bytes(length), b"", blob),
        lambda: device.wrap_vault_key(KEY, bytes(length)),
        lambda: device.seal_vault_item(bytes(length), "openai", {"apiKey": SECRET, "label": ""}),
        lambda: device.seal_session_vault(KEY, KEY, bytes(length)),
        lambda: device.seal_granted_key(tokens.mint_token("1r_pt_"), CON, bytes(length)),
        lambda: connection_keys.seal_held_key(tokens.mint_token("1r_at_"), CON, bytes(length)),
        lambda: session_keys.derive_session_key(tokens.mint_token("1r_ut_"), bytes(length)),
        lambda: device.recovery_seed_of(bytes(length)),
    ):
        with pytest.raises(BadEncoding):
            attempt()


@pytest.mark.parametrize(("least", "most"), [(0, 0), (32, 32), (8, 512), (2, 8191), (2, 8192), (2, 8193)])
def test_blob_has_a_length_within_its_bounds(least: int, most: int) -> None:
    def check(size: int) -> str:
        return aead.check_blob(sealed[size], min_plaintext_bytes=least, max_plaintext_bytes=most)

    sizes = {least, most, least + 1, most + 1, most + 3, most + 10_000, max(least - 1, 0)}
    sealed = {size: aead.seal(KEY, b"", bytes(size)) for size in sizes}
    for size in sizes:
        if least <= size <= most:
            assert check(size) == sealed[size]
        else:
            with pytest.raises(BadEncoding):
                check(size)


@pytest.mark.parametrize("text", [None, 5, b"AAAA", "", "=" * 60, "AA" * 13, "A" * 79 + "\n"], ids=repr)
def test_what_is_no_blob_is_refused(text: object) -> None:
    with pytest.raises(BadEncoding):
        aead.check_blob(text, max_plaintext_bytes=100)


def test_provider_key_of_another_form_is_neither_sealed_nor_believed() -> None:
    for wrong in ("short", "with a line\r\nbreak", "sk-nöt-ascii"):
        with pytest.raises(BadEncoding):
            device.seal_key(KEY, CON, "openai", wrong)
        forged = aead.seal(KEY, connection_keys.sealed_key_aad(CON, "openai"), wrong.encode())
        with pytest.raises(BadEncoding):
            connection_keys.open_sealed_key(KEY, CON, "openai", forged)


@pytest.mark.parametrize(("connection_id", "provider"), [("con_x", "openai"), (CON + "\n", "openai"), (CON, "Open AI")])
def test_place_of_another_form_binds_nothing(connection_id: str, provider: str) -> None:
    with pytest.raises(BadEncoding):
        device.seal_key(KEY, connection_id, provider, SECRET)


def test_keys_are_sealed_to_tokens_alone() -> None:
    for no_token in ("", "1r_at_" + "0" * 49, "ü" * 55):
        with pytest.raises(BadToken):
            connection_keys.seal_held_key(no_token, CON, KEY)
        with pytest.raises(BadToken):
            device.seal_granted_key(no_token, CON, KEY)
        with pytest.raises(BadToken):
            session_keys.derive_session_key(no_token, KEY)


def test_vault_item_keeps_members_that_we_do_not_know() -> None:
    item = {"apiKey": SECRET, "label": "wörk", "colour": {"r": [1, 2.5, None]}}
    assert device.open_vault_item(KEY, "openai", device.seal_vault_item(KEY, "openai", item)) == item


ITEM = {"apiKey": SECRET, "label": "work"}
GRANT = {"connectionKey": b64u_encode(KEY), "clientId": CLIENT, "providers": ["openai"]}
WRONG_ITEMS: list[Any] = [
    {}, {"label": "x"}, {"apiKey": SECRET}, {**ITEM, "apiKey": 5}, {**ITEM, "label": None}, {**ITEM, "apiKey": "x y z x y z"},
]  # fmt: skip
WRONG_GRANTS: list[Any] = [
    {},
    {**GRANT, "more": 1},
    {name: value for name, value in GRANT.items() if name != "clientId"},
    {**GRANT, "connectionKey": b64u_encode(KEY[1:])},
    {**GRANT, "connectionKey": b64u_encode(KEY) + "="},
    {**GRANT, "connectionKey": None},
    {**GRANT, "clientId": "Personal"},
    {**GRANT, "clientId": None},
    {**GRANT, "providers": "openai"},
    {**GRANT, "providers": {"openai": 1}},
    {**GRANT, "providers": ["openai", "Bad One"]},
    {**GRANT, "providers": [None]},
]


def sealed_item(plaintext: bytes) -> str:
    """Seal what somebody with the vault key might have written."""
    return aead.seal(aead.derive(KEY, labels.VAULT_ITEM), join_parts(labels.VAULT_ITEM, "openai"), plaintext)


def sealed_grant(plaintext: bytes) -> str:
    """Seal what somebody with the vault key might have noted."""
    return aead.seal(aead.derive(KEY, labels.OWNER), join_parts(labels.OWNER_GRANT, CON), plaintext)


@pytest.mark.parametrize("item", WRONG_ITEMS, ids=str)
def test_item_of_another_shape_is_refused_after_opening(item: dict[str, Any]) -> None:
    assert device.open_vault_item(KEY, "openai", sealed_item(write_json(ITEM))) == ITEM
    with pytest.raises(BadEncoding):
        device.open_vault_item(KEY, "openai", sealed_item(write_json(item)))
    with pytest.raises(BadEncoding):
        device.seal_vault_item(KEY, "openai", item)


@pytest.mark.parametrize("grant", WRONG_GRANTS, ids=str)
def test_note_of_another_shape_is_refused_after_opening(grant: dict[str, Any]) -> None:
    assert device.open_owner_grant(KEY, CON, sealed_grant(write_json(GRANT))).client_id == CLIENT
    with pytest.raises(BadEncoding):
        device.open_owner_grant(KEY, CON, sealed_grant(write_json(grant)))


def test_note_with_a_name_twice_is_refused() -> None:
    doubled = write_json(GRANT).replace(b'"clientId"', b'"clientId":"personal","clientId"')
    with pytest.raises(BadEncoding):
        device.open_owner_grant(KEY, CON, sealed_grant(doubled))


def test_note_of_a_personal_connection_reads_back_and_hides_its_key() -> None:
    grant = device.OwnerGrant(KEY, device.PERSONAL, ())
    assert device.open_owner_grant(KEY, CON, device.seal_owner_grant(KEY, CON, grant)) == grant
    assert repr(KEY) not in repr(grant)


def test_session_vault_of_another_length_is_refused() -> None:
    key = aead.derive(KEY, labels.SESSION)
    for size in (0, 32, 63, 65, 96):
        with pytest.raises(BadEncoding):
            device.open_session_vault(KEY, aead.seal(key, labels.SESSION_VAULT.encode(), bytes(size)))


LEAKS: dict[str, Callable[[], object]] = {
    "no JSON": lambda: device.open_vault_item(KEY, "openai", sealed_item(SECRET.encode())),
    "no UTF-8": lambda: device.open_vault_item(KEY, "openai", sealed_item(SECRET.encode() + b"\xff")),
    "a name twice": lambda: device.open_vault_item(KEY, "openai", sealed_item(f'{{"{SECRET}":1,"{SECRET}":1}}'.encode())),
    "a surrogate": lambda: join_parts(SECRET + "\ud800"),
    "not JSON": lambda: write_json({SECRET: {1, 2}}),
    "a line break": lambda: connection_keys.open_sealed_key(
        KEY, CON, "openai", aead.seal(KEY, connection_keys.sealed_key_aad(CON, "openai"), SECRET.encode() + b"\n")
    ),
    "another alphabet": lambda: b64u_decode(SECRET + "ü"),
    "no token": lambda: tokens.check_token(SECRET),
    "another key": lambda: aead.open_blob(KEY, b"", aead.seal(KEY[::-1], b"", SECRET.encode())),
}


@pytest.mark.parametrize("why", LEAKS)
def test_no_failure_tells_or_keeps_what_it_saw(why: str) -> None:
    with pytest.raises(CryptoError) as caught:
        LEAKS[why]()
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert SECRET not in "".join(traceback.format_exception_only(error))
    assert SECRET not in repr(vars(error)) + repr(error.args)
