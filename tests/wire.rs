//! The way to the IP packet, and messages put together from fragments, against tshark's, over all
//! public captures.

#[path = "wire/fragments.rs"]
mod fragments;
#[path = "wire/oracle.rs"]
mod oracle;
