//! The interfaces there are.

use std::net::IpAddr;

use pcap::{ConnectionStatus, Device};

use super::LiveError;

/// An interface that can be captured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Its name.
    pub name: String,
    /// What the system or libpcap says of it.
    pub description: Option<String>,
    /// Its addresses with the length of their network's prefix, where that is known.
    pub addresses: Vec<(IpAddr, Option<u8>)>,
    /// Its state in words: `up` or `down`, `running`, `loopback`, `wireless`, `disconnected`.
    pub state: Vec<&'static str>,
}

/// All interfaces, in libpcap's order: the one to capture on by default comes first.
///
/// # Errors
///
/// [`LiveError::Refused`] where the system does not list them.
pub fn list() -> Result<Vec<DeviceInfo>, LiveError> {
    let devices = Device::list().map_err(|error| LiveError::Refused {
        name: "the interfaces".to_owned(),
        why: super::interface::text(error),
    })?;
    Ok(devices.into_iter().map(info).collect())
}

/// The interface to capture on where none is named, as tcpdump chooses it.
///
/// # Errors
///
/// [`LiveError::NoInterfaces`] where there is none.
pub fn default_name() -> Result<String, LiveError> {
    let first = list()?.into_iter().next();
    Ok(first.ok_or(LiveError::NoInterfaces)?.name)
}

/// The name of an interface given by name or by its number in the list, which counts from 1.
pub fn by_name_or_number(given: &str) -> String {
    let number = given.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let Some((number, devices)) = number.zip(list().ok()) else {
        return given.to_owned();
    };
    if devices.iter().any(|device| device.name == given) {
        return given.to_owned();
    }
    devices
        .get(number)
        .map_or_else(|| given.to_owned(), |device| device.name.clone())
}

fn info(device: Device) -> DeviceInfo {
    let flags = &device.flags;
    // What taps into other parts of the system is neither up nor down.
    let is_link = flags.connection_status != ConnectionStatus::NotApplicable;
    let words = [
        (flags.is_up(), "up"),
        (!flags.is_up() && is_link, "down"),
        (flags.is_running(), "running"),
        (flags.is_loopback(), "loopback"),
        (flags.is_wireless(), "wireless"),
        (
            flags.connection_status == ConnectionStatus::Disconnected,
            "disconnected",
        ),
    ];
    DeviceInfo {
        state: words
            .into_iter()
            .filter_map(|(holds, word)| holds.then_some(word))
            .collect(),
        addresses: device
            .addresses
            .iter()
            .map(|address| (address.addr, address.netmask.and_then(prefix)))
            .collect(),
        name: device.name,
        description: device.desc,
    }
}

/// The prefix length of a netmask, where its ones stand together.
fn prefix(mask: IpAddr) -> Option<u8> {
    let (ones, whole) = match mask {
        IpAddr::V4(mask) => (mask.to_bits().leading_ones(), mask.to_bits().count_ones()),
        IpAddr::V6(mask) => (mask.to_bits().leading_ones(), mask.to_bits().count_ones()),
    };
    (ones == whole)
        .then_some(ones)
        .and_then(|ones| u8::try_from(ones).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_netmask_with_holes_has_no_prefix() {
        assert_eq!(prefix([255, 255, 255, 0].into()), Some(24));
        assert_eq!(prefix([0, 0, 0, 0].into()), Some(0));
        assert_eq!(prefix([255, 0, 255, 0].into()), None);
        assert_eq!(prefix(IpAddr::V6(u128::MAX.into())), Some(128));
    }
}
