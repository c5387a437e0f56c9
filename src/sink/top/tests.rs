//! The view on a terminal in memory.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keys::{Choices, Flowing, Next, Order, Part, Typing, Zoom};
use super::model::{Phase, Sample, Snapshot};
use super::{Shared, TopSink, view};
use crate::correlate::{Config, Correlator, Originals, Sight};
use crate::findings::{Confidence, Finding, Severity};
use crate::model::{Frame, SourceId};
use crate::pipeline::{Control, Observer, Pipeline, Telling};
use crate::record::Summary;
use crate::source::filter::{Filter, QuotedPolicy};
use crate::source::{KernelCounts, Progress, SourceInfo, open};

struct Nobody;

impl Observer for Nobody {
    fn progress(&mut self, _progress: Progress) {}
    fn unknown_link(&mut self, _frame: &Frame<'_>, _sources: &[SourceInfo]) {}
}

/// The last snapshot of a run over a recorded capture.
fn snapshot(capture: &str, filter: &str) -> Snapshot {
    run(capture, filter).0
}

/// The same, with the summary.
fn run(capture: &str, filter: &str) -> (Snapshot, Summary) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(capture);
    let mut source = open(&path, SourceId(0)).expect("a capture");
    let shared = Arc::new(Shared::default());
    shared.take();
    let mut sink = TopSink::new(Arc::clone(&shared));
    let mut pipeline = Pipeline {
        key_logs: Vec::new(),
        filter: Filter::new(filter, QuotedPolicy::Auto),
        correlator: Correlator::new(&Config {
            reply_timeout: Duration::from_secs(10),
            memory_limit: 64 << 20,
            originals: Originals::Track,
            sight: Sight::Whole,
        }),
        telling: Telling::Here,
        frames: None,
        limit: None,
        control: &Control::default(),
        observer: &mut Nobody,
    };
    let summary = pipeline
        .run(&mut source, &mut sink)
        .expect("a sink in memory");
    (*shared.take().expect("a snapshot at the end"), summary)
}

/// The screen as lines of text.
fn screen(size: (u16, u16), shown: &Snapshot, choices: &mut Choices) -> Vec<String> {
    let backend = TestBackend::new(size.0, size.1);
    let mut terminal = Terminal::new(backend).expect("a terminal in memory");
    terminal
        .draw(|frame| view::draw(frame, shown, choices))
        .expect("a terminal in memory");
    let buffer = terminal.backend().buffer();
    let width = usize::from(size.0);
    buffer
        .content()
        .chunks(width)
        .map(|cells| cells.iter().map(ratatui::buffer::Cell::symbol).collect())
        .collect()
}

fn press(choices: &mut Choices, codes: &[KeyCode]) -> Next {
    codes.iter().fold(Next::Stay, |_, code| {
        choices.press(KeyEvent::new(*code, KeyModifiers::NONE))
    })
}

fn letters(text: &str) -> Vec<KeyCode> {
    text.chars().map(KeyCode::Char).collect()
}

#[track_caller]
fn line<'s>(screen: &'s [String], words: &str) -> &'s str {
    screen
        .iter()
        .find(|line| line.contains(words))
        .unwrap_or_else(|| panic!("no {words:?} in:\n{}", screen.join("\n")))
}

#[test]
fn the_demo_at_a_glance() {
    let shown = snapshot("demo.pcap", "");
    let screen = screen((140, 44), &shown, &mut Choices::default());
    line(&screen, "icmpdump  demo.pcap  end of input");
    line(&screen, "95 frames: 47 ICMP shown, 0 hidden, 48 not ICMP");
    line(&screen, "Pings (3), by loss");
    // No part is cut while there is room.
    line(&screen, "2001:db8:3::2 no route");
    let lossy = line(&screen, "10.0.1.1 > 10.0.4.2");
    for cell in [" 21622 ", " 10 ", " 20.0% ", "x", "█"] {
        assert!(lossy.contains(cell), "{cell}: {lossy}");
    }
    let failed = line(&screen, "10.0.1.1 > 10.99.0.9");
    assert!(failed.trim_end().ends_with("!!"), "{failed}");
    let dropper = line(&screen, "fragmentation needed 3/4");
    assert!(dropper.starts_with("10.0.2.2 "), "{dropper}");
    assert!(dropper.contains(" 1400 "), "{dropper}");
    line(&screen, "2001:db8:2::2 fragmentation needed v6 2/0");
    line(&screen, "TCP 10.0.1.1.40843 > 10.0.4.2.8443");
    line(&screen, "pmtu_black_hole");
    assert_eq!(shown.phase, Phase::Ended);
}

