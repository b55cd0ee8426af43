//! Who is believed to be the pool: rustls' own verification, and certificates that the user named one by one.

use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// Verifies chain, name and time as rustls does, with one addition for the certificates of `--tls-ca`.
///
/// What `openssl req -x509` makes is marked as an authority, and no authority may itself be a server; many a pool's self-signed
/// certificate is of that kind, and many another has a name that nobody reaches it by, or none where names belong. A server that presents
/// exactly a certificate that the user named, and proves that it has its key, is the one that the user means.
#[derive(Debug)]
pub(super) struct Trust {
    rules: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Trust in `roots` and in the certificates `named` themselves.
    pub(super) fn new(
        roots: RootCertStore,
        named: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let rules = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { rules, named })
    }

    /// Whether an error is only about what kind of certificate it is, or about its name; a wrong time or signature is none of these. The name is
    /// checked last, so nothing else is wrong with what fails on it.
    fn is_settled_by_naming_it(error: &Error) -> bool {
        use CertificateError::{NotValidForName, NotValidForNameContext, Other};
        matches!(
            error,
            Error::InvalidCertificate(Other(_) | NotValidForName | NotValidForNameContext { .. })
        )
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.rules.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verdict {
            Err(error)
                if Self::is_settled_by_naming_it(&error) && self.named.contains(end_entity) =>
            {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rules.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rules.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.rules.supported_verify_schemes()
    }
}
