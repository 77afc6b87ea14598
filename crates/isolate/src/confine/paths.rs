//! Landlock: a ruleset that handles everything the kernel knows to handle, and allows nothing of it.

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetStatus, Scope,
};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

/// The version of the ruleset that is in force afterwards; `None` where there is no Landlock, or a path still opens.
pub(super) fn close_all() -> Option<u32> {
    // The newest version that this is written for; an older kernel enforces what it knows of it.
    let newest = ABI::V10;
    let created = Ruleset::default()
        .handle_access(AccessFs::from_all(newest))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(newest)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(newest)))
        .and_then(Ruleset::create);
    let status = created.and_then(|ruleset| ruleset.restrict_self()).ok()?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return None;
    }
    let LandlockStatus::Available { effective_abi, .. } = status.landlock else { return None };
    let opened = open("/", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    (opened.err() == Some(Errno::ACCESS)).then_some(effective_abi as u32)
}
