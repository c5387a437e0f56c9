//! From root to the user for whom the command runs.

use std::ffi::CString;

use anyhow::{Context, bail};
use nix::unistd::{
    self, Gid, Uid, User, getegid, geteuid, getgrouplist, getuid, setgroups, setresgid, setresuid,
};

use super::{Identity, Root, RunAs};

/// A user with the groups that the process shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    uid: Uid,
    gid: Gid,
    /// Supplementary groups; `None` leaves those of the process.
    groups: Option<Vec<Gid>>,
}

/// See [`super::give_up_root`].
pub(super) fn become_user(wanted: &RunAs) -> anyhow::Result<Identity> {
    if !geteuid().is_root() {
        return Ok(identity(geteuid(), Root::Never));
    }
    let target = match wanted {
        RunAs::User(name) => Some(named(name)?),
        RunAs::Invoker if !getuid().is_root() => Some(Target {
            // A set-user-ID binary: who calls it is who is real.
            uid: getuid(),
            gid: unistd::getgid(),
            groups: None,
        }),
        RunAs::Invoker => {
            let variable = |name| std::env::var(name).ok();
            called_sudo(variable("SUDO_UID"), variable("SUDO_GID"))?
        }
    };
    match target.filter(|target| !target.uid.is_root()) {
        Some(target) => {
            switch(&target)
                .with_context(|| format!("cannot give up root for {}", shown(target.uid)))?;
            Ok(identity(target.uid, Root::GivenUp))
        }
        None => Ok(identity(geteuid(), Root::Kept)),
    }
}

/// The user of `-Z`.
fn named(name: &str) -> anyhow::Result<Target> {
    let user = User::from_name(name).with_context(|| format!("-Z {name}"))?;
    let Some(user) = user else {
        bail!("-Z {name}: no such user; name one that /etc/passwd or the directory knows");
    };
    Ok(Target {
        uid: user.uid,
        gid: user.gid,
        groups: Some(groups_of(&user.name, user.gid)?),
    })
}

/// The user whom sudo names in the environment, if it does.
fn called_sudo(uid: Option<String>, gid: Option<String>) -> anyhow::Result<Option<Target>> {
    let Some(uid) = uid else {
        return Ok(None);
    };
    let number = |name, text: &str| {
        text.parse::<u32>().ok().with_context(|| {
            format!("{name} is '{text}', not a number: unset it, or name the user with -Z")
        })
    };
    let uid = Uid::from_raw(number("SUDO_UID", &uid)?);
    let user = User::from_uid(uid).ok().flatten();
    let gid = match (gid, &user) {
        (Some(gid), _) => Gid::from_raw(number("SUDO_GID", &gid)?),
        (None, Some(user)) => user.gid,
        (None, None) => bail!(
            "SUDO_UID is {uid}, whom no user database knows, and SUDO_GID is not set: \
             name the user with -Z"
        ),
    };
    let groups = match &user {
        Some(user) => groups_of(&user.name, gid)?,
        None => vec![gid],
    };
    Ok(Some(Target {
        uid,
        gid,
        groups: Some(groups),
    }))
}

fn groups_of(name: &str, gid: Gid) -> anyhow::Result<Vec<Gid>> {
    let name_c = CString::new(name).context("user name")?;
    getgrouplist(&name_c, gid).with_context(|| format!("groups of user {name}"))
}

/// Groups first: without root they cannot be changed. Real, effective and saved, so that there is
/// no way back.
fn switch(target: &Target) -> anyhow::Result<()> {
    if let Some(groups) = &target.groups {
        setgroups(groups).context("setgroups")?;
    }
    setresgid(target.gid, target.gid, target.gid).context("setresgid")?;
    setresuid(target.uid, target.uid, target.uid).context("setresuid")?;
    if geteuid() != target.uid
        || getegid() != target.gid
        || unistd::setuid(Uid::from_raw(0)).is_ok()
    {
        bail!("the system said yes and did nothing");
    }
    Ok(())
}

/// Without asking the user database where the name matters little: that takes time at each start.
fn identity(uid: Uid, root: Root) -> Identity {
    let user = match root {
        Root::Kept => format!("root (uid {uid})"),
        Root::Never => format!("uid {uid}"),
        Root::GivenUp => shown(uid),
    };
    Identity { user, root }
}

fn shown(uid: Uid) -> String {
    match User::from_uid(uid) {
        Ok(Some(user)) => format!("{} (uid {uid})", user.name),
        _ => format!("uid {uid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sudo(uid: Option<&str>, gid: Option<&str>) -> Result<Option<Target>, String> {
        called_sudo(uid.map(str::to_owned), gid.map(str::to_owned)).map_err(|e| e.to_string())
    }

    #[test]
    fn who_called_sudo() {
        assert_eq!(sudo(None, None), Ok(None));
        assert_eq!(sudo(None, Some("7")), Ok(None));
        // No database has this one.
        let target = sudo(Some("4000000001"), Some("4000000002"))
            .expect("a user")
            .expect("a user");
        assert_eq!(target.uid.as_raw(), 4_000_000_001);
        assert_eq!(target.gid.as_raw(), 4_000_000_002);
        assert_eq!(target.groups, Some(vec![target.gid]));
    }

    #[test]
    fn an_environment_that_makes_no_sense_is_told() {
        for (uid, gid) in [
            ("alice", None),
            ("", None),
            ("-1", None),
            ("4000000001", Some("x")),
        ] {
            let told = sudo(Some(uid), gid).expect_err("refused");
            assert!(told.contains("name the user with -Z"), "{told}");
        }
        let told = sudo(Some("4000000001"), None).expect_err("refused");
        assert!(told.contains("SUDO_GID"), "{told}");
    }

    #[test]
    fn users_by_name() {
        let root = named("root").expect("a user that is everywhere");
        assert!(root.uid.is_root());
        let told = named("no-such-user-at-all").expect_err("refused");
        assert!(told.to_string().contains("no such user"), "{told}");
    }
}
