//! RPL, the routing protocol of low-power networks (RFC 6550 section 6; RFC 6997 for peer-to-peer
//! routes, RFC 9009 for the destination cleanup object, RFC 9914 for routes that the root projects).

use std::net::Ipv6Addr;

use super::Body;
use super::decode::Decoder;
use super::field::{FieldSpec, Names, spec};
use super::lowpan::REGISTRATION_STATUSES;
use super::rpl_measurement;
use super::rpl_option::{self, RplOptions};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};

/// A RPL control message.
#[derive(Clone, Copy, Debug)]
pub struct Rpl<'a> {
    /// Which one, by its code.
    pub kind: RplKind,
    /// Whether a security section stands before the base.
    pub security: Option<Security<'a>>,
    /// The message from its base on, as captured; encrypted octets where
    /// [`Security::is_encrypted`].
    base: &'a [u8],
    /// The authentication code behind `base`, where one stands there.
    code: &'static [FieldSpec],
}

/// The messages, secure or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RplKind {
    /// DODAG information solicitation (RFC 6550 section 6.2).
    Dis,
    /// DODAG information object (section 6.3).
    Dio,
    /// Destination advertisement object (section 6.4).
    Dao,
    /// Its acknowledgment (section 6.5).
    DaoAck,
    /// Consistency check (section 6.6).
    ConsistencyCheck,
    /// Discovery reply object (RFC 6997 section 8).
    Dro,
    /// Its acknowledgment (RFC 6997 section 10).
    DroAck,
    /// Measurement object (RFC 6998 section 4).
    Measurement,
    /// Destination cleanup object (RFC 9009 section 4.3).
    Dco,
    /// Its acknowledgment (RFC 9009 section 4.4).
    DcoAck,
    /// Request for a projected route (RFC 9914 section 5.1).
    ProjectedDaoRequest,
    /// Its acknowledgment (RFC 9914 section 5.2).
    ProjectedDaoRequestAck,
    /// Another code.
    Other,
}

impl RplKind {
    const fn of(code: u8) -> Self {
        match code {
            0x00 | 0x80 => Self::Dis,
            0x01 | 0x81 => Self::Dio,
            0x02 | 0x82 => Self::Dao,
            0x03 | 0x83 => Self::DaoAck,
            0x04 | 0x84 => Self::Dro,
            0x05 | 0x85 => Self::DroAck,
            0x06 | 0x86 => Self::Measurement,
            0x07 | 0x87 => Self::Dco,
            0x08 | 0x88 => Self::DcoAck,
            0x09 => Self::ProjectedDaoRequest,
            0x0a => Self::ProjectedDaoRequestAck,
            0x8a => Self::ConsistencyCheck,
            _ => Self::Other,
        }
    }

    /// The fields of the base, by their place in it.
    const fn table(self) -> &'static [FieldSpec] {
        match self {
            Self::Dis => {
                const {
                    &[
                        spec::hex(0, 1, "flags"),
                        spec::reserved(1, 1, 0xff, "reserved"),
                    ]
                }
            }
            Self::Dio => DIO,
            Self::Dao => DAO,
            Self::DaoAck => DAO_ACK,
            Self::DcoAck => DCO_ACK,
            Self::ConsistencyCheck => CONSISTENCY_CHECK,
            Self::Dro => DRO,
            Self::DroAck => DRO_ACK,
            Self::Dco => DCO,
            Self::ProjectedDaoRequest => PROJECTED_DAO_REQUEST,
            Self::ProjectedDaoRequestAck => PROJECTED_DAO_REQUEST_ACK,
            // See [`rpl_measurement`].
            Self::Measurement => &[],
            Self::Other => const { &[spec::rest(0, "data")] },
        }
    }

    /// Octets of the base, without a DODAGID that a flag announces.
    const fn base_octets(self) -> usize {
        match self {
            Self::Dis => 2,
            Self::Dio | Self::ConsistencyCheck => 24,
            Self::Dao | Self::DaoAck | Self::Dco | Self::DcoAck | Self::ProjectedDaoRequest => 4,
            Self::ProjectedDaoRequestAck => 8,
            Self::Dro | Self::DroAck => 20,
            Self::Measurement | Self::Other => 0,
        }
    }

    /// Whether a DODAGID follows the base, by its octet of flags.
    const fn has_dodag_id(self, flags: u8) -> bool {
        match self {
            Self::Dao | Self::Dco => flags & 0x40 != 0,
            Self::DaoAck | Self::DcoAck => flags & 0x80 != 0,
            _ => false,
        }
    }
}

