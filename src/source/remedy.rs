//! What to say to whoever cannot capture: which permission is missing and the exact command that
//! gives it, or which interface was meant.
//!
//! The texts are made from values, so that each can be tested; [`Circumstances::here`] looks
//! around in the running process.

use std::fmt;
use std::path::{Path, PathBuf};

/// A permission of Linux that capturing takes: `capabilities(7)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// `CAP_NET_RAW`: opening a packet socket.
    Capture,
    /// `CAP_NET_ADMIN`: promiscuous mode, where the driver asks for it.
    Promiscuous,
}

impl Missing {
    fn capability(self) -> &'static str {
        match self {
            Self::Capture => "CAP_NET_RAW",
            Self::Promiscuous => "CAP_NET_ADMIN",
        }
    }
}

/// What decides whether a remedy works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The running binary, where that is known and still there.
    pub binary: Option<PathBuf>,
    /// What stands in the way of getting the permission at all.
    pub obstacle: Option<Obstacle>,
}

/// Why neither root nor a file capability would help this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The capability is outside of the bounding set, as in containers.
    Bounded,
    /// `no_new_privs` is set, so that capabilities of files do not count.
    NoNewPrivileges,
}

impl Circumstances {
    /// Those of this process.
    pub fn here(missing: Missing) -> Self {
        let binary = std::env::current_exe().ok().filter(|path| path.is_file());
        Self {
            binary,
            obstacle: obstacle(missing),
        }
    }
}

#[cfg(target_os = "linux")]
fn obstacle(missing: Missing) -> Option<Obstacle> {
    use rustix::thread::{CapabilitySet, capability_is_in_bounding_set, no_new_privs};

    let capability = match missing {
        Missing::Capture => CapabilitySet::NET_RAW,
        Missing::Promiscuous => CapabilitySet::NET_ADMIN,
    };
    if capability_is_in_bounding_set(capability) == Ok(false) {
        return Some(Obstacle::Bounded);
    }
    (no_new_privs() == Ok(true)).then_some(Obstacle::NoNewPrivileges)
}

#[cfg(not(target_os = "linux"))]
fn obstacle(_missing: Missing) -> Option<Obstacle> {
    None
}

/// The message for an interface that may not be captured on.
pub fn no_permission(interface: &str, missing: Missing, around: &Circumstances) -> String {
    let capability = missing.capability();
    let (what, instead) = match missing {
        Missing::Capture => ("no permission to capture", ""),
        Missing::Promiscuous => (
            "no permission for promiscuous mode",
            "; or capture without it: -p",
        ),
    };
    let start = format!("{interface}: {what}: {capability} is missing");
    match around.obstacle {
        Some(Obstacle::Bounded) => format!(
            "{start}, and this container or service may not have it: \
             start it with --cap-add=NET_RAW --cap-add=NET_ADMIN (docker, podman) or \
             AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN (systemd){instead}"
        ),
        Some(Obstacle::NoNewPrivileges) => format!(
            "{start}, and no_new_privs keeps this process from getting it: start icmpdump from a \
             shell or service without NoNewPrivileges, as root{instead}"
        ),
        None => format!(
            "{start}; run it with sudo, or permit it once and for all with: {}{instead}",
            setcap(around.binary.as_deref())
        ),
    }
}

/// The command that permits `binary` to capture, ready for a shell.
pub fn setcap(binary: Option<&Path>) -> String {
    let binary = binary.map_or_else(
        || "\"$(command -v icmpdump)\"".to_owned(),
        |path| quoted(&path.to_string_lossy()),
    );
    format!("sudo setcap cap_net_raw,cap_net_admin+eip {binary}")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The message for an interface that does not exist. `known` are the names of those that do, in
/// the order of the system.
pub fn no_such_interface<S: AsRef<str>>(wanted: &str, known: &[S]) -> String {
    let near = near(wanted, known);
    let is_known = |name: &str| known.iter().any(|known| known.as_ref() == name);
    let meant = if wanted.contains(',') && wanted.split(',').all(is_known) {
        let each = wanted.replace(',', " -i ");
        format!("each of several has an option of its own: -i {each}; ")
    } else if near.is_empty() {
        String::new()
    } else {
        format!("did you mean {}? ", Or(&near))
    };
    let wanted = if wanted.is_empty() {
        "an empty name"
    } else {
        wanted
    };
    format!("{wanted}: no such interface; {meant}icmpdump -D lists those there are")
}

/// How many names are offered.
const OFFERED: usize = 3;

/// The names that `wanted` may be a slip of, the nearest first.
fn near<'k, S: AsRef<str>>(wanted: &str, known: &'k [S]) -> Vec<&'k str> {
    let folded = wanted.to_lowercase();
    let mut near: Vec<_> = known
        .iter()
        .map(AsRef::as_ref)
        .filter(|name| *name != wanted)
        .filter_map(|name| {
            let other = name.to_lowercase();
            let distance = strsim::damerau_levenshtein(&folded, &other);
            // `eth` for `eth0`, `wlan` for `wlp3s0` by its start; one slip in three letters.
            let begins = !folded.is_empty() && other.starts_with(&folded);
            let allowed = folded.chars().count().max(3) / 3;
            (begins || distance <= allowed).then_some((distance, name))
        })
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter()
        .map(|(_, name)| name)
        .take(OFFERED)
        .collect()
}

