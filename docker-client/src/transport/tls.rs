//! TLS to an engine: its settings, the verification of certificates, and hints for errors.

use std::io;
use std::sync::Arc;

use docker_api::Error;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, InconsistentKeys,
    RootCertStore, SignatureScheme,
};

use crate::config::{Pem, Tls};

/// Returns the settings of TLS for rustls.
pub(super) fn client_config(tls: &Tls) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let unusable = |error: rustls::Error| Error::config("TLS", error.to_string());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let trust = if tls.accept_any {
        tracing::warn!("the certificate of the engine is not verified");
        Trust::Any
    } else {
        let own = tls.authority.as_ref().map(Pem::certificates).transpose()?.unwrap_or_default();
        let roots = Arc::new(roots(tls)?);
        // Without any authority, no certificate is trusted.
        let usual = (!roots.is_empty()).then(|| {
            WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build()
        });
        let usual = usual.transpose().map_err(|error| Error::config("TLS", error.to_string()))?;
        Trust::Certificates { usual, own }
    };
    let algorithms = provider.signature_verification_algorithms;
    let verifier = Arc::new(Verifier { trust, algorithms });
    let config = config.dangerous().with_custom_certificate_verifier(verifier);
    let config = match &tls.identity {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = certificate.certificates()?;
            let signer = provider.key_provider.load_private_key(key.key()?);
            let signer = signer.map_err(|_| key.unusable(UNSUPPORTED_KEY))?;
            let identity = CertifiedKey::new(chain, signer);
            // Other errors are about the certificate, such as one of X.509 version 1, which rustls cannot parse. Whether
            // to accept it is for the engine to decide.
            if let Err(error @ rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) =
                identity.keys_match()
            {
                return Err(key.unusable(&error.to_string()));
            }
            config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity)))
        }
    };
    Ok(Arc::new(config))
}

fn roots(tls: &Tls) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    match &tls.authority {
        Some(authority) => {
            for certificate in authority.certificates()? {
                roots.add(certificate).map_err(|error| authority.unusable(&error.to_string()))?;
            }
        }
        None => {
            // Certificates that cannot be read are ignored.
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
        }
    }
    Ok(roots)
}

