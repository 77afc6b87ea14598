//! The tests of `fic-cache` once more, with entries that are mapped.

#![cfg(all(unix, feature = "map", target_os = "linux"))]
#![allow(clippy::duplicate_mod, reason = "each of them has the fixture")]

#[path = "../../cache/tests/behaviour.rs"]
mod behaviour;
#[path = "../../cache/tests/crash.rs"]
mod crash;
#[path = "../../cache/tests/damage.rs"]
mod damage;
#[path = "../../cache/tests/full.rs"]
mod full;
#[path = "../../cache/tests/hit.rs"]
mod hit;
#[path = "../../cache/tests/model.rs"]
mod model;
#[path = "../../cache/tests/processes.rs"]
mod processes;
#[path = "../../cache/tests/purge.rs"]
mod purge;
#[path = "../../cache/tests/second_tier.rs"]
mod second_tier;
#[path = "../../cache/tests/stampede.rs"]
mod stampede;
