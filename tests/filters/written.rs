//! `-w` writes every frame that a filter selects, ICMP or not.

use std::fs;
use std::path::Path;

use crate::common::{command, finish, run, testdata, tool};
use crate::oracle::{frames, kept, numbers, written};

/// Captures of several link types, one of them cut to 60 octets a frame.
const CAPTURES: &[&str] = &[
    "demo.pcap",
    "cooked-v1.pcap",
    "cooked-v2.pcap",
    "formats-nano.pcap",
    "neighbor-discovery.pcap",
    "ping-short.pcap",
    "ping4.pcap",
    "qinq.pcap",
    "tun.pcap",
    "vlan.pcap",
    "vxlan.pcap",
];

const FILTERS: &[&str] = &[
    "",
    "icmp",
    "icmp6",
    "icmp[icmptype] == 8",
    "tcp",
    "udp",
    "not icmp and not icmp6",
    "host 10.0.4.2",
    "arp or port 443",
    "vlan and icmp",
    "len > 90",
    "less 1",
];

#[test]
fn written_frames_are_those_of_tcpdump() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out.pcap");
    let out_name = out.to_str().expect("UTF-8");
    let mut others = 0;
    for name in CAPTURES {
        let capture = testdata(name);
        for filter in FILTERS {
            // libpcap has no VLAN tags in raw IP and cooked frames of this kind.
            let refused = !tool("tcpdump", &["-r", &capture, "--count", filter])
                .status
                .success();
            let run = run(&["-r", &capture, "-w", out_name, "--quoted", "no", filter]);
            if refused {
                assert_eq!(run.exits(2).out, "", "{name} '{filter}'");
                continue;
            }
            assert_eq!(run.good(), "", "{name} '{filter}': no lines");
            let theirs = written(&capture, filter);
            let ours = frames(&out);
            assert_eq!(kept(&ours), kept(&theirs), "{name} '{filter}'");
            others += usize::from(*filter == "tcp") * ours.len();
        }
    }
    assert!(others > 20, "frames that are not ICMP are written");
}

/// The file itself, octet by octet, where nothing has to be decided.
#[test]
fn a_pcap_that_is_written_whole_is_the_one_that_was_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out.pcap");
    for name in [
        "demo.pcap",
        "formats-nano.pcap",
        "tun.pcap",
        "cooked-v2.pcap",
    ] {
        let capture = testdata(name);
        let mut command = command();
        finish(command.args(["-r", &capture, "-w"]).arg(&out)).good();
        // The snap length in the header may be another one.
        let (read, wrote) = (
            fs::read(&capture).expect("read"),
            fs::read(&out).expect("written"),
        );
        assert!(read[24..] == wrote[24..], "{name}");
        assert_eq!(read[..16], wrote[..16], "{name}");
        assert_eq!(read[20..24], wrote[20..24], "{name}");
    }
}

#[test]
fn errors_found_by_their_quotes_are_written_too() {
    let demo = testdata("demo.pcap");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out.pcap");
    let out_name = out.to_str().expect("UTF-8");
    run(&["-r", &demo, "-w", out_name, "tcp port 443"]).good();
    let whole = frames(Path::new(&demo));
    let mut expected = numbers(&demo, "tcp port 443");
    assert!(expected.contains(&80), "the packet");
    expected.extend([81, 83]);
    let expected: Vec<_> = whole
        .into_iter()
        .filter(|frame| expected.contains(&frame.number))
        .collect();
    assert_eq!(kept(&frames(&out)), kept(&expected));
}

#[test]
fn lines_are_printed_beside_the_file_if_asked() {
    let demo = testdata("demo.pcap");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    for flags in [
        &[] as &[&str],
        &["--json"],
        &["icmp"],
        &["-q", "icmp[icmptype] == 8"],
    ] {
        let (silent, printed) = (path("silent.pcap"), path("printed.pcap"));
        let mut arguments = vec!["-r", &demo];
        arguments.extend(flags);
        let plain = run(&arguments).good();
        let with = |more: &[&str]| run(&[&arguments[..], more].concat()).good();
        assert_eq!(with(&["-w", &silent]), "");
        assert_eq!(with(&["-w", &printed, "--print"]), plain, "{flags:?}");
        assert!(fs::read(silent).expect("written") == fs::read(printed).expect("written"));
    }
}

#[test]
fn what_is_written_to_standard_output_can_be_read_from_a_pipe() {
    let demo = testdata("demo.pcap");
    let output = command()
        .args(["-r", &demo, "-w", "-", "icmp"])
        .output()
        .expect("the command starts");
    assert!(output.status.success() && output.stderr.is_empty());
    let again = crate::common::run_with_input(&["-r", "-", "--count"], &output.stdout).good();
    assert_eq!(again, run(&["-r", &demo, "--count", "icmp"]).good());
}

#[test]
fn frames_of_two_link_types_need_pcapng() {
    let links = testdata("two-links.pcapng");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let out = path("out.pcapng");
    run(&["-r", &links, "-w", &out]).good();
    assert_eq!(
        kept(&frames(Path::new(&out))),
        kept(&frames(Path::new(&links)))
    );
    let out = path("out.pcap");
    run(&["-r", &links, "-w", &out])
        .exits(1)
        .says(&out)
        .says(".pcapng");
}
