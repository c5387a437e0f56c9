//! The process that looks names up: [`start`] for the one that asks, [`serve`] for itself.

use std::io::{self, Write};
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::{Options, Resolver};
use crate::app::Status;
use crate::messages::complain;
use crate::privilege::{self, Needs, Network, RunAs, Sandbox};

/// Lookups at a time: each waits for a server, some for one that never answers.
const WORKERS: usize = 16;

/// Where the C library finds how names are looked up, and its modules that do so.
const READ: &[&str] = &[
    "/etc",
    "/usr",
    "/lib",
    "/lib64",
    "/run",
    "/var/run",
    "/var/lib/sss",
    "/nix/store",
    "/gnu/store",
];

/// Starts it. To be called before anything is opened that it should not inherit, and before root is
/// given up, which it does itself.
///
/// # Errors
///
/// What the system says.
pub(crate) fn start(
    options: Options,
    run_as: &RunAs,
    sandbox: Sandbox,
    tell: bool,
) -> io::Result<Resolver> {
    // The link works where the file has been replaced by a newer one.
    let program = if cfg!(target_os = "linux") {
        "/proc/self/exe".into()
    } else {
        std::env::current_exe()?
    };
    let (ours, theirs) = UnixStream::pair()?;
    let mut command = Command::new(program);
    command.arg("--resolver-process");
    if let RunAs::User(user) = run_as {
        command.arg("-Z").arg(user);
    }
    if sandbox == Sandbox::Off {
        command.arg("--no-sandbox");
    }
    if tell {
        command.arg("-v");
    }
    // Ctrl-C is for the capture, which then still wants names.
    command.process_group(0);
    command.stdin(Stdio::from(OwnedFd::from(theirs.try_clone()?)));
    command.stdout(Stdio::from(OwnedFd::from(theirs)));
    // It ends when the channel does.
    drop(command.spawn()?);
    Resolver::new(ours, options)
}

/// Answers on standard output what is asked on standard input, until nothing is asked any more.
///
/// # Errors
///
/// Root that cannot be given up.
pub(crate) fn serve(run_as: &RunAs, sandbox: Sandbox, tell: bool) -> anyhow::Result<Status> {
    let identity = privilege::give_up_root(run_as)?;
    let needs = Needs {
        read: READ.iter().map(Into::into).collect(),
        network: Network::Lookups,
        ..Needs::default()
    };
    let report = privilege::confine(sandbox, &needs, &identity);
    if tell {
        complain(&format!("{report}: of the process that looks names up"));
    }
    let (ask, asked) = crossbeam_channel::unbounded::<IpAddr>();
    for _ in 0..WORKERS {
        let asked = asked.clone();
        std::thread::spawn(move || {
            for addr in asked {
                let name = dns_lookup::lookup_addr(&addr).unwrap_or_default();
                // A name that would end the line is none.
                let name = if name.contains('\n') { "" } else { &name };
                if writeln!(io::stdout(), "{addr} {name}").is_err() {
                    return;
                }
            }
        });
    }
    for line in io::stdin().lines() {
        if let Ok(addr) = line?.parse() {
            ask.send(addr)?;
        }
    }
    // Lookups that are under way are of no use to anybody, and end with the process.
    Ok(Status::Done)
}
