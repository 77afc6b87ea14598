//! Where an answer came from, and why it was not kept where it was not.

use std::fmt;

use crate::Entry;

/// An answer of the cache.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Served {
    /// The picture.
    pub entry: Entry,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a picture came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// From a file of the cache, verified.
    Disk,
    /// Another thread or process was making it; this request waited.
    Joined,
    /// Made for this request and kept.
    Made,
    /// From memory.
    Resident,
    /// From the second tier.
    SecondTier,
    /// Made for this request and not kept on disk.
    Uncached(Uncached),
}

impl Origin {
    /// The lower-case name for logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Origin::Disk => "disk",
            Origin::Joined => "joined",
            Origin::Made => "made",
            Origin::Resident => "resident",
            Origin::SecondTier => "second_tier",
            Origin::Uncached(_) => "uncached",
        }
    }
}

/// Why a picture that was made is not on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Uncached {
    /// Another process was counting, or evicting, just then.
    Busy,
    /// The file system is full.
    DiskFull,
    /// It would leave others less than `min_free_bytes`.
    MinFree,
    /// It was asked for once only, so far.
    OnceOnly,
    /// No room within the quota, and none could be made.
    Quota,
    /// It was removed while it was being made.
    Revoked,
    /// Its payload is over `max_entry_bytes`, or its file over the quota.
    TooLarge,
    /// A call of the system failed.
    WriteFailed,
}

impl Uncached {
    /// Every reason, in the order of their names.
    pub const ALL: [Uncached; 8] = [
        Uncached::Busy,
        Uncached::DiskFull,
        Uncached::MinFree,
        Uncached::OnceOnly,
        Uncached::Quota,
        Uncached::Revoked,
        Uncached::TooLarge,
        Uncached::WriteFailed,
    ];

    /// The lower-case name for logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Uncached::Busy => "busy",
            Uncached::DiskFull => "disk_full",
            Uncached::MinFree => "min_free",
            Uncached::OnceOnly => "once_only",
            Uncached::Quota => "quota",
            Uncached::Revoked => "revoked",
            Uncached::TooLarge => "too_large",
            Uncached::WriteFailed => "write_failed",
        }
    }

    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Uncached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Damage;

    #[test]
    fn every_reason_has_its_own_counter() {
        for (place, why) in Uncached::ALL.into_iter().enumerate() {
            assert_eq!(why.place(), place, "{why}");
        }
        for (place, damage) in Damage::ALL.into_iter().enumerate() {
            assert_eq!(damage.place(), place, "{damage}");
        }
    }
}