/// The security section (RFC 6550 section 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Security<'a> {
    bytes: &'a [u8],
}

/// The key identifier at the end of a security section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyIdentifier {
    None,
    Index,
    SourceAndIndex,
}

impl Security<'_> {
    /// Algorithm; 0 is CCM with AES-128 and RSA with SHA-256.
    pub fn algorithm(&self) -> Option<u8> {
        u8_at(self.bytes, 1)
    }

    /// Key identifier mode.
    pub fn key_mode(&self) -> Option<u8> {
        Some(u8_at(self.bytes, 2)? >> 6)
    }

    /// Security level: which protection at which strength.
    pub fn level(&self) -> Option<u8> {
        Some(u8_at(self.bytes, 2)? & 7)
    }

    /// Whether what follows is encrypted (RFC 6550 figure 12: the odd levels of every mode).
    pub fn is_encrypted(&self) -> bool {
        self.level().is_none_or(|level| level % 2 == 1)
    }

    /// Octets of the message authentication code or signature at the end of a message that is not
    /// encrypted (RFC 6550 figures 11 and 12); `None` for a level that is not assigned.
    fn code_octets(&self) -> Option<usize> {
        Some(match (self.key_mode()?, self.level()?) {
            (0..=2, 0) => 4,
            (0..=2, 2) => 8,
            (3, 0) => 384,
            (3, 2) => 256,
            _ => return None,
        })
    }

    /// What tells the key (RFC 6550 figure 11).
    fn key(&self) -> KeyIdentifier {
        match (self.key_mode(), self.level()) {
            (Some(0), _) => KeyIdentifier::Index,
            (Some(2), _) => KeyIdentifier::SourceAndIndex,
            (Some(3), Some(level)) if level % 2 == 1 => KeyIdentifier::SourceAndIndex,
            _ => KeyIdentifier::None,
        }
    }

    /// Octets of the section: eight and the key identifier.
    fn octets(&self) -> usize {
        8 + match self.key() {
            KeyIdentifier::None => 0,
            KeyIdentifier::Index => 1,
            KeyIdentifier::SourceAndIndex => 9,
        }
    }

    fn table(&self) -> &'static [FieldSpec] {
        match self.key() {
            KeyIdentifier::None => SECURITY,
            KeyIdentifier::Index => SECURITY_WITH_INDEX,
            KeyIdentifier::SourceAndIndex => SECURITY_WITH_SOURCE,
        }
    }
}

