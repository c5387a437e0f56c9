//! Capabilities and `no_new_privs`.

use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, set_capabilities,
    set_no_new_privs,
};

use super::{Identity, Measure, Needs, Root};

/// Gives up all capabilities; who stays root and still creates files keeps the one without which
/// it could not do so in folders of others.
pub(super) fn drop_all(needs: &Needs, identity: &Identity) -> Vec<Measure> {
    let kept = if identity.root == Root::Kept && !needs.write_beneath.is_empty() {
        CapabilitySet::DAC_OVERRIDE
    } else {
        CapabilitySet::empty()
    };
    vec![dropped(kept), no_new_privileges()]
}

fn dropped(kept: CapabilitySet) -> Measure {
    let result = capabilities(None).and_then(|now| {
        let kept = kept & now.permitted;
        // An ambient capability that is not permitted goes by itself; the call is not everywhere.
        let _ = clear_ambient_capability_set();
        set_capabilities(
            None,
            CapabilitySets {
                effective: kept,
                permitted: kept,
                inheritable: CapabilitySet::empty(),
            },
        )?;
        Ok(kept)
    });
    match result {
        Ok(kept) if kept.is_empty() => Measure::InForce("no capabilities".to_owned()),
        Ok(_) => Measure::InForce("only CAP_DAC_OVERRIDE".to_owned()),
        Err(error) => Measure::Missing(format!("capabilities are kept: {error}")),
    }
}

fn no_new_privileges() -> Measure {
    match set_no_new_privs(true) {
        Ok(()) => Measure::InForce("no_new_privs".to_owned()),
        Err(error) => Measure::Missing(format!("no no_new_privs: {error}")),
    }
}
