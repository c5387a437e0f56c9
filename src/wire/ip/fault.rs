//! Defects of IP headers in few octets: an [`super::Ip`] is made for every packet of a capture,
//! and hardly any has one.

use crate::wire::defect::{Defects, Layer, Limit};

/// What can be wrong with the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    HeaderLength,
    TotalLengthZero,
    TotalLengthSmall,
    LengthShort,
    LengthOrder,
    IdOrder,
    FragmentationOrder,
    HostOrder,
    OptionLength,
    OptionEnd,
    OptionLayout,
    RoutePointer,
    SecondSourceRoute,
    SecondRecordRoute,
    SecondSecurity,
    SecurityLevel,
    SecurityAuthority,
    SecurityAuthorityEnd,
    ForeignExtension,
    Short,
    Short6,
    ExtensionShort,
    ExtensionOptionEnd,
    ExtensionOptionLayout,
    HopByHopPlace,
    NoSegments,
    SegmentsLeft,
    LastEntry,
    HomeRouteLength,
    MulticastSegment,
    JumboBesideLength,
    JumboSmall,
    JumboFragment,
    MplVersion,
    RplProjected,
    SecondMetrics,
    CalipsoPlace,
    CalipsoNullDomain,
    CalipsoChecksum,
    PayloadLengthZero,
    HeaderChain,
}

impl Fault {
    const fn layer(self) -> Layer {
        match self {
            Self::HeaderLength
            | Self::TotalLengthZero
            | Self::TotalLengthSmall
            | Self::LengthShort
            | Self::LengthOrder
            | Self::IdOrder
            | Self::FragmentationOrder
            | Self::HostOrder
            | Self::OptionLength
            | Self::OptionEnd
            | Self::OptionLayout
            | Self::RoutePointer
            | Self::SecondSourceRoute
            | Self::SecondRecordRoute
            | Self::SecondSecurity
            | Self::SecurityLevel
            | Self::SecurityAuthority
            | Self::SecurityAuthorityEnd
            | Self::ForeignExtension
            | Self::Short => Layer::Ipv4,
            Self::Short6 | Self::PayloadLengthZero => Layer::Ipv6,
            Self::ExtensionShort
            | Self::ExtensionOptionEnd
            | Self::ExtensionOptionLayout
            | Self::HopByHopPlace
            | Self::NoSegments
            | Self::SegmentsLeft
            | Self::LastEntry
            | Self::HomeRouteLength
            | Self::MulticastSegment
            | Self::JumboBesideLength
            | Self::JumboSmall
            | Self::JumboFragment
            | Self::MplVersion
            | Self::RplProjected
            | Self::SecondMetrics
            | Self::CalipsoPlace
            | Self::CalipsoNullDomain
            | Self::CalipsoChecksum
            | Self::HeaderChain => Layer::Ipv6Extension,
        }
    }

    /// The rule it breaks; `None` where octets are missing.
    const fn rule(self) -> Option<&'static str> {
        Some(match self {
            Self::HeaderLength => "header length under 5 words",
            Self::TotalLengthZero => "total length 0",
            Self::TotalLengthSmall => "total length too small",
            Self::LengthShort => "total length short by the header",
            Self::LengthOrder => "total length with its octets swapped",
            Self::IdOrder => "identification with its octets swapped",
            Self::FragmentationOrder => "fragment offset with its octets swapped",
            Self::HostOrder => "fields of 16 bits with their octets swapped",
            Self::OptionLength => "option length under 2",
            Self::OptionEnd | Self::ExtensionOptionEnd => "option runs over the header's end",
            Self::OptionLayout | Self::ExtensionOptionLayout => "option length wrong for its type",
            Self::RoutePointer => "pointer of a route or timestamp option to no entry",
            Self::SecondSourceRoute => "more than one source route",
            Self::SecondRecordRoute => "more than one record route",
            Self::SecondSecurity => "more than one security option",
            Self::SecurityLevel => "classification level that is not assigned",
            Self::SecurityAuthority => "protection authority that is not assigned",
            Self::SecurityAuthorityEnd => "protection authorities do not end with their option",
            Self::ForeignExtension => "extension headers require IPv6",
            Self::HopByHopPlace => "hop-by-hop options are not the first header",
            Self::NoSegments => "segments left in a routing header without addresses",
            Self::SegmentsLeft => "more segments left than a routing header has",
            Self::LastEntry => "last entry of a routing header behind its end",
            Self::HomeRouteLength => "routing header of type 2 has other than one address",
            Self::MulticastSegment => "multicast address in a routing header",
            Self::JumboBesideLength => "jumbo payload option beside a payload length",
            Self::JumboSmall => "jumbo payload length under 65536",
            Self::JumboFragment => "fragment header in a jumbogram",
            Self::MplVersion => "MPL option of another version",
            Self::RplProjected => "flags or rank beside the flag of a projected route",
            Self::SecondMetrics => "more than one option of performance and diagnostic metrics",
            Self::CalipsoPlace => "CALIPSO outside of hop-by-hop options",
            Self::CalipsoNullDomain => "CALIPSO of the null domain",
            Self::CalipsoChecksum => "checksum of CALIPSO is wrong",
            Self::PayloadLengthZero => "payload length 0 without a jumbo payload option",
            Self::HeaderChain => "first fragment without the whole header chain",
            Self::Short | Self::Short6 | Self::ExtensionShort => return None,
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Found {
    fault: Fault,
    limit: Limit,
    offset: u16,
    needed: u32,
    available: u32,
}

/// Up to two faults; what is more is counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    found: [Option<Found>; 2],
    count: u16,
}

impl Faults {
    fn push(&mut self, found: Found) {
        if let Some(slot) = self.found.get_mut(usize::from(self.count)) {
            *slot = Some(found);
        }
        self.count = self.count.saturating_add(1);
    }

    #[cold]
    pub(super) fn rule(&mut self, fault: Fault, offset: usize) {
        self.push(Found {
            fault,
            limit: Limit::OwnLength,
            offset: u16::try_from(offset).unwrap_or(u16::MAX),
            needed: 0,
            available: 0,
        });
    }

    #[cold]
    pub(super) fn short(
        &mut self,
        fault: Fault,
        offset: usize,
        needed: usize,
        available: usize,
        limit: Limit,
    ) {
        self.push(Found {
            fault,
            limit,
            offset: u16::try_from(offset).unwrap_or(u16::MAX),
            needed: super::narrow(needed),
            available: super::narrow(available),
        });
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn expand(&self) -> Defects {
        let mut defects = Defects::default();
        for found in self.found.iter().flatten() {
            let offset = usize::from(found.offset);
            let layer = found.fault.layer();
            match found.fault.rule() {
                Some(rule) => defects.rule(layer, offset, rule),
                None => defects.short(
                    layer,
                    offset,
                    usize::try_from(found.needed).unwrap_or(usize::MAX),
                    usize::try_from(found.available).unwrap_or(usize::MAX),
                    found.limit,
                ),
            }
        }
        defects.count_unlisted(usize::from(self.count).saturating_sub(self.found.len()));
        defects
    }
}
