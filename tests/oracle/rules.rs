//! Differences of one kind wherever they occur: what tshark does not try to tell.

use serde_json::Value;

use crate::Difference;
use crate::fields::Field;

/// A kind of difference.
pub(crate) struct Rule {
    /// What tshark leaves out, and why icmpdump is right.
    pub(crate) reason: &'static str,
    pub(crate) covers: fn(&Difference<'_>) -> bool,
}

pub(crate) const RULES: &[Rule] = &[
    Rule {
        reason: "a later fragment holds no ICMP header (RFC 791 section 3.2): that it belongs to a \
                 message is told by its protocol number alone",
        covers: |d| d.field == Field::Version && d.told["icmp"]["name"] == "fragment",
    },
    Rule {
        reason: "tshark relates no advertisement to its solicitation (RFC 4861 sections 6.2.6 and \
                 7.2.4), no timestamp reply and no extended echo reply to its request (RFC 792, RFC \
                 8335 section 4)",
        covers: |d| {
            let version = &d.told["icmp"]["version"];
            let unrelated: &[u8] = if *version == 4 {
                &[14, 43]
            } else {
                &[134, 136, 161]
            };
            is_about_request(d)
                && d.theirs.is_none()
                && unrelated.iter().any(|kind| d.told["icmp"]["type"] == *kind)
        },
    },
    Rule {
        reason: "tshark relates the first reply to a request and none after it; RFC 1122 section \
                 3.2.2.6 has every host answer a broadcast, and networks duplicate",
        covers: |d| {
            is_about_request(d) && d.theirs.is_none() && d.told["answers"]["outcome"] == "duplicate"
        },
    },
    Rule {
        reason: "tshark looks for a request to the address that answers; one to a group is answered \
                 from another (RFC 1122 section 3.2.2.6, RFC 4443 section 4.2)",
        covers: |d| {
            is_about_request(d)
                && d.theirs.is_none()
                && d.request.is_object()
                && d.request["ip"]["dst"] != d.told["ip"]["src"]
        },
    },
    Rule {
        reason: "of a request captured at several points tshark takes the last before the reply; \
                 icmpdump takes the first, which all others are copies of: their identification is \
                 the same (RFC 791 section 3.2)",
        covers: |d| {
            let original = &d.their_request["copy_of"]["frame"];
            is_about_request(d) && original.is_u64() && *original == d.request["frame"]
        },
    },
    Rule {
        reason: "a reply in fragments answers when it is whole, as one returns all the data of its \
                 request (RFC 1122 section 3.2.2.6): tshark, told to leave fragments alone, has the \
                 first one answer; what they come to is compared as well",
        covers: |d| {
            is_about_request(d)
                && d.ours.is_none()
                && d.told["reassembly"]["status"] == "incomplete"
        },
    },
    Rule {
        reason: "the same reply captured again, with the same identification (RFC 791 section 3.2), is \
                 no second answer",
        covers: |d| is_about_request(d) && d.ours.is_none() && d.told["copy_of"].is_object(),
    },
    Rule {
        reason: "tshark computes the Community ID of a frame that it dissected to its end; type and \
                 code, or addresses and protocol, are enough for one (Community ID version 1, which \
                 hashes these)",
        covers: |d| {
            matches!(d.field, Field::CommunityId | Field::QuotedCommunityId) && d.theirs.is_none()
        },
    },
];

fn is_about_request(difference: &Difference<'_>) -> bool {
    matches!(difference.field, Field::Request | Field::RoundTrip)
}

/// The record of nothing.
pub(crate) const NOTHING: &Value = &Value::Null;
