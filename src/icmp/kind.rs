//! Type numbers of the messages that other modules ask for by name.

macro_rules! kinds {
    ($($name:ident = $number:literal,)*) => {
        $(
            #[doc = concat!("Type ", stringify!($number), ".")]
            pub const $name: u8 = $number;
        )*

        #[cfg(test)]
        pub(super) const ALL: &[(&str, u8)] = &[$((stringify!($name), $name)),*];
    };
}

/// Of ICMP for IPv4.
pub mod v4 {
    kinds! {
        ECHO_REPLY = 0,
        ECHO_REQUEST = 8,
        TIMESTAMP_REQUEST = 13,
        TIMESTAMP_REPLY = 14,
        INFORMATION_REQUEST = 15,
        INFORMATION_REPLY = 16,
        ADDRESS_MASK_REQUEST = 17,
        ADDRESS_MASK_REPLY = 18,
        EXTENDED_ECHO_REQUEST = 42,
        EXTENDED_ECHO_REPLY = 43,
    }
}

/// Of ICMPv6.
pub mod v6 {
    kinds! {
        ECHO_REQUEST = 128,
        ECHO_REPLY = 129,
        MULTICAST_LISTENER_QUERY = 130,
        MULTICAST_LISTENER_DONE = 132,
        ROUTER_SOLICITATION = 133,
        ROUTER_ADVERTISEMENT = 134,
        NEIGHBOR_SOLICITATION = 135,
        NEIGHBOR_ADVERTISEMENT = 136,
        REDIRECT = 137,
        NODE_INFORMATION_RESPONSE = 140,
        MULTICAST_LISTENER_REPORT_V2 = 143,
        EXTENDED_ECHO_REQUEST = 160,
        EXTENDED_ECHO_REPLY = 161,
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::type_name;
    use crate::wire::IpVersion;

    #[test]
    fn numbers_are_those_of_the_names() {
        for (version, all) in [
            (IpVersion::V4, super::v4::ALL),
            (IpVersion::V6, super::v6::ALL),
        ] {
            for (name, number) in all {
                assert_eq!(type_name(version, *number), Some(&*name.to_lowercase()));
            }
        }
    }
}
