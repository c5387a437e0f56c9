//! Messages on standard error; held back while something else has the terminal.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use icmpdump::sink::patient::Patient;

/// How many messages are held back; the first ones tell most.
const HELD: usize = 100;

/// What waits, while messages are held back.
static WAITING: Mutex<Option<Waiting>> = Mutex::new(None);

#[derive(Default)]
struct Waiting {
    texts: Vec<String>,
    omitted: u64,
}

/// Says what went wrong on standard error; there is nobody to tell if that fails.
pub(crate) fn complain(message: &dyn Display) {
    tell(&format!("icmpdump: {message}\n"));
}

/// Writes text for people to standard error as it is.
pub(crate) fn tell(text: &str) {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    match waiting.as_mut() {
        None => say(text),
        Some(waiting) if waiting.texts.len() < HELD => waiting.texts.push(text.to_owned()),
        Some(waiting) => waiting.omitted += 1,
    }
}

/// Holds messages back from now on.
#[cfg_attr(not(feature = "top"), allow(dead_code))]
pub(crate) fn hold() {
    *WAITING.lock().unwrap_or_else(PoisonError::into_inner) = Some(Waiting::default());
}

/// Says what was held back, if anything, and what comes from now on.
pub(crate) fn release() {
    let waiting = WAITING
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .unwrap_or_default();
    for text in waiting.texts {
        say(&text);
    }
    if waiting.omitted > 0 {
        say(&format!(
            "icmpdump: and {} more messages\n",
            waiting.omitted
        ));
    }
}

fn say(text: &str) {
    let _ = Patient(io::stderr()).write_all(text.as_bytes());
}
