//! What tshark and icmpdump tell of a message, a line each.

use serde_json::Value;

use crate::common::{of_type, tool};

/// Each line of `tshark -T fields`, by its columns.
pub(crate) fn tshark(arguments: &[&str]) -> Vec<String> {
    let fields = [
        "frame.number",
        "wg.receiver",
        "wg.counter",
        "ip.src",
        "ipv6.src",
        "icmp.type",
        "icmpv6.type",
        "icmp.checksum",
        "icmpv6.checksum",
        "icmp.seq",
        "icmpv6.echo.sequence_number",
    ];
    let mut all = vec!["-n", "-Y", "icmp || icmpv6", "-o", "ip.defragment:FALSE"];
    all.extend(["-T", "fields", "-E", "separator=;", "-E", "occurrence=l"]);
    all.extend(arguments);
    all.extend(fields.iter().flat_map(|field| ["-e", field]));
    let output = tool("tshark", &all);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// The same of what icmpdump tells.
pub(crate) fn ours(records: &[Value]) -> Vec<String> {
    let line = |message: &&Value| {
        let tunnel = &message["tunnel"][0];
        assert_eq!(tunnel["kind"], "wireguard");
        let header = &tunnel["headers"][1];
        assert_eq!(header["receiver"], tunnel["receiver"]);
        let icmp = &message["icmp"];
        // Of later fragments tshark shows none.
        icmp["type"].as_u64()?;
        let is_v4 = icmp["version"] == 4;
        let word = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let hex = |value: &Value| {
            value
                .as_u64()
                .map_or(String::new(), |n| format!("0x{n:04x}"))
        };
        // tshark's last address of IPv4 is that of a quote, or the outer one around IPv6.
        let quoted = &message["quoted"]["ip"]["src"];
        let v4 = match (is_v4, quoted.is_string()) {
            (false, _) => &tunnel["src"],
            (true, true) => quoted,
            (true, false) => &message["ip"]["src"],
        };
        let v6 = if is_v4 {
            &Value::Null
        } else {
            &message["ip"]["src"]
        };
        let pair = |text: String| {
            if is_v4 {
                [text, String::new()]
            } else {
                [String::new(), text]
            }
        };
        let receiver = tunnel["receiver"].as_u64().expect("an index");
        let mut columns = vec![
            word(&message["frame"]),
            format!("0x{receiver:08x}"),
            word(&header["counter"]),
            word(v4),
            word(v6),
        ];
        columns.extend(pair(word(&icmp["type"])));
        columns.extend(pair(hex(&icmp["checksum"]["value"])));
        columns.extend(pair(word(&icmp["seq"])));
        Some(columns.join(";"))
    };
    of_type(records, "icmp").iter().filter_map(line).collect()
}
