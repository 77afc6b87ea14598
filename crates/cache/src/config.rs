//! How a cache behaves: sizes, times, and what is written when.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::SecondTier;
use crate::folder::Folder;
use crate::header::Header;
use crate::publish::Faults;

/// When a picture that was made is written to disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Admission {
    /// At once.
    #[default]
    Always,
    /// When it is asked for a second time; until then it is kept in memory only. For sources that are mostly
    /// asked for once.
    SecondRequest,
}

/// How an entry's bytes get from its file to the caller.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Backing {
    /// Read into memory of this process. Sound whatever happens to the file meanwhile.
    #[default]
    Private,
    /// Mapped: processes share one copy, and the kernel may drop it under pressure. The value says that its
    /// maker took on the contract of [`fic_mmap`] for one folder; a cache in another is not opened with it.
    #[cfg(all(feature = "mmap", target_os = "linux"))]
    Mapped(Arc<fic_mmap::ExclusiveDir>),
}

/// What a publication outlasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Durability {
    /// A loss of power: the bytes and the name are synced before a publication counts. Some 12 ms more each.
    PowerLoss,
    /// The end of the process, by whatever signal. After a loss of power an entry is whole or a miss: its
    /// checksum tells.
    #[default]
    ProcessCrash,
}

/// Who evicts, deletes what expired and writes what was asked for twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tending {
    /// A thread of the cache, so that nobody who asks for a picture waits for it.
    #[default]
    Background,
    /// Whoever calls [`Cache::tend`](crate::Cache::tend), and whoever needs room that is not there.
    Inline,
}

/// The settings of a [`Cache`](crate::Cache). Start from [`Config::new`] and change what differs.
///
/// ```
/// use fic_cache::{Admission, Config};
///
/// let config = Config::new(512 << 20).with_admission(Admission::SecondRequest);
/// assert_eq!(config.quota_bytes, 512 << 20);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Bytes that all entries may take on disk.
    pub quota_bytes: u64,
    /// Bytes of the file system that are left to others.
    pub min_free_bytes: u64,
    /// The largest payload that is kept.
    pub max_entry_bytes: u64,
    /// Bytes that entries may take in memory, or mapped.
    pub resident_bytes: u64,
    /// Entries in memory or mapped; the kernel allows a process some 65,000 maps.
    pub max_resident: usize,
    /// When a picture is written to disk.
    pub admission: Admission,
    pub(crate) backing: Backing,
    /// What a publication outlasts.
    pub durability: Durability,
    /// Who evicts.
    pub tending: Tending,
    /// How long an entry is used, whoever made it, here or on another machine; `None` is for as long as its maker said.
    /// Where processes differ, the shortest time decides when an entry is deleted.
    pub time_to_live: Option<Duration>,
    /// How long a source that could not be made is not tried again.
    pub failure_memory: Duration,
    /// How long to wait for threads that make the same picture, before making it too: altogether, also where the first
    /// gives up and another begins.
    pub max_wait: Duration,
    /// The same for another process.
    pub max_peer_wait: Duration,
    /// Where encoded pictures are looked for before they are made.
    pub second_tier: Option<Arc<dyn SecondTier>>,
    pub(crate) clock: Option<Clock>,
    pub(crate) faults: Faults,
}

/// Milliseconds since 1970.
pub(crate) type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

impl Config {
    /// Settings for `quota_bytes` on disk: an eighth of that in memory (at most 256 MiB), 64 MiB left free on the
    /// disk, entries of at most 64 MiB, written at once.
    pub const fn new(quota_bytes: u64) -> Config {
        let eighth = quota_bytes / 8;
        Config {
            quota_bytes,
            min_free_bytes: 64 << 20,
            max_entry_bytes: 64 << 20,
            resident_bytes: if eighth < 256 << 20 { eighth } else { 256 << 20 },
            max_resident: 16_384,
            admission: Admission::Always,
            backing: Backing::Private,
            durability: Durability::ProcessCrash,
            tending: Tending::Background,
            time_to_live: None,
            failure_memory: Duration::from_secs(10),
            max_wait: Duration::from_secs(30),
            max_peer_wait: Duration::from_secs(10),
            second_tier: None,
            clock: None,
            faults: Faults::none(),
        }
    }

