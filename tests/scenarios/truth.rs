//! What `truth.toml` claims. A key that is not known here fails the test: nothing goes unread.

use std::fs;
use std::path::Path;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // for people: title, note, point, crafted
pub(crate) struct Truth {
    title: String,
    note: Option<String>,
    point: String,
    crafted: Option<String>,
    pub(crate) offload: Offload,
    pub(crate) expected: Vec<String>,
    pub(crate) not_expected: Vec<String>,
    pub(crate) max_severity: Option<String>,
    pub(crate) frames: u64,
    pub(crate) drops_listed: bool,
    #[serde(default, rename = "drop")]
    pub(crate) drops: Vec<Drop>,
    #[serde(default, rename = "ping")]
    pub(crate) pings: Vec<Ping>,
    #[serde(default, rename = "transfer")]
    pub(crate) transfers: Vec<Transfer>,
    #[serde(default, rename = "path")]
    pub(crate) paths: Vec<Path_>,
    #[serde(default, rename = "redirect")]
    pub(crate) redirects: Vec<Redirect>,
    #[serde(default, rename = "counter")]
    counters: Vec<Counter>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Offload {
    On,
    Off,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drop {
    pub(crate) protocol: String,
    pub(crate) src: String,
    pub(crate) dst: String,
    pub(crate) src_port: Option<u16>,
    pub(crate) dst_port: Option<u16>,
    pub(crate) id: Option<u16>,
    pub(crate) dropper: String,
    pub(crate) reason: String,
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    pub(crate) code: u8,
    pub(crate) count: u64,
    pub(crate) mtu: Option<u32>,
    pub(crate) hops: Option<u8>,
    #[serde(rename = "match")]
    pub(crate) match_kind: Option<String>,
    pub(crate) socket: Option<Socket>,
    pub(crate) errno: Option<String>,
    pub(crate) aftermath: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Socket {
    TcpConnecting,
    TcpEstablished,
    UdpConnected,
    UdpUnconnected,
    UdpRecverr,
}

impl Socket {
    /// Its name in `app_error`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::TcpConnecting => "connecting_tcp",
            Self::TcpEstablished => "established_tcp",
            Self::UdpConnected => "connected_udp",
            Self::UdpUnconnected => "unconnected_udp",
            Self::UdpRecverr => "recverr",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ping {
    pub(crate) src: String,
    pub(crate) dst: String,
    pub(crate) id: u16,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) errors: u64,
    pub(crate) late: u64,
    pub(crate) lost: u64,
    pub(crate) duplicates: u64,
    pub(crate) corrupted: u64,
    pub(crate) rtt_min_ms: Option<f64>,
    pub(crate) rtt_avg_ms: Option<f64>,
    pub(crate) rtt_max_ms: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // what the sender got is in the drop's errno
pub(crate) struct Transfer {
    pub(crate) src: String,
    pub(crate) src_port: u16,
    pub(crate) dst: String,
    pub(crate) dst_port: u16,
    pub(crate) bytes: u64,
    pub(crate) delivered: u64,
    pub(crate) segment_size_at_connect: u64,
    pub(crate) segment_size_at_end: Option<u64>,
    errno: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Path_ {
    pub(crate) dst: String,
    pub(crate) protocol: String,
    pub(crate) hops: Vec<String>,
    pub(crate) reached: bool,
    pub(crate) sent: Option<Vec<u64>>,
    pub(crate) loss_percent: Option<Vec<f64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // whether it was obeyed shows only in link-layer addresses
pub(crate) struct Redirect {
    pub(crate) router: String,
    pub(crate) host: String,
    pub(crate) gateway: String,
    pub(crate) dst: String,
    obeyed: bool,
}

/// What a node counted that no packet of the capture shows: for people.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Counter {
    node: String,
    what: String,
    packets: u64,
}

impl Truth {
    /// # Errors
    ///
    /// What is wrong with the file.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        toml::from_str(&text).map_err(|error| error.to_string())
    }
}
