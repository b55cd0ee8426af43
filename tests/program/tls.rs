//! Pools over TLS, and what is said when one side speaks TLS and the other does not.

use std::io::Write;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::NamedTempFile;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::hand_made_pool::{Client, EASY, HandMadePool};
use crate::program::{Program, pool};

/// An authority's certificate in a file, and a server's side that it vouches for.
fn authority() -> (NamedTempFile, Arc<ServerConfig>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(certificate.pem().as_bytes()).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (file, Arc::new(config))
}

#[test]
fn a_pool_over_tls_is_mined_for_when_its_authority_is_named() {
    for scheme in ["stratum+ssl", "stratum+tls"] {
        let (file, config) = authority();
        let pool = HandMadePool::new();
        let line = format!(
            "-o {scheme}://localhost:{} -u w --cpu 1 --json --tls-ca {}",
            pool.port(),
            file.path().display()
        );
        let miner = Program::start(&line);
        let stream = pool.accept_stream();
        let connection = ServerConnection::new(config).unwrap();
        let mut client = Client::new(StreamOwned::new(connection, stream));
        client.handshake();
        client.set_difficulty(EASY);
        client.notify("j", true);
        client.take_share(EASY);
        let ended = miner.terminate();
        ended.assert_code(0);
        assert!(ended.summary()["accepted"].as_u64().unwrap() > 0);
    }
}

/// A TLS port that passes everything on to a plain one.
fn tls_front(config: Arc<ServerConfig>, to: u16) -> u16 {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap().port()).unwrap();
            let acceptor = TlsAcceptor::from(config);
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(acceptor.clone(), client, to));
            }
        });
    });
    told.recv().unwrap()
}

async fn pass_on(acceptor: TlsAcceptor, client: TcpStream, to: u16) {
    if let Ok(mut secure) = acceptor.accept(client).await {
        let mut plain = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut secure, &mut plain).await;
    }
}

/// The port at the end of a URL.
fn port_of(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
fn pools_that_are_asked_by_http_are_mined_for_over_tls() {
    for (protocol, scheme, more) in [
        ("getwork", "https", ""),
        ("gbt", "gbt+https", "--payout 51"),
    ] {
        let (file, config) = authority();
        let (_pool, url) = pool(&format!("--protocol {protocol}"));
        let front = tls_front(config, port_of(&url));
        let trust = file.path().display();
        let mut miner = Program::start(&format!(
            "-o {scheme}://localhost:{front} -u w --cpu 1 --json --tls-ca {trust} {more}"
        ));
        miner.await_line("accepted");
        let ended = miner.terminate();
        ended.assert_code(0);
        let summary = ended.summary();
        assert!(summary["accepted"].as_u64() > Some(0), "{summary}");
        assert_eq!(summary["rejected"], 0, "{summary}");

        // Without the authority's name nothing is asked.
        let line = format!("-o {scheme}://localhost:{front} -u w --cpu 1 --once {more}");
        let ended = Program::start(&line).end();
        ended.assert_code(69);
        let said = ended.stderr.join("\n");
        assert!(said.contains("--tls-ca"), "{said}");
    }
}

#[test]
fn the_scheme_that_helps_is_the_protocols_own() {
    for (protocol, secure, plain, more) in [
        ("getwork", "https", "http", ""),
        ("gbt", "gbt+https", "gbt+http", "--payout 51"),
        ("truestratum", "truestratum+ssl", "truestratum+tcp", ""),
        ("cryptonote", "cryptonote+ssl", "cryptonote+tcp", ""),
    ] {
        let (_pool, url) = pool(&format!("--protocol {protocol}"));
        let port = port_of(&url);
        let line = format!("-o {secure}://127.0.0.1:{port} -u w --cpu 1 --once {more}");
        let ended = Program::start(&line).end();
        ended.assert_code(69);
        let said = ended.stderr.join("\n");
        assert!(said.contains(&format!("use {plain}://")), "{said}");
    }
    let (_file, config) = authority();
    let (_pool, url) = pool("--protocol getwork");
    let front = tls_front(config, port_of(&url));
    let ended = Program::start(&format!("-o http://localhost:{front} -u w --cpu 1 --once")).end();
    ended.assert_code(69);
    let said = ended.stderr.join("\n");
    assert!(said.contains("http:// or https://"), "{said}");
}

#[test]
fn an_unknown_authority_is_refused_with_what_to_try() {
    let (_file, config) = authority();
    let pool = HandMadePool::new();
    let line = format!(
        "-o stratum+ssl://localhost:{} -u w --cpu 1 --once",
        pool.port()
    );
    let miner = Program::start(&line);
    let mut stream = pool.accept_stream();
    let mut connection = ServerConnection::new(config).unwrap();
    // The miner breaks off; either side may notice first.
    while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
    let ended = miner.end();
    ended.assert_code(69);
    let said = ended.stderr.join("\n");
    assert!(
        said.contains("certificate") && said.contains("--tls-ca"),
        "{said}"
    );
}

#[test]
fn tls_to_a_plain_port_and_plain_to_a_tls_port_say_so() {
    let (_pool, url) = pool("");
    let url = url.replace("stratum+tcp", "stratum+ssl");
    let ended = Program::start(&format!("-o {url} -u w --cpu 1 --once")).end();
    ended.assert_code(69);
    let said = ended.stderr.join("\n");
    assert!(said.contains("use stratum+tcp://"), "{said}");

    let (_file, config) = authority();
    let pool = HandMadePool::new();
    let miner = Program::start(&format!("-o {} -u w --cpu 1 --once", pool.url()));
    let mut stream = pool.accept_stream();
    let mut connection = ServerConnection::new(config).unwrap();
    while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
    // An alert goes out before the server hangs up.
    let _ = connection.complete_io(&mut stream);
    drop(stream);
    let ended = miner.end();
    ended.assert_code(69);
    let said = ended.stderr.join("\n");
    assert!(said.contains("stratum+ssl://"), "{said}");
}
