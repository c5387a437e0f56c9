//! The way to the IP packet, and messages put together from fragments, against tshark's, over all
//! public captures.

#[path = "wire/fragments.rs"]
mod fragments;
#[path = "common/frames.rs"]
mod frames;
#[path = "wire/oracle.rs"]
mod oracle;
