//! What such headers tell in a number or by a flag alone, by name.

/// Something that has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// How often the request to send was repeated.
    RtsRetries,
    /// How often the frame was.
    DataRetries,
    /// The aggregate that the frame came in (A-MPDU), by a number of the capturing system.
    Aggregate,
    /// Time of the frame, by a clock in milliseconds.
    Milliseconds,
    /// In microseconds.
    Microseconds,
    /// In nanoseconds.
    Nanoseconds,
    /// Length in the signal field that all stations can read.
    SignalLength,
    /// Code of the rate there.
    SignalRate,
    /// What tells the cell (basic service set) from others on the channel.
    Colour,
    /// Subcarriers of the part of the channel that the frame has.
    ResourceUnit,
    /// Coding scheme of the field that tells each of several stations its part.
    SignalBScheme,
    /// Set of channels that a radio hops on.
    HopSet,
    /// In which order.
    HopPattern,
    /// Link quality indication of IEEE 802.15.4.
    LinkQuality,
    /// Page that the channel's number is of, in IEEE 802.15.4.
    ChannelPage,
    /// When the frame's first symbol came, in nanoseconds.
    FrameStart,
    /// When its last one had gone, in nanoseconds.
    FrameEnd,
    /// Timeslots since the network began.
    Slot,
    /// When its timeslot began, in nanoseconds.
    SlotStart,
    /// How long that is, in microseconds.
    SlotLength,
    /// Band of a smart utility network.
    SunBand,
    /// Kind of its modulation.
    SunKind,
    /// Mode of that.
    SunMode,
    /// Channels of the plan that the channel is one of.
    PlanChannels,
    /// A field of radiotap that has this number and is not known.
    Unread,
}

impl Quantity {
    /// Its name, in lower case with `_` between words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RtsRetries => "rts_retries",
            Self::DataRetries => "data_retries",
            Self::Aggregate => "ampdu_reference",
            Self::Milliseconds => "timestamp_ms",
            Self::Microseconds => "timestamp_us",
            Self::Nanoseconds => "timestamp_ns",
            Self::SignalLength => "l_sig_length",
            Self::SignalRate => "l_sig_rate",
            Self::Colour => "bss_color",
            Self::ResourceUnit => "ru_tones",
            Self::SignalBScheme => "sig_b_mcs",
            Self::HopSet => "hop_set",
            Self::HopPattern => "hop_pattern",
            Self::LinkQuality => "lqi",
            Self::ChannelPage => "channel_page",
            Self::FrameStart => "frame_start_ns",
            Self::FrameEnd => "frame_end_ns",
            Self::Slot => "slot",
            Self::SlotStart => "slot_start_ns",
            Self::SlotLength => "slot_length_us",
            Self::SunBand => "sun_band",
            Self::SunKind => "sun_type",
            Self::SunMode => "sun_mode",
            Self::PlanChannels => "plan_channels",
            Self::Unread => "unread_field",
        }
    }
}

/// Something that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Sending was given up.
    TxFailed,
    /// The channel was taken by a clear-to-send to the sender itself.
    TxCts,
    /// It was taken by a request to send.
    TxRts,
    /// No acknowledgment was waited for.
    TxNoAck,
    /// The sequence number was given with the frame.
    TxFixedSequence,
    /// To be sent in order with others so marked.
    TxInOrder,
    /// The preamble was damaged.
    BadPlcp,
    /// The last frame of its aggregate.
    LastOfAggregate,
    /// The aggregate's delimiter was damaged.
    BadDelimiter,
    /// In the form that stations before 802.11n cannot read.
    Greenfield,
    /// Coded by low density parity check.
    Ldpc,
    /// Coded in space and time: two streams carry what one does.
    Stbc,
    /// Each bit is on two subcarriers.
    DualCarrier,
    /// From a station to its access point.
    Uplink,
    /// The header ended within a field, or before it.
    Cut,
}

impl Mark {
    /// Its name, in lower case with `_` between words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TxFailed => "tx_failed",
            Self::TxCts => "tx_cts",
            Self::TxRts => "tx_rts",
            Self::TxNoAck => "tx_no_ack",
            Self::TxFixedSequence => "tx_fixed_sequence",
            Self::TxInOrder => "tx_in_order",
            Self::BadPlcp => "bad_plcp",
            Self::LastOfAggregate => "ampdu_last",
            Self::BadDelimiter => "ampdu_bad_delimiter",
            Self::Greenfield => "greenfield",
            Self::Ldpc => "ldpc",
            Self::Stbc => "stbc",
            Self::DualCarrier => "dcm",
            Self::Uplink => "uplink",
            Self::Cut => "cut",
        }
    }
}
