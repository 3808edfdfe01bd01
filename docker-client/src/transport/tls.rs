//! TLS to an engine: whom to trust, and who to be.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use docker_api::Error;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// How TLS is spoken to an engine: TLS 1.2 or 1.3, by rustls with *ring*, without any setting of the process.
///
/// Certificates and keys are in PEM. They are read once, when the client is made.
#[derive(Clone, Default)]
pub struct Tls {
    authority: Option<Pem>,
    identity: Option<(Pem, Pem)>,
    accept_any: bool,
}

/// A text in PEM, and where it is from.
#[derive(Clone)]
struct Pem {
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

    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, Error> {
        let provider = Arc::new(ring::default_provider());
        let unusable = |error: rustls::Error| Error::Config {
            setting: "TLS".to_owned(),
            message: error.to_string(),
        };
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let config = if self.accept_any {
            let any = Arc::new(AcceptAny(provider.signature_verification_algorithms));
            config.dangerous().with_custom_certificate_verifier(any)
        } else {
            config.with_root_certificates(self.roots()?)
        };
        let config = match &self.identity {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificate.certificates()?;
                let der = key.key()?;
                config
                    .with_client_auth_cert(chain, der)
                    .map_err(|error| key.unusable(&error.to_string()))?
            }
        };
        Ok(Arc::new(config))
    }

    fn roots(&self) -> Result<RootCertStore, Error> {
        let mut roots = RootCertStore::empty();
        match &self.authority {
            Some(authority) => {
                for certificate in authority.certificates()? {
                    roots
                        .add(certificate)
                        .map_err(|error| authority.unusable(&error.to_string()))?;
                }
            }
            None => {
                // One that cannot be read is no reason to trust none.
                let found = rustls_native_certs::load_native_certs();
                roots.add_parsable_certificates(found.certs);
            }
        }
        Ok(roots)
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
            Err(error) => Err(Error::Config { setting: source, message: error.to_string() }),
        }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let all: Vec<_> = CertificateDer::pem_slice_iter(&self.text)
            .collect::<Result<_, _>>()
            .map_err(|error| self.unusable(&error.to_string()))?;
        match all.is_empty() {
            true => Err(self.unusable("there is no certificate in PEM")),
            false => Ok(all),
        }
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        if self.text.windows(9).any(|part| part == b"ENCRYPTED") {
            return Err(self.unusable("the key is encrypted; write it without a password"));
        }
        PrivateKeyDer::from_pem_slice(&self.text)
            .map_err(|_| self.unusable("there is no private key in PEM"))
    }

    fn unusable(&self, message: &str) -> Error {
        Error::Config { setting: self.source.clone(), message: message.to_owned() }
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

/// Trusts everybody who has the key of the certificate that they show.
#[derive(Debug)]
struct AcceptAny(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// What an error of TLS means, and what to do.
pub(super) fn hint(error: &io::Error) -> Option<String> {
    use rustls::{AlertDescription as Alert, CertificateError, Error as E, InvalidMessage};
    let error = error.get_ref()?.downcast_ref::<E>()?;
    Some(match error {
        E::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::HandshakeFailure
            | Alert::UnknownCA
            | Alert::CertificateUnknown
            | Alert::AccessDenied,
        ) => "the engine does not let this client in: it asks for a client certificate that it \
              trusts; set DOCKER_CERT_PATH to the folder of cert.pem and key.pem"
            .to_owned(),
        E::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "the certificate of the engine is for another name: use one of the names in it"
            .to_owned(),
        E::InvalidCertificate(_) => {
            "the certificate of the engine is not trusted: is ca.pem that of the authority which \
             signed it?"
                .to_owned()
        }
        E::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the engine does not speak TLS on this port".to_owned()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let error = || match Tls::from_folder(folder.path()) {
            Ok(tls) => tls.config().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(Tls::from_folder(folder.path()).is_ok());
        file("ca.pem", "nothing");
        assert!(error().ends_with("ca.pem: there is no certificate in PEM"), "{}", error());
        file("cert.pem", "nothing");
        assert!(error().contains("only together"), "{}", error());
        std::fs::remove_file(folder.path().join("ca.pem")).unwrap();
        file("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        assert!(error().ends_with("cert.pem: there is no certificate in PEM"), "{}", error());
        let key = Pem::given("client key", "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        assert!(key.key().unwrap_err().to_string().contains("without a password"));
    }

    #[test]
    fn debug_shows_no_key() {
        let tls = Tls::new().identity("hunter1", "hunter2");
        assert!(!format!("{tls:?}").contains("hunter"), "{tls:?}");
    }

    #[test]
    fn no_provider_of_the_process_is_needed() {
        assert!(Tls::new().config().is_ok());
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