impl<'a> Rpl<'a> {
    /// The base's octets, unless they are encrypted.
    fn clear(&self) -> &'a [u8] {
        match self.security {
            Some(security) if security.is_encrypted() => &[],
            _ => self.base,
        }
    }

    /// RPL instance.
    pub fn instance(&self) -> Option<u8> {
        match self.kind {
            RplKind::Dis | RplKind::Other => None,
            _ => u8_at(self.clear(), 0),
        }
    }

    /// Rank of the sender of a DIO.
    pub fn rank(&self) -> Option<u16> {
        match self.kind {
            RplKind::Dio => u16_at(self.clear(), 2),
            _ => None,
        }
    }

    /// DODAGID, where the message has one.
    pub fn dodag_id(&self) -> Option<Ipv6Addr> {
        let at = match self.kind {
            RplKind::Dio => 8,
            RplKind::ConsistencyCheck | RplKind::Dro | RplKind::DroAck => 4,
            kind if kind.has_dodag_id(u8_at(self.clear(), 1)?) => 4,
            _ => return None,
        };
        array_at::<16>(self.clear(), at).map(Ipv6Addr::from)
    }

    /// The options; none where they are encrypted.
    pub fn options(&self) -> RplOptions<'a> {
        let clear = self.clear();
        let octets = match self.kind {
            RplKind::Other => &[],
            _ => tail(clear, self.base_octets()),
        };
        RplOptions::new(octets, self.kind, self.dodag_id())
    }

    fn base_octets(&self) -> usize {
        if self.kind == RplKind::Measurement {
            return rpl_measurement::base_octets(self.clear());
        }
        let has_id = u8_at(self.clear(), 1).is_some_and(|flags| self.kind.has_dodag_id(flags));
        self.kind.base_octets() + if has_id { 16 } else { 0 }
    }

    /// The fields of security section and base with the offset in the message that theirs add to.
    pub(super) fn tables(&self) -> [(&'static [FieldSpec], usize); 4] {
        let security = match self.security {
            Some(security) => (security.table(), 4),
            None => (&[][..], 4),
        };
        let at = 4 + self.security.map_or(0, |s| s.octets());
        let none = (&[][..], 4);
        let (base, behind) = match self.security {
            Some(security) if security.is_encrypted() => (ENCRYPTED, none),
            _ if self.kind == RplKind::Measurement => {
                let [(base, _), (route, start)] = rpl_measurement::tables(self.base);
                (base, (route, at + start))
            }
            _ if self.base_octets() == self.kind.base_octets() => (self.kind.table(), none),
            _ => match self.kind {
                RplKind::Dao => (DAO_WITH_ID, none),
                RplKind::Dco => (DCO_WITH_ID, none),
                RplKind::DcoAck => (DCO_ACK_WITH_ID, none),
                _ => (DAO_ACK_WITH_ID, none),
            },
        };
        let code = (self.code, at + self.base.len());
        [security, (base, at), behind, code]
    }
}

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    let bytes = decoder.bytes;
    let security = (decoder.code & 0x80 != 0).then(|| Security {
        bytes: tail(bytes, 4),
    });
    let start = 4 + security.map_or(0, |s| s.octets());
    let mut message = Rpl {
        kind: RplKind::of(decoder.code),
        security,
        base: tail(bytes, start),
        code: &[],
    };
    if security.is_some_and(|s| s.is_encrypted()) {
        decoder.need(start);
    } else {
        let options = start + message.base_octets();
        decoder.need(options);
        if let Some(security) = security
            && message.kind != RplKind::Other
        {
            // In the first of several fragments the end is not there.
            let length = usize::try_from(decoder.ip.payload_length).unwrap_or(usize::MAX);
            let end = match security.code_octets() {
                _ if decoder.ip.fragment.is_some() => usize::MAX,
                Some(octets) if (options..options + octets).contains(&length) => {
                    decoder.need(options + octets);
                    options + rpl_option::octets_of_known(tail(bytes, options))
                }
                Some(octets) => length.saturating_sub(octets).max(options),
                None => options,
            };
            if let Some(before) = bytes.get(start..end) {
                message.base = before;
                message.code = code(security.code_octets());
            }
        }
        if message.kind != RplKind::Other {
            let octets = tail(message.base, message.base_octets());
            rpl_option::check(octets, options, decoder);
        }
    }
    Body::Rpl(message)
}

macro_rules! security {
    ($($row:expr),*) => {
        &[
            spec::flag(0, 0x80, "counter_is_time"),
            spec::reserved(0, 1, 0x7f, "security_reserved1"),
            spec::u8(1, "algorithm"),
            spec::bits(2, 6, 2, "key_mode"),
            spec::reserved(2, 1, 0x38, "security_reserved2"),
            spec::bits(2, 0, 3, "security_level"),
            spec::reserved(3, 1, 0xff, "security_flags"),
            spec::u32(4, "counter"),
            $($row),*
        ]
    };
}

