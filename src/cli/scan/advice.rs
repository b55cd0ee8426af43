//! What to do about a port that we may not open, or whose identity does not say what it is: exact lines.

use crate::board::identity::Verdict;
use crate::transport::ports::{Access, Holder, Port};
use crate::units::printable;

/// Puts the rules in their place and applies them to what is plugged in.
const RULES: &str = "midstate --scan --udev-rules | sudo tee /etc/udev/rules.d/60-midstate.rules >/dev/null && sudo udevadm control --reload-rules && sudo udevadm trigger";

/// What to do; `None`: nothing is needed.
pub(super) fn advice(port: &Port, verdict: &Verdict) -> Option<String> {
    match &port.access {
        Access::Denied(group) => Some(permission(group.as_deref())),
        Access::Busy(holder) => Some(busy(holder)),
        Access::Missing => Some(missing(port)),
        Access::Ok => undecided(port, verdict),
    }
}

fn permission(group: Option<&str>) -> String {
    let rules = format!("install the udev rules: {RULES}");
    match group {
        None => rules,
        Some(group) => {
            let (group, user) = (printable(group, 64), user());
            format!("sudo usermod -aG {group} {user}, then log in again; or {rules}")
        }
    }
}

/// The name of who runs us, if it is one that can stand in a command line; else the shell shall put it in.
fn user() -> String {
    let plain = |name: &String| {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !name.is_empty() && !name.starts_with('-') && name.bytes().all(harmless)
    };
    std::env::var("USER")
        .ok()
        .filter(plain)
        .unwrap_or_else(|| "$USER".to_owned())
}

fn busy(holder: &Holder) -> String {
    let name = match printable(&holder.name, 64) {
        name if name.is_empty() => "another program".to_owned(),
        name => name,
    };
    match holder.pid {
        Some(pid) => format!("in use by {name} (process {pid}): stop it first"),
        None => format!("in use by {name}: free it first"),
    }
}

fn missing(port: &Port) -> String {
    match &port.node {
        Some(node) => {
            let node = printable(&node.to_string_lossy(), 200);
            format!("there is no {node} here: in a container, pass it in (--device {node})")
        }
        None => "the system gives no file to open it by".to_owned(),
    }
}

fn undecided(port: &Port, verdict: &Verdict) -> Option<String> {
    if verdict.family.is_some() || !port.is_serial {
        return None;
    }
    let path = printable(&port.path, 200);
    let named = format!("name it, --board MODEL:{path}, if you know what it is");
    Some(if verdict.candidates.is_empty() {
        named
    } else {
        format!("{named}, or let midstate ask it: midstate --scan --probe (this writes to it)")
    })
}
