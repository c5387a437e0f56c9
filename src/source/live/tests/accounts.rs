//! What the capture is accountable for: from when all was open to the stop.

use std::time::Duration;

use super::{EPOCH, Script, Shared, at, live, run, script, seconds};
use crate::model::InterfaceId;
use crate::source::live::links::LinkChange;
use crate::source::{DamageKind, InterfaceCounts, KernelCounts, Notice, Source};

fn counts(interface: &InterfaceCounts) -> (u64, u64, u64) {
    let KernelCounts {
        received, dropped, ..
    } = interface.counts;
    (received, dropped, interface.read)
}

/// A script that begins before the capture does: some packets, counted as received already.
fn begun_before(world: &Shared, before: &[i64], packets: &[u64]) -> Script {
    let mut script = script(world, packets);
    for &millis in before.iter().rev() {
        let packet = (Duration::ZERO, at(EPOCH + millis));
        script.packets.push_front(packet);
    }
    script
}

#[test]
fn what_came_before_all_was_open_is_not_of_the_capture() {
    let world = Shared::default();
    let scripts = vec![
        begun_before(&world, &[-30, -20, -10, -1], &[1, 500]),
        begun_before(&world, &[-2], &[2]),
    ];
    let mut live = live(&world, scripts);
    let seen = run(&mut live, &world, seconds(2));
    let times: Vec<_> = seen.frames.iter().map(|(millis, _)| *millis).collect();
    assert_eq!(times, [1, 2, 500]);
    let kernel = live.kernel().expect("live");
    assert_eq!(
        kernel.iter().map(counts).collect::<Vec<_>>(),
        [(2, 0, 2), (1, 0, 1)]
    );
}

#[test]
fn a_clock_set_back_at_the_start_hides_nothing() {
    let world = Shared::default();
    world.borrow_mut().sets = [(Duration::from_millis(1), -60_000)].into();
    let mut script = script(&world, &[5, 10]);
    for (_, ts) in &mut script.packets {
        *ts = ts.before(seconds(60));
    }
    let mut live = live(&world, vec![script]);
    assert_eq!(run(&mut live, &world, seconds(1)).frames.len(), 2);
}

#[test]
fn the_account_adds_up_to_the_packet_though_more_came_after_the_stop() {
    for flood in [1, 2, 5] {
        let world = Shared::default();
        let packets: Vec<_> = (0..3000).step_by(flood).collect();
        let mut interface = script(&world, &packets);
        interface.dropped = vec![(Duration::from_millis(500), 7)];
        let mut live = live(&world, vec![interface]);
        // While it runs, what is still to be read is counted, too.
        for _ in 0..50 {
            live.advance();
        }
        world.borrow_mut().pass(Duration::from_millis(5));
        live.take_stock();
        let (received, dropped, read) = counts(&live.kernel().expect("live")[0]);
        assert!(received > read + dropped, "{received} {read}");
        // Those at the start were read above.
        let mut left = 0;
        world.borrow_mut().pass(seconds(1));
        live.stop();
        while live.advance() != crate::source::Step::End {
            left += u64::from(live.frame().is_some());
        }
        let (received, dropped, all) = counts(&live.kernel().expect("live")[0]);
        assert!(left > 0 && all > read);
        assert_eq!((received, dropped), (all + 7, 7), "{flood}");
    }
}

#[test]
fn an_account_between_two_readings_is_not_a_second_old() {
    let world = Shared::default();
    let mut interface = script(&world, &[100, 200]);
    interface.dropped = vec![(Duration::from_millis(1300), 9)];
    let mut live = live(&world, vec![interface]);
    run_until(&mut live, &world, Duration::from_millis(1400));
    live.take_stock();
    assert_eq!(counts(&live.kernel().expect("live")[0]), (11, 9, 2));
    assert!(!live.notices().is_empty(), "the drops are told, too");
}

fn run_until(live: &mut impl Source, world: &Shared, until: Duration) {
    while world.borrow().uptime < until {
        live.advance();
    }
}

