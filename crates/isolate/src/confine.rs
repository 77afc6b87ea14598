//! A worker confines itself: what comes in is a process with its user's rights, what leaves is one that can compute
//! and answer, and what is in force as the kernel says it.
//!
//! Everything that can be refused to us (an old kernel, a container's own rules) is left out of the [`Posture`] and
//! not an error: whether that is enough is the parent's to say.

mod paths;
mod resources;
mod system_calls;

use std::io;

use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Pid, Signal, getppid};
use rustix::thread::{CapabilitySet, CapabilitySets};

use crate::posture::{Guard, Posture};
use crate::process::Bounds;

/// Gives up everything, in an order in which no step needs what an earlier one gave up.
pub(crate) fn confine(bounds: &Bounds, parent: Pid) -> Posture {
    let mut posture = Posture::none();
    let mut found = |guard: Guard, is_in_force: bool| {
        if is_in_force {
            posture = posture.with(guard);
        }
    };
    found(Guard::ParentDeath, ends_with(parent));
    found(Guard::Environment, std::env::vars_os().next().is_none());
    found(Guard::Descriptors, crate::worker::strays().is_ok_and(|strays| strays == 0));
    found(Guard::Privileges, gains_no_privileges());
    found(Guard::Capabilities, drop_capabilities().is_ok());
    let limited = resources::limit(bounds);
    found(Guard::Resources, limited.is_ok());
    found(Guard::Dumps, leaves_no_dump());
    let landlock = paths::close_all();
    found(Guard::Landlock, landlock.is_some());
    found(Guard::SystemCalls, system_calls::allow_only_listed().is_ok());
    posture.with_resources(limited.unwrap_or_default()).with_landlock_abi(landlock.unwrap_or(0))
}

/// The kernel ends us with the thread that started us; and it has not ended already.
fn ends_with(parent: Pid) -> bool {
    let asked = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).is_ok();
    let set = rustix::process::parent_process_death_signal().is_ok_and(|signal| signal == Some(Signal::KILL));
    asked && set && getppid() == Some(parent)
}

fn gains_no_privileges() -> bool {
    rustix::thread::set_no_new_privs(true).is_ok() && rustix::thread::no_new_privs().unwrap_or(false)
}

fn leaves_no_dump() -> bool {
    let asked = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok();
    asked && rustix::process::dumpable_behavior().is_ok_and(|now| now == DumpableBehavior::NotDumpable)
}

/// Empties the ambient and the bounding set, then the three others, and looks whether they are empty.
fn drop_capabilities() -> io::Result<()> {
    match rustix::thread::clear_ambient_capability_set() {
        Ok(()) | Err(Errno::INVAL) => {}
        Err(e) => return Err(e.into()),
    }
    for bit in 0..64 {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            // Who lacks CAP_SETPCAP cannot shrink that set; without new privileges it has no effect either.
            Ok(()) | Err(Errno::PERM) => {}
            // No capability of that number.
            Err(_) => break,
        }
    }
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, sets)?;
    let now = rustix::thread::capabilities(None)?;
    let left = now.effective | now.permitted | now.inheritable;
    if left.is_empty() { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}
