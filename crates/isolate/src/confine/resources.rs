//! Limits that the kernel keeps: memory, output, processor time, descriptors, processes, cores.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::posture::ResourceLimits;
use crate::process::Bounds;

/// Descriptors that a worker may have: its channel, two for last words, input and output, and a few to spare.
const DESCRIPTORS: u64 = 16;

/// Sets them all, then asks the kernel what they are.
pub(super) fn limit(bounds: &Bounds) -> io::Result<ResourceLimits> {
    let mapped = mapped_bytes()?;
    let address_space_bytes = mapped.saturating_add(bounds.memory_bytes);
    let wanted = [
        (Resource::As, address_space_bytes),
        (Resource::Core, 0),
        (Resource::Cpu, bounds.cpu_seconds.max(2)),
        (Resource::Nofile, DESCRIPTORS),
        (Resource::Fsize, bounds.output_bytes),
        (Resource::Nproc, 0),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
    ];
    for (resource, value) in wanted {
        // What is lower already stays: it cannot be raised.
        let value = getrlimit(resource).maximum.map_or(value, |maximum| maximum.min(value));
        // At the lower of the two limits of processor time a process gets a signal that says so, at the higher SIGKILL.
        let current = if resource == Resource::Cpu { value.saturating_sub(1).max(1) } else { value };
        setrlimit(resource, Rlimit { current: Some(current), maximum: Some(value) })?;
    }
    let now = |resource| getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limits = ResourceLimits {
        address_space_bytes: now(Resource::As),
        core_bytes: now(Resource::Core),
        cpu_seconds: now(Resource::Cpu),
        descriptors: now(Resource::Nofile),
        file_bytes: now(Resource::Fsize),
        processes: now(Resource::Nproc),
    };
    let holds = wanted.iter().all(|&(resource, value)| now(resource) <= value);
    if holds { Ok(limits) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// What is mapped already: the program, its libraries, its stack.
fn mapped_bytes() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages = text.split(' ').next().and_then(|pages| pages.parse::<u64>().ok());
    let pages = pages.ok_or(io::ErrorKind::InvalidData)?;
    Ok(pages.saturating_mul(rustix::param::page_size() as u64))
}
