//! `-o`, `-u`, `-p`, `-O`: which login belongs to which pool is a matter of their order, which clap's derive does not keep.

use clap::{Arg, ArgAction, ArgMatches, FromArgMatches};

use crate::config::{ConfigError, Flags, Origin, RawPool, Sourced, split_userpass};
use crate::units::Secret;

/// URLs and logins with the places at which they stood. All are kept secret: a URL may hold a password.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct PoolFlags {
    urls: Vec<Placed>,
    users: Vec<Placed>,
    passes: Vec<Placed>,
    logins: Vec<Placed>,
}

/// The place on the command line, and what stood there.
type Placed = (usize, Secret);

impl PoolFlags {
    /// Adds the pools in the settings' terms.
    ///
    /// One login is everybody's; as many as URLs belong to them in order; else each belongs to the last URL before it.
    pub(super) fn add_to(&self, flags: &mut Flags) -> Result<(), ConfigError> {
        let (users, passes) = self.split()?;
        if self.urls.is_empty() {
            flags.user = alone("-u", &users)?.map(|user| user.expose().to_owned());
            flags.pass = alone("-p", &passes)?;
            return Ok(());
        }
        let users = pair(&self.urls, &users, "-u")?;
        let passes = pair(&self.urls, &passes, "-p")?;
        for (((_, url), user), pass) in self.urls.iter().zip(users).zip(passes) {
            let mut pool = RawPool::new(url.expose(), Origin::Flag("-o"));
            pool.user = user.map(|user| Sourced::new(user.expose().to_owned(), Origin::Flag("-u")));
            pool.pass = pass.map(|pass| Sourced::new(pass, Origin::Flag("-p")));
            flags.pools.push(pool);
        }
        Ok(())
    }

    /// Users and passwords; each `-O` is one of both.
    fn split(&self) -> Result<(Vec<Placed>, Vec<Placed>), ConfigError> {
        let (mut users, mut passes) = (self.users.clone(), self.passes.clone());
        for (place, login) in &self.logins {
            let (user, pass) = split_userpass(login.expose())?;
            users.push((*place, Secret::new(user)));
            passes.push((*place, pass));
        }
        Ok((users, passes))
    }
}

/// The only one, for pools that another source names.
fn alone(flag: &str, given: &[Placed]) -> Result<Option<Secret>, ConfigError> {
    match given {
        [] => Ok(None),
        [(_, only)] => Ok(Some(only.clone())),
        more => Err(ConfigError::Pairing(format!(
            "{flag} is given {} times without any -o",
            more.len()
        ))),
    }
}

/// What belongs to each URL.
fn pair(urls: &[Placed], given: &[Placed], flag: &str) -> Result<Vec<Option<Secret>>, ConfigError> {
    match given {
        [(_, only)] => Ok(vec![Some(only.clone()); urls.len()]),
        _ if given.len() == urls.len() => {
            Ok(given.iter().map(|(_, text)| Some(text.clone())).collect())
        }
        _ => by_groups(urls, given, flag),
    }
}

fn by_groups(
    urls: &[Placed],
    given: &[Placed],
    flag: &str,
) -> Result<Vec<Option<Secret>>, ConfigError> {
    let mut paired = vec![None; urls.len()];
    for (place, text) in given {
        let before = urls.iter().filter(|(url, _)| url < place).count();
        let slot = before.checked_sub(1).and_then(|at| paired.get_mut(at));
        match slot {
            Some(empty @ None) => *empty = Some(text.clone()),
            _ => {
                return Err(ConfigError::Pairing(format!(
                    "{} {flag} for {} -o: write each {flag} after the -o that it belongs to",
                    given.len(),
                    urls.len()
                )));
            }
        }
    }
    Ok(paired)
}

impl FromArgMatches for PoolFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let placed = |id: &str| -> Vec<Placed> {
            let places = matches.indices_of(id).into_iter().flatten();
            let texts = matches.get_many::<String>(id).into_iter().flatten();
            places.zip(texts.map(Secret::new)).collect()
        };
        Ok(Self {
            urls: placed("url"),
            users: placed("user"),
            passes: placed("pass"),
            logins: placed("userpass"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for PoolFlags {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
            .arg(text("url", 'o', "URL", "Pool, such as stratum+tcp://HOST:PORT or stratum+ssl://HOST:PORT; repeated: failover in that order"))
            .arg(text("user", 'u', "USER", "Worker name for the -o before it; a single one is for all"))
            .arg(text("pass", 'p', "PASS", "Password for the -o before it; a single one is for all [default: x]"))
            .arg(text("userpass", 'O', "USER:PASS", "Worker name and password in one, instead of -u and -p").conflicts_with_all(["user", "pass"]))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

fn text(name: &'static str, short: char, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .short(short)
        .long(name)
        .value_name(value)
        .help(help)
        .help_heading("Pools")
        .action(ArgAction::Append)
        .allow_hyphen_values(name == "pass" || name == "userpass")
}

#[cfg(test)]
mod tests {
    use super::super::Args;

    fn pools(line: &str) -> Result<Vec<String>, String> {
        let words = std::iter::once("midstate").chain(line.split(' '));
        let args = Args::from_command_line(words).map_err(|error| error.to_string())?;
        let flags = args.flags().map_err(|error| error.report())?;
        let shown = flags.pools.iter().map(|pool| {
            let user = pool.user.as_ref().map_or("-", |user| &user.value);
            let pass = pool.pass.as_ref().map_or("-", |pass| pass.value.expose());
            format!("{} {user} {pass}", pool.url.value.expose())
        });
        Ok(shown.collect())
    }

    #[test]
    fn logins_follow_their_urls() {
        for (line, expected) in [
            ("-o A -u a -p x -o B -u b -p y", ["A a x", "B b y"]),
            ("-o A -o B -u a -u b -p x -p y", ["A a x", "B b y"]),
            ("-u a -u b -o A -o B", ["A a -", "B b -"]),
            ("-o A -o B -u a -p x", ["A a x", "B a x"]),
            ("-o A -u a -o B -u b -p x", ["A a x", "B b x"]),
            ("-o A -O a:x:y -o B -O b:", ["A a x:y", "B b "]),
            ("--url=A --userpass=a:-x --url=B", ["A a -x", "B a -x"]),
        ] {
            assert_eq!(pools(line).unwrap(), expected, "{line}");
        }
        assert_eq!(
            pools("-o A -o B -u b -o C -u c").unwrap(),
            ["A - -", "B b -", "C c -"]
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(
            pools("-o A -u a -u b -u c").unwrap_err(),
            "error: 3 -u for 1 -o: write each -u after the -o that it belongs to"
        );
        assert_eq!(
            pools("-p x -p y").unwrap_err(),
            "error: -p is given 2 times without any -o"
        );
        assert!(
            pools("-o A -O a:b -p hunter2")
                .unwrap_err()
                .contains("cannot be used with")
        );
        let error = pools("-o A -O hunter2").unwrap_err();
        assert!(
            error.contains("colon") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn nothing_secret_is_printed() {
        let words = [
            "midstate",
            "-o",
            "stratum+tcp://u:hunter2@h:1",
            "-p",
            "hunter2",
        ];
        let args = Args::from_command_line(words).unwrap();
        let flags = args.flags().unwrap();
        assert!(!format!("{args:?} {flags:?}").contains("hunter2"));
    }
}
