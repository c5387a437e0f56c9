use super::*;

fn frame(link: u32, data: &[u8], wire_len: u32) -> Frame<'_> {
    Frame {
        wire_len,
        ..Frame::alone(LinkType(link), data)
    }
}

fn filter(expression: &str) -> Filter {
    Filter::new(expression, QuotedPolicy::Auto)
}

/// An IPv4 packet from 10.0.0.1 port 1000 to 10.0.0.5 port 443, cut behind the ports.
const TCP: [u8; 24] = [
    0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 5, 0x03, 0xe8, 0x01, 0xbb,
];

fn ethernet(packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend_from_slice(packet);
    frame
}

#[test]
fn an_empty_expression_selects_everything_and_no_quote() {
    let mut all = Filter::new("  \n", QuotedPolicy::Yes);
    assert!(all.selects_all());
    assert!(all.matches(&frame(147, &[], 0)));
    assert!(!all.looks_into_quotes());
    assert_eq!(all.check(&[LinkType(147)]), Ok(()));
    assert_eq!(all.verdict(), Ok(()));
}

#[test]
fn each_link_type_has_its_own_program() {
    let mut filter = filter("host 10.0.0.5 and tcp port 443");
    for _ in 0..2 {
        assert!(filter.matches(&frame(1, &ethernet(&TCP), 54)));
        for raw in [12, 14, 101, 228] {
            assert!(filter.matches(&frame(raw, &TCP, 40)), "link type {raw}");
        }
        assert!(!filter.matches(&frame(229, &TCP, 40)));
        assert!(!filter.matches(&frame(1, &TCP, 40)));
    }
}

#[test]
fn length_primitives_see_the_wire_length() {
    let cut = ethernet(&TCP);
    assert!(filter("len == 1514").matches(&frame(1, &cut, 1514)));
    assert!(filter("greater 1000").matches(&frame(1, &cut, 1514)));
    assert!(!filter("less 1000").matches(&frame(1, &cut, 1514)));
}

#[test]
fn quotes_are_filtered_as_raw_ip() {
    let mut flow = filter("host 10.0.0.5 and port 443");
    assert!(flow.looks_into_quotes());
    assert!(flow.matches_quoted(&TCP, 40));
    assert!(!flow.matches_quoted(&TCP[..23], 40));
    assert!(!flow.matches_quoted(&[], 0));
    // What fails to compile for raw IP matches no quote, and is no failure of the filter.
    let mut tagged = Filter::new("vlan 5 and host 10.0.0.5", QuotedPolicy::Yes);
    assert!(!tagged.matches_quoted(&TCP, 40));
    assert_eq!(tagged.verdict(), Ok(()));
    assert_eq!(tagged.failures().count(), 0);
}

#[test]
fn policy_overrides_what_the_expression_says() {
    let mut exact = Filter::new("host 10.0.0.5", QuotedPolicy::No);
    assert!(!exact.matches_quoted(&TCP, 40));
    let mut forced = Filter::new("not port 53", QuotedPolicy::Yes);
    assert!(forced.matches_quoted(&TCP, 40));
    assert!(!filter("not port 53").matches_quoted(&TCP, 40));
}

#[test]
fn an_expression_must_compile_for_one_link_type() {
    let mut filter = filter("vlan 5");
    assert_eq!(filter.check(&[LinkType(101), LinkType(1)]), Ok(()));
    let error = filter.check(&[LinkType(101)]).unwrap_err();
    assert!(error.message.contains("VLAN"), "{error}");
    assert!(error.to_string().contains("vlan 5"), "{error}");

    assert!(!filter.matches(&frame(101, &TCP, 40)));
    assert_eq!(filter.verdict(), Err(error));
    assert!(!filter.matches(&frame(1, &ethernet(&TCP), 54)));
    assert_eq!(filter.verdict(), Ok(()));
    let failed: Vec<_> = filter.failures().map(|(link, _)| link).collect();
    assert_eq!(failed, [LinkType(101)]);
}

#[test]
fn errors_carry_libpcaps_message() {
    for (expression, words) in [
        ("host", "syntax error"),
        ("port 99999", "illegal port number"),
        ("tcp and udp and ip and ip6", "rejects all"),
        ("inbound", "does not hold"),
        ("a\0b", ""),
        ("((((", "syntax error"),
    ] {
        let error = filter(expression).check(&[LinkType(1)]).unwrap_err();
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn comments_of_a_filter_file_are_left_out() {
    let content = "# all of it\nicmp # echo\n  or arp\n\n#";
    assert_eq!(strip_comments(content), "icmp or arp");
    assert_eq!(strip_comments(""), "");
}