#[test]
fn rows_say_the_same_as_the_summary() {
    for capture in [
        "demo.pcap",
        "ping-loss4.pcap",
        "ping-duplicates.pcap",
        "fping.pcap",
    ] {
        let (shown, summary) = run(capture, "");
        assert!(!shown.pings.is_empty(), "{capture}");
        assert_eq!(shown.pings.len(), summary.pairs.len(), "{capture}");
        for (ping, pair) in shown.pings.iter().zip(&summary.pairs) {
            assert_eq!((ping.addrs, ping.id), (pair.addrs, pair.id), "{capture}");
            let row = (ping.sent, ping.answered, ping.lost, ping.errors);
            let told = (pair.sent, pair.answered, pair.lost, pair.errors);
            assert_eq!(row, told, "{capture}: {ping:?}");
            assert_eq!(ping.duplicates, pair.duplicates, "{capture}: {ping:?}");
            assert_eq!(ping.waiting(), pair.pending, "{capture}: {ping:?}");
            let seen = ping.history().filter(|sample| *sample == Sample::Lost);
            assert_eq!(ping.lost, seen.count() as u64, "{capture}: {ping:?}");
            assert!(ping.min <= ping.mean() && ping.mean() <= ping.max);
        }
        for row in &summary.droppers {
            let same = |dropper: &&super::model::Dropper| {
                dropper.address == row.dropper && dropper.kind == (row.kind, row.code)
            };
            let shown = shown.droppers.iter().find(same).expect("a row");
            let told = (row.count, row.flows, row.mtu);
            assert_eq!((shown.errors, shown.flows, shown.mtu), told, "{capture}");
        }
    }
}

#[test]
fn a_reply_in_fragments_answers_when_it_is_whole() {
    for capture in ["ping-fragments4.pcap", "ping-fragments6.pcap"] {
        let shown = snapshot(capture, "");
        assert!(!shown.pings.is_empty(), "{capture}");
        for ping in &shown.pings {
            // The reply itself was seen, not only that the exchange closed.
            assert!(
                ping.answered > 0 && Some(ping.last) == shown.now,
                "{ping:?}"
            );
        }
    }
}

#[test]
fn what_a_filter_hides_still_decides() {
    // Requests only: their replies are not told, what became of them is.
    let shown = snapshot("ping4.pcap", "icmp[icmptype]==8");
    assert!(shown.frames.filtered > 0);
    for ping in &shown.pings {
        assert!(ping.answered > 0, "{ping:?}");
        assert_eq!(ping.sent, ping.answered, "{ping:?}");
    }
    assert!(!shown.pings.is_empty());
}

#[test]
fn filter_and_sort() {
    let shown = snapshot("demo.pcap", "");
    let mut choices = Choices::default();
    press(&mut choices, &letters("/8443"));
    assert_eq!(choices.typing, Typing::Filter);
    let typing = screen((140, 44), &shown, &mut choices);
    line(&typing, "rows with: 8443_");
    line(&typing, "Pings (0 of 3)");
    line(&typing, "none has the filter's text");
    line(&typing, "Dropped flows (1 of ");
    press(&mut choices, &[KeyCode::Enter]);
    let kept = screen((140, 44), &shown, &mut choices);
    line(&kept, "rows with '8443' (Esc: all)");
    press(&mut choices, &[KeyCode::Esc]);
    let all = screen((140, 44), &shown, &mut choices);
    line(&all, "Pings (3), by loss");

    // In the order of names the pair with 10.0.4.2 comes before the one with 10.99.0.9.
    press(&mut choices, &letters("ssss"));
    assert_eq!(choices.order(Part::Pings), Order::Name);
    let named = screen((140, 44), &shown, &mut choices);
    let at = |words: &str| named.iter().position(|line| line.contains(words));
    assert!(at("10.0.1.1 > 10.0.4.2 ") < at("10.0.1.1 > 10.99.0.9 "));
    press(&mut choices, &letters("s"));
    assert_eq!(choices.order(Part::Pings), Order::Loss, "around");
}

