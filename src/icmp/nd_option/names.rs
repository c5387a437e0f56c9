//! What numbers in options are called.

use crate::icmp::field::{Names, spec};

/// Whose address a fast handover tells (RFC 5568 section 6.4).
pub(super) const HANDOVER_ADDRESSES: Names = Names {
    key: "option_code_name",
    words: &[
        "",
        "old_care_of_address",
        "new_care_of_address",
        "new_router_address",
        "new_router_prefix",
    ],
};
/// Whose link-layer address it tells.
pub(super) const HANDOVER_LINK_ADDRESSES: Names = Names {
    key: "option_code_name",
    words: &[
        "wildcard",
        "new_access_point",
        "mobile_node",
        "new_router",
        "source",
        "of_the_current_router",
        "no_prefix_known",
        "no_fast_handover",
    ],
};
/// What became of a new care-of address.
pub(super) const HANDOVER_STATUSES: Names = Names {
    key: "status_name",
    words: &spec::sparse::<129>(&[
        (1, "address_invalid_configure_another"),
        (2, "address_invalid_use_the_one_supplied"),
        (3, "address_invalid_use_that_of_the_new_router"),
        (4, "previous_address_supplied_do_not_send_binding_update"),
        (128, "link_layer_address_unrecognized"),
    ]),
};

/// What a handover assist tells of where a node goes (RFC 5271 section 6.1).
pub(super) const HANDOVER_ASSISTS: Names = Names {
    key: "option_code_name",
    words: &["", "access_network_id", "sector_id"],
};
/// By what a mobile node is identified (RFC 5271 section 6.2).
pub(super) const NODE_IDENTIFIERS: Names = Names {
    key: "option_code_name",
    words: &["", "nai", "imsi"],
};

/// By what a trust anchor is named (RFC 3971 section 6.4.3, RFC 6495 section 5).
pub(super) const ANCHOR_NAMES: Names = Names {
    key: "name_type_name",
    words: &spec::sparse::<255>(&[
        (1, "der_encoded_x501_name"),
        (2, "fqdn"),
        (3, "sha_1_subject_key_identifier"),
        (4, "sha_224_subject_key_identifier"),
        (5, "sha_256_subject_key_identifier"),
        (6, "sha_384_subject_key_identifier"),
        (7, "sha_512_subject_key_identifier"),
        (253, "experimental_1"),
        (254, "experimental_2"),
    ]),
};

/// Kinds of certificates (RFC 3971 section 6.4.4).
pub(super) const CERTIFICATES: Names = Names {
    key: "certificate_type_name",
    words: &["", "x509v3"],
};

/// What the lifetime of a border router stands for (RFC 6775 section 4.3).
pub(super) const BORDER_ROUTER_LIFETIMES: Names = Names {
    key: "lifetime_name",
    words: &["default_of_10000_minutes"],
};