const SECURITY: &[FieldSpec] = security!();
const SECURITY_WITH_INDEX: &[FieldSpec] = security!(spec::u8(8, "key_index"));
const SECURITY_WITH_SOURCE: &[FieldSpec] =
    security!(spec::octets(8, 8, "key_source"), spec::u8(16, "key_index"));

/// What stands behind the options of a secure message, in so many octets; what they are is not known
/// where the level is none that is.
const fn code(octets: Option<usize>) -> &'static [FieldSpec] {
    match octets {
        Some(4) => const { &[spec::octets(0, 4, "authentication_code")] },
        Some(8) => const { &[spec::octets(0, 8, "authentication_code")] },
        Some(256) => const { &[spec::octets(0, 256, "authentication_code")] },
        Some(_) => const { &[spec::octets(0, 384, "authentication_code")] },
        None => const { &[spec::rest(0, "data")] },
    }
}

const ENCRYPTED: &[FieldSpec] = &[spec::rest(0, "encrypted")];

const DIO: &[FieldSpec] = &[
    spec::u8(0, "instance"),
    spec::u8(1, "version"),
    spec::u16(2, "rank"),
    spec::flag(4, 0x80, "grounded"),
    spec::reserved(4, 1, 0x40, "unused"),
    spec::named(spec::bits(4, 3, 3, "mode_of_operation"), &MODES),
    spec::bits(4, 0, 3, "preference"),
    spec::u8(5, "trigger_sequence"),
    spec::reserved(6, 2, 0xffff, "reserved"),
    spec::v6(8, "dodag_id"),
];

/// IANA registry "Mode of Operation".
const MODES: Names = Names {
    key: "mode_name",
    words: &[
        "no_downward_routes",
        "non_storing",
        "storing_without_multicast",
        "storing_with_multicast",
        "p2p_route_discovery",
        "aodv_rpl",
    ],
};

/// IANA registries "RPL Rejection Status" and "RPL Non-Rejection Status" (RFC 9010; RFC 9914 for the
/// last four). With the flag A the other bits are a status of address registration.
const STATUSES: Names = Names {
    key: "status_name",
    words: &with_registrations(spec::sparse::<256>(&[
        (0, "unqualified_acceptance"),
        (128, "unqualified_rejection"),
        (129, "no_routing_entry"),
        (130, "out_of_resources"),
        (131, "error_in_vio"),
        (132, "predecessor_unreachable"),
        (133, "unreachable_target"),
    ])),
};