#[test]
fn help() {
    let shown = snapshot("demo.pcap", "");
    let mut choices = Choices::default();
    for key in ['?', 'h'] {
        press(&mut choices, &letters(&String::from(key)));
        let told = screen((80, 24), &shown, &mut choices);
        line(&told, "icmpdump  demo.pcap  end of input");
        line(&told, " p  Space       stop the picture");
        // All of it has room.
        line(
            &told,
            " loss           among the requests whose time for a reply is over",
        );
        // Whatever key leaves it does nothing else.
        press(&mut choices, &letters("p"));
        assert_eq!(choices.flowing, Flowing::Running);
        line(
            &screen((80, 24), &shown, &mut choices),
            "Pings (3), by loss",
        );
    }
    press(&mut choices, &letters("?"));
    assert_eq!(press(&mut choices, &letters("q")), Next::Quit);
    // In the filter it is a letter.
    let mut choices = Choices::default();
    press(&mut choices, &letters("/?h"));
    assert_eq!(choices.filter, "?h");
}

#[test]
fn keys() {
    let mut choices = Choices::default();
    assert_eq!(press(&mut choices, &letters("xyz")), Next::Stay);
    press(&mut choices, &letters("p"));
    assert_eq!(choices.flowing, Flowing::Paused);
    press(&mut choices, &letters(" "));
    assert_eq!(choices.flowing, Flowing::Running);
    press(&mut choices, &[KeyCode::Tab, KeyCode::Tab]);
    assert_eq!(choices.focus, Part::Flows);
    press(&mut choices, &[KeyCode::BackTab, KeyCode::Enter]);
    assert_eq!(
        (choices.focus, choices.zoom),
        (Part::Droppers, Zoom::OnePart)
    );
    press(&mut choices, &[KeyCode::BackTab, KeyCode::BackTab]);
    assert_eq!(choices.focus, Part::Findings, "around");

    // While typing letters are no commands.
    assert_eq!(press(&mut choices, &letters("/Qq")), Next::Stay);
    assert_eq!(choices.filter, "qq");
    press(&mut choices, &[KeyCode::Backspace]);
    assert_eq!(choices.filter, "q");
    press(&mut choices, &letters(&"w".repeat(500)));
    assert!(choices.filter.len() < 100);
    press(&mut choices, &[KeyCode::Esc]);
    assert_eq!(choices.filter, "");

    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    press(&mut choices, &letters("/"));
    assert_eq!(choices.press(control_c), Next::Quit, "also while typing");
    let mut choices = Choices::default();
    assert_eq!(choices.press(control_c), Next::Quit);
    assert_eq!(press(&mut choices, &letters("q")), Next::Quit);
}

/// Typed fast, Escape and a key arrive as one with Alt.
#[test]
fn escape_with_a_key_right_behind_it() {
    let mut choices = Choices::default();
    press(&mut choices, &[KeyCode::Char('/')]);
    press(&mut choices, &letters("fd09"));
    choices.press(KeyEvent::new(KeyCode::Char('p'), KeyModifiers::ALT));
    assert_eq!(choices.filter, "");
    assert_eq!(choices.flowing, Flowing::Paused);
    let quit = choices.press(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT));
    assert_eq!(quit, Next::Quit);
}

#[test]
fn scrolling_stops_at_the_last_row() {
    let shown = snapshot("demo.pcap", "");
    let mut choices = Choices::default();
    press(&mut choices, &[KeyCode::Tab, KeyCode::Enter, KeyCode::End]);
    let end = screen((100, 8), &shown, &mut choices);
    // Of 9 droppers 3 fit, below the heading and the heads.
    assert_eq!(choices.scrolled(Part::Droppers), shown.droppers.len() - 3);
    line(&end, "no route");
    press(&mut choices, &[KeyCode::Up]);
    screen((100, 8), &shown, &mut choices);
    assert_eq!(choices.scrolled(Part::Droppers), shown.droppers.len() - 4);
    press(&mut choices, &[KeyCode::Home]);
    assert_eq!(choices.scrolled(Part::Droppers), 0);
}

