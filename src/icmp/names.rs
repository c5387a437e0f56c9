//! The names of types and codes (IANA registries `icmp-parameters`, `icmpv6-parameters`).

use crate::wire::IpVersion;

/// The snake-case name of a type.
pub fn type_name(_version: IpVersion, _kind: u8) -> Option<&'static str> {
    None
}

/// The snake-case name of a code.
pub fn code_name(_version: IpVersion, _kind: u8, _code: u8) -> Option<&'static str> {
    None
}
