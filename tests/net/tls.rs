//! TLS: trusted, untrusted, and on the wrong port.

use std::io::Write;
use std::sync::Arc;

use midstate::net::{LinkSettings, TlsSettings};
use midstate::pool::Framing;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
};
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::rig::{Rig, listen, settings};

/// An authority of our own, its certificate in a file as `--tls-ca` takes it.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
    file: NamedTempFile,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(certificate.pem().as_bytes()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
            file,
        }
    }

    /// A server's side that presents the authority's own certificate, as what `openssl req -x509` makes does.
    fn own_acceptor(&self) -> TlsAcceptor {
        acceptor(&self.certificate, self.issuer.key())
    }

    /// A server's side for `name`, its certificate valid until the end of `year`.
    fn acceptor(&self, name: &str, year: i32) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(year, 12, 31);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        acceptor(&certificate, &key)
    }

    fn trust(&self) -> Arc<TlsSettings> {
        Arc::new(TlsSettings::new(Some(self.file.path())).unwrap())
    }
}

fn acceptor(certificate: &Certificate, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn tls_settings(port: u16, tls: Arc<TlsSettings>) -> LinkSettings {
    let mut settings = settings("localhost", port);
    settings.endpoint.tls = true;
    settings.tls = tls;
    settings
}

/// What a link with trust in `tls` says of a server.
async fn cause_of(acceptor: TlsAcceptor, tls: Arc<TlsSettings>) -> String {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let _ = acceptor.accept(stream).await;
    });
    let mut rig = Rig::connecting(tls_settings(port, tls)).await;
    rig.lost().await.0
}

#[tokio::test]
async fn an_authority_that_the_user_names_is_trusted() {
    let authority = Authority::new("ours");
    let acceptor = authority.acceptor("localhost", 4000);
    let (listener, port) = listen().await;
    let mut rig = Rig::connecting(tls_settings(port, authority.trust())).await;
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufStream::new(acceptor.accept(stream).await.unwrap());
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    assert!(line.contains("mining.authorize"));
    rig.connected().await;
    stream.write_all(b"say hello\n").await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(rig.message().await, "hello");
    rig.submit(1).await;
    line.clear();
    stream.read_line(&mut line).await.unwrap();
    assert_eq!(line, "share 0\n");
}

#[tokio::test]
async fn an_unknown_authority_is_refused_with_the_option_that_helps() {
    for name in ["theirs", "ours"] {
        let acceptor = Authority::new(name).acceptor("localhost", 4000);
        let cause = cause_of(acceptor, Authority::new("ours").trust()).await;
        assert!(cause.contains("nobody we trust has signed it"), "{cause}");
        assert!(cause.contains("--tls-ca FILE"), "{cause}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new("ours");
    let acceptor = authority.acceptor("pool.example", 4000);
    let cause = cause_of(acceptor, authority.trust()).await;
    assert!(cause.contains("for another name"), "{cause}");
    assert!(cause.contains("pool.example"), "{cause}");
}

/// A certificate that signs itself, is no authority, and has its name only where names stood in the nineties.
fn old_style(year: i32) -> (TlsAcceptor, NamedTempFile) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "pool");
    params.is_ca = IsCa::ExplicitNoCa;
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(year, 12, 31);
    let certificate = params.self_signed(&key).unwrap();
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(certificate.pem().as_bytes()).unwrap();
    (acceptor(&certificate, &key), file)
}

