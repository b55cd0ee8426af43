//! `client.reconnect`: the pool wants its clients elsewhere.

use std::time::Duration;

use serde_json::Value;

use super::Fields;
use crate::pool::SessionError;

/// The longest wait that a pool can order.
const MAX_WAIT: f64 = 60.0;

/// Where a pool sends us; what it leaves out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool) struct Redirect {
    pub(in crate::pool) host: Option<String>,
    pub(in crate::pool) port: Option<u16>,
    /// At most a minute.
    pub(in crate::pool) wait: Duration,
}

impl Redirect {
    /// Reads `[]`, `[host, port]` or `[host, port, seconds]`; numbers may stand in quotes.
    ///
    /// # Errors
    /// When the host cannot be one or the port is none.
    pub(in crate::pool) fn parse(params: &[Value]) -> Result<Self, SessionError> {
        let fields = Fields::new("client.reconnect", params);
        let wait = fields.number(2).unwrap_or(0.0);
        Ok(Self {
            host: host(&fields)?,
            port: port(&fields)?,
            wait: Duration::from_secs_f64(wait.clamp(0.0, MAX_WAIT).max(0.0)),
        })
    }
}

fn host(fields: &Fields<'_>) -> Result<Option<String>, SessionError> {
    match fields.get(0) {
        Value::Null => Ok(None),
        Value::String(host) if host.is_empty() => Ok(None),
        Value::String(host) if is_host(host) => Ok(Some(host.clone())),
        _ => Err(fields.wrong(0, "host", "a host name or an address")),
    }
}

fn is_host(host: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    host.len() <= 253 && host.bytes().all(fits)
}

fn port(fields: &Fields<'_>) -> Result<Option<u16>, SessionError> {
    let error = || fields.wrong(1, "port", "1 to 65535");
    let port = match fields.get(1) {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64().and_then(|port| u16::try_from(port).ok()),
    };
    match port {
        Some(0) | None => Err(error()),
        port => Ok(port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(params: &Value) -> Result<(Option<String>, Option<u16>, u64), String> {
        Redirect::parse(params.as_array().unwrap())
            .map(|redirect| (redirect.host, redirect.port, redirect.wait.as_secs()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn all_forms_and_bounds() {
        let at = |port| Ok((Some("eu.pool.example".to_owned()), Some(port), 0));
        assert_eq!(parse(&json!([])), Ok((None, None, 0)));
        assert_eq!(parse(&json!(["eu.pool.example", 25])), at(25));
        assert_eq!(parse(&json!(["eu.pool.example", "25", -5])), at(25));
        for (wait, expected) in [
            (json!(1e9), 60),
            (json!("7"), 7),
            (json!("NaN"), 0),
            (json!(null), 0),
        ] {
            assert_eq!(parse(&json!(["", 1, wait])).unwrap().2, expected);
        }
        for bad in [json!(["a b", 1]), json!([7, 1]), json!(["x".repeat(300)])] {
            assert!(parse(&bad).unwrap_err().contains("host"), "{bad}");
        }
        for bad in [json!(0), json!(65536), json!("x"), json!(1.5), json!([])] {
            let error = parse(&json!(["a", bad])).unwrap_err();
            assert!(error.contains("port must be 1 to 65535, got"), "{error}");
        }
    }
}
