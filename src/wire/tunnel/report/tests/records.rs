//! Packets in flow records, by their templates.

use super::*;

#[test]
fn packets_in_flow_records() {
    let mut known = Known::default();
    let mut told = |packet: &[u8]| reports_by(&mut known, packet, usize::MAX);
    // What a record holds is not known before its template.
    let data = export(10, 7, &[variable_records()]);
    assert_eq!(told(&data).len(), 0);
    let both = [template(10, 300, &VARIABLE_FIELDS), variable_records()];
    let found = told(&export(10, 7, &both));
    assert_eq!(found.len(), 2);
    let sender = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    for (report, message) in &found {
        let expected = (ReportMessage::PacketSection, sender, None, None, None);
        assert_eq!((facts(report), message.as_slice()), (expected, &ECHO[..]));
    }
    assert_eq!(told(&data).len(), 2);
    assert_eq!(
        told(&export(10, 8, &[variable_records()])).len(),
        0,
        "another domain"
    );
    assert_eq!(
        told(&export(9, 7, &[variable_records()])).len(),
        0,
        "another version"
    );
    // Of fixed length, with an IP header first; zeros pad the set.
    let length = u16::try_from(echo().len()).unwrap();
    let fields = [(4, 1), (313, length)];
    let record = [&[1], &echo()[..]].concat();
    let records = set(301, &[record.repeat(2), vec![0; 2]].concat());
    assert_eq!(
        told(&export(9, 7, &[template(9, 301, &fields), records])).len(),
        2
    );
    // Two in each record, as the packet and as the frame that it came in; a record that is cut is none.
    let frame_length = u16::try_from(frame().len()).unwrap();
    let fields = [(313, length), (4, 1), (315, frame_length)];
    let record = [&echo()[..], &[1], &frame()].concat();
    let records = set(
        302,
        &[&record[..], &record, &record[..record.len() - 1]].concat(),
    );
    let both = [template(10, 302, &fields), records];
    assert_eq!(told(&export(10, 7, &both)).len(), 4);
    // The same identifier may come to mean something else.
    assert_eq!(
        told(&export(10, 7, &[template(10, 300, &[(8, 4)])])).len(),
        0
    );
    assert_eq!(told(&data).len(), 0);
}

#[test]
fn templates_are_bounded() {
    let mut known = Known::default();
    for domain in 0..1000 {
        let packet = export(10, domain, &[template(10, 300, &VARIABLE_FIELDS)]);
        reports_by(&mut known, &packet, usize::MAX);
    }
    let mut of_domain = |domain| {
        let packet = export(10, domain, &[variable_records()]);
        reports_by(&mut known, &packet, usize::MAX).len()
    };
    assert_eq!((of_domain(0), of_domain(999)), (0, 2));
}
