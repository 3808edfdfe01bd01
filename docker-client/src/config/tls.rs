//! The TLS settings: the trusted certificate authorities, and the client certificate.

use std::fmt;
use std::io;
use std::path::Path;

use docker_api::Error;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The settings of TLS connections to an engine.
///
/// TLS 1.2 and 1.3 are supported, with rustls and *ring*. The default `CryptoProvider` of the process is neither used
/// nor set. Certificates and keys are in the PEM format. Files are read once, when the client is created.
#[derive(Clone, Default)]
pub struct Tls {
    pub(crate) authority: Option<Pem>,
    pub(crate) identity: Option<(Pem, Pem)>,
    pub(crate) accept_any: bool,
}

/// Data in the PEM format, and where it comes from.
#[derive(Clone)]
pub(crate) struct Pem {
    source: String,
    text: Vec<u8>,
}

impl Tls {
    /// Creates settings that trust the certificate authorities of the system and have no client certificate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts only these certificate authorities, in the PEM format. If they are invalid,
    /// [`Builder::connect`](crate::Builder::connect) returns [`Error::Config`].
    #[must_use]
    pub fn authority(mut self, certificates: impl Into<Vec<u8>>) -> Self {
        self.authority = Some(Pem::given("certificate authority", certificates));
        self
    }

    /// Sets the client certificate, with its chain, and its private key, in the PEM format.
    ///
    /// The key may be an RSA, elliptic-curve or Ed25519 key in PKCS#8, PKCS#1 or SEC1, and must not be encrypted. If
    /// either is invalid, [`Builder::connect`](crate::Builder::connect) returns [`Error::Config`].
    #[must_use]
    pub fn identity(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.identity =
            Some((Pem::given("client certificate", certificate), Pem::given("client key", key)));
        self
    }

    /// Reads `ca.pem`, `cert.pem` and `key.pem` from a directory, such as the one that `DOCKER_CERT_PATH` names.
    ///
    /// Without `ca.pem`, the certificate authorities of the system are trusted. Without `cert.pem` and `key.pem`, there
    /// is no client certificate.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Config`] if a file cannot be read, or if there is only one of `cert.pem` and `key.pem`.
    pub fn from_dir(directory: &Path) -> Result<Self, Error> {
        let authority = Pem::read(&directory.join("ca.pem"))?;
        let identity =
            match (Pem::read(&directory.join("cert.pem"))?, Pem::read(&directory.join("key.pem"))?)
            {
                (Some(certificate), Some(key)) => Some((certificate, key)),
                (None, None) => None,
                (Some(pem), None) | (None, Some(pem)) => {
                    return Err(
                        pem.unusable("expected both cert.pem and key.pem, found only one of them")
                    );
                }
            };
        Ok(Self { authority, identity, accept_any: false })
    }

    /// Accepts any certificate from the engine. This is insecure: an attacker on the network can read and change the
    /// data.
    #[must_use]
    pub fn dangerously_accept_any_certificate(mut self) -> Self {
        self.accept_any = true;
        self
    }
}

impl Pem {
    fn given(what: &str, text: impl Into<Vec<u8>>) -> Self {
        Self { source: what.to_owned(), text: text.into() }
    }

    fn read(path: &Path) -> Result<Option<Self>, Error> {
        let source = path.display().to_string();
        match std::fs::read(path) {
            Ok(text) => Ok(Some(Self { source, text })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::config(source, error.to_string())),
        }
    }

    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let all: Vec<_> = CertificateDer::pem_slice_iter(&self.text)
            .collect::<Result<_, _>>()
            .map_err(|error| self.unusable(&error.to_string()))?;
        match all.is_empty() {
            true => Err(self.unusable("expected at least one certificate in the PEM format")),
            false => Ok(all),
        }
    }

    pub(crate) fn key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        if self.text.windows(9).any(|part| part == b"ENCRYPTED") {
            return Err(self.unusable("the private key is encrypted: remove its passphrase, for example with `openssl pkey`"));
        }
        PrivateKeyDer::from_pem_slice(&self.text)
            .map_err(|_| self.unusable("expected a private key in the PEM format"))
    }

    pub(crate) fn unusable(&self, message: &str) -> Error {
        Error::config(self.source.clone(), message)
    }
}

/// Shows where the certificates and keys come from, and not their content.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("authority", &self.authority.as_ref().map(|pem| &pem.source))
            .field("identity", &self.identity.as_ref().map(|(pem, _)| &pem.source))
            .field("accept_any", &self.accept_any)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_without_its_key_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Tls::from_dir(directory.path()).is_ok());
        std::fs::write(directory.path().join("cert.pem"), "nothing").unwrap();
        let error = Tls::from_dir(directory.path()).unwrap_err().to_string();
        assert!(error.contains("found only one of them"), "{error}");
    }

    #[test]
    fn an_encrypted_key_is_refused() {
        let key = Pem::given("client key", "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        assert!(key.key().unwrap_err().to_string().contains("the private key is encrypted"));
    }

    #[test]
    fn debug_shows_no_key() {
        let tls = Tls::new().identity("hunter1", "hunter2");
        assert!(!format!("{tls:?}").contains("hunter"), "{tls:?}");
    }
}
