//! The published vectors (tests/data/stratum-v2.json says where they come from), and the codec against bytes of every kind.

use binary_sv2::{Seq0255Owned, Sv2OptionOwned};
use bytes::BytesMut;
use mining_sv2::{NewExtendedMiningJobOwned, SubmitSharesExtendedOwned};
use noise_sv2::{NoiseDecryptor, NoiseEncryptor, Responder};
use proptest::prelude::*;
use rand_08::SeedableRng as _;
use rand_08::rngs::StdRng;
use serde_json::Value;

use super::frames::{Frame, FrameError, Opener, Sealer};
use super::messages::{Message, shown_frame};
use super::noise::{ANSWER_SIZE, Call, NoiseError, public_key};

const MAX: usize = 160 * 1024;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/data/stratum-v2.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

fn frames() -> Vec<(String, Vec<u8>)> {
    let vectors = vectors();
    let frames = vectors["frames_plaintext"].as_array().unwrap();
    let named = |row: &Value| {
        (
            row["name"].as_str().unwrap().to_owned(),
            bytes(&row["frame"]),
        )
    };
    frames.iter().map(named).collect()
}

fn read(bytes: &[u8]) -> Message {
    let mut frame = Frame::from_bytes(bytes).unwrap();
    Message::read(&mut frame).unwrap().expect("a known message")
}

#[test]
fn all_22_frames_are_read_and_written_back_byte_for_byte() {
    let frames = frames();
    assert_eq!(frames.len(), 22);
    for (name, bytes) in frames {
        let message = read(&bytes);
        assert_eq!(message.into_frame().as_bytes(), bytes, "{name}");
    }
}

#[test]
fn a_dump_shows_every_frame_in_words() {
    for (name, bytes) in frames() {
        let shown = shown_frame(&bytes);
        let first = shown.chars().next().unwrap();
        assert!(
            first.is_ascii_uppercase() && shown.contains('('),
            "{name}: {shown}"
        );
    }
    let shown = shown_frame(&frames()[0].1);
    assert!(
        shown.contains("pool.example") && shown.contains("midstate"),
        "{shown}"
    );
    assert_eq!(shown_frame(&[1, 2]), "no frame: 0102");
    let unknown = Frame::new(0x77, false, &[1]);
    assert!(shown_frame(unknown.as_bytes()).contains("message 0x77"));
}

#[test]
fn every_truncated_or_lengthened_payload_is_refused() {
    for (name, bytes) in frames() {
        let (kind, payload) = (bytes[2], &bytes[6..]);
        for length in 0..payload.len() {
            let mut short = Frame::new(kind, false, &payload[..length]);
            assert!(Message::read(&mut short).is_err(), "{name} cut to {length}");
        }
        let mut long = Frame::new(kind, false, &[payload, &[0]].concat());
        assert!(
            Message::read(&mut long).is_err(),
            "{name} with one byte more"
        );
    }
}

#[test]
fn other_extensions_and_unknown_messages_are_of_no_interest() {
    let mut bytes = frames()[0].1.clone();
    bytes[0] = 1;
    let mut frame = Frame::from_bytes(&bytes).unwrap();
    assert!(matches!(Message::read(&mut frame), Ok(None)));
    let mut frame = Frame::new(0x6f, true, &[1, 2, 3]);
    assert!(matches!(Message::read(&mut frame), Ok(None)));
}

#[test]
fn the_blocks_coinbase_and_share_come_out_of_their_messages() {
    let frames = frames();
    let frame = |name: &str| &frames.iter().find(|(known, _)| known == name).unwrap().1;
    let Message::NewExtendedMiningJob(job) = read(frame("new_extended_future")) else {
        panic!("another message");
    };
    let Message::OpenExtendedMiningChannelSuccess(open) = read(frame("open_extended_success"))
    else {
        panic!("another message");
    };
    let Message::SubmitSharesExtended(share) = read(frame("submit_extended")) else {
        panic!("another message");
    };
    let coinbase = [
        job.coinbase_tx_prefix.as_bytes(),
        open.extranonce_prefix.as_bytes(),
        share.extranonce.as_bytes(),
        job.coinbase_tx_suffix.as_bytes(),
    ]
    .concat();
    assert_eq!(
        coinbase,
        bytes(&vectors()["same_block_through_sv2"]["coinbase"])
    );
}

