//! Everything that a line or a record may show of a frame, asked for.

use icmpdump::icmp::{
    Body, Message, Translation, cause, ip_header, payload, tunnel_header, upper_header,
};
use icmpdump::model::{Frame, Timestamp};
use icmpdump::wire::{Classified, Ip, TunnelPath, classify};

/// Tells what a frame is, and looks at it if it is ICMP, through all tunnels.
pub(crate) fn look_at_frame(frame: &Frame<'_>) -> usize {
    match classify(frame) {
        Classified::Icmp(packet) => {
            let around = packet.tunnels.encapsulations().map(|around| {
                let fields = tunnel_header::parts(&around).map(|part| part.fields().count());
                fields.sum::<usize>() + around.outer.map_or(0, |outer| behind_the_header(&outer))
            });
            around.sum::<usize>() + packet.ip.defects().count() + look(&packet.ip)
        }
        Classified::OtherIp(packet) => packet.ip.payload.len(),
        _ => 0,
    }
}

/// Options and extension headers.
fn behind_the_header(ip: &Ip<'_>) -> usize {
    let mut seen: usize = ip_header::options(ip).map(|o| o.fields().count()).sum();
    for header in ip.extension_headers() {
        seen += ip_header::extension_header(&header).fields().count();
        let options = header.options().map(|o| ip_header::option(&o));
        seen += options.map(|o| o.fields().count()).sum::<usize>();
    }
    seen
}

/// Decodes and looks at everything that a line or a record may show.
pub(crate) fn look(ip: &Ip<'_>) -> usize {
    let message = Message::parse(ip);
    let mut seen = message.fields().count() + message.name().len();
    seen += message.header_fields().count();
    seen += behind_the_header(ip) + message.quote().map_or(0, |q| behind_the_header(&q.ip));
    for item in message.items() {
        seen += item.fields().count();
    }
    if let Some(extensions) = message.extensions() {
        seen += extensions
            .items()
            .map(|i| i.fields().count())
            .sum::<usize>();
        seen += extensions.objects().count();
    }
    if let Some(quote) = message.quote() {
        seen += usize::from(quote.flow().protocol);
        let header = upper_header::of(quote);
        seen += header.map_or(0, |header| header.item.fields().count());
        let name = quote.dns().and_then(|dns| dns.name);
        seen += name.map_or(0, |name| name.labels().count());
        let options = quote.tcp().into_iter().flat_map(|tcp| tcp.options());
        seen += options
            .map(|o| ip_header::option(&o).fields().count())
            .sum::<usize>();
        seen += quote.inner().map_or(0, |inner| inner.bytes.len());
        let tunnels = quote.tunnels().into_iter();
        let parts = (tunnels.flat_map(TunnelPath::encapsulations))
            .flat_map(|around| tunnel_header::parts(&around));
        seen += parts.map(|part| part.fields().count()).sum::<usize>();
        seen += usize::from(
            quote.gre().is_some() || quote.translation(ip) == Translation::HalfOfSource,
        );
    }
    seen += usize::from(cause::of(ip, &message).is_some() || message.cut_quote().is_some());
    if let Body::Echo(echo) = &message.body {
        let extent = message.end();
        let guess = payload::of_echo(&message, echo, Timestamp::from_nanos(0));
        let sender = guess.map(|guess| guess.sender);
        let numbers = payload::Numbers::of(&message).unwrap();
        let little_endian = payload::little_endian(numbers, extent, sender);
        seen += usize::from(guess.is_some() || little_endian.is_some());
    }
    seen + message.defects.iter().count()
}
