//! Where settings are looked for, and the one way from there to [`Settings`].

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::environment::{self, Variables};
use super::layer::Layer;
use super::{ConfigError, Flags, Origin, Settings, file};

/// The file that every user of the machine shares.
const SYSTEM_FILE: &str = "/etc/midstate/config.toml";

/// Where settings are looked for.
#[derive(Debug)]
pub struct Sources {
    /// The command line.
    pub flags: Flags,
    /// The environment: `MIDSTATE_*` and `RUST_LOG`.
    pub variables: Variables,
    /// The user's own file; may be absent.
    pub user_file: Option<PathBuf>,
    /// The system's file; may be absent.
    pub system_file: Option<PathBuf>,
}

/// All settings, and how they came to be.
#[derive(Debug)]
pub struct Effective {
    /// What the program runs on.
    pub settings: Settings,
    /// The files that were read, most binding first.
    pub files: Vec<PathBuf>,
    /// What the person should know.
    pub warnings: Vec<String>,
    pub(super) layer: Layer,
}

impl Sources {
    /// The real places: this process's environment, the user's folder, the system's.
    pub fn real(flags: Flags) -> Self {
        let variables: Variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("MIDSTATE_") || name == "RUST_LOG")
            .collect();
        Self {
            flags,
            variables,
            user_file: user_file(),
            system_file: Some(SYSTEM_FILE.into()),
        }
    }

    /// The same without files: for commands that mine on nothing of the user's.
    pub fn without_files(self) -> Self {
        Self {
            user_file: None,
            system_file: None,
            ..self
        }
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn load(self) -> Result<Effective, ConfigError> {
        let mut files = Vec::new();
        let mut layer = self.flags.layer()?;
        layer = layer.over(environment::parse(&self.variables)?);
        if let Some(user) = self.user_layer(&mut files)? {
            layer = layer.over(user);
        }
        if let Some(system) = optional(self.system_file.as_deref(), &mut files)? {
            layer = layer.over(system);
        }
        let layer = layer.over(Layer::defaults());
        Ok(Effective {
            settings: Settings::from_layer(&layer)?,
            files,
            warnings: environment::warnings(&self.variables),
            layer,
        })
    }

    /// The file that was named, which must be there, or else the user's own, which need not.
    fn user_layer(&self, files: &mut Vec<PathBuf>) -> Result<Option<Layer>, ConfigError> {
        let variable = self.variables.get("MIDSTATE_CONFIG");
        let by_variable = variable.filter(|path| !path.is_empty());
        let named = match (&self.flags.config, by_variable) {
            (Some(path), _) => Some((path.clone(), Origin::Flag("--config"))),
            (None, Some(path)) => {
                let origin = Origin::Environment("MIDSTATE_CONFIG".to_owned());
                Some((path.into(), origin))
            }
            (None, None) => None,
        };
        match named {
            Some((path, origin)) => read(&path, origin, files).map(Some),
            None => optional(self.user_file.as_deref(), files),
        }
    }
}

fn user_file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = set("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")))?;
    Some(folder.join("midstate/config.toml"))
}

