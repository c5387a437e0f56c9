//! What a system tells of a packet that it logs, queues, samples or drops.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::field::LinkAddress;
use super::value::{Fields, Text, Time};
use crate::wire::link::{Dropped, PfRule, SystemReport};

/// What the system tells of the packet.
pub(super) struct SystemReportOf<'a>(pub(super) SystemReport<'a>);

impl Serialize for SystemReportOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.word("message", &told.message)?;
        map.maybe("dropped", told.dropped.map(DroppedBy))?;
        map.maybe("prefix", told.prefix.map(Text))?;
        if let Some((family, hook)) = told.hook {
            map.put("family", &family)?;
            map.put("hook", &hook)?;
        }
        map.maybe("hook_name", told.hook_name())?;
        map.maybe("sampling_rate", told.sampling_rate)?;
        map.maybe("group", told.group)?;
        map.maybe("sequence", told.sequence)?;
        map.maybe("packet_id", told.packet_id)?;
        map.maybe("interface", told.interface.map(Text))?;
        map.maybe("input", told.input)?;
        map.maybe("output", told.output)?;
        map.maybe("physical_input", told.physical_input)?;
        map.maybe("physical_output", told.physical_output)?;
        map.maybe("mark", told.mark)?;
        map.maybe("uid", told.uid)?;
        map.maybe("gid", told.gid)?;
        map.maybe("hardware_address", told.hardware_address.map(LinkAddress))?;
        map.maybe("pf", told.pf.map(Pf))?;
        map.maybe("ts", told.ts.map(Time))?;
        map.end()
    }
}

struct DroppedBy<'a>(Dropped<'a>);

impl Serialize for DroppedBy<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dropped = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.word("by", &dropped.by)?;
        map.maybe("reason", dropped.reason.map(Text))?;
        map.maybe("symbol", dropped.symbol.map(Text))?;
        map.maybe("trap", dropped.trap.map(Text))?;
        map.maybe("trap_group", dropped.trap_group.map(Text))?;
        map.end()
    }
}

struct Pf<'a>(PfRule<'a>);

impl Serialize for Pf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rule = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.put("action", &rule.action)?;
        map.maybe("action_name", rule.action_name())?;
        map.put("reason", &rule.reason)?;
        map.maybe("reason_name", rule.reason_name())?;
        map.put("direction", &rule.direction)?;
        map.maybe("direction_name", rule.direction_name())?;
        map.put("rule", &rule.rule)?;
        map.maybe("subrule", rule.subrule)?;
        let ruleset = Some(rule.ruleset).filter(|name| !name.is_empty());
        map.maybe("ruleset", ruleset.map(Text))?;
        map.end()
    }
}
