//! What is wrong with a key log, told without what is in it.

/// What keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// WireGuard.
    WireGuard,
    /// IEEE 802.11.
    Wlan,
    /// ESP.
    Esp,
}

/// Lines that could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadLines {
    /// Number of the first of them, from 1.
    pub line: u64,
    /// What is wrong with that.
    pub why: LineFault,
    /// How many there are.
    pub count: u64,
}

/// What is wrong with a line of a key log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFault {
    /// It has more octets than any line with a key.
    Long,
    /// No key is called so.
    Name,
    /// The key is not 32 octets in base64.
    Key,
    /// A pre-shared key stands behind no ephemeral one.
    Alone,
    /// There are more of its kind than are kept.
    Full,
    /// The key is not hexadecimal digits, as many as its kind has.
    Hex,
    /// The passphrase is not 8 to 63 octets.
    Passphrase,
    /// The name of the network is not 1 to 32 octets.
    Ssid,
    /// A security association lacks its SPI or an address, or they are none.
    Association,
    /// Its cipher, or what authenticates it, is not known here.
    Cipher,
}
