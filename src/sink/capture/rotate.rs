//! When a file ends and what the next one is called: tcpdump's `-C`, `-G` and `-W`.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::error::CaptureError;
use super::output::Existing;
use crate::model::Timestamp;
use crate::sink::Room;

/// When a new file is begun, and how many there may be.
#[derive(Clone, Debug, Default)]
pub struct Rotation {
    /// `-C`: before a frame, if the file is larger than so many octets.
    pub size: Option<u64>,
    /// `-G`: each time that so much time has passed since the run's first second. The names are
    /// `strftime` formats.
    pub every: Option<Duration>,
    /// `-W`: with `size`, so many files, which then take turns; with `every` alone, the run ends
    /// after so many.
    pub files: Option<NonZeroU64>,
    /// Where the names' times are told.
    pub zone: Option<TimeZone>,
}

impl Rotation {
    /// Whether there may be more than one file.
    pub fn is_wanted(&self) -> bool {
        self.size.is_some() || self.every.is_some()
    }

    /// The name of the file begun at `start`, from the name given.
    ///
    /// # Errors
    ///
    /// A time format that is not known, with the path.
    pub fn name_at(&self, template: &Path, start: Timestamp) -> std::io::Result<PathBuf> {
        Ok(self.formatted(template, start)?)
    }

    fn formatted(&self, template: &Path, start: Timestamp) -> Result<PathBuf, CaptureError> {
        if self.every.is_none() {
            return Ok(template.to_owned());
        }
        let wrong = |why: String| CaptureError::Name {
            path: template.to_owned(),
            why,
        };
        let format = template
            .to_str()
            .ok_or_else(|| wrong("the name is no UTF-8, as the times of -G need".to_owned()))?;
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        // Within the years that a timestamp holds, jiff knows each.
        let instant = jiff::Timestamp::from_nanosecond(start.as_nanos().into()).unwrap_or_default();
        jiff::fmt::strtime::format(format, &instant.to_zoned(zone))
            .map(PathBuf::from)
            .map_err(|error| wrong(format!("{error} (a name with -G is a strftime(3) format)")))
    }
}

/// Where a rotation stands.
#[derive(Debug)]
pub(super) struct Schedule {
    template: PathBuf,
    rotation: Rotation,
    /// When the slot of `-G` began.
    start: Timestamp,
    begun: bool,
    /// The latest such time.
    latest: Timestamp,
    /// Whether the clock was set back, so that names come again.
    existing: Existing,
    /// The file's number within the slot.
    number: u64,
    /// Slots that have ended.
    slots: u64,
}

impl Schedule {
    pub(super) fn new(template: &Path, rotation: Rotation) -> Self {
        Self {
            template: template.to_owned(),
            start: Timestamp::MIN,
            begun: rotation.every.is_none(),
            latest: Timestamp::MIN,
            existing: Existing::Replace,
            number: 0,
            slots: 0,
            rotation,
        }
    }

    /// Whether a name can be told: with `-G` only when the time is known.
    pub(super) fn is_begun(&self) -> bool {
        self.begun
    }

    /// The first time: slots begin at whole seconds, as the names tell them.
    pub(super) fn begin(&mut self, now: Timestamp) {
        const SECOND: i64 = 1_000_000_000;
        let fraction = now.as_nanos().rem_euclid(SECOND);
        self.start = Timestamp::from_nanos(now.as_nanos().saturating_sub(fraction));
        self.latest = self.start;
        self.begun = true;
    }

    /// Whether the slot has ended by `now`.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let Some(every) = self.rotation.every else {
            return false;
        };
        now.since(self.start).is_some_and(|passed| passed >= every)
    }

    /// When the slot ends, as far as that can be told in time stamps.
    pub(super) fn end(&self) -> Timestamp {
        self.rotation
            .every
            .map_or(Timestamp::MAX, |every| self.start.after(every))
    }

    /// Whether a file of so many octets has to end before the next frame.
    pub(super) fn is_full(&self, octets: u64) -> bool {
        self.rotation.size.is_some_and(|size| octets > size)
    }

    /// The file is full.
    pub(super) fn next_file(&mut self) {
        self.number += 1;
        if self
            .rotation
            .files
            .is_some_and(|files| self.number >= files.get())
        {
            self.number = 0;
        }
    }

    /// The slot is over at `now`; slots in which nothing happened are passed over.
    pub(super) fn next_slot(&mut self, now: Timestamp) -> Room {
        self.slots += 1;
        let files = self.rotation.files.map_or(u64::MAX, NonZeroU64::get);
        if self.rotation.size.is_none() && self.slots >= files {
            return Room::Enough;
        }
        self.number = 0;
        self.start = self.slot_of(now);
        self.existing = if self.start > self.latest {
            Existing::Replace
        } else {
            Existing::Keep
        };
        self.latest = self.latest.max(self.start);
        Room::More
    }

    /// The clock shows `now`. If it was set back by more than a slot, the file goes on, and its slot
    /// ends by the new time.
    pub(super) fn set_back(&mut self, now: Timestamp) {
        let far = self
            .rotation
            .every
            .is_some_and(|every| now.after(every) < self.start);
        if self.begun && far {
            self.start = self.slot_of(now);
        }
    }

    /// When the slot that holds `now` began.
    fn slot_of(&self, now: Timestamp) -> Timestamp {
        let Some(every) = self.rotation.every else {
            return self.start;
        };
        let every = i128::try_from(every.as_nanos().max(1)).unwrap_or(i128::MAX);
        let start = i128::from(self.start.as_nanos());
        let slots = (i128::from(now.as_nanos()) - start).div_euclid(every);
        Timestamp::from_nanos_wide(start + slots * every)
    }

    /// What becomes of a file that has the name: names repeat as the user had it, but where they do
    /// so because the clock was set back, nothing is overwritten.
    pub(super) fn existing(&self) -> Existing {
        match self.rotation {
            // A ring is made to be overwritten.
            Rotation {
                size: Some(_),
                files: Some(_),
                ..
            } => Existing::Replace,
            _ => self.existing,
        }
    }

    /// The name of the file that is next.
    pub(super) fn name(&self) -> Result<PathBuf, CaptureError> {
        let Rotation { size, files, .. } = self.rotation;
        let mut name = self
            .rotation
            .formatted(&self.template, self.start)?
            .into_os_string();
        if size.is_some() {
            let width = files.map_or(0, |files| digits(files.get() - 1));
            if self.number > 0 || width > 0 {
                name.push(format!("{:0width$}", self.number));
            }
        }
        Ok(name.into())
    }
}

