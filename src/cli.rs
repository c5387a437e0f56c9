//! The command line, and nothing else: `config` gives it its meaning.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, ValueEnum};

use crate::config::number;

/// Who dropped your traffic, where, why, and what became of the flow.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "icmpdump",
    version,
    about = "Who dropped your traffic, where, why, and what became of the flow",
    long_about = None,
    max_term_width = 80,
    // As getopt has it: the last one counts.
    args_override_self = true,
    override_usage = "icmpdump [OPTIONS] -r FILE... [FILTER]...\n       icmpdump [OPTIONS] [-i INTERFACE] [FILTER]...",
    after_help = EXAMPLES,
)]
#[allow(clippy::struct_excessive_bools)] // one per flag
pub(crate) struct Cli {
    /// Which packets to show and write: a pcap filter expression, see pcap-filter(7)
    ///
    /// Correlation sees all packets whatever the filter says. A filter made of hosts, nets, ports,
    /// protocols, `and`, `or` and parentheses also selects the ICMP errors that quote such a packet.
    #[arg(value_name = "FILTER")]
    pub(crate) filter: Vec<String>,

    /// Read packets from FILE: pcap or pcapng, plain or compressed (gz, zst, xz, lz4); `-` is
    /// standard input; several are merged by time
    #[arg(short = 'r', value_name = "FILE", help_heading = "Input")]
    pub(crate) read: Vec<PathBuf>,

    /// Read the filter expression from FILE
    #[arg(short = 'F', value_name = "FILE", help_heading = "Input")]
    pub(crate) filter_file: Option<PathBuf>,

