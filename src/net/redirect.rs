//! `client.reconnect`: whether the pool may send us where it wants to.
//!
//! In 2014 hijacked routes and this message stole the work of 51 networks (user-expectations.md section 10), so the new host must
//! belong to the configured one's domain unless the user says otherwise; TLS and credentials stay as they are.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::pool::{Endpoint, may_redirect};
use crate::units::printable;

/// Longest wait that a pool may ask for.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How many redirects are followed within [`WINDOW`].
const MAX_REDIRECTS: usize = 3;
const WINDOW: Duration = Duration::from_secs(3600);

/// The rules, and what was followed lately.
pub(super) struct Redirects {
    configured: String,
    anywhere: bool,
    followed: VecDeque<Instant>,
}

impl Redirects {
    /// Rules for a pool configured at host `configured`; `anywhere`: the user allows any host.
    pub(super) fn new(configured: String, anywhere: bool) -> Self {
        Self {
            configured,
            anywhere,
            followed: VecDeque::new(),
        }
    }

    /// Where to go from `from` and after what wait.
    ///
    /// # Errors
    /// The words that say why we stay.
    pub(super) fn follow(
        &mut self,
        from: &Endpoint,
        host: Option<String>,
        port: Option<u16>,
        wait: Duration,
        now: Instant,
    ) -> Result<(Endpoint, Duration), String> {
        let to = Endpoint {
            host: host.unwrap_or_else(|| from.host.clone()),
            port: port.unwrap_or(from.port),
            ..from.clone()
        };
        self.judge(&to, now).map_err(|reason| {
            let host = printable(&to.host, 200);
            format!("refused to be sent to {host}:{}: {reason}", to.port)
        })?;
        self.followed.push_back(now);
        Ok((to, wait.min(MAX_WAIT)))
    }

    fn judge(&mut self, to: &Endpoint, now: Instant) -> Result<(), &'static str> {
        if !is_host(&to.host) {
            return Err("that is no host name");
        }
        if to.port == 0 {
            return Err("there is no port 0");
        }
        if !self.anywhere && !may_redirect(&self.configured, &to.host) {
            return Err("not in the pool's domain; --allow-redirect allows it");
        }
        while self.followed.front().is_some_and(|at| now >= *at + WINDOW) {
            self.followed.pop_front();
        }
        if self.followed.len() >= MAX_REDIRECTS {
            return Err("it was the fourth time within an hour");
        }
        Ok(())
    }
}

/// Whether a text can be a name or an address at all; RFC 1035 bounds it to 253 bytes.
fn is_host(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    (1..=253).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PROTOCOLS;

    fn at(host: &str) -> Endpoint {
        Endpoint {
            protocol: PROTOCOLS[0],
            tls: true,
            host: host.into(),
            port: 3333,
            path: String::new(),
        }
    }

    fn follow(
        rules: &mut Redirects,
        host: &str,
        port: u16,
    ) -> Result<(Endpoint, Duration), String> {
        let now = Instant::now();
        let wait = Duration::from_secs(1_000_000_000);
        rules.follow(&at("eu.pool.com"), Some(host.into()), Some(port), wait, now)
    }

    #[test]
    fn within_the_domain_with_tls_kept_and_the_wait_bounded() {
        let mut rules = Redirects::new("eu.pool.com".into(), false);
        let (to, wait) = follow(&mut rules, "us.pool.com", 4444).unwrap();
        assert_eq!(
            (to.host.as_str(), to.port, to.tls),
            ("us.pool.com", 4444, true)
        );
        assert_eq!(wait, Duration::from_secs(60));
        let same = rules.follow(
            &at("eu.pool.com"),
            None,
            None,
            Duration::ZERO,
            Instant::now(),
        );
        assert_eq!(same.unwrap().0.host, "eu.pool.com");
    }

    #[test]
    fn elsewhere_is_refused_unless_allowed() {
        let mut rules = Redirects::new("eu.pool.com".into(), false);
        for host in ["evil.com", "pool.com.evil.com", "10.0.0.1", "evilpool.com"] {
            let words = follow(&mut rules, host, 1).unwrap_err();
            assert!(words.starts_with("refused to be sent to "), "{words}");
            assert!(words.contains("--allow-redirect"), "{words}");
        }
        let mut rules = Redirects::new("eu.pool.com".into(), true);
        assert!(follow(&mut rules, "evil.com", 1).is_ok());
    }

    #[test]
    fn rubbish_is_refused_even_if_any_host_is_allowed() {
        let mut rules = Redirects::new("eu.pool.com".into(), true);
        for host in ["", "a b", "x\ny", "evil.com/.pool.com", &"a".repeat(254)] {
            assert!(
                follow(&mut rules, host, 1)
                    .unwrap_err()
                    .contains("no host name")
            );
        }
        assert!(
            follow(&mut rules, "eu.pool.com", 0)
                .unwrap_err()
                .contains("port 0")
        );
    }

    #[test]
    fn three_an_hour() {
        let mut rules = Redirects::new("eu.pool.com".into(), false);
        let start = Instant::now();
        let mut at_second = |secs| {
            let now = start + Duration::from_secs(secs);
            rules.follow(&at("eu.pool.com"), None, None, Duration::ZERO, now)
        };
        for secs in [0, 1, 2] {
            assert!(at_second(secs).is_ok());
        }
        assert!(at_second(3599).unwrap_err().contains("fourth"));
        assert!(at_second(3600).is_ok());
        assert!(at_second(3600).is_err());
    }
}
