//! TLS: which certificates are accepted, and what the errors of the others say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use docker_client::{Docker, Error, Tls};
use fake_engine::{FakeEngine, Reply};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

fn params() -> CertificateParams {
    CertificateParams::new(["localhost", "127.0.0.1"].map(str::to_owned)).unwrap()
}

/// An engine with this certificate.
fn engine(certificate: &rcgen::Certificate, key: &KeyPair) -> FakeEngine {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    engine_with(certificate.der().clone(), key)
}

fn engine_with(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> FakeEngine {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let engine = FakeEngine::builder().tls_with(config);
    engine.answer(|_: &fake_engine::Request| Reply::json(200, "{}")).unwrap()
}

/// Calls an engine under this name.
async fn call(engine: &FakeEngine, name: &str, tls: Tls) -> Result<(), Error> {
    let port = engine.address().unwrap().port();
    let host = format!("https://{name}:{port}").parse().unwrap();
    let build = Docker::builder().environment([("", ""); 0]).host(host).tls(tls);
    build.connect()?.system_version().send().await.map(drop)
}

async fn refused(engine: &FakeEngine, name: &str, tls: Tls) -> String {
    let error = call(engine, name, tls).await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn a_self_signed_certificate_is_its_own_authority() {
    let key = KeyPair::generate().unwrap();
    for is_ca in [IsCa::Ca(BasicConstraints::Unconstrained), IsCa::ExplicitNoCa, IsCa::NoCa] {
        let mut params = params();
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        let engine = engine(&certificate, &key);
        let trusting = || Tls::new().authority(certificate.pem());
        call(&engine, "localhost", trusting()).await.unwrap();
        call(&engine, "127.0.0.1", trusting()).await.unwrap();
        // Nobody else is trusted, and its names still count.
        let other = params_of_another().pem();
        let error = refused(&engine, "localhost", Tls::new().authority(other)).await;
        assert!(error.contains("ca.pem"), "{is_ca:?}: {error}");
        let mut params = CertificateParams::new(["elsewhere".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        let engine = self::engine(&certificate, &key);
        let trusting = Tls::new().authority(certificate.pem());
        let error = refused(&engine, "localhost", trusting).await;
        assert!(error.contains("is for another name"), "{is_ca:?}: {error}");
    }
}

fn params_of_another() -> rcgen::Certificate {
    params().self_signed(&KeyPair::generate().unwrap()).unwrap()
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_now_says_so() {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    for (from, until, signs_itself, expected) in [
        (2000, 2001, false, "has expired: renew it"),
        (4000, 4001, false, "is not valid yet"),
        (2000, 2001, true, "has expired: renew it"),
        (4000, 4001, true, "is not valid yet"),
    ] {
        let mut params = params();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let (certificate, trusted) = if signs_itself {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let certificate = params.self_signed(&key).unwrap();
            let trusted = certificate.pem();
            (certificate, trusted)
        } else {
            (params.signed_by(&key, &authority).unwrap(), authority.pem())
        };
        let engine = engine(&certificate, &key);
        let error = refused(&engine, "localhost", Tls::new().authority(trusted)).await;
        assert!(error.contains(expected), "{from} {signs_itself}: {error}");
    }
}

#[tokio::test]
async fn a_client_certificate_of_x509_version_1_is_not_refused_by_the_client() {
    let key = KeyPair::generate().unwrap();
    let certificate = params().self_signed(&key).unwrap();
    let engine = engine(&certificate, &key);
    let identity = include_str!("certificates/version-1.pem");
    let identity_key = include_str!("certificates/version-1-key.pem");
    let tls = || Tls::new().authority(certificate.pem());
    call(&engine, "localhost", tls().identity(identity, identity_key)).await.unwrap();
    // A key of another certificate is still an error.
    let other = params_of_another().pem();
    let tls = tls().identity(other, identity_key);
    let error = call(&engine, "localhost", tls).await.unwrap_err().to_string();
    assert!(error.starts_with("client key: "), "{error}");
}

/// The certificates are in files, because rcgen with *ring* cannot create them.
#[tokio::test]
async fn keys_and_signatures_that_are_not_supported_are_named() {
    for (authority, certificate, key) in [
        (
            include_str!("certificates/sha512-authority.pem"),
            include_str!("certificates/sha512.pem"),
            include_str!("certificates/sha512-key.pem"),
        ),
        (
            include_str!("certificates/p521-authority.pem"),
            include_str!("certificates/by-p521.pem"),
            include_str!("certificates/by-p521-key.pem"),
        ),
    ] {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let engine = engine_with(certificate, key);
        let error = refused(&engine, "localhost", Tls::new().authority(authority)).await;
        for what in ["P-521", "ecdsa-with-SHA512", "signed with SHA-256 or SHA-384"] {
            assert!(error.contains(what), "{error}");
        }
        assert!(!error.contains("is ca.pem that of"), "{error}");
    }
    // The key of the client.
    let identity = Tls::new()
        .identity(include_str!("certificates/p521.pem"), include_str!("certificates/p521-key.pem"));
    let builder = Docker::builder().environment([("", ""); 0]).tls(identity);
    let error = builder.host("https://localhost:1".parse().unwrap()).connect().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("client key") && text.contains("P-521 is not supported"), "{text}");
}

/// An engine whose key is of P-521 ends the handshake, because the client does not offer its algorithm.
#[tokio::test]
async fn an_engine_with_no_algorithm_in_common_is_not_blamed_on_the_authority() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const HANDSHAKE_FAILURE: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_buf(&mut Vec::with_capacity(4096)).await.unwrap();
        stream.write_all(&HANDSHAKE_FAILURE).await.unwrap();
    };
    let host = format!("https://{address}").parse().unwrap();
    let builder = Docker::builder().environment([("", ""); 0]).tls(Tls::new());
    let docker = builder.host(host).connect().unwrap();
    let (error, ()) = tokio::join!(docker.system_version().send(), server);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("no TLS algorithm in common"), "{error}");
    assert!(error.contains("P-521 is not supported") && !error.contains("ca.pem"), "{error}");
}