    /// Decrypt WireGuard packets with the keys in FILE, a key log as extract-handshakes.sh writes
    /// it; repeatable. Keys in a pcapng capture are used without
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) wireguard_keys: Vec<PathBuf>,

    /// Decrypt Wi-Fi frames (IEEE 802.11) with the keys in FILE, lines such as
    /// wpa-pwd:PASSPHRASE:SSID, wpa-psk:HEX and tk:HEX, or a file that Wireshark keeps; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) wlan_keys: Vec<PathBuf>,

    /// Decrypt ESP packets with the security associations in FILE, as `ip xfrm state` prints them or
    /// Wireshark keeps them in `esp_sa`; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) esp_keys: Vec<PathBuf>,

    /// Stop after N messages were shown (with -w: after N packets were written)
    #[arg(
        short = 'c',
        value_name = "N",
        value_parser = number::<u64>(1..=u64::MAX),
        allow_negative_numbers = true,
        help_heading = "Input"
    )]
    pub(crate) count: Option<u64>,

    #[command(flatten)]
    pub(crate) live: Live,

    /// Whether the filter also selects ICMP errors by the packet they quote
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Filter"
    )]
    pub(crate) quoted: Quoted,

    /// How long a request waits for its reply: seconds, or with a unit (500ms, 10s, 1m)
    #[arg(
        long,
        value_name = "TIME",
        default_value = "10s",
        allow_hyphen_values = true,
        help_heading = "Correlation"
    )]
    pub(crate) reply_timeout: String,

    /// Memory for all correlation state together: octets, or with a unit (64MiB, 1GiB)
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "256MiB",
        allow_hyphen_values = true,
        help_heading = "Correlation"
    )]
    pub(crate) memory_limit: String,

    /// Whether errors are traced to the captured packet that caused them
    #[arg(
        long,
        value_name = "WHETHER",
        default_value = "on",
        help_heading = "Correlation"
    )]
    pub(crate) originals: Switch,

    /// One JSON record a line on standard output
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,

    /// JSON records to write, comma-separated: icmp, exchange, drop, path, finding, summary
    #[arg(long, value_name = "TYPES", requires = "json", help_heading = "Output")]
    pub(crate) emit: Option<String>,

    /// No line per message: findings, verdicts and summary only, in few words (unlike tcpdump's -q);
    /// with --json, no icmp and exchange records
    #[arg(short = 'q', long, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Full screen: pings with round trips and loss, droppers, flows and findings as they come
    #[arg(long, conflicts_with_all = ["json", "quiet", "count_only", "print"], help_heading = "Output")]
    pub(crate) top: bool,

    /// Only count the packets the filter selects
    #[arg(long = "count", conflicts_with_all = ["json", "write"], help_heading = "Output")]
    pub(crate) count_only: bool,

    /// Write the packets the filter selects, ICMP or not, to FILE (pcapng by that name, else pcap;
    /// `-` is standard output) instead of printing
    #[arg(short = 'w', value_name = "FILE", help_heading = "Output")]
    pub(crate) write: Option<PathBuf>,

    /// Print lines even with -w
    #[arg(long, help_heading = "Output")]
    pub(crate) print: bool,

    /// Write each packet to the -w file as soon as it is selected; without -w, each line
    #[arg(short = 'U', help_heading = "Output")]
    pub(crate) unbuffered: bool,

    /// Say in a comment on each ICMP packet of the -w file what is known of it: the request it answers, the
    /// packet it is about; for Wireshark, in pcapng
    #[arg(long, requires = "write", help_heading = "Output")]
    pub(crate) annotate: bool,

    /// Begin a new -w file when one is larger than SIZE million octets, or with k, m, g: KiB, MiB,
    /// GiB; their names end in 1, 2, ...
    #[arg(
        short = 'C',
        value_name = "SIZE",
        requires = "write",
        allow_negative_numbers = true,
        help_heading = "Output"
    )]
    pub(crate) rotate_size: Option<String>,

    /// Begin a new -w file every SECONDS; the name is a strftime(3) format
    #[arg(
        short = 'G',
        value_name = "SECONDS",
        requires = "write",
        value_parser = number::<u64>(1..=u64::MAX),
        allow_negative_numbers = true,
        help_heading = "Output"
    )]
    pub(crate) rotate_seconds: Option<u64>,

    /// With -C: keep N files that are written in turn; with -G: end after N files
    #[arg(
        short = 'W',
        value_name = "N",
        requires = "write",
        value_parser = number::<NonZeroU64>(1..=u64::MAX),
        allow_negative_numbers = true,
        help_heading = "Output"
    )]
    pub(crate) rotate_files: Option<NonZeroU64>,

    /// Flush the output after each line
    #[arg(short = 'l', help_heading = "Output")]
    pub(crate) line_buffered: bool,

    /// Once inputs are open, go on as USER if root; without it as who called sudo. Files of -w are
    /// created as that user; `root` stays root
    #[arg(
        short = 'Z',
        long = "relinquish-privileges",
        value_name = "USER",
        help_heading = "Privileges"
    )]
    pub(crate) user: Option<String>,

    /// Keep capabilities and system calls that are not needed any more (Linux: capabilities,
    /// Landlock, seccomp); -v says what is in force
    #[arg(long, help_heading = "Privileges")]
    pub(crate) no_sandbox: bool,

    /// More: IP fields, checksums, extensions; -vv and -vvv add further detail
    #[arg(short = 'v', action = ArgAction::Count, help_heading = "Lines")]
    pub(crate) verbose: u8,

    /// Say nothing of wrong checksums in IPv4 headers, where the network card fills them in
    #[arg(short = 'K', help_heading = "Lines")]
    pub(crate) ignore_header_checksums: bool,

    /// Link-layer header, in JSON too
    #[arg(short = 'e', help_heading = "Lines")]
    pub(crate) link_header: bool,

    /// Packet in hexadecimal; -xx with the link header; in JSON the payloads
    #[arg(short = 'x', action = ArgAction::Count, help_heading = "Lines")]
    pub(crate) hex: u8,

    /// Packet in hexadecimal and ASCII with the fields named; -XX with the link header
    #[arg(short = 'X', action = ArgAction::Count, help_heading = "Lines")]
    pub(crate) hex_ascii: u8,

    /// Packet in ASCII; -AA with the link header
    #[arg(short = 'A', action = ArgAction::Count, help_heading = "Lines")]
    pub(crate) ascii: u8,

    /// Time: -t none, -tt seconds since the epoch, -ttt since the line before, -tttt with the
    /// date, -ttttt since the first line
    #[arg(short = 't', action = ArgAction::Count, help_heading = "Lines")]
    pub(crate) time: u8,

    /// Times in microseconds
    #[arg(long, conflicts_with = "nano", help_heading = "Lines")]
    pub(crate) micro: bool,

    /// Times in nanoseconds
    #[arg(long, help_heading = "Lines")]
    pub(crate) nano: bool,

    /// Number of the frame in its file before each line, as Wireshark counts
    #[arg(short = '#', long, help_heading = "Lines")]
    pub(crate) number: bool,

    /// Names of hosts in the place of addresses, in text. A process of its own looks them up, and a
    /// name that is not known in time is left out
    #[arg(long, conflicts_with_all = ["json", "top"], help_heading = "Lines")]
    pub(crate) resolve: bool,

    /// Addresses as numbers, even with --resolve
    #[arg(short = 'n', action = ArgAction::Count, help_heading = "Lines")]
    pub(crate) numeric: u8,

    /// With --resolve: names without their domain
    #[arg(short = 'N', help_heading = "Lines")]
    pub(crate) no_domain: bool,

    /// Answers for the process that captures: what --resolve starts
    #[arg(long, hide = true)]
    pub(crate) resolver_process: bool,

    /// Whether to colour
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Lines"
    )]
    pub(crate) color: Colour,
}

