//! What tshark says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use crate::captures::Captures;
use crate::fields::{Facts, Field, Fragments};
use crate::frames;

/// What tshark says of all captures, by index of the frame.
pub(crate) struct Said {
    pub(crate) messages: BTreeMap<usize, Facts>,
    pub(crate) community_ids: BTreeMap<usize, String>,
    /// Which frames have fragments, or quote some.
    pub(crate) fragments: BTreeSet<usize>,
}

/// tshark finds a request by addresses, identifier, sequence number and checksum, the latest
/// first, so that frames of one file do not meddle with those of another that follow. Fragments of
/// several files may: to have them put together, `captures` is to be one.
pub(crate) fn said(captures: &Captures, fragments: Fragments) -> Said {
    let text = run(captures, fragments);
    let lines: Vec<_> = text.lines().map(Line::new).collect();
    let frames = captures.frames.len();
    assert_eq!(lines.len(), frames, "tshark reads every frame");
    let mut said = Said {
        messages: BTreeMap::new(),
        community_ids: BTreeMap::new(),
        fragments: BTreeSet::new(),
    };
    for (index, line) in lines.iter().enumerate() {
        let first = captures.file_of(index).first;
        let mut facts = line.facts(first);
        let id = line.community_id();
        if fragments == Fragments::Together {
            let put_together = line.fragments();
            facts = facts.filter(|_| !put_together.is_empty());
            if let Some(facts) = &mut facts {
                let mut frames = frames_of(&lines, index, &put_together);
                begin_with_first_fragment(facts, captures, &lines);
                let ids = frames
                    .iter()
                    .filter_map(|index| Some((*index, id.clone()?)));
                said.community_ids.extend(ids);
                // tshark names a fragment that came twice as often; it brings octets once (RFC 791
                // section 3.2).
                let octets = |index: usize| &captures.frames[index].data;
                frames.dedup_by(|copy, first| octets(*copy) == octets(*first));
                let numbers = frames.iter().map(|index| (index + 1).to_string());
                facts.put(Field::Frames, Some(numbers.collect::<Vec<_>>().join(" ")));
            }
        }
        said.messages.extend(facts.map(|facts| (index, facts)));
        said.fragments.extend(line.has_fragment().then_some(index));
        said.community_ids.extend(id.map(|id| (index, id)));
    }
    said
}

/// tshark has a round trip begin when a request is whole; ours begins when its first fragment was
/// sent.
fn begin_with_first_fragment(facts: &mut Facts, captures: &Captures, lines: &[Line<'_>]) {
    let number = |field| facts.get(field).and_then(|text| text.parse::<usize>().ok());
    let (Some(request), Some(nanos)) = (number(Field::Request), number(Field::RoundTrip)) else {
        return;
    };
    let whole = request - 1;
    let first = frames_of(lines, whole, &lines[whole].fragments())[0];
    let at = |index: usize| captures.frames[index].ts.as_nanos();
    let before = usize::try_from(at(whole) - at(first)).unwrap();
    facts.put(Field::Request, Some((first + 1).to_string()));
    facts.put(Field::RoundTrip, Some((nanos + before).to_string()));
}

/// The output of tshark with what it says of each [`NAMES`], a line for each frame.
fn run(captures: &Captures, fragments: Fragments) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), frames::pcapng(&captures.frames)).unwrap();
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(file.path());
    command.args(["--enable-protocol", "communityid"]);
    // The port that Linux takes for VXLAN by default.
    command.args(["-d", "udp.port==8472,vxlan"]);
    if fragments == Fragments::Alone {
        command.args(["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]);
    }
    command.args(["-T", "fields", "-E", "separator=|", "-E", "aggregator=,"]);
    for name in NAMES {
        command.args(["-e", name]);
    }
    let run = command.output().expect("tshark is installed");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "tshark: {said}");
    String::from_utf8(run.stdout).unwrap()
}

