//! Where the reward of a block goes: an address (base58check, bech32, bech32m) or an output script.

use std::fmt;

use bech32::Fe32;
use bech32::primitives::decode::CheckedHrpstring;

use crate::units::printable;

/// An output script, and the chains that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    text: String,
    script: Vec<u8>,
    network: Network,
}

/// Which chains an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Network {
    /// Bitcoin itself.
    Main,
    /// Every test chain: base58 addresses do not tell them apart.
    AnyTest,
    /// testnet3, testnet4 and signet.
    PublicTest,
    /// regtest.
    Regtest,
    /// A script belongs anywhere.
    Any,
}

/// Why a text is no payout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is neither a Bitcoin address nor an output script in hex: {problem}")]
pub struct PayoutError {
    text: String,
    problem: String,
}

/// What nodes call Bitcoin's main chain: Bitcoin Core, btcd.
const MAIN_CHAIN: [&str; 2] = ["main", "mainnet"];
/// What they call its public test chains.
const PUBLIC_TESTS: [&str; 5] = ["test", "testnet", "testnet3", "testnet4", "signet"];
/// The test chains that everybody has to himself; btcd's simnet has bech32 addresses of its own.
const PRIVATE_TESTS: [&str; 2] = [REGTEST, "simnet"];
const REGTEST: &str = "regtest";

/// The longest output script that is taken, in bytes; every standard one is far shorter.
const MAX_SCRIPT: usize = 520;

impl Payout {
    /// Reads an address, or the hex of an output script.
    ///
    /// # Errors
    /// [`PayoutError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PayoutError> {
        let text = text.trim();
        let wrong = |problem: String| PayoutError {
            text: printable(text, 100),
            problem,
        };
        let is_hex =
            text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let found = if is_hex && !text.is_empty() {
            script(text)
        } else if has_segwit_prefix(text) {
            segwit(text)
        } else {
            base58(text)
        };
        let (script, network) = found.map_err(wrong)?;
        Ok(Self {
            text: text.to_owned(),
            script,
            network,
        })
    }

    /// The output script.
    pub fn script(&self) -> &[u8] {
        &self.script
    }

    /// Whether it is for `chain`, as a node names it: Bitcoin Core and its relatives in one word, btcd and its relatives in another. A
    /// chain that nobody here knows is nobody's, but a script's.
    pub fn is_for(&self, chain: &str) -> bool {
        match self.network {
            Network::Main => MAIN_CHAIN.contains(&chain),
            Network::AnyTest => PUBLIC_TESTS.contains(&chain) || PRIVATE_TESTS.contains(&chain),
            Network::PublicTest => PUBLIC_TESTS.contains(&chain),
            Network::Regtest => chain == REGTEST,
            Network::Any => true,
        }
    }

    /// The chains that it is for, in words.
    pub fn network(&self) -> &'static str {
        match self.network {
            Network::Main => "Bitcoin's main chain",
            Network::AnyTest => "test chains",
            Network::PublicTest => "testnet and signet",
            Network::Regtest => "regtest",
            Network::Any => "any chain",
        }
    }
}

impl fmt::Display for Payout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn script(text: &str) -> Result<(Vec<u8>, Network), String> {
    let script = hex::decode(text).map_err(|error| error.to_string())?;
    if script.len() > MAX_SCRIPT {
        return Err(format!("a script has at most {MAX_SCRIPT} bytes"));
    }
    Ok((script, Network::Any))
}

