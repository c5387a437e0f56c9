//! Live capture as the program shows it: opening, the banner, notices, what the kernel counted.

mod notices;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::config::{Input, LiveInput, Output};
use icmpdump::model::LinkType;
use icmpdump::source::filter::dlt;
use icmpdump::source::live::devices::{self, DeviceInfo};
use icmpdump::source::live::{self, Direction, Listening, LiveError, Options, Take};
use icmpdump::source::remedy::{self, Circumstances};
use icmpdump::source::{InterfaceCounts, Source};
pub(crate) use notices::Notices;

/// Opens the interfaces, and gives what to say of what is listened to.
pub(crate) fn open(
    input: &LiveInput,
    waker: Option<std::os::unix::net::UnixStream>,
) -> Result<(impl Source + use<>, Vec<String>), LiveError> {
    let names = names(input)?;
    let (source, listening) = live::open(&names, &input.options, input.duration, waker)?;
    let banners = listening.iter();
    let banners = banners.map(|interface| banner(interface, &input.options));
    Ok((source, banners.collect()))
}

fn names(input: &LiveInput) -> Result<Vec<String>, LiveError> {
    if input.interfaces.is_empty() {
        return Ok(vec![devices::default_name()?]);
    }
    let mut names = Vec::new();
    for given in &input.interfaces {
        let name = devices::by_name_or_number(given);
        // Captured twice, each packet would be a copy of itself.
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Why it cannot be captured, with the remedy.
pub(crate) fn told(error: &LiveError) -> String {
    match error {
        LiveError::NoPermission { name, missing, .. } => {
            remedy::no_permission(name, *missing, &Circumstances::here(*missing))
        }
        LiveError::NoSuchInterface { name, known } => remedy::no_such_interface(name, known),
        other => other.to_string(),
    }
}

fn banner(interface: &Listening, options: &Options) -> String {
    let Listening { name, link, .. } = interface;
    let takes = match &options.take {
        Take::Icmp { .. } if interface.kernel_filter.is_empty() => {
            "all packets, as libpcap has no filters for this link type".to_owned()
        }
        Take::Icmp { and } if and.is_empty() => {
            "all ICMP and traceroute's UDP; tunnelled ICMP and the packets that errors quote need \
             --flows"
                .to_owned()
        }
        Take::Icmp { and } => format!("all ICMP, traceroute's UDP, and what '{and}' selects"),
        Take::Only(filter) => format!("only what '{filter}' selects"),
        Take::Everything => "all packets".to_owned(),
    };
    let way = match options.direction {
        Some(Direction::In) => ", of what is received,",
        Some(Direction::Out) => ", of what is sent,",
        Some(Direction::Both) | None => "",
    };
    let is_partial = !way.is_empty() || matches!(options.take, Take::Only(_));
    let therefore = if is_partial {
        "; a request without a reply is therefore unknown, not lost"
    } else {
        ""
    };
    format!(
        "listening on {name}, link type {}, snapshot length {} bytes; the kernel hands \
         over{way} {takes}{therefore}",
        link_name(*link),
        options.snaplen
    )
}

/// What libpcap calls a link type, and what it says of it.
fn named(link: LinkType) -> Option<(String, String)> {
    let link = pcap::Linktype(dlt::from_linktype(link));
    Some((link.get_name().ok()?, link.get_description().ok()?))
}

fn link_name(link: LinkType) -> String {
    match named(link) {
        Some((name, description)) => format!("{name} ({description})"),
        None => link.0.to_string(),
    }
}

/// `-D`: the interfaces there are.
pub(crate) fn list_interfaces(json: bool) -> Result<String, LiveError> {
    let devices = devices::list()?;
    let mut text = String::new();
    for (number, device) in (1..).zip(&devices) {
        text.push_str(&if json {
            in_json(number, device)
        } else {
            in_text(number, device)
        });
        text.push('\n');
    }
    Ok(text)
}

fn addresses(device: &DeviceInfo) -> Vec<String> {
    let of = |(address, prefix): &(std::net::IpAddr, Option<u8>)| match prefix {
        Some(prefix) => format!("{address}/{prefix}"),
        None => address.to_string(),
    };
    device.addresses.iter().map(of).collect()
}

fn in_text(number: u32, device: &DeviceInfo) -> String {
    let mut line = format!("{number}.{}", device.name);
    if let Some(description) = &device.description {
        let _ = write!(line, " ({description})");
    }
    let addresses = addresses(device);
    if !addresses.is_empty() {
        let _ = write!(line, " {}", addresses.join(" "));
    }
    if !device.state.is_empty() {
        let _ = write!(line, " [{}]", device.state.join(", "));
    }
    line
}

fn in_json(number: u32, device: &DeviceInfo) -> String {
    let mut record = serde_json::json!({
        "type": "interface",
        "number": number,
        "name": device.name,
        "addresses": addresses(device),
        "state": device.state,
    });
    if let Some(description) = &device.description {
        record["description"] = description.as_str().into();
    }
    record.to_string()
}

/// `-L`: the link types that the interfaces have.
pub(crate) fn list_link_types(input: &LiveInput, json: bool) -> Result<String, LiveError> {
    let mut text = String::new();
    for interface in names(input)? {
        let links = live::link_types(&interface, &input.options)?;
        if json {
            for link in links {
                let _ = writeln!(text, "{}", link_in_json(&interface, link));
            }
        } else {
            let _ = writeln!(text, "link types of {interface} (use -y to choose one):");
            for link in links {
                let _ = writeln!(text, "  {}", link_name(link));
            }
        }
    }
    Ok(text)
}

fn link_in_json(interface: &str, link: LinkType) -> serde_json::Value {
    let mut record = serde_json::json!({
        "type": "link_type",
        "interface": interface,
        "link_type": link.0,
    });
    if let Some((name, description)) = named(link) {
        record["name"] = name.into();
        record["description"] = description.into();
    }
    record
}

/// What libpcap reads while it captures: the counters of the interfaces.
pub(crate) fn files_read(input: &Input) -> Vec<PathBuf> {
    let Input::Live(input) = input else {
        return Vec::new();
    };
    let names = names(input).unwrap_or_default().into_iter();
    names
        .filter_map(|name| Path::new("/sys/class/net").join(name).canonicalize().ok())
        .collect()
}

/// What the kernel counted on each interface.
pub(crate) fn counts(interfaces: &[InterfaceCounts]) -> Vec<String> {
    let line = |interface: &InterfaceCounts| {
        let InterfaceCounts {
            name,
            counts,
            drops: _,
            read,
            unread,
        } = interface;
        let left = match unread {
            0 => String::new(),
            more => format!("; {more} were left unread, as the end was not to wait for them"),
        };
        format!(
            "{name}: {} read, {} received by the filter, {} dropped by the kernel, {} dropped by \
             the interface{left}",
            packets(*read),
            counts.received,
            counts.dropped,
            counts.interface_dropped
        )
    };
    interfaces.iter().map(line).collect()
}

fn packets(count: u64) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} packet{s}")
}

/// How text for people is laid out on standard error.
pub(crate) fn report_options(output: &Output) -> icmpdump::sink::TextOptions {
    match output {
        Output::Text(options) => icmpdump::sink::TextOptions {
            colour: false.into(),
            ..options.clone()
        },
        _ => icmpdump::sink::TextOptions {
            zone: TimeZone::system(),
            ..icmpdump::sink::TextOptions::default()
        },
    }
}
