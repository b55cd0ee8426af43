//! The first lines: version, files, boards, pools.

use std::path::PathBuf;

use crate::units::printable;

/// What is known at the start.
#[derive(Debug, Clone, Default)]
pub struct StartInfo {
    /// Settings files that were read.
    pub files: Vec<PathBuf>,
    /// Boards, a line each: those that are used, and those that are seen but cannot be used and why.
    pub boards: Vec<String>,
    /// Pools in the order of preference, without passwords.
    pub pools: Vec<String>,
}

impl StartInfo {
    /// The lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let files = self.files.iter().map(|file| file.display().to_string());
        let files: Vec<String> = files.collect();
        let waiting = "none yet; known boards join when they are plugged in";
        let mut lines = vec![format!("midstate {}", env!("CARGO_PKG_VERSION"))];
        lines.push(listed("settings", &files, "no file"));
        lines.extend(each("board", &self.boards, waiting));
        lines.extend(each("pool", &self.pools, "none"));
        lines
    }
}

fn listed(name: &str, items: &[String], none: &str) -> String {
    if items.is_empty() {
        return format!("{name}: {none}");
    }
    format!("{name}: {}", printable(&items.join(", "), 500))
}

/// A line each, but no more than fit at a glance.
fn each(name: &str, items: &[String], none: &str) -> Vec<String> {
    const SHOWN: usize = 20;
    if items.is_empty() {
        return vec![format!("{name}s: {none}")];
    }
    let hidden = items.len().saturating_sub(SHOWN);
    let lines = items.iter().take(SHOWN);
    let mut lines: Vec<String> = lines
        .map(|item| format!("{name}: {}", printable(item, 300)))
        .collect();
    if hidden > 0 {
        lines.push(format!("and {hidden} more {name}s"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let version = concat!("midstate ", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            StartInfo::default().lines(),
            [
                version,
                "settings: no file",
                "boards: none yet; known boards join when they are plugged in",
                "pools: none"
            ]
        );
        let info = StartInfo {
            files: vec!["/etc/c.toml".into()],
            boards: (0..22)
                .map(|number| format!("icarus at sim{number}"))
                .collect(),
            pools: vec!["stratum+tcp://h:1 as worker\n".to_owned()],
        };
        let lines = info.lines();
        assert_eq!(lines[1], "settings: /etc/c.toml");
        assert_eq!(lines[2], "board: icarus at sim0");
        assert_eq!(lines[22], "and 2 more boards");
        assert_eq!(lines[23], "pool: stratum+tcp://h:1 as worker\\u{a}");
    }
}
