//! ICMPv6 (RFC 4443 and what updates it).

use super::Message;
use crate::wire::Ip;

pub(super) fn parse<'a>(ip: &Ip<'a>) -> Message<'a> {
    super::v4::parse(ip)
}
