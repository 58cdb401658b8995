"""Whose certificates count when an upstream is called."""

import ssl

import pytest

from sluicegate.appliance.tls import upstream_tls


def test_certificates_and_names_are_checked() -> None:
    context = upstream_tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.cert_store_stats()["x509_ca"] > 50


def test_an_organisations_own_roots_stand_in_for_the_public_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("roots")
    monkeypatch.setenv("SSL_CERT_DIR", str(empty))
    monkeypatch.setenv("SSL_CERT_FILE", str(empty / "none.pem"))
    assert upstream_tls().cert_store_stats()["x509_ca"] == 0
