//! What the system says of its interfaces while they are captured on: down, up, gone.
//!
//! A socket that is opened before a sandbox is put up, and that tells by itself (`rtnetlink(7)`):
//! nothing has to be asked from time to time, and no change is too short to be heard of.

/// What happened to an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkChange {
    Up,
    Down,
    Gone,
}

#[cfg(target_os = "linux")]
pub(super) use linux::Links;
#[cfg(not(target_os = "linux"))]
pub(super) use other::Links;

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

    use rustix::io::Errno;
    use rustix::net::netdevice::{index_to_name, name_to_index};
    use rustix::net::netlink::SocketAddrNetlink;
    use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};

    use super::LinkChange;

    /// `RTMGRP_LINK`.
    const LINK_GROUP: u32 = 1;
    const RTM_NEWLINK: u16 = 16;
    const RTM_DELLINK: u16 = 17;
    const IFF_UP: u32 = 1;
    /// `struct nlmsghdr`, in octets.
    const HEADER: usize = 16;

    /// Hears of changes.
    #[derive(Debug)]
    pub(in super::super) struct Links {
        socket: Option<OwnedFd>,
    }

    impl Links {
        /// Listens from now on; where the system does not let it, it never hears anything.
        pub(in super::super) fn listen() -> Self {
            let open = || {
                let socket = socket_with(
                    AddressFamily::NETLINK,
                    SocketType::RAW,
                    SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
                    // NETLINK_ROUTE is 0.
                    None,
                )?;
                bind(&socket, &SocketAddrNetlink::new(0, LINK_GROUP))?;
                Ok::<_, Errno>(socket)
            };
            Self {
                socket: open().ok(),
            }
        }

        pub(in super::super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
            self.socket.as_ref().map(AsFd::as_fd)
        }

        /// The name of an interface by number.
        pub(in super::super) fn name(&self, index: u32) -> Option<String> {
            index_to_name(self.socket.as_ref()?, index).ok()
        }

        /// The number of an interface by name.
        pub(in super::super) fn index(&self, name: &str) -> Option<u32> {
            name_to_index(self.socket.as_ref()?, name).ok()
        }

        /// What was heard since the last call, by interface.
        pub(in super::super) fn changes(&mut self) -> Vec<(u32, LinkChange)> {
            let mut changes = Vec::new();
            let mut datagram = [0; 8 << 10];
            while let Some(socket) = &self.socket {
                match recv(socket, &mut datagram, RecvFlags::empty()) {
                    Ok((read, _)) if read > 0 => {
                        parse(datagram.get(..read).unwrap_or_default(), &mut changes);
                    }
                    // Some were missed, as there were too many; the next ones are heard.
                    Err(Errno::NOBUFS | Errno::INTR) => {}
                    _ => break,
                }
            }
            changes
        }
    }

    /// Takes the link messages out of a datagram, whose numbers are in the machine's byte order.
    fn parse(mut octets: &[u8], changes: &mut Vec<(u32, LinkChange)>) {
        let word = |octets: &[u8], at: usize| {
            let word = octets.get(at..at + 4)?;
            Some(u32::from_ne_bytes(word.try_into().ok()?))
        };
        while let Some(length) = word(octets, 0).and_then(|length| usize::try_from(length).ok()) {
            let Some(message) = octets.get(..length).filter(|_| length >= HEADER) else {
                return;
            };
            let kind = message.get(4..6).and_then(|kind| kind.try_into().ok());
            // `struct ifinfomsg`: family, type, then index and flags.
            let index = word(message, HEADER + 4);
            let flags = word(message, HEADER + 8);
            if let (Some(kind), Some(index), Some(flags)) = (kind, index, flags) {
                match u16::from_ne_bytes(kind) {
                    RTM_NEWLINK if flags & IFF_UP != 0 => changes.push((index, LinkChange::Up)),
                    RTM_NEWLINK => changes.push((index, LinkChange::Down)),
                    RTM_DELLINK => changes.push((index, LinkChange::Gone)),
                    _ => {}
                }
            }
            // Messages begin at multiples of four octets.
            octets = octets.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn message(kind: u16, index: u32, flags: u32, more: usize) -> Vec<u8> {
            let length = HEADER + 16 + more;
            let mut octets = u32::try_from(length).unwrap().to_ne_bytes().to_vec();
            octets.extend(kind.to_ne_bytes());
            octets.extend([0; 10]);
            octets.extend([0; 4]);
            octets.extend(index.to_ne_bytes());
            octets.extend(flags.to_ne_bytes());
            octets.resize(length.next_multiple_of(4), 0);
            octets
        }

        #[test]
        fn messages_about_links_are_read_and_others_passed_over() {
            let mut all = message(RTM_NEWLINK, 7, 0x1003, 5);
            all.extend(message(20, 7, 0, 8));
            all.extend(message(RTM_NEWLINK, 7, 0x1002, 0));
            all.extend(message(RTM_DELLINK, 9, 0x1003, 40));
            let mut changes = Vec::new();
            parse(&all, &mut changes);
            let expected = [
                (7, LinkChange::Up),
                (7, LinkChange::Down),
                (9, LinkChange::Gone),
            ];
            assert_eq!(changes, expected);
        }

        #[test]
        fn lengths_that_lie_end_it() {
            let whole = message(RTM_NEWLINK, 7, 1, 0);
            for length in 0..whole.len() {
                let mut changes = Vec::new();
                parse(&whole[..length], &mut changes);
                assert_eq!(changes, [], "{length}");
            }
            for lie in [0_u32, 3, 15, 1000, u32::MAX] {
                let mut octets = whole.clone();
                octets[..4].copy_from_slice(&lie.to_ne_bytes());
                let mut changes = Vec::new();
                parse(&octets, &mut changes);
                assert_eq!(changes, [], "{lie}");
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::os::fd::BorrowedFd;

    use super::LinkChange;

    /// Hears nothing: reading fails where an interface goes away.
    #[derive(Debug)]
    pub(in super::super) struct Links;

    impl Links {
        pub(in super::super) fn listen() -> Self {
            Self
        }

        pub(in super::super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
            None
        }

        pub(in super::super) fn name(&self, _index: u32) -> Option<String> {
            None
        }

        pub(in super::super) fn index(&self, _name: &str) -> Option<u32> {
            None
        }

        pub(in super::super) fn changes(&mut self) -> Vec<(u32, LinkChange)> {
            Vec::new()
        }
    }
}
