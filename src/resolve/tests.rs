use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;

use super::*;

fn resolver(patience: Patience, domain: Domain) -> (Resolver, UnixStream) {
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let options = Options { domain, patience };
    (Resolver::new(ours, options).expect("a resolver"), theirs)
}

fn addr(last: u32) -> IpAddr {
    Ipv4Addr::from(0x0a00_0000 + last).into()
}

fn told(resolver: &mut Resolver, last: u32) -> Option<String> {
    resolver.ask(addr(last));
    resolver
        .name(addr(last))
        .map(|name| name.as_str().to_owned())
}

fn lines(channel: &UnixStream) -> impl Iterator<Item = String> + use<> {
    let channel = channel.try_clone().expect("a descriptor");
    BufReader::new(channel)
        .lines()
        .map(|line| line.expect("a line"))
}

#[test]
fn a_line_takes_what_is_known_and_asks_once() {
    let (mut resolver, mut channel) = resolver(Patience::Closing, Domain::Shown);
    // Nobody answers, and nothing waits.
    assert_eq!(told(&mut resolver, 1), None);
    assert_eq!(told(&mut resolver, 1), None);
    assert_eq!(told(&mut resolver, 2), None);
    let asked: Vec<_> = lines(&channel).take(2).collect();
    assert_eq!(asked, ["10.0.0.1", "10.0.0.2"]);
    // In any order, in pieces.
    channel
        .write_all(b"10.0.0.2\n10.0.0.1 gw.exa")
        .expect("room");
    assert_eq!(told(&mut resolver, 1), None);
    channel.write_all(b"mple\n").expect("room");
    assert_eq!(told(&mut resolver, 1).as_deref(), Some("gw.example"));
    assert_eq!(told(&mut resolver, 2), None);
    assert_eq!(resolver.in_flight, 0);
}

#[test]
fn there_is_patience_at_the_end_and_for_files() {
    for patience in [Patience::Lines, Patience::Closing] {
        let (mut resolver, mut channel) = resolver(patience, Domain::Hidden);
        let server = std::thread::spawn(move || {
            let asked = lines(&channel).next();
            assert_eq!(asked.as_deref(), Some("10.0.0.1"));
            channel.write_all(b"10.0.0.1 gw.example\n").expect("room");
            channel
        });
        if patience == Patience::Closing {
            resolver.closing();
        }
        assert_eq!(told(&mut resolver, 1).as_deref(), Some("gw"));
        drop(server.join().expect("it answered"));
    }
    // What never comes uses it up, once.
    let (mut resolver, _channel) = resolver(Patience::Closing, Domain::Shown);
    resolver.closing();
    assert_eq!(told(&mut resolver, 1), None);
    assert_eq!(resolver.patience, Duration::ZERO);
}

#[test]
fn whoever_answers_may_say_anything() {
    let (mut resolver, mut channel) = resolver(Patience::Closing, Domain::Shown);
    for last in 1..=4 {
        assert_eq!(told(&mut resolver, last), None);
    }
    let answers = b"\n \n10.0.0.9 unasked.example\n10.0.0.1 evil\x1b[31m\n10.0.0.2 10.0.0.7\n\
        10.0.0.3 \xff\xfe\nnonsense gw.example\n10.0.0.4 gw.example\n10.0.0.4 other.example\n";
    channel.write_all(answers).expect("room");
    assert_eq!(told(&mut resolver, 1), None);
    assert_eq!(told(&mut resolver, 2), None);
    assert_eq!(told(&mut resolver, 3), None);
    assert_eq!(told(&mut resolver, 4).as_deref(), Some("gw.example"));
    assert!(!resolver.known.contains_key(&addr(9)));
    // A line without an end is not kept for ever, and one that is gone is not asked.
    channel.write_all(&[b'a'; 5000]).expect("room");
    resolver.receive();
    assert!(resolver.channel.is_none());
    assert_eq!(told(&mut resolver, 5), None);
    assert_eq!(told(&mut resolver, 4).as_deref(), Some("gw.example"));
}

#[test]
fn what_is_remembered_and_asked_for_is_bounded() {
    let (mut resolver, mut channel) = resolver(Patience::Closing, Domain::Shown);
    for last in 0..1000 {
        resolver.ask(addr(last));
    }
    assert_eq!(resolver.in_flight, IN_FLIGHT);
    assert_eq!(resolver.known.len(), IN_FLIGHT);
    let mut asked = lines(&channel);
    for last in 0..20_000 {
        resolver.ask(addr(last));
        assert_eq!(asked.next(), Some(addr(last).to_string()));
        writeln!(channel, "{} host{last}.example", addr(last)).expect("room");
        resolver.receive();
    }
    assert!(resolver.known.len() <= REMEMBERED);
    assert_eq!(resolver.known.len(), resolver.order.len());
    assert_eq!(
        told(&mut resolver, 19_999).as_deref(),
        Some("host19999.example")
    );
}

#[test]
fn a_process_that_is_gone_is_no_fault() {
    let (mut resolver, channel) = resolver(Patience::Lines, Domain::Shown);
    drop(channel);
    assert_eq!(told(&mut resolver, 1), None);
    assert_eq!(told(&mut resolver, 2), None);
    assert!(resolver.channel.is_none());
}
