//! TLS to an engine: the handshake, whose certificates are trusted, and what its errors mean.

use std::io;
use std::sync::Arc;

use docker_api::Error;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::config::Tls;

/// The settings of TLS, as rustls takes them.
pub(super) fn client_config(tls: &Tls) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let unusable = |error: rustls::Error| Error::config("TLS", error.to_string());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let config = if tls.accept_any {
        let any = Arc::new(AcceptAny(provider.signature_verification_algorithms));
        config.dangerous().with_custom_certificate_verifier(any)
    } else {
        config.with_root_certificates(roots(tls)?)
    };
    let config = match &tls.identity {
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

fn roots(tls: &Tls) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    match &tls.authority {
        Some(authority) => {
            for certificate in authority.certificates()? {
                roots.add(certificate).map_err(|error| authority.unusable(&error.to_string()))?;
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
    fn a_file_without_a_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let error = || {
            let tls = Tls::from_folder(folder.path()).unwrap();
            client_config(&tls).unwrap_err().to_string()
        };
        file("ca.pem", "nothing");
        assert!(error().ends_with("ca.pem: there is no certificate in PEM"), "{}", error());
        std::fs::remove_file(folder.path().join("ca.pem")).unwrap();
        file("cert.pem", "nothing");
        file("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        assert!(error().ends_with("cert.pem: there is no certificate in PEM"), "{}", error());
    }

    #[test]
    fn no_provider_of_the_process_is_needed() {
        assert!(client_config(&Tls::new()).is_ok());
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
