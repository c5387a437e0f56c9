//! The way to the IP packet against tshark's, over all public captures.

#[path = "wire/oracle.rs"]
mod oracle;