/// Of what matters nothing is cut where most terminals begin.
#[test]
fn eighty_columns_show_who_and_how_many_and_what_was_missed() {
    let mut shown = snapshot("demo.pcap", "");
    shown.title = "eth0: (host 10.0.4.2 or host 10.99.0.9) and not port 22 and not arp".to_owned();
    shown.kernel = Some(KernelCounts {
        received: 1_000_000,
        dropped: 98_765,
        interface_dropped: 12,
    });
    let choices = &mut Choices::default();
    let small = screen((80, 24), &shown, choices);
    let head = line(&small, "icmpdump  eth0: (");
    assert!(
        head.contains("dropped: 98765 by kernel, 12 by interface"),
        "{head}"
    );
    assert!(head.contains('…'), "{head}");
    let ping = line(&small, "10.0.1.1 > 10.0.4.2");
    for cell in ["  10 ", " 20.0% ", " 9.413 ", "x", "█"] {
        assert!(ping.contains(cell), "{cell}: {ping}");
    }
    line(&small, "2001:db8:1::1 > 2001:db8:4::2");
    line(&small, "2001:db8:2::2 fragmentation needed");
    let keys = small.last().expect("lines").trim_end();
    assert!(
        keys.starts_with("q quit") && keys.ends_with("? help"),
        "{keys}"
    );

    press(choices, &[KeyCode::Tab, KeyCode::Tab, KeyCode::Enter]);
    let flows = screen((80, 24), &shown, choices);
    let flow = line(&flows, "TCP 10.0.1.1.40843 > 10.0.4.2.8443 ");
    assert!(
        flow.contains("10.0.2.2      fragmentation needed       8"),
        "{flow}"
    );

    // A finding in full says what to do.
    press(choices, &[KeyCode::Tab]);
    let findings = screen((80, 24), &shown, choices);
    line(
        &findings,
        "critical  pmtu_black_hole  Large packets to 10.0.4.2 vanish",
    );
    line(&findings, "larger ones (8 packets)");
    line(
        &findings,
        "Find out why the sender does not act on the error",
    );
    press(choices, &[KeyCode::Down]);
    let findings = screen((80, 24), &shown, choices);
    assert!(
        findings[3].starts_with("critical  routing_loop"),
        "{}",
        findings[3]
    );
}

#[test]
fn any_size_will_do() {
    let shown = snapshot("demo.pcap", "");
    for width in [1, 2, 5, 10, 20, 40, 80, 300] {
        for height in [1, 2, 3, 4, 5, 10, 22, 23, 24, 40, 100] {
            for zoom in [Zoom::AllParts, Zoom::OnePart] {
                let mut choices = Choices::default();
                choices.zoom = zoom;
                screen((width, height), &shown, &mut choices);
                screen((width, height), &Snapshot::default(), &mut choices);
            }
        }
    }
}

#[test]
fn half_an_address_does_not_look_like_a_whole_one() {
    let shown = snapshot("demo.pcap", "");
    for width in (34..140).step_by(3) {
        let screen = screen((width, 60), &shown, &mut Choices::default());
        let flow = line(&screen, "TCP 2001");
        let whole = format!("{flow} ").contains(" 2001:db8:2::2 ");
        assert!(whole || flow.contains('…'), "{width}: {flow}");
    }
}

#[test]
fn text_of_others_cannot_command_the_terminal() {
    let shown = Snapshot {
        title: "a\x1b[2Jb.pcap".to_owned(),
        findings: vec![Finding {
            name: "test",
            severity: Severity::Critical,
            title: "name \x1b]0;x\x07 of a node".to_owned(),
            evidence: Vec::new(),
            confidence: Confidence::Confirmed,
            advice: String::new(),
        }],
        ..Snapshot::default()
    };
    let screen = screen((100, 40), &shown, &mut Choices::default());
    line(&screen, r"a\x1b[2Jb.pcap");
    line(&screen, r"name \x1b]0;x\x07 of a node");
    assert!(screen.concat().chars().all(|c| !c.is_control()));
}
