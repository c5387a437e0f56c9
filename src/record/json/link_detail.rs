//! What the headers of some links tell beside addresses.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value::{Fields, Iter};
use crate::wire::link::{Detail, SourceRoute};

/// Adds what is told under the name of its link.
pub(super) fn detail<M: SerializeMap>(map: &mut M, told: Detail<'_>) -> Result<(), M::Error> {
    let name = match told {
        Detail::Security { .. } => "ipsec",
        Detail::Atm { .. } => "atm",
        Detail::Zones { .. } => "zones",
        Detail::TokenRing { .. } => "token_ring",
        Detail::Fddi(_) => "fddi",
        Detail::Arcnet { .. } => "arcnet",
        Detail::Multilink { .. } => "multilink",
    };
    map.put(name, &Told(told))
}

struct Told<'a>(Detail<'a>);

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Detail::Security {
                spi,
                authentic,
                confidential,
            } => {
                map.put("spi", &spi)?;
                map.fact("authentic", authentic)?;
                map.fact("confidential", confidential)?;
            }
            Detail::Atm {
                path,
                channel,
                lane_client,
            } => {
                map.put("vpi", &path)?;
                map.put("vci", &channel)?;
                map.maybe("lane_client", lane_client)?;
            }
            Detail::Zones { src, dst } => {
                map.put("src", &src)?;
                map.put("dst", &dst)?;
            }
            Detail::TokenRing {
                access,
                control,
                route,
            } => {
                map.put("access_control", &access)?;
                map.put("frame_control", &control)?;
                map.maybe("route", route.map(Route))?;
            }
            Detail::Fddi(control) => map.put("frame_control", &control)?,
            Detail::Arcnet { protocol, sequence } => {
                map.put("protocol", &protocol)?;
                map.maybe("sequence", sequence)?;
            }
            Detail::Multilink {
                sequence,
                begins,
                ends,
            } => {
                map.put("sequence", &sequence)?;
                map.fact("begins", begins)?;
                map.fact("ends", ends)?;
            }
        }
        map.end()
    }
}

struct Route<'a>(SourceRoute<'a>);

impl Serialize for Route<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("control", &self.0.control)?;
        map.maybe("largest_frame", self.0.largest_frame())?;
        map.put("segments", &Iter(|| self.0.segments()))?;
        map.end()
    }
}