/// The transcript of another implementation's miner with the reference implementation's pool, calculated again step by step from the
/// specification; then our frames under its keys.
///
/// Our own handshake cannot be made to repeat it: of the many encodings of a key the crates choose another one.
#[test]
fn the_published_handshake_is_the_specified_one_and_its_frames_are_ours() {
    let transcript = vectors()["noise_nx_handshake"]["transcript"].clone();
    let authority: [u8; 32] = array(&transcript["authority_public_key_xonly"]);
    assert_eq!(
        public_key(&array(&transcript["authority_private_key"])),
        Some(authority)
    );
    let key = super::route::key_text(authority);
    assert_eq!(key, transcript["authority_public_key_base58check"]);

    let [k1, k2] = specified::keys(&transcript);
    let first = Frame::from_bytes(&bytes(&transcript["client_first_frame_plaintext"])).unwrap();
    let wire = Sealer::new(Some(k1)).seal(&first).unwrap();
    assert_eq!(
        hex::encode(wire),
        transcript["client_first_frame_ciphertext"]
    );
    let mut opener = Opener::new(Some(k2), MAX, BytesMut::new());
    for frame in transcript["server_frames"].as_array().unwrap() {
        opener.push(&bytes(&frame["ciphertext"]));
        let whole = opener.next_frame().unwrap().unwrap();
        assert_eq!(hex::encode(whole.as_bytes()), frame["plaintext_frame"]);
    }
}

/// The miner's half of the handshake as sv2-spec 04, section 4.5, says it, with nothing of `noise_sv2`.
mod specified {
    use chacha20poly1305::aead::{AeadInPlace as _, KeyInit as _};
    use chacha20poly1305::{ChaCha20Poly1305, Nonce};
    use secp256k1::ellswift::{ElligatorSwift, ElligatorSwiftParty};
    use secp256k1::{Message, Secp256k1, SecretKey, XOnlyPublicKey, schnorr::Signature};
    use serde_json::Value;
    use sha2::{Digest as _, Sha256};

    use super::super::frames::{Decrypt, Encrypt};
    use super::{array, bytes};

    fn sha256(parts: &[&[u8]]) -> [u8; 32] {
        Sha256::digest(parts.concat()).into()
    }

