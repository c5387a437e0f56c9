//! `-C`, `-G` and `-W`, with tcpdump as oracle where it goes by the same clock.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::common::{command, run, testdata, tool, wait_until};
use crate::{capture, header, input, names, packets, record, text};

/// Names and the number of packets in each.
fn listing(folder: &std::path::Path) -> Vec<(String, u64)> {
    let count = |name: String| (name.clone(), packets(&folder.join(name)));
    names(folder).into_iter().map(count).collect()
}

#[track_caller]
fn assert_listing<const N: usize>(folder: &std::path::Path, expected: [(&str, u64); N]) {
    let expected = expected.map(|(name, count)| (name.to_owned(), count));
    assert_eq!(listing(folder), expected);
}

#[test]
fn files_by_size_are_those_of_tcpdump() {
    let times: Vec<_> = (0..70).map(|n| (1_700_000_000 + n, 0)).collect();
    let captured = capture(&times, 60_000);
    for files in ["", "1", "2", "3", "4", "10", "11"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let read = input(folder.path(), &captured);
        let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
        let mut options = vec!["-C", "1"];
        if !files.is_empty() {
            options.extend(["-W", files]);
        }
        for path in [&ours, &theirs] {
            fs::create_dir(path).expect("a folder");
        }
        let to = text(theirs.join("t.pcap"));
        let mut all = vec!["-r", &read, "-w", &to];
        // As root it would write as somebody who may not write here.
        if tool("id", &["-u"]).stdout == b"0\n" {
            all.extend(["-Z", "root"]);
        }
        all.extend(&options);
        assert!(tool("tcpdump", &all).status.success());

        let to = text(ours.join("t.pcap"));
        let mut all = vec!["-r", &read, "-w", &to];
        all.extend(&options);
        run(&all).good();
        assert_eq!(listing(&ours), listing(&theirs), "-W {files}");
    }
}

#[test]
fn files_by_time_hold_what_their_names_say() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let times = [
        (1000, 900_000),
        (1004, 999_999),
        (1005, 0),
        // Time that goes back opens no file again.
        (1003, 0),
        (1009, 0),
        // Slots without a packet are passed over.
        (1100, 0),
        (1104, 0),
        (1105, 1),
    ];
    let read = input(folder.path(), &capture(&times, 60));
    let out = tempfile::tempdir().expect("a temporary folder");
    let to = text(out.path().join("t-%H%M%S.pcap"));
    run(&["-r", &read, "-w", &to, "-G", "5"]).good();
    let expected = [
        ("t-001640.pcap", 2),
        ("t-001645.pcap", 3),
        ("t-001820.pcap", 2),
        ("t-001825.pcap", 1),
    ];
    assert_listing(out.path(), expected);
}

#[test]
fn packets_that_are_not_selected_drive_time_as_well() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = tempfile::tempdir().expect("a temporary folder");
    let read = input(
        folder.path(),
        &capture(&[(0, 0), (1, 0), (2, 0), (3, 0)], 60),
    );
    let to = text(out.path().join("%S.pcap"));
    run(&[
        "-r",
        &read,
        "-w",
        &to,
        "-G",
        "1",
        "ether[3] == 0 or ether[3] == 2",
    ])
    .good();
    let counts: Vec<_> = listing(out.path()).into_iter().map(|(_, n)| n).collect();
    assert_eq!(counts, [1, 0, 1, 0]);
}

#[test]
fn it_ends_after_so_many_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let times: Vec<_> = (0..10).map(|n| (n, 0)).collect();
    let read = input(folder.path(), &capture(&times, 60));
    let out = tempfile::tempdir().expect("a temporary folder");
    let to = text(out.path().join("%S"));
    let arguments = [
        "-r", &read, "-w", &to, "-G", "2", "-W", "3", "--print", "-q",
    ];
    let told = run(&arguments).good();
    assert!(told.contains("summary: 6 frames read"), "{told}");
    let expected = [("00", 2), ("02", 2), ("04", 2)].map(|(name, n)| (name.to_owned(), n));
    assert_eq!(listing(out.path()), expected);

    // For so long, to a pipe.
    let run = command()
        .args(["-r", &read, "-w", "-", "-G", "7", "-W", "1"])
        .output()
        .expect("it starts");
    assert!(run.status.success(), "{run:?}");
    let all = text(out.path().join("all"));
    fs::write(&all, run.stdout).expect("room");
    assert_eq!(packets(all.as_ref()), 7);
}

#[test]
fn size_and_time_together_make_a_ring_in_each_slot() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let times: Vec<_> = (0..20).map(|n| (n, 0)).collect();
    let read = input(folder.path(), &capture(&times, 900));
    let out = tempfile::tempdir().expect("a temporary folder");
    let to = text(out.path().join("%S-"));
    run(&["-r", &read, "-w", &to, "-G", "10", "-C", "2k", "-W", "2"]).good();
    // Three packets of 916 octets are more than 2 KiB: 3, 3, 3, 1.
    let expected = [("00-0", 3), ("00-1", 1), ("10-0", 3), ("10-1", 1)];
    assert_listing(out.path(), expected);
}

