//! Asking for memory before it is needed, where the processor cannot foresee it.

/// Asks for the cache line in which `value` begins, and does not wait for it.
#[inline]
pub(crate) fn prefetch<T>(value: Option<&T>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(value) = value {
        safe_arch::prefetch_t0(value);
    }
    // Elsewhere no library gives it without code that is unsafe.
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
