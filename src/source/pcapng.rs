//! pcapng