/// Live capture.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Live capture")]
#[allow(clippy::struct_excessive_bools)] // one per flag
pub(crate) struct Live {
    /// Capture on INTERFACE, by name or by its number in -D, or `any`; repeatable. Without -i and
    /// -r: on the first that -D lists
    #[arg(short = 'i', long, value_name = "INTERFACE", conflicts_with = "read")]
    pub(crate) interface: Vec<String>,

    /// List the interfaces with addresses and state
    #[arg(short = 'D', long, exclusive = false)]
    pub(crate) list_interfaces: bool,

    /// List the link types of the interface
    #[arg(short = 'L', long)]
    pub(crate) list_data_link_types: bool,

    /// Take in the other traffic, too: for the packets that errors quote, what became of their
    /// flows, and ICMP in tunnels
    #[arg(long, conflicts_with_all = ["only_filter", "read"])]
    pub(crate) flows: bool,

    /// Take in exactly what FILTER selects; what correlation then cannot know is unknown
    #[arg(long, conflicts_with = "read")]
    pub(crate) only_filter: bool,

    /// Stop after TIME: seconds, or with a unit (500ms, 10s, 1m)
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        conflicts_with = "read"
    )]
    pub(crate) duration: Option<String>,

    /// Octets to capture of each packet; 0 for all
    #[arg(
        short = 's',
        long,
        value_name = "OCTETS",
        default_value_t = 0,
        value_parser = number::<u32>(0..=u32::MAX.into()),
        allow_negative_numbers = true
    )]
    pub(crate) snapshot_length: u32,

    /// The kernel's buffer, in KiB
    #[arg(
        short = 'B',
        long,
        value_name = "KIB",
        default_value_t = BUFFER_KIB,
        value_parser = number::<u32>(1..=BUFFER_KIB_MAX),
        allow_negative_numbers = true
    )]
    pub(crate) buffer_size: u32,

    /// Only packets for this host: no promiscuous mode
    #[arg(short = 'p', long)]
    pub(crate) no_promiscuous_mode: bool,

    /// Monitor mode, of wireless interfaces
    #[arg(short = 'I', long)]
    pub(crate) monitor_mode: bool,

    /// Packets of this direction only
    #[arg(short = 'Q', long, value_name = "DIRECTION")]
    pub(crate) direction: Option<Direction>,

    /// Link type to capture with, by name; see -L
    #[arg(short = 'y', long, value_name = "TYPE")]
    pub(crate) linktype: Option<String>,

    /// Who stamps the time, see pcap-tstamp(7)
    #[arg(short = 'j', long, value_name = "TYPE")]
    pub(crate) time_stamp_type: Option<TimestampType>,

    /// How fine time stamps are captured; nano unless the system has only micro
    #[arg(long, value_name = "PRECISION")]
    pub(crate) time_stamp_precision: Option<TimestampPrecision>,

    /// Packets one by one, not by blocks; the buffer then holds far fewer. On a terminal blocks are
    /// small anyway
    #[arg(long)]
    pub(crate) immediate_mode: bool,
}

