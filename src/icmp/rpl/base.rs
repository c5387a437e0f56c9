//! The messages and what their bases hold.

use super::fault::LOCAL;
use super::status;
use crate::icmp::field::{FieldSpec, Names, spec};

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
    /// Measurement object (RFC 6998 section 3).
    Measurement,
    /// Destination cleanup object (RFC 9009 section 4.3).
    Dco,
    /// Its acknowledgment (RFC 9009 section 4.3.4).
    DcoAck,
    /// Request for a projected route (RFC 9914 section 5.1).
    ProjectedDaoRequest,
    /// Its acknowledgment (RFC 9914 section 5.2).
    ProjectedDaoRequestAck,
    /// Another code.
    Other,
}

impl RplKind {
    pub(super) const fn of(code: u8) -> Self {
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
    pub(super) const fn table(self) -> &'static [FieldSpec] {
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
            // See [`crate::icmp::rpl_measurement`].
            Self::Measurement => &[],
            Self::Other => const { &[spec::rest(0, "data")] },
        }
    }

    /// The same with the DODAGID that a flag announces.
    pub(super) const fn table_with_id(self) -> &'static [FieldSpec] {
        match self {
            Self::Dao => DAO_WITH_ID,
            Self::Dco => DCO_WITH_ID,
            Self::DcoAck => DCO_ACK_WITH_ID,
            _ => DAO_ACK_WITH_ID,
        }
    }

    /// Octets of the base, without a DODAGID that a flag announces.
    pub(super) const fn base_octets(self) -> usize {
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
    pub(super) const fn has_dodag_id(self, flags: u8) -> bool {
        match self {
            Self::Dao | Self::Dco => flags & 0x40 != 0,
            Self::DaoAck | Self::DcoAck => flags & 0x80 != 0,
            _ => false,
        }
    }
}

/// An `RPLInstanceID`.
pub(in crate::icmp) const fn instance(at: u16) -> FieldSpec {
    spec::named(spec::u8(at, "instance"), &INSTANCES)
}

/// Whether it holds for all of the network or for one DODAG (RFC 6550 section 5.1).
const INSTANCES: Names = Names {
    key: "instance_scope",
    words: &{
        let mut words = ["global"; 256];
        let mut number = LOCAL as usize;
        while number < words.len() {
            words[number] = "local";
            number += 1;
        }
        words
    },
};

const DIO: &[FieldSpec] = &[
    instance(0),
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

/// IANA registry "Mode of Operation" (RFC 6550, RFC 6997, RFC 9685); AODV-RPL has none of its own and
/// goes by that of peer-to-peer routes (RFC 9854 section 9).
const MODES: Names = Names {
    key: "mode_name",
    words: &[
        "no_downward_routes",
        "non_storing",
        "storing_without_multicast",
        "storing_with_multicast",
        "p2p_route_discovery",
        "non_storing_with_ingress_replication",
    ],
};

macro_rules! dao {
    ($($row:expr),*) => {
        &[
            instance(0),
            spec::flag(1, 0x80, "ack_requested"),
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

macro_rules! dco {
    ($($row:expr),*) => {
        dao!(
            DCO_RESERVED,
            status::octet(2),
            status::rejection(2),
            status::of_registration(2),
            status::value(2),
            spec::u8(3, "sequence")
            $(, $row)*
        )
    };
}

const DCO: &[FieldSpec] = dco!();
const DCO_WITH_ID: &[FieldSpec] = dco!(spec::v6(4, "dodag_id"));
const DCO_RESERVED: FieldSpec = spec::reserved(1, 1, 0x3f, "reserved");

macro_rules! dao_ack {
    ([$($flags:expr),*] $(, $row:expr)*) => {
        &[
            instance(0),
            $($flags,)*
            spec::u8(2, "sequence"),
            status::octet(3),
            status::rejection(3),
            status::of_registration(3),
            status::value(3),
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
    instance(0),
    spec::flag(1, 0x80, "ack_requested"),
    spec::flag(1, 0x40, "redundant"),
    spec::reserved(1, 1, 0x3f, "reserved"),
    spec::u8(2, "requested_lifetime"),
    spec::u8(3, "sequence"),
];

const PROJECTED_DAO_REQUEST_ACK: &[FieldSpec] = &[
    instance(0),
    spec::reserved(1, 1, 0xff, "flags"),
    spec::u8(2, "lifetime"),
    spec::u8(3, "sequence"),
    status::of_request(4),
    status::rejection(4),
    status::reserved_of_request(4),
    status::value(4),
    spec::reserved(5, 3, 0x00ff_ffff, "reserved"),
];

const CONSISTENCY_CHECK: &[FieldSpec] = &[
    instance(0),
    spec::flag(1, 0x80, "response"),
    spec::reserved(1, 1, 0x7f, "reserved"),
    spec::u16(2, "nonce"),
    spec::v6(4, "dodag_id"),
    spec::u32(20, "destination_counter"),
];

const DRO: &[FieldSpec] = &[
    instance(0),
    spec::u8(1, "version"),
    spec::flag(2, 0x80, "stop"),
    spec::flag(2, 0x40, "ack_requested"),
    spec::bits(2, 4, 2, "sequence"),
    spec::reserved(2, 2, 0x0fff, "reserved"),
    spec::v6(4, "dodag_id"),
];

const DRO_ACK: &[FieldSpec] = &[
    instance(0),
    spec::u8(1, "version"),
    spec::bits(2, 6, 2, "sequence"),
    spec::reserved(2, 2, 0x3fff, "reserved"),
    spec::v6(4, "dodag_id"),
];