#[tokio::test]
async fn the_pools_own_certificate_needs_no_name_when_the_user_names_it() {
    let (acceptor, file) = old_style(4000);
    let trust = Arc::new(TlsSettings::new(Some(file.path())).unwrap());
    let (listener, port) = listen().await;
    let mut settings = tls_settings(port, trust);
    settings.endpoint.host = "127.0.0.1".into();
    let mut rig = Rig::connecting(settings).await;
    let (stream, _) = listener.accept().await.unwrap();
    let _stream = acceptor.accept(stream).await.unwrap();
    rig.connected().await;

    let (acceptor, _) = old_style(4000);
    let (_, other) = old_style(4000);
    let trust = Arc::new(TlsSettings::new(Some(other.path())).unwrap());
    let cause = cause_of(acceptor, trust).await;
    assert!(cause.contains("certificate is refused"), "{cause}");
    let (acceptor, file) = old_style(2001);
    let trust = Arc::new(TlsSettings::new(Some(file.path())).unwrap());
    let cause = cause_of(acceptor, trust).await;
    assert!(cause.contains("it has expired"), "{cause}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new("ours");
    let acceptor = authority.acceptor("localhost", 2001);
    let cause = cause_of(acceptor, authority.trust()).await;
    assert!(cause.contains("it has expired"), "{cause}");
}

/// What a link that wants TLS says of a plain pool: one that answers, or hangs up.
async fn cause_of_plain(answer: Option<&'static [u8]>) -> String {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        if let Some(answer) = answer {
            stream.write_all(answer).await.unwrap();
            std::future::pending::<()>().await;
        }
    });
    let tls = Arc::new(TlsSettings::new(None).unwrap());
    let mut rig = Rig::connecting(tls_settings(port, tls)).await;
    rig.lost().await.0
}

#[tokio::test]
async fn a_plain_port_is_recognised() {
    let answers: [&[u8]; 2] = [
        b"{\"id\":null,\"result\":null,\"error\":[20,\"what?\",null]}\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ];
    for answer in answers {
        let cause = cause_of_plain(Some(answer)).await;
        assert!(
            cause.starts_with("the port answers, but not with TLS: use fake+tcp://"),
            "{cause}"
        );
    }
    let cause = cause_of_plain(None).await;
    assert!(cause.contains("use fake+tcp://"), "{cause}");
}

#[tokio::test(start_paused = true)]
async fn a_port_that_says_nothing_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut settings = tls_settings(port, Arc::new(TlsSettings::new(None).unwrap()));
    settings.endpoint.host = "127.0.0.1".into();
    let mut rig = Rig::connecting(settings).await;
    let (cause, _) = rig.lost().await;
    let expected =
        "TLS handshake with 127.0.0.1 timed out after 10 s; if the port is plain, use fake+tcp://";
    assert_eq!(cause, expected);
}

#[tokio::test]
async fn a_tls_port_is_recognised_by_a_plain_link() {
    let acceptor = Authority::new("ours").acceptor("localhost", 4000);
    let (listener, port) = listen().await;
    let mut rig = Rig::connecting(settings("127.0.0.1", port)).await;
    let (stream, _) = listener.accept().await.unwrap();
    assert!(acceptor.accept(stream).await.is_err());
    let (cause, _) = rig.lost().await;
    assert!(cause.contains("use fake+ssl://"), "{cause}");
}

#[tokio::test]
async fn an_endless_line_is_bounded_behind_tls_too() {
    let authority = Authority::new("ours");
    let acceptor = authority.acceptor("localhost", 4000);
    let (listener, port) = listen().await;
    let Framing::Lines { max } = crate::fake::FAKE.framing else {
        unreachable!("it speaks in lines")
    };
    let mut rig = Rig::connecting(tls_settings(port, authority.trust())).await;
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = acceptor.accept(stream).await.unwrap();
    tokio::spawn(async move { while stream.write_all(&[b'x'; 4096]).await.is_ok() {} });
    let (cause, _) = rig.lost().await;
    assert!(cause.contains(&format!("more than {max} bytes")), "{cause}");
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_if_the_user_names_just_it() {
    let own = Authority::new("ours");
    let acceptor = own.own_acceptor();
    let (listener, port) = listen().await;
    let mut rig = Rig::connecting(tls_settings(port, own.trust())).await;
    let (stream, _) = listener.accept().await.unwrap();
    let _stream = acceptor.accept(stream).await.unwrap();
    rig.connected().await;
    for trust in [
        Authority::new("ours").trust(),
        Authority::new("theirs").trust(),
    ] {
        let cause = cause_of(own.own_acceptor(), trust).await;
        assert!(cause.contains("it marks itself as an authority"), "{cause}");
        assert!(cause.contains("--tls-ca FILE"), "{cause}");
    }
}