/// A file that need not be there.
fn optional(path: Option<&Path>, files: &mut Vec<PathBuf>) -> Result<Option<Layer>, ConfigError> {
    let Some(path) = path else { return Ok(None) };
    match read(path, Origin::Default, files) {
        Err(ConfigError::Unreadable { source, .. })
            if matches!(
                source.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        result => result.map(Some),
    }
}

fn read(path: &Path, origin: Origin, files: &mut Vec<PathBuf>) -> Result<Layer, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        origin,
        file: path.to_owned(),
        source,
    })?;
    files.push(path.to_owned());
    file::parse(path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RawPool;
    use crate::units::Secret;

    /// A folder with a user's and a system's file.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new(user: &str, system: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("user.toml"), user).unwrap();
            std::fs::write(folder.path().join("system.toml"), system).unwrap();
            Self(folder)
        }

        fn load(&self, flags: Flags, variables: &[(&str, &str)]) -> Result<Effective, ConfigError> {
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            Sources {
                flags,
                variables: variables.iter().map(own).collect(),
                user_file: Some(self.0.path().join("user.toml")),
                system_file: Some(self.0.path().join("system.toml")),
            }
            .load()
        }
    }

    fn pool(url: &str, user: Option<&str>, pass: Option<&str>) -> RawPool {
        let flag = Origin::Flag("-o");
        RawPool {
            user: user.map(|user| crate::config::Sourced::new(user.to_owned(), flag.clone())),
            pass: pass.map(|pass| crate::config::Sourced::new(Secret::new(pass), flag.clone())),
            ..RawPool::new(url, flag)
        }
    }

    #[test]
    fn flag_beats_environment_beats_user_beats_system_beats_default() {
        let place = Place::new(
            "hotplug = 3\ncpu = 3",
            "hotplug = 4\ncpu = 4\nshare-timeout = 4",
        );
        let mut flags = Flags::default();
        flags.set("hotplug", "--hotplug", "1");
        let seconds = |flags, variables: &[(&str, &str)]| {
            let settings = place.load(flags, variables).unwrap().settings;
            settings.hotplug.unwrap().as_secs()
        };
        assert_eq!(seconds(flags, &[("MIDSTATE_HOTPLUG", "2")]), 1);
        assert_eq!(seconds(Flags::default(), &[("MIDSTATE_HOTPLUG", "2")]), 2);
        assert_eq!(seconds(Flags::default(), &[]), 3);
        let settings = place.load(Flags::default(), &[]).unwrap().settings;
        assert_eq!(settings.cpu, Some(3));
        assert_eq!(settings.timeouts.share.as_secs(), 4);
        assert_eq!(settings.timeouts.no_job.as_secs(), 120);
    }

    #[test]
    fn a_named_file_replaces_the_users_and_must_exist() {
        let place = Place::new("cpu = 3", "share-timeout = 4");
        let other = place.0.path().join("other.toml");
        std::fs::write(&other, "hotplug = 9").unwrap();
        let flags = Flags {
            config: Some(other.clone()),
            ..Flags::default()
        };
        let effective = place.load(flags, &[]).unwrap();
        assert_eq!(effective.settings.cpu, None);
        assert_eq!(effective.settings.timeouts.share.as_secs(), 4);
        assert_eq!(effective.files[0], other);
        let missing = place.load(Flags::default(), &[("MIDSTATE_CONFIG", "/nonexistent/c")]);
        let error = missing.unwrap_err();
        assert_eq!(
            error.to_string(),
            "MIDSTATE_CONFIG: cannot read /nonexistent/c"
        );
        assert!(!error.is_usage());
    }

    #[test]
    fn rust_log_counts_unless_ours_is_set() {
        let place = Place::new("log = \"warn\"", "");
        let filter = |variables: &[(&str, &str)]| {
            place
                .load(Flags::default(), variables)
                .unwrap()
                .settings
                .log
                .filter
        };
        assert_eq!(filter(&[]), "warn");
        assert_eq!(filter(&[("RUST_LOG", "trace")]), "trace");
        assert_eq!(
            filter(&[("RUST_LOG", "trace"), ("MIDSTATE_LOG", "error")]),
            "error"
        );
    }

    #[test]
    fn quiet_alone_means_warnings() {
        let place = Place::new("quiet = true", "");
        let filter = |variables: &[(&str, &str)]| {
            let settings = place.load(Flags::default(), variables).unwrap().settings;
            settings.log.filter
        };
        assert_eq!(filter(&[]), "warn");
        assert_eq!(filter(&[("MIDSTATE_LOG", "info")]), "info");
    }

    #[test]
    fn pools_of_a_more_binding_source_replace_and_logins_fill_gaps() {
        let file = "[[pool]]\nurl = \"stratum+tcp://file.example:1\"\nuser = \"f\"\npass = \"p\"\n";
        let place = Place::new(file, "");
        let pools = |flags, variables: &[(&str, &str)]| -> Vec<String> {
            let settings = place.load(flags, variables).unwrap().settings;
            let shown = settings
                .pools
                .iter()
                .map(|pool| format!("{} {} {}", pool.endpoint, pool.user, pool.pass.expose()));
            shown.collect()
        };
        assert_eq!(
            pools(Flags::default(), &[]),
            ["stratum+tcp://file.example:1 f p"]
        );
        assert_eq!(
            pools(Flags::default(), &[("MIDSTATE_PASS", "e")]),
            ["stratum+tcp://file.example:1 f e"]
        );
        let flags = Flags {
            pools: vec![
                pool("stratum+tcp://a.example:1", Some("u"), None),
                pool("stratum+tcp://b.example:2", None, Some("q")),
            ],
            ..Flags::default()
        };
        assert_eq!(
            pools(flags, &[("MIDSTATE_PASS", "e"), ("MIDSTATE_USER", "w")]),
            [
                "stratum+tcp://a.example:1 u e",
                "stratum+tcp://b.example:2 w q"
            ]
        );
        let urls = (
            "MIDSTATE_URL",
            "stratum+tcp://c.example:3 stratum+tcp://d.example:4",
        );
        assert_eq!(
            pools(Flags::default(), &[urls, ("MIDSTATE_USER", "w")]),
            [
                "stratum+tcp://c.example:3 w x",
                "stratum+tcp://d.example:4 w x"
            ]
        );
    }

    /// Found by a review: the environment's login went to the pool whose URL, on the command line, had another.
    #[test]
    fn a_login_in_a_more_binding_url_stays() {
        let place = Place::new("", "");
        let logins = |url: &str| {
            let flags = Flags {
                pools: vec![pool(url, None, None)],
                ..Flags::default()
            };
            let variables = [("MIDSTATE_USER", "w"), ("MIDSTATE_PASS", "e")];
            let settings = place.load(flags, &variables).unwrap().settings;
            let pool = &settings.pools[0];
            format!("{} {}", pool.user, pool.pass.expose())
        };
        assert_eq!(logins("stratum+tcp://u:p@a.example:1"), "u p");
        assert_eq!(logins("stratum+tcp://u@a.example:1"), "u e");
        assert_eq!(logins("stratum+tcp://a.example:1"), "w e");
    }

    #[test]
    fn a_password_may_come_from_a_file_beside_the_configuration() {
        let place = Place::new(
            "[[pool]]\nurl = \"stratum+tcp://a.example:1\"\nuser = \"u\"\npass-file = \"pass\"\n",
            "",
        );
        let error = place.load(Flags::default(), &[]).unwrap_err();
        assert!(error.to_string().ends_with(&format!(
            "user.toml:4: cannot read {}",
            place.0.path().join("pass").display()
        )));
        std::fs::write(place.0.path().join("pass"), "hunter2\n").unwrap();
        let effective = place.load(Flags::default(), &[]).unwrap();
        assert_eq!(effective.settings.pools[0].pass.expose(), "hunter2");
        assert!(!format!("{effective:?} {}", effective.to_toml()).contains("hunter2"));
    }

    #[test]
    fn errors_name_their_source() {
        let place = Place::new("", "");
        let error = |flags: Flags, variables: &[(&str, &str)]| {
            let error = place.load(flags, variables).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string);
            format!("{error} | {}", source.unwrap_or_default())
        };
        assert_eq!(
            error(Flags::default(), &[("MIDSTATE_CPU", "many")]),
            "MIDSTATE_CPU: expected a whole number from 0 to 1024, got \"many\" | "
        );
        let mut flags = Flags::default();
        flags.set("suggest-difficulty", "--suggest-difficulty", "-1");
        assert_eq!(
            error(flags, &[]),
            "--suggest-difficulty: expected a difficulty, a positive number, got \"-1\" | "
        );
        let flags = Flags {
            boards: vec!["nonsense:/dev/x".to_owned()],
            ..Flags::default()
        };
        assert_eq!(
            error(flags, &[]),
            "--board nonsense:/dev/x | there is no board model \"nonsense\" (see `midstate models`)"
        );
        let flags = Flags {
            pools: vec![pool("stratum+tcp://a.example:1", None, None)],
            ..Flags::default()
        };
        assert_eq!(
            error(flags, &[]),
            "-o: pool stratum+tcp://a.example:1 has no user | "
        );
        let flags = Flags {
            pools: vec![pool("foo://u:hunter2@a.example:1", None, None)],
            ..Flags::default()
        };
        let text = error(flags, &[]);
        assert!(text.starts_with("-o | ") && text.contains("foo"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn boards_join_by_themselves_unless_one_is_named() {
        let auto = |user: &str| {
            let place = Place::new(user, "");
            place
                .load(Flags::default(), &[])
                .unwrap()
                .settings
                .auto_boards
        };
        assert!(auto(""));
        assert!(!auto("cpu = 1"));
        assert!(auto("cpu = 1\n[[board]]\nmodel = \"auto\""));
    }

    #[test]
    fn unknown_variables_are_told_not_obeyed() {
        let place = Place::new("", "");
        let variables = [("MIDSTATE_PROXI", "x"), ("MIDSTATE_TEST_RIG", "1")];
        let effective = place.load(Flags::default(), &variables).unwrap();
        assert_eq!(
            effective.warnings,
            [
                "environment variable MIDSTATE_PROXI means nothing to midstate; did you mean MIDSTATE_PROXY?"
            ]
        );
    }
}
