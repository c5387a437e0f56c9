//! Files of a rotation reach the disk in a thread of their own: syncing one may take seconds, and
//! capture is not to wait for it.

use std::io;
use std::thread::{Builder, JoinHandle};

use super::error::{CaptureError, Stage};
use super::output::Output;

/// Finishes one file at a time, in order.
#[derive(Debug, Default)]
pub(super) struct Closer {
    busy: Option<JoinHandle<Result<(), CaptureError>>>,
}

impl Closer {
    /// Finishes `output` in the background, once the one before it is done; fails if that failed.
    pub(super) fn close(&mut self, output: Output) -> Result<(), CaptureError> {
        self.wait()?;
        let path = output.path().to_owned();
        self.busy = Builder::new()
            .name("finish-file".to_owned())
            .spawn(move || output.finish().map(drop))
            .map(Some)
            .map_err(|error| CaptureError::system(&path, Stage::Finish, error))?;
        Ok(())
    }

    /// Waits until all files are finished.
    pub(super) fn wait(&mut self) -> Result<(), CaptureError> {
        let Some(busy) = self.busy.take() else {
            return Ok(());
        };
        busy.join().unwrap_or_else(|_| {
            let error = io::Error::other("the thread that finishes files ended early");
            Err(CaptureError::system("".as_ref(), Stage::Finish, error))
        })
    }
}