/// Statuses with those of address registration, accepting and rejecting.
const fn with_registrations(mut words: [&'static str; 256]) -> [&'static str; 256] {
    const REJECTION: usize = 0x80;
    const OF_REGISTRATION: usize = 0x40;
    let statuses = REGISTRATION_STATUSES.words;
    let mut status = 0;
    while status < statuses.len() {
        words[OF_REGISTRATION | status] = statuses[status];
        words[REJECTION | OF_REGISTRATION | status] = statuses[status];
        status += 1;
    }
    words
}

macro_rules! dao {
    ($reserved:expr, $($row:expr),*) => {
        &[
            spec::u8(0, "instance"),
            spec::flag(1, 0x80, "ack_requested"),
            $reserved,
            $($row),*
        ]
    };
}

const DAO: &[FieldSpec] = dao!(DAO_PROJECTED, DAO_RESERVED, spec::u8(3, "sequence"));
const DAO_WITH_ID: &[FieldSpec] = dao!(
    DAO_PROJECTED,
    DAO_RESERVED,
    spec::u8(3, "sequence"),
    spec::v6(4, "dodag_id")
);
/// Unused flags, and the octet behind them.
const DAO_RESERVED: FieldSpec = spec::reserved(1, 2, 0x1fff, "reserved");
/// RFC 9914 section 4.1.1.
const DAO_PROJECTED: FieldSpec = spec::flag(1, 0x20, "projected");
const DCO: &[FieldSpec] = dao!(
    DCO_RESERVED,
    spec::named(spec::u8(2, "status"), &STATUSES),
    spec::u8(3, "sequence")
);
const DCO_WITH_ID: &[FieldSpec] = dao!(
    DCO_RESERVED,
    spec::named(spec::u8(2, "status"), &STATUSES),
    spec::u8(3, "sequence"),
    spec::v6(4, "dodag_id")
);
const DCO_RESERVED: FieldSpec = spec::reserved(1, 1, 0x3f, "reserved");

macro_rules! dao_ack {
    ([$($flags:expr),*] $(, $row:expr)*) => {
        &[
            spec::u8(0, "instance"),
            $($flags,)*
            spec::u8(2, "sequence"),
            spec::named(spec::u8(3, "status"), &STATUSES),
            $($row),*
        ]
    };
}

const DAO_ACK: &[FieldSpec] = dao_ack!([ACK_PROJECTED, ACK_RESERVED]);
const DAO_ACK_WITH_ID: &[FieldSpec] =
    dao_ack!([ACK_PROJECTED, ACK_RESERVED], spec::v6(4, "dodag_id"));
/// RFC 9914 section 4.1.2.
const ACK_PROJECTED: FieldSpec = spec::flag(1, 0x40, "projected");
const ACK_RESERVED: FieldSpec = spec::reserved(1, 1, 0x3f, "reserved");
const DCO_ACK: &[FieldSpec] = dao_ack!([DCO_ACK_RESERVED]);
const DCO_ACK_WITH_ID: &[FieldSpec] = dao_ack!([DCO_ACK_RESERVED], spec::v6(4, "dodag_id"));
const DCO_ACK_RESERVED: FieldSpec = spec::reserved(1, 1, 0x7f, "reserved");

const PROJECTED_DAO_REQUEST: &[FieldSpec] = &[
    spec::u8(0, "instance"),
    spec::flag(1, 0x80, "ack_requested"),
    spec::flag(1, 0x40, "redundant"),
    spec::reserved(1, 1, 0x3f, "reserved"),
    spec::u8(2, "requested_lifetime"),
    spec::u8(3, "sequence"),
];

const PROJECTED_DAO_REQUEST_ACK: &[FieldSpec] = &[
    spec::u8(0, "instance"),
    spec::reserved(1, 1, 0xff, "flags"),
    spec::u8(2, "lifetime"),
    spec::u8(3, "sequence"),
    spec::named(spec::u8(4, "status"), &REQUEST_STATUSES),
    spec::reserved(5, 3, 0x00ff_ffff, "reserved"),
];

/// IANA registries "PDR-ACK Acceptance Status Values" and "PDR-ACK Rejection Status Values".
const REQUEST_STATUSES: Names = Names {
    key: "status_name",
    words: &spec::sparse::<130>(&[
        (0, "unqualified_acceptance"),
        (128, "unqualified_rejection"),
        (129, "transient_failure"),
    ]),
};

const CONSISTENCY_CHECK: &[FieldSpec] = &[
    spec::u8(0, "instance"),
    spec::flag(1, 0x80, "response"),
    spec::reserved(1, 1, 0x7f, "reserved"),
    spec::u16(2, "nonce"),
    spec::v6(4, "dodag_id"),
    spec::u32(20, "destination_counter"),
];

const DRO: &[FieldSpec] = &[
    spec::u8(0, "instance"),
    spec::u8(1, "version"),
    spec::flag(2, 0x80, "stop"),
    spec::flag(2, 0x40, "ack_requested"),
    spec::bits(2, 4, 2, "sequence"),
    spec::reserved(2, 2, 0x0fff, "reserved"),
    spec::v6(4, "dodag_id"),
];

const DRO_ACK: &[FieldSpec] = &[
    spec::u8(0, "instance"),
    spec::u8(1, "version"),
    spec::bits(2, 6, 2, "sequence"),
    spec::reserved(2, 2, 0x3fff, "reserved"),
    spec::v6(4, "dodag_id"),
];