    /// RFC 2104.
    fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
        let pad = |with: u8| {
            let mut pad = [with; 64];
            pad.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
            pad
        };
        let inner = sha256(&[&pad(0x36), message]);
        sha256(&[&pad(0x5c), &inner])
    }

    fn hkdf(key: &[u8; 32], input: &[u8]) -> [[u8; 32]; 2] {
        let temporary = hmac(key, input);
        let first = hmac(&temporary, &[1]);
        let second = hmac(&temporary, &[&first[..], &[2]].concat());
        [first, second]
    }

    /// One direction's key and counter.
    pub(super) struct Cipher(ChaCha20Poly1305, u64);

    impl Cipher {
        fn new(key: [u8; 32]) -> Self {
            Self(ChaCha20Poly1305::new(&key.into()), 0)
        }

        fn nonce(&mut self) -> Nonce {
            let mut nonce = [0; 12];
            nonce[4..].copy_from_slice(&self.1.to_le_bytes());
            self.1 += 1;
            nonce.into()
        }

        fn open(&mut self, associated: &[u8], piece: &[u8]) -> Vec<u8> {
            let (nonce, mut piece) = (self.nonce(), piece.to_vec());
            self.0
                .decrypt_in_place(&nonce, associated, &mut piece)
                .unwrap();
            piece
        }
    }

    impl Decrypt for Cipher {
        fn decrypt(&mut self, piece: &mut Vec<u8>) -> Option<()> {
            let nonce = self.nonce();
            self.0.decrypt_in_place(&nonce, &[], piece).ok()
        }
    }

    impl Encrypt for Cipher {
        fn encrypt(&mut self, piece: &mut Vec<u8>) -> Option<()> {
            let nonce = self.nonce();
            self.0.encrypt_in_place(&nonce, &[], piece).ok()
        }
    }

    fn ecdh(ours: [u8; 64], theirs: [u8; 64], secret: [u8; 32]) -> [u8; 32] {
        let [ours, theirs] = [ours, theirs].map(ElligatorSwift::from_array);
        let secret = SecretKey::from_slice(&secret).unwrap();
        ElligatorSwift::shared_secret(ours, theirs, secret, ElligatorSwiftParty::A, None)
            .to_secret_bytes()
    }

    /// The keys that the handshake ends with, the miner's first.
    pub(super) fn keys(transcript: &Value) -> [Cipher; 2] {
        let is = |value: &[u8], field: &str| {
            assert_eq!(hex::encode(value), transcript[field], "{field}");
        };
        let (act1, act2): ([u8; 64], [u8; 234]) =
            (array(&transcript["act1"]), array(&transcript["act2"]));
        let secret = array(&transcript["initiator_ephemeral_private_key"]);
        let name = sha256(&[b"Noise_NX_Secp256k1+EllSwift_ChaChaPoly_SHA256"]);
        is(&name, "protocol_name_hash");
        let h = sha256(&[&name]);
        is(&h, "h0");
        let h = sha256(&[&sha256(&[&h, &act1])]);
        is(&h, "h_after_act1");

        let theirs: [u8; 64] = act2[..64].try_into().unwrap();
        let h = sha256(&[&h, &theirs]);
        let ee = ecdh(act1, theirs, secret);
        is(&ee, "ecdh_ee");
        let [ck, k] = hkdf(&name, &ee);
        let static_key = Cipher::new(k).open(&h, &act2[64..144]);
        is(&static_key, "rs_ellswift");
        let h = sha256(&[&h, &act2[64..144]]);
        let es = ecdh(act1, static_key.clone().try_into().unwrap(), secret);
        is(&es, "ecdh_es");
        let [ck, k] = hkdf(&ck, &es);
        let certificate = Cipher::new(k).open(&h, &act2[144..]);
        is(&certificate, "signature_noise_message");
        is(&sha256(&[&h, &act2[144..]]), "h_final");
        is(&ck, "ck_final");
        check(transcript, &certificate);
        let [k1, k2] = hkdf(&ck, &[]);
        is(&k1, "k1_initiator_to_responder");
        is(&k2, "k2_responder_to_initiator");
        [k1, k2].map(Cipher::new)
    }

    /// The authority has signed the pool's static key and the certificate's dates.
    fn check(transcript: &Value, certificate: &[u8]) {
        let server = bytes(&transcript["rs_xonly"]);
        let digest = sha256(&[&certificate[..10], &server]);
        assert_eq!(hex::encode(digest), transcript["cert_digest"]);
        let authority = bytes(&transcript["authority_public_key_xonly"]);
        let authority = XOnlyPublicKey::from_slice(&authority).unwrap();
        let signature = Signature::from_slice(&certificate[10..]).unwrap();
        let message = Message::from_digest(digest);
        let context = Secp256k1::verification_only();
        assert!(
            context
                .verify_schnorr(&signature, &message, &authority)
                .is_ok()
        );
    }
}

const NOW: u32 = 1_700_000_000;

/// An authority, and the pool's answer to a call: valid for a day from [`NOW`] on.
fn pool(secret: [u8; 32], call: [u8; 64]) -> ([u8; ANSWER_SIZE], noise_sv2::NoiseEngine) {
    let mut random = StdRng::seed_from_u64(7);
    let public = public_key(&secret).unwrap();
    let day = std::time::Duration::from_secs(86_400);
    let mut responder =
        Responder::from_authority_kp_with_rng(&public, &secret, day, &mut random).unwrap();
    responder
        .step_1_with_now_rng(call, NOW, &mut random)
        .unwrap()
}

/// What a handshake comes to when the pool's secret is `secret`, ours is of `key`, and the clock says `now`.
fn handshake(secret: [u8; 32], key: [u8; 32], now: u32) -> Result<(), NoiseError> {
    let (call, act1) = Call::begin(key).unwrap();
    let (answer, _) = pool(secret, act1);
    call.finish(answer, now).map(drop)
}

