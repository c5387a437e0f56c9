//! Headers that tell how a frame of IEEE 802.11 came through the air, field by field: radiotap
//! (<https://www.radiotap.org>) and PPI (PPI 1.0.10 section 4.1). There are more fields than a part has,
//! so that each part says where the next goes on.

use super::recorder::of_number;
use super::{Part, Step, Table};
use crate::icmp::field::{FieldSpec, spec};
use crate::wire::bytes::{array_at, u8_at};

/// Where in a header of radiotap fields go on, and which.
#[derive(Clone, Copy, Debug)]
pub(in crate::icmp::tunnel_header) struct RadioFields {
    /// Octets of the header before them: each is aligned from its start.
    at: u16,
    /// Octets of the header.
    length: u16,
    /// The words that tell which there are, and of how many.
    words: [u32; WORDS],
    count: u8,
    /// The next field: of this word, this bit.
    word: u8,
    bit: u8,
    /// The number of the word's first.
    first: u8,
}

/// Words of presence that are followed: each antenna has one.
const WORDS: usize = 8;

/// The fixed part, with all words.
pub(super) fn radiotap(rest: &[u8]) -> Option<Step> {
    const FIXED: u16 = 4;
    const MORE: u32 = 1 << 31;
    let length = u16::from_le_bytes(array_at(rest, 2)?).max(8);
    let mut words = [0; WORDS];
    let mut count = 0;
    for (at, word) in (usize::from(FIXED)..).step_by(4).zip(&mut words) {
        *word = u32::from_le_bytes(array_at(rest, at)?);
        count += 1;
        if *word & MORE == 0 {
            break;
        }
    }
    let at = FIXED + 4 * u16::from(count);
    let rows = [
        spec::u8(0, "version"),
        spec::little_endian(2, 2, "header_length"),
    ];
    let present =
        (0..count).map(|word| spec::hex_little_endian(FIXED + 4 * u16::from(word), 4, "present"));
    let then = RadioFields {
        at,
        length,
        words,
        count,
        word: 0,
        bit: 0,
        first: 0,
    };
    let rows = rows.into_iter().chain(present);
    Some(Step::made(at.into(), "radiotap", rows, then.part()))
}

impl RadioFields {
    fn part(self) -> Part {
        if self.at < self.length {
            Part::RadioFields(self)
        } else {
            Part::Ieee80211
        }
    }

    /// The fields that come next, as many as a part has room for; what cannot be told apart as one.
    pub(in crate::icmp::tunnel_header) fn step(mut self) -> Step {
        /// Fewer than [`crate::icmp::item`] has, as one may take several.
        const ROWS: usize = 7;
        let start = self.at;
        let mut rows: Vec<FieldSpec> = Vec::new();
        while rows.len() < ROWS {
            let Some((align, octets, table)) = self.next_field() else {
                let left = self.length.saturating_sub(self.at);
                if left > 0 {
                    rows.push(spec::octets(self.at - start, left, "more_fields"));
                }
                self.at = self.length;
                break;
            };
            let at = self.at.next_multiple_of(align);
            let end = at.saturating_add(octets);
            if end > self.length {
                self.count = 0;
                continue;
            }
            rows.extend(table.iter().map(|field| FieldSpec {
                at: field.at + at - start,
                ..*field
            }));
            self.at = end;
        }
        let length = usize::from(self.at - start);
        Step::made(length, "radio", rows, self.part())
    }

    /// Alignment, octets and fields of the next one; none behind those that are known.
    fn next_field(&mut self) -> Option<(u16, u16, Table)> {
        const BITS: u8 = 29;
        const RADIOTAP: u32 = 1 << 29;
        const VENDOR: u32 = 1 << 30;
        while self.word < self.count {
            let word = *self.words.get(usize::from(self.word))?;
            while self.bit < BITS {
                let bit = self.bit;
                self.bit += 1;
                if word >> bit & 1 != 0 {
                    let field = self.first.checked_add(bit).and_then(field);
                    if field.is_none() {
                        self.count = 0;
                    }
                    return field;
                }
            }
            // Fields of a vendor have sizes of his own.
            if word & VENDOR != 0 {
                self.count = 0;
            }
            self.first = match word & RADIOTAP {
                0 => self.first.saturating_add(32),
                _ => 0,
            };
            self.word += 1;
            self.bit = 0;
        }
        None
    }
}

