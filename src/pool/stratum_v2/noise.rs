//! The miner's half of the handshake `Noise_NX_Secp256k1+EllSwift_ChaChaPoly_SHA256` (sv2-spec 04, section 4.5).
//!
//! The pool proves with a certificate that the authority whose key stands in the URL has named it, and for how long.

use noise_sv2::{ELLSWIFT_ENCODING_SIZE, Error, Initiator, NoiseEngine};

/// Length of the miner's message: an ephemeral key, encoded so that it looks random.
pub(super) const CALL_SIZE: usize = ELLSWIFT_ENCODING_SIZE;
/// Length of the pool's answer: its ephemeral key, its encrypted static key and its encrypted certificate.
pub(super) const ANSWER_SIZE: usize = noise_sv2::INITIATOR_EXPECTED_HANDSHAKE_MESSAGE_SIZE;

/// Why there is no encrypted connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoiseError {
    /// The key of the URL is none.
    #[error("the key in the URL is no point of the curve; copy it from the pool's page again")]
    Key,
    /// The answer does not authenticate.
    #[error(
        "the answer does not decrypt: that port does not speak Stratum V2, or somebody changed it on the way"
    )]
    Answer,
    /// The certificate's dates are wrong.
    #[error(
        "the pool's certificate is valid from {from} to {until} (Unix time), and this machine's clock says {now}; check the clock"
    )]
    Dates { from: u32, until: u32, now: u32 },
    /// The certificate is somebody else's.
    #[error("the pool's certificate is not signed by the key in the URL; check the key")]
    Authority,
}

/// A handshake that waits for the pool's answer.
pub(super) struct Call(Box<Initiator>);

impl Call {
    /// Begins a handshake with a pool whose authority has the x-only public key `authority`: the message to send.
    pub(super) fn begin(authority: [u8; 32]) -> Result<(Self, [u8; CALL_SIZE]), NoiseError> {
        let initiator = Initiator::from_raw_k_with_rng(authority, &mut rand_08::rngs::OsRng);
        let mut initiator = initiator.map_err(|_| NoiseError::Key)?;
        let message = initiator.step_0().map_err(|_| NoiseError::Answer)?;
        Ok((Self(initiator), message))
    }

    /// Takes the pool's answer; `now` is Unix time in seconds, and dates may be ten seconds off.
    pub(super) fn finish(
        mut self,
        answer: [u8; ANSWER_SIZE],
        now: u32,
    ) -> Result<NoiseEngine, NoiseError> {
        self.0
            .step_2_with_now(answer, now)
            .map_err(|error| match error {
                Error::InvalidCertificate(certificate) => {
                    let (from, until) = (certificate.valid_from, certificate.not_valid_after);
                    if (from..=until).contains(&now) {
                        NoiseError::Authority
                    } else {
                        NoiseError::Dates { from, until, now }
                    }
                }
                _ => NoiseError::Answer,
            })
    }
}

/// The x-only public key of an authority's secret key, for the pool's side.
pub(super) fn public_key(secret: &[u8; 32]) -> Option<[u8; 32]> {
    let context = secp256k1::Secp256k1::signing_only();
    let pair = secp256k1::Keypair::from_seckey_slice(&context, secret).ok()?;
    Some(pair.x_only_public_key().0.serialize())
}

/// Whether 32 bytes are an x-only public key.
pub(super) fn is_public_key(key: &[u8; 32]) -> bool {
    secp256k1::XOnlyPublicKey::from_slice(key).is_ok()
}
