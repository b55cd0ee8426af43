//! The SOCKS5 proxy's URL: checked and shown here, taken apart by `net`.

use url::Url;

use crate::units::printable;

const FORM: &str = "expected socks5://[USER:PASS@]HOST:PORT";

/// Checks `socks5://[USER:PASS@]HOST[:PORT]` (`socks5h` too). The error never shows credentials.
pub(super) fn check(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| format!("{FORM}: {error}"))?;
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "socks5" | "socks5h" if !host.is_empty() => Ok(()),
        "socks5" | "socks5h" => Err(format!("{FORM}: no host")),
        scheme => Err(format!(
            "{FORM}, got the scheme {:?}",
            printable(scheme, 40)
        )),
    }
}

/// A checked URL with `***` for its password.
pub(super) fn without_password(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return "***".to_owned();
    };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "***".to_owned();
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for good in ["socks5://tor.local:9050", "socks5h://me:pw@[::1]"] {
            assert_eq!(check(good), Ok(()));
        }
        assert_eq!(
            without_password("socks5://me:s%40cret@tor.local:9050"),
            "socks5://me:***@tor.local:9050"
        );
        assert_eq!(without_password("nonsense"), "***");
    }

    #[test]
    fn errors_do_not_show_the_password() {
        for bad in [
            "http://me:hunter2@host:1",
            "socks5://me:hunter2@host:99999",
            "socks5://me:hunter2@",
            "me:hunter2@host:1",
        ] {
            let error = check(bad).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