#[test]
fn what_an_interface_brought_before_it_was_removed_is_read() {
    let world = Shared::default();
    world.borrow_mut().links = [(Duration::from_millis(250), 1, LinkChange::Gone)].into();
    let mut live = live(&world, vec![script(&world, &[100, 200, 240, 249])]);
    let seen = run(&mut live, &world, seconds(100));
    assert_eq!(seen.frames.len(), 4);
    assert_eq!(live.damage()[0].kind, DamageKind::Gone);
    assert_eq!(counts(&live.kernel().expect("live")[0]), (4, 0, 4));
    // One of several that is removed is told at once, and the others go on.
    let world = Shared::default();
    world.borrow_mut().links = [(Duration::from_millis(250), 1, LinkChange::Gone)].into();
    let scripts = vec![script(&world, &[100]), script(&world, &[200, 900])];
    let mut live = super::live(&world, scripts);
    let seen = run(&mut live, &world, seconds(1));
    assert_eq!(seen.frames.len(), 3);
    let [
        Notice::Removed {
            interface,
            at: when,
        },
    ] = seen.notices[..]
    else {
        panic!("{:?}", seen.notices);
    };
    assert_eq!(interface, InterfaceId(0));
    assert!(when >= at(EPOCH + 250) && when < at(EPOCH + 900));
    assert_eq!(live.damage().len(), 1);
    // A stop at the same time leaves the message.
    let world = Shared::default();
    world.borrow_mut().links = [(Duration::from_millis(250), 1, LinkChange::Gone)].into();
    let mut live = super::live(&world, vec![script(&world, &[100])]);
    run(&mut live, &world, Duration::from_millis(260));
    assert_eq!(live.damage().len(), 1);
}

#[test]
fn what_is_left_unread_for_want_of_time_is_told() {
    let world = Shared::default();
    let packets: Vec<_> = (0..5000).collect();
    let mut interface = script(&world, &packets);
    // Three packets in ten milliseconds in which ten come.
    interface.takes = Duration::from_millis(10);
    let mut live = live(&world, vec![interface]);
    let seen = run(&mut live, &world, seconds(2));
    assert!(world.borrow().uptime <= Duration::from_millis(2900));
    let kernel = &live.kernel().expect("live")[0];
    let (received, dropped, read) = counts(kernel);
    assert_eq!((dropped, read), (0, seen.frames.len() as u64));
    assert!(kernel.unread > 1000, "{kernel:?}");
    assert_eq!(received, read + kernel.unread);
}

/// Who is not given the processor until the time for a stop is over reads all the same.
#[test]
fn a_stop_that_is_kept_waiting_reads_what_there_is() {
    let world = Shared::default();
    let mut live = live(&world, vec![script(&world, &[100, 900, 999])]);
    world.borrow_mut().pass(seconds(1));
    live.stop();
    world.borrow_mut().pass(seconds(3));
    let seen = run(&mut live, &world, seconds(100));
    assert_eq!(seen.frames.len(), 3);
    let kernel = &live.kernel().expect("live")[0];
    assert_eq!((counts(kernel), kernel.unread), ((3, 0, 3), 0));
}

/// Records that are to be written after the end get their part of the time.
#[test]
fn an_end_leaves_time_for_what_is_owed() {
    let ends_after = |owed| {
        let world = Shared::default();
        // Twenty packets a millisecond, ten of which are read.
        let packets: Vec<_> = (0..20_000).map(|n| n / 20).collect();
        let mut interface = script(&world, &packets);
        interface.takes = Duration::from_micros(300);
        let mut live = live(&world, vec![interface]);
        live.owing(owed);
        let seen = run(&mut live, &world, seconds(1));
        let kernel = &live.kernel().expect("live")[0];
        let (received, _, read) = counts(kernel);
        assert_eq!(read, seen.frames.len() as u64);
        assert_eq!(received, read + kernel.unread);
        let uptime = world.borrow().uptime;
        uptime.as_millis() - 1000
    };
    assert!((800..=810).contains(&ends_after(0)));
    assert!((500..=510).contains(&ends_after(6000)));
    // It takes a moment to know what a frame takes.
    assert!((400..=420).contains(&ends_after(1_000_000)));
}
