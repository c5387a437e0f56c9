//! A capture on interfaces and clocks of the test's own making.

mod accounts;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::Duration;

use super::Tap;
use super::batch::Batch;
use super::capture::Live;
use super::counters::Reading;
use super::links::LinkChange;
use super::machine::Machine;
use crate::model::{InterfaceId, LinkType, Timestamp};
use crate::source::{
    DamageKind, InterfaceInfo, KernelCounts, Notice, Resolution, Source, SourceInfo, Step,
};

const LAG: Duration = Duration::from_millis(150);
/// A block of packets is readable so long after its first.
const BLOCK: Duration = Duration::from_millis(100);

/// A time of day, in milliseconds.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

/// What time it is, and what comes when.
#[derive(Default)]
struct World {
    uptime: Duration,
    /// What somebody has set the clock forward by, in milliseconds.
    set: i64,
    /// When somebody will, and to how much.
    sets: VecDeque<(Duration, i64)>,
    links: VecDeque<(Duration, u32, LinkChange)>,
    /// Which interface is on the system's list no more, and since when.
    removed: Option<(Duration, u32)>,
    waits: u64,
}

/// The time of day when it all begins, in milliseconds.
const EPOCH: i64 = 1_000_000;

impl World {
    fn pass(&mut self, span: Duration) {
        self.uptime += span;
        while let Some((_, set)) = self.sets.pop_front_if(|(when, _)| *when <= self.uptime) {
            self.set = set;
        }
    }

    fn now(&self) -> Timestamp {
        at(EPOCH + self.set).after(self.uptime)
    }
}

type Shared = Rc<RefCell<World>>;

struct Clock(Shared);

impl Machine for Clock {
    fn now(&self) -> Timestamp {
        self.0.borrow().now()
    }

    fn uptime(&self) -> Duration {
        self.0.borrow().uptime
    }

    fn wait(&mut self, _: &[BorrowedFd<'_>], at_most: Duration) {
        let mut world = self.0.borrow_mut();
        world.waits += 1;
        world.pass(at_most.min(Duration::from_millis(10)));
    }

    fn link_changes(&mut self) -> Vec<(u32, LinkChange)> {
        let mut world = self.0.borrow_mut();
        let uptime = world.uptime;
        let mut changes = Vec::new();
        while let Some((_, index, change)) =
            (world.links).pop_front_if(|(when, ..)| *when <= uptime)
        {
            changes.push((index, change));
        }
        changes
    }

    fn interface_name(&self, index: u32) -> Option<String> {
        let world = self.0.borrow();
        let is_removed =
            (world.removed).is_some_and(|(when, of)| of == index && when <= world.uptime);
        (index < 90 && !is_removed).then(|| format!("eth{index}"))
    }
}

/// An interface whose packets are known beforehand.
struct Script {
    world: Shared,
    /// When each comes, by uptime, with the time that it carries.
    packets: VecDeque<(Duration, Timestamp)>,
    /// What the counters tell from when on.
    dropped: Vec<(Duration, u32)>,
    received: u32,
    fails: Option<(Duration, &'static str)>,
    /// What a reading takes.
    takes: Duration,
}

impl Tap for Script {
    fn read(&mut self, batch: &mut Batch) -> Result<(), String> {
        self.world.borrow_mut().pass(self.takes);
        let uptime = self.world.borrow().uptime;
        if let Some((when, why)) = self.fails
            && when <= uptime
        {
            return Err(why.to_owned());
        }
        for _ in 0..3 {
            let Some((_, ts)) = (self.packets).pop_front_if(|(when, _)| *when + BLOCK <= uptime)
            else {
                break;
            };
            self.received += 1;
            batch.push(ts, 60, b"octets");
        }
        Ok(())
    }