/// Alignment and octets of the field of this number, and what it is called.
fn field(number: u8) -> Option<(u16, u16, Table)> {
    Some(match number {
        0 => (8, 8, const { &[spec::little_endian(0, 8, "clock")] }),
        1 => (1, 1, const { &[spec::hex(0, 1, "flags")] }),
        2 => (1, 1, const { &[spec::u8(0, "rate_500kbps")] }),
        3 => (2, 4, CHANNEL),
        4 => (
            2,
            2,
            const { &[spec::u8(0, "hop_set"), spec::u8(1, "hop_pattern")] },
        ),
        5 => (1, 1, const { &[spec::i8(0, "signal_dbm")] }),
        6 => (1, 1, const { &[spec::i8(0, "noise_dbm")] }),
        7 => (2, 2, const { &[spec::little_endian(0, 2, "quality")] }),
        8 => (2, 2, const { &[spec::little_endian(0, 2, "attenuation")] }),
        9 => (
            2,
            2,
            const { &[spec::little_endian(0, 2, "attenuation_db")] },
        ),
        10 => (1, 1, const { &[spec::i8(0, "power_dbm")] }),
        11 => (1, 1, const { &[spec::u8(0, "antenna")] }),
        12 => (1, 1, const { &[spec::u8(0, "signal_db")] }),
        13 => (1, 1, const { &[spec::u8(0, "noise_db")] }),
        14 => (
            2,
            2,
            const { &[spec::hex_little_endian(0, 2, "receive_flags")] },
        ),
        15 => (
            2,
            2,
            const { &[spec::hex_little_endian(0, 2, "transmit_flags")] },
        ),
        16 => (1, 1, const { &[spec::u8(0, "rts_retries")] }),
        17 => (1, 1, const { &[spec::u8(0, "data_retries")] }),
        18 => (4, 8, EXTENDED_CHANNEL),
        19 => (1, 3, MCS),
        20 => (4, 8, AGGREGATE),
        21 => (2, 12, VHT),
        22 => (8, 12, TIMESTAMP),
        23 => (2, 12, const { &[spec::octets(0, 12, "high_efficiency")] }),
        24 => (
            2,
            12,
            const { &[spec::octets(0, 12, "high_efficiency_users")] },
        ),
        25 => (2, 6, const { &[spec::octets(0, 6, "other_user")] }),
        26 => (1, 1, const { &[spec::hex(0, 1, "no_frame")] }),
        27 => (2, 4, SIGNAL_FIELD),
        _ => return None,
    })
}

const CHANNEL: Table = &[
    spec::little_endian(0, 2, "frequency_mhz"),
    spec::hex_little_endian(2, 2, "channel_flags"),
];

const EXTENDED_CHANNEL: Table = &[
    spec::hex_little_endian(0, 4, "channel_flags"),
    spec::little_endian(4, 2, "frequency_mhz"),
    spec::u8(6, "channel"),
    spec::u8(7, "most_power"),
];

const MCS: Table = &[
    spec::hex(0, 1, "mcs_known"),
    spec::hex(1, 1, "mcs_flags"),
    spec::u8(2, "mcs"),
];

const AGGREGATE: Table = &[
    spec::little_endian(0, 4, "aggregate"),
    spec::hex_little_endian(4, 2, "aggregate_flags"),
    spec::hex(6, 1, "delimiter_check"),
];

const VHT: Table = &[
    spec::hex_little_endian(0, 2, "vht_known"),
    spec::hex(2, 1, "vht_flags"),
    spec::u8(3, "bandwidth"),
    spec::octets(4, 4, "mcs_and_streams"),
    spec::hex(8, 1, "coding"),
    spec::u8(9, "group"),
    spec::little_endian(10, 2, "partial_aid"),
];

const TIMESTAMP: Table = &[
    spec::little_endian(0, 8, "timestamp"),
    spec::little_endian(8, 2, "accuracy"),
    spec::hex(10, 1, "unit"),
    spec::hex(11, 1, "timestamp_flags"),
];

const SIGNAL_FIELD: Table = &[
    spec::hex_little_endian(0, 2, "signal_field_known"),
    spec::hex_little_endian(2, 2, "signal_field"),
];

/// Fields of PPI that are left, of a frame of this link.
#[derive(Clone, Copy, Debug)]
pub(in crate::icmp::tunnel_header) struct PpiFields {
    left: u16,
    /// What each is padded to a multiple of.
    align: u16,
    link: u32,
}

/// The fixed part.
pub(super) fn ppi(rest: &[u8]) -> Option<Step> {
    const FIXED: u16 = 8;
    const ALIGNED: u8 = 1;
    let fields = PpiFields {
        left: u16::from_le_bytes(array_at(rest, 2)?).saturating_sub(FIXED),
        align: if u8_at(rest, 1)? & ALIGNED != 0 { 4 } else { 1 },
        link: u32::from_le_bytes(array_at(rest, 4)?),
    };
    Some(Step::new(FIXED.into(), "ppi", PPI, fields.part()))
}

impl PpiFields {
    fn part(self) -> Part {
        if self.left > 0 {
            Part::PpiFields(self)
        } else {
            of_number(self.link)
        }
    }

