//! seccomp: system calls that a capture tool has no use for, and whoever took it over has.
//!
//! A list of what is denied, not of what is allowed. An allowed list has to name all that libc,
//! the allocator and the terminal do, today and after the next upgrade of the C library, on each
//! machine; one that misses a call breaks the tool in the incident it is needed for. What is denied
//! here no way through this program takes, so that the list can be wrong in one direction only. With
//! Landlock beside it, little is lost: no program can be started, no code loaded, no connection
//! opened, no other process touched.
//!
//! Denied calls fail with `EPERM` and end nothing. `clone3` and `openat2` hide their arguments behind
//! a pointer and fail with `ENOSYS`, on which libc falls back to calls that can be looked into.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads, sock_filter,
};

use super::{Measure, Needs, Network};

/// Rules by the number of the call; any that holds denies it, and it is denied where there is none.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// See [`super::confine`].
pub(super) fn restrict(needs: &Needs) -> Measure {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else {
        return Measure::Missing(format!("no seccomp on {}", std::env::consts::ARCH));
    };
    let applied = programs(needs, arch)
        .map_err(|error| error.to_string())
        .and_then(|programs| {
            programs.iter().try_for_each(|program| {
                apply_filter_all_threads(program).map_err(|error| error.to_string())
            })
        });
    match applied {
        Ok(()) => Measure::InForce("seccomp".to_owned()),
        Err(error) => Measure::Missing(format!("no seccomp: {error}")),
    }
}

/// One program for each way to refuse.
fn programs(needs: &Needs, arch: TargetArch) -> Result<[BpfProgram; 2], BackendError> {
    let hidden = [libc::SYS_clone3, libc::SYS_openat2]
        .map(|call| (call, Vec::new()))
        .into();
    let compile = |rules, errno: i32| {
        let refuse = SeccompAction::Errno(errno.unsigned_abs());
        SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?.try_into()
    };
    let denied = compile(denied(needs)?, libc::EPERM)?;
    Ok([
        compile(hidden, libc::ENOSYS)?,
        if arch == TargetArch::x86_64 {
            without_x32(denied)
        } else {
            denied
        },
    ])
}

/// On x86-64 each call has a second number, of the x32 ABI, which nothing here uses: all of them
/// are refused before the list is looked at. One comparison; to name each of them would double the
/// time that the kernel takes to check the list.
fn without_x32(program: BpfProgram) -> BpfProgram {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_GREATER_OR_EQUAL: u16 = 0x35;
    const RETURN: u16 = 0x06;
    /// Of the call's number in `struct seccomp_data`.
    const NUMBER: u32 = 0;
    const X32: u32 = 0x4000_0000;
    let instruction = |code, jf, k| sock_filter { code, jt: 0, jf, k };
    let refuse = libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs();
    let mut whole = vec![
        instruction(LOAD_WORD, 0, NUMBER),
        instruction(JUMP_IF_GREATER_OR_EQUAL, 1, X32),
        instruction(RETURN, 0, refuse),
    ];
    whole.extend(program);
    whole
}

fn denied(needs: &Needs) -> Result<Rules, BackendError> {
    let mut rules: Rules = NEVER
        .iter()
        .chain(NEVER_HERE)
        .map(|&call| (call, Vec::new()))
        .collect();

    let looks_up = needs.network == Network::Lookups;
    if !looks_up {
        rules.extend(CONNECTIONS.iter().map(|&call| (call, Vec::new())));
    }

    // Threads, no processes.
    let thread = flags(libc::CLONE_THREAD);
    deny_unless_set(&mut rules, libc::SYS_clone, 0, thread)?;
    // No new code.
    let maps = [libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_pkey_mprotect];
    for call in maps.into_iter().filter(|_| !looks_up) {
        deny_if_set(&mut rules, call, 2, flags(libc::PROT_EXEC))?;
    }
    // abort() and raise() signal their own process.
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        let other = condition(0, SeccompCmpOp::Ne, u64::from(std::process::id()))?;
        rules.insert(call, vec![SeccompRule::new(vec![other])?]);
    }
    // Typing into the terminal as its user would.
    let typing = [libc::TIOCSTI, libc::TIOCLINUX]
        .into_iter()
        .map(|request| SeccompRule::new(vec![condition(1, SeccompCmpOp::Eq, request)?]))
        .collect::<Result<_, _>>()?;
    rules.insert(libc::SYS_ioctl, typing);

    if needs.write_beneath.is_empty() {
        rules.extend(
            CHANGES_FILES
                .iter()
                .chain(CHANGES_FILES_HERE)
                .map(|&call| (call, Vec::new())),
        );
        for bit in [libc::O_WRONLY, libc::O_RDWR, libc::O_CREAT, libc::O_TRUNC] {
            deny_if_set(&mut rules, libc::SYS_openat, 2, flags(bit))?;
            #[cfg(target_arch = "x86_64")]
            deny_if_set(&mut rules, libc::SYS_open, 1, flags(bit))?;
        }
    }
    Ok(rules)
}

/// The bits of a C flag, as the kernel sees them in a register.
fn flags(flags: i32) -> u64 {
    u64::from(flags.cast_unsigned())
}

