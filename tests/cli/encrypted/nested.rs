//! A tunnel of WireGuard in another.

use etherparse::PacketBuilder;
use serde_json::{Value, json};

use super::blocks::file;
use super::peer::{Peer, Session};
use crate::common::{assert_accounted, of_type, records, summary, tool};
use crate::links::capture_of;
use crate::whole::fragments;

const RAW: u32 = 101;
const ENDS: ([u8; 4], [u8; 4]) = ([10, 7, 0, 1], [10, 7, 0, 2]);

fn request() -> Vec<u8> {
    let mut packet = Vec::new();
    let builder = PacketBuilder::ipv4(ENDS.0, ENDS.1, 64).icmpv4_echo_request(7, 9);
    builder.write(&mut packet, &[b'x'; 56]).unwrap();
    packet
}

fn reply() -> Vec<u8> {
    let mut packet = Vec::new();
    let builder = PacketBuilder::ipv4(ENDS.1, ENDS.0, 64).icmpv4_echo_reply(7, 9);
    builder.write(&mut packet, &[b'x'; 56]).unwrap();
    packet
}

/// Tunnels one in the other, the outermost first, and the keys of all.
struct Nested {
    sessions: Vec<Session>,
    log: String,
    /// The number of the next message in each.
    sent: u64,
}

impl Nested {
    fn new(tunnels: u8) -> Self {
        let peers = (0..tunnels).map(|n| (Peer::new(2 * n + 1), Peer::new(2 * n + 2)));
        let (mut sessions, mut log) = (Vec::new(), String::new());
        for (one, other) in peers {
            log += &one.log(&other, None);
            sessions.push(Session::new(one, other, None));
        }
        Self {
            sessions,
            log,
            sent: 0,
        }
    }

    /// A packet in so many of the tunnels.
    fn carried(&mut self, packet: Vec<u8>, tunnels: usize, is_reply: bool) -> Vec<u8> {
        self.sent += 1;
        let sessions = self.sessions[..tunnels].iter().rev();
        sessions.fold(packet, |packet, session| {
            if is_reply {
                session.reply(self.sent, &packet)
            } else {
                session.request(self.sent, &packet)
            }
        })
    }

    /// All handshakes, each in the tunnels around it.
    fn handshakes(&mut self) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        for tunnel in 0..self.sessions.len() {
            let [initiation, response] = self.sessions[tunnel].handshake();
            packets.push(self.carried(initiation, tunnel, false));
            packets.push(self.carried(response, tunnel, true));
        }
        packets
    }

    fn read(&self, packets: &[Vec<u8>]) -> Vec<Value> {
        let (_file, keys) = file(self.log.as_bytes());
        let capture = capture_of(RAW, packets);
        let path = capture.path().to_str().unwrap();
        let told = records(&["-r", path, "--wireguard-keys", &keys]);
        assert_accounted(summary(&told), "nested");
        told
    }

    /// The sequence number and checksum of each echo message as tshark has them, and how many tunnels
    /// are around it.
    fn tshark(&self, packets: &[Vec<u8>]) -> String {
        let (_file, keys) = file(self.log.as_bytes());
        let capture = capture_of(RAW, packets);
        let keys = format!("wg.keylog_file:{keys}");
        let fields = ["icmp.seq", "icmp.checksum.status", "wg.receiver"];
        let mut arguments = vec!["-n", "-r", capture.path().to_str().unwrap(), "-o", &keys];
        arguments.extend(["-Y", "icmp", "-T", "fields"]);
        arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
        String::from_utf8(tool("tshark", &arguments).stdout).unwrap()
    }
}

#[test]
fn a_tunnel_in_a_tunnel_is_read_as_tshark_reads_it() {
    for tunnels in [2, 3] {
        let mut nested = Nested::new(tunnels);
        let mut packets = nested.handshakes();
        let depth = usize::from(tunnels);
        packets.push(nested.carried(request(), depth, false));
        packets.push(nested.carried(reply(), depth, true));
        let told = nested.read(&packets);
        let messages = of_type(&told, "icmp");
        assert_eq!(messages.len(), 2);
        for message in &messages {
            let kinds = message["tunnel"].as_array().unwrap().iter();
            assert!(kinds.clone().all(|tunnel| tunnel["kind"] == "wireguard"));
            assert_eq!(kinds.len(), depth);
            assert_eq!(message["icmp"]["checksum"]["status"], "good");
        }
        assert_eq!(messages[1]["answers"]["outcome"], "answered");
        assert_eq!(summary(&told)["in_tunnels"], Value::Null);
        let theirs = nested.tshark(&packets);
        let receivers = |message: &Value| {
            let all = message["tunnel"].as_array().unwrap().iter();
            let all = all.map(|tunnel| format!("0x{:08x}", tunnel["receiver"].as_u64().unwrap()));
            all.collect::<Vec<_>>().join(",")
        };
        let ours = messages
            .iter()
            .map(|message| format!("9\t1\t{}\n", receivers(message)));
        assert_eq!(ours.collect::<String>(), theirs);
    }
}

#[test]
fn without_the_inner_keys_the_inner_packets_are_counted() {
    let mut nested = Nested::new(2);
    let mut packets = nested.handshakes();
    packets.push(nested.carried(request(), 2, false));
    nested.log.truncate(nested.log.len() / 2);
    let told = nested.read(&packets);
    assert!(of_type(&told, "icmp").is_empty());
    let locked = json!({"encrypted_wireguard_no_key": 1});
    assert_eq!(summary(&told)["in_tunnels"], locked);
}

/// Deeper than tunnels are followed, those that lie there are counted.
#[test]
fn tunnels_are_followed_to_a_depth() {
    let mut nested = Nested::new(17);
    let mut packets = nested.handshakes();
    packets.push(nested.carried(request(), 16, false));
    packets.push(nested.carried(request(), 17, false));
    let told = nested.read(&packets);
    let messages = of_type(&told, "icmp");
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["tunnel"].as_array().unwrap().len(), 16);
    assert_eq!(summary(&told)["deep"], 1);
}

/// The outer tunnel's packets are longer, and are what is fragmented.
#[test]
fn fragments_of_the_outer_tunnel_are_put_together() {
    let mut nested = Nested::new(2);
    let handshakes = nested.handshakes();
    let packet = nested.carried(request(), 2, false);
    let end = packet.len() - 20;
    // In the header of the outer message, of the inner one, of the packet, and in that.
    for first in [16, 24, 56, 80, 112, 136] {
        for is_turned in [false, true] {
            let mut parts = fragments(&packet, &[first, end]);
            if is_turned {
                parts.reverse();
            }
            let told = nested.read(&[handshakes.clone(), parts].concat());
            let messages = of_type(&told, "icmp");
            let last = messages
                .last()
                .unwrap_or_else(|| panic!("{first} {is_turned}"));
            let reassembly = &last["reassembly"];
            assert_eq!(reassembly["status"], "complete", "{first} {last}");
            assert_eq!(reassembly["icmp"]["checksum"]["status"], "good", "{first}");
            assert_eq!(last["tunnel"].as_array().unwrap().len(), 2);
        }
    }
}