/// Decimal digits, none for 0.
fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(0, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_parts(seconds, 500_000_000)
    }

    fn schedule(name: &str, size: Option<u64>, every: Option<u64>, files: u64) -> Schedule {
        let rotation = Rotation {
            size,
            every: every.map(Duration::from_secs),
            files: NonZeroU64::new(files),
            zone: None,
        };
        let mut schedule = Schedule::new(Path::new(name), rotation);
        schedule.begin(at(100));
        schedule
    }

    fn name(schedule: &Schedule) -> String {
        schedule.name().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn a_ring_is_numbered_as_tcpdump_does() {
        for (files, names) in [
            (0, &["f", "f1", "f2", "f3"]),
            (1, &["f", "f", "f", "f"]),
            (2, &["f0", "f1", "f0", "f1"]),
            (10, &["f0", "f1", "f2", "f3"]),
            (11, &["f00", "f01", "f02", "f03"]),
            (101, &["f000", "f001", "f002", "f003"]),
        ] {
            let mut schedule = schedule("f", Some(1), None, files);
            for expected in names {
                assert_eq!(name(&schedule), *expected, "-W {files}");
                schedule.next_file();
            }
        }
    }

    #[test]
    fn slots_begin_at_whole_seconds_and_empty_ones_are_passed_over() {
        let mut schedule = schedule("f%s", None, Some(10), 0);
        assert_eq!(name(&schedule), "f100");
        assert_eq!(schedule.end(), Timestamp::from_parts(110, 0));
        assert_eq!(schedule.next_slot(at(110)), Room::More);
        assert_eq!(name(&schedule), "f110");
        assert_eq!(schedule.next_slot(at(1_000_139)), Room::More);
        assert_eq!(name(&schedule), "f1000130");
        assert_eq!(schedule.existing(), Existing::Replace);
    }

    #[test]
    fn slots_can_be_counted() {
        let mut schedule = schedule("f%s", None, Some(10), 2);
        assert_eq!(schedule.next_slot(at(110)), Room::More);
        assert_eq!(schedule.next_slot(at(120)), Room::Enough);
    }

    #[test]
    fn with_size_and_time_each_slot_has_a_ring() {
        let mut schedule = schedule("f%s-", Some(1), Some(10), 2);
        let mut names = vec![name(&schedule)];
        for _ in 0..2 {
            schedule.next_file();
            names.push(name(&schedule));
        }
        for second in [110, 120, 130] {
            assert_eq!(schedule.next_slot(at(second)), Room::More);
        }
        names.push(name(&schedule));
        assert_eq!(names, ["f100-0", "f100-1", "f100-0", "f130-0"]);
    }

    #[test]
    fn a_clock_set_back_overwrites_nothing() {
        let mut schedule = schedule("f%s", None, Some(10), 0);
        assert_eq!(schedule.next_slot(at(115)), Room::More);
        // By less than a slot: the file's name stays true for longer.
        schedule.set_back(at(105));
        assert_eq!(schedule.end(), Timestamp::from_parts(120, 0));
        schedule.set_back(at(95));
        assert_eq!(schedule.end(), Timestamp::from_parts(100, 0));
        assert_eq!(schedule.next_slot(at(100)), Room::More);
        assert_eq!(name(&schedule), "f100");
        assert_eq!(schedule.existing(), Existing::Keep);
        assert_eq!(schedule.next_slot(at(110)), Room::More);
        assert_eq!(schedule.existing(), Existing::Keep);
        assert_eq!(schedule.next_slot(at(120)), Room::More);
        assert_eq!(schedule.existing(), Existing::Replace);
    }

    #[test]
    fn a_name_that_is_no_time_format_is_told() {
        let schedule = schedule("f%!", None, Some(10), 0);
        let error = schedule.name().unwrap_err().to_string();
        assert!(
            error.contains("f%!") && error.contains("strftime"),
            "{error}"
        );
    }
}
