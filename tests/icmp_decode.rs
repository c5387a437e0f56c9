//! The decoding of ICMP against tshark's, over all captures, and what it allocates.

#[path = "icmp_decode/allocations.rs"]
mod allocations;
#[path = "icmp_decode/compressed.rs"]
mod compressed;
#[path = "icmp_decode/corpus.rs"]
mod corpus;
#[path = "icmp_decode/ek.rs"]
mod ek;
#[path = "icmp_decode/ek_messages.rs"]
mod ek_messages;
#[path = "icmp_decode/ek_named.rs"]
mod ek_named;
#[path = "icmp_decode/ek_paths.rs"]
mod ek_paths;
#[path = "icmp_decode/foreign.rs"]
mod foreign;
#[path = "common/frames.rs"]
mod frames;
#[path = "icmp_decode/header_samples.rs"]
mod header_samples;
#[path = "icmp_decode/headers.rs"]
mod headers;
#[path = "icmp_decode/link.rs"]
mod link;
#[path = "icmp_decode/look.rs"]
mod look;
#[path = "icmp_decode/named.rs"]
mod named;
#[path = "icmp_decode/oracle.rs"]
mod oracle;
#[path = "icmp_decode/ours.rs"]
mod ours;
#[path = "icmp_decode/quoted.rs"]
mod quoted;
#[path = "icmp_decode/quoted_dns.rs"]
mod quoted_dns;
#[path = "icmp_decode/quoted_icmp.rs"]
mod quoted_icmp;
#[path = "icmp_decode/quoted_tunnels.rs"]
mod quoted_tunnels;
#[path = "icmp_decode/rows.rs"]
mod rows;
#[path = "icmp_decode/said.rs"]
mod said;
#[path = "icmp_decode/samples.rs"]
mod samples;
#[path = "icmp_decode/shapes.rs"]
mod shapes;
#[path = "icmp_decode/shown.rs"]
mod shown;
#[path = "icmp_decode/shown_quotes.rs"]
mod shown_quotes;
#[path = "icmp_decode/shown_values.rs"]
mod shown_values;
#[path = "icmp_decode/tcp.rs"]
mod tcp;
#[path = "icmp_decode/tcpdump.rs"]
mod tcpdump;
#[path = "icmp_decode/tunnel_checksums.rs"]
mod tunnel_checksums;
#[path = "icmp_decode/tunnel_fields.rs"]
mod tunnel_fields;
#[path = "icmp_decode/tunnel_samples.rs"]
mod tunnel_samples;
#[path = "icmp_decode/tunnels.rs"]
mod tunnels;
