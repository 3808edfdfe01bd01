//! Certificates for mutual TLS: an authority, an engine and a client, as files named as the docker command names them.
//!
//! The keys are ECDSA P-256. With RSA, as in the documentation of the engine, handshakes would take longer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// A directory with the certificates.
#[derive(Debug, Clone)]
pub struct Certificates(PathBuf);

impl Certificates {
    /// Creates new certificates in `directory`.
    pub fn make(directory: &Path) -> Result<Self> {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority_key = KeyPair::generate()?;
        let made = Self(directory.to_owned());
        made.write("ca.pem", &authority.self_signed(&authority_key)?.pem())?;
        let issuer = Issuer::new(authority, authority_key);
        for (certificate, key, usage) in [
            ("server-cert.pem", "server-key.pem", ExtendedKeyUsagePurpose::ServerAuth),
            ("cert.pem", "key.pem", ExtendedKeyUsagePurpose::ClientAuth),
        ] {
            let mut params =
                CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
            params.extended_key_usages = vec![usage];
            let pair = KeyPair::generate()?;
            made.write(certificate, &params.signed_by(&pair, &issuer)?.pem())?;
            made.write(key, &pair.serialize_pem())?;
        }
        Ok(made)
    }

    /// Returns the certificates in `directory`.
    pub fn open(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        std::fs::write(&path, text).with_context(|| path.display().to_string())
    }

    /// Returns the path of `ca.pem`, `cert.pem` or `key.pem`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Returns the directory.
    pub fn directory(&self) -> &Path {
        &self.0
    }

    fn chain(&self, name: &str) -> Result<Vec<CertificateDer<'static>>> {
        Ok(CertificateDer::pem_file_iter(self.path(name))?.collect::<Result<_, _>>()?)
    }

    fn roots(&self) -> Result<Arc<RootCertStore>> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.chain("ca.pem")?);
        Ok(roots.into())
    }

    /// Returns the settings of the engine, which requires a certificate of the client.
    pub(super) fn server(&self) -> Result<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(self.roots()?, provider.clone()).build()?;
        Ok(ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                self.chain("server-cert.pem")?,
                PrivateKeyDer::from_pem_file(self.path("server-key.pem"))?,
            )?)
    }

    /// Returns the settings of a client.
    pub(crate) fn client(&self) -> Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Ok(ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.roots()?)
            .with_client_auth_cert(
                self.chain("cert.pem")?,
                PrivateKeyDer::from_pem_file(self.path("key.pem"))?,
            )?)
    }
}
