"""Validators: published specimens and their near misses; no text makes one fail."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.scanners import VALIDATORS
from sluicegate.detection.scanners.bech32 import bech32
from sluicegate.detection.scanners.coins import keccak_256
from sluicegate.detection.scanners.digits import luhn, mod_11_10, numbers, verhoeff
from tests.detection.number_tables import NUMBERS

GITHUB = "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"
XPRV = (
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKm"
    "PGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
)
XPUB = (
    "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFj"
    "qJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"
)
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NzExIn0.c2lnbmF0dXJlc2lnbmF0dXJl"

TABLE: dict[str, tuple[list[str], list[str]]] = {
    "token": (
        ["sk_live_" + "4Tz8QweR7mXb2LkP9sVd3Hn1", "hf_" + "kWmRtZbQyPxLsDfGhJvCnBaEiOuTrKpMwQ"],
        ["sk_live_your_key_goes_here", "hf_" + "x" * 34, "aaaaaaaaaabbbbbbbbbb", "AKIAIOSFODNN7EXAMPLE", ""],
    ),
    "github_checksum": (["ghp" + GITHUB], ["ghp" + GITHUB[:-1] + "8", "ghp_" + "a" * 36, "ghp", ""]),
    "github_unchecked": (["ghp" + GITHUB[:-1] + "8"], ["ghp" + GITHUB, "ghp_" + "x" * 36]),
    "sk_unmarked": (
        ["sk-" + "9f3k2Lm8Qw7Zx5Vb1Nc4" * 2],
        ["sk-" + "9f3k2Lm8Qw7Zx5Vb1Nc4T3BlbkFJ" + "9f3k2Lm8Qw7Zx5Vb1Nc4"],
    ),
    "jwt": (
        [JWT],
        [
            "eyJ0eXAiOiJub3RlIn0.eyJzdWIiOiIxIn0.abc",
            "eyJ.eyJ.x",
            "bm90IGpzb24.x.y",
            "W10.x.y",
            "",
            "e" * 9000,
        ],
    ),
    "discord": (
        ["NTk5NjM2ODgxMTkxMzc3NzM0.zOm8LM.x"],
        ["Tm90QU51bWJlckF0QWxsISEhIQ.zOm8LM.x", "%%%.a.b", ""],
    ),
    "basic_credentials": (
        ["bWFyaWE6a1I3LXdxMkx4", "WngzTG05UXc3azpi", "Wng4TG0yUXc3azo="],
        ["dXNlcjpwYXNzd29yZA==", "bWFyaWE=", "bWFyaWE6", "realm", "//////8="],
    ),
    "url_credentials": (
        ["postgres://a:Vq7mR2xT@h/d", "redis://:h4Tz8Qwe@h", "https://u:p%40ss@word9@h"],
        [
            "postgres://a:password@h/d",
            "postgres://a:${PW}@h",
            "postgres://a:$PW@h",
            "redis://u:p@h",
            "redis://[[user]:[pw-17x]]@h",
            "redis://:@h",
            "nothing",
        ],
    ),
    "password": (
        ["tR4vers!ne", "hunter22x", "Blau9Meise", "Winter2031!", "Zq8#mLt2"],
        [
            "required",
            "Password1",
            "12345678",
            "settings.db_pass1",
            "c0rrect.&quot",
            "@proxy-host1",
            "$DB_PASS",
            "process.env.PW_1",
            "/run/pw1",
            "aaaaaa1",
            "",
        ],
    ),
    "random_value": (
        ["9f3k2Lm8Qw7Zx5Vb", "f3a9-7c21b04e99d1", "kLmWqZ7RtYpXb4cd"],
        [
            "customer_order_line_id",
            "my-cluster-database-secret",
            "version2beta",
            "sha256sum-of-the-file",
            "Ed25519PrivateKey",
            "your9f3k2Lm8Qw7Zx5Vb",
            "",
        ],
    ),
    "npm_checksum": (
        ["npm" + "_YVOK56Yk5sSjRY2uwkAxPq1Bc8JJuU2i7rei"],
        ["npm" + "_YVOK56Yk5sSjRY2uwkAxPq1Bc8JJuU2i7reB", "npm_", ""],
    ),
    "npm_unchecked": (
        ["npm" + "_YVOK56Yk5sSjRY2uwkAxPq1Bc8JJuU2i7reB"],
        ["npm" + "_YVOK56Yk5sSjRY2uwkAxPq1Bc8JJuU2i7rei", "npm_" + "x" * 36],
    ),
    "gitlab_checksum": (
        ["glpat" + "-iPzhKlBh7EGse5en0rXysG86MQp1OjJnCA.01.0y1o4src7"],
        ["glpat" + "-iPzhKlBh7EGse5en0rXysG86MQp1OjJnCA.01.0y1o4srca", "glpat-" + "!" * 9, ""],
    ),
    "matrix_checksum": (
        ["syt" + "_bWFyaWE_nlDHylCbSvNEuXueIjqB_2rtbpD"],
        ["syt" + "_bWFyaWE_nlDHylCbSvNEuXueIjqB_2rtbpB", "syt", ""],
    ),
    "connection": (["postgres://a:Vq7mR2xT@h/d"], ["https://a:Vq7mR2xT@h/d", "postgres://a:password@h/d"]),
    "login": (
        ["maria:kR7-wq2Lx", "deploy:9f3k2Lm8", ":kR7-wq2Lx", '"maria":"kR7-wq2Lx'],
        [
            "1000:1000",
            "home:documents/letters.txt",
            "user:password",
            "root:$PASS",
            "maria:abc",
            "maria",
            "user:xxxxx",
            "",
        ],
    ),
    "key_id": (
        ["AKIA" + "1234567890ABCDEF", "AKIA" + "WHP2E6FUJFONXAW3"],
        ["AKIA" + "IOSFODNN7EXAMPLE", "AKIA" + "X" * 16, "AKIA" + "LLLLMMMMNNNNOOOO", ""],
    ),
    "quoted_login": (
        ["maria:open the door", "maria k:(open) sesame", "${USER}x:sesame", ":sesame", 'maria:se\\"same'],
        [
            "maria:<your password>",
            "{{ user }}:sesame",
            "maria:${PASSWORD}",
            "maria:$(pass show k)",
            "maria:change it",
            "maria:ab",
            "maria:aaaa",
            "maria",
            "",
        ],
    ),
    "plain_login": (
        ["admin:admin", "maria:sam", "20417:harbour", "20417:80312", "guest:secret"],
        [
            "user:secret",
            "my-user:sesame",
            "maria:changeme",
            "maria:token",
            "maria:$PASSWORD",
            "1000:1000",
            "home:letters.txt",
            "maria:ab",
            "maria",
            "",
        ],
    ),
    "basic_words": (
        ["dXNlcjpwYXNzd29yZA==", "YWRtaW46YWRtaW4="],
        ["bWFyaWE6", "bWFyaWE6eHh4eHh4", "JFVTRVI6JFBBU1M=", "realm", ""],
    ),
    "header_word": (
        ["open-sesame-at-dusk", "opensesame"],
        ["accesstoken", "your-sesame-goes", "application/json", "ababab", "{opensesame}", ""],
    ),
    "header_value": (
        ["9f3k2Lm8Qw7Z", "kLmWqZRtYpXbVc"],
        [
            "Required",
            "realm",
            "dXNlcjpwYXNzd29yZA==",
            "<token>",
            "your-token-1",
            "xxxxxxxx",
            "$TOKEN",
            "aaaaaaaa1",
            "",
        ],
    ),
    "host_login": (
        ["maria:Tide9Harbour@db.kontor.example", "maria:a@b9Xk2Lm@db.kontor.example"],
        ["1000:1000@db", "maria:$SECRET@db", "maria:/etc/keys@db", "db.kontor.example", ""],
    ),
    "key_login": (["9f3k2Lm8Qw7Z:"], ["maria:", "maria.of.the.harbour:", ":", ""]),
    "twitter_bearer": (
        ["AAAAAAAAAAAA" + "AAAAAAAAADRUOnBmkLb4y2DTZJGqFaBqqf3ZOBFIEd8uZbivRiB4ApdULIzEtCu3r32w1"],
        ["A" * 60, "A" * 21 + "example9f3k2Lm8Qw7Z", ""],
    ),
    "bech32_key": (
        ["nsec1" + "vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"],
        [
            "nsec1" + "vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe4",
            "AGE-SECRET-KEY-1QQQQQQ",
            "",
        ],
    ),
    "base58_key": (
        ["edsk" + "3WdhSrFAhtSB4a22Li9oGnkZUk51zRvSW3GFktQmwzjAZEDDHq"],
        ["edsk" + "3WdhSrFAhtSB4a22Li9oGnkZUk51zRvSW3GFktQmwzjAZEDDH2", "edsk", ""],
    ),
    "wallet_import_key": (
        [
            "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
            "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617",
        ],
        [
            "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTK",
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            "0OIl",
            "1",
            "",
        ],
    ),
    "extended_private_key": (
        [XPRV],
        [
            XPUB,
            "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
            "",
        ],
    ),
    "stellar_seed": (
        ["SBYDXLY76WVEGGMA4PEOS5BYYISI3ESYWD6ZZHHGM2NOD6TIRSAC3AEO"],
        ["SBYDXLY76WVEGGMA4PEOS5BYYISI3ESYWD6ZZHHGM2NOD6TIRSAC3AEA", "S", "SA", "", "0" * 56],
    ),
    "seed_phrase": (
        ["legal winner thank year wave sausage worth useful legal winner thank yellow"],
        [
            "legal winner thank year wave sausage worth useful legal winner thank thank",
            "legal winner thank year wave sausage worth useful legal winner thank ordinary",
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
            "",
        ],
    ),
    "email": (["a@b.example", "git+x@b.example"], ["icon@2x.png", "git@b.example", "a..b@c.example"]),
    "card": (
        ["4111111111111111", "4111 1111 1111 1111", "378282246310005", "5555-5555-5555-4444"],
        ["4111111111111112", "4444444444444444", "4111111111111110", ""],
    ),
    "iban": (
        ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "no93 8601 1117 947"],
        ["GB82 WEST 1234 5698 7654 33", "DE8937040044053201300", "XX89370400440532013000", ""],
    ),
    "phone_international": (
        ["+49 30 901820", "+14155550132", "+44 (0)20 7946 0958"],
        ["+1 155 555 0132", "+210 5550 1327", "+49 30 12", "+49 0000 00000", "+"],
    ),
    "phone_american": (
        ["(212) 555-0143", "1-800-555-0199", "001-415-555-0132", "(303)555-0171 ext. 204"],
        ["212-155-0143", "112-555-0143", "555-0143", ""],
    ),
    "phone_local": (
        ["030 9018 2044", "555 0143"],
        ["2026-11-21", "21.11.2026", "777 7777", "12 34", "(1997-2000"],
    ),
    "ipv4": (
        ["81.169.145.72"],
        ["10.0.0.1", "127.0.0.1", "81.169.145.0", "81.169.145.256", "4.10.22.7", "224.0.0.9", ""],
    ),
    "ipv6": (["2a01:4f8:c17:b8f::2"], ["2001:db8::1", "fe80::1", "2a01:4f8", ""]),
    "mac": (["3c:22:fb:9a:41:07"], ["ff:ff:ff:ff:ff:ff", "01:02:03:04:05:06", "00:00:00:00:00:01", ""]),
    "mixed_number": (["C01X00T47", "533401872"], ["pending", "1111111", "A123"]),
    "base58_address": (
        ["1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"],
        ["1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN", "0OIl", "1", ""],
    ),
    "segwit_address": (
        [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ],
        [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "bc1QW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
            "bc1gmk9yu",
        ],
    ),
    "ethereum_address": (
        ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"],
        ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "0x" + "0" * 40],
    ),
    "us_ssn": (
        ["536-22-8714"],
        ["666-22-8714", "900-22-8714", "536-00-8714", "536-22-0000", "078-05-1120", ""],
    ),
    "us_itin": (["912-78-3456", "999-50-1234"], ["912-49-3456", "812-78-3456", "912-93-3456", ""]),
    "uk_nino": (["AB 12 34 56 C"], ["GB 12 34 56 C", "ZZ123456A"]),
    "uk_nhs": (["943 476 5919"], ["943 476 5918", "111 111 1111", ""]),
    "ca_sin": (["130 692 544"], ["046 454 286", "130 692 545", "811 111 114", ""]),
    "de_tax": (["86095742719", "47036892816"], ["86095742710", "00000000000", "12345678903", ""]),
    "fr_nir": (["2 69 05 49 588 157 80", "255081416802538"], ["2 69 05 49 588 157 81", ""]),
    "es_dni": (["12345678Z", "X1234567L", "12345678-z"], ["12345678A", "X1234567M", "00000000T", ""]),
    "it_fiscal": (["RSSMRA85T10A562S", "rssmra85t10a562s"], ["RSSMRA85T10A562T", "RSSMRA85T11A562S", ""]),
    "br_cpf": (["529.982.247-25", "52998224725"], ["529.982.247-26", "111.111.111-11", ""]),
    "br_cnpj": (
        ["11.222.333/0001-81", "12.ABC.345/01DE-35"],
        ["11.222.333/0001-82", "00.000.000/0000-00", ""],
    ),
    "in_aadhaar": (["2341 2341 2346"], ["2341 2341 2347", "2314 2341 2346", ""]),
    "cn_resident": (
        ["11010519491231002X", "440524188001010014"],
        ["11010519491231003X", "110105194912310021", ""],
    ),
    "ru_snils": (
        ["112-233-445 95", "087-654-303 00", "820-981-233 00"],
        ["112-233-445 96", "000-000-000 00", ""],
    ),
    "ru_inn": (["7707083893", "500100732259"], ["7707083894", "500100732258", "0000000000", ""]),
    "pl_pesel": (["44051401359", "02070803628"], ["44051401358", "44131401359", ""]),
    "nl_bsn": (["111222333", "1234.56.782"], ["111222334", "000000000", ""]),
    "ch_ahv": (["756.9217.0769.85"], ["756.9217.0769.84"]),
    "mx_curp": (["HEGG560427MVZRRL04"], ["HEGG560427MVZRRL05", ""]),
    "tr_kimlik": (["10000000146"], ["10000000147", "00000000000", ""]),
    "jp_my_number": (["123456789018"], ["123456789012", "000000000000", ""]),
    "au_tfn": (["123 456 782"], ["123 456 789", "000 000 000", ""]),
    "fi_hetu": (["131052-308T"], ["131052-308U", "131052-309T", ""]),
    "se_person": (["811218-9876", "19811218-9876"], ["811218-9877", ""]),
}
TABLE |= NUMBERS
YES = [
    pytest.param(name, text, id=f"{name}-{text[:20]}") for name, (good, _) in TABLE.items() for text in good
]
NO = [pytest.param(name, text, id=f"{name}-{text[:20]}") for name, (_, bad) in TABLE.items() for text in bad]

CATCHES_EVERY_DIGIT = [
    "card",
    "iban",
    "in_aadhaar",
    "nl_bsn",
    "ch_ahv",
    "uk_nhs",
    "fr_nir",
    "br_cpf",
]
"""Validators whose checksum notices any single wrong digit."""


@pytest.mark.parametrize("twisted", [str, str.upper, lambda key: key.replace("4", "a")])
def test_a_published_specimen_is_nobody_s_secret_in_any_reading(twisted: Callable[[str], str]) -> None:
    specimen = "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc"
    assert VALIDATORS["token"](specimen[:-1] + "x")
    assert not VALIDATORS["token"](twisted(specimen))


def test_every_validator_has_a_table() -> None:
    assert set(TABLE) == set(VALIDATORS)


@pytest.mark.parametrize(("name", "text"), YES)
def test_specimens_are_accepted(name: str, text: str) -> None:
    assert VALIDATORS[name](text)


@pytest.mark.parametrize(("name", "text"), NO)
def test_near_misses_are_refused(name: str, text: str) -> None:
    assert not VALIDATORS[name](text)


@pytest.mark.parametrize("name", CATCHES_EVERY_DIGIT)
def test_any_wrong_digit_is_noticed(name: str) -> None:
    for text in TABLE[name][0]:
        for place, right in enumerate(text):
            if right.isdigit():
                for wrong in set("0123456789") - {right}:
                    assert not VALIDATORS[name](text[:place] + wrong + text[place + 1 :])


@given(text=st.text(max_size=60) | st.from_regex(r"[A-Z0-9+/=.@:-]{0,40}", fullmatch=True))
def test_no_text_makes_a_validator_fail(text: str) -> None:
    for judge in VALIDATORS.values():
        assert judge(text) in (True, False)


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("A12UEL5L", "bech32"),
        ("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "bech32"),
        ("a1lqfn3a", "bech32m"),
        ("split1cheo2y9e2w", None),
        ("A1G7SGD8", None),
        ("1qzzfhee", None),
        ("de1lg7wt\u00ff", None),
    ],
)
def test_bech32_follows_the_published_vectors(text: str, variant: str | None) -> None:
    decoded = bech32(text)
    assert (decoded[0] if decoded else None) == variant


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_keccak_is_the_one_of_ethereum(data: bytes, digest: str) -> None:
    assert keccak_256(data).hex() == digest
    assert keccak_256(data) != hashlib.sha3_256(data).digest()


def test_check_digits_by_themselves() -> None:
    assert luhn(numbers("7992 739 8713"))
    assert not luhn(numbers("79927398710"))
    assert not luhn((0,))
    assert verhoeff(numbers("2363"))
    assert not verhoeff(numbers("2364"))
    assert mod_11_10(numbers("07945"))
    assert not mod_11_10(numbers("07946"))