/// The frames, by index, of what was put together in a frame from these lists of fragments, the
/// outermost first. Of a fragment that came in fragments itself tshark names the last frame alone.
fn frames_of(lines: &[Line<'_>], index: usize, put_together: &[Vec<usize>]) -> Vec<usize> {
    let Some((inner, outer)) = put_together.split_last() else {
        return vec![index];
    };
    let frames = inner.iter().flat_map(|fragment| {
        if *fragment == index {
            frames_of(lines, index, outer)
        } else {
            frames_of(lines, *fragment, &lines[*fragment].fragments())
        }
    });
    frames.collect()
}

const NAMES: &[&str] = &[
    "frame.protocols",
    "communityid",
    "_ws.malformed",
    "_ws.short",
    "ip.flags.mf",
    "ip.frag_offset",
    "ipv6.fraghdr.ident",
    "ip.fragment",
    "ip.fragment.count",
    "ipv6.fragment",
    "ipv6.fragment.count",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "udp.srcport",
    "udp.dstport",
    "sctp.srcport",
    "sctp.dstport",
    "dccp.srcport",
    "dccp.dstport",
    "icmp.type",
    "icmp.code",
    "icmp.checksum.status",
    "icmp.ident",
    "icmp.seq",
    "icmp.ext.echo.seq",
    "icmp.mtu",
    "icmp.redir_gw",
    "icmp.pointer",
    "icmp.originate_timestamp",
    "icmp.receive_timestamp",
    "icmp.transmit_timestamp",
    "icmp.address_mask",
    "icmp.resp_to",
    "icmp.resptime",
    "icmpv6.type",
    "icmpv6.code",
    "icmpv6.checksum.status",
    "icmpv6.echo.identifier",
    "icmpv6.echo.sequence_number",
    "icmpv6.ext.echo.seq",
    "icmpv6.mip6.identifier",
    "icmpv6.mtu",
    "icmpv6.pointer",
    "icmpv6.resp_to",
    "icmpv6.resptime",
    "icmpv6.nd.ns.target_address",
    "icmpv6.nd.na.target_address",
    "icmpv6.nd.rd.target_address",
    "icmpv6.mld.multicast_address",
];

/// tshark writes identifiers in hexadecimal.
fn decimal(value: String) -> String {
    let number = value
        .strip_prefix("0x")
        .map(|digits| u32::from_str_radix(digits, 16).unwrap());
    number.map_or(value, |number| number.to_string())
}

/// What tshark tells of one frame: of each field all its occurrences, outer layers first.
struct Line<'a> {
    layers: Vec<&'a str>,
    values: BTreeMap<&'static str, Vec<&'a str>>,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        let mut fields = line.split('|');
        let layers = fields.next().unwrap().split(':').collect();
        let values = NAMES[1..]
            .iter()
            .zip(fields)
            .filter(|(_, text)| !text.is_empty());
        Self {
            layers,
            values: values
                .map(|(name, text)| (*name, text.split(',').collect()))
                .collect(),
        }
    }

    fn nth(&self, name: &str, nth: usize) -> Option<String> {
        let values = self.values.get(name)?;
        values.get(nth).map(|value| (*value).to_owned())
    }

    /// Where tshark gave up it has computed the ID from what it had come to.
    fn community_id(&self) -> Option<String> {
        let gave_up = ["_ws.malformed", "_ws.short"];
        let whole = gave_up.iter().all(|name| self.nth(name, 0).is_none());
        self.nth("communityid", 0).filter(|_| whole)
    }

    fn has_fragment(&self) -> bool {
        let names = ["ip.flags.mf", "ip.frag_offset", "ipv6.fraghdr.ident"];
        let mut values = names.iter().filter_map(|name| self.values.get(name));
        values.any(|values| values.iter().any(|value| !matches!(*value, "0" | "False")))
    }

    /// The fragments, by index of their frame, of each packet that was put together here, in the order
    /// of their octets; the outermost packet first.
    fn fragments(&self) -> Vec<Vec<usize>> {
        let lists = |ip: &str| {
            let numbers = |name: &str| {
                let values = self.values.get(&*format!("{ip}.{name}"));
                let values = values.into_iter().flatten();
                values.map(|value| value.parse::<usize>().unwrap())
            };
            let mut fragments = numbers("fragment").map(|number| number - 1);
            let counts = numbers("fragment.count");
            let lists = counts.map(|count| fragments.by_ref().take(count).collect());
            lists.collect::<Vec<Vec<_>>>()
        };
        // Which packet is in which the layers tell.
        let layers = self.layers.iter();
        let around = layers.take_while(|layer| !layer.starts_with("icmp"));
        match around
            .filter(|layer| matches!(**layer, "ip" | "ipv6"))
            .last()
        {
            Some(&"ipv6") => [lists("ip"), lists("ipv6")].concat(),
            _ => [lists("ipv6"), lists("ip")].concat(),
        }
    }

    /// How many of these layers there are up to `end`.
    fn count(&self, layer: &str, end: usize) -> usize {
        self.layers[..end]
            .iter()
            .filter(|known| **known == layer)
            .count()
    }

    /// What it says of the frame's message: the outermost that no other quotes. `first` is the index
    /// of the file's first frame in the merged file.
    fn facts(&self, first: usize) -> Option<Facts> {
        let at = self
            .layers
            .iter()
            .position(|layer| matches!(*layer, "icmp" | "icmpv6"))?;
        let version = if self.layers[at] == "icmp" { "4" } else { "6" };
        let prefix = self.layers[at];
        let own = |name: &str| self.nth(&format!("{prefix}.{name}"), 0);
        let mut facts = Facts::default();
        facts.put(Field::Version, Some(version));
        let (kind, code) = (own("type"), own("code"));
        facts.put(Field::Type, kind.clone());
        facts.put(Field::Code, code.clone());
        let status = own("checksum.status").map(|status| match status.as_str() {
            "0" => "bad".to_owned(),
            "1" => "good".to_owned(),
            "2" => "unverified".to_owned(),
            _ => status,
        });
        facts.put(Field::Checksum, status);
        // A quoted message has fields too: which ones are the message's own its type says.
        let kind = kind.and_then(|kind| kind.parse::<u8>().ok());
        let code = code.and_then(|code| code.parse::<u8>().ok());
        let names: &[(Field, &str)] = match (version, kind, code) {
            ("4", Some(0 | 8 | 15..=18), _) => &[
                (Field::Identifier, "ident"),
                (Field::Sequence, "seq"),
                (Field::Mask, "address_mask"),
            ],
            ("4", Some(13 | 14), _) => &[
                (Field::Identifier, "ident"),
                (Field::Sequence, "seq"),
                (Field::Originate, "originate_timestamp"),
                (Field::Receive, "receive_timestamp"),
                (Field::Transmit, "transmit_timestamp"),
            ],
            ("4", Some(42 | 43), _) => &[
                (Field::Identifier, "ident"),
                (Field::Sequence, "ext.echo.seq"),
            ],
            ("4", Some(3), Some(4)) | ("6", Some(2), _) => &[(Field::Mtu, "mtu")],
            ("4", Some(5), _) => &[(Field::Gateway, "redir_gw")],
            ("4", Some(12), _) | ("6", Some(4), _) => &[(Field::Pointer, "pointer")],
            ("6", Some(128 | 129), _) => &[
                (Field::Identifier, "echo.identifier"),
                (Field::Sequence, "echo.sequence_number"),
            ],
            ("6", Some(144..=147), _) => &[(Field::Identifier, "mip6.identifier")],
            ("6", Some(160 | 161), _) => &[
                (Field::Identifier, "echo.identifier"),
                (Field::Sequence, "ext.echo.seq"),
            ],
            ("6", Some(130..=132), _) => &[(Field::Group, "mld.multicast_address")],
            ("6", Some(135), _) => &[(Field::Target, "nd.ns.target_address")],
            ("6", Some(136), _) => &[(Field::Target, "nd.na.target_address")],
            ("6", Some(137), _) => &[(Field::Target, "nd.rd.target_address")],
            _ => &[],
        };
        for (field, name) in names {
            facts.put(*field, own(name).map(decimal));
        }
        let request = own("resp_to").and_then(|index| index.parse::<usize>().ok());
        // tshark counts frames from 1 over all files.
        if let Some(request) = request.filter(|request| *request > first) {
            facts.put(Field::Request, Some((request - first).to_string()));
            let nanos = own("resptime").map(|ms| ms.parse::<f64>().unwrap() * 1e6);
            facts.put(Field::RoundTrip, nanos.map(|nanos| format!("{nanos:.0}")));
        }
        facts.put(Field::CommunityId, self.community_id());
        self.quoted(at, &mut facts);
        Some(facts)
    }

    /// The packet that the message at layer `at` quotes.
    fn quoted(&self, at: usize, facts: &mut Facts) {
        let Some(ip) = self
            .layers
            .get(at + 1)
            .filter(|l| matches!(**l, "ip" | "ipv6"))
        else {
            return;
        };
        let nth = self.count(ip, at);
        facts.put(Field::QuotedSource, self.nth(&format!("{ip}.src"), nth));
        facts.put(
            Field::QuotedDestination,
            self.nth(&format!("{ip}.dst"), nth),
        );
        let inner = self.layers[at + 2..]
            .iter()
            .take_while(|l| !matches!(**l, "ip" | "ipv6"));
        let is_transport = |l: &&&str| matches!(**l, "tcp" | "udp" | "sctp" | "dccp");
        let Some(transport) = inner.into_iter().find(is_transport) else {
            return;
        };
        let nth = self.count(transport, at);
        facts.put(
            Field::QuotedSourcePort,
            self.nth(&format!("{transport}.srcport"), nth),
        );
        facts.put(
            Field::QuotedDestinationPort,
            self.nth(&format!("{transport}.dstport"), nth),
        );
    }
}