/// Names with commas, and "or" before the last.
struct Or<'n>(&'n [&'n str]);

impl fmt::Display for Or<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            match at {
                0 => {}
                _ if at + 1 == self.0.len() => f.write_str(" or ")?,
                _ => f.write_str(", ")?,
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Circumstances {
        Circumstances {
            binary: Some(PathBuf::from(path)),
            obstacle: None,
        }
    }

    #[test]
    fn the_missing_capability_and_the_command_that_gives_it() {
        let told = no_permission("eth0", Missing::Capture, &at("/usr/local/bin/icmpdump"));
        assert_eq!(
            told,
            "eth0: no permission to capture: CAP_NET_RAW is missing; run it with sudo, or permit it \
             once and for all with: sudo setcap cap_net_raw,cap_net_admin+eip /usr/local/bin/icmpdump"
        );
        let told = no_permission("eth0", Missing::Promiscuous, &at("/usr/bin/icmpdump"));
        assert!(told.contains("CAP_NET_ADMIN is missing"), "{told}");
        assert!(told.ends_with("; or capture without it: -p"), "{told}");
    }

    #[test]
    fn paths_are_ready_for_a_shell() {
        let command = |path: &str| setcap(Some(Path::new(path)));
        assert!(command("/opt/my tools/icmpdump").ends_with(" '/opt/my tools/icmpdump'"));
        assert!(command("/opt/it's/icmpdump").ends_with(r" '/opt/it'\''s/icmpdump'"));
        assert!(setcap(None).ends_with(r#" "$(command -v icmpdump)""#));
    }

    #[test]
    fn no_remedy_is_promised_that_cannot_work() {
        let told = |obstacle| {
            let around = Circumstances {
                obstacle: Some(obstacle),
                ..at("/usr/bin/icmpdump")
            };
            no_permission("eth0", Missing::Capture, &around)
        };
        let bounded = told(Obstacle::Bounded);
        assert!(bounded.contains("--cap-add=NET_RAW"), "{bounded}");
        let locked = told(Obstacle::NoNewPrivileges);
        assert!(locked.contains("no_new_privs"), "{locked}");
        for text in [bounded, locked] {
            assert!(text.contains("CAP_NET_RAW is missing"), "{text}");
            assert!(!text.contains("setcap"), "{text}");
        }
    }

    #[test]
    fn names_that_were_meant() {
        let known = ["lo", "eth0", "eth1", "wlp3s0", "docker0", "any"];
        let told = |wanted| no_such_interface(wanted, &known);
        assert_eq!(
            told("eht0"),
            "eht0: no such interface; did you mean eth0? icmpdump -D lists those there are"
        );
        assert!(told("eth").contains("did you mean eth0 or eth1? "));
        assert!(told("ETH1").contains("did you mean eth1"));
        assert!(told("wlp3s1").contains("did you mean wlp3s0? "));
        assert!(told("dokcer0").contains("did you mean docker0? "));
        assert_eq!(
            told("quux"),
            "quux: no such interface; icmpdump -D lists those there are"
        );
        assert_eq!(
            told(""),
            "an empty name: no such interface; icmpdump -D lists those there are"
        );
        assert_eq!(near("", &known), Vec::<&str>::new());
        assert_eq!(near("e", &["e1", "e2", "e3", "e4"]), ["e1", "e2", "e3"]);
        assert_eq!(Or(&["a", "b", "c"]).to_string(), "a, b or c");
    }
}
