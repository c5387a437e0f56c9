//! Captures whose frames end in their check sequences stay such captures.

use std::fs;

use crate::common::{command, records, run};
use crate::{capture, input, names, text};

/// Flags of the last word of a pcap header: so many words of 16 bits are check sequence.
const fn with_fcs(words: u32) -> u32 {
    words << 28 | 1 << 26
}

/// The last word of the header.
fn word(octets: &[u8]) -> u32 {
    u32::from_le_bytes(octets[20..24].try_into().expect("four octets"))
}

/// A capture of frames of this link type, six of them within five seconds.
fn of(link: u32) -> Vec<u8> {
    let times: Vec<_> = (1000..1006).map(|second| (second, 0)).collect();
    let mut octets = capture(&times, 60);
    octets[20..24].copy_from_slice(&link.to_le_bytes());
    octets
}

#[test]
fn a_pcap_is_written_as_it_was_read() {
    let links = [1, 9, 50, 104, 105, 107, 127].into_iter();
    for link in links.flat_map(|link| [1, 2].map(|words| link | with_fcs(words))) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let octets = of(link);
        let read = input(folder.path(), &octets);
        let to = folder.path().join("o.pcap");
        run(&["-r", &read, "-w", &text(to.clone())]).good();
        assert!(fs::read(&to).expect("a file") == octets, "{link:#x}");
        let mut through = command();
        let output = through.args(["-r", &read, "-w", "-"]).output();
        assert!(output.expect("it runs").stdout == octets, "{link:#x}");
        // Without a frame as well.
        let none = text(folder.path().join("none.pcap"));
        run(&["-r", &read, "-w", &none, "less 1"]).good();
        assert_eq!(fs::read(&none).expect("a file"), octets[..24], "{link:#x}");
    }
}

#[test]
fn each_file_of_a_rotation_says_so() {
    let times: Vec<_> = (1000..1040).map(|second| (second, 0)).collect();
    let mut octets = capture(&times, 60_000);
    octets[20..24].copy_from_slice(&(1 | with_fcs(2)).to_le_bytes());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let read = input(folder.path(), &octets);
    for (name, option, value) in [("%S.pcap", "-G", "10"), ("c.pcap", "-C", "1")] {
        let out = tempfile::tempdir().expect("a temporary folder");
        let to = text(out.path().join(name));
        run(&["-r", &read, "-w", &to, option, value]).good();
        let files = names(out.path());
        assert!(files.len() > 2, "{files:?}");
        for file in files {
            let octets = fs::read(out.path().join(&file)).expect("a file");
            assert_eq!(word(&octets), 1 | with_fcs(2), "{file}");
        }
    }
}

/// A pcapng file of one interface that tells this length of check sequences, and of a packet that
/// tells its own.
fn ng(of_interface: Option<u8>, of_packet: Option<u8>) -> Vec<u8> {
    let block = |kind: u32, body: &[&[u8]]| {
        let body = body.concat();
        let length = u32::try_from(body.len() + 12).expect("short").to_le_bytes();
        [&kind.to_le_bytes()[..], &length, &body, &length].concat()
    };
    let word = |word: u32| word.to_le_bytes();
    let interface = of_interface.map_or(vec![], |octets| vec![13, 0, 1, 0, octets, 0, 0, 0]);
    let packet = of_packet.map_or(vec![], |octets| {
        [&[2, 0, 4, 0][..], &word(u32::from(octets) << 5)].concat()
    });
    [
        block(
            0x0a0d_0d0a,
            &[&word(0x1a2b_3c4d), &[1, 0, 0, 0], &[0xff; 8]],
        ),
        block(1, &[&[1, 0, 0, 0], &word(65535), &interface, &word(0)]),
        block(
            6,
            &[&[0; 12], &word(60), &word(60), &[7; 60], &packet, &word(0)],
        ),
    ]
    .concat()
}

#[test]
fn what_pcapng_tells_of_them_stands_in_the_header() {
    for (of_interface, of_packet, expected) in [
        (None, None, 1),
        (Some(4), None, 1 | with_fcs(2)),
        (None, Some(4), 1 | with_fcs(2)),
        (Some(2), Some(4), 1 | with_fcs(2)),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let read = input(folder.path(), &ng(of_interface, of_packet));
        let to = folder.path().join("o.pcap");
        run(&["-r", &read, "-w", &text(to.clone())]).good();
        let octets = fs::read(&to).expect("a file");
        let what = (of_interface, of_packet);
        assert_eq!((word(&octets), octets.len()), (expected, 100), "{what:?}");
        // The frame that is not written told nothing.
        let none = text(folder.path().join("none.pcap"));
        run(&["-r", &read, "-w", &none, "less 1"]).good();
        let octets = fs::read(&none).expect("a file");
        let expected = of_interface.map_or(1, |octets| 1 | with_fcs(u32::from(octets) / 2));
        assert_eq!((word(&octets), octets.len()), (expected, 24), "{what:?}");
        let start = &records(&["-r", &read])[0];
        let told = start["sources"][0]["interfaces"][0]["fcs_length"].as_u64();
        assert_eq!(told, of_interface.map(u64::from), "{what:?}");
    }
}
