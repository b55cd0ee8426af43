//! Whether we may open a port, and who has it: asked without opening it, which would raise its control lines.

use super::Port;

/// Whether a port can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Yes.
    Ok,
    /// Not by this user. The file's group, where it has one that gives access.
    Denied(Option<String>),
    /// Another program has it.
    Busy(Holder),
    /// There is no file to open: inside a container without it, or just unplugged.
    Missing,
}

impl Access {
    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Denied(_) => "denied",
            Self::Busy(_) => "busy",
            Self::Missing => "missing",
        }
    }
}

/// Who has a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The process, if it is one that we may know about.
    pub pid: Option<u32>,
    /// Its name; not safe to show.
    pub name: String,
}

/// Fills in the access of every port.
#[cfg(not(target_os = "linux"))]
pub(super) fn ask(_ports: &mut [Port]) {}

#[cfg(target_os = "linux")]
pub(super) use linux::ask;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::fs;
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    use rustix::fs::{Access as Want, access};

    use super::super::sysfs;
    use super::{Access, Holder, Port};

    /// Fills in the access of every port.
    pub(in super::super) fn ask(ports: &mut [Port]) {
        let nodes: Vec<PathBuf> = ports.iter().filter_map(|port| port.node.clone()).collect();
        let holders = holders(&nodes);
        for port in ports {
            port.access = match &port.node {
                None => Access::Missing,
                Some(node) => match holders.get(node) {
                    Some(holder) => Access::Busy(holder.clone()),
                    None => permission(node),
                },
            };
        }
    }

    /// Modes, groups and access lists alike: the kernel decides.
    pub(super) fn permission(node: &Path) -> Access {
        match access(node, Want::READ_OK | Want::WRITE_OK).map_err(io::Error::from) {
            Ok(()) => Access::Ok,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Access::Missing,
            Err(_) => Access::Denied(group(node)),
        }
    }

    /// The group that may read and write `node`, by name; not root's.
    fn group(node: &Path) -> Option<String> {
        let metadata = fs::metadata(node).ok()?;
        if metadata.mode() & 0o060 != 0o060 || metadata.gid() == 0 {
            return None;
        }
        group_name(&fs::read_to_string("/etc/group").ok()?, metadata.gid())
    }

    pub(super) fn group_name(groups: &str, gid: u32) -> Option<String> {
        let gid = gid.to_string();
        groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1) == Some(gid.as_str())).then(|| name.to_owned())
        })
    }

    /// Who has which of `nodes`, as far as it can be known without being root.
    fn holders(nodes: &[PathBuf]) -> HashMap<PathBuf, Holder> {
        let mut holders = HashMap::new();
        for node in sysfs::console(Path::new("/")) {
            let name = "the system console".to_owned();
            holders.insert(node, Holder { pid: None, name });
        }
        locks(nodes, &mut holders);
        open_files(nodes, &mut holders);
        holders
    }

    /// Locks that everybody can see, whoever holds them.
    fn locks(nodes: &[PathBuf], holders: &mut HashMap<PathBuf, Holder>) {
        let table = fs::read_to_string("/proc/locks").unwrap_or_default();
        for node in nodes {
            let kernel = fs::metadata(node)
                .ok()
                .and_then(|metadata| lock_owner(&table, metadata.dev(), metadata.ino()));
            if let Some(pid) = kernel.or_else(|| lock_file_owner(node)) {
                holders.insert(node.clone(), holder(pid));
            }
        }
    }

    /// The process that has a lock on the file in `/proc/locks`: `1: FLOCK ADVISORY WRITE pid major:minor:inode 0 EOF`.
    pub(super) fn lock_owner(table: &str, device: u64, inode: u64) -> Option<u32> {
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        let file = format!("{major:02x}:{minor:02x}:{inode}");
        table.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let at = fields.iter().position(|field| *field == file)?;
            fields.get(at.checked_sub(1)?)?.parse().ok()
        })
    }

    /// The living process that left a lock file of the old kind (minicom, pppd).
    fn lock_file_owner(node: &Path) -> Option<u32> {
        let name = format!("LCK..{}", node.file_name()?.to_string_lossy());
        let text = fs::read_to_string(Path::new("/var/lock").join(name)).ok()?;
        let pid: u32 = text.trim().parse().ok()?;
        Path::new("/proc")
            .join(pid.to_string())
            .exists()
            .then_some(pid)
    }

    /// Open files of the processes that we may look into: our own, or all as root.
    fn open_files(nodes: &[PathBuf], holders: &mut HashMap<PathBuf, Holder>) {
        let Ok(processes) = fs::read_dir("/proc") else {
            return;
        };
        for process in processes.flatten() {
            let Some(pid) = process
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            for file in fs::read_dir(process.path().join("fd"))
                .into_iter()
                .flatten()
            {
                let target = file.and_then(|file| fs::read_link(file.path()));
                if let Ok(node) = target
                    && nodes.contains(&node)
                {
                    holders.insert(node, holder(pid));
                }
            }
        }
    }

    fn holder(pid: u32) -> Holder {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let pid = (pid != 0).then_some(pid);
        let name = name.trim_end().to_owned();
        Holder { pid, name }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::path::Path;

    use super::linux::{group_name, lock_owner, permission};
    use super::*;
    use crate::transport::{Pty, SerialTransport};

    fn port(pty: &Pty) -> Port {
        Port {
            path: pty.path().to_string_lossy().into_owned(),
            node: Some(pty.path().to_owned()),
            bus: None,
            interface: None,
            usb: None,
            driver: None,
            is_serial: true,
            access: Access::Missing,
        }
    }

    #[test]
    fn an_open_port_is_busy_by_its_process() {
        let pty = Pty::open().unwrap();
        let _line = SerialTransport::open(pty.path().to_str().unwrap(), 115_200).unwrap();
        let mut ports = [port(&pty)];
        ask(&mut ports);
        let Access::Busy(holder) = &ports[0].access else {
            panic!("{ports:?}");
        };
        assert_eq!(holder.pid, Some(std::process::id()));
        assert!(!holder.name.is_empty());
    }

    #[test]
    fn what_is_not_there_is_missing() {
        assert_eq!(
            permission(Path::new("/dev/midstate-no-such-port")),
            Access::Missing
        );
        assert_eq!(permission(Path::new("/dev/null")), Access::Ok);
    }

    #[test]
    fn locks_are_found_by_device_and_inode() {
        let table = "1: POSIX  ADVISORY  READ 99 08:01:7 128 128\n\
                     2: FLOCK  ADVISORY  WRITE 1234 00:06:317 0 EOF\n";
        let device = rustix::fs::makedev(0, 6);
        assert_eq!(lock_owner(table, device, 317), Some(1234));
        assert_eq!(lock_owner(table, device, 318), None);
    }

    #[test]
    fn groups_have_names() {
        let groups = "root:x:0:\ndialout:x:20:miner\n";
        assert_eq!(group_name(groups, 20).as_deref(), Some("dialout"));
        assert_eq!(group_name(groups, 21), None);
    }
}