/// Which certificates of engines are accepted.
#[derive(Debug)]
enum Trust {
    /// Every certificate, if the engine has its private key.
    Any,
    /// Certificates that a trusted authority signed, and certificates that are trusted themselves: a self-signed
    /// certificate is its own authority, which Go accepts and rustls refuses.
    Certificates { usual: Option<Arc<WebPkiServerVerifier>>, own: Vec<CertificateDer<'static>> },
}

/// Verifies certificates and signatures of engines.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Trust::Certificates { usual, own } = &self.trust else {
            return Ok(ServerCertVerified::assertion());
        };
        let verified = match usual {
            Some(usual) => usual.verify_server_cert(certificate, chain, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        let refused = match verified {
            Err(rustls::Error::InvalidCertificate(refused)) => refused,
            verified => return verified,
        };
        // The time is checked before these.
        let of_authority =
            refused == CertificateError::UnknownIssuer || is_other(&refused, "CaUsedAsEndEntity");
        if of_authority && own.iter().any(|own| own.as_ref() == certificate.as_ref()) {
            let parsed = ParsedCertificate::try_from(certificate)?;
            rustls::client::verify_server_name(&parsed, name)?;
            return Ok(ServerCertVerified::assertion());
        }
        Err(rustls::Error::InvalidCertificate(refused))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Returns whether an error is this one of the certificate parser, for which rustls has no variant.
fn is_other(error: &CertificateError, name: &str) -> bool {
    matches!(error, CertificateError::Other(_)) && format!("{error:?}").contains(name)
}

/// Returns what an error of TLS means and what to do.
pub(super) fn hint(error: &io::Error) -> Option<String> {
    use rustls::{Error as E, InvalidMessage};
    let hint = match error.get_ref()?.downcast_ref::<E>()? {
        E::AlertReceived(alert) => of_alert(*alert)?,
        E::InvalidCertificate(error) => of_certificate(error),
        E::PeerIncompatible(_) => NOTHING_IN_COMMON,
        E::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the engine does not use TLS on this port"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

const UNSUPPORTED_KEY: &str = "the key cannot be used: it must be RSA, P-256, P-384 or Ed25519 (P-521 is not supported), in the \
     format PKCS #8, PKCS #1 or SEC 1 and without a passphrase; create such a key, and a certificate for it";

const NOTHING_IN_COMMON: &str = "the engine and this client have no TLS algorithm in common: the key of the engine's certificate \
     must be RSA, P-256, P-384 or Ed25519 (P-521 is not supported), and the version TLS 1.2 or 1.3; an engine that requires a \
     client certificate may end the handshake in this way too: set DOCKER_CERT_PATH to the directory of cert.pem and key.pem";

/// Returns why the engine refused this client.
fn of_alert(alert: AlertDescription) -> Option<&'static str> {
    use AlertDescription as Alert;
    Some(match alert {
        Alert::HandshakeFailure | Alert::InsufficientSecurity | Alert::ProtocolVersion => {
            NOTHING_IN_COMMON
        }
        Alert::CertificateExpired => {
            "the client certificate has expired or is not valid yet: renew cert.pem, or check the \
             clocks of both machines"
        }
        Alert::UnknownCA => {
            "the engine does not trust the authority that signed the client certificate: use a \
             cert.pem that the engine's authority signed"
        }
        Alert::CertificateRequired
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::AccessDenied => {
            "the engine refused this client, because it requires a client certificate that it \
             trusts and that has not expired: set DOCKER_CERT_PATH to the directory of cert.pem and key.pem"
        }
        _ => return None,
    })
}

/// Returns what is wrong with the certificate of the engine.
fn of_certificate(error: &CertificateError) -> &'static str {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => {
            "the certificate of the engine has expired: renew it, or check the clock of this machine"
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the certificate of the engine is not valid yet: check the clocks of both machines"
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "the certificate of the engine is for another name: use one of the names in its \
             subjectAltName, or create one that has the name of the host there"
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "the certificate of the engine is not meant for servers: create one with the extended \
             key usage serverAuth"
        }
        E::Revoked => "the certificate of the engine was revoked: issue another one",
        E::BadSignature => {
            "the certificate of the engine was not signed by the authority that it names: is ca.pem \
             that of the authority which signed it?"
        }
        E::UnknownIssuer => {
            "the certificate of the engine is not trusted: is ca.pem that of the authority which \
             signed it?"
        }
        other if is_other(other, "UnsupportedCertVersion") => {
            "the certificate of the engine is of X.509 version 1, which has no names: create one of \
             version 3, with `openssl x509 -req -extfile` and a subjectAltName"
        }
        other if is_other(other, "CaUsedAsEndEntity") => {
            "the certificate of the engine is that of an authority: put the same certificate into \
             ca.pem, or create a server certificate that it signs"
        }
        other if format!("{other:?}").contains("UnsupportedSignatureAlgorithm") => {
            "the certificate of the engine has a key or a signature that this client does not \
             support, such as P-521 or ecdsa-with-SHA512: create one with a P-256 or P-384 key, \
             signed with SHA-256 or SHA-384"
        }
        _ => "the certificate of the engine cannot be used: create a new one with X.509 version 3",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file =
            |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        let error = || {
            let tls = Tls::from_dir(directory.path()).unwrap();
            client_config(&tls).unwrap_err().to_string()
        };
        file("ca.pem", "nothing");
        assert!(
            error().ends_with("ca.pem: expected at least one certificate in the PEM format"),
            "{}",
            error()
        );
        std::fs::remove_file(directory.path().join("ca.pem")).unwrap();
        file("cert.pem", "nothing");
        file("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        assert!(
            error().ends_with("cert.pem: expected at least one certificate in the PEM format"),
            "{}",
            error()
        );
    }

    #[test]
    fn no_provider_of_the_process_is_needed() {
        assert!(client_config(&Tls::new()).is_ok());
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
