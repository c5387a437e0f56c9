//! Link types as libpcap counts them in a process, where those differ from files.

use crate::model::LinkType;

/// Raw IP is 14 on OpenBSD and 12 everywhere else (`pcap/dlt.h`).
const DLT_RAW: i32 = if cfg!(target_os = "openbsd") { 14 } else { 12 };
const DLT_ATM_RFC1483: i32 = 11;
const DLT_ATM_CLIP: i32 = 19;
const DLT_SLIP_BSDOS: i32 = if BSD_OS_SHIFTED { 13 } else { 15 };
const DLT_PPP_BSDOS: i32 = if BSD_OS_SHIFTED { 14 } else { 16 };
const BSD_OS_SHIFTED: bool = cfg!(any(target_os = "netbsd", target_os = "freebsd"));
const DLT_PFSYNC: i32 = if cfg!(target_os = "freebsd") {
    121
} else if cfg!(any(
    target_os = "openbsd",
    target_os = "netbsd",
    target_os = "dragonfly",
    target_vendor = "apple"
)) {
    18
} else {
    246
};
const DLT_PKTAP: i32 = if cfg!(target_vendor = "apple") {
    149
} else {
    258
};

/// The DLT value that stands for a LINKTYPE value in `pcap_open_dead` on this system.
///
/// As libpcap's own table, except for 12 and 14: files of systems that wrote their raw-IP DLT
/// value into the header mean raw IP, which libpcap does not know of on every system.
pub fn from_linktype(link: LinkType) -> i32 {
    match link.0 {
        12 | 14 | 101 => DLT_RAW,
        100 => DLT_ATM_RFC1483,
        102 => DLT_SLIP_BSDOS,
        103 => DLT_PPP_BSDOS,
        106 => DLT_ATM_CLIP,
        246 => DLT_PFSYNC,
        258 => DLT_PKTAP,
        // Equal by design from 104 up, by history for those below 11.
        other => i32::try_from(other).unwrap_or(i32::MAX),
    }
}

/// The LINKTYPE value for a DLT value that libpcap reports of an interface.
pub fn to_linktype(dlt: i32) -> LinkType {
    LinkType(match dlt {
        DLT_RAW => 101,
        DLT_ATM_RFC1483 => 100,
        DLT_SLIP_BSDOS => 102,
        DLT_PPP_BSDOS => 103,
        DLT_ATM_CLIP => 106,
        DLT_PFSYNC => 246,
        DLT_PKTAP => 258,
        other => u32::try_from(other).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree_for_every_link_type_there_is() {
        for link in (0..=300).filter(|l| ![11, 12, 13, 14, 15, 16, 18, 19].contains(l)) {
            let link = LinkType(link);
            assert_eq!(to_linktype(from_linktype(link)), link);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_values_that_differ_on_linux() {
        let pairs = [
            (12, 12),
            (14, 12),
            (100, 11),
            (101, 12),
            (102, 15),
            (103, 16),
            (106, 19),
            (107, 107),
            (113, 113),
            (246, 246),
            (258, 258),
            (276, 276),
        ];
        for (link, dlt) in pairs {
            assert_eq!(from_linktype(LinkType(link)), dlt, "link type {link}");
        }
    }
}
