//! Landlock: which files can be opened from here on. What is open stays open.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, NetPort,
    PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, make_bitflags,
};

use super::{Measure, Needs, Network};

/// The newest set of rights that this was written for; older kernels take what they know.
const WRITTEN_FOR: ABI = ABI::V6;

/// The port of the DNS, for answers that are too long for UDP.
const DNS: u16 = 53;

/// See [`super::confine`].
pub(super) fn restrict(needs: &Needs) -> Measure {
    match apply(needs) {
        Ok((RulesetStatus::NotEnforced, status)) => Measure::Missing(match status {
            LandlockStatus::NotEnabled => {
                "no Landlock: it is not enabled in this kernel".to_owned()
            }
            _ => "no Landlock: this kernel lacks it".to_owned(),
        }),
        Ok((_, status)) => {
            Measure::InForce(format!("Landlock{} ({})", version(status), told(needs)))
        }
        Err(error) => Measure::Missing(format!("no Landlock: {error}")),
    }
}

fn apply(needs: &Needs) -> Result<(RulesetStatus, LandlockStatus), RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WRITTEN_FOR))?
        .handle_access(AccessNet::from_all(WRITTEN_FOR))?
        .scope(Scope::from_all(WRITTEN_FOR))?
        .create()?;
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    for path in &needs.read {
        rules = allow(rules, path, read)?;
    }
    // Regular files only, and none to be executed.
    let write =
        read | make_bitflags!(AccessFs::{WriteFile | Truncate | MakeReg | RemoveFile | Refer});
    for path in &needs.write_beneath {
        rules = allow(rules, path, write)?;
    }
    if needs.network == Network::Lookups {
        rules = rules.add_rule(NetPort::new(DNS, AccessNet::ConnectTcp))?;
    }
    let status = rules.restrict_self()?;
    Ok((status.ruleset, status.landlock))
}

/// A path that cannot be opened cannot be read later either: no rule for it.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(place) = PathFd::new(path) else {
        return Ok(rules);
    };
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(WRITTEN_FOR)
    };
    rules.add_rule(PathBeneath::new(place, access))
}

fn version(status: LandlockStatus) -> String {
    match status {
        LandlockStatus::Available { effective_abi, .. } => {
            format!(" ABI {}", effective_abi as i32)
        }
        _ => String::new(),
    }
}

fn told(needs: &Needs) -> String {
    if needs.write_beneath.is_empty() {
        return "no file can be written".to_owned();
    }
    let folders: Vec<_> = needs
        .write_beneath
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    format!("files only in {}", folders.join(", "))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    /// In a thread, which takes the restriction with it when it ends.
    #[test]
    fn what_is_not_named_cannot_be_opened() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inside = folder.path().join("inside");
        let named = folder.path().join("named");
        let other = folder.path().join("other");
        let outside = folder.path().join("outside");
        fs::create_dir(&inside).expect("a folder");
        fs::write(&named, "named").expect("a file");
        fs::write(&other, "other").expect("a file");
        let open = File::open(&other).expect("a file");

        let needs = Needs {
            write_beneath: vec![inside.clone()],
            read: vec![named.clone(), "/no/such/path".into()],
            ..Needs::default()
        };
        let check = move || {
            let in_force = matches!(restrict(&needs), Measure::InForce(_));
            let refused = |result: std::io::Result<()>| {
                // Where the kernel lacks it all is as before, and told so.
                let error = result.err().map(|error| error.kind());
                let expected = in_force.then_some(std::io::ErrorKind::PermissionDenied);
                assert_eq!(error, expected, "in force: {in_force}");
            };
            refused(File::open(&other).map(drop));
            refused(File::create(&outside).map(drop));
            refused(fs::write(&named, "changed"));
            assert_eq!(std::io::read_to_string(open).ok().as_deref(), Some("other"));
            fs::read_to_string(&named).expect("named to be read");
            fs::write(inside.join("a.part"), "a").expect("named to be written");
            fs::rename(inside.join("a.part"), inside.join("a")).expect("within the folder");
            File::open(&inside)
                .and_then(|folder| folder.sync_all())
                .expect("its entry synced");
            fs::remove_file(inside.join("a")).expect("within the folder");
        };
        std::thread::spawn(check).join().expect("all as expected");
    }
}
