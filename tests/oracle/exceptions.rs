//! Where tshark says something else, and why icmpdump is right.

use crate::Difference;
use crate::fields::Field;

/// Why some messages differ.
pub(crate) struct Exception {
    /// Path of the capture below its folder.
    pub(crate) file: &'static str,
    /// Every one of these frames differs in every one of these fields.
    pub(crate) frames: &'static [u64],
    pub(crate) fields: &'static [Field],
    /// Why icmpdump is right, by which section of a standard.
    #[allow(dead_code)] // for people
    pub(crate) reason: &'static str,
}

impl Exception {
    pub(crate) fn covers(&self, difference: &Difference<'_>) -> bool {
        difference.file == self.file
            && self.frames.contains(&difference.frame)
            && self.fields.contains(&difference.field)
    }

    /// All the differences that it explains.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, u64, Field)> {
        let file = self.file;
        let frames = self.frames.iter();
        frames.flat_map(move |frame| self.fields.iter().map(move |field| (file, *frame, *field)))
    }
}

const SHORTER_THAN_ITS_LENGTH: &str = "the checksum covers all octets that the IP length counts (RFC 792, RFC 4443 section 2.3), and \
     not all of them are in the frame: tshark verifies what is there as if it were all";

pub(crate) const EXCEPTIONS: &[Exception] = &[
    Exception {
        file: "tcpdump/icmp-cksum-oobr-1.pcap",
        frames: &[1],
        fields: &[Field::Checksum],
        reason: SHORTER_THAN_ITS_LENGTH,
    },
    Exception {
        file: "tcpdump/icmp-rfc8335-missing-bytes.pcap",
        frames: &[1],
        fields: &[Field::Checksum],
        reason: SHORTER_THAN_ITS_LENGTH,
    },
    Exception {
        file: "tcpdump/ipv6_jumbogram_invalid_length.pcap",
        frames: &[1],
        fields: &[Field::Checksum],
        reason: SHORTER_THAN_ITS_LENGTH,
    },
    Exception {
        file: "tcpdump/icmp-icmp_print-oobr-2.pcap",
        frames: &[3],
        fields: &[Field::Type, Field::Code, Field::Checksum],
        reason: "a message of two octets has a type and a code, and no checksum (RFC 792 lays them out \
                 in this order); tshark gives it up",
    },
    Exception {
        file: "tcpdump/icmpv6-length-zero.pcapng",
        frames: &[1],
        fields: &[Field::Type, Field::Code, Field::Checksum, Field::Target],
        reason: "a payload length of 0 does not count the octets behind the header, as RFC 8200 \
                 section 3 wants it to: what is in the frame is read, as for a total length of 0 in \
                 IPv4 (which tshark does too); tcpdump calls the length invalid",
    },
    Exception {
        file: "tcpdump/icmp6_nodeinfo_oobr.pcap",
        frames: &[1],
        fields: &[Field::Version],
        reason: "tshark does not read SLIP (RFC 1055), whose frames are IP packets; tcpdump finds \
                 ICMPv6 too",
    },
    Exception {
        file: "tcpdump/bcm-li.pcap",
        frames: &[
            49, 50, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70,
        ],
        fields: &[Field::Version],
        reason: "tshark does not read Broadcom's LI: an IPv4 header (RFC 791 section 3.1) with a good \
                 checksum is where tcpdump finds these messages too",
    },
    Exception {
        file: "tcpdump/brcm-tag.pcap",
        frames: &[3, 6, 7, 8, 9, 18, 19, 20, 21],
        fields: &[Field::Version],
        reason: "tshark does not read LINKTYPE_DSA_TAG_BRCM: behind the tag is an IPv4 header (RFC 791 \
                 section 3.1) with a good checksum, where tcpdump finds these messages too",
    },
    Exception {
        file: "tcpdump/edsa-high-vid.pcap",
        frames: &[1, 2, 3, 4],
        fields: &[Field::Version],
        reason: "tshark does not read LINKTYPE_DSA_TAG_EDSA: behind the tag is an IPv4 header (RFC 791 \
                 section 3.1) with a good checksum, where tcpdump finds these messages too",
    },
];
