//! Live capture between real kernels: network namespaces, veth, loopback, tun.
//!
//! Needs root and iproute2; all interfaces are in namespaces of its own.
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;

mod confined;
mod ends;
mod filters;
mod losses;
mod net;
mod sources;
mod tail;
mod top;
mod verdicts;