    /// The same, leaving these bytes of the file system to others.
    #[must_use]
    pub fn with_min_free_bytes(mut self, min_free_bytes: u64) -> Config {
        self.min_free_bytes = min_free_bytes;
        self
    }

    /// The same with another largest payload.
    #[must_use]
    pub fn with_max_entry_bytes(mut self, max_entry_bytes: u64) -> Config {
        self.max_entry_bytes = max_entry_bytes;
        self
    }

    /// The same with other bounds on what is in memory.
    #[must_use]
    pub fn with_resident(mut self, resident_bytes: u64, max_resident: usize) -> Config {
        (self.resident_bytes, self.max_resident) = (resident_bytes, max_resident);
        self
    }

    /// The same with another rule for what is written.
    #[must_use]
    pub fn with_admission(mut self, admission: Admission) -> Config {
        self.admission = admission;
        self
    }

    /// The same with another way from file to caller.
    #[must_use]
    pub fn with_backing(mut self, backing: Backing) -> Config {
        self.backing = backing;
        self
    }

    /// Whether entries are mapped. The promise behind that stays where it was given.
    pub const fn is_mapped(&self) -> bool {
        !matches!(self.backing, Backing::Private)
    }

    /// The same with another durability.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Config {
        self.durability = durability;
        self
    }

    /// The same with another janitor.
    #[must_use]
    pub fn with_tending(mut self, tending: Tending) -> Config {
        self.tending = tending;
        self
    }

    /// The same with entries that are used for no longer than that.
    #[must_use]
    pub fn with_time_to_live(mut self, time_to_live: Duration) -> Config {
        self.time_to_live = Some(time_to_live);
        self
    }

    /// The same with another memory for failures; zero is none.
    #[must_use]
    pub fn with_failure_memory(mut self, failure_memory: Duration) -> Config {
        self.failure_memory = failure_memory;
        self
    }

    /// The same with other patience: for threads of this process, and for other processes.
    #[must_use]
    pub fn with_waits(mut self, max_wait: Duration, max_peer_wait: Duration) -> Config {
        (self.max_wait, self.max_peer_wait) = (max_wait, max_peer_wait);
        self
    }

    /// The same with a second tier for encoded pictures.
    #[must_use]
    pub fn with_second_tier(mut self, second_tier: Arc<dyn SecondTier>) -> Config {
        self.second_tier = Some(second_tier);
        self
    }

    /// For tests: a clock that tells milliseconds since 1970.
    #[doc(hidden)]
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Config {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// For tests: what happens before each step of a publication.
    #[doc(hidden)]
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Config {
        self.faults = faults;
        self
    }

    /// Refuses a promise that was made for another folder.
    pub(crate) fn check_backing(&self, folder: &Folder) -> io::Result<()> {
        let is_right = match &self.backing {
            Backing::Private => true,
            #[cfg(all(feature = "mmap", target_os = "linux"))]
            Backing::Mapped(exclusive) => exclusive.is_of(folder.identity()),
        };
        let _ = folder;
        let what = "the maps' promise was made for another folder";
        is_right.then_some(()).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, what))
    }

    /// The header with the end of its time where ours is earlier.
    pub(crate) fn in_our_time(&self, mut header: Header) -> Header {
        if let Some(time) = self.time_to_live {
            let ours = header.created_ms.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            header.expires_ms = if header.expires_ms == 0 { ours } else { header.expires_ms.min(ours) };
        }
        header
    }

    pub(crate) fn now_ms(&self) -> u64 {
        match &self.clock {
            Some(clock) => clock(),
            None => SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("quota_bytes", &self.quota_bytes)
            .field("min_free_bytes", &self.min_free_bytes)
            .field("max_entry_bytes", &self.max_entry_bytes)
            .field("resident_bytes", &self.resident_bytes)
            .field("admission", &self.admission)
            .field("backing", &self.backing)
            .field("durability", &self.durability)
            .field("has_second_tier", &self.second_tier.is_some())
            .finish_non_exhaustive()
    }
}
