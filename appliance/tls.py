"""Whose certificates we believe when we call an upstream."""

import os
import ssl

import certifi


def upstream_tls() -> ssl.SSLContext:
    """Return a verifying context: the roots of `SSL_CERT_FILE` or `SSL_CERT_DIR`, else Mozilla's."""
    own = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
    context = ssl.create_default_context(cafile=None if own else certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
