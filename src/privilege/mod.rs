//! Giving up what is no longer needed, so that a fault in decoding hostile packets gains nothing.
//!
//! In this order, which matters:
//!
//! 1. The process that looks names up is started, if names are wanted: it inherits nothing, and goes
//!    through steps 3 and 4 itself, but for what lookups take.
//! 2. Inputs are opened, with whatever rights the command was started with.
//! 3. [`give_up_root`]: root becomes the user who called sudo, or the one of `-Z`. Files of `-w` are
//!    created after that, as tcpdump does: they belong to that user, those that follow by rotation
//!    can be created if the first could, and sudo's permission for this command alone is none to
//!    overwrite files of others.
//! 4. [`confine`]: capabilities, Landlock, seccomp. Before any thread is started, since all of it
//!    holds for a thread and for those that it starts.
//!
//! Each part of the fourth step does without what the kernel lacks: capture in an incident matters
//! more. `-v` says what is in force.

#[cfg(target_os = "linux")]
mod capabilities;
#[cfg(all(target_os = "linux", feature = "sandbox"))]
mod files;
#[cfg(all(target_os = "linux", feature = "sandbox"))]
mod syscalls;
#[cfg(target_os = "linux")]
mod user;

use std::path::{Path, PathBuf};
use std::{fmt, io};

/// Who to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunAs {
    /// Whoever called sudo.
    Invoker,
    /// `-Z`.
    User(String),
}

/// Whether to confine the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sandbox {
    On,
    /// `--no-sandbox`.
    Off,
}

/// What the run still needs once its inputs and outputs are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Folders in which files are created, renamed and removed: rotation, reopening.
    pub(crate) write_beneath: Vec<PathBuf>,
    /// Files and folders to be read. Those that do not exist are left out.
    pub(crate) read: Vec<PathBuf>,
    pub(crate) network: Network,
}

/// What a process may connect to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Network {
    /// Nothing.
    #[default]
    None,
    /// What answers for names: the DNS and services of this host. The C library loads its modules
    /// for that when they are first needed.
    Lookups,
}

/// Who the process is after [`give_up_root`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Name and number, for messages.
    pub(crate) user: String,
    /// Whether root was given up.
    pub(crate) root: Root,
}

/// What became of root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// The process is root.
    Kept,
    /// It was and is no longer.
    GivenUp,
    /// It never was.
    Never,
}

impl Identity {
    /// Adds to the error of a file that may not be created what to do, where the reason may be that
    /// root is gone.
    pub(crate) fn explain(&self, error: io::Error) -> io::Error {
        if self.root != Root::GivenUp || error.kind() != io::ErrorKind::PermissionDenied {
            return error;
        }
        let told = format!(
            "{error}; files are created as {}, since root is given up before: write to a \
             folder of that user, or keep root with -Z root",
            self.user
        );
        io::Error::new(io::ErrorKind::PermissionDenied, told)
    }
}

/// The folder that files of `-w` come to lie in, with rotation and when it is reopened; `None` for
/// standard output, devices and pipes. Of a name with times in its folders, the part without.
pub(crate) fn folder_to_write(path: &Path) -> Option<PathBuf> {
    let is_special = path
        .metadata()
        .is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    if path == Path::new("-") || is_special {
        return None;
    }
    let folder = path
        .ancestors()
        .skip(1)
        .find(|folder| !folder.to_string_lossy().contains('%'))?;
    let here = folder.as_os_str().is_empty();
    Some(if here { ".".into() } else { folder.to_owned() })
}

/// One measure, and whether it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Measure {
    InForce(String),
    /// Why not.
    Missing(String),
}

/// What is in force, in a line.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    user: String,
    measures: Vec<Measure>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sandbox: {}", self.user)?;
        for measure in &self.measures {
            match measure {
                Measure::InForce(what) => write!(f, ", {what}")?,
                Measure::Missing(why) => write!(f, "; {why}")?,
            }
        }
        Ok(())
    }
}

/// Becomes `wanted` if the process is root. To be called with the inputs open, before files are
/// created and before threads are started.
///
/// # Errors
///
/// An unknown user, or what the system says; the run must not go on as root then.
#[cfg(target_os = "linux")]
pub(crate) fn give_up_root(wanted: &RunAs) -> anyhow::Result<Identity> {
    user::become_user(wanted)
}

/// As on Linux, only that nothing is given up.
#[cfg(not(target_os = "linux"))]
pub(crate) fn give_up_root(wanted: &RunAs) -> anyhow::Result<Identity> {
    if let RunAs::User(name) = wanted {
        anyhow::bail!("-Z {name}: giving up root is for Linux only; leave -Z out");
    }
    Ok(Identity {
        user: std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned()),
        root: Root::Never,
    })
}

/// Gives up all that `needs` does not name. To be called before threads are started.
pub(crate) fn confine(sandbox: Sandbox, needs: &Needs, identity: &Identity) -> Report {
    Report {
        user: identity.user.clone(),
        measures: match sandbox {
            Sandbox::On => measures(needs, identity),
            Sandbox::Off => vec![Measure::Missing("all else is off: --no-sandbox".to_owned())],
        },
    }
}

#[cfg(target_os = "linux")]
fn measures(needs: &Needs, identity: &Identity) -> Vec<Measure> {
    let mut measures = capabilities::drop_all(needs, identity);
    #[cfg(feature = "sandbox")]
    {
        // Landlock before seccomp, which would not let it in.
        measures.push(files::restrict(needs));
        measures.push(syscalls::restrict(needs));
    }
    #[cfg(not(feature = "sandbox"))]
    measures.push(Measure::Missing(
        "Landlock and seccomp are not in this build".to_owned(),
    ));
    measures
}

#[cfg(not(target_os = "linux"))]
fn measures(_needs: &Needs, _identity: &Identity) -> Vec<Measure> {
    vec![Measure::Missing("a sandbox is for Linux only".to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_force_and_what_is_missing() {
        let report = Report {
            user: "alice (uid 1000)".to_owned(),
            measures: vec![
                Measure::InForce("no capabilities".to_owned()),
                Measure::Missing("no Landlock: the kernel lacks it".to_owned()),
            ],
        };
        assert_eq!(
            report.to_string(),
            "sandbox: alice (uid 1000), no capabilities; no Landlock: the kernel lacks it"
        );
    }

    #[test]
    fn root_is_the_remedy_only_where_it_was_given_up() {
        let told = |root, kind: io::ErrorKind| {
            let user = "alice (uid 1000)".to_owned();
            Identity { user, root }.explain(kind.into()).to_string()
        };
        let denied = io::ErrorKind::PermissionDenied;
        for root in [Root::Kept, Root::Never] {
            assert!(!told(root, denied).contains("alice"));
        }
        assert!(!told(Root::GivenUp, io::ErrorKind::NotFound).contains("alice"));
        let remedy = told(Root::GivenUp, denied);
        assert!(
            remedy.contains("alice") && remedy.ends_with("-Z root"),
            "{remedy}"
        );
    }

    #[test]
    fn where_files_will_lie() {
        let folder = |path: &str| folder_to_write(Path::new(path));
        assert_eq!(folder("-"), None);
        assert_eq!(folder("/dev/null"), None);
        assert_eq!(folder("a.pcap"), Some(PathBuf::from(".")));
        assert_eq!(folder("/srv/cap/a.pcap"), Some(PathBuf::from("/srv/cap")));
        let timed = folder("/srv/%Y-%m/%H.pcap");
        assert_eq!(timed, Some(PathBuf::from("/srv")));
        assert_eq!(folder("%H/a.pcap"), Some(PathBuf::from(".")));
    }
}
