//! Programs whose payloads can be told apart, and in which order they write their numbers.

/// Programs and systems whose payloads can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// `ping` of iputils on 64-bit Linux: the sender's own `struct timeval`, then octets that count
    /// on.
    Iputils,
    /// `ping` of GNU inetutils on 64-bit Linux: the same time, then octets that count on from 0.
    Inetutils,
    /// The time of iputils in words of 32 bits, little-endian: `ping` of iputils there, or of a BSD before it
    /// sent big-endian words.
    Timeval32,
    /// `ping` of macOS and older BSDs, `ping6` of macOS and `NetBSD`: a time of two big-endian words, then
    /// octets that count on.
    Bsd,
    /// `ping` of FreeBSD, of IPv6 too: the same, but of seconds and nanoseconds since its machine was started.
    FreeBsd,
    /// `ping` of `NetBSD` of 64 bits: seconds and nanoseconds since its machine was started, in its own order,
    /// then octets that count on.
    NetBsd,
    /// `ping` of Windows and its ICMP library, `Ping` of .NET on any system: letters from a to w.
    Windows,
    /// `fping`, `mtr`, `tracert` of Windows, `ping` of nmap and of scamper: zeros.
    Zeros,
    /// `traceroute -I` on Linux: octets that count from 0x40 to 0x7f over and over, those of the header
    /// included.
    LinuxTraceroute,
    /// `ping` of `BusyBox`: a word of microseconds since its machine was started, then zeros. One packet
    /// does not tell that: see [`super::Senders`].
    BusyBox,
    /// `ping` of toybox, which Android has: the same of milliseconds. One packet does not tell that either.
    Toybox,
    /// `ping` of Cisco IOS: a word of milliseconds, then 0xabcd over and over.
    Cisco,
    /// `hping3`: the letter X.
    Hping,
    /// The `ping` libraries of Go: nanoseconds in big-endian order, then an identifier.
    Go,
    /// `check_icmp` of Nagios and Icinga: the time of iputils, the number 10, then zeros.
    CheckIcmp,
    /// A program that nothing else tells of: a time of two words of 32 or 64 bits, of one that counts
    /// all of it, or of a floating-point number, then anything.
    Clock,
    /// `HiPerConTracer`: a header of 16 octets with the time.
    HiPerConTracer,
    /// `oping`, `noping`, `collectd`: the name and address of liboping.
    Liboping,
    /// `blackbox_exporter` of Prometheus: its name.
    BlackboxExporter,
    /// `scamper`, where it traces a path by echo requests: two octets that make the checksum what it is to
    /// be, which is the identifier unless told otherwise, then zeros.
    Scamper,
}

impl Sender {
    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iputils => "iputils",
            Self::Inetutils => "inetutils",
            Self::Timeval32 => "timeval32",
            Self::Bsd => "bsd",
            Self::FreeBsd => "freebsd",
            Self::NetBsd => "netbsd",
            Self::Windows => "windows",
            Self::Zeros => "zeros",
            Self::LinuxTraceroute => "linux_traceroute",
            Self::BusyBox => "busybox",
            Self::Toybox => "toybox",
            Self::Cisco => "cisco",
            Self::Hping => "hping",
            Self::Go => "go",
            Self::CheckIcmp => "check_icmp",
            Self::Clock => "clock",
            Self::HiPerConTracer => "hipercontracer",
            Self::Liboping => "liboping",
            Self::BlackboxExporter => "blackbox_exporter",
            Self::Scamper => "scamper",
        }
    }

    /// What it may be, in plain words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Iputils => "ping of Linux (iputils)",
            Self::Inetutils => "ping of GNU inetutils",
            Self::Timeval32 => "ping of 32-bit Linux or an old BSD",
            Self::Bsd => "ping of macOS or BSD",
            Self::FreeBsd => "ping of FreeBSD",
            Self::NetBsd => "ping of NetBSD",
            Self::Windows => "ping of Windows or .NET",
            Self::Zeros => "fping, mtr, nmap, scamper or Windows tracert",
            Self::LinuxTraceroute => "traceroute -I of Linux",
            Self::BusyBox => "ping of BusyBox",
            Self::Toybox => "ping of toybox",
            Self::Cisco => "ping of Cisco IOS",
            Self::Hping => "hping3",
            Self::Go => "ping of a Go program",
            Self::CheckIcmp => "check_icmp of Nagios or Icinga",
            Self::Clock => "a program that sends its time",
            Self::HiPerConTracer => "HiPerConTracer",
            Self::Liboping => "oping or collectd (liboping)",
            Self::BlackboxExporter => "blackbox_exporter of Prometheus",
            Self::Scamper => "traceroute of scamper",
        }
    }

    /// In which order it is known to write its numbers.
    pub(super) const fn order(self) -> NumberOrder {
        match self {
            Self::Iputils
            | Self::Inetutils
            | Self::Bsd
            | Self::FreeBsd
            | Self::NetBsd
            | Self::LinuxTraceroute
            | Self::BusyBox
            | Self::Cisco
            | Self::Go
            | Self::CheckIcmp
            | Self::HiPerConTracer
            | Self::Liboping
            | Self::BlackboxExporter
            | Self::Scamper => NumberOrder::Network,
            Self::Windows | Self::Zeros => NumberOrder::OfWindows,
            Self::Timeval32 | Self::Toybox | Self::Hping | Self::Clock => NumberOrder::Any,
        }
    }
}

/// In which order a sender writes identifier and sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberOrder {
    /// In that of the network on every machine.
    Network,
    /// In that of the network, but for Windows up to XP, which has both in little-endian order.
    OfWindows,
    /// It is not known, or that of its machine.
    Any,
}