fn condition(
    argument: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, BackendError> {
    // The kernel looks at 32 bits of these arguments, whatever stands above them.
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

fn deny_if_set(rules: &mut Rules, call: i64, argument: u8, bits: u64) -> Result<(), BackendError> {
    let set = condition(argument, SeccompCmpOp::MaskedEq(bits), bits)?;
    let rule = SeccompRule::new(vec![set])?;
    rules.entry(call).or_default().push(rule);
    Ok(())
}

fn deny_unless_set(
    rules: &mut Rules,
    call: i64,
    argument: u8,
    bits: u64,
) -> Result<(), BackendError> {
    let unset = condition(argument, SeccompCmpOp::MaskedEq(bits), 0)?;
    let rule = SeccompRule::new(vec![unset])?;
    rules.entry(call).or_default().push(rule);
    Ok(())
}

/// Denied whatever the run needs.
const NEVER: &[i64] = &[
    // Other programs, and code from nowhere.
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_memfd_create,
    libc::SYS_personality,
    libc::SYS_listen,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kcmp,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    // Other users and rights.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Name spaces and mounts.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_chroot,
    libc::SYS_pivot_root,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    // Parts of the kernel where its faults tend to be, and ways around this list.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // The machine.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_vhangup,
];

/// Denied unless names are looked up; sockets to capture from are open.
const CONNECTIONS: &[i64] = &[libc::SYS_socket, libc::SYS_connect, libc::SYS_bind];

/// As [`NEVER`], calls that not every architecture has.
#[cfg(target_arch = "x86_64")]
const NEVER_HERE: &[i64] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_kexec_file_load,
];
/// As [`NEVER`], calls that not every architecture has.
#[cfg(not(target_arch = "x86_64"))]
const NEVER_HERE: &[i64] = &[];

/// Denied unless files are created later; then it is for Landlock to say where.
const CHANGES_FILES: &[i64] = &[
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
    libc::SYS_mkdirat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_mknodat,
    libc::SYS_truncate,
    libc::SYS_fchmodat,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_utimensat,
];

/// As [`CHANGES_FILES`], calls that not every architecture has.
#[cfg(target_arch = "x86_64")]
const CHANGES_FILES_HERE: &[i64] = &[
    libc::SYS_creat,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_unlink,
    libc::SYS_rmdir,
    libc::SYS_mkdir,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_mknod,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
];
/// As [`CHANGES_FILES`], calls that not every architecture has.
#[cfg(not(target_arch = "x86_64"))]
const CHANGES_FILES_HERE: &[i64] = &[];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_compile_for_every_architecture() {
        let rotating = Needs {
            write_beneath: vec!["/tmp".into()],
            ..Needs::default()
        };
        let looking_up = Needs {
            network: Network::Lookups,
            ..Needs::default()
        };
        for needs in [Needs::default(), rotating, looking_up] {
            for arch in [TargetArch::x86_64, TargetArch::aarch64, TargetArch::riscv64] {
                let [hidden, denied] = programs(&needs, arch).expect("they compile");
                assert!(hidden.len() > 4 && denied.len() > 100);
                // What the kernel takes.
                assert!(denied.len() < 4096, "{}", denied.len());
            }
        }
    }

    /// In a thread, which takes the filter with it when it ends.
    #[test]
    fn calls_that_are_denied_fail_and_end_nothing() {
        use std::fs::File;
        use std::io::ErrorKind::PermissionDenied;
        use std::net::{TcpStream, UdpSocket};
        use std::os::unix::net::UnixStream;
        use std::process::Command;

        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a");
        File::create(&path).expect("nothing is denied yet");
        let arch = TargetArch::try_from(std::env::consts::ARCH).expect("an architecture");
        let programs = programs(&Needs::default(), arch).expect("they compile");
        let check = move || {
            for program in &programs {
                seccompiler::apply_filter(program).expect("the kernel takes it");
            }
            let refused = |what: &str, result: std::io::Result<()>| {
                let error = result.err().map(|error| error.kind());
                assert_eq!(error, Some(PermissionDenied), "{what}");
            };
            refused("a program", Command::new("true").status().map(drop));
            refused("TCP", TcpStream::connect("127.0.0.1:9").map(drop));
            refused("UDP", UdpSocket::bind("127.0.0.1:0").map(drop));
            refused("write", File::options().write(true).open(&path).map(drop));
            refused("create", File::create(folder.path().join("b")).map(drop));
            refused("remove", std::fs::remove_file(&path));
            refused("folder", std::fs::create_dir(folder.path().join("c")));
            // For Landlock to say.
            File::open(&path).expect("reading is no matter of this list");
            // What signal handlers and threads take.
            UnixStream::pair().expect("a pair");
            std::thread::spawn(|| ()).join().expect("a thread");
            folder
        };
        std::thread::spawn(check).join().expect("all as expected");
    }

    #[test]
    fn files_can_be_created_only_where_some_are_needed() {
        let rules = |needs: &Needs| denied(needs).expect("rules");
        let reading = rules(&Needs::default());
        let writing = rules(&Needs {
            write_beneath: vec!["/tmp".into()],
            ..Needs::default()
        });
        for call in [libc::SYS_openat, libc::SYS_unlinkat, libc::SYS_renameat2] {
            assert!(reading.contains_key(&call) && !writing.contains_key(&call));
        }
        for call in [libc::SYS_execve, libc::SYS_socket, libc::SYS_ptrace] {
            assert!(reading.contains_key(&call) && writing.contains_key(&call));
        }
    }

    #[test]
    fn connections_are_for_who_looks_names_up() {
        let rules = denied(&Needs {
            network: Network::Lookups,
            ..Needs::default()
        });
        let rules = rules.expect("rules");
        assert!(CONNECTIONS.iter().all(|call| !rules.contains_key(call)));
        for call in [libc::SYS_execve, libc::SYS_ptrace, libc::SYS_listen] {
            assert!(rules.contains_key(&call));
        }
    }
}