/// What the kernel's buffer holds unless -B says: 32 MiB.
const BUFFER_KIB: u32 = 32 << 10;
/// The most that -B may ask for, as libpcap counts octets in 31 bits.
const BUFFER_KIB_MAX: u64 = (1 << 21) - 1;

/// `-Q`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// Received.
    In,
    /// Sent.
    Out,
    /// Both.
    Inout,
}

/// `-j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum TimestampType {
    /// The host.
    Host,
    /// The host, with low precision.
    HostLowprec,
    /// The host, with high precision.
    HostHiprec,
    /// The adapter, whose clock follows the host's.
    Adapter,
    /// The adapter, by a clock of its own.
    AdapterUnsynced,
}

/// `--time-stamp-precision`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimestampPrecision {
    /// Microseconds.
    Micro,
    /// Nanoseconds.
    Nano,
}

/// `--quoted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Quoted {
    /// If the filter is made of hosts, nets, ports and protocols only
    Auto,
    /// Always
    Yes,
    /// Never
    No,
}

/// `--originals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Remember every IP packet for a while, and follow the flows that errors are about
    On,
    /// Decode ICMP only: less work and memory, no originals, no aftermath
    Off,
}

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

const EXAMPLES: &str = "\
Examples:
  All ICMP as it comes; verdicts and summary at Ctrl-C:
    sudo icmpdump -i eth0
  The same with the flows that errors are about, and no line per message:
    sudo icmpdump -i any --flows -q
  Every ICMP message of a capture, then verdicts, findings and summary:
    icmpdump -r capture.pcap
  Errors about one flow, whoever sent them:
    icmpdump -r capture.pcap 'host 10.0.0.5 and tcp port 443'
  Requests, each with what became of it:
    icmpdump -r capture.pcap 'icmp[icmptype] == 8'
  Two capture points as one, as JSON:
    icmpdump -r a.pcap -r b.pcapng.gz --json
  From another host:
    ssh host tcpdump -U -i eth0 -w - | icmpdump -r -
  For Wireshark, each message with what is known of it:
    icmpdump -r a.pcap --annotate -w b.pcapng
  Ten files of 100 MB, written in turn:
    sudo icmpdump -i eth0 -w ring.pcap -C 100 -W 10

Signals:
  INT, TERM  end the capture with verdicts and summary; a second one at once
  HUP        reopens the -w file; without one, or if the terminal is gone,
             ends the capture in order, unless nohup started it
  USR1       tells verdicts and counters so far on standard error
  USR2       flushes

Unlike tcpdump:
  -q         verdicts, findings and summary, no shorter lines
  -r         may be given several times: merged by time
  -c         counts messages that are shown, not packets that are read
  -n -N      addresses are numbers unless --resolve asks; ports always are
  -v -X      say more: checksums, what was quoted; the fields beside the octets
  -#         counts all frames of the file, not those the filter selects
  -w         pcapng if the name ends so; with -C and -G a file is called
             NAME.part until it is complete
  -F         excludes a filter among the arguments
  -V         is the version

Exit status:
  0 done, 1 runtime error, 2 usage, 3 input damaged or cut short";
