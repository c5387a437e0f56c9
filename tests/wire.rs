//! The way to the IP packet, and messages put together from fragments, against tshark's, over all
//! public captures.

#[path = "wire/altered.rs"]
mod altered;
#[path = "wire/answered.rs"]
mod answered;
#[path = "wire/behind.rs"]
mod behind;
#[path = "wire/bluetooth.rs"]
mod bluetooth;
#[path = "wire/captured.rs"]
mod captured;
#[path = "wire/compressor.rs"]
mod compressor;
#[path = "wire/conflicts.rs"]
mod conflicts;
#[path = "wire/evicted.rs"]
mod evicted;
#[path = "common/fragmented.rs"]
mod fragmented;
#[path = "wire/fragments.rs"]
mod fragments;
#[path = "common/frames.rs"]
mod frames;
#[path = "wire/ghc.rs"]
mod ghc;
#[path = "wire/half_translated.rs"]
mod half_translated;
#[path = "wire/in_part.rs"]
mod in_part;
#[path = "wire/lowpan.rs"]
mod lowpan;
#[path = "wire/lowpan_fragments.rs"]
mod lowpan_fragments;
#[path = "wire/lowpan_routing.rs"]
mod lowpan_routing;
#[path = "wire/lowpan_tshark.rs"]
mod lowpan_tshark;
#[path = "wire/nobody.rs"]
mod nobody;
#[path = "common/lowpan.rs"]
mod nodes;
#[path = "wire/on_link.rs"]
mod on_link;
#[path = "wire/oracle.rs"]
mod oracle;
#[path = "wire/pieces.rs"]
mod pieces;
#[path = "wire/streams.rs"]
mod streams;
#[path = "wire/tunnel_copies.rs"]
mod tunnel_copies;
#[path = "wire/tunnel_fragments.rs"]
mod tunnel_fragments;
#[path = "wire/unmended.rs"]
mod unmended;
#[path = "wire/unmended_quotes.rs"]
mod unmended_quotes;
#[path = "wire/zep.rs"]
mod zep;
