//! What a certificate tells, in options that hold one.

/// The rows of a certificate that begins so many octets into its option.
macro_rules! certificate_rows {
    ([$($row:expr),*], $at:literal) => {
        &[
            $($row,)*
            spec::rest($at, "certificate"),
            spec::x509($at, Part::Subject, "subject"),
            spec::x509($at, Part::Issuer, "issuer"),
            spec::x509($at, Part::NotBefore, "not_before"),
            spec::x509($at, Part::NotAfter, "not_after"),
            spec::x509($at, Part::Serial, "serial"),
            spec::x509($at, Part::SubjectKeyId, "subject_key_id"),
            spec::x509($at, Part::AuthorityKeyId, "authority_key_id"),
            spec::x509($at, Part::SignatureAlgorithm, "signature_algorithm"),
            spec::x509($at, Part::KeyAlgorithm, "key_algorithm"),
            spec::x509($at, Part::KeyBits, "key_bits"),
            spec::x509($at, Part::Ca, "ca"),
            spec::x509($at, Part::KeyUsage, "key_usage"),
            spec::x509($at, Part::ExtendedKeyUsage, "extended_key_usage"),
            spec::x509($at, Part::SubjectAltNames, "subject_alt_names"),
            spec::x509($at, Part::AddressBlocks, "address_blocks"),
        ]
    };
}
pub(super) use certificate_rows;
