//! What confines a worker, as it was found in force: what comes in is measured by the worker itself before it sees
//! any input.

use std::fmt;

macro_rules! guards {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $what:literal;)*) => {
        /// One thing that confines a worker, in alphabetical order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Guard { $($(#[doc = $doc])* $variant,)* }

        impl Guard {
            /// Every guard.
            pub const ALL: &'static [Guard] = &[$(Guard::$variant,)*];

            /// The snake-case name for logs and JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Guard::$variant => $name,)* }
            }

            /// What it means, for people.
            pub const fn what(self) -> &'static str {
                match self { $(Guard::$variant => $what,)* }
            }
        }
    };
}

guards! {
    /// No capability in any set.
    Capabilities = "capabilities", "holds no capability, nor can it get one back";
    /// No descriptor but the channel to the parent and a bounded place for last words.
    Descriptors = "descriptors", "has no descriptor but its channel and a place for last words";
    /// Not dumpable: no core, no `/proc` entries that its user could read.
    Dumps = "dumps", "leaves no core, and cannot be looked into by its own user";
    /// An empty environment.
    Environment = "environment", "knows no variable of the parent's environment";
    /// Landlock: no path, no TCP port, no process outside.
    Landlock = "landlock", "no path, TCP port, abstract socket or process outside is within its reach";
    /// It ends when its parent does.
    ParentDeath = "parent_death", "ends when its parent ends";
    /// No new privileges by `exec`.
    Privileges = "privileges", "can gain no privilege";
    /// Address space, output, processor time, descriptors, processes and cores are bounded.
    Resources = "resources", "memory, output, time, descriptors and processes are bounded";
    /// The list of system calls that it may make.
    SystemCalls = "system_calls", "every system call that is not on the list ends it";
}

/// What is in force in a worker, or what must be for a [`Pool`](crate::Pool) to use one.
///
/// ```
/// use fic_isolate::{Guard, Posture};
///
/// let wanted = Posture::full();
/// let found = wanted.without(Guard::Landlock);
/// assert_eq!(found.missing(&wanted), [Guard::Landlock]);
/// assert!(wanted.missing(&found).is_empty());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posture {
    guards: u16,
    landlock_abi: u32,
    resources: ResourceLimits,
}

/// The limits that the kernel says a worker has; zero where nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceLimits {
    /// Bytes of address space.
    pub address_space_bytes: u64,
    /// Bytes of a core dump.
    pub core_bytes: u64,
    /// Seconds of processor time in the worker's whole life.
    pub cpu_seconds: u64,
    /// Open descriptors.
    pub descriptors: u64,
    /// Bytes of a file that is written, which is the output.
    pub file_bytes: u64,
    /// Processes of its user at which it can start no more.
    pub processes: u64,
}

impl Posture {
    /// Every guard, with any Landlock at all.
    pub const fn full() -> Posture {
        let mut posture = Posture::none().with_landlock_abi(1);
        let mut at = 0;
        while at < Guard::ALL.len() {
            posture = posture.with(Guard::ALL[at]);
            at += 1;
        }
        posture
    }

    /// No guard.
    pub const fn none() -> Posture {
        let resources = ResourceLimits {
            address_space_bytes: 0,
            core_bytes: 0,
            cpu_seconds: 0,
            descriptors: 0,
            file_bytes: 0,
            processes: 0,
        };
        Posture { guards: 0, landlock_abi: 0, resources }
    }

    /// The same and `guard`.
    #[must_use]
    pub const fn with(mut self, guard: Guard) -> Posture {
        self.guards |= 1 << guard as u16;
        self
    }

    /// The same but `guard`.
    #[must_use]
    pub const fn without(mut self, guard: Guard) -> Posture {
        self.guards &= !(1 << guard as u16);
        if matches!(guard, Guard::Landlock) {
            self.landlock_abi = 0;
        }
        self
    }

    /// The same with at least this version of Landlock.
    #[must_use]
    pub const fn with_landlock_abi(mut self, abi: u32) -> Posture {
        self.landlock_abi = abi;
        self
    }

    #[must_use]
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only workers measure"))]
    pub(crate) const fn with_resources(mut self, resources: ResourceLimits) -> Posture {
        self.resources = resources;
        self
    }