#[test]
fn certificates_must_be_of_the_authority_and_of_today() {
    let (ours, theirs) = ([1; 32], [2; 32]);
    let key = public_key(&ours).unwrap();
    assert_eq!(handshake(ours, key, NOW), Ok(()));
    assert_eq!(handshake(ours, key, NOW + 86_400), Ok(()));
    assert_eq!(handshake(theirs, key, NOW), Err(NoiseError::Authority));
    for now in [NOW - 3600, NOW + 86_411] {
        let error = handshake(ours, key, now).unwrap_err();
        assert!(matches!(error, NoiseError::Dates { .. }), "{error}");
        assert!(error.to_string().contains("check the clock"), "{error}");
    }
}

#[test]
fn a_tampered_answer_or_one_to_another_call_is_refused() {
    let secret = [1; 32];
    let key = public_key(&secret).unwrap();
    for at in [0, 63, 64, 100, 143, 144, ANSWER_SIZE - 1] {
        let (call, act1) = Call::begin(key).unwrap();
        let (mut answer, _) = pool(secret, act1);
        answer[at] ^= 1;
        assert_eq!(
            call.finish(answer, NOW).map(drop),
            Err(NoiseError::Answer),
            "byte {at}"
        );
    }
    let (_, first) = Call::begin(key).unwrap();
    let (replayed, _) = pool(secret, first);
    let (call, _) = Call::begin(key).unwrap();
    assert_eq!(
        call.finish(replayed, NOW).map(drop),
        Err(NoiseError::Answer)
    );
}

/// Both ends of an encrypted direction.
fn encrypted() -> (Sealer, Opener) {
    let (seal, open) = ciphers();
    (
        Sealer::new(Some(seal)),
        Opener::new(Some(open), MAX, BytesMut::new()),
    )
}

fn ciphers() -> (NoiseEncryptor, NoiseDecryptor) {
    let secret = [1; 32];
    let (call, act1) = Call::begin(public_key(&secret).unwrap()).unwrap();
    let (answer, theirs) = pool(secret, act1);
    let ours = call.finish(answer, NOW).unwrap();
    (theirs.into_split().0, ours.into_split().1)
}

fn in_clear() -> (Sealer, Opener) {
    let opener = Opener::new(None, MAX, BytesMut::new());
    (Sealer::new(None), opener)
}

#[test]
fn replayed_swapped_and_lost_bytes_end_the_connection() {
    let frame = Frame::new(0x21, true, &[7; 100]);
    let other = Frame::new(0x21, true, &[8; 100]);
    let (mut sealer, mut opener) = encrypted();
    let wire = sealer.seal(&frame).unwrap();
    opener.push(&[&wire[..], &wire[..]].concat());
    assert_eq!(opener.next_frame(), Ok(Some(frame.clone())));
    assert_eq!(
        opener.next_frame(),
        Err(FrameError::Undecipherable("header"))
    );

    let (mut sealer, mut opener) = encrypted();
    let (first, second) = (sealer.seal(&frame).unwrap(), sealer.seal(&other).unwrap());
    opener.push(&[&second[..], &first[..]].concat());
    assert_eq!(
        opener.next_frame(),
        Err(FrameError::Undecipherable("header"))
    );

    let (mut sealer, mut opener) = encrypted();
    let mut wire = sealer.seal(&frame).unwrap().to_vec();
    wire.remove(50);
    opener.push(&[&wire[..], &[0]].concat());
    assert_eq!(
        opener.next_frame(),
        Err(FrameError::Undecipherable("payload"))
    );
}

#[test]
fn more_than_the_bound_is_refused_at_its_header() {
    for (mut sealer, mut opener) in [encrypted(), in_clear()] {
        let most = Frame::new(0x1f, true, &vec![1; MAX]);
        opener.push(&sealer.seal(&most).unwrap());
        assert_eq!(opener.next_frame(), Ok(Some(most)));
        let more = Frame::new(0x1f, true, &vec![1; MAX + 1]);
        opener.push(&sealer.seal(&more).unwrap()[..22]);
        let (len, max) = (MAX + 1, MAX);
        assert_eq!(opener.next_frame(), Err(FrameError::Oversize { len, max }));
    }
    let (mut sealer, _) = in_clear();
    let endless = Frame::new(0x1f, true, &vec![0; 1 << 24]);
    assert!(matches!(
        sealer.seal(&endless),
        Err(FrameError::Unsendable(_))
    ));
}

