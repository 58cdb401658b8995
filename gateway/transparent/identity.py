"""Who is behind a connection, where a certificate says so."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from mitmproxy import certs, connection


class ClientCertificates:
    """Knows clients by certificates that an authority issued. TLS has shown that they hold the key."""

    def __init__(self, authority: bytes) -> None:
        self._authorities = x509.load_pem_x509_certificates(authority)

    def name(self, client: connection.Client) -> str:
        """Return the common name of a client's certificate; empty without one, or one that is not good."""
        shown = client.certificate_list
        return self._good(shown[0]) if shown else ""

    def _good(self, shown: certs.Cert) -> str:
        if shown.has_expired() or not any(self._issued(issuer, shown) for issuer in self._authorities):
            return ""
        return shown.cn or ""

    @staticmethod
    def _issued(issuer: x509.Certificate, shown: certs.Cert) -> bool:
        try:
            shown.to_cryptography().verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True
