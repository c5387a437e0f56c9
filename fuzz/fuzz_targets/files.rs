//! A whole file, whatever its format: it is opened, or refused in words; each frame is classified.

#![no_main]

use std::io::{Seek, SeekFrom, Write};

use icmpdump::model::SourceId;
use icmpdump::source::{self, Source, Step};
use icmpdump::wire::KeyLines as _;
use icmpdump::wire::classify;
use icmpdump::wire::wireguard::{KeyLog, WireGuard};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(input).expect("room for it");
    file.seek(SeekFrom::Start(0)).expect("its start");
    match source::open(file.path(), SourceId(0)) {
        Ok(mut source) => {
            let mut number = 0;
            loop {
                match source.advance() {
                    Step::Frame => {}
                    Step::Secrets => {
                        for secrets in source.secrets() {
                            WireGuard::default()
                                .keys()
                                .read(&mut KeyLog::default(), &secrets.octets);
                        }
                        continue;
                    }
                    // Ticks tell of a wait, of which a file has none.
                    Step::Tick(_) | Step::End => break,
                }
                let frame = source.frame().expect("a step to a frame has one");
                number += 1;
                assert_eq!(frame.number, number);
                let _ = classify(&frame);
            }
            for damage in source.damage() {
                assert!(damage.frame <= number + 1);
            }
            assert!(!source.describe().is_empty());
        }
        Err(refusal) => {
            let name = file.path().to_string_lossy();
            assert!(refusal.to_string().starts_with(&*name));
        }
    }
});