fn any_job() -> impl Strategy<Value = NewExtendedMiningJobOwned> {
    let coinbase = || proptest::collection::vec(any::<u8>(), 0..300);
    let path = proptest::collection::vec(any::<[u8; 32]>(), 0..20);
    let numbers = (
        any::<u32>(),
        any::<u32>(),
        any::<Option<u32>>(),
        any::<u32>(),
    );
    (numbers, any::<bool>(), path, coinbase(), coinbase()).prop_map(
        |((channel_id, job_id, min_ntime, version), rolls, path, prefix, suffix)| {
            NewExtendedMiningJobOwned {
                channel_id,
                job_id,
                min_ntime: Sv2OptionOwned::new(min_ntime),
                version,
                version_rolling_allowed: rolls,
                merkle_path: Seq0255Owned::new(path.into_iter().map(Into::into).collect()).unwrap(),
                coinbase_tx_prefix: prefix.try_into().unwrap(),
                coinbase_tx_suffix: suffix.try_into().unwrap(),
            }
        },
    )
}

proptest! {
    #[test]
    fn jobs_survive_the_codec(job in any_job()) {
        let frame = Message::from(job.clone()).into_frame();
        let again = read(frame.as_bytes());
        prop_assert_eq!(again.clone().into_frame(), frame);
        let Message::NewExtendedMiningJob(again) = again else { panic!("another message") };
        prop_assert_eq!(format!("{again:?}"), format!("{job:?}"));
    }

    #[test]
    fn shares_survive_the_codec(numbers in any::<[u32; 6]>(), extranonce in proptest::collection::vec(any::<u8>(), 0..=32)) {
        let [channel_id, sequence_number, job_id, nonce, ntime, version] = numbers;
        let share = SubmitSharesExtendedOwned {
            channel_id, sequence_number, job_id, nonce, ntime, version,
            extranonce: extranonce.try_into().unwrap(),
        };
        let Message::SubmitSharesExtended(again) = read(Message::from(share.clone()).into_frame().as_bytes()) else { panic!("another message") };
        prop_assert_eq!(format!("{again:?}"), format!("{share:?}"));
    }

    #[test]
    fn no_payload_makes_the_reader_panic(kind: u8, channel: bool, payload in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut frame = Frame::new(kind, channel, &payload);
        if let Ok(Some(message)) = Message::read(&mut frame) {
            // What is read is written back as it was, but for a bool's idle bits and a missing value's.
            prop_assert_eq!(message.into_frame().as_bytes().len(), 6 + payload.len());
        }
        let _ = shown_frame(frame.as_bytes());
    }

    #[test]
    fn frames_come_whole_however_their_bytes_arrive(sizes in proptest::collection::vec(0_usize..70_000, 1..4), cut in 1_usize..5000, encrypt: bool) {
        let (mut sealer, mut opener) = if encrypt { encrypted() } else { in_clear() };
        let frames: Vec<Frame> = sizes.iter().map(|size| Frame::new(*size as u8, false, &vec![*size as u8; *size])).collect();
        let wire: Vec<u8> = frames.iter().flat_map(|frame| sealer.seal(frame).unwrap()).collect();
        let mut seen = Vec::new();
        for read in wire.chunks(cut) {
            opener.push(read);
            while let Some(frame) = opener.next_frame().unwrap() {
                seen.push(frame);
            }
        }
        prop_assert_eq!(seen, frames);
        prop_assert!(!opener.is_inside_frame());
    }

    #[test]
    fn any_changed_bit_is_noticed(at in 0_usize..158, bit in 0_u8..8) {
        let (mut sealer, mut opener) = encrypted();
        let mut wire = sealer.seal(&Frame::new(0x21, true, &[5; 120])).unwrap().to_vec();
        wire[at] ^= 1 << bit;
        opener.push(&wire);
        prop_assert!(opener.next_frame().is_err());
    }
}
