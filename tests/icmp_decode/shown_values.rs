//! Values that are told as what they stand for, in records, lines and dumps.

use serde_json::json;

use crate::shown::{A, B, Hop, record, run, v4, v6, v6_hop, verbose};

fn dump(packet: &[u8]) -> String {
    run(&[packet.to_vec()], &["-t", "-X"])
}

/// RFC 6551 section 4.3.2.
#[test]
fn expected_transmissions_are_a_number() {
    // What ETX = 3.569 is sent as, and the most there is.
    let metric = [7, 0, 0, 4, 0x01, 0xc9, 0xff, 0xff];
    let dio = [&[155, 1, 0, 0, 0x1e, 0, 1, 0, 0x08, 0, 0, 0][..], &[0; 16]].concat();
    let packet = v6(58, &[&dio[..], &[2, 8], &metric].concat());
    let told = &record(&packet)["icmp"]["options"][0]["metrics"][0];
    assert_eq!(told["transmissions"], json!([3.570_312_5, 511.992_187_5]));
    assert_eq!(told["transmissions_in_128ths"], json!([457, 65535]));
    let text = ", transmissions in 128ths 457 65535, transmissions 3.5703125 511.9921875";
    assert!(verbose(&packet).contains(text), "{}", verbose(&packet));
    let text = "transmissions 3.5703125 511.9921875";
    assert!(dump(&packet).contains(text), "{}", dump(&packet));
}

/// RFC 6775 section 4.3.
#[test]
fn the_version_of_a_border_router_is_one_number() {
    let option = [&[35, 3, 0, 2, 0, 1, 0, 60][..], &[0x20; 16]].concat();
    let advertisement = [&[134, 0, 0, 0][..], &[0; 12], &option].concat();
    let packet = v6_hop(Hop::Neighbor, &advertisement);
    let told = &record(&packet)["icmp"]["options"][0];
    assert_eq!(told["body_version"], 0x1_0002);
    assert!(verbose(&packet).contains("(35): version 65538, lifetime 60 min"));
    assert!(dump(&packet).contains("0002 0001"), "{}", dump(&packet));
    assert!(dump(&packet).contains("version 65538"));
}

/// RFC 8335 section 2.1: every length of an address of IPv4 and of IPv6.
#[test]
fn an_address_of_another_length_than_its_family_is_octets() {
    for (family, own) in [(1, 4), (2, 16)] {
        for length in 0..=20u8 {
            let there = length.next_multiple_of(4);
            let object = [&[0, 8 + there, 3, 3, 0, family, length, 0][..], &[7; 20]].concat();
            let object = &object[..8 + usize::from(there)];
            let request = [&[42, 0, 0, 0, 0, 7, 9, 1, 0x20, 0, 0, 0][..], object].concat();
            let packet = v4(A, B, 1, &request);
            let told = &record(&packet)["icmp"]["extensions"][0];
            if length == own {
                assert!(
                    told["bytes"].is_null() && told["address"].is_string(),
                    "{told}"
                );
                continue;
            }
            assert_eq!(told["address_family"], family);
            assert_eq!(told["bytes"], "07".repeat(length.into()));
            assert!(told["address"].is_null(), "{told}");
            if length > 0 {
                let octets = format!("address of family {family} {}", "07".repeat(length.into()));
                assert!(verbose(&packet).contains(&octets), "{}", verbose(&packet));
            }
            assert!(verbose(&packet).contains("address length is not its family's"));
        }
    }
}

/// RFC 5175 section 5.
#[test]
fn the_last_two_flags_of_an_advertisement_are_for_experiments() {
    for (last, text, told) in [
        (0x81, "flags 000000000081 [experiment 55]", [false, true]),
        (0x02, "flags 000000000002 [experiment 54]", [true, false]),
        (0x80, "flags 000000000080 [none]", [false, false]),
    ] {
        let option = [26, 1, 0, 0, 0, 0, 0, last];
        let advertisement = [&[134, 0, 0, 0][..], &[0; 12], &option].concat();
        let packet = v6_hop(Hop::Neighbor, &advertisement);
        let flags = &record(&packet)["icmp"]["options"][0];
        assert_eq!(flags["experiment_54"], told[0]);
        assert_eq!(flags["experiment_55"], told[1]);
        assert!(verbose(&packet).contains(text), "{}", verbose(&packet));
        assert!(dump(&packet).contains("experiment 54 "));
    }
}

/// RFC 8801 section 3.1.
#[test]
fn the_header_in_a_provisioning_domain_tells_its_type() {
    let domain = [21, 4, 0x20, 0, 0, 7, 3, b'a', b'b', b'c', 0, 0, 0, 0, 0, 0];
    let header = [133, 0, 0, 0, 64, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
    let message = [&[134, 0, 0, 0][..], &[0; 12], &domain, &header].concat();
    let packet = v6_hop(Hop::Neighbor, &message);
    let told = &record(&packet)["icmp"]["options"][0]["header"][0];
    assert_eq!(told["type"], 133, "{told}");
    let text = "router advertisement (133): code 0, ";
    assert!(verbose(&packet).contains(text), "{}", verbose(&packet));
    assert!(dump(&packet).contains("type 133"), "{}", dump(&packet));
}
