//! TLS to pools: always verified, against the system's roots (or the bundled ones) and the user's own.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, RootCertStore};

use super::NetError;
use super::dial::CONNECT_TIME;
use super::trust::Trust;
use crate::units::printable;

/// Whom we trust. The system's roots are read at the first TLS connection, so plain mining does not pay for them.
pub struct TlsSettings {
    extra: Vec<CertificateDer<'static>>,
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl TlsSettings {
    /// Trust in the system's roots (Mozilla's bundled list where the system has none), and in every certificate of `ca_file` (PEM), as an
    /// authority or as the pool's own.
    ///
    /// # Errors
    /// [`NetError::CaUnreadable`] when the file cannot be read, [`NetError::CaFile`] when it is no PEM, or holds no certificate that can be a
    /// root.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, NetError> {
        let extra = match ca_file {
            None => Vec::new(),
            Some(path) => named_roots(path)?,
        };
        Ok(Self {
            extra,
            config: OnceLock::new(),
        })
    }

    /// Secures `tcp`, the peer having to prove that it is `host`.
    pub(super) async fn secure(
        self: Arc<Self>,
        tcp: TcpStream,
        host: &str,
    ) -> Result<TlsStream<TcpStream>, NetError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| NetError::Tls(format!("{host:?} cannot be in a certificate")))?;
        // Reading some 150 roots takes milliseconds: not on the thread that carries shares of other pools.
        let config = tokio::task::spawn_blocking(move || self.config())
            .await
            .map_err(|error| NetError::Tls(error.to_string()))?
            .map_err(NetError::Tls)?;
        let handshake = TlsConnector::from(config).connect(name, tcp);
        match timeout(CONNECT_TIME, handshake).await {
            Ok(result) => result.map_err(|error| handshake_error(&error)),
            Err(_) => Err(NetError::TlsTimedOut {
                at: host.to_owned(),
                after: CONNECT_TIME,
            }),
        }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, String> {
        let config = self.config.get_or_init(|| client_config(&self.extra));
        config.clone()
    }
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("extra", &self.extra.len())
            .finish_non_exhaustive()
    }
}

/// The certificates of a PEM file, each fit to be a root.
fn named_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, NetError> {
    let pem = fs::read(path).map_err(|source| NetError::CaUnreadable {
        path: path.to_owned(),
        source,
    })?;
    roots_of(&pem).map_err(|problem| NetError::CaFile {
        path: path.to_owned(),
        problem,
    })
}

fn roots_of(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("no valid PEM ({error})"))?;
    if certificates.is_empty() {
        return Err("holds no certificate; it must be PEM (-----BEGIN CERTIFICATE-----)".into());
    }
    for (at, certificate) in certificates.iter().enumerate() {
        RootCertStore::empty()
            .add(certificate.clone())
            .map_err(|error| format!("certificate {} is no root ({error})", at + 1))?;
    }
    Ok(certificates)
}

fn all_roots(extra: &[CertificateDer<'static>]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::debug!("system roots: {error}");
    }
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() {
        tracing::debug!("no system roots: trusting the bundled list");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots.add_parsable_certificates(extra.iter().cloned());
    roots
}

fn client_config(extra: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let trust = Trust::new(all_roots(extra), extra.to_vec(), Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trust))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The cause of a failed handshake, with what to try.
fn handshake_error(error: &io::Error) -> NetError {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(Error::InvalidMessage(_)) => NetError::NotTls,
        Some(Error::InvalidCertificate(problem)) => certificate_error(problem),
        Some(other) => NetError::Tls(printable(&other.to_string(), 200)),
        None => match error.kind() {
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof => NetError::TlsHungUp,
            _ => NetError::Tls(error.to_string()),
        },
    }
}

fn certificate_error(problem: &CertificateError) -> NetError {
    use CertificateError as C;
    let (text, hint) = match problem {
        C::Expired | C::ExpiredContext { .. } => (
            "it has expired".into(),
            "check this machine's clock, or tell the pool",
        ),
        C::NotValidYet | C::NotValidYetContext { .. } => {
            ("it is not valid yet".into(), "check this machine's clock")
        }
        C::NotValidForName => ("it is for another name".into(), WRONG_NAME),
        C::NotValidForNameContext { presented, .. } => {
            let names = printable(&presented.join(", "), 200);
            (format!("it is for another name ({names})"), WRONG_NAME)
        }
        // A bad signature: somebody signed it who only has the name of an authority that we trust.
        C::UnknownIssuer | C::BadSignature => ("nobody we trust has signed it".into(), OWN_CA),
        C::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            ("it marks itself as an authority".into(), SELF_SIGNED)
        }
        other => (printable(&other.to_string(), 200), OWN_CA),
    };
    NetError::Certificate {
        problem: text,
        hint,
    }
}

const WRONG_NAME: &str = "use the host name that the pool publishes";
const SELF_SIGNED: &str = "if it is the pool's self-signed one, name just it with --tls-ca FILE";
const OWN_CA: &str = "if the pool has its own authority, name its certificate with --tls-ca FILE";

#[cfg(test)]
mod tests {
    use super::*;

    fn error_with(content: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        let error = TlsSettings::new(Some(file.path())).unwrap_err().to_string();
        assert!(
            error.contains(&file.path().display().to_string()),
            "{error}"
        );
        error
    }

    #[test]
    fn a_bad_ca_file_is_named_with_its_problem() {
        assert!(error_with(b"").contains("holds no certificate"));
        assert!(error_with(b"hello\n").contains("holds no certificate"));
        let broken = b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        assert!(error_with(broken).contains("no valid PEM"));
        let junk = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(error_with(junk).contains("certificate 1 is no root"));
        let missing = TlsSettings::new(Some(Path::new("/no/such/ca.pem"))).unwrap_err();
        let text = missing.to_string();
        assert!(text.contains("/no/such/ca.pem: cannot be read"), "{text}");
    }

    #[test]
    fn there_are_always_roots() {
        assert!(!all_roots(&[]).is_empty());
        assert!(client_config(&[]).is_ok());
    }
}
