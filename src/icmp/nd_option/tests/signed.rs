//! Secure Neighbor Discovery.

use sha1::{Digest, Sha1};

use super::*;
use crate::icmp::tests::v6_between;

/// The example of RFC 3972 appendix A.
const MODIFIER: [u8; 16] = [
    0x89, 0xa8, 0xa8, 0xb2, 0xe8, 0x58, 0xd8, 0xb8, 0xf2, 0x63, 0x3f, 0x44, 0xd2, 0xd4, 0xce, 0x9b,
];
const LINK_LOCAL: [u8; 8] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0];
const KEY: [u8; 94] = [
    0x30, 0x5c, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
    0x00, 0x03, 0x4b, 0x00, 0x30, 0x48, 0x02, 0x41, 0x00, 0xc2, 0xc2, 0xf1, 0x37, 0x30, 0x54, 0x54,
    0xf1, 0x0b, 0xd9, 0xce, 0xa3, 0x68, 0x44, 0xb5, 0x30, 0xe9, 0x21, 0x1a, 0x4b, 0x26, 0x2b, 0x16,
    0x46, 0x7c, 0xb7, 0xdf, 0xba, 0x1f, 0x59, 0x5c, 0x01, 0x94, 0xf2, 0x75, 0xbe, 0x5a, 0x4d, 0x38,
    0x6f, 0x2c, 0x3c, 0x23, 0x82, 0x50, 0x87, 0x73, 0xc7, 0x86, 0x7f, 0x9b, 0x3b, 0x9e, 0x63, 0xa0,
    0x9c, 0x7b, 0xc4, 0x8f, 0x7a, 0x54, 0xeb, 0xef, 0xaf, 0x02, 0x03, 0x01, 0x00, 0x01,
];
const ADDRESS: &str = "fe80::3c4a:5bf6:ffb4:ca6c";

const TIMESTAMP: [u8; 16] = [13, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x65, 0x53, 0xf1, 0, 0, 0];
const NONCE: [u8; 8] = [14, 1, 1, 2, 3, 4, 5, 6];

fn parameters(modifier: &[u8], prefix: &[u8], collisions: u8) -> Vec<u8> {
    let mut octets = vec![11, 16, 5, 0];
    for part in [modifier, prefix, &[collisions], &KEY] {
        octets.extend(part);
    }
    octets.extend([0; 5]);
    octets
}

fn right() -> Vec<u8> {
    parameters(&MODIFIER, &LINK_LOCAL, 0)
}

fn signature() -> Vec<u8> {
    let hash = Sha1::digest(KEY);
    [&[12, 4, 0, 0][..], &hash[..16], &[0x55; 12]].concat()
}

/// A neighbor solicitation from this address with these options.
fn solicitation(from: &str, options: &[&[u8]]) -> Vec<u8> {
    let target: std::net::Ipv6Addr = ADDRESS.parse().unwrap();
    let head = [&[135, 0, 0, 0, 0, 0, 0, 0][..], &target.octets()].concat();
    let message = [&head, &options.concat()[..]].concat();
    v6_between(from, "ff02::1:ffb4:ca6c", 255, &message)
}

fn told(from: &str, options: &[&[u8]]) -> Vec<&'static str> {
    rules(&parse(&solicitation(from, options)))
}

/// RFC 3972 section 5.
#[test]
fn an_address_was_generated_from_its_parameters() {
    assert!(told(ADDRESS, &[&right()]).is_empty());
    // RFC 3971 section 5.1.1: what is asked for in duplicate address detection is the sender's.
    assert!(told("::", &[&right()]).is_empty());
    let other = "address was not generated from these parameters";
    assert_eq!(told("fe80::1", &[&right()]), [other]);
    // The bits u and g count for nothing, the security parameter as much as its zeros.
    assert!(told("fe80::3f4a:5bf6:ffb4:ca6c", &[&right()]).is_empty());
    assert!(told("fe80::1c4a:5bf6:ffb4:ca6c", &[&right()]).is_empty());
    assert_eq!(told("fe80::5c4a:5bf6:ffb4:ca6c", &[&right()]), [other]);
    // What other security parameters ask for nothing says (RFC 4982 section 6).
    assert!(told("fe80::6000:0:0:1", &[&right()]).is_empty());
    let far = parameters(&MODIFIER, &[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0], 0);
    let prefix = "subnet prefix is not that of the address";
    assert_eq!(told(ADDRESS, &[&far]), [prefix]);
    let collided = parameters(&MODIFIER, &LINK_LOCAL, 3);
    assert_eq!(told(ADDRESS, &[&collided]), ["collision count over 2"]);
    assert_eq!(
        told(ADDRESS, &[&parameters(&[0; 16], &LINK_LOCAL, 0)]),
        [other]
    );
}

/// RFC 3971 sections 5.1, 5.2.2 and 5.3.4.
#[test]
fn a_signed_message_holds_what_proves_it_fresh() {
    let (right, signature) = (right(), signature());
    let packet = solicitation(ADDRESS, &[&right, &TIMESTAMP, &NONCE, &signature]);
    assert!(parse(&packet).defects.is_empty());
    every_prefix(&packet);
    for length in 40..packet.len() {
        let cut = crate::icmp::tests::parse_cut(&packet, length);
        assert!(rules(&cut).is_empty(), "{length}");
    }
    let stale = "signature without a timestamp";
    let replayed = "signed solicitation without a nonce";
    assert_eq!(told(ADDRESS, &[&right, &NONCE, &signature]), [stale]);
    assert_eq!(told(ADDRESS, &[&right, &TIMESTAMP, &signature]), [replayed]);
    assert_eq!(
        told(ADDRESS, &[&right, &TIMESTAMP, &signature, &NONCE]),
        ["option behind the signature", replayed]
    );
    let mut foreign = signature.clone();
    foreign[4] ^= 1;
    assert_eq!(
        told(ADDRESS, &[&right, &TIMESTAMP, &NONCE, &foreign]),
        ["key hash is not that of the key"]
    );
    // An advertisement that answers nobody has no nonce.
    let header = [134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    let options = [&right[..], &TIMESTAMP, &signature].concat();
    let advertisement = v6_between(ADDRESS, "ff02::1", 255, &[&header[..], &options].concat());
    assert!(rules(&parse(&advertisement)).is_empty());
}
