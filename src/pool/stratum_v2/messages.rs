//! Payloads to messages and back, on the reference implementation's types.
//!
//! Lengths must be exact: a payload that is too short or goes on after its last field is refused. What we do not know (other
//! extensions, message types of later versions) is not wrong, only of no interest.

use binary_sv2::{GetSize, Serialize, Str0255Owned};
use common_messages_sv2 as common;
use mining_sv2 as mining;

use super::frames::Frame;
use crate::pool::SessionError;
use crate::units::printable;

/// The most characters of a message that a protocol dump shows.
const MAX_SHOWN: usize = 2000;

/// One table makes the enum, its codec and its names: the message type, whether the payload begins with a channel's number, the
/// variant, its contents as they are decoded, and as they are kept.
macro_rules! messages {
    ($($kind:literal $channel:literal $name:ident($borrowed:ty => $contents:ty)),+ $(,)?) => {
        /// A message of the core protocol that a miner sends or gets.
        #[derive(Debug, Clone)]
        pub(super) enum Message {
            $($name($contents)),+
        }

        impl Message {
            /// Its name, as the specification writes it.
            pub(super) fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name)),+
                }
            }

            /// Reads a frame; `None`: nothing that we know.
            ///
            /// # Errors
            /// What is wrong with the payload.
            pub(super) fn read(frame: &mut Frame) -> Result<Option<Self>, SessionError> {
                match (frame.extension(), frame.kind()) {
                    $((0, $kind) => {
                        let step = stringify!($name);
                        let payload = frame.payload_mut();
                        let length = payload.len();
                        let message: $borrowed = binary_sv2::from_bytes(payload)
                            .map_err(|error| unusable(step, length, &error))?;
                        check_length(step, length, message.get_size())?;
                        Ok(Some(Self::$name(message.into_owned())))
                    })+
                    _ => Ok(None),
                }
            }

            /// Writes its frame.
            pub(super) fn into_frame(self) -> Frame {
                match self {
                    $(Self::$name(contents) => Frame::new($kind, $channel, &encoded(contents))),+
                }
            }

            fn shown(&self) -> String {
                match self {
                    $(Self::$name(contents) => contents.to_string()),+
                }
            }
        }

        $(impl From<$contents> for Message {
            fn from(contents: $contents) -> Self {
                Self::$name(contents)
            }
        })+
    };
}

messages! {
    0x00 false SetupConnection(common::SetupConnection => common::SetupConnectionOwned),
    0x01 false SetupConnectionSuccess(common::SetupConnectionSuccess => common::SetupConnectionSuccessOwned),
    0x02 false SetupConnectionError(common::SetupConnectionError => common::SetupConnectionErrorOwned),
    0x04 false Reconnect(common::Reconnect => common::ReconnectOwned),
    0x10 false OpenStandardMiningChannel(mining::OpenStandardMiningChannel => mining::OpenStandardMiningChannelOwned),
    0x11 false OpenStandardMiningChannelSuccess(mining::OpenStandardMiningChannelSuccess => mining::OpenStandardMiningChannelSuccessOwned),
    0x12 false OpenMiningChannelError(mining::OpenMiningChannelError => mining::OpenMiningChannelErrorOwned),
    0x13 false OpenExtendedMiningChannel(mining::OpenExtendedMiningChannel => mining::OpenExtendedMiningChannelOwned),
    0x14 false OpenExtendedMiningChannelSuccess(mining::OpenExtendedMiningChannelSuccess => mining::OpenExtendedMiningChannelSuccessOwned),
    0x15 true NewMiningJob(mining::NewMiningJob => mining::NewMiningJobOwned),
    0x16 true UpdateChannel(mining::UpdateChannel => mining::UpdateChannelOwned),
    0x17 true UpdateChannelError(mining::UpdateChannelError => mining::UpdateChannelErrorOwned),
    0x18 true CloseChannel(mining::CloseChannel => mining::CloseChannelOwned),
    0x19 true SetExtranoncePrefix(mining::SetExtranoncePrefix => mining::SetExtranoncePrefixOwned),
    0x1a true SubmitSharesStandard(mining::SubmitSharesStandard => mining::SubmitSharesStandardOwned),
    0x1b true SubmitSharesExtended(mining::SubmitSharesExtended => mining::SubmitSharesExtendedOwned),
    0x1c true SubmitSharesSuccess(mining::SubmitSharesSuccess => mining::SubmitSharesSuccessOwned),
    0x1d true SubmitSharesError(mining::SubmitSharesError => mining::SubmitSharesErrorOwned),
    0x1f true NewExtendedMiningJob(mining::NewExtendedMiningJob => mining::NewExtendedMiningJobOwned),
    0x20 true SetNewPrevHash(mining::SetNewPrevHash => mining::SetNewPrevHashOwned),
    0x21 true SetTarget(mining::SetTarget => mining::SetTargetOwned),
    0x25 false SetGroupChannel(mining::SetGroupChannel => mining::SetGroupChannelOwned),
}

fn unusable(step: &'static str, length: usize, error: &binary_sv2::Error) -> SessionError {
    wrong(step, format!("unusable payload of {length} bytes: {error}"))
}

fn check_length(step: &'static str, length: usize, used: usize) -> Result<(), SessionError> {
    if used == length {
        return Ok(());
    }
    let problem = format!("a payload of {length} bytes where {used} belong");
    Err(wrong(step, problem))
}

fn encoded(contents: impl Serialize + GetSize) -> Vec<u8> {
    binary_sv2::to_bytes(contents).expect("the buffer is as long as the contents say")
}

/// What is wrong with a message.
pub(super) fn wrong(step: &'static str, problem: impl Into<String>) -> SessionError {
    SessionError {
        step,
        problem: problem.into(),
        fatal: false,
    }
}

/// A text field; what does not fit its 255 bytes is cut off at a character's end.
pub(super) fn text(text: &str) -> Str0255Owned {
    let end = (0..=text.len().min(255)).rev();
    let end = end.into_iter().find(|at| text.is_char_boundary(*at));
    let bytes = text.as_bytes()[..end.unwrap_or(0)].to_vec();
    bytes.try_into().expect("255 bytes fit")
}

/// A pool's code or name, safe to show.
pub(super) fn shown_text(text: &Str0255Owned) -> String {
    printable(&String::from_utf8_lossy(text.as_bytes()), 200)
}

/// A frame in clear as a protocol dump shows it. There is no password in this protocol, and keys never are in frames.
pub(super) fn shown_frame(bytes: &[u8]) -> String {
    let Some(mut frame) = Frame::from_bytes(bytes) else {
        return printable(&format!("no frame: {}", hex::encode(bytes)), MAX_SHOWN);
    };
    let shown = match Message::read(&mut frame) {
        Ok(Some(message)) => {
            // One of the crates' texts begins with a picture.
            let text = message.shown();
            text.trim_start_matches(|c: char| !c.is_ascii_alphabetic())
                .to_owned()
        }
        Ok(None) => {
            let (extension, kind) = (frame.extension(), frame.kind());
            format!(
                "extension {extension:#06x} message {kind:#04x}: {}",
                hex::encode(bytes)
            )
        }
        Err(error) => format!("{error}: {}", hex::encode(bytes)),
    };
    printable(&shown, MAX_SHOWN)
}
