//! The JSON shape of every record.
