//! icmpdump: who dropped your traffic, where, why, and what became of the flow.
//!
//! # The way of a packet
//!
//! ```text
//! source -> wire -> icmp -> correlate -> findings -> record -> sink
//! ```
//!
//! A straight line: a module uses only what stands to its left, and [`model`], which lies under
//! all, as do `handover`, which starts threads, and `prefetch`. Only [`pipeline`] and the program's
//! `app` know them all. In reading order:
//!
//! - [`model`]: time, frames and flows, the words that all share.
//! - [`source`]: frames out of pcap and pcapng files, plain or compressed, and from interfaces,
//!   merged by time; filters.
//! - [`wire`]: from a frame to the IP packet: link layers, tunnels, IP headers, checksums,
//!   reassembly. [`wire::classify`] sorts frames before anything is decoded.
//! - [`icmp`]: what a message says: types, quotes, extensions, options.
//! - [`correlate`]: what messages have to do with each other and with other packets: requests and
//!   replies, errors and the packets they quote, drop verdicts, traceroutes.
//! - [`findings`]: diagnoses, one file each.
//! - [`record`]: the output as types, with its words and the summary.
//! - [`sink`]: text, JSON, capture files, the full screen.
//!
//! One loop, [`pipeline::Pipeline::run`], takes a frame from the source, classifies it, decodes it
//! if it is ICMP, asks correlation, and hands records to the sink in frame order. A filter selects
//! what is shown; correlation sees everything.
//!
//! Most packets are not ICMP. [`wire::plain()`] tells nearly all of them by a glance, in a loop of the
//! source's own ([`source::Source::skim`]), and a note of 80 octets is all that correlation asks of
//! them; for files another thread takes those notes while this one correlates
//! ([`pipeline::Pipeline::run_ahead`]), or decompresses ahead where the frames are written
//! ([`source::FileSource::read_ahead`]). What is found is entered in an account, for findings and
//! summary, and handed to the sink; where that is much a thread of its own does both
//! ([`pipeline::Telling`]), which each flush waits for. Live, where what is not read is lost, the
//! messages of a burst wait for it in memory, and the flush does not.
//!
//! # What holds everywhere
//!
//! 1. **Decoding is total.** Any octets give a message with all that could be read, and
//!    [defects](wire::Defects) for the rest. No panic, nothing dropped for a bad checksum.
//! 2. **Borrow, then own once.** Decoding borrows from the read buffer and does not allocate.
//!    Correlation keeps small copies of facts, no packet octets.
//! 3. **Time is an argument.** Capture time drives all windows; only [`source::live`] reads a clock,
//!    and tells by [`source::Step::Tick`] up to when everything is known. Time that goes backwards is
//!    counted and never gives a negative round trip. (The thread that writes measures how long that
//!    takes it, which decides how much may wait for it, and nothing that is told.)
//! 4. **Every table is bounded** in octets, shared out from one limit, and keyed by a seeded hash.
//!    What is evicted is counted and told; an evicted request is never called lost.
//! 5. **Nothing is silently missing.** Frames read, further packets in them, and messages that they
//!    report = undecodable + not ICMP + hidden + shown.
//! 6. **Text from packets and files is escaped** in every output.
//!
//! # Originals in one pass
//!
//! Every IP packet leaves a fingerprint of fixed size in a ring, chained by flow. An ICMP error
//! walks the chain of the flow it quotes backwards to the packet that caused it; from then on the
//! flow is followed forward for its aftermath. The same for files, pipes and compressed input.

pub mod correlate;
pub mod findings;
mod handover;
pub mod icmp;
pub mod model;
pub mod pipeline;
mod prefetch;
pub mod record;
pub mod sink;
pub mod source;
pub mod wire;