    /// Whether `guard` is among them.
    pub const fn has(&self, guard: Guard) -> bool {
        self.guards & (1 << guard as u16) != 0
    }

    /// The version of Landlock's rules that are in force; zero for none.
    pub const fn landlock_abi(&self) -> u32 {
        self.landlock_abi
    }

    /// The limits that were measured.
    pub const fn resources(&self) -> ResourceLimits {
        self.resources
    }

    /// What `wanted` has and this lacks. An older Landlock than wanted counts as none.
    pub fn missing(&self, wanted: &Posture) -> Vec<Guard> {
        let lacks = |guard: Guard| {
            let too_old = guard == Guard::Landlock && self.landlock_abi < wanted.landlock_abi;
            wanted.has(guard) && (!self.has(guard) || too_old)
        };
        Guard::ALL.iter().copied().filter(|&guard| lacks(guard)).collect()
    }

    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only workers send it"))]
    pub(crate) fn to_words(self) -> [u64; 8] {
        let ResourceLimits {
            address_space_bytes,
            core_bytes,
            cpu_seconds,
            descriptors,
            file_bytes,
            processes,
        } = self.resources;
        [
            self.guards.into(),
            self.landlock_abi.into(),
            address_space_bytes,
            core_bytes,
            cpu_seconds,
            descriptors,
            file_bytes,
            processes,
        ]
    }

    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only workers send it"))]
    pub(crate) fn from_words(words: [u64; 8]) -> Option<Posture> {
        let [
            guards,
            landlock_abi,
            address_space_bytes,
            core_bytes,
            cpu_seconds,
            descriptors,
            file_bytes,
            processes,
        ] = words;
        let guards = u16::try_from(guards).ok().filter(|guards| guards >> Guard::ALL.len() == 0)?;
        let landlock_abi = u32::try_from(landlock_abi).ok()?;
        let resources = ResourceLimits {
            address_space_bytes,
            core_bytes,
            cpu_seconds,
            descriptors,
            file_bytes,
            processes,
        };
        Some(Posture { guards, landlock_abi, resources })
    }
}

impl fmt::Display for Posture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for guard in Guard::ALL {
            let verdict = if self.has(*guard) { "in force" } else { "NOT IN FORCE" };
            write!(f, "  {:<13} {verdict}", guard.name())?;
            match guard {
                Guard::Landlock if self.has(*guard) => write!(f, " (ABI {})", self.landlock_abi)?,
                Guard::Resources if self.has(*guard) => write!(f, " ({})", self.resources)?,
                _ => {}
            }
            writeln!(f, ": {}", guard.what())?;
        }
        Ok(())
    }
}

impl fmt::Display for ResourceLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "address space {} bytes, output {} bytes, processor {} s, {} descriptors, {} processes, core {} bytes",
            self.address_space_bytes,
            self.file_bytes,
            self.cpu_seconds,
            self.descriptors,
            self.processes,
            self.core_bytes
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_and_an_old_landlock_is_none() {
        let wanted = Posture::full().with_landlock_abi(4);
        let found = Posture::full().with_landlock_abi(3).without(Guard::Dumps);
        assert_eq!(found.missing(&wanted), [Guard::Dumps, Guard::Landlock]);
        assert!(found.missing(&Posture::none()).is_empty());
        assert_eq!(Posture::none().missing(&wanted), Guard::ALL);
    }

    #[test]
    fn goes_over_the_wire_and_what_is_no_posture_does_not() {
        let resources = ResourceLimits { cpu_seconds: 9, file_bytes: u64::MAX, ..Default::default() };
        let posture = Posture::full().without(Guard::Resources).with_resources(resources);
        assert_eq!(Posture::from_words(posture.to_words()), Some(posture));
        assert_eq!(Posture::from_words([1 << 15, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(Posture::from_words([0, u64::MAX, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn what_is_not_in_force_is_printed_loudly() {
        let text = Posture::full().without(Guard::Landlock).to_string();
        assert!(text.contains("landlock      NOT IN FORCE"), "{text}");
        assert_eq!(text.lines().count(), Guard::ALL.len());
    }
}
