//! The recorded tunnel block by block, with other secrets in it.

use std::fs;
use std::io::Write;

use tempfile::NamedTempFile;

use crate::common::testdata;

pub(crate) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(crate) const INTERFACE: u32 = 1;
pub(crate) const PACKET: u32 = 6;
pub(crate) const SECRETS: u32 = 10;
pub(crate) const WIREGUARD: u32 = 0x5747_4b4c;

pub(crate) fn file(octets: &[u8]) -> (NamedTempFile, String) {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(octets).expect("room");
    let path = file.path().to_str().expect("UTF-8").to_owned();
    (file, path)
}

pub(crate) fn key_log() -> String {
    fs::read_to_string(testdata("wireguard.keys")).expect("keys")
}

/// A block with secrets, which claims to hold so many octets of them.
pub(crate) fn secrets(kind: u32, octets: &[u8], claimed: usize) -> Vec<u8> {
    let padded = octets.len().next_multiple_of(4);
    let length = u32::try_from(12 + 8 + padded).expect("a block");
    let claimed = u32::try_from(claimed).expect("a length");
    let mut block: Vec<u8> = [SECRETS, length, kind, claimed]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    block.extend(octets);
    block.resize(16 + padded, 0);
    block.extend(length.to_le_bytes());
    block
}

/// The blocks of a pcapng file.
pub(crate) fn blocks(octets: &[u8]) -> Vec<&[u8]> {
    let mut rest = octets;
    let mut found = Vec::new();
    while let Some(length) = rest.get(4..8) {
        let length = u32::from_le_bytes(length.try_into().expect("four octets"));
        let (block, behind) = rest.split_at(usize::try_from(length).expect("a length"));
        found.push(block);
        rest = behind;
    }
    found
}

pub(crate) fn kind(block: &[u8]) -> u32 {
    u32::from_le_bytes(block[..4].try_into().expect("four octets"))
}

/// The recorded tunnel with other secrets, or none, in their place.
pub(crate) fn recorded_with(secrets: &[u8]) -> Vec<u8> {
    let recorded = fs::read(testdata("wireguard.pcapng")).expect("a capture");
    let blocks = blocks(&recorded).into_iter();
    blocks
        .flat_map(|block| {
            if kind(block) == SECRETS {
                secrets
            } else {
                block
            }
        })
        .copied()
        .collect()
}
