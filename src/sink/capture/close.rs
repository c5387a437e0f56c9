//! Files of a rotation reach the disk in a thread of their own: syncing one may take seconds, and
//! capture is not to wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::{io, iter};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::error::{CaptureError, Stage};
use super::output::{Output, sync_folder};
use super::rotate::Rotation;

/// Octets of files that may wait for the disk: a ring of files takes so many more than it should.
const WAITING_OCTETS: u64 = 4 << 20;
/// How many such files there may be, each of them open.
const WAITING: u64 = 64;
/// Files that are finished before the folder is synced, besides the first.
const BATCH: usize = 64;

/// Finishes files one by one, in order.
#[derive(Debug)]
pub(super) struct Closer {
    /// Files that may wait beside the one that is being finished.
    waiting: usize,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    queue: Sender<Output>,
    /// Set with the first fault.
    failed: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), CaptureError>>,
}

impl Closer {
    /// For the files of `rotation`. In a ring none waits whose name comes round again.
    pub(super) fn new(rotation: &Rotation) -> Self {
        let size = rotation.size.unwrap_or(u64::MAX).max(1);
        let others = rotation
            .files
            .map_or(u64::MAX, |files| files.get().saturating_sub(2));
        let waiting = (WAITING_OCTETS / size).min(WAITING).min(others);
        Self {
            waiting: usize::try_from(waiting).unwrap_or(0),
            running: None,
        }
    }

    /// Finishes `output` in the background, once those before it are done; fails if one of them did.
    /// Waits where the disk is far behind, and where the system gives no thread.
    pub(super) fn close(&mut self, output: Output) -> Result<(), CaptureError> {
        let started = self
            .running
            .take()
            .map_or_else(|| Running::start(self.waiting), Ok);
        let Ok(running) = started else {
            return finish_all(output, iter::empty());
        };
        let goes_on = running.queue.send(output).is_ok() && !running.failed.load(Ordering::Relaxed);
        self.running = Some(running);
        if goes_on { Ok(()) } else { self.wait() }
    }

    /// Waits until all files are finished.
    pub(super) fn wait(&mut self) -> Result<(), CaptureError> {
        let Some(Running { queue, thread, .. }) = self.running.take() else {
            return Ok(());
        };
        drop(queue);
        thread.join().unwrap_or_else(|_| {
            let error = io::Error::other("the thread that finishes files ended early");
            Err(CaptureError::system("".as_ref(), Stage::Finish, error))
        })
    }
}

impl Running {
    fn start(waiting: usize) -> io::Result<Self> {
        let (queue, files) = bounded(waiting);
        let failed = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&failed);
        let thread = Builder::new()
            .name("finish-files".to_owned())
            .spawn(move || finish(&files, &told))?;
        Ok(Self {
            queue,
            failed,
            thread,
        })
    }
}

/// Finishes files as they come, whatever became of those before; gives the first fault.
fn finish(files: &Receiver<Output>, failed: &AtomicBool) -> Result<(), CaptureError> {
    let mut done = Ok(());
    while let Ok(first) = files.recv() {
        done = done.and(finish_all(first, files.try_iter().take(BATCH)));
        failed.store(done.is_err(), Ordering::Relaxed);
    }
    done
}

/// Finishes `first` and what waits behind it, and syncs the folder once for all: it takes as long as
/// a file.
fn finish_all(first: Output, others: impl Iterator<Item = Output>) -> Result<(), CaptureError> {
    let mut done = Ok(());
    let mut folder = first.folder().to_owned();
    for file in iter::once(first).chain(others) {
        if file.folder() != folder {
            sync_folder(&folder);
            file.folder().clone_into(&mut folder);
        }
        done = done.and(file.finish().map(drop));
    }
    sync_folder(&folder);
    done
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sink::capture::output::Existing;

    #[test]
    fn all_files_are_finished_and_the_first_fault_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut closer = Closer::new(&Rotation {
            size: Some(1),
            ..Rotation::default()
        });
        let mut told = Vec::new();
        for name in ["a", "b", "c", "d"] {
            let output = Output::part(&folder.path().join(name), Existing::Replace).unwrap();
            if matches!(name, "b" | "c") {
                // Somebody takes them away: they cannot get their names.
                fs::remove_file(output.path()).unwrap();
            }
            told.extend(closer.close(output).err());
        }
        told.extend(closer.wait().err());
        let told: Vec<_> = told.iter().map(ToString::to_string).collect();
        assert!(told[0].contains("b.part"), "{told:?}");
        let names = fs::read_dir(&folder).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "d"]);
    }
}
