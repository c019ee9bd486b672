"""An authority of tests: it makes certificates, and takes them back."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OU = "318751275100020"
TODAY = datetime.now(UTC)


def name(cn, ou=OU):
    parts = [(NameOID.COMMON_NAME, cn), (NameOID.ORGANIZATIONAL_UNIT_NAME, ou)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


class Authority:
    """Makes certificates, and takes them back."""

    def __init__(self, folder, title):
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = name(title)
        self.certificate = self._signed(self.name, self.key, ca=True)
        self.file = self._write(f"{title}.pem", self.certificate)
        self.revoked = []

    def issued(self, cn, ou=OU, days=1, *, host=False):
        """A certificate and its key, in files."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._signed(name(cn, ou), key, days=days, host=host)
        title = f"{cn}-{ou}-{days}"
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (self.folder / f"{title}.key").write_bytes(pem)
        return made, (self._write(f"{title}.pem", made), self.folder / f"{title}.key")

    def list_of_revoked(self):
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(TODAY - timedelta(hours=1))
            .next_update(TODAY + timedelta(days=1))
        )
        for serial in self.revoked:
            made = made.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(TODAY - timedelta(hours=1))
                .build()
            )
        signed = made.sign(self.key, hashes.SHA256())
        return self._write("revoked.pem", signed)

    def _signed(self, subject, key, *, days=1, ca=False, host=False):
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(TODAY - timedelta(days=3))
            .not_valid_after(TODAY + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if host:
            names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def _write(self, title, made):
        file = self.folder / title
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        return file
