//! The captures below a folder, and the frames of all of them.

use std::path::{Path, PathBuf};

use crate::frames::{self, OwnedFrame};

pub(crate) struct Captures {
    pub(crate) files: Vec<CaptureFile>,
    pub(crate) frames: Vec<OwnedFrame>,
}

pub(crate) struct CaptureFile {
    pub(crate) path: PathBuf,
    /// Its path without what all have in common.
    pub(crate) name: String,
    /// Index of its first frame.
    pub(crate) first: usize,
    pub(crate) frames: usize,
}

impl Captures {
    /// All that can be read below a folder.
    pub(crate) fn read(root: &Path) -> Self {
        let mut all = Self {
            files: Vec::new(),
            frames: Vec::new(),
        };
        for path in frames::below(root) {
            let Some(read) = frames::of(&path) else {
                continue;
            };
            let name = path.strip_prefix(root).unwrap().to_string_lossy();
            all.files.push(CaptureFile {
                name: name.into_owned(),
                path,
                first: all.frames.len(),
                frames: read.len(),
            });
            all.frames.extend(read);
        }
        all
    }

    /// Those of the files that are meant, each by itself.
    pub(crate) fn each(self, is_meant: impl Fn(&CaptureFile) -> bool) -> Vec<Self> {
        let mut frames = self.frames.into_iter();
        let alone = |mut file: CaptureFile| {
            let frames = frames.by_ref().take(file.frames).collect();
            let is_meant = is_meant(&file);
            file.first = 0;
            is_meant.then(|| Self {
                files: vec![file],
                frames,
            })
        };
        self.files.into_iter().filter_map(alone).collect()
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        self.files.iter().any(|known| known.name == file)
    }

    /// The file that the frame with this index is in.
    pub(crate) fn file_of(&self, index: usize) -> &CaptureFile {
        let behind = self.files.partition_point(|file| file.first <= index);
        &self.files[behind - 1]
    }
}
