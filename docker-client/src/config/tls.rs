//! The settings of TLS: which authorities to trust, and which certificate to present.

use std::fmt;
use std::io;
use std::path::Path;

use docker_api::Error;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How TLS is spoken to an engine: TLS 1.2 or 1.3, by rustls with *ring*, without any setting of the process.
///
/// Certificates and keys are in PEM. They are read once, when the client is made.
#[derive(Clone, Default)]
pub struct Tls {
    pub(crate) authority: Option<Pem>,
    pub(crate) identity: Option<(Pem, Pem)>,
    pub(crate) accept_any: bool,
}

/// A text in PEM, and where it is from.
#[derive(Clone)]
pub(crate) struct Pem {
    source: String,
    text: Vec<u8>,
}

impl Tls {
    /// Trusts the authorities that the system trusts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these authorities, and no others.
    #[must_use]
    pub fn authority(mut self, certificates: impl Into<Vec<u8>>) -> Self {
        self.authority = Some(Pem::given("certificate authority", certificates));
        self
    }

    /// Shows this certificate, with those of its chain, to the engine that asks for one. The key may be RSA, elliptic curve
    /// or Ed25519, in PKCS#8, PKCS#1 or SEC1, and not encrypted.
    #[must_use]
    pub fn identity(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.identity =
            Some((Pem::given("client certificate", certificate), Pem::given("client key", key)));
        self
    }

    /// Reads `ca.pem`, `cert.pem` and `key.pem` of a folder, as `DOCKER_CERT_PATH` names it. The first, and the other two
    /// together, may be missing.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a file cannot be read, or there is one of the other two without the other.
    pub fn from_folder(folder: &Path) -> Result<Self, Error> {
        let authority = Pem::read(&folder.join("ca.pem"))?;
        let identity =
            match (Pem::read(&folder.join("cert.pem"))?, Pem::read(&folder.join("key.pem"))?) {
                (Some(certificate), Some(key)) => Some((certificate, key)),
                (None, None) => None,
                (Some(pem), None) | (None, Some(pem)) => {
                    return Err(pem.unusable("cert.pem and key.pem are of use only together"));
                }
            };
        Ok(Self { authority, identity, accept_any: false })
    }

    /// Checks no certificate: whoever is on the way can read and change all. For tests.
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
            true => Err(self.unusable("there is no certificate in PEM")),
            false => Ok(all),
        }
    }

    pub(crate) fn key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        if self.text.windows(9).any(|part| part == b"ENCRYPTED") {
            return Err(self.unusable("the key is encrypted; write it without a password"));
        }
        PrivateKeyDer::from_pem_slice(&self.text)
            .map_err(|_| self.unusable("there is no private key in PEM"))
    }

    pub(crate) fn unusable(&self, message: &str) -> Error {
        Error::config(self.source.clone(), message)
    }
}

/// Shows what there is, not what is in it.
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
        let folder = tempfile::tempdir().unwrap();
        assert!(Tls::from_folder(folder.path()).is_ok());
        std::fs::write(folder.path().join("cert.pem"), "nothing").unwrap();
        let error = Tls::from_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("only together"), "{error}");
    }

    #[test]
    fn an_encrypted_key_is_refused() {
        let key = Pem::given("client key", "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        assert!(key.key().unwrap_err().to_string().contains("without a password"));
    }

    #[test]
    fn debug_shows_no_key() {
        let tls = Tls::new().identity("hunter1", "hunter2");
        assert!(!format!("{tls:?}").contains("hunter"), "{tls:?}");
    }
}