    /// The next one.
    pub(in crate::icmp::tunnel_header) fn step(mut self, rest: &[u8]) -> Option<Step> {
        const HEADER: u16 = 4;
        const COMMON: u16 = 2;
        const MAC: u16 = 3;
        const MAC_AND_PHY: u16 = 4;
        let kind = u16::from_le_bytes(array_at(rest, 0)?);
        let octets = u16::from_le_bytes(array_at(rest, 2)?);
        let length = (HEADER.saturating_add(octets))
            .checked_next_multiple_of(self.align)
            .unwrap_or(u16::MAX)
            .min(self.left);
        let table = match (kind, octets) {
            (COMMON, 20) => PPI_COMMON,
            (MAC, 12) => PPI_MAC,
            (MAC_AND_PHY, 48) => PPI_MAC_AND_PHY,
            _ => PPI_OTHER,
        };
        self.left -= length;
        let rows = [
            spec::little_endian(0, 2, "type"),
            spec::little_endian(2, 2, "length"),
        ];
        let rows = rows.into_iter().chain(table.iter().copied());
        let step = Step::made(usize::from(length).max(1), "ppi_field", rows, self.part());
        Some(step.numbered(kind))
    }
}

const PPI: Table = &[
    spec::u8(0, "version"),
    spec::hex(1, 1, "flags"),
    spec::little_endian(2, 2, "header_length"),
    spec::little_endian(4, 4, "link_type"),
];

const PPI_COMMON: Table = &[
    spec::little_endian(4, 8, "clock"),
    spec::hex_little_endian(12, 2, "flags"),
    spec::little_endian(14, 2, "rate_500kbps"),
    spec::little_endian(16, 2, "frequency_mhz"),
    spec::hex_little_endian(18, 2, "channel_flags"),
    spec::u8(20, "hop_set"),
    spec::u8(21, "hop_pattern"),
    spec::i8(22, "signal_dbm"),
    spec::i8(23, "noise_dbm"),
];

const PPI_MAC: Table = &[
    spec::hex_little_endian(4, 4, "mac_flags"),
    spec::little_endian(8, 4, "aggregate"),
    spec::u8(12, "delimiters"),
];

const PPI_MAC_AND_PHY: Table = &[
    spec::hex_little_endian(4, 4, "mac_flags"),
    spec::little_endian(8, 4, "aggregate"),
    spec::u8(12, "delimiters"),
    spec::u8(13, "mcs"),
    spec::u8(14, "streams"),
    spec::u8(15, "rssi"),
    spec::octets(16, 8, "rssi_of_antennas"),
    spec::little_endian(24, 2, "extension_frequency_mhz"),
    spec::hex_little_endian(26, 2, "extension_flags"),
    spec::octets(28, 8, "signal_and_noise_dbm"),
    spec::octets(36, 16, "error_vectors"),
];

const PPI_OTHER: Table = &[spec::rest(4, "value")];

#[cfg(test)]
mod tests {
    use crate::icmp::tunnel_header::link_parts;
    use crate::model::LinkType;
    use crate::wire::link::linktype as lt;

    /// Names of the fields of all parts of a header, and how many octets these are.
    fn names(link: LinkType, octets: &[u8]) -> (Vec<&'static str>, usize) {
        let parts: Vec<_> = link_parts(link, octets).collect();
        let names = (parts.iter()).flat_map(|part| part.fields().map(|field| field.name));
        let told = parts.iter().map(|part| part.bytes.len()).sum();
        (names.collect(), told)
    }

    #[test]
    fn fields_of_radiotap_are_named_and_aligned() {
        let present: u32 = 0x0008_086f;
        let mut header = vec![0, 0, 28, 0];
        header.extend(present.to_le_bytes());
        header.extend([
            1, 0, 0, 0, 0, 0, 0, 0, 0x10, 12, 0x85, 9, 0xa0, 0, 196, 161, 1, 7, 2, 5,
        ]);
        let (found, told) = names(lt::IEEE802_11_RADIOTAP, &header);
        let expected = [
            "version",
            "header_length",
            "present",
            "clock",
            "flags",
            "rate_500kbps",
            "frequency_mhz",
            "channel_flags",
            "signal_dbm",
            "noise_dbm",
            "antenna",
            "mcs_known",
            "mcs_flags",
            "mcs",
        ];
        assert_eq!((found, told), (expected.to_vec(), header.len()));
        // A vendor's, of which nothing but the length is known, after an antenna of its own.
        let mut header = vec![0, 0, 25, 0];
        for present in [
            1u32 << 31 | 1 << 29 | 1 << 5,
            1 << 31 | 1 << 29 | 1 << 5 | 1 << 11,
            1 << 30,
        ] {
            header.extend(present.to_le_bytes());
        }
        header.extend([200, 199, 1, 9, 9, 9, 9, 9, 9]);
        let (found, told) = names(lt::IEEE802_11_RADIOTAP, &header);
        assert_eq!(
            found[5..],
            ["signal_dbm", "signal_dbm", "antenna", "more_fields"]
        );
        assert_eq!(told, header.len());
    }

    #[test]
    fn fields_of_ppi_are_named() {
        let mut header = vec![0, 1, 44, 0, 105, 0, 0, 0, 2, 0, 20, 0];
        header.extend([0; 20]);
        header.extend([9, 0, 5, 0, 1, 2, 3, 4, 5, 0, 0, 0]);
        let (found, told) = names(lt::PPI, &header);
        assert_eq!(told, header.len());
        assert_eq!(found[4..7], ["type", "length", "clock"]);
        assert_eq!(found[found.len() - 3..], ["type", "length", "value"]);
    }
}
