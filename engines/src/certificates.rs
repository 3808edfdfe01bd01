//! Certificates for engines that listen on TLS: an authority of its own, a server for this machine and a client.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};

use crate::command;
use crate::error::{Error, Result};

/// The format of the client's key. All of these are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// An elliptic curve key, `BEGIN PRIVATE KEY`.
    EcPkcs8,
    /// An elliptic curve key, `BEGIN EC PRIVATE KEY`.
    EcSec1,
    /// An RSA key, `BEGIN PRIVATE KEY`.
    RsaPkcs8,
    /// An RSA key, `BEGIN RSA PRIVATE KEY`.
    RsaPkcs1,
}

impl KeyForm {
    /// All of them.
    pub const ALL: [KeyForm; 4] =
        [KeyForm::EcPkcs8, KeyForm::EcSec1, KeyForm::RsaPkcs8, KeyForm::RsaPkcs1];
}

/// An authority, and the two certificates that it signed; all as PEM.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority's certificate.
    pub ca: String,
    /// The certificate for localhost, 127.0.0.1 and ::1.
    pub server: String,
    /// Its key.
    pub server_key: String,
    /// The certificate for a client.
    pub client: String,
    /// Its key.
    pub client_key: String,
}

impl Certificates {
    /// Makes new ones.
    ///
    /// # Errors
    ///
    /// The machine's `openssl` cannot make the client's key.
    pub fn new(client_key: KeyForm) -> Result<Self> {
        let client_key_pem = key(client_key)?;
        make(&client_key_pem)
            .map_err(|error| Error::Unavailable(format!("making certificates failed: {error}")))
    }

    /// Writes `ca.pem`, `cert.pem` and `key.pem`, as `DOCKER_CERT_PATH` wants them.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn write_client(&self, directory: &Path) -> Result<()> {
        for (name, contents) in
            [("ca.pem", &self.ca), ("cert.pem", &self.client), ("key.pem", &self.client_key)]
        {
            let path = directory.join(name);
            fs::write(&path, contents).map_err(|source| Error::File {
                step: "writing a certificate".to_owned(),
                path: path.clone(),
                source,
            })?;
        }
        Ok(())
    }
}

fn make(client_key_pem: &str) -> Result<Certificates, rcgen::Error> {
    let mut params = named("tests authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let server_key = KeyPair::generate()?;
    let server = params.signed_by(&server_key, &authority)?;

    let mut params = named("tests client");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    // The forms differ in their wrapping only, and rcgen reads one of them.
    let client_key = KeyPair::from_pem(&pkcs8(client_key_pem)?)?;
    let client = params.signed_by(&client_key, &authority)?;

    Ok(Certificates {
        ca: authority.pem(),
        server: server.pem(),
        server_key: server_key.serialize_pem(),
        client: client.pem(),
        client_key: client_key_pem.to_owned(),
    })
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn key(form: KeyForm) -> Result<String> {
    let mut generate = Command::new("openssl");
    generate.args(["genpkey", "-quiet", "-algorithm"]);
    match form {
        KeyForm::EcPkcs8 | KeyForm::EcSec1 => generate.args([
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-pkeyopt",
            "ec_param_enc:named_curve",
        ]),
        KeyForm::RsaPkcs8 | KeyForm::RsaPkcs1 => {
            generate.args(["RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        }
    };
    let key = command::run("making a key", &mut generate)?;
    match form {
        KeyForm::EcPkcs8 | KeyForm::RsaPkcs8 => Ok(key),
        KeyForm::EcSec1 | KeyForm::RsaPkcs1 => convert(&key, &["pkey", "-traditional"])
            .map_err(|error| Error::Unavailable(format!("openssl cannot rewrite a key: {error}"))),
    }
}

fn pkcs8(key: &str) -> Result<String, rcgen::Error> {
    if key.contains("BEGIN PRIVATE KEY") {
        return Ok(key.to_owned());
    }
    convert(key, &["pkcs8", "-topk8", "-nocrypt"]).map_err(|_| rcgen::Error::CouldNotParseKeyPair)
}

/// Passes a key through `openssl`, which reads and writes it on standard input and output.
fn convert(key: &str, arguments: &[&str]) -> std::io::Result<String> {
    use std::io::{Error, Read as _, Write as _};
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(key.as_bytes())?;
    }
    let mut converted = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut converted)?;
    }
    let status = child.wait()?;
    if status.success() {
        Ok(converted)
    } else {
        Err(Error::other(format!("openssl ended with {status}")))
    }
}