    fn counters(&mut self) -> Option<Reading> {
        let uptime = self.world.borrow().uptime;
        let passed = self.packets.iter().filter(|(when, _)| *when <= uptime);
        let waiting = u32::try_from(passed.count()).unwrap();
        let dropped = self.dropped.iter().rev().find(|(when, _)| *when <= uptime);
        let dropped = dropped.map_or(0, |(_, dropped)| *dropped);
        Some(Reading {
            received: self.received.wrapping_add(waiting).wrapping_add(dropped),
            dropped,
            interface_dropped: 0,
        })
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

fn script(world: &Shared, packets: &[u64]) -> Script {
    Script {
        world: Rc::clone(world),
        packets: packets
            .iter()
            .map(|&millis| {
                let after = Duration::from_millis(millis);
                (after, at(EPOCH).after(after))
            })
            .collect(),
        dropped: Vec::new(),
        received: 0,
        fails: None,
        takes: Duration::ZERO,
    }
}

fn live(world: &Shared, scripts: Vec<Script>) -> Live<Script, Clock> {
    let taps = (1..).zip(scripts).map(|(index, script)| {
        let info = InterfaceInfo {
            name: Some(format!("eth{index}")),
            link: LinkType(1),
            filter: None,
            comments: Vec::new(),
            snaplen: 0,
            fcs_len: 0,
            resolution: Resolution::Nanoseconds,
        };
        (script, Some(index), info)
    });
    Live::new(taps.collect(), Clock(Rc::clone(world)), LAG)
}

/// What came of a run.
#[derive(Default)]
struct Seen {
    /// Milliseconds of the time that frames carry, with their interface.
    frames: Vec<(i64, u32)>,
    ticks: Vec<Timestamp>,
    notices: Vec<Notice>,
}

/// Runs until its end, or stops it after `span`.
fn run(live: &mut Live<Script, Clock>, world: &Shared, span: Duration) -> Seen {
    let mut seen = Seen::default();
    let mut stopped = false;
    for step in 0.. {
        assert!(step < 1_000_000, "it never ends");
        if !stopped && world.borrow().uptime >= span {
            stopped = true;
            assert!(live.stop());
        }
        match live.advance() {
            Step::Frame => {
                let frame = live.frame().expect("a frame");
                assert_eq!(frame.number, seen.frames.len() as u64 + 1);
                if let Some(&horizon) = seen.ticks.last()
                    && world.borrow().set == 0
                {
                    assert!(frame.ts >= horizon, "older than was promised");
                }
                let millis = frame.ts.as_nanos() / 1_000_000 - EPOCH;
                let interface = frame.interface.expect("an interface").0;
                seen.frames.push((millis, interface));
            }
            Step::Tick(ts) => {
                seen.ticks.push(ts);
                seen.notices.extend(live.notices());
            }
            Step::Secrets => unreachable!("no interface has any"),
            Step::End => break,
        }
    }
    seen.notices.extend(live.notices());
    seen
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn frames_of_several_interfaces_come_in_order_of_time() {
    let world = Shared::default();
    let scripts = vec![
        script(&world, &[10, 30, 50, 70, 90, 1500, 1501]),
        script(&world, &[20, 40, 60, 80, 1499]),
        script(&world, &[]),
    ];
    let mut live = live(&world, scripts);
    let seen = run(&mut live, &world, seconds(3));
    let times: Vec<_> = seen.frames.iter().map(|(millis, _)| *millis).collect();
    assert_eq!(
        times,
        [10, 20, 30, 40, 50, 60, 70, 80, 90, 1499, 1500, 1501]
    );
    assert_eq!(seen.frames[1].1, 1);
    assert_eq!(seen.notices, []);
}

#[test]
fn a_stop_waits_for_the_last_block_and_takes_nothing_later() {
    for last in 0..100 {
        let world = Shared::default();
        // One right before the stop, and more of them after it.
        let packets: Vec<_> = [900 + last, 999, 1000]
            .into_iter()
            .chain(1011..2000)
            .collect();
        let mut live = live(&world, vec![script(&world, &packets)]);
        let seen = run(&mut live, &world, seconds(1));
        assert_eq!(seen.frames.len(), 3, "{last}");
        assert!(world.borrow().uptime < Duration::from_millis(1900));
    }
}

#[test]
fn a_stop_on_an_idle_link_need_not_wait() {
    let world = Shared::default();
    let mut live = live(&world, vec![script(&world, &[5])]);
    let seen = run(&mut live, &world, seconds(1));
    assert_eq!(seen.frames.len(), 1);
    assert!(world.borrow().uptime <= Duration::from_millis(1020));
}

#[test]
fn waiting_is_waiting() {
    let world = Shared::default();
    let mut live = live(&world, vec![script(&world, &[])]);
    run(&mut live, &world, seconds(10));
    // The test's clock lets a wait take ten milliseconds at most.
    assert!(world.borrow().waits <= 1100, "{}", world.borrow().waits);
}

#[test]
fn time_is_told_only_as_far_as_it_is_known() {
    let world = Shared::default();
    let mut live = live(&world, vec![script(&world, &[100, 5000])]);
    let seen = run(&mut live, &world, seconds(8));
    assert!(seen.ticks.is_sorted(), "{:?}", seen.ticks);
    // `run` holds frames to what ticks have promised; and ticks come, if late.
    let last = *seen.ticks.last().expect("ticks");
    assert!(
        last >= at(EPOCH + 7000) && last <= at(EPOCH + 8500),
        "{last:?}"
    );
}

#[test]
fn drops_are_told_with_their_time_though_counters_wrap() {
    let world = Shared::default();
    let mut interface = script(&world, &[]);
    interface.dropped = vec![
        (seconds(0), u32::MAX - 5),
        (Duration::from_millis(2500), 4),
        (Duration::from_millis(4500), 4),
    ];
    let mut live = live(&world, vec![interface]);
    let seen = run(&mut live, &world, seconds(6));
    let drops: Vec<_> = seen
        .notices
        .iter()
        .filter_map(|notice| match notice {
            Notice::Drops {
                counts: KernelCounts { dropped, .. },
                from,
                until,
                ..
            } => Some((*dropped, *from, *until)),
            _ => None,
        })
        .collect();
    // A first reading near the end is no difference worth telling: it is taken for a reset.
    let &[(dropped, from, until)] = &drops[..] else {
        panic!("{drops:?}");
    };
    assert_eq!(dropped, 10);
    assert!(from <= at(EPOCH + 2500) && until >= at(EPOCH + 2500));
    assert!(until.since(from).expect("in order") <= Duration::from_millis(1100));
    assert_eq!(live.kernel().expect("live")[0].counts.dropped, 10);
}

#[test]
fn a_clock_set_forward_and_back_is_told_and_nothing_waits_for_it() {
    const HOUR: i64 = 3_600_000;
    for set in [HOUR, -HOUR] {
        let world = Shared::default();
        world.borrow_mut().sets = [(seconds(3), set)].into();
        let stamps = |packets: &[u64]| {
            let mut script = script(&world, packets);
            for (when, ts) in &mut script.packets {
                if *when >= seconds(3) {
                    *ts = Timestamp::from_nanos(ts.as_nanos() + set * 1_000_000);
                }
            }
            script
        };
        let scripts = vec![stamps(&[1000, 3100, 5000]), stamps(&[2000, 3200, 5100])];
        let mut live = live(&world, scripts);
        let seen = run(&mut live, &world, seconds(7));
        let times: Vec<_> = seen.frames.iter().map(|(millis, _)| *millis).collect();
        let after = [3100, 3200, 5000, 5100].map(|millis| millis + set);
        assert_eq!(times, [&[1000, 2000][..], &after].concat(), "{set}");
        let &[Notice::ClockStep { before, after }] = &seen.notices[..] else {
            panic!("{:?}", seen.notices);
        };
        assert!(before <= at(EPOCH + 3000) && before >= at(EPOCH + 1900));
        let noticed = at(EPOCH + 3000 + set);
        assert!(after >= noticed && after.since(noticed) <= Some(seconds(1)));
        // It ended in time, by the clock that nobody sets.
        assert!(world.borrow().uptime < Duration::from_millis(7900));
    }
}

#[test]
fn a_clock_that_drifts_is_no_step() {
    let world = Shared::default();
    // Ten milliseconds off each second, far more than any clock.
    world.borrow_mut().sets = (1..60)
        .map(|n| (seconds(n), 10 * i64::try_from(n).unwrap()))
        .collect();
    let mut live = live(&world, vec![script(&world, &[])]);
    assert_eq!(run(&mut live, &world, seconds(60)).notices, []);
}

#[test]
fn interfaces_go_down_come_up_and_go_away() {
    let world = Shared::default();
    world.borrow_mut().links = [
        (seconds(1), 1, LinkChange::Down),
        (seconds(1), 77, LinkChange::Down),
        (seconds(2), 1, LinkChange::Down),
        (seconds(3), 1, LinkChange::Up),
        (seconds(4), 1, LinkChange::Up),
        (seconds(5), 2, LinkChange::Gone),
        // What is removed goes down first.
        (seconds(7), 1, LinkChange::Down),
        (seconds(7), 1, LinkChange::Gone),
    ]
    .into();
    let scripts = vec![script(&world, &[500, 3500, 6000]), script(&world, &[600])];
    let mut live = live(&world, scripts);
    let seen = run(&mut live, &world, seconds(100));
    assert_eq!(seen.frames.len(), 4);
    assert!(matches!(
        seen.notices[..],
        [
            Notice::Down { .. },
            Notice::Up { .. },
            Notice::Removed {
                interface: InterfaceId(1),
                ..
            }
        ]
    ));
    // It ended by itself when none was left.
    assert!(world.borrow().uptime < seconds(9));
    let kinds: Vec<_> = live.damage().iter().map(|damage| damage.kind).collect();
    assert_eq!(kinds, [DamageKind::Gone, DamageKind::Gone]);
}

#[test]
fn an_interface_whose_removal_is_told_late_is_not_told_to_be_down() {
    let world = Shared::default();
    world.borrow_mut().links = [
        (seconds(1), 1, LinkChange::Down),
        (seconds(3), 1, LinkChange::Gone),
    ]
    .into();
    world.borrow_mut().removed = Some((seconds(1), 1));
    let mut capture = live(&world, vec![script(&world, &[500])]);
    let seen = run(&mut capture, &world, seconds(100));
    assert_eq!(seen.notices, []);
    let kinds: Vec<_> = capture.damage().iter().map(|damage| damage.kind).collect();
    assert_eq!(kinds, [DamageKind::Gone]);
}

#[test]
fn a_reading_that_fails_ends_it_unless_the_interface_is_only_down() {
    let world = Shared::default();
    world.borrow_mut().links = [(seconds(1), 1, LinkChange::Down)].into();
    let mut down = script(&world, &[]);
    down.fails = Some((seconds(1), "The interface went down"));
    let mut capture = live(&world, vec![down]);
    let seen = run(&mut capture, &world, seconds(3));
    assert_eq!(seen.notices.len(), 1);
    assert_eq!(capture.damage(), []);

    let world = Shared::default();
    let mut broken = script(&world, &[]);
    broken.fails = Some((seconds(1), "no more memory"));
    let mut capture = live(&world, vec![broken]);
    run(&mut capture, &world, seconds(100));
    assert_eq!(capture.damage()[0].kind, DamageKind::Io);
    assert_eq!(capture.damage()[0].why, "eth1: no more memory");
}

#[test]
fn it_ends_by_itself_after_its_time() {
    let world = Shared::default();
    let packets: Vec<_> = (0..5000).step_by(10).collect();
    let mut live = live(&world, vec![script(&world, &packets)]);
    live.end_after(seconds(2));
    let seen = run(&mut live, &world, seconds(100));
    assert!(
        (199..=203).contains(&seen.frames.len()),
        "{}",
        seen.frames.len()
    );
}

#[test]
fn all_interfaces_are_one_source() {
    let world = Shared::default();
    let live = live(&world, vec![script(&world, &[]), script(&world, &[])]);
    let [
        SourceInfo {
            name, interfaces, ..
        },
    ] = &live.describe()[..]
    else {
        panic!("one source");
    };
    assert_eq!(name, "eth1,eth2");
    assert_eq!(interfaces.len(), 2);
}