#[test]
fn each_file_of_pcapng_has_its_interfaces() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let to = text(out.path().join("t.pcapng"));
    let both = testdata("two-links.pcapng");
    run(&["-r", &both, "-w", &to, "-C", "1k"]).good();
    let names = names(out.path());
    assert!(names.len() > 2, "{names:?}");
    let whole = tool(
        "tshark",
        &[
            "-r",
            &both,
            "-T",
            "fields",
            "-e",
            "frame.interface_name",
            "-e",
            "frame.encap_type",
            "-e",
            "frame.time_epoch",
        ],
    );
    let mut parts = Vec::new();
    let mut files: Vec<_> = names.iter().map(|name| out.path().join(name)).collect();
    files.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    for path in files {
        let told = tool(
            "tshark",
            &[
                "-r",
                &text(path),
                "-T",
                "fields",
                "-e",
                "frame.interface_name",
                "-e",
                "frame.encap_type",
                "-e",
                "frame.time_epoch",
            ],
        );
        parts.extend(told.stdout);
    }
    assert_eq!(
        String::from_utf8_lossy(&parts),
        String::from_utf8_lossy(&whole.stdout)
    );
}

#[test]
fn a_file_has_its_name_when_it_is_complete() {
    let out = tempfile::tempdir().expect("a temporary folder");
    // What a killed run left stays.
    fs::write(out.path().join("00.pcap.part"), "left").expect("room");
    // What has the name already is replaced by a whole file only.
    fs::write(out.path().join("00.pcap"), "old").expect("room");
    let mut child = command()
        .args([
            "-r",
            "-",
            "-G",
            "10",
            "-w",
            &text(out.path().join("%S.pcap")),
        ])
        .stdin(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut send = |octets: &[u8]| stdin.write_all(octets).expect("it reads");
    send(&header());
    send(&record(1, 5, 0, 60));
    let part = out.path().join("05.pcap.part");
    let found = out.path().join("00.pcap.part");
    // Readable while it grows.
    wait_until("the packet in the part", || {
        part.is_file() && fs::metadata(&part).is_ok_and(|part| part.len() == 24 + 76)
    });
    assert_eq!(packets(&part), 1);
    assert_eq!(fs::read(&found).expect("still there"), b"left");
    send(&record(2, 60, 0, 60));
    let second = out.path().join("55.pcap.part");
    wait_until("the next part", || second.is_file() && !part.exists());
    assert_eq!(packets(&out.path().join("05.pcap")), 1);
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
    assert_eq!(
        names(out.path()),
        ["00.pcap", "00.pcap.part", "05.pcap", "55.pcap"]
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let ping = testdata("ping4.pcap");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let to = |name: &str| text(folder.path().join(name));
    let cases: &[(&[&str], &[&str])] = &[
        (&["-C", "1"], &["-w"]),
        (&["-w", &to("a"), "-W", "3"], &["-W", "-C", "-G"]),
        (&["-w", &to("a"), "-W", "0", "-C", "1"], &["-W", "0"]),
        (&["-w", &to("a"), "-C", "0"], &["-C", "0", "KiB"]),
        (&["-w", &to("a"), "-C", "ten"], &["-C", "ten", "KiB"]),
        (&["-w", &to("a"), "-G", "0"], &["-G", "0"]),
        (&["-w", &to("a%!"), "-G", "1"], &["a%!", "strftime"]),
        (&["-w", "-", "-C", "1"], &["-w -", "-C"]),
        (&["-w", "/dev/null", "-G", "1"], &["/dev/null", "-G"]),
        (&["-w", "/dev/stdout", "-C", "1"], &["/dev/stdout", "-C"]),
        (&["-w", "-", "-G", "1", "-W", "2"], &["-w -", "-G"]),
    ];
    for (arguments, parts) in cases {
        let mut all = vec!["-r", &ping];
        all.extend(*arguments);
        let mut run = run(&all).exits(2);
        for part in *parts {
            run = run.says(part);
        }
    }
    assert_eq!(names(folder.path()), [""; 0]);
    // Nor does a file take the place of what is read.
    let own = to("p-27.pcap");
    fs::copy(&ping, &own).expect("room");
    let run_on = run(&["-r", &own, "-w", &to("p-%M.pcap"), "-G", "60", "icmp6"]).exits(1);
    run_on.says("p-27.pcap").says("other names");
    assert_eq!(
        fs::read(&own).expect("there"),
        fs::read(&ping).expect("there")
    );
    // A name without the time is what tcpdump takes, too: but it is told.
    let run = run(&["-r", &ping, "-w", &to("same"), "-G", "1"]).exits(0);
    run.says("warning").says("%H%M%S");
}
