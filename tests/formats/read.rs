//! Reads captures to their end by the library, into what tests compare.

use std::path::Path;

use icmpdump::model::{InterfaceId, LinkType, SourceId};
use icmpdump::source::{
    self, Damage, Notice, OpenError, SecretsFault, SecretsKind, Source, SourceInfo, Step,
};

/// A frame as read, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) number: u64,
    pub(crate) source: SourceId,
    pub(crate) interface: Option<InterfaceId>,
    pub(crate) nanos: i64,
    pub(crate) link: LinkType,
    pub(crate) wire_len: u32,
    pub(crate) fcs_len: u8,
    pub(crate) data: Vec<u8>,
}

/// A source read to its end.
#[derive(Debug, PartialEq)]
pub(crate) struct Whole {
    pub(crate) frames: Vec<Read>,
    pub(crate) damage: Vec<Damage>,
    pub(crate) info: Vec<SourceInfo>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) ticks: usize,
    pub(crate) secrets: Vec<Secret>,
}

/// What a block of secrets holds, and how many frames came before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    pub(crate) kind: SecretsKind,
    pub(crate) offset: u64,
    pub(crate) octets: Vec<u8>,
    pub(crate) fault: Option<SecretsFault>,
    pub(crate) frames: usize,
}

impl Whole {
    pub(crate) fn data(&self) -> Vec<&[u8]> {
        self.frames.iter().map(|f| f.data.as_slice()).collect()
    }

    /// The one damage there must be.
    pub(crate) fn only_damage(&self) -> &Damage {
        assert_eq!(self.damage.len(), 1, "{:?}", self.damage);
        &self.damage[0]
    }
}

/// Reads `source` to its end, checking what holds for every source.
pub(crate) fn drain(mut source: impl Source) -> Whole {
    let mut frames = Vec::new();
    let mut ticks = 0;
    let mut secrets = Vec::new();
    loop {
        match source.advance() {
            Step::Frame => {
                let frame = source.frame().expect("a frame was told");
                assert!(frame.wire_len as usize >= frame.data.len());
                frames.push(Read {
                    number: frame.number,
                    source: frame.source,
                    interface: frame.interface,
                    nanos: frame.ts.as_nanos(),
                    link: frame.link,
                    wire_len: frame.wire_len,
                    fcs_len: frame.fcs_len,
                    data: frame.data.to_vec(),
                });
            }
            Step::Tick(_) => ticks += 1,
            Step::Secrets => {
                let found = source.secrets();
                assert!(!found.is_empty(), "some were told");
                secrets.extend(found.into_iter().map(|secrets| Secret {
                    kind: secrets.kind,
                    offset: secrets.offset,
                    octets: secrets.octets,
                    fault: secrets.fault,
                    frames: frames.len(),
                }));
            }
            Step::End => break,
        }
    }
    assert!(source.frame().is_none(), "no frame behind the end");
    assert_eq!(source.advance(), Step::End, "the end stays");
    Whole {
        notices: source.notices(),
        frames,
        damage: source.damage(),
        info: source.describe(),
        ticks,
        secrets,
    }
}

/// Opens and reads a file: where it is used, and ahead of that by a thread, which must be the same.
pub(crate) fn file(path: &Path) -> Result<Whole, OpenError> {
    let here = source::open(path, SourceId(0)).map(drain)?;
    let mut ahead = source::open(path, SourceId(0))?;
    ahead.read_ahead();
    let ahead = drain(ahead);
    assert!(
        here == ahead,
        "{}: {} frames and {:?}; read ahead {} frames and {:?}",
        path.display(),
        here.frames.len(),
        here.damage,
        ahead.frames.len(),
        ahead.damage
    );
    Ok(here)
}

/// Opens and reads a file of these octets.
pub(crate) fn octets(content: &[u8]) -> Result<Whole, OpenError> {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("capture");
    std::fs::write(&path, content).expect("room for a temporary file");
    file(&path)
}

/// As [`octets`], for what must open.
pub(crate) fn whole(content: &[u8]) -> Whole {
    octets(content).unwrap_or_else(|e| panic!("{e}"))
}