fn has_segwit_prefix(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["bc1", "tb1", "bcrt1"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

/// BIP173 and BIP350: witness version 0 has the checksum of bech32, later ones that of bech32m.
fn segwit(text: &str) -> Result<(Vec<u8>, Network), String> {
    let (hrp, version, program) =
        bech32::segwit::decode(text).map_err(|error| explain(text, &error))?;
    let network = match hrp.to_lowercase().as_str() {
        "bc" => Network::Main,
        "tb" => Network::PublicTest,
        "bcrt" => Network::Regtest,
        other => {
            return Err(format!(
                "prefix {:?} is no Bitcoin chain's",
                printable(other, 20)
            ));
        }
    };
    let number = version.to_u8();
    let opcode = if number == 0 { 0 } else { 0x50 + number };
    let mut script = vec![opcode, program.len() as u8];
    script.extend(program);
    Ok((script, network))
}

fn explain(text: &str, error: &bech32::segwit::DecodeError) -> String {
    let other_checksum = CheckedHrpstring::new::<bech32::Bech32>(text).is_ok()
        || CheckedHrpstring::new::<bech32::Bech32m>(text).is_ok();
    let version = text.rsplit('1').next().and_then(|data| data.chars().next());
    let version = version.and_then(|digit| Fe32::from_char(digit).ok());
    match version {
        Some(version) if other_checksum => format!(
            "its checksum is of the wrong kind for witness version {} (BIP350)",
            version.to_u8()
        ),
        _ => printable(&with_causes(error), 200),
    }
}

/// The error and what is behind it: the outermost says only that it failed.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let words: Vec<String> = causes.map(ToString::to_string).collect();
    words.join(": ")
}

/// Version byte and 20 bytes of a hash, with four bytes of checksum.
fn base58(text: &str) -> Result<(Vec<u8>, Network), String> {
    let bytes =
        base58ck::decode_check(text).map_err(|error| printable(&with_causes(&error), 200))?;
    let (version, hash) = match bytes.split_first() {
        Some((version, hash)) if hash.len() == 20 => (*version, hash),
        _ => return Err(format!("{} bytes instead of 21", bytes.len())),
    };
    let to_key = |network| ([&[0x76, 0xa9, 20], hash, &[0x88, 0xac]].concat(), network);
    let to_script = |network| ([&[0xa9, 20], hash, &[0x87]].concat(), network);
    match version {
        0x00 => Ok(to_key(Network::Main)),
        0x05 => Ok(to_script(Network::Main)),
        0x6f => Ok(to_key(Network::AnyTest)),
        0xc4 => Ok(to_script(Network::AnyTest)),
        other => Err(format!("version {other:#04x} is no Bitcoin chain's")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, &'static str) {
        let payout = Payout::parse(text).unwrap();
        (hex::encode(payout.script()), payout.network())
    }

    #[test]
    fn addresses_of_every_kind() {
        for (text, script, network) in [
            // The genesis block's key, as an address.
            (
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
                "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac",
                "Bitcoin's main chain",
            ),
            (
                "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
                "a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87",
                "Bitcoin's main chain",
            ),
            (
                "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
                "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac",
                "test chains",
            ),
            // BIP173.
            (
                "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
                "0014751e76e8199196d454941c45d1b3a323f1433bd6",
                "Bitcoin's main chain",
            ),
            (
                "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
                "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
                "testnet and signet",
            ),
            // BIP350.
            (
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
                "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
                "Bitcoin's main chain",
            ),
            (
                "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
                "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
                "testnet and signet",
            ),
            ("51", "51", "any chain"),
        ] {
            assert_eq!(parsed(text), (script.to_owned(), network), "{text}");
        }
    }

    #[test]
    fn an_address_belongs_to_its_chain() {
        let fits = |text: &str| -> Vec<&str> {
            let payout = Payout::parse(text).unwrap();
            [
                "main", "mainnet", "test", "testnet", "testnet3", "testnet4", "signet", "regtest",
                "simnet", "unknown",
            ]
            .into_iter()
            .filter(|chain| payout.is_for(chain))
            .collect()
        };
        assert_eq!(
            fits("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
            ["main", "mainnet"]
        );
        let public = ["test", "testnet", "testnet3", "testnet4", "signet"];
        assert_eq!(
            fits("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"),
            [&public[..], &["regtest", "simnet"]].concat()
        );
        assert_eq!(fits("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"), public);
        let regtest =
            bech32::segwit::encode_v0(bech32::Hrp::parse("bcrt").unwrap(), &[7; 20]).unwrap();
        assert_eq!(fits(&regtest), ["regtest"]);
        assert_eq!(fits("6a").len(), 10);
    }

    #[test]
    fn what_is_no_payout_is_explained() {
        for (text, problem) in [
            ("", "too short"),
            ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "checksum"),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "checksum"),
            // BIP350: version 0 with the checksum of bech32m, version 1 with that of bech32.
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "BIP350"),
            (
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
                "BIP350",
            ),
            ("hello world", "character"),
            (&"00".repeat(521), "520 bytes"),
            // A key of Litecoin.
            ("LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "0x30"),
        ] {
            let error = Payout::parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
